import { classOf, type Extent, type Place } from "../../draw/boundary";
import { nearest } from "../../state/crosshair";
import { attention } from "../../state/focus.svelte";
import { choose, chooseNone, labelText } from "../../state/followed.svelte";
import type { Playground } from "../../state/playground.svelte";
import { texts } from "../../texts";

type Pen = readonly [value: string, name: string];

/** How near a point must be to be meant, as a share of the map. */
const REACH = { point: 0.025, example: 0.05 };
const NUMBERS: readonly Pen[] = [
  ["-1", "−1"],
  ["0", "0"],
  ["1", "1"],
];
const GROUPS = 4;
/** How far the map reaches where there is nothing to train on yet. */
export const BARE_REACH = 1.508;

/** The points on the map: those that are drawn come and go, one of the examples is chosen. */
export class MapPoints {
  /** What is drawn next: a class or a number. */
  pen = $state(0);
  /** What was done last, to be read aloud. */
  done = $state("");
  readonly #playground: Playground;
  readonly #plain: () => boolean;
  /** Whether they are drawn. On a plain map points stay as they are. */
  readonly drawn = $derived.by(() => !this.#plain() && this.#playground.state.data.source === "drawn");
  /** With fewer than two points there is nothing to train: the page draws them itself. */
  readonly few = $derived.by(() => this.drawn && this.#playground.state.data.points.length < 2);
  readonly extent = $derived.by((): Extent | null =>
    this.few ? { x_range: [-BARE_REACH, BARE_REACH], y_range: [-BARE_REACH, BARE_REACH] } : this.#playground.info,
  );
  readonly pens = $derived.by((): readonly Pen[] =>
    this.#playground.state.data.drawn_task === "regression"
      ? NUMBERS
      : texts.data.colours.slice(0, GROUPS).map((colour, group) => [String(group), colour] as const),
  );

  constructor(playground: Playground, plain: () => boolean) {
    this.#playground = playground;
    this.#plain = plain;
  }

  /** What a click, or Enter, does at a place: draw, or choose. */
  act(place: Place): void {
    if (!this.extent) return;
    if (this.drawn) {
      const hit = nearest(this.#places(), place, this.extent, REACH.point);
      if (hit >= 0) this.#takeAway(hit);
      else this.#add(place);
    } else this.#choose(nearest(this.#places(), place, this.extent, REACH.example));
  }

  /** The point after the one here: in the order they were drawn, or the example after the chosen one. */
  next(here: Place): Place | null {
    const all = this.#places();
    if (!this.extent || !all.length) return null;
    const before = this.drawn ? nearest(all, here, this.extent, REACH.point) : attention.example;
    const next = (before + 1) % (all.length / 2);
    if (this.drawn) this.done = texts.map.point(next + 1);
    else this.#choose(next);
    return { x: all[2 * next], y: all[2 * next + 1] };
  }

  /** Take away the drawn point that is nearest to a place. */
  erase(place: Place): void {
    const hit = this.drawn && this.extent ? nearest(this.#places(), place, this.extent, Infinity) : -1;
    if (hit >= 0) this.#takeAway(hit);
  }

  clear(): void {
    this.#playground.change("", (state) => (state.data.points = []));
  }

  usePen([value, name]: Pen): void {
    this.pen = Number(value);
    this.done = texts.map.drawnNext(name);
  }

  /** Those that are meant, x and y in turn: the points drawn, or the training examples. */
  #places(): ArrayLike<number> {
    if (this.drawn) return this.#playground.state.data.points.flatMap(([x, y]) => [x, y]);
    return this.#playground.points?.arrays.train_points ?? [];
  }

  #add({ x, y }: Place): void {
    this.#playground.change("", (state) => state.data.points.push([+x.toFixed(3), +y.toFixed(3), this.pen]));
    this.done = texts.map.added;
  }

  #takeAway(point: number): void {
    this.#playground.change("", (state) => state.data.points.splice(point, 1));
    this.done = texts.map.takenAway;
  }

  /** Choose the shown training example: its card opens, and its numbers stay in the network. */
  #choose(example: number): void {
    const row = this.#playground.points?.arrays.train_rows?.[example];
    if (example < 0 || row === undefined) {
      chooseNone(this.#playground);
      this.done = texts.map.none;
      return;
    }
    choose(this.#playground, row);
    this.done = texts.map.chosen(row, this.#labelOf(example));
  }

  #labelOf(example: number): string {
    const { info, points } = this.#playground;
    const targets = points?.arrays.train_targets;
    if (!info || !targets) return "";
    return labelText(this.#playground, info.task === "regression" ? targets[example] : classOf(info, targets, example));
  }
}

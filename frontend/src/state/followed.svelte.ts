import type { SetName } from "../protocol/requests";
import { texts } from "../texts";
import { attention } from "./focus.svelte";
import type { Playground } from "./playground.svelte";

/** What goes through the network on screen, number by number. */
export interface Followed {
  /** The inputs, then each layer's activations. */
  values: number[][];
  name: string;
}

/** The place that is pointed at, else the example that was chosen last. */
export function followed(playground: Playground): Followed | null {
  const { probe, example, info } = playground;
  if (!info) return null;
  if (probe)
    return fitting({ values: [probe.inputs, ...probe.activations], name: texts.machine.place }, info.layer_sizes);
  if (!example) return null;
  const values = [example.inputs, ...example.layers.map((layer) => layer.A)];
  return fitting(
    { values, name: texts.machine.example(example.row, labelText(playground, example.label)) },
    info.layer_sizes,
  );
}

/** What was asked for before the network changed is of another one. */
function fitting(way: Followed, sizes: number[]): Followed | null {
  return way.values.length === sizes.length && way.values.every((each, i) => each.length === sizes[i]) ? way : null;
}

/** A label as a person reads it: the class's name, or the number. */
export function labelText({ info }: Playground, label: number): string {
  if (!info || info.task === "regression") return String(+label.toPrecision(4));
  return info.classes[label] ?? String(label);
}

/** Ask for the chosen example's way again whenever the run stands elsewhere; to be called in a component. */
export function followExample(playground: Playground, wanted: () => boolean): void {
  $effect(() => {
    void [playground.numbers?.iteration, playground.numbers?.train_cost, playground.dataVersion, playground.info];
    const { set, row } = attention.chosen ?? { set: "train", row: playground.state.view.example };
    if (!wanted() || !playground.info || !playground.connected) return;
    const most = set === "train" ? playground.info.n_train : playground.info.n_test;
    if (row >= most) return;
    const timer = setTimeout(() => playground.send({ type: "example", set, row }), 30);
    return () => clearTimeout(timer);
  });
}

/** Choose an example, by its row: its card opens, and its numbers go through the network. */
export function choose(playground: Playground, row: number, set: SetName = "train"): void {
  const shown = playground.points?.arrays.train_rows;
  attention.chosen = { set, row };
  attention.example = set === "train" && shown ? shown.indexOf(row) : -1;
  if (set === "train") playground.look((view) => (view.example = row));
  playground.redraw();
}

export function chooseNone(playground: Playground): void {
  attention.chosen = null;
  attention.example = -1;
  playground.redraw();
}

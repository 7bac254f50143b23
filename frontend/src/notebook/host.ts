// A page inside a notebook: the notebook's cell says what to begin with, and is told of the run.
import { DEFAULT_STATE, type LayerState, type PlaygroundState } from "../protocol/state";
import { linkTo } from "../state/address";
import { merged, type Json } from "../state/link";
import type { Playground } from "../state/playground.svelte";
import { theme } from "../state/theme.svelte";

/** The name that the cell gives to its frame. */
const NAME = "walnet-notebook";
const PACE_MS = 250;

interface Opening {
  walnet: "open";
  /** What differs from the state that the page begins with. */
  state: Json;
  /** The number of the last wish that was granted before. */
  granted: number;
  /** Examples as JSON; empty where the data are walnet's own. */
  examples: string;
  /** Where links lead; empty where to nowhere. */
  site: string;
  dark: boolean | null;
}

type Wish =
  | { kind: "network"; layers: LayerState[]; values: string }
  | { kind: "learning_rate"; value: number }
  | { kind: "seek"; iteration: number }
  | { kind: "play" | "pause" };

/** What Python asks for, by numbers that grow. */
interface Asking {
  walnet: "ask";
  wishes: ({ serial: number } & Wish)[];
}

export function isInNotebook(): boolean {
  return window.name === NAME && window.parent !== window;
}

/** Open what the cell says, once it does; then hear what it asks for, and tell it of the run. */
export function joinNotebook(open: (state: PlaygroundState) => Playground): void {
  let member: Member | null = null;
  window.addEventListener("message", ({ source, data }: MessageEvent<Opening | Asking>) => {
    if (source !== window.parent) return;
    if (data.walnet === "open" && !member) member = new Member(begin(data, open), data.granted);
    else if (data.walnet === "ask") member?.grant(data.wishes);
  });
  window.parent.postMessage({ walnet: "ready" }, "*");
}

function begin({ state, examples, site, dark }: Opening, open: (state: PlaygroundState) => Playground): Playground {
  if (site) linkTo(site);
  if (dark !== null) theme.follow(dark);
  const playground = open(merged(DEFAULT_STATE as unknown as Json, state) as unknown as PlaygroundState);
  // At once, before the playground says what it begins with: the run is of these examples.
  if (examples) giveExamples(playground, examples);
  return playground;
}

function giveExamples(playground: Playground, examples: string): void {
  playground.giveTable({ type: "table", name: "The examples", content: new Blob([examples]), form: "examples" });
}

/** A playground that its notebook hears of. */
class Member {
  readonly #playground: Playground;
  /** The wishes that are not granted yet, in their order. */
  #wishes: Asking["wishes"] = [];
  #granted: number;
  /** The last wish that the page shows. */
  #settled: number;
  #workedAt = 0;
  #told = "";
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(playground: Playground, granted: number) {
    this.#granted = this.#settled = granted;
    this.#playground = playground;
    playground.onDraw(() => this.#workSoon());
  }

  grant(wishes: Asking["wishes"]): void {
    this.#wishes = wishes.filter(({ serial }) => serial > this.#granted);
    this.#workSoon();
  }

  #do(wish: Wish): void {
    const playground = this.#playground;
    switch (wish.kind) {
      case "network":
        return this.#takeNetwork(wish.layers, wish.values);
      case "learning_rate":
        return playground.setLearningRate(wish.value);
      case "seek":
        return playground.seek(wish.iteration);
      case "play":
        return playground.play();
      case "pause":
        return playground.pause();
    }
  }

  #takeNetwork(layers: LayerState[], values: string): void {
    const playground = this.#playground;
    if (JSON.stringify(layers) !== JSON.stringify(playground.state.network.layers)) {
      playground.change("", (state) => (state.network.layers = layers));
    }
    playground.flush();
    playground.setParameters(values);
  }

  #workSoon(): void {
    this.#timer ??= setTimeout(() => this.#work(), Math.max(0, this.#workedAt + PACE_MS - performance.now()));
  }

  /** Do what is due: one wish after the other, each once the page shows the one before. */
  #work(): void {
    this.#timer = undefined;
    const { busy, playing } = this.#playground;
    if (!busy) this.#settled = this.#granted;
    if (!busy && this.#wishes.length) {
      const [wish] = this.#wishes.splice(0, 1);
      this.#granted = wish.serial;
      this.#do(wish);
    } else if (!busy || playing) this.#tell();
    this.#workedAt = performance.now();
    if (busy || this.#settled < this.#granted) this.#workSoon();
  }

  /** Tell what there is, where it is new. */
  #tell(): void {
    const { info, frame, playing, curve } = this.#playground;
    const parameters = frame?.arrays.parameters;
    if (!info || !frame || !parameters) return;
    const state = JSON.parse(JSON.stringify(this.#playground.state)) as PlaygroundState;
    const { iteration, epoch, learning_rate } = frame.header;
    state.run.iteration = iteration;
    state.training.learning_rate = learning_rate;
    const run = {
      ...{ state, iteration, epoch, playing, granted: this.#settled },
      ...{ sizes: info.layer_sizes, activations: info.activations, cost: info.cost },
    };
    const text = JSON.stringify([run, frame.header.train_cost]);
    if (text === this.#told) return;
    this.#told = text;
    const numbers = { parameters: Float32Array.from(parameters), curve: Float64Array.from(curve.toArray()) };
    window.parent.postMessage({ walnet: "news", run, ...numbers }, "*");
  }
}

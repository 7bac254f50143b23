import { ACTIVATIONS, COSTS, DATASETS, OPTIMIZERS } from "../protocol/choices.ts";
import { MAX_LAYERS, MAX_NEURONS } from "../protocol/limits.ts";
import type { LayerState } from "../protocol/state";
import { CONTROLS, LessonError, PANELS, type Control, type Panel, type Setup } from "./lesson.ts";

/** The settings in a lesson's head, one a line: `learning_rate: 0.5`. */
export interface Head {
  id: string;
  title: string;
  minutes: number;
  show: Panel[];
  controls: Control[];
  setup: Setup;
}

const MOST = { pictures: 4, weights: 2000, names: 8, characters: 40 };

function emptyHead(): Head {
  return {
    id: "",
    title: "",
    minutes: 10,
    show: ["network", "map", "curve"],
    controls: ["play", "step", "reset", "rate", "speed"],
    setup: {
      data: "circles",
      table: [],
      rows: 200,
      noise: 0.1,
      data_seed: 0,
      test_share: 0,
      features: [],
      labels: [],
      layers: [{ neurons: 4, activation: "tanh", dropout: 0 }],
      weights: [],
      seed: 0,
      cost: "mse",
      learning_rate: 0.1,
      batch: 0,
      optimizer: "gradient_descent",
      speed: 10,
      follow: 1,
      neuron: null,
    },
  };
}

type Reader = (text: string, head: Head, tables: readonly string[]) => void;

/** Each setting: how its text is read into the head; one that does not fit throws. */
const SETTINGS: Record<string, Reader> = {
  id: (text, head) => (head.id = /^[a-z0-9-]{1,40}$/.test(text) ? text : wrong()),
  title: (text, head) => (head.title = text.length <= 120 ? text : wrong()),
  minutes: (text, head) => (head.minutes = whole(text, 1, 600)),
  show: (text, head) => (head.show = several(text, PANELS, MOST.pictures)),
  controls: (text, head) => (head.controls = text === "none" ? [] : several(text, CONTROLS)),
  data: (text, { setup }, tables) => (setup.data = oneOf(text, ["table", ...DATASETS, ...tables])),
  rows: (text, { setup }) => (setup.rows = whole(text, 10, 2000)),
  noise: (text, { setup }) => (setup.noise = number(text, 0, 1)),
  data_seed: (text, { setup }) => (setup.data_seed = whole(text, 0, 2 ** 31 - 1)),
  test_share: (text, { setup }) => (setup.test_share = number(text, 0, 0.9)),
  features: (text, { setup }) => (setup.features = names(text, 2, 2)),
  labels: (text, { setup }) => (setup.labels = names(text, 2, MOST.names)),
  layers: (text, { setup }) => (setup.layers = text === "none" ? [] : layers(text)),
  weights: (text, { setup }) => (setup.weights = list(text, MOST.weights).map((each) => number(each, -1e6, 1e6))),
  seed: (text, { setup }) => (setup.seed = whole(text, 0, 2 ** 31 - 1)),
  cost: (text, { setup }) => (setup.cost = oneOf(text, COSTS)),
  learning_rate: (text, { setup }) => (setup.learning_rate = number(text, 1e-6, 1000)),
  batch: (text, { setup }) => (setup.batch = text === "all" ? 0 : whole(text, 1, 2000)),
  optimizer: (text, { setup }) => (setup.optimizer = oneOf(text, OPTIMIZERS)),
  speed: (text, { setup }) => (setup.speed = whole(text, 0, 25_000)),
  follow: (text, { setup }) => (setup.follow = whole(text, 1, 2000)),
  neuron: (text, { setup }) => (setup.neuron = text === "output" ? null : place(text)),
};

/** Read the lines of a head; `first` is the number of the first one. */
export function readHead(lines: string[], first: number, tables: readonly string[]): Head {
  const head = emptyHead();
  const seen = new Set<string>();
  lines.forEach((line, i) => {
    const text = line.replace(/\s+#\s.*$/, "").trim();
    if (!text) return;
    const [key, value] = pair(text, first + i);
    if (!Object.hasOwn(SETTINGS, key)) throw new LessonError(first + i, "notASetting", key);
    if (seen.has(key)) throw new LessonError(first + i, "twice", key);
    seen.add(key);
    try {
      SETTINGS[key](value, head, tables);
    } catch {
      throw new LessonError(first + i, "notAValue", text);
    }
  });
  return head;
}

function pair(text: string, line: number): [string, string] {
  const colon = text.indexOf(":");
  if (colon < 1) throw new LessonError(line, "notASetting", text);
  const value = text.slice(colon + 1).trim();
  return [text.slice(0, colon).trim(), value.replace(/^"(.*)"$/, "$1")];
}

function wrong(): never {
  throw new Error("not a value");
}

function number(text: string, low: number, high: number): number {
  const value = Number(text);
  return text !== "" && value >= low && value <= high ? value : wrong();
}

function whole(text: string, low: number, high: number): number {
  const value = number(text, low, high);
  return Number.isInteger(value) ? value : wrong();
}

function oneOf<T extends string>(text: string, choices: readonly T[]): T {
  return choices.find((choice) => choice === text) ?? wrong();
}

function list(text: string, most: number): string[] {
  const parts = text.split(",").map((each) => each.trim());
  return parts.length <= most ? parts : wrong();
}

function several<T extends string>(text: string, choices: readonly T[], most = choices.length): T[] {
  return list(text, most).map((each) => oneOf(each, choices));
}

function names(text: string, least: number, most: number): string[] {
  const parts = list(text, most);
  return parts.length >= least && parts.every((each) => each && each.length <= MOST.characters) ? parts : wrong();
}

/** Layers such as `4 tanh, 2 relu`. */
function layers(text: string): LayerState[] {
  return list(text, MAX_LAYERS).map((each) => {
    const [count, activation = "tanh", ...more] = each.split(/\s+/);
    if (more.length) wrong();
    return { neurons: whole(count, 1, MAX_NEURONS), activation: oneOf(activation, ACTIVATIONS), dropout: 0 };
  });
}

function place(text: string): [number, number] {
  const [layer, neuron, ...more] = text.split(".");
  return more.length ? wrong() : [whole(layer, 1, MAX_LAYERS + 1), whole(neuron ?? "", 1, MAX_NEURONS)];
}

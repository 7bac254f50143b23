import { ACTIVATIONS, COSTS, INITIALIZERS, OPTIMIZERS, SOURCES } from "../protocol/choices.ts";
import {
  MAX_CLASSES,
  MAX_DERIVED,
  MAX_DRAWN,
  MAX_EVENTS,
  MAX_LAYERS,
  MAX_MESSAGE_BYTES,
  MAX_NEURONS,
  MAX_PARAMETER,
} from "../protocol/limits.ts";
import { PROTOCOL, type ClientMessage } from "../protocol/requests.ts";
import { HIDEABLE, type Intervention, type PlaygroundState } from "../protocol/state.ts";
import {
  flag,
  list,
  number,
  object,
  oneOf,
  optional,
  orNull,
  someOf,
  tagged,
  text,
  tuple,
  whole,
  type Reader,
} from "./reading.ts";
import { refusal } from "./refusal.ts";

/** Networks, tables and runs that a page can bear; a link may ask for anything. */
const MAX_FEATURES = 1_000;
const MAX_INDEX = 1_000_000;
const MAX_ROW = 10_000_000;
const MAX_NAME = 500;

const seed = whole(0, 2 ** 31 - 1);
const fraction = number(0, 0.9);
const penalty = number(0, 10);
const iteration = whole(0, 2 ** 53 - 1);
const index = whole(0, MAX_INDEX);
const row = whole(0, MAX_ROW);
const coordinate = number(-1e6, 1e6);
const name = text(MAX_NAME);
const parameter = number(-MAX_PARAMETER, MAX_PARAMETER);
const decimals = oneOf([3, 6, 17]);
const classifiesOrNot = oneOf(["classification", "regression"]);
const set = oneOf(["train", "test"]);
const FILE_KINDS = ["python", "examples", "model", "onnx", "history", "curve", "state"];

const layer = object({
  neurons: whole(1, MAX_NEURONS),
  activation: oneOf(ACTIVATIONS),
  dropout: fraction,
});
const layers = list(layer, MAX_LAYERS);

const liveTraining = {
  cost: oneOf(COSTS),
  batch_size: whole(0, 100_000),
  optimizer: oneOf(OPTIMIZERS),
  l1: penalty,
  l2: penalty,
  weight_decay: penalty,
};

const network = object({ layers, initializer: oneOf(INITIALIZERS), seed });
const training = object({ ...liveTraining, learning_rate: number(0, 1_000, { above: true }), seed });
// A run may have been slowed down to a learning rate of 0 by hand.
const trainingNow = object({ ...liveTraining, learning_rate: number(0, MAX_PARAMETER), seed });

const interventions = {
  learning_rate: { kind: oneOf(["learning_rate"]), value: number(0, MAX_PARAMETER) },
  parameter: { kind: oneOf(["parameter"]), value: parameter, index },
  parameters: { kind: oneOf(["parameters"]), values: text(MAX_MESSAGE_BYTES) },
  training: { kind: oneOf(["training"]), training: someOf(liveTraining) },
  network: { kind: oneOf(["network"]), layers },
  row: { kind: oneOf(["row"]), row },
};

/** Readers of what can be changed, with some fields more. */
function intervention<T>(more: Record<string, Reader<unknown>>): Reader<T> {
  const readers = Object.entries(interventions).map(([kind, fields]) => [kind, object({ ...fields, ...more })]);
  return tagged("kind", Object.fromEntries(readers)) as Reader<T>;
}

const event = intervention<Intervention & { iteration: number }>({ iteration });

const data = object({
  source: oneOf(SOURCES),
  size: whole(10, 5_000),
  noise: number(0, 1),
  classes: whole(2, MAX_CLASSES),
  test_share: fraction,
  seed,
  points: list(tuple([coordinate, coordinate, coordinate]), MAX_DRAWN),
  drawn_task: classifiesOrNot,
  derived: list(text(40), MAX_DERIVED),
  file: object({
    name,
    sha256: text(64),
    target: name,
    columns: list(name, MAX_FEATURES),
    task: oneOf(["auto", "classification", "regression"]),
  }),
});

const stop = object({ cost: number(0, 1e6), accuracy: number(0, 1), epochs: whole(0, 1_000_000_000) });

const view = object({
  screen: text(40),
  axis_x: whole(0, MAX_FEATURES),
  axis_y: whole(0, MAX_FEATURES),
  components: flag,
  slice: list(coordinate, MAX_FEATURES),
  discretize: flag,
  show_test: flag,
  log_cost: flag,
  decimals,
  example: row,
  hidden: list(oneOf(HIDEABLE), HIDEABLE.length),
});

const state = object({
  data,
  network,
  training: trainingNow,
  stop,
  run: object({ iteration, events: list(event, MAX_EVENTS), start: orNull(object({ network, training })) }),
  view,
}) as unknown as Reader<PlaygroundState>;

const place = whole(1, MAX_FEATURES);
const messages: Record<ClientMessage["type"], Record<string, Reader<unknown>>> = {
  hello: { protocol: number(0, MAX_INDEX), state: orNull(state) },
  set_state: { state },
  look: { view },
  stop_when: { stop },
  play: { speed: optional(number(0, 1e9)) },
  pause: {},
  step: { unit: optional(oneOf(["iteration", "epoch"])) },
  seek: { iteration },
  reset: {},
  change: {},
  next: { gradients: optional(flag) },
  trace: { example: optional(row), layer: optional(place), neuron: optional(place), decimals: optional(decimals) },
  nudge: { layer: place, neuron: place, input: optional(whole(0, MAX_FEATURES)), example: optional(row) },
  probe: { x: coordinate, y: coordinate },
  surface: { kind: optional(oneOf(["components", "parameters"])), first: optional(index), second: optional(index) },
  descent: { index },
  rows: {
    set,
    first: optional(row),
    count: optional(whole(1, MAX_ROW)),
    sort: optional(sortKey),
    descending: optional(flag),
  },
  example: { set, row },
  batch: { row: optional(row) },
  export: { kind: oneOf(FILE_KINDS) },
};

const read = tagged<ClientMessage>(
  "type",
  Object.fromEntries(
    Object.entries(messages).map(([type, fields]) => {
      const tag = { type: oneOf([type]) };
      return [type, (type === "change" ? intervention(tag) : object({ ...tag, ...fields })) as Reader<ClientMessage>];
    }),
  ),
);

/** Read a message from the page; refuses in one sentence what is none. */
export function readMessage(message: unknown): ClientMessage {
  const found = read(message, "message");
  if (found.type === "hello" && found.protocol !== PROTOCOL) {
    throw refusal("anotherVersion");
  }
  return found;
}

/** Read a whole state, as from a link. */
export function readState(value: unknown): PlaygroundState {
  return state(value, "state");
}

function sortKey(value: unknown, at: string): string | number {
  if (typeof value === "number") return whole(0, MAX_FEATURES)(value, at);
  return oneOf(["row", "label", "prediction", "error", "cost"])(value, at);
}

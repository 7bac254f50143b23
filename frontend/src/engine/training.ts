import { facts } from "./facts.ts";
import type { Kernels, Numbers, Reals, Records, Structure } from "./kernels.ts";
import { layerRecords, makeWorkspace, type Layer, type Workspace } from "./layout.ts";
import { costRule, costScale, firstOrder, labelRule, makeExamples, type Network } from "./network.ts";
import { keyOf } from "./random.ts";

/** How a network is trained; what is left out has walnet's default. */
export interface TrainingSettings {
  cost: string;
  learningRate: number;
  /** Examples of one update; 0 is all of them. */
  batchSize: number;
  optimizer: string;
  l1: number;
  l2: number;
  /** Null is the optimizer's own. */
  weightDecay: number | null;
  /** Of each hidden layer. */
  dropout: number[];
  seed: number;
  /** Whether each epoch takes the examples in a new order. */
  shuffle?: boolean;
}

/** One moment of a training, to go back to. */
export interface TrainingState {
  readonly parameters: Reals;
  readonly memory: Reals;
  readonly counters: BigInt64Array;
  readonly sums: Float64Array;
  readonly learningRate: number;
  readonly iteration: number;
}

/** Of a closed epoch: mean cost, accuracy, mean norm of the gradient, learning rate. */
export type EpochRow = [number, number, number, number];

export interface TrainingParts {
  kernels: Kernels;
  rule: Records;
  plan: Structure;
  state: Structure;
  examples: Structure;
  order: Numbers<BigInt64Array<ArrayBuffer>>;
  work: Workspace;
  gradients: Numbers<Reals>;
  epochRow: Numbers<Float64Array<ArrayBuffer>>;
}

/** The cost became NaN or infinite; the parameters of the last finite cost are kept. */
export class Diverged extends Error {
  readonly iteration: number;
  /** Counted from 1. */
  readonly layer: number;
  readonly learningRate: number;

  constructor(iteration: number, layer: number, learningRate: number) {
    super(`the cost became NaN or infinite at iteration ${iteration}`);
    this.iteration = iteration;
    this.layer = layer;
    this.learningRate = learningRate;
  }
}

// Of the state's counters, of a rule's answer, of a course's columns: see kernels/epochs.py.
const [ITERATION, EPOCH, BATCH, LAID_OUT] = [0, 1, 2, 3];
const DIVERGED = 2;
const COLUMNS = 4;
/** Iterations of one call: a page must not freeze, and one course must hold them. */
const MOST_A_CALL = 4096;

/** A training under way, as `walnet.Training`: the same seed and settings, the same bits. */
export class Training {
  readonly network: Network;
  readonly settings: TrainingSettings;
  readonly rows: number;
  learningRate: number;
  readonly #kernels: Kernels;
  readonly #rule: Records;
  readonly #plan: Structure;
  readonly #state: Structure;
  readonly #examples: Structure;
  readonly #order: Numbers<BigInt64Array<ArrayBuffer>>;
  readonly #work: Workspace;
  readonly #memory: Numbers<Reals>;
  readonly #gradients: Numbers<Reals>;
  readonly #counters: Numbers<BigInt64Array<ArrayBuffer>>;
  readonly #sums: Numbers<Float64Array<ArrayBuffer>>;
  readonly #course: Numbers<Float64Array<ArrayBuffer>>;
  /** The learning rate that the course holds. */
  #courseRate = NaN;
  readonly #epochRows: Numbers<Float64Array<ArrayBuffer>>;
  #history: EpochRow[] = [];
  /** States before the last two calls: what brings a training back that has diverged. */
  #held: TrainingState[] = [];

  constructor(network: Network, X: ArrayLike<number>, Y: ArrayLike<number>, rows: number, settings: TrainingSettings) {
    const { kernels } = network;
    this.network = network;
    this.settings = settings;
    this.rows = rows;
    this.learningRate = settings.learningRate;
    this.#kernels = kernels;
    this.#rule = makeRule(kernels, network, Y, rows, settings);
    this.#plan = kernels.structure("Plan", {
      layers: layerRecords(kernels, network.layers, settings.dropout),
      groups: kernels.records("GROUP", groupsOf(network.layers, settings)),
      rule: this.#rule,
    });
    const shards = this.#rule.get("shards");
    const kept = facts.optimizers[settings.optimizer].memory * network.nParameters;
    this.#memory = kernels.reals(kept);
    this.#gradients = kernels.reals(shards, network.nParameters);
    this.#counters = kernels.wholes(4);
    this.#counters.data[LAID_OUT] = -1n;
    this.#sums = kernels.doubles(5);
    this.#state = kernels.structure("State", {
      parameters: network.array,
      statistics: network.statistics,
      memory: this.#memory,
      gradients: this.#gradients,
      counters: this.#counters,
      sums: this.#sums,
    });
    this.#examples = makeExamples(kernels, network, X, Y, rows);
    this.#order = firstOrder(kernels, rows);
    const batch = this.#rule.get("batch_size");
    const capacity = Math.max(Math.ceil(batch / shards), rows % batch);
    this.#work = makeWorkspace(kernels, network.layers, capacity, this.#rule.get("dropout") === 1);
    this.#course = kernels.doubles(MOST_A_CALL, 3);
    this.#epochRows = kernels.doubles(MOST_A_CALL + 2, COLUMNS);
  }

  /** Updates done. */
  get iteration(): number {
    return Number(this.#counters.data[ITERATION]);
  }

  /** Epochs completed. */
  get epoch(): number {
    return Number(this.#counters.data[EPOCH]);
  }

  get iterationsPerEpoch(): number {
    return this.#rule.get("batches");
  }

  /** Do so many updates; however they are split into calls, the bits are the same. */
  advance(iterations: number): void {
    for (let left = iterations; left > 0; left -= MOST_A_CALL) this.#stretch(Math.min(left, MOST_A_CALL));
  }

  /** What the kernels work on, to look at. */
  get parts(): TrainingParts {
    return {
      kernels: this.#kernels,
      rule: this.#rule,
      plan: this.#plan,
      state: this.#state,
      examples: this.#examples,
      order: this.#order,
      work: this.#work,
      gradients: this.#gradients,
      epochRow: this.#kernels.part(this.#epochRows, 0, COLUMNS),
    };
  }

  /** Learning rate, weight decay and dropout's factor of the next iteration. */
  get course(): Numbers<Float64Array<ArrayBuffer>> {
    return this.#kernels.part(this.#courseArray(), 0, 3);
  }

  /** The rows of the batch that comes next, in its order. */
  batchRows(): number[] {
    const [lo, hi] = this.#kernels.call("begin", this.#plan, this.#state, this.#examples, this.#order);
    return Array.from(this.#order.data.subarray(Number(lo), Number(hi)), Number);
  }

  /** What the epochs gave that were closed since this was asked last. */
  takeHistory(): EpochRow[] {
    const taken = this.#history;
    this.#history = [];
    return taken;
  }

  state(): TrainingState {
    const counters = this.#counters.data.slice();
    counters[LAID_OUT] = -1n;
    return {
      parameters: this.network.parameters.slice(),
      memory: this.#memory.data.slice(),
      counters,
      sums: this.#sums.data.slice(),
      learningRate: this.learningRate,
      iteration: this.iteration,
    };
  }

  /** Go to a moment: what follows has the same bits as it had then. */
  restore(state: TrainingState): void {
    this.network.parameters.set(state.parameters);
    this.#memory.data.set(state.memory);
    this.#counters.data.set(state.counters);
    this.#sums.data.set(state.sums);
    this.learningRate = state.learningRate;
    this.#held = [];
  }

  #stretch(iterations: number): void {
    this.#held = [...this.#held.slice(-1), this.state()];
    if (this.#run(iterations) === DIVERGED) this.#diverged();
  }

  /** Run the kernels; returns how they ended. */
  #run(iterations: number): number {
    const course = this.#kernels.part(this.#courseArray(), 0, iterations, 3);
    const args = [this.#plan, this.#state, this.#examples, course, this.#epochRows, this.#order, this.#work];
    const [closed, how] = this.#kernels.call("run", ...args).map(Number);
    const rows = this.#epochRows.data;
    for (let i = 0; i < closed; i++) {
      this.#history.push([...rows.subarray(i * COLUMNS, (i + 1) * COLUMNS)] as EpochRow);
    }
    return how;
  }

  /** Learning rate, weight decay and dropout's factor of each iteration. */
  #courseArray(): Numbers<Float64Array<ArrayBuffer>> {
    if (this.#courseRate === this.learningRate) return this.#course;
    const decay = weightDecay(this.settings);
    const numbers = this.#course.data;
    for (let i = 0; i < MOST_A_CALL; i++) {
      numbers[3 * i] = this.learningRate;
      numbers[3 * i + 1] = decay;
      numbers[3 * i + 2] = 1;
    }
    this.#courseRate = this.learningRate;
    return this.#course;
  }

  /** Go back to the parameters of the last finite cost, and say so. */
  #diverged(): never {
    const bad = this.iteration;
    const layer = this.#firstBadLayer();
    const held = this.#held;
    const earlier = held.filter((state) => state.iteration < bad).at(-1) ?? held.at(-1);
    if (earlier) {
      this.restore(earlier);
      this.#run(Math.max(bad - 1 - earlier.iteration, 0));
    }
    throw new Diverged(bad, layer, this.learningRate);
  }

  /** The first layer (from 1) with a weighted input that is not finite. */
  #firstBadLayer(): number {
    const { network } = this;
    const size = this.#rule.get("batch_size");
    const first = Number(this.#counters.data[BATCH]) * size;
    const rows = Array.from(this.#order.data.subarray(first, first + size), Number);
    const X = (this.#examples.fields.X as Numbers<Reals>).data;
    const inputs = rows.flatMap((row) => Array.from(X.subarray(row * network.nInputs, (row + 1) * network.nInputs)));
    const layers = network.layerOutputs(inputs, rows.length);
    const found = layers.findIndex(({ Z }) => !Z.every(Number.isFinite));
    return found < 0 ? layers.length : found + 1;
  }
}

function makeRule(
  kernels: Kernels,
  network: Network,
  Y: ArrayLike<number>,
  rows: number,
  settings: TrainingSettings,
): Records {
  const rule = costRule(kernels, settings.cost, network.nOutputs);
  const optimizer = facts.optimizers[settings.optimizer];
  for (const [name, each] of Object.entries(facts.settings)) {
    if (each.in_rule && each.default !== null) rule.set(name, each.default);
  }
  const size = Math.min(settings.batchSize || rows, rows);
  const batches = Math.ceil(rows / size);
  const { task, threshold } = labelRule(Y, rows, network.nOutputs);
  const values: Record<string, number | bigint> = {
    beta_2: optimizer.beta_2,
    l1: settings.l1,
    l2: settings.l2,
    cost: facts.costs[settings.cost].code,
    cost_scale: costScale(settings.cost, network.nOutputs),
    task,
    threshold,
    optimizer: optimizer.code,
    batch_size: size,
    batches,
    shuffle: (settings.shuffle ?? true) && batches > 1 ? 1 : 0,
    shards: shardsFor(network.layers, size),
    key: keyOf(kernels, settings.seed),
    dropout: settings.dropout.some((rate) => rate > 0) ? 1 : 0,
  };
  for (const [field, value] of Object.entries(values)) rule.set(field, value);
  return rule;
}

/** Into how many shards a batch is split: fixed by the work alone. */
function shardsFor(layers: Layer[], batchSize: number): number {
  const work = layers.reduce((sum, { nIn, nOut }) => sum + nIn * nOut, 0) * batchSize;
  const most = Math.min(facts.shards.most, batchSize);
  let shards = 1;
  while (2 * shards <= most && Math.floor(work / (2 * shards)) >= facts.shards.from) shards *= 2;
  return shards;
}

function weightDecay(settings: TrainingSettings): number {
  return settings.weightDecay ?? facts.optimizers[settings.optimizer].weight_decay;
}

/** Groups of parameters that learn alike: with weight decay, weights and biases apart. */
function groupsOf(layers: Layer[], settings: TrainingSettings): Record<string, number>[] {
  const last = layers[layers.length - 1];
  const group = (start: number, n: number, decay: number) => ({ start, n, rate: 1, decay, epsilon: 1 });
  if (weightDecay(settings) === 0) return [group(0, last.biases + last.nOut, 0)];
  return layers.flatMap(({ weights, biases, nOut }) => [group(weights, biases - weights, 1), group(biases, nOut, 0)]);
}

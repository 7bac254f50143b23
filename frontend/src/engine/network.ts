import { facts } from "./facts.ts";
import type { Kernels, Numbers, Reals, Records, Structure } from "./kernels.ts";
import {
  countParameters,
  layerRecords,
  layOut,
  makeWorkspace,
  rowsOf,
  type Layer,
  type NetworkSpec,
  type Workspace,
} from "./layout.ts";
import { drawParameters } from "./random.ts";

/** Rows at a time where there are many: their activations stay in the cache. */
const CHUNK = 256;

export interface LayerValues {
  Z: Reals;
  A: Reals;
}

export interface Gradients {
  /** J, without penalties. */
  cost: number;
  /** Of all parameters. */
  flat: Reals;
  /** Of each layer, the error in its weighted inputs, (rows, neurons). */
  dZ: Reals[];
}

/** A feed-forward network of dense layers, as `walnet.Network`: the same seed, the same bits. */
export class Network {
  readonly spec: NetworkSpec;
  readonly layers: Layer[];
  readonly kernels: Kernels;
  readonly array: Numbers<Reals>;
  readonly statistics: Numbers<Float64Array<ArrayBuffer>>;
  readonly #records: Records;
  readonly #forward: Structure;

  constructor(kernels: Kernels, spec: NetworkSpec) {
    this.kernels = kernels;
    this.spec = spec;
    this.layers = layOut(spec);
    this.array = kernels.reals(countParameters(this.layers));
    this.statistics = kernels.doubles(2, 0);
    this.#records = layerRecords(kernels, this.layers);
    this.#forward = kernels.structure("Forward", {
      layers: this.#records,
      parameters: this.array,
      statistics: this.statistics,
    });
    drawParameters(kernels, this.#records, this.layers, spec, this.array);
  }

  /** All that is learned: of each layer W, row by row, then b. */
  get parameters(): Reals {
    return this.array.data;
  }

  get nParameters(): number {
    return this.array.shape[0];
  }

  get nInputs(): number {
    return this.layers[0].nIn;
  }

  get nOutputs(): number {
    return this.layers[this.layers.length - 1].nOut;
  }

  /** The outputs of rows, (rows, outputs). */
  feedForward(X: ArrayLike<number>, rows: number): Reals {
    return this.kernels.within(() => {
      const work = this.#workspace(Math.min(rows, CHUNK));
      return this.kernels.within(() => {
        const inputs = this.kernels.filled(X, rows, this.nInputs);
        const out = this.kernels.reals(rows, this.nOutputs);
        this.kernels.call("predict", this.#forward, inputs, this.kernels.codes(rows, 0), work, out);
        return out.data.slice();
      });
    });
  }

  /** Weighted inputs and activations of every layer, each (rows, neurons). */
  layerOutputs(X: ArrayLike<number>, rows: number): LayerValues[] {
    return this.#afterForward(X, rows, (work) => {
      const [z, a] = [work.Z.data, work.A.data];
      return this.layers.map((layer) => ({
        Z: rowsOf(z, layer, rows, rows),
        A: rowsOf(a, layer, rows, rows),
      }));
    });
  }

  /** The activations of each neuron of every layer, of all rows. */
  neuronOutputs(X: ArrayLike<number>, rows: number): Reals[][] {
    return this.#afterForward(X, rows, (work) => {
      const a = work.A.data;
      const ofNeuron = (place: number) => a.slice(place * rows, (place + 1) * rows);
      return this.layers.map(({ nOut, target }) => Array.from({ length: nOut }, (_, j) => ofNeuron(target + j)));
    });
  }

  #afterForward<Result>(X: ArrayLike<number>, rows: number, read: (work: Workspace) => Result): Result {
    return this.kernels.within(() => {
      const work = this.#workspace(rows);
      const A = work.A.data;
      for (let i = 0; i < rows; i++) {
        for (let k = 0; k < this.nInputs; k++) A[k * rows + i] = X[i * this.nInputs + k];
      }
      this.kernels.call("forward", this.#forward, rows, work);
      return read(work);
    });
  }

  /** J of rows, without penalties, and the share of right predictions (0 of numbers). */
  evaluate(X: ArrayLike<number>, Y: ArrayLike<number>, rows: number, cost: string): { cost: number; accuracy: number } {
    return this.kernels.within(() => {
      const examples = makeExamples(this.kernels, this, X, Y, rows);
      const plan = this.#costPlan(cost, Y, rows);
      const work = this.#workspace(Math.min(rows, CHUNK));
      const order = firstOrder(this.kernels, rows);
      const [J, share] = this.kernels.call("evaluate", plan, this.#stillState(), examples, order, work);
      return { cost: Number(J), accuracy: Number(share) };
    });
  }

  cost(X: ArrayLike<number>, Y: ArrayLike<number>, rows: number, cost: string): number {
    return this.evaluate(X, Y, rows, cost).cost;
  }

  /** The cost and its derivatives by every parameter. */
  backPropagate(X: ArrayLike<number>, Y: ArrayLike<number>, rows: number, cost: string): Gradients {
    return this.kernels.within(() => {
      const { kernels } = this;
      const examples = makeExamples(kernels, this, X, Y, rows);
      const work = this.#workspace(rows);
      const gradient = kernels.reals(this.nParameters);
      const span = [0, rows, 0, costScale(cost, this.nOutputs) / rows];
      const state = this.#stillState();
      const order = firstOrder(kernels, rows);
      const plan = this.#costPlan(cost, Y, rows);
      const [J] = kernels.call("shard_gradient", plan, state, gradient, examples, order, span, [0n, 0], work);
      const dZ = work.dZ.data;
      return {
        cost: Number(J),
        flat: gradient.data.slice(),
        dZ: this.layers.map((layer) => rowsOf(dZ, layer, rows, rows)),
      };
    });
  }

  /** The same network in other kernels, or in another precision. */
  copy(kernels: Kernels): Network {
    const made = new Network(kernels, this.spec);
    made.parameters.set(this.parameters);
    return made;
  }

  #workspace(capacity: number): Workspace {
    return makeWorkspace(this.kernels, this.layers, capacity);
  }

  #costPlan(cost: string, Y: ArrayLike<number>, rows: number): Structure {
    const rule = costRule(this.kernels, cost, this.nOutputs);
    const { task, threshold } = labelRule(Y, rows, this.nOutputs);
    rule.set("task", task);
    rule.set("threshold", threshold);
    return this.kernels.structure("Plan", { layers: this.#records, groups: this.kernels.records("GROUP", []), rule });
  }

  /** The state of a training that is not under way. */
  #stillState(): Structure {
    const { kernels } = this;
    return kernels.structure("State", {
      parameters: this.array,
      statistics: this.statistics,
      memory: kernels.reals(0),
      gradients: kernels.reals(0, 0),
      counters: kernels.wholes(4),
      sums: kernels.doubles(5),
    });
  }
}

/** Rows to learn from, as the kernels take them. */
export function makeExamples(
  kernels: Kernels,
  network: { nInputs: number; nOutputs: number },
  X: ArrayLike<number>,
  Y: ArrayLike<number>,
  rows: number,
): Structure {
  return kernels.structure("Examples", {
    X: kernels.filled(X, rows, network.nInputs),
    codes: kernels.codes(rows, 0),
    Y: kernels.filled(Y, rows, network.nOutputs),
    w: kernels.reals(0),
    rows: kernels.wholes(0),
    values: kernels.reals(0),
    columns: kernels.codes(0),
    pointers: kernels.wholes(0),
  });
}

export function firstOrder(kernels: Kernels, rows: number): Numbers<BigInt64Array<ArrayBuffer>> {
  const order = kernels.wholes(rows);
  const data = order.data;
  for (let i = 0; i < rows; i++) data[i] = BigInt(i);
  return order;
}

/** What makes the cost a mean over outputs, where it is one. */
export function costScale(cost: string, outputs: number): number {
  return facts.costs[cost].sums_outputs ? 1 : 1 / outputs;
}

/** A rule that knows the cost, and nothing of training yet. */
export function costRule(kernels: Kernels, cost: string, outputs: number): Records {
  const read = Object.entries(facts.settings).filter(([, each]) => each.in_rule);
  return kernels.records("RULE", [
    {
      ...Object.fromEntries(read.map(([name, each]) => [name, Number(each.off)])),
      cost: facts.costs[cost].code,
      cost_parameter: facts.settings.cost_parameter.default ?? 1,
      cost_scale: costScale(cost, outputs),
      recorded_share: 1,
      shards: 1,
    },
  ]);
}

/** How right predictions are counted, as the targets say: see `walnet.engine.plan`. */
export function labelRule(Y: ArrayLike<number>, rows: number, outputs: number): { task: number; threshold: number } {
  let [low, high] = [Infinity, -Infinity];
  for (let i = 0; i < Y.length; i++) {
    low = Math.min(low, Y[i]);
    high = Math.max(high, Y[i]);
  }
  for (let i = 0; i < Y.length; i++) if (Y[i] !== low && Y[i] !== high) return { task: 0, threshold: 0 };
  if (low === high || rows === 0) return { task: 0, threshold: 0 };
  if (outputs > 1 && isOneHot(Y, rows, outputs)) return { task: 2, threshold: 0 };
  return { task: 1, threshold: (low + high) / 2 };
}

function isOneHot(Y: ArrayLike<number>, rows: number, outputs: number): boolean {
  for (let i = 0; i < rows; i++) {
    let sum = 0;
    for (let k = 0; k < outputs; k++) sum += Y[i * outputs + k];
    if (sum !== 1) return false;
  }
  return true;
}

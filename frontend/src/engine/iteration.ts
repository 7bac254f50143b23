import { type Numbers, type Reals } from "./kernels.ts";
import { makeWorkspace, rowsOf, type Workspace } from "./layout.ts";
import { Diverged, type Training, type TrainingState } from "./training.ts";

/** What a layer held for the examples that are followed, each (examples, neurons). */
export interface Held {
  Z: Reals;
  /** g(Z), before any dropout. */
  G: Reals;
  /** What the next layer was given. */
  A: Reals;
  dZ: Reals;
  /** Of dropout: what G was multiplied with; null where nothing is dropped. */
  mask: Reals | null;
}

/** One iteration, and all that its kernels left behind. */
export interface Iteration {
  /** Rows of the batch, in its order. */
  batch: number[];
  /** The rows that are followed: the example first, then others of a small batch. */
  shown: number[];
  /** Whether they belong to the batch. */
  inBatch: boolean;
  /** Inputs and targets of the rows that are followed, row by row. */
  X: Reals;
  Y: Reals;
  held: Held[];
  /** J of the batch, and what the penalties add to it. */
  cost: number;
  penalty: number;
  /** By back-propagation alone, and as it was used. */
  dataGradient: Reals;
  gradient: Reals;
  before: TrainingState;
  after: TrainingState;
}

/** A batch of no more examples is followed whole. */
const FOLLOWED = 10;

/** Run the next iteration, keep what it left, and put the training back to where it was. */
export function lookAt(training: Training, example: number | null): Iteration {
  const before = training.state();
  try {
    return training.network.kernels.within(() => look(training, example, before));
  } finally {
    training.restore(before);
  }
}

function look(training: Training, example: number | null, before: TrainingState): Iteration {
  const { kernels, plan, state, examples, order, rule, gradients, epochRow } = training.parts;
  const begun = kernels.call("begin", plan, state, examples, order);
  const [lo, hi, weight, scale] = begun.map(Number);
  const batch = Array.from(order.data.subarray(lo, hi), Number);
  const at = example === null ? 0 : batch.indexOf(example);
  const inBatch = at >= 0;
  const columns = followed(batch.length, at);
  const shown = inBatch ? columns.map((column) => batch[column]) : [example as number];

  const n = training.network.nParameters;
  const gradient = kernels.part(gradients, 0, n);
  const work = makeWorkspace(kernels, training.network.layers, hi - lo, rule.get("dropout") === 1);
  const read = (rows: Numbers<BigInt64Array<ArrayBuffer>>, span: number[], stream: number | bigint) =>
    kernels.call("shard_gradient", plan, state, gradient, examples, rows, span, [stream, 1], work).map(Number);

  let held: Held[] = [];
  if (!inBatch) {
    const row = kernels.wholes(1);
    row.data[0] = BigInt(shown[0]);
    read(row, [0, 1, 0, scale], 0n);
    held = heldBy(training, work, 1, [0]);
  }
  const [cost, right] = read(order, [lo, hi, lo, scale], begun[4]);
  if (inBatch) held = heldBy(training, work, hi - lo, columns);
  const dataGradient = gradient.data.slice();

  const course = training.course;
  const ended = kernels.call("end", plan, course, state, [lo, hi, weight], cost, right, epochRow).map(Number);
  if (ended[1] === 2) throw new Diverged(training.iteration, held.length, training.learningRate);
  const after = training.state();
  return {
    batch,
    shown,
    inBatch,
    X: rowsAt(examples.fields.X as Numbers<Reals>, shown),
    Y: rowsAt(examples.fields.Y as Numbers<Reals>, shown),
    held,
    cost,
    penalty: penaltyOf(training, before, dataGradient),
    dataGradient,
    gradient: gradient.data.slice(),
    before,
    after,
  };
}

/** The columns of a batch that are followed, the chosen one first. */
function followed(m: number, at: number): number[] {
  if (at < 0) return [];
  if (m > FOLLOWED) return [at];
  return [at, ...Array.from({ length: m }, (_, i) => i).filter((i) => i !== at)];
}

/** What the layers held for some of the m examples in a workspace. */
function heldBy(training: Training, work: Workspace, m: number, columns: number[]): Held[] {
  const drops = training.parts.rule.get("dropout") === 1;
  const read = (buffer: string) => (work.fields[buffer] as Numbers<Reals>).data;
  const hidden = training.network.layers.length - 1;
  return training.network.layers.map((layer, l) => {
    const take = (name: string) => pick(rowsOf(read(name), layer, work.capacity, m), layer.nOut, columns);
    const dropped = drops && l < hidden && (training.settings.dropout[l] ?? 0) > 0;
    const A = take("A");
    return {
      Z: take("Z"),
      A,
      G: dropped ? take("G") : A,
      dZ: take("dZ"),
      mask: dropped ? take("masks") : null,
    };
  });
}

function pick(rows: Reals, width: number, which: number[]): Reals {
  const found = rows.slice(0, which.length * width);
  which.forEach((row, i) => found.set(rows.subarray(row * width, (row + 1) * width), i * width));
  return found;
}

function rowsAt(array: Numbers<Reals>, rows: number[]): Reals {
  const width = array.shape[1];
  return pick(array.data, width, rows);
}

/** What the penalties add to J, at the parameters before the update. */
function penaltyOf(training: Training, before: TrainingState, gradient: Reals): number {
  const { kernels, plan } = training.parts;
  return kernels.within(() => {
    const parameters = kernels.filled(before.parameters, before.parameters.length);
    const unused = kernels.filled(gradient, gradient.length);
    return Number(kernels.call("penalty", plan, 1, parameters, unused)[0]);
  });
}

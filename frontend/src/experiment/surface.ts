import { Diverged, type Training } from "../engine/training.ts";
import type { Network } from "../engine/network.ts";
import { drawDirections } from "../engine/random.ts";
import type { Surface } from "../protocol/requests.ts";
import type { Rows } from "./data.ts";
import { dot, largestEigen, orthonormal } from "./eigen.ts";
import type { Arrays } from "./frames.ts";
import type { Timeline } from "./timeline.ts";

const SIDE = 49;
export const SURFACE_ROWS = 300;
const PATH_POINTS = 160;
const MARGIN = 0.35;
/** Costs of one piece of the work. */
const PIECE = 16;

type Extent = [number, number, number, number];

/** The cost's surface around the run, and the way that gradient descent went over it.
 *
 * It is worked out in pieces, between which training goes on. The last point of the path is
 * where the next iteration leads.
 */
export class SurfaceWork {
  readonly #network: Network;
  readonly #rows: Rows;
  readonly #cost: string;
  readonly #here: Float64Array;
  readonly #axes: Float64Array[];
  readonly #path: number[][];
  readonly #extent: Extent;
  readonly #costs = new Float32Array(SIDE * SIDE);
  #done = 0;

  /** `scratch` is a network of the same sizes that may be overwritten. */
  constructor(timeline: Timeline, scratch: Network, rows: Rows, cost: string, wanted: Surface) {
    this.#network = scratch;
    this.#rows = rows;
    this.#cost = cost;
    const { training } = timeline;
    this.#here = Float64Array.from(training.network.parameters);
    const walk = [...timeline.visited(PATH_POINTS), this.#here, nextParameters(training)];
    this.#axes = wanted.kind === "parameters" ? parameterAxes(this.#here.length, wanted) : walkAxes(walk, scratch);
    this.#path = walk.map((point) => this.#project(point));
    this.#extent = extentOf(this.#path);
  }

  /** Do a piece of the work; returns whether it is done. */
  work(): boolean {
    const end = Math.min(this.#done + PIECE, this.#costs.length);
    for (; this.#done < end; this.#done++) this.#costs[this.#done] = this.#costAt(this.#done);
    return this.#done === this.#costs.length;
  }

  /** The costs on the grid, row by row from below, the path, and the grid's extent. */
  arrays(): Arrays {
    return {
      surface: this.#costs,
      path: Float32Array.from(this.#path.flat()),
      extent: Float32Array.from(this.#extent),
    };
  }

  #project(point: ArrayLike<number>): number[] {
    const moved = this.#here.map((value, k) => point[k] - value);
    return this.#axes.map((axis) => dot(moved, axis));
  }

  #costAt(place: number): number {
    const [left, right, low, high] = this.#extent;
    const across = left + ((right - left) * (place % SIDE)) / (SIDE - 1);
    const up = low + ((high - low) * Math.floor(place / SIDE)) / (SIDE - 1);
    const { parameters } = this.#network;
    const [first, second] = this.#axes;
    for (let k = 0; k < parameters.length; k++) parameters[k] = this.#here[k] + across * first[k] + up * second[k];
    const { X, Y } = this.#rows;
    return this.#network.cost(X.values, Y.values, X.rows, this.#cost);
  }
}

/** The parameters after the next iteration; the present ones where it would diverge. */
function nextParameters(training: Training): Float64Array {
  const here = training.state();
  try {
    training.advance(1);
    return Float64Array.from(training.network.parameters);
  } catch (error) {
    if (!(error instanceof Diverged)) throw error;
    return Float64Array.from(here.parameters);
  } finally {
    training.takeHistory();
    training.restore(here);
  }
}

function parameterAxes(size: number, { first = 0, second = 1 }: Surface): Float64Array[] {
  return [first, second].map((place) => Float64Array.from({ length: size }, (_, k) => (k === place ? 1 : 0)));
}

/** Where the run moved most, and most across that; random directions while it has not moved. */
function walkAxes(walk: ArrayLike<number>[], { kernels }: Network): Float64Array[] {
  const size = walk[0].length;
  const mean = Float64Array.from(
    { length: size },
    (_, k) => walk.reduce((sum, point) => sum + point[k], 0) / walk.length,
  );
  const moved = walk.map((point) => mean.map((value, k) => point[k] - value));
  const products = Float64Array.from(moved.flatMap((one) => moved.map((other) => dot(one, other))));
  const { values, vectors } = largestEigen(products, walk.length, 2);
  const known = vectors
    .filter((_, k) => values[k] > 1e-18)
    .map((mix) => mean.map((_, k) => moved.reduce((sum, point, i) => sum + mix[i] * point[k], 0)));
  const random = drawDirections(kernels, 0, 2 * size);
  const others = [random.slice(0, size), random.slice(size)];
  const axes = orthonormal([...known, ...others]).slice(0, 2);
  return axes.length === 2 ? axes : [...axes, new Float64Array(size)];
}

/** A square that holds the path, with room around it. */
function extentOf(path: number[][]): Extent {
  const [xs, ys] = [path.map(([x]) => x), path.map(([, y]) => y)];
  const [left, right, low, high] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)];
  const half = Math.max((right - left) / 2, (high - low) / 2, 0.5) * (1 + MARGIN);
  const [x, y] = [(left + right) / 2, (low + high) / 2];
  return [x - half, x + half, y - half, y + half];
}

import type { HeldFeature } from "../protocol/answers.ts";
import type { ViewState } from "../protocol/state.ts";
import { between, column, ends, means, type Floats, type Matrix } from "./arrays.ts";
import { dot, largestEigen } from "./eigen.ts";

type Range = [number, number];

/** The plane through the space of features that the maps are drawn on.
 *
 * Two directions through a point: a place is origin + u·axes[0] + v·axes[1]. With one
 * feature only the first exists, and an example's second coordinate is its target.
 */
export interface Plane {
  origin: Float64Array;
  axes: Float64Array[];
  labels: [string, string];
  xRange: Range;
  yRange: Range;
  /** The features that the plane does not vary. */
  held: HeldFeature[];
}

const MARGIN = 0.08;
const CANVAS = 1.3;
const COMPONENT_ROWS = 10_000;

/** The coordinates of examples on the plane, (examples, 2). */
export function pointsOn(plane: Plane, features: Matrix, targets: Matrix): Floats {
  const points = new Float32Array(2 * features.rows);
  const place = new Float64Array(features.columns);
  for (let i = 0; i < features.rows; i++) {
    for (let k = 0; k < place.length; k++) place[k] = features.values[i * place.length + k] - plane.origin[k];
    points[2 * i] = dot(place, plane.axes[0]);
    points[2 * i + 1] = plane.axes.length > 1 ? dot(place, plane.axes[1]) : targets.values[i * targets.columns];
  }
  return points;
}

/** The features of a map of side × side places, row by row from the top; with one, one row. */
export function gridOf(plane: Plane, side: number): Matrix {
  const us = centres(plane.xRange, side);
  const vs = plane.axes.length > 1 ? centres(plane.yRange, side).reverse() : [0];
  const columns = plane.origin.length;
  const values = new Float64Array(us.length * vs.length * columns);
  let at = 0;
  for (const v of vs) {
    for (const u of us) {
      values.set(placeOn(plane, u, v), at);
      at += columns;
    }
  }
  return { values, rows: us.length * vs.length, columns };
}

/** The features at one place of the plane. */
export function placeOn({ origin, axes }: Plane, x: number, y: number): Float64Array {
  return origin.map((value, k) => value + x * axes[0][k] + (axes.length > 1 ? y * axes[1][k] : 0));
}

/** The plane of two features, with room to draw on whatever is drawn. */
export function canvasPlane(features: Matrix, names: string[]): Plane {
  const made = featurePlane(features, features, names, { axis_x: 0, axis_y: 1, slice: [] });
  const wide = ([low, high]: Range): Range => widened(Math.min(low, -CANVAS), Math.max(high, CANVAS));
  const [first, second] = [ends(column(features, 0)), ends(column(features, 1))];
  const [xRange, yRange] = squared(wide(first), wide(second));
  return { ...made, xRange, yRange };
}

/** The plane of two features; the others are held at values, or else at their means. */
export function featurePlane(
  features: Matrix,
  targets: Matrix,
  names: string[],
  view: Pick<ViewState, "axis_x" | "axis_y" | "slice">,
): Plane {
  const n = features.columns;
  const range = (matrix: Matrix, k: number) => widened(...ends(column(matrix, k)));
  if (n === 1) {
    const [axis, origin] = [Float64Array.of(1), Float64Array.of(0)];
    const ranges = { xRange: range(features, 0), yRange: range(targets, 0) };
    return { origin, axes: [axis], labels: [names[0], "y"], ...ranges, held: [] };
  }
  const first = Math.min(view.axis_x, n - 1);
  const wanted = Math.min(view.axis_y, n - 1);
  const second = wanted === first ? (first + 1) % n : wanted;
  const origin = view.slice.length === n ? Float64Array.from(view.slice) : means(features);
  const held = heldFeatures(features, origin, [first, second]);
  origin[first] = origin[second] = 0;
  const [xRange, yRange] = squared(range(features, first), range(features, second));
  return {
    origin,
    axes: [unit(n, first), unit(n, second)],
    labels: [names[first], names[second]],
    xRange,
    yRange,
    held,
  };
}

function heldFeatures(features: Matrix, origin: Float64Array, varied: number[]): HeldFeature[] {
  const held: HeldFeature[] = [];
  for (let feature = 0; feature < features.columns; feature++) {
    if (varied.includes(feature)) continue;
    const [low, high] = ends(column(features, feature));
    held.push({ feature, value: origin[feature], low, high });
  }
  return held;
}

/** The plane of the first two principal components through the mean.
 *
 * Of a large table, rows at equal distances are enough to find them.
 */
export function componentPlane(features: Matrix): Plane {
  const n = features.columns;
  const stride = 1 + Math.floor(features.rows / COMPONENT_ROWS);
  const rows: Matrix[] = [];
  for (let i = 0; i < features.rows; i += stride) rows.push(between(features, i, i + 1));
  const values = Float64Array.from(rows.flatMap((row) => Array.from(row.values)));
  const origin = means({ values, rows: rows.length, columns: n });
  for (let i = 0; i < values.length; i++) values[i] -= origin[i % n];
  const axes = largestEigen(scatter(values, rows.length, n), n, 2).vectors.map(pointedUp);
  const along = axes.map((axis) => rows.map((_, i) => dot(values.subarray(i * n, (i + 1) * n), axis)));
  const [xRange, yRange] = squared(widened(...ends(along[0])), widened(...ends(along[1])));
  return { origin, axes, labels: ["component 1", "component 2"], xRange, yRange, held: [] };
}

/** The sums of products of every two columns. */
function scatter(values: Float64Array, rows: number, n: number): Float64Array {
  const sums = new Float64Array(n * n);
  for (let i = 0; i < rows; i++) {
    for (let p = 0; p < n; p++) {
      const left = values[i * n + p];
      for (let q = 0; q <= p; q++) sums[p * n + q] += left * values[i * n + q];
    }
  }
  for (let p = 0; p < n; p++) for (let q = 0; q < p; q++) sums[q * n + p] = sums[p * n + q];
  return sums;
}

/** A component's sign is arbitrary: let its largest entry be positive. */
function pointedUp(direction: Float64Array): Float64Array {
  let largest = 0;
  for (const value of direction) if (Math.abs(value) > Math.abs(largest)) largest = value;
  return largest < 0 ? direction.map((value) => -value) : direction;
}

function unit(n: number, place: number): Float64Array {
  return Float64Array.from({ length: n }, (_, k) => (k === place ? 1 : 0));
}

function widened(low: number, high: number): Range {
  const margin = MARGIN * (high - low) || 1;
  return [low - margin, high + margin];
}

/** Make two ranges of like size the same, so that circles look round. */
function squared(x: Range, y: Range): [Range, Range] {
  const [wide, high] = [x[1] - x[0], y[1] - y[0]];
  if (Math.max(wide, high) > 2 * Math.min(wide, high)) return [x, y];
  const half = Math.max(wide, high) / 2;
  const around = ([low, up]: Range): Range => [(low + up) / 2 - half, (low + up) / 2 + half];
  return [around(x), around(y)];
}

/** The centres of equal cells. */
function centres([low, high]: Range, side: number): number[] {
  return Array.from({ length: side }, (_, i) => low + ((high - low) * (i + 0.5)) / side);
}

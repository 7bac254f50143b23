/** Symmetric matrices and what they stretch most; of size n, row by row. */
export interface Eigen {
  /** From the largest. */
  values: number[];
  vectors: Float64Array[];
}

const SMALL = 24;
const BLOCK = 8;
const SWEEPS = 60;
const ROUNDS = 300;
const PRECISE = 1e-10;

/** The largest eigenvalues of a positive semi-definite matrix, with their vectors. */
export function largestEigen(matrix: Float64Array, n: number, count: number): Eigen {
  const found = n <= SMALL ? jacobi(matrix, n) : subspace(matrix, n);
  return { values: found.values.slice(0, count), vectors: found.vectors.slice(0, count) };
}

/** All eigenvalues, by rotations that make one entry beside the diagonal 0 at a time. */
function jacobi(matrix: Float64Array, n: number): Eigen {
  const A = matrix.slice();
  const V = identity(n);
  const scale = Math.max(...A.map(Math.abs), 0) || 1;
  for (let sweep = 0; sweep < SWEEPS; sweep++) {
    let largest = 0;
    for (let p = 0; p < n; p++) {
      for (let q = p + 1; q < n; q++) {
        largest = Math.max(largest, Math.abs(A[p * n + q]));
        if (Math.abs(A[p * n + q]) > 1e-300) rotate(A, V, n, p, q);
      }
    }
    if (largest <= 1e-15 * scale) break;
  }
  const order = Array.from({ length: n }, (_, k) => k).sort((a, b) => A[b * n + b] - A[a * n + a]);
  return {
    values: order.map((k) => A[k * n + k]),
    vectors: order.map((k) => Float64Array.from({ length: n }, (_, i) => V[i * n + k])),
  };
}

/** Turn the plane of axes p and q so that A[p, q] becomes 0; V keeps the turns. */
function rotate(A: Float64Array, V: Float64Array, n: number, p: number, q: number): void {
  const theta = (A[q * n + q] - A[p * n + p]) / (2 * A[p * n + q]);
  const t = (theta < 0 ? -1 : 1) / (Math.abs(theta) + Math.hypot(theta, 1));
  const c = 1 / Math.hypot(t, 1);
  const s = t * c;
  for (let k = 0; k < n; k++) turn(A, k * n + p, k * n + q, c, s);
  for (let k = 0; k < n; k++) turn(A, p * n + k, q * n + k, c, s);
  for (let k = 0; k < n; k++) turn(V, k * n + p, k * n + q, c, s);
}

function turn(values: Float64Array, i: number, j: number, c: number, s: number): void {
  const [x, y] = [values[i], values[j]];
  values[i] = c * x - s * y;
  values[j] = s * x + c * y;
}

function identity(n: number): Float64Array {
  return Float64Array.from({ length: n * n }, (_, i) => (i % (n + 1) === 0 ? 1 : 0));
}

/** The largest eigenvalues of a large matrix: a few directions, multiplied until they stay. */
function subspace(matrix: Float64Array, n: number): Eigen {
  let basis = orthonormal(firstDirections(n));
  let found: Eigen = { values: [], vectors: basis };
  for (let round = 0; round < ROUNDS; round++) {
    const images = basis.map((direction) => multiply(matrix, direction));
    const small = Float64Array.from(basis.flatMap((one) => images.map((image) => dot(one, image))));
    const inner = jacobi(small, basis.length);
    found = { values: inner.values, vectors: inner.vectors.map((mix) => combine(basis, mix)) };
    const moved = inner.vectors.map((mix) => combine(images, mix));
    const rest = found.vectors.slice(0, 2).map((vector, k) => distance(moved[k], vector, found.values[k]));
    if (Math.max(...rest) <= PRECISE * (found.values[0] || 1)) break;
    basis = orthonormal(moved);
  }
  return found;
}

/** Directions to begin with, each of which has a part of every axis. */
function firstDirections(n: number): Float64Array[] {
  return Array.from({ length: BLOCK }, (_, k) =>
    Float64Array.from({ length: n }, (_, i) => Math.cos((i + 0.5) * (k + 1))),
  );
}

/** Directions of length 1 at right angles; those that add nothing are left out. */
export function orthonormal(directions: readonly Float64Array[]): Float64Array[] {
  const found: Float64Array[] = [];
  for (const direction of directions) {
    const rest = direction.slice();
    const before = Math.sqrt(dot(rest, rest));
    for (let pass = 0; pass < 2; pass++) {
      for (const one of found) {
        const part = dot(rest, one);
        for (let i = 0; i < rest.length; i++) rest[i] -= part * one[i];
      }
    }
    const length = Math.sqrt(dot(rest, rest));
    if (length > 1e-12 * before) found.push(rest.map((value) => value / length));
  }
  return found;
}

export function dot(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}

function multiply(matrix: Float64Array, direction: Float64Array): Float64Array {
  const n = direction.length;
  return direction.map((_, i) => dot(matrix.subarray(i * n, (i + 1) * n), direction));
}

function combine(basis: readonly Float64Array[], mix: Float64Array): Float64Array {
  const sum = new Float64Array(basis[0].length);
  basis.forEach((direction, k) => {
    for (let i = 0; i < sum.length; i++) sum[i] += mix[k] * direction[i];
  });
  return sum;
}

/** How far a direction's image is from a multiple of itself. */
function distance(image: Float64Array, vector: Float64Array, value: number): number {
  let most = 0;
  for (let i = 0; i < image.length; i++) most = Math.max(most, Math.abs(image[i] - value * vector[i]));
  return most;
}

import { refusal } from "./refusal.ts";
import type { Floats, Matrix } from "./arrays.ts";

/** Inputs made of the features. */
export interface Derivation {
  names: string[];
  columns: Derived[];
}

/** "square 1", "product 1 2" or "sine 1": features are counted from 1. */
interface Derived {
  kind: "square" | "product" | "sine";
  of: number[];
}

export type Sines = (values: Float64Array) => Float64Array;

const FEATURES = { square: 1, product: 2, sine: 1 };

/** Read what is asked for; each kind is made of so many features. */
export function readDerivation(asked: readonly string[], features: readonly string[]): Derivation {
  const columns = asked.map((text) => readOne(text, features.length));
  return { columns, names: columns.map((each) => nameOf(each, features)) };
}

function readOne(text: string, features: number): Derived {
  const [word, ...places] = text.split(" ");
  const of = places.map((place) => Number(place) - 1);
  const kind = Object.keys(FEATURES).find((name) => name === word) as Derived["kind"] | undefined;
  const fits = kind && of.length === FEATURES[kind] && of.every((k) => Number.isInteger(k) && k >= 0 && k < features);
  if (!fits) throw refusal("noDerived", text.slice(0, 40), features);
  return { kind, of };
}

function nameOf({ kind, of }: Derived, features: readonly string[]): string {
  const [first, second] = of.map((k) => features[k]);
  if (kind === "square") return `${first}²`;
  return kind === "product" ? `${first}·${second}` : `sin ${first}`;
}

/** The network's inputs: the features, then what is derived of them, each rounded once. */
export function inputsOf(features: Matrix, { columns }: Derivation, sines: Sines): Matrix<Floats> {
  const width = features.columns + columns.length;
  const values = new Float32Array(features.rows * width);
  for (let i = 0; i < features.rows; i++) {
    for (let k = 0; k < features.columns; k++) values[i * width + k] = features.values[i * features.columns + k];
  }
  columns.forEach((each, k) => {
    const made = valuesOf(each, features, sines);
    for (let i = 0; i < features.rows; i++) values[i * width + features.columns + k] = made[i];
  });
  return { values, rows: features.rows, columns: width };
}

function valuesOf({ kind, of }: Derived, features: Matrix, sines: Sines): Float64Array {
  const at = (i: number, place: number) => features.values[i * features.columns + of[place]];
  const made = new Float64Array(features.rows);
  if (kind === "sine") return sines(made.map((_, i) => at(i, 0)));
  return made.map((_, i) => at(i, 0) * at(i, kind === "square" ? 0 : 1));
}

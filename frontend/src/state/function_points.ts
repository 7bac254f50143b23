import type { DataState } from "../protocol/state";
import { evaluate, type Operations } from "../written/formulas.ts";

const COUNT = 200;
const MOST_CHARACTERS = 80;
/** Where points are: a square of this half side, the map's own. */
const HALF = 1;

const FUNCTIONS: Record<string, (x: number) => number> = {
  sin: Math.sin,
  cos: Math.cos,
  tan: Math.tan,
  exp: Math.exp,
  ln: Math.log,
  sqrt: Math.sqrt,
  abs: Math.abs,
  tanh: Math.tanh,
};

const NUMBERS: Operations<number> = {
  number: (value) => value,
  sum: (left, right, minus) => (minus ? left - right : left + right),
  product: (left, right) => left * right,
  quotient: (left, right) => left / right,
  power: (base, exponent) => base ** exponent,
  negative: (value) => -value,
  call: (name, argument) => FUNCTIONS[name](argument),
  max: Math.max,
  choose: (left, limit, above, below) => (left > limit ? above : below),
};

/** Points all over the square, of class 1 above the function and 0 below; throws where it is none. */
export function pointsAround(formula: string): DataState["points"] {
  const text = formula.slice(0, MOST_CHARACTERS).replaceAll("^", "**").replaceAll("²", "**2").replaceAll("π", "pi");
  const height = (x: number) => evaluate(text, { x, pi: Math.PI, e: Math.E }, NUMBERS);
  if (![-HALF, 0.1, HALF].some((x) => Number.isFinite(height(x)))) throw new RangeError("it has no values here");
  const random = numbers(1);
  return Array.from({ length: COUNT }, () => {
    const [x, y] = [random(), random()].map((u) => +((2 * u - 1) * HALF).toFixed(3));
    return [x, y, y > height(x) ? 1 : 0];
  });
}

/** Numbers from 0 to 1 that look random, the same each time (Mulberry32). */
function numbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

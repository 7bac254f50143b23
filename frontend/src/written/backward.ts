import { Derivative, Name, Product, partialSum, type Expression } from "./expressions.ts";
import { outputError } from "./cost.ts";
import { moreTerms, slope, softmaxError } from "./forward.ts";
import type { Line } from "./lines.ts";
import { J, largest, range, type Pass } from "./pass.ts";

/** dA, the slope and dZ of neuron j, for the followed example. */
export function backwardLines(pass: Pass, l: number, j: number, most: number): Line[] {
  const [z, a, dZ] = [pass.z(l, 0, j), pass.a(l, 0, j), pass.dZ(l, 0, j)];
  if (l === pass.last && pass.cost.fused) {
    return [{ name: dZ, formula: outputError(pass, 0, j), lead: new Derivative(J, z) }];
  }
  const [byA, byZ] = [new Derivative(J, a), new Derivative(a, z)];
  const mask = pass.mask(l, 0, j);
  const error = inputError(pass, l, j, most);
  const dA = errorOf(pass, l, j);
  const lines: Line[] = [{ name: dA, formula: mask ? new Product(mask, error) : error, lead: byA }];
  const by = slope(pass, l, 0, j);
  if (by === null) {
    const errors = range(pass.layers[l].nOut).map((k) => errorOf(pass, l, k));
    lines.push({ name: dZ, formula: softmaxError(pass, l, j, errors), lead: new Derivative(J, z) });
    return lines;
  }
  const prime = new Name("g′", Math.fround(by.value()), [j + 1], l + 1);
  lines.push({ name: prime, formula: by, lead: byZ });
  lines.push({ name: dZ, formula: new Product(dA, prime), lead: new Product(byA, byZ) });
  return lines;
}

/** ∂J/∂a of neuron j, which training does not keep. */
export function errorOf(pass: Pass, l: number, j: number): Name {
  const mask = pass.mask(l, 0, j);
  const error = inputError(pass, l, j, Infinity).value();
  return new Name("dA", Math.fround(mask ? error * mask.number : error), [j + 1], l + 1);
}

/** ∂J by what neuron k hands on: the errors of the next layer times their weights. */
function inputError(pass: Pass, l: number, k: number, most: number): Expression {
  if (l === pass.last) return outputError(pass, 0, k);
  const next = range(pass.layers[l + 1].nOut);
  const pairs = next.map((j) => [pass.weight(l + 1, j, k), pass.dZ(l + 1, 0, j)] as const);
  const products = pairs.map(([w, dZ]) => w.number * dZ.number);
  const shown = largest(products, most);
  const rest = products.reduce((sum, product, j) => (shown.includes(j) ? sum : sum + product), 0);
  const terms = shown.map((j) => new Product(...pairs[j]));
  return partialSum(terms, rest, moreTerms(next.length - shown.length, shown.length));
}

import { facts } from "../engine/facts.ts";
import { Call, Name, Product, Quotient, Sum, add, constant, partialSum, type Expression } from "./expressions.ts";
import { expression } from "./formulas.ts";
import type { Line } from "./lines.ts";
import { largest, range, type Pass } from "./pass.ts";

const SOFTMAX = "softmax";

/** The weighted sum, the activation, and what dropout makes of it, of neuron j. */
export function forwardLines(pass: Pass, l: number, j: number, most: number): Line[] {
  const [z, a, mask] = [pass.z(l, 0, j), pass.a(l, 0, j), pass.mask(l, 0, j)];
  const lines: Line[] = [
    { name: z, formula: weightedSum(pass, l, j, most) },
    { name: a, formula: activated(pass, l, 0, j, most) },
  ];
  if (mask) {
    const note = `dropout: ${mask.number ? "kept" : "dropped"}`;
    lines.push({ name: pass.output(l, 0, j), formula: new Product(a, mask), note });
  }
  return lines;
}

function weightedSum(pass: Pass, l: number, j: number, most: number): Expression {
  const pairs = range(pass.layers[l].nIn).map((k) => [pass.weight(l, j, k), pass.output(l - 1, 0, k)] as const);
  const products = pairs.map(([w, x]) => w.number * x.number);
  const shown = largest(products, most);
  const terms = shown.map((k) => new Product(...pairs[k]));
  const rest = products.reduce((sum, product, k) => (shown.includes(k) ? sum : sum + product), 0);
  return partialSum(terms, rest, moreTerms(pairs.length - shown.length, shown.length), pass.bias(l, j));
}

/** "22 more terms"; nothing where none are left out. */
export function moreTerms(leftOut: number, shown = 1): string {
  if (!leftOut) return "";
  return `${leftOut}${shown ? " more" : ""} term${leftOut === 1 ? "" : "s"}`;
}

/** g(z) of neuron j; where g has branches, the one that z is in. */
function activated(pass: Pass, l: number, i: number, j: number, most: number): Expression {
  const z = pass.z(l, i, j);
  const { activation, nOut } = pass.layers[l];
  if (activation === SOFTMAX) {
    return softmax(
      z,
      range(nOut).map((k) => pass.z(l, i, k)),
      most,
    );
  }
  return expression(facts.activations[activation].formula, { z });
}

/** e^z over the sum of e^z of the layer, less the largest z where e^z would be out of range. */
function softmax(z: Name, layer: Name[], most: number): Expression {
  const numbers = layer.map((each) => each.number);
  const near = Math.max(...numbers.map(Math.abs)) < 30;
  const top = constant(Math.max(...numbers));
  const power = (of: Name) => new Call("exp", near ? of : new Sum([of, top], [false, true]));
  const terms = layer.map(power);
  const shown = largest(
    terms.map((term) => term.value()),
    most,
  );
  const rest = terms.reduce((sum, term, k) => (shown.includes(k) ? sum : sum + term.value()), 0);
  const bottom = partialSum(
    shown.map((k) => terms[k]),
    rest,
    moreTerms(layer.length - shown.length),
  );
  return new Quotient(power(z), bottom);
}

/** g′(z) of neuron j; null of a softmax, whose neurons depend on one another. */
export function slope(pass: Pass, l: number, i: number, j: number): Expression | null {
  const { activation } = pass.layers[l];
  if (activation === SOFTMAX) return null;
  const names = { z: pass.z(l, i, j), a: pass.a(l, i, j), pi: new Name("π", Math.PI, [], null, false) };
  return expression(facts.activations[activation].slope, names);
}

/** A softmax's dZ of neuron j: a_j (dA_j − Σ a_k dA_k). */
export function softmaxError(pass: Pass, l: number, j: number, errors: Name[]): Expression {
  const inner = add(errors.map((error, k) => new Product(pass.a(l, 0, k), error)));
  return new Product(pass.a(l, 0, j), new Sum([errors[j], inner], [false, true]));
}

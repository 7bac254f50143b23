import {
  Call,
  Name,
  Product,
  Quotient,
  Sum,
  add,
  constant,
  negative,
  partialSum,
  type Expression,
} from "./expressions.ts";
import { expression } from "./formulas.ts";
import type { Line } from "./lines.ts";
import { range, type Pass } from "./pass.ts";

/** The cost of the followed example, then J as the mean over the batch, then the penalty. */
export function costLines(pass: Pass, most: number): Line[] {
  return [ofExample(pass, 0), ofBatch(pass, most), ...withPenalty(pass)];
}

/** The cost of one example, before its share in the mean. */
function ofExample(pass: Pass, i: number): Line {
  const formula = pass.cost.fused ? entropy(pass, i) : distance(pass, i);
  return { name: new Name("c", Math.fround(formula.value())), formula };
}

function distance(pass: Pass, i: number): Expression {
  const outputs = range(pass.layers[pass.last].nOut);
  const terms = add(outputs.map((k) => expression(pass.cost.value, names(pass, i, k))));
  return outputs.length === 1 ? terms : new Quotient(terms, constant(outputs.length));
}

function entropy(pass: Pass, i: number): Expression {
  const all = range(pass.layers[pass.last].nOut);
  const z = all.map((k) => pass.z(pass.last, i, k));
  const top = new Name("z_max", Math.max(...z.map((each) => each.number)));
  const total = add(z.map((each) => new Call("exp", new Sum([each, top], [false, true]))));
  const outputs = pass.cost.of_labels ? all.filter((k) => pass.target(i, k).number !== 0) : all;
  const terms = outputs.map((k) => expression(pass.cost.value, { ...names(pass, i, k), z: z[k], top, total }));
  return terms.length ? sumOf(terms) : constant(0);
}

/** A sum, with one sign in front where all terms are negative. */
function sumOf(terms: Expression[]): Expression {
  const inner = terms.flatMap((each) =>
    each instanceof Sum && each.minus.length === 1 && each.minus[0] ? each.terms : [],
  );
  return inner.length === terms.length ? negative(add(inner)) : add(terms);
}

function names(pass: Pass, i: number, k: number): Record<string, Name> {
  return {
    a: pass.a(pass.last, i, k),
    y: pass.target(i, k),
    p: new Name(pass.cost.letter || "δ", 1, [], null, false),
    mass: constant(1),
  };
}

function ofBatch(pass: Pass, most: number): Line {
  const { cost, inBatch, shown } = pass.iteration;
  const m = new Name("m", pass.m, [], null, false);
  const count = inBatch ? Math.min(shown.length, most) : 0;
  const terms = range(count).map((i) => ofExample(pass, i).name);
  const rest = cost * pass.m - terms.reduce((sum, term) => sum + term.number, 0);
  const numbers = partialSum(terms, rest, others(pass.m - count, count));
  return {
    name: new Name("J", cost, [], null, false),
    formula: new Product(new Quotient(constant(1), m), new Call("Σ", new Name("c", 0))),
    numbers: pass.m === 1 ? numbers : new Quotient(numbers, m),
  };
}

/** "the other 49 examples"; nothing where none are left out. */
export function others(leftOut: number, shown: number): string {
  return leftOut ? `${shown ? "the other" : "all"} ${leftOut} examples` : "";
}

function withPenalty(pass: Pass): Line[] {
  const { cost, penalty } = pass.iteration;
  const { l1, l2 } = pass.training.settings;
  if (!(l1 > 0 || l2 > 0)) return [];
  const parts = [new Name("J", cost, [], null, false), new Name("penalty", penalty, [], null, false)];
  const total = new Name("J", cost + penalty, [], null, false);
  return [{ name: total, formula: new Sum(parts), becomes: true, note: "the penalty on large weights" }];
}

/** A derivative of the example's cost as one of J: its share in the mean. */
function share(pass: Pass, piece: Expression): Expression {
  const outputs = pass.cost.sums_outputs ? 1 : pass.layers[pass.last].nOut;
  const m = new Name("m", pass.m, [], null, false);
  if (pass.m === 1 && outputs === 1) return piece;
  return new Quotient(piece, outputs > 1 ? new Product(m, new Name("n", outputs, [], null, false)) : m);
}

/** dZ of an output of a cross-entropy, else ∂J/∂a of the output. */
export function outputError(pass: Pass, i: number, k: number): Expression {
  return share(pass, expression(pass.cost.error, names(pass, i, k)));
}

import { facts } from "../engine/facts.ts";
import { Call, Derivative, Name, Product, Sum, constant, partialSum, type Expression } from "./expressions.ts";
import { others } from "./cost.ts";
import { expression } from "./formulas.ts";
import type { Line } from "./lines.ts";
import { J, largest, range, type Pass } from "./pass.ts";

/** One number that is learned, of neuron j: the weight of input k, or the bias (null). */
export interface Parameter {
  l: number;
  j: number;
  k: number | null;
}

/** The weights of the largest inputs, and the bias. */
export function shownParameters(pass: Pass, l: number, j: number, most: number): Parameter[] {
  const products = range(pass.layers[l].nIn).map((k) => pass.weight(l, j, k).number * pass.output(l - 1, 0, k).number);
  return [...largest(products, most), null].map((k) => ({ l, j, k }));
}

function nameOf(pass: Pass, { l, j, k }: Parameter): Name {
  return k === null ? pass.bias(l, j) : pass.weight(l, j, k);
}

function indexOf(pass: Pass, { l, j, k }: Parameter): number {
  const { weights, biases, nIn } = pass.layers[l];
  return k === null ? biases + j : weights + j * nIn + k;
}

const derivative = ({ k }: Parameter): string => (k === null ? "db" : "dW");

/** A derivative as the sum over the batch of the examples' shares. */
export function gradientLine(pass: Pass, parameter: Parameter, most: number): Line {
  const { iteration } = pass;
  const { l, j, k } = parameter;
  const name = nameOf(pass, parameter);
  const number = iteration.dataGradient[indexOf(pass, parameter)];
  const found = new Name(derivative(parameter), number, name.below, name.layer);
  const z = pass.z(l, 0, j);
  const lead = k === null ? new Derivative(J, name) : new Product(new Derivative(J, z), new Derivative(z, name));
  const one = (i: number): Expression => {
    const dZ = pass.dZ(l, i, j);
    return k === null ? dZ : new Product(dZ, pass.output(l - 1, i, k));
  };
  if (pass.m === 1 && iteration.inBatch) return { name: found, formula: one(0), lead };
  const count = iteration.inBatch ? Math.min(iteration.shown.length, most) : 0;
  const shown = range(count).map(one);
  const rest = number - shown.reduce((sum, term) => sum + term.value(), 0);
  const numbers = partialSum(shown, rest, others(pass.m - count, count));
  return { name: found, formula: new Call("Σ", one(0)), numbers, lead };
}

/** The lines of one parameter's update, the last one its new value. */
export function updateLines(pass: Pass, parameter: Parameter): Line[] {
  const index = indexOf(pass, parameter);
  const optimizer = facts.optimizers[pass.training.settings.optimizer];
  const before = nameOf(pass, parameter);
  const [penalised, gradient] = usedGradient(pass, parameter, before);
  const [shrunk, start] = decayed(pass, parameter, before);
  const lines = [...penalised, ...shrunk];
  const names: Record<string, Expression> = { ...settingNames(pass), w: start, g: gradient };
  const memories = new Map(optimizer.kept.map((name, slot) => [name, memoryOf(pass, slot, index)]));
  for (const [name, [old]] of memories) names[name] = new Name(name, old, before.below, before.layer);
  for (const [name, formula] of optimizer.lines) {
    const found = expression(formula, names);
    const kept = memories.get(name);
    const printed = new Name(
      facts.hats[name] ?? name,
      kept ? kept[1] : found.value(),
      before.below,
      before.layer,
      !!kept,
    );
    names[name] = printed;
    lines.push({ name: printed, formula: found, becomes: kept !== undefined });
  }
  const after = new Name(before.base, pass.iteration.after.parameters[index], before.below, before.layer);
  return [...lines, { name: after, formula: expression(optimizer.step, names), becomes: true }];
}

/** A number of the optimizer's memory before and after the iteration. */
function memoryOf({ iteration: { before, after } }: Pass, slot: number, index: number): [number, number] {
  const at = slot * before.parameters.length + index;
  return [before.memory[at], after.memory[at]];
}

/** The settings that formulas of updates name. */
function settingNames(pass: Pass): Record<string, Expression> {
  const { rule } = pass.training.parts;
  const setting = (base: string, field: string, ...below: number[]) =>
    new Name(base, rule.get(field), below, null, false);
  return {
    eta: new Name("η", pass.training.learningRate, [], null, false),
    mu: setting("μ", "momentum"),
    beta_1: setting("β", "beta_1", 1),
    beta_2: setting("β", "beta_2", 2),
    epsilon: setting("ε", "epsilon"),
    t: constant(pass.iteration.before.iteration + 1),
  };
}

/** A weight shrinks before it moves, where there is weight decay. */
function decayed(pass: Pass, { k }: Parameter, before: Name): [Line[], Name] {
  const decay = pass.training.course.data[1];
  if (k === null || decay === 0) return [[], before];
  const rate = new Name("η", pass.training.learningRate, [], null, false);
  const share = new Product(rate, new Name("λ", decay, [], null, false));
  const shrink = new Product(before, new Sum([constant(1), share], [false, true]));
  const start = new Name(`${before.base}′`, shrink.value(), before.below, before.layer, false);
  return [[{ name: start, formula: shrink }], start];
}

/** The gradient that the update uses, and how it came from the data's. */
function usedGradient(pass: Pass, parameter: Parameter, before: Name): [Line[], Name] {
  const { l1, l2 } = pass.training.settings;
  const index = indexOf(pass, parameter);
  const { below, layer } = before;
  const used = pass.iteration.gradient[index];
  const ofData = new Name(derivative(parameter), pass.iteration.dataGradient[index], below, layer);
  if (parameter.k === null || !(l1 > 0 || l2 > 0)) return [[], new Name(ofData.base, used, below, layer)];
  const terms: Expression[] = [ofData];
  if (l2 > 0) terms.push(new Product(new Name("l₂", l2, [], null, false), before));
  if (l1 > 0) terms.push(new Product(new Name("l₁", l1, [], null, false), new Call("sign", before)));
  const gradient = new Name("g", used, below, layer);
  return [[{ name: gradient, formula: new Sum(terms) }], gradient];
}

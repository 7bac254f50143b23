import { facts } from "../engine/facts.ts";
import { evaluate, parseExpression, type Expression } from "./expression.ts";

/** An activation as the page draws it and writes it out: from walnet's own formulas. */
export interface ActivationCurve {
  value: (z: number) => number;
  slope: (z: number) => number;
}

const made = new Map<string, ActivationCurve>();

export function activationCurve(name: string): ActivationCurve {
  let curve = made.get(name);
  if (!curve) made.set(name, (curve = make(name)));
  return curve;
}

function make(name: string): ActivationCurve {
  const { formula, slope } = facts.activations[name] ?? facts.activations.identity;
  const [g, derivative] = [read(formula), read(slope)];
  const value = (z: number) => evaluate(g, { names: { z }, functions: {} });
  return { value, slope: (z) => evaluate(derivative, { names: { z, a: value(z), pi: Math.PI }, functions: {} }) };
}

/** Softmax has no formula of one number: it is drawn as what comes in. */
function read(formula: string): Expression {
  return parseExpression(formula || "z");
}

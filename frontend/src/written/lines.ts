import type { WrittenLine } from "../protocol/answers.ts";
import type { Expression, Name } from "./expressions.ts";
import { rounded } from "./numbers.ts";

/** One quantity worked out. */
export interface Line {
  /** The quantity, with the number that training computed. */
  name: Name;
  /** What it is, in names. */
  formula: Expression;
  /** What is worked out, where that has other terms than the formula. */
  numbers?: Expression;
  /** What comes before the formula: the chain rule. */
  lead?: Expression;
  /** Whether the quantity takes a new value: ← instead of =. */
  becomes?: boolean;
  /** What to say beside it. */
  note?: string;
}

/** A line as MathML, and which neuron or link it speaks of. */
export function written(line: Line, decimals: number): WrittenLine {
  const [names, digits] = [true, false].map((named) => ({ names: named, decimals }));
  const formulas = [line.lead, line.formula].filter((each) => each !== undefined);
  const symbols = formulas.map((each) => each.write(names)[0]);
  const worked = (line.numbers ?? line.formula).write(digits)[0];
  const result = line.name.write(digits)[0];
  if (worked === symbols.at(-1)) symbols.pop();
  const relation = reproduces(line, decimals) ? "=" : "≈";
  const { base, below, layer } = line.name;
  return {
    left: line.name.write(names)[0],
    becomes: line.becomes ?? false,
    symbols,
    numbers:
      worked === result
        ? [["=", result]]
        : [
            ["=", worked],
            [relation, result],
          ],
    note: line.note ?? "",
    base,
    below: [...below],
    layer: layer ?? 0,
  };
}

/** Whether working it out from the printed numbers gives the printed result. */
function reproduces({ name, formula, numbers }: Line, decimals: number): boolean {
  const found = (numbers ?? formula).value(decimals);
  const same = name.single ? Math.fround(found) : found;
  return rounded(same, decimals, name.single) === rounded(name.number, decimals, name.single);
}

/** Arithmetic and comparisons on named numbers, as lessons' checks are written.
 *
 * It is a language of its own, worked out here: nothing of a lesson's text ever runs as
 * the page's code. A comparison is 1 where it holds and 0 where it does not; a name that
 * has no number is NaN, which no comparison holds for.
 */
export type Expression =
  | { kind: "number"; value: number }
  | { kind: "name"; name: string }
  | { kind: "operation"; operator: string; operands: Expression[] }
  | { kind: "call"; name: string; operands: Expression[] }
  /** `first if condition else second`, as activations are written that have a corner. */
  | { kind: "choice"; operands: [Expression, Expression, Expression] };

export interface Surroundings {
  names: Record<string, number>;
  functions: Record<string, (...values: number[]) => number>;
}

const MOST_CHARACTERS = 400;
const MOST_DEPTH = 30;
const LEVELS = [["or"], ["and"], ["==", "!=", "<=", ">=", "<", ">"], ["+", "-"], ["*", "/"]];
const TOKEN = /\s*(?:(\d+(?:\.\d*)?(?:e[+-]?\d+)?)|([A-Za-z_]\w*)|(\*\*|==|!=|<=|>=|[-+*/()<>,]))/y;

const FUNCTIONS: Surroundings["functions"] = {
  abs: Math.abs,
  exp: Math.exp,
  ln: Math.log,
  sqrt: Math.sqrt,
  tanh: Math.tanh,
  erf,
  min: Math.min,
  max: Math.max,
  /** Whether a number is another one, give or take. */
  near: (value, wanted, within) => +(Math.abs(value - wanted) <= within),
};

/** The error function to seven digits (Abramowitz and Stegun, 7.1.26). */
function erf(x: number): number {
  const t = 1 / (1 + 0.3275911 * Math.abs(x));
  const tail = [1.061405429, -1.453152027, 1.421413741, -0.284496736, 0.254829592].reduce((sum, c) => (sum + c) * t, 0);
  return Math.sign(x) * (1 - tail * Math.exp(-x * x));
}

/** Read an expression; throws an Error with what is wrong in its message. */
export function parseExpression(text: string): Expression {
  if (text.length > MOST_CHARACTERS) throw new Error(text.slice(0, 20) + " …");
  const reader = new Reader(tokens(text));
  const expression = reader.choice(0);
  if (reader.next() !== undefined) throw new Error(reader.next());
  return expression;
}

function tokens(text: string): string[] {
  const found: string[] = [];
  TOKEN.lastIndex = 0;
  const trimmed = text.trimEnd();
  while (TOKEN.lastIndex < trimmed.length) {
    const from = TOKEN.lastIndex;
    const match = TOKEN.exec(trimmed);
    if (!match) throw new Error(trimmed.slice(from, from + 10).trim());
    found.push(match[0].trim());
  }
  return found;
}

class Reader {
  #tokens: string[];
  #at = 0;

  constructor(all: string[]) {
    this.#tokens = all;
  }

  next(): string | undefined {
    return this.#tokens[this.#at];
  }

  take(expected?: string): string {
    const token = this.next();
    if (token === undefined || (expected !== undefined && token !== expected)) throw new Error(token ?? "…");
    this.#at++;
    return token;
  }

  choice(depth: number): Expression {
    const first = this.level(0, depth);
    if (this.next() !== "if") return first;
    this.take();
    const condition = this.level(0, depth + 1);
    this.take("else");
    return { kind: "choice", operands: [condition, first, this.choice(depth + 1)] };
  }

  level(level: number, depth: number): Expression {
    if (depth > MOST_DEPTH) throw new Error("(((");
    if (level === LEVELS.length) return this.power(depth);
    let left = this.level(level + 1, depth);
    while (LEVELS[level].includes(this.next() ?? "")) {
      const operator = this.take();
      left = { kind: "operation", operator, operands: [left, this.level(level + 1, depth)] };
    }
    return left;
  }

  power(depth: number): Expression {
    if (this.next() === "-") {
      this.take();
      const zero: Expression = { kind: "number", value: 0 };
      return { kind: "operation", operator: "-", operands: [zero, this.power(depth + 1)] };
    }
    const base = this.single(depth);
    if (this.next() !== "**") return base;
    this.take();
    return { kind: "operation", operator: "**", operands: [base, this.power(depth + 1)] };
  }

  single(depth: number): Expression {
    const token = this.take();
    if (token === "(") {
      const inner = this.choice(depth + 1);
      this.take(")");
      return inner;
    }
    if (/^\d/.test(token)) return { kind: "number", value: Number(token) };
    if (!/^[A-Za-z_]/.test(token)) throw new Error(token);
    if (this.next() !== "(") return { kind: "name", name: token };
    this.take();
    const operands: Expression[] = [];
    while (this.next() !== ")") {
      if (operands.length) this.take(",");
      operands.push(this.choice(depth + 1));
    }
    this.take(")");
    return { kind: "call", name: token, operands };
  }
}

const OPERATIONS: Record<string, (a: number, b: number) => number> = {
  "+": (a, b) => a + b,
  "-": (a, b) => a - b,
  "*": (a, b) => a * b,
  "/": (a, b) => a / b,
  "**": (a, b) => a ** b,
  "==": (a, b) => +(a === b),
  "!=": (a, b) => +(a !== b && !Number.isNaN(a) && !Number.isNaN(b)),
  "<=": (a, b) => +(a <= b),
  ">=": (a, b) => +(a >= b),
  "<": (a, b) => +(a < b),
  ">": (a, b) => +(a > b),
  and: (a, b) => +(a > 0 && b > 0),
  or: (a, b) => +(a > 0 || b > 0),
};

export function evaluate(expression: Expression, around: Surroundings): number {
  if (expression.kind === "number") return expression.value;
  if (expression.kind === "name") return own(around.names, expression.name) ?? NaN;
  if (expression.kind === "choice") {
    const [condition, first, second] = expression.operands;
    return evaluate(evaluate(condition, around) > 0 ? first : second, around);
  }
  const values = expression.operands.map((each) => evaluate(each, around));
  if (expression.kind === "operation") return OPERATIONS[expression.operator](values[0], values[1]);
  const call = own(around.functions, expression.name) ?? own(FUNCTIONS, expression.name);
  return call ? call(...values) : NaN;
}

function own<T>(of: Record<string, T>, name: string): T | undefined {
  return Object.hasOwn(of, name) ? of[name] : undefined;
}

/** The names that an expression reads, those of functions too. */
export function namesIn(expression: Expression): Set<string> {
  if (expression.kind === "number") return new Set();
  if (expression.kind === "name") return new Set([expression.name]);
  const found = new Set(expression.operands.flatMap((each) => [...namesIn(each)]));
  if (expression.kind === "call") found.add(expression.name);
  return found;
}

// Formulas as text, from the tables that Python's traces read, made into expressions.
// The language is a small part of Python's: numbers, names, + - * / **, functions, and
// branches as `x if z > 0 else y`.
import { Call, Power, Product, Quotient, Sum, constant, negative, type Expression } from "./expressions.ts";

/** What computes: pieces of formulas become values of one kind. */
export interface Operations<Value> {
  number(value: number): Value;
  sum(left: Value, right: Value, minus: boolean): Value;
  product(left: Value, right: Value): Value;
  quotient(left: Value, right: Value): Value;
  power(base: Value, exponent: Value): Value;
  negative(value: Value): Value;
  call(name: string, argument: Value): Value;
  max(left: Value, right: Value): Value;
  /** `above if left > limit else below` */
  choose(left: Value, limit: Value, above: Value, below: Value): Value;
}

const EXPRESSIONS: Operations<Expression> = {
  number: constant,
  sum: (left, right, minus) => new Sum([left, right], [false, minus]),
  product: (left, right) => new Product(left, right),
  quotient: (left, right) => new Quotient(left, right),
  power: (base, exponent) => new Power(base, exponent),
  negative,
  call: (name, argument) => new Call(name === "sqrt" ? "√" : name, argument),
  max: (_, right) => new Call("max0", right),
  choose: (left, limit, above, below) => (left.value() > limit.value() ? above : below),
};

const TOKEN = /\s*(?:([0-9]+(?:\.[0-9]+)?(?:e-?[0-9]+)?)|([A-Za-z_][A-Za-z_0-9]*)|(\*\*|[-+*/()>,]))/y;

/** Return a formula as an expression; where it has branches, the one that holds. */
export function expression(formula: string, names: Record<string, Expression>): Expression {
  return evaluate(formula, names, EXPRESSIONS);
}

/** Return what a formula comes to. */
export function evaluate<Value>(formula: string, names: Record<string, Value>, operations: Operations<Value>): Value {
  const reader = new Reader(tokens(formula), names, operations);
  const found = reader.choice();
  if (reader.next !== undefined) throw new SyntaxError(`a formula cannot go on with ${reader.next}`);
  return found;
}

function tokens(formula: string): string[] {
  const found: string[] = [];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < formula.length) {
    const match = TOKEN.exec(formula);
    if (!match) throw new SyntaxError(`a formula cannot hold ${formula}`);
    found.push(match[1] ?? match[2] ?? match[3]);
  }
  return found;
}

class Reader<Value> {
  readonly #tokens: string[];
  readonly #names: Record<string, Value>;
  readonly #do: Operations<Value>;
  #at = 0;

  constructor(all: string[], names: Record<string, Value>, operations: Operations<Value>) {
    this.#tokens = all;
    this.#names = names;
    this.#do = operations;
  }

  get next(): string | undefined {
    return this.#tokens[this.#at];
  }

  #take(): string {
    return this.#tokens[this.#at++];
  }

  #takes(token: string): boolean {
    if (this.next !== token) return false;
    this.#at++;
    return true;
  }

  /** `x if left > limit else y`, or a sum. */
  choice(): Value {
    const above = this.#sum();
    if (!this.#takes("if")) return above;
    const left = this.#sum();
    if (!this.#takes(">")) throw new SyntaxError("a formula's branches compare by >");
    const limit = this.#sum();
    if (!this.#takes("else")) throw new SyntaxError("a formula's branch has no else");
    const below = this.choice();
    return this.#do.choose(left, limit, above, below);
  }

  #sum(): Value {
    let found = this.#product();
    while (this.next === "+" || this.next === "-") {
      const minus = this.#take() === "-";
      found = this.#do.sum(found, this.#product(), minus);
    }
    return found;
  }

  #product(): Value {
    let found = this.#signed();
    while (this.next === "*" || this.next === "/") {
      found = this.#take() === "*" ? this.#do.product(found, this.#signed()) : this.#do.quotient(found, this.#signed());
    }
    return found;
  }

  #signed(): Value {
    return this.#takes("-") ? this.#do.negative(this.#signed()) : this.#power();
  }

  #power(): Value {
    const base = this.#atom();
    return this.#takes("**") ? this.#do.power(base, this.#signed()) : base;
  }

  #atom(): Value {
    const token = this.#take();
    if (token === "(") return this.#closed();
    if (/^[0-9]/.test(token)) return this.#do.number(Number(token));
    if (this.#takes("(")) return this.#call(token);
    const named = this.#names[token];
    if (named === undefined) throw new SyntaxError(`a formula does not know ${token}`);
    return named;
  }

  #closed(): Value {
    const found = this.choice();
    if (!this.#takes(")")) throw new SyntaxError("a formula's parenthesis is not closed");
    return found;
  }

  #call(name: string): Value {
    if (name !== "max") return this.#do.call(name, this.#closed());
    const left = this.choice();
    if (!this.#takes(",")) throw new SyntaxError("max takes two arguments");
    return this.#do.max(left, this.#closed());
  }
}

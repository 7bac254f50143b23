// Formulas as text, from the tables that Python's traces read, made into expressions.
// The language is a small part of Python's: numbers, names, + - * / **, functions, and
// branches as `x if z > 0 else y`.
import { Call, Power, Product, Quotient, Sum, constant, negative, type Expression } from "./expressions.ts";

type Names = Record<string, Expression>;

const TOKEN = /\s*(?:([0-9]+(?:\.[0-9]+)?(?:e-?[0-9]+)?)|([A-Za-z_][A-Za-z_0-9]*)|(\*\*|[-+*/()>,]))/y;

/** Return a formula as an expression; where it has branches, the one that holds. */
export function expression(formula: string, names: Names): Expression {
  const reader = new Reader(tokens(formula), names);
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

class Reader {
  readonly #tokens: string[];
  readonly #names: Names;
  #at = 0;

  constructor(all: string[], names: Names) {
    this.#tokens = all;
    this.#names = names;
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
  choice(): Expression {
    const above = this.#sum();
    if (!this.#takes("if")) return above;
    const left = this.#sum();
    if (!this.#takes(">")) throw new SyntaxError("a formula's branches compare by >");
    const limit = this.#sum();
    if (!this.#takes("else")) throw new SyntaxError("a formula's branch has no else");
    const below = this.choice();
    return left.value() > limit.value() ? above : below;
  }

  #sum(): Expression {
    let found = this.#product();
    while (this.next === "+" || this.next === "-") {
      const minus = this.#take() === "-";
      found = new Sum([found, this.#product()], [false, minus]);
    }
    return found;
  }

  #product(): Expression {
    let found = this.#signed();
    while (this.next === "*" || this.next === "/") {
      found = this.#take() === "*" ? new Product(found, this.#signed()) : new Quotient(found, this.#signed());
    }
    return found;
  }

  #signed(): Expression {
    return this.#takes("-") ? negative(this.#signed()) : this.#power();
  }

  #power(): Expression {
    const base = this.#atom();
    return this.#takes("**") ? new Power(base, this.#signed()) : base;
  }

  #atom(): Expression {
    const token = this.#take();
    if (token === "(") return this.#closed();
    if (/^[0-9]/.test(token)) return constant(Number(token));
    if (this.#takes("(")) return this.#call(token);
    const named = this.#names[token];
    if (!named) throw new SyntaxError(`a formula does not know ${token}`);
    return named;
  }

  #closed(): Expression {
    const found = this.choice();
    if (!this.#takes(")")) throw new SyntaxError("a formula's parenthesis is not closed");
    return found;
  }

  #call(name: string): Expression {
    if (name !== "max") return new Call(name === "sqrt" ? "√" : name, this.#closed());
    this.choice(); // max(0, z)
    if (!this.#takes(",")) throw new SyntaxError("max takes two arguments");
    return new Call("max0", this.#closed());
  }
}

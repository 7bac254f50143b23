// Formulas as trees: printed with names, printed with numbers, and worked out. One tree
// gives w·x + b, 0.3·1.2 + 0.1 and 0.46, so that a formula and its numbers never disagree.
import { parts, rounded } from "./numbers.ts";

/** How tightly a printed piece holds together; a looser one needs parentheses. */
const [SUM, SIGN, PRODUCT, POWER, ATOM] = [0, 1, 2, 3, 4];

/** How a formula is printed: with names, or with numbers of so many decimals. */
export interface Notation {
  names: boolean;
  decimals: number;
}

export interface Expression {
  /** Work it out, from numbers rounded to so many decimals or (null) from exact ones. */
  value(decimals?: number | null): number;
  /** MathML, without the surrounding element, and how tightly it holds together. */
  write(notation: Notation): [string, number];
}

function inside(piece: Expression, tightness: number, notation: Notation): string {
  const [text, own] = piece.write(notation);
  return own >= tightness ? text : parentheses(text);
}

const parentheses = (text: string) => `<mrow><mo>(</mo>${text}<mo>)</mo></mrow>`;
const operator = (sign: string) => `<mo>${sign}</mo>`;
const escape = (text: string) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");

function digits(number: number, decimals: number, single: boolean): string {
  const [mantissa, power] = parts(number, decimals, single);
  const sign = mantissa.startsWith("−") ? operator("−") : "";
  let text = `${sign}<mn>${mantissa.replace("−", "")}</mn>`;
  if (power) {
    const above = `<mrow>${power.startsWith("−") ? operator("−") : ""}<mn>${power.replace("−", "")}</mn></mrow>`;
    text += `<mo>·</mo><msup><mn>10</mn>${above}</msup>`;
  }
  return `<mrow>${text}</mrow>`;
}

/** A quantity: what it is called, and its number. Without a name it is a plain number. */
export class Name implements Expression {
  readonly base: string;
  readonly number: number;
  /** Subscripts, counted from 1. */
  readonly below: readonly number[];
  /** Superscript. */
  readonly layer: number | null;
  /** Whether the number is a float32. */
  readonly single: boolean;

  constructor(base: string, number: number, below: readonly number[] = [], layer: number | null = null, single = true) {
    this.base = base;
    this.number = number;
    this.below = below;
    this.layer = layer;
    this.single = single;
  }

  value(decimals: number | null = null): number {
    return decimals === null ? this.number : rounded(this.number, decimals, this.single);
  }

  write({ names, decimals }: Notation): [string, number] {
    if (names && this.base) return [this.#name(), ATOM];
    const text = digits(this.number, decimals, this.single);
    if (this.number < 0) return [text, SIGN];
    return [text, parts(this.number, decimals, this.single)[1] ? PRODUCT : ATOM];
  }

  #name(): string {
    const turned = this.base.endsWith("ᵀ") ? "<mi>T</mi>" : "";
    const [letter, word] = this.base.replace("ᵀ", "").split("_");
    let text = `<mi>${escape(letter)}</mi>`;
    if (word) text = `<msub>${text}<mtext>${escape(word)}</mtext></msub>`;
    const comma = this.below.some((index) => index > 9) ? "," : "";
    const sub = `<mn>${this.below.join(comma)}</mn>`;
    const above = `<mrow><mo>(</mo><mn>${this.layer}</mn><mo>)</mo>${turned}</mrow>`;
    if (turned && this.layer === null) return `<msup>${text}${turned}</msup>`;
    if (this.below.length && this.layer !== null) return `<msubsup>${text}${sub}${above}</msubsup>`;
    if (this.below.length) return `<msub>${text}${sub}</msub>`;
    return this.layer === null ? text : `<msup>${text}${above}</msup>`;
  }
}

export const constant = (number: number): Name => new Name("", number, [], null, false);

/** The sum of terms that are not written out, such as "22 more terms". */
class Rest implements Expression {
  readonly what: string;
  readonly number: number;

  constructor(what: string, number: number) {
    this.what = what;
    this.number = number;
  }

  value(decimals: number | null = null): number {
    return decimals === null ? this.number : rounded(this.number, decimals);
  }

  write({ names, decimals }: Notation): [string, number] {
    const label = `<mtext>${escape(this.what)}</mtext>`;
    return [parentheses(names ? label : `${label}<mo>:</mo>${digits(this.number, decimals, false)}`), ATOM];
  }
}

/** a + b − c; `minus` tells which terms are subtracted. */
export class Sum implements Expression {
  readonly terms: readonly Expression[];
  readonly minus: readonly boolean[];

  constructor(terms: readonly Expression[], minus: readonly boolean[] = terms.map(() => false)) {
    this.terms = terms;
    this.minus = minus;
  }

  value(decimals: number | null = null): number {
    return exactSum(this.terms.map((term, i) => (this.minus[i] ? -1 : 1) * term.value(decimals)));
  }

  write(notation: Notation): [string, number] {
    const [first, ...others] = this.terms;
    let [text, tightness] = first.write(notation);
    if (this.minus[0]) text = operator("−") + inside(first, PRODUCT, notation);
    if (!others.length) return [text, this.minus[0] ? SIGN : tightness];
    others.forEach((term, i) => {
      text += operator(this.minus[i + 1] ? "−" : "+") + inside(term, PRODUCT, notation);
    });
    return [text, SUM];
  }
}

/** A sum that rounds once, or nearly so: what is lost is added up, too (Neumaier, 1974). */
function exactSum(numbers: number[]): number {
  let [sum, lost] = [0, 0];
  for (const number of numbers) {
    const next = sum + number;
    lost += Math.abs(sum) >= Math.abs(number) ? sum - next + number : number - next + sum;
    sum = next;
  }
  return Number.isFinite(sum) ? sum + lost : sum;
}

export class Product implements Expression {
  readonly factors: readonly Expression[];

  constructor(...factors: Expression[]) {
    this.factors = factors;
  }

  value(decimals: number | null = null): number {
    return this.factors.reduce((product, factor) => product * factor.value(decimals), 1);
  }

  write(notation: Notation): [string, number] {
    return [this.factors.map((factor) => inside(factor, PRODUCT, notation)).join(operator("·")), PRODUCT];
  }
}

export class Quotient implements Expression {
  readonly top: Expression;
  readonly bottom: Expression;

  constructor(top: Expression, bottom: Expression) {
    this.top = top;
    this.bottom = bottom;
  }

  value(decimals: number | null = null): number {
    return this.top.value(decimals) / this.bottom.value(decimals);
  }

  write(notation: Notation): [string, number] {
    const both = [this.top, this.bottom].map((each) => `<mrow>${inside(each, SUM, notation)}</mrow>`);
    return [`<mfrac>${both.join("")}</mfrac>`, PRODUCT];
  }
}

export class Power implements Expression {
  readonly base: Expression;
  readonly exponent: Expression;

  constructor(base: Expression, exponent: Expression) {
    this.base = base;
    this.exponent = exponent;
  }

  value(decimals: number | null = null): number {
    return this.base.value(decimals) ** this.exponent.value(decimals);
  }

  write(notation: Notation): [string, number] {
    let text = inside(this.base, ATOM, notation);
    // A square beside a layer's number would be read as one superscript.
    if (notation.names && this.base instanceof Name && this.base.layer !== null) text = parentheses(text);
    return [`<msup><mrow>${text}</mrow><mrow>${this.exponent.write(notation)[0]}</mrow></msup>`, POWER];
  }
}

/** A function of school. */
export class Call implements Expression {
  readonly name: string;
  readonly argument: Expression;

  constructor(name: string, argument: Expression) {
    this.name = name;
    this.argument = argument;
  }

  value(decimals: number | null = null): number {
    return FUNCTIONS[this.name](this.argument.value(decimals));
  }

  write(notation: Notation): [string, number] {
    const text = this.argument.write(notation)[0];
    if (this.name === "√") return [`<msqrt><mrow>${text}</mrow></msqrt>`, ATOM];
    if (this.name === "exp") return [`<msup><mi>e</mi><mrow>${text}</mrow></msup>`, ATOM];
    if (this.name === "abs") return [`<mrow><mo>|</mo>${text}<mo>|</mo></mrow>`, ATOM];
    if (this.name === "Σ") return [`<mrow><mo>Σ</mo>${inside(this.argument, PRODUCT, notation)}</mrow>`, ATOM];
    if (this.name === "max0") return [`<mi>max</mi>${parentheses(`<mn>0</mn><mo>,</mo>${text}`)}`, ATOM];
    return [`<mi>${escape(this.name)}</mi>${parentheses(text)}`, ATOM];
  }
}

/** ∂J/∂z: only ever printed with names. */
export class Derivative implements Expression {
  readonly of: Name;
  readonly by: Name;

  constructor(of: Name, by: Name) {
    this.of = of;
    this.by = by;
  }

  value(): number {
    return NaN;
  }

  write(notation: Notation): [string, number] {
    const pieces = [this.of, this.by].map((each) => `<mrow><mo>∂</mo>${each.write(notation)[0]}</mrow>`);
    return [`<mfrac>${pieces.join("")}</mfrac>`, PRODUCT];
  }
}

const FUNCTIONS: Record<string, (x: number) => number> = {
  exp: Math.exp,
  ln: Math.log,
  tanh: Math.tanh,
  erf,
  "√": Math.sqrt,
  abs: Math.abs,
  max0: (z) => Math.max(0, z),
  sign: Math.sign,
};

/** The error function, to 1e-15: its series near 0, a continued fraction beyond. */
function erf(x: number): number {
  const size = Math.abs(x);
  if (size > 6) return Math.sign(x);
  if (size > 2.5) {
    let fraction = 0;
    for (let k = 60; k > 0; k--) fraction = k / 2 / (size + fraction);
    return Math.sign(x) * (1 - Math.exp(-size * size) / ((size + fraction) * Math.sqrt(Math.PI)));
  }
  let [term, sum] = [x, x];
  for (let k = 1; k < 60; k++) {
    term *= (-x * x) / k;
    sum += term / (2 * k + 1);
  }
  return (2 / Math.sqrt(Math.PI)) * sum;
}

export function add(terms: readonly Expression[]): Expression {
  return terms.length === 1 ? terms[0] : new Sum(terms);
}

export function negative(term: Expression): Expression {
  return new Sum([term], [true]);
}

/** The sum of some terms, of what is left out (a number and what it is), and of others. */
export function partialSum(shown: Expression[], rest: number, more: string, ...others: Expression[]): Expression {
  const terms = [...shown, ...(more ? [new Rest(more, rest)] : []), ...others];
  return terms.length ? add(terms) : constant(0);
}

import { shown } from "./format.ts";
import type { Quantities } from "./quantities.ts";
import type { Tex } from "./tex.ts";

/** Quantities that each row has one of. */
const ROW_NAMES = ["y_orig", "y_pred", "c"];
const MATHML = "http://www.w3.org/1998/Math/MathML";
/** So many terms of a sum are written out; of a longer one the first few and the last. */
const MOST_TERMS = 6;
const FIRST_TERMS = 3;

/** What a formula is written with: names, or the numbers that stand for them. */
export interface Writing {
  numbers: Quantities | null;
  decimal: string;
}

function make(tag: string, ...children: (Node | string)[]): Element {
  const made = document.createElementNS(MATHML, tag);
  made.append(...children);
  return made;
}

/** A formula as one or more `math` elements, which a line may break between. */
export function mathElements(tex: Tex, writing: Writing): Element[] {
  const items = tex.kind === "row" ? tex.items : [tex];
  const elements: Element[] = [];
  for (const [i, item] of items.entries()) {
    const starts = item.kind === "sign" && /[=←≈+−]/.test(item.text);
    const [first, ...others] = piecesOf(item, writing, i > 0);
    if (!elements.length || starts) elements.push(make("math"));
    if (starts && elements.length > 1) first.setAttribute("form", "infix");
    elements[elements.length - 1].append(first);
    elements.push(...others.map((each) => make("math", each)));
  }
  return elements;
}

/** What a line may break between of one item: of a sum that is written out, its terms. */
function piecesOf(item: Tex, writing: Writing, follows: boolean): Element[] {
  if (item.kind === "sum" && writing.numbers) return writeTerms(item.inner, writing, writing.numbers);
  return [write(item, writing, follows)];
}

function write(tex: Tex, writing: Writing, follows: boolean): Element {
  switch (tex.kind) {
    case "row":
      return make("mrow", ...tex.items.map((item, i) => write(item, writing, i > 0)));
    case "number":
      return make("mn", tex.text.replace(/[.,]/, writing.decimal));
    case "name":
      return writeName(tex, writing, follows);
    case "sign":
      return make("mo", tex.text);
    case "text":
      return make("mtext", tex.text);
    case "fraction":
      return writeFraction(tex, writing, follows);
    case "power":
      return make("msup", write(tex.base, writing, true), write(tex.exponent, writing, false));
    case "group":
      return make("mrow", make("mo", "("), write(tex.inner, writing, false), make("mo", ")"));
    case "call":
      return make("mrow", make("mi", tex.of), make("mo", "("), write(tex.inner, writing, false), make("mo", ")"));
    case "sum":
      return writing.numbers
        ? make("mrow", ...writeTerms(tex.inner, writing, writing.numbers))
        : make("mrow", make("mo", "∑"), write(tex.inner, writing, false));
  }
}

function writeName(tex: Tex & { kind: "name" }, writing: Writing, follows: boolean): Element {
  const value = writing.numbers?.[tex.name];
  if (value !== undefined) return numberElement(value, writing.decimal, follows);
  const base = tex.base.length > 1 ? differential(tex.base) : make("mi", tex.base);
  if (!tex.below) return base;
  return make("msub", base, make(/^\d+$/.test(tex.below) ? "mn" : "mtext", tex.below));
}

/** A d that stands before a letter is no quantity of its own: upright, and close to it. */
function differential(text: string): Element {
  const d = make("mi", text[0]);
  d.setAttribute("mathvariant", "normal");
  return make("mrow", d, make("mi", text.slice(1)));
}

function writeFraction(tex: Tex & { kind: "fraction" }, writing: Writing, follows: boolean): Element {
  const value = tex.name ? writing.numbers?.[tex.name] : undefined;
  if (value !== undefined) return numberElement(value, writing.decimal, follows);
  return make("mfrac", write(tex.above, writing, false), write(tex.below, writing, false));
}

/** A negative number after a sign stands in brackets. */
function numberElement(value: number, decimal: string, follows: boolean): Element {
  const number = make("mn", shown(value, decimal));
  number.setAttribute("class", "live");
  return value < 0 && follows ? make("mrow", make("mo", "("), number, make("mo", ")")) : number;
}

/** A sum over the rows, each term worked out; the sign before a term stands with it. */
function writeTerms(inner: Tex, { decimal }: Writing, numbers: Quantities): Element[] {
  const count = numbers.m ?? 0;
  const shownTerms = count <= MOST_TERMS ? count : FIRST_TERMS;
  const parts: Element[] = [];
  for (let i = 1; i <= shownTerms; i++) parts.push(termElement(inner, i, numbers, decimal));
  if (count > shownTerms) parts.push(make("mi", "…"), termElement(inner, count, numbers, decimal));
  const signed = parts.map((part, i) => (i ? make("mrow", plus(), part) : make("mrow", make("mo", "("), part)));
  signed.at(-1)?.append(make("mo", ")"));
  return signed;
}

/** A plus sign with room on both sides, also where a line or a piece begins with it. */
function plus(): Element {
  const sign = make("mo", "+");
  sign.setAttribute("form", "infix");
  return sign;
}

function termElement(inner: Tex, row: number, numbers: Quantities, decimal: string): Element {
  return numberElement(workOut(inner, ofRow(numbers, row)), decimal, true);
}

/** The quantities with those of one row in place of those of the followed one. */
function ofRow(numbers: Quantities, row: number): Quantities {
  const own = ROW_NAMES.map((name) => [name, numbers[`${name}_${row}`] ?? NaN]);
  return { ...numbers, ...(Object.fromEntries(own) as Quantities) };
}

/** What a formula comes to with these numbers; NaN where one of them is missing. */
export function workOut(tex: Tex, numbers: Quantities): number {
  switch (tex.kind) {
    case "number":
      return Number(tex.text.replace(",", "."));
    case "name":
      return numbers[tex.name] ?? NaN;
    case "power":
      return workOut(tex.base, numbers) ** workOut(tex.exponent, numbers);
    case "group":
      return workOut(tex.inner, numbers);
    case "fraction":
      return numbers[tex.name] ?? workOut(tex.above, numbers) / workOut(tex.below, numbers);
    case "sum": {
      let sum = 0;
      for (let row = 1; row <= (numbers.m ?? 0); row++) sum += workOut(tex.inner, ofRow(numbers, row));
      return sum;
    }
    case "row":
      return workOutRow(tex.items, numbers);
    default:
      return NaN;
  }
}

/** Sums of products: what stands side by side is multiplied. */
function workOutRow(items: Tex[], numbers: Quantities): number {
  let [sum, product, over] = [0, 1, false];
  for (const item of items) {
    if (item.kind !== "sign") {
      const value = workOut(item, numbers);
      product = over ? product / value : product * value;
      over = false;
    } else if (item.text === "+" || item.text === "−") {
      if (item !== items[0]) sum += product;
      product = item.text === "−" ? -1 : 1;
    } else if (item.text === "/") over = true;
    else if (item.text !== "·" && item.text !== "×") return NaN;
  }
  return sum + product;
}

/** The names that a formula reads. */
export function namesOf(tex: Tex): string[] {
  switch (tex.kind) {
    case "name":
      return [tex.name];
    case "row":
      return tex.items.flatMap(namesOf);
    case "fraction":
      return tex.name ? [tex.name] : [...namesOf(tex.above), ...namesOf(tex.below)];
    case "power":
      return [...namesOf(tex.base), ...namesOf(tex.exponent)];
    case "group":
    case "call":
      return namesOf(tex.inner);
    case "sum":
      // Its terms are those of the rows, which the first one stands for.
      return namesOf(tex.inner).map((name) => (ROW_NAMES.includes(name) ? `${name}_1` : name));
    default:
      return [];
  }
}

/** A formula cut at its first `=` or `←`; without one it is a quantity that is only shown. */
export function sides(tex: Tex): { left: Tex | null; sign: string; right: Tex } {
  const items = tex.kind === "row" ? tex.items : [tex];
  const at = items.findIndex((item) => item.kind === "sign" && (item.text === "=" || item.text === "←"));
  if (at < 0) return { left: null, sign: "=", right: tex };
  return {
    left: rowOf(items.slice(0, at)),
    sign: (items[at] as { text: string }).text,
    right: rowOf(items.slice(at + 1)),
  };
}

function rowOf(items: Tex[]): Tex {
  return items.length === 1 ? items[0] : { kind: "row", items };
}

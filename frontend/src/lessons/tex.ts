/** The few signs of TeX that lessons' formulas are written in, as a tree. */
export type Tex =
  | { kind: "row"; items: Tex[] }
  | { kind: "number"; text: string }
  /** A quantity: `name` is how it is looked up, such as w_1 or dc_dw_1. */
  | { kind: "name"; base: string; below: string; name: string }
  | { kind: "sign"; text: string }
  | { kind: "text"; text: string }
  | { kind: "fraction"; above: Tex; below: Tex; name: string }
  | { kind: "power"; base: Tex; exponent: Tex }
  | { kind: "group"; inner: Tex }
  | { kind: "call"; of: string; inner: Tex }
  | { kind: "sum"; inner: Tex };

const NOTHING: Tex = { kind: "row", items: [] };
const MOST_CHARACTERS = 400;
const MOST_DEPTH = 20;
const GREEK: Record<string, string> = { eta: "η", Sigma: "Σ" };
const SIGNS: Record<string, string> = {
  cdot: "·",
  times: "×",
  approx: "≈",
  leftarrow: "←",
  rightarrow: "→",
  le: "≤",
  ge: "≥",
  dots: "…",
  quad: " ",
  "%": "%",
};
const TOKEN =
  /\s*(\\text\{[^{}]*\}|\\[A-Za-z]+|\\%|\d+(?:[.,]\d+)?|d[A-Za-z](?![A-Za-z])|[A-Za-z]|[-+*/=(){}_^,<>|…·%:])/y;

/** Read a formula; throws an Error with the sign that is not understood. */
export function parseTex(text: string): Tex {
  if (text.length > MOST_CHARACTERS) throw new Error(text.slice(0, 20) + " …");
  return new Reader(tokens(text)).row(0, undefined);
}

function tokens(text: string): string[] {
  const found: string[] = [];
  const trimmed = text.trimEnd();
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < trimmed.length) {
    const from = TOKEN.lastIndex;
    const match = TOKEN.exec(trimmed);
    if (!match) throw new Error(trimmed.slice(from, from + 10).trim());
    found.push(match[1]);
  }
  return found;
}

class Reader {
  #tokens: string[];
  #at = 0;

  constructor(all: string[]) {
    this.#tokens = all;
  }

  #next(): string | undefined {
    return this.#tokens[this.#at];
  }

  #take(expected?: string): string {
    const token = this.#next();
    if (token === undefined || (expected !== undefined && token !== expected))
      throw new Error(token ?? expected ?? "…");
    this.#at++;
    return token;
  }

  row(depth: number, end: string | undefined): Tex {
    if (depth > MOST_DEPTH) throw new Error("{{{");
    const items: Tex[] = [];
    while (this.#next() !== end) {
      if (this.#next() === undefined) throw new Error(end ?? "…");
      items.push(this.#item(depth));
    }
    if (end !== undefined) this.#take(end);
    return items.length === 1 ? items[0] : { kind: "row", items };
  }

  #item(depth: number): Tex {
    const base = this.#plain(depth);
    if (this.#next() !== "^") return base;
    this.#take();
    return { kind: "power", base, exponent: this.#argument(depth) };
  }

  #plain(depth: number): Tex {
    const token = this.#take();
    if (token.startsWith("\\")) return this.#command(token.slice(1), depth);
    if (/^\d/.test(token)) return { kind: "number", text: token };
    if (token === "(") return { kind: "group", inner: this.row(depth + 1, ")") };
    if (token === "{") return this.row(depth + 1, "}");
    if (/^[A-Za-z]/.test(token)) return this.#name(token, token, depth);
    if ("_}^)".includes(token)) throw new Error(token);
    return { kind: "sign", text: { "-": "−", "*": "·" }[token] ?? token };
  }

  #command(command: string, depth: number): Tex {
    if (command === "frac") {
      const [above, below] = [this.#argument(depth), this.#argument(depth)];
      const name = [above, below].every((each) => each.kind === "name" && each.base.startsWith("d"))
        ? [above, below].map((each) => (each as { name: string }).name).join("_")
        : "";
      return { kind: "fraction", above, below, name };
    }
    if (command === "sum") return { kind: "sum", inner: this.#next() === undefined ? NOTHING : this.#item(depth) };
    if (command.startsWith("text{")) return { kind: "text", text: command.slice(5, -1) };
    if (Object.hasOwn(GREEK, command)) return this.#name(GREEK[command], command, depth);
    if (Object.hasOwn(SIGNS, command)) return { kind: "sign", text: SIGNS[command] };
    throw new Error("\\" + command);
  }

  /** What stands in braces, or the one sign that stands there without. */
  #argument(depth: number): Tex {
    if (this.#next() !== "{") return this.#plain(depth + 1);
    this.#take();
    return this.row(depth + 1, "}");
  }

  #words(): string {
    this.#take("{");
    const words: string[] = [];
    while (this.#next() !== "}") words.push(this.#take());
    this.#take("}");
    return words.join("");
  }

  #name(shown: string, looked: string, depth: number): Tex {
    let below = "";
    if (this.#next() === "_") {
      this.#take();
      below = this.#next() === "{" ? this.#words() : this.#take();
    }
    if (!below && this.#next() === "(" && /^[gf]$/.test(looked)) {
      this.#take();
      return { kind: "call", of: shown, inner: this.row(depth + 1, ")") };
    }
    return { kind: "name", base: shown, below, name: below ? `${looked}_${below.replace(",", "_")}` : looked };
  }
}

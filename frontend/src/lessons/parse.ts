/** A lesson's file: a head of settings, then text in a simple Markdown. See lessons/README.md.
 *
 * A file may come from anywhere, so its size, its depth and its lists are bounded, every
 * piece of its text is drawn as text, and its checks are worked out by `expression.ts`.
 */
import { namesIn, parseExpression, type Expression } from "./expression.ts";
import { parseInline, type Span } from "./inline.ts";
import { LessonError, type Block, type Lesson, type Setup, type Step, type Task } from "./lesson.ts";
import { parameterCount } from "../state/parameters.ts";
import { FUNCTION_NAMES, isName } from "./quantities.ts";
import { readHead } from "./settings.ts";
import { parseTex, type Tex } from "./tex.ts";

export const MOST_BYTES = 64 * 1024;
const MOST = { lines: 1500, line: 4000, blocks: 300, steps: 12, rows: 1000, spans: 400 };
const DIRECTIVES = ["formula", "note", "task", "rows"];

interface Line {
  number: number;
  text: string;
}

interface Fence {
  name: string;
  open: number;
  lines: Line[];
}

/** Read a lesson; throws a LessonError that says which line is wrong. */
export function parseLesson(source: string, tables: readonly string[] = []): Lesson {
  const lines = split(source);
  if (lines[0]?.text !== "---") throw new LessonError(1, "noFrontMatter", lines[0]?.text);
  const end = lines.findIndex(({ text }, i) => i > 0 && text === "---");
  if (end < 0) throw new LessonError(1, "notClosed", "---");
  const texts = lines.slice(1, end).map(({ text }) => text);
  const head = readHead(texts, 2, tables);
  if (!head.title) throw new LessonError(1, "noTitle");
  const body = new Body(head.setup);
  body.read(lines.slice(end + 1));
  if (head.setup.data === "table" && head.setup.table.length < 2) throw new LessonError(end + 1, "notARow", "table");
  checkWeights(head.setup, texts.findIndex((text) => text.startsWith("weights")) + 2);
  return { ...head, blocks: body.blocks, task: body.task };
}

/** Weights at the start are all of the network's, or none. */
function checkWeights({ data, table, layers, weights }: Setup, line: number): void {
  const labels = Math.max(0, ...table.map((row) => row[2])) + 1;
  const classes = data === "blobs" ? 3 : labels;
  const outputs = classes > 2 ? classes : 1;
  const sizes = [data === "sine" ? 1 : 2, ...layers.map((layer) => layer.neurons), outputs];
  const count = parameterCount(sizes);
  if (weights.length && weights.length !== count) throw new LessonError(line, "notAllWeights", String(count));
}

function split(source: string): Line[] {
  if (source.length > MOST_BYTES) throw new LessonError(1, "tooLarge");
  const texts = source.replace(/^\uFEFF/, "").split(/\r?\n/);
  if (texts.length > MOST.lines) throw new LessonError(MOST.lines + 1, "tooLarge");
  return texts.map((text, i) => {
    if (text.length > MOST.line) throw new LessonError(i + 1, "tooLarge");
    return { number: i + 1, text: text.trimEnd() };
  });
}

class Body {
  readonly blocks: Block[] = [];
  task: Task | null = null;
  #setup: Setup;

  constructor(setup: Setup) {
    this.#setup = setup;
  }

  read(lines: Line[]): void {
    for (const piece of pieces(lines)) {
      if (Array.isArray(piece)) this.#add(textBlock(piece), piece[0]);
      else this.#directive(piece);
    }
  }

  #add(block: Block, { number }: Line): void {
    if (this.blocks.length >= MOST.blocks) throw new LessonError(number, "tooMany");
    this.blocks.push(block);
  }

  #directive(fence: Fence): void {
    const at = { number: fence.open, text: "" };
    if (fence.name === "formula") this.#add({ kind: "formula", lines: formulas(fence.lines) }, at);
    else if (fence.name === "note") this.#add({ kind: "note", blocks: note(fence) }, at);
    else if (fence.name === "rows") this.#setup.table = rows(fence.lines);
    else if (this.task) throw new LessonError(fence.open, "twice", "task");
    else this.task = readTask(fence);
  }
}

/** Cut lines into paragraphs, which are lists of lines, and fences. */
function* pieces(lines: Line[]): Generator<Line[] | Fence> {
  let paragraph: Line[] = [];
  for (let i = 0; i < lines.length; i++) {
    const open = /^:::\{(\w*)\}/.exec(lines[i].text);
    const ends = !lines[i].text.trim() || lines[i].text.startsWith("::") || startsAnew(lines[i].text, paragraph);
    if (ends && paragraph.length) {
      yield paragraph;
      paragraph = [];
    }
    if (!lines[i].text.trim()) continue;
    if (!open && lines[i].text.startsWith("::")) throw new LessonError(lines[i].number, "notADirective", lines[i].text);
    if (!open) {
      paragraph.push(lines[i]);
      continue;
    }
    if (!DIRECTIVES.includes(open[1])) throw new LessonError(lines[i].number, "notADirective", open[1]);
    const close = lines.findIndex(({ text }, j) => j > i && text === ":::");
    if (close < 0) throw new LessonError(lines[i].number, "notClosed", lines[i].text);
    yield { name: open[1], open: lines[i].number, lines: lines.slice(i + 1, close) };
    i = close;
  }
  if (paragraph.length) yield paragraph;
}

const ITEM = /^(?:[-*]|\d{1,3}\.)\s+/;

/** Headings stand alone; a list begins where a paragraph is not one. */
function startsAnew(text: string, paragraph: Line[]): boolean {
  const [first] = paragraph;
  if (!first) return false;
  if (text.startsWith("#") || first.text.startsWith("#")) return true;
  return ITEM.test(text) && !ITEM.test(first.text);
}

function textBlock(lines: Line[]): Block {
  const [{ text }] = lines;
  if (text.startsWith("#")) return { kind: "heading", spans: spansOf(text.replace(/^#+\s*/, ""), lines[0]) };
  if (!ITEM.test(text)) return { kind: "paragraph", spans: spansOf(joined(lines), lines[0]) };
  return { kind: "list", ordered: /^\d/.test(text), items: items(lines).map((item) => spansOf(joined(item), item[0])) };
}

/** The items of a list, each its lines without the sign in front. */
function items(lines: Line[]): Line[][] {
  const found: Line[][] = [];
  for (const { number, text } of lines) {
    if (ITEM.test(text)) found.push([{ number, text: text.replace(ITEM, "") }]);
    else found.at(-1)?.push({ number, text: text.trim() });
  }
  return found;
}

function joined(lines: Line[]): string {
  return lines.map(({ text }) => text.trim()).join(" ");
}

function spansOf(text: string, { number }: Line): Span[] {
  const spans = parseInline(text);
  if (spans.length > MOST.spans) throw new LessonError(number, "tooMany");
  for (const span of spans) if (span.kind === "math") formula(span.text, number);
  return spans;
}

function formulas(lines: Line[]): Tex[] {
  return lines.filter(({ text }) => text.trim()).map(({ text, number }) => formula(text, number));
}

function formula(text: string, line: number): Tex {
  try {
    return parseTex(text.trim());
  } catch (error) {
    throw new LessonError(line, "notAFormula", (error as Error).message);
  }
}

function note(fence: Fence): Block[] {
  return [...pieces(fence.lines)].map((piece) => {
    if (Array.isArray(piece)) return textBlock(piece);
    if (piece.name !== "formula") throw new LessonError(piece.open, "notADirective", piece.name);
    return { kind: "formula", lines: formulas(piece.lines) };
  });
}

function rows(lines: Line[]): Setup["table"] {
  if (lines.length > MOST.rows) throw new LessonError(lines[MOST.rows].number, "tooMany");
  return lines
    .filter(({ text }) => text.trim())
    .map(({ number, text }) => {
      const cells = text.split(",").map((cell) => (cell.trim() === "" ? NaN : Number(cell)));
      const [x, y, label] = cells;
      const fits = cells.length === 3 && Math.abs(x) <= 1e3 && Math.abs(y) <= 1e3;
      if (!fits || !Number.isInteger(label) || label < 0 || label > 7) throw new LessonError(number, "notARow", text);
      return [x, y, label];
    });
}

const SPECIAL = /^\s*(check|hint|solution):\s*/;

/** A task: what is to be done, its steps, each with a check, a hint and a solution. */
function readTask(fence: Fence): Task {
  const task: Task = { spans: [], steps: [], hint: [], solution: [] };
  const first = fence.lines.findIndex(({ text }) => ITEM.test(text));
  const intro = fence.lines.slice(0, first < 0 ? fence.lines.length : first);
  task.spans = spansOf(joined(intro), intro[0] ?? { number: fence.open, text: "" });
  for (const item of items(first < 0 ? [] : fence.lines.slice(first))) readItem(item, task);
  if (!task.steps.length) throw new LessonError(fence.open, "noSteps");
  if (task.steps.length > MOST.steps) throw new LessonError(fence.open, "tooMany");
  return task;
}

function readItem(lines: Line[], task: Task): void {
  const special = lines.findIndex(({ text }) => SPECIAL.test(text));
  const words = lines.slice(0, special < 0 ? lines.length : special);
  let check: Expression | null = null;
  for (const [name, text, line] of specials(lines.slice(words.length))) {
    if (name === "check") check = readCheck(text, line.number);
    else task[name] = spansOf(text, line);
  }
  if (!check) throw new LessonError(lines[0].number, "noSteps", lines[0].text);
  const step: Step = { spans: spansOf(joined(words), lines[0]), check };
  task.steps.push(step);
}

/** What follows `check:`, `hint:` and `solution:`, each up to the next one. */
function specials(lines: Line[]): ["check" | "hint" | "solution", string, Line][] {
  const found: ["check" | "hint" | "solution", string, Line][] = [];
  for (const line of lines) {
    const match = SPECIAL.exec(line.text);
    if (match) found.push([match[1] as "check", line.text.slice(match[0].length).trim(), line]);
    else found[found.length - 1][1] += ` ${line.text.trim()}`;
  }
  return found;
}

function readCheck(text: string, line: number): Expression {
  let check: Expression;
  try {
    check = parseExpression(text.trim());
  } catch (error) {
    throw new LessonError(line, "notACheck", (error as Error).message);
  }
  for (const name of namesIn(check)) {
    if (!isName(name) && !FUNCTION_NAMES.includes(name)) throw new LessonError(line, "unknownName", name);
  }
  return check;
}

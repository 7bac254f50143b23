import { refusal, type Refusal } from "./refusal.ts";

/** Reads one value that came from outside: returns it, or a clean copy, or refuses it.
 *
 * `at` says where it stands, for the sentence that refuses it.
 */
export type Reader<T> = (value: unknown, at: string) => T;

export function number(low: number, high: number, options: { whole?: boolean; above?: boolean } = {}): Reader<number> {
  const { whole = false, above = false } = options;
  return (value, at) => {
    const fits = typeof value === "number" && value <= high && (above ? value > low : value >= low);
    if (fits && (!whole || Number.isInteger(value))) return value;
    const range = above ? `above ${low} and at most ${high}` : `from ${low} to ${high}`;
    throw refused(at, `${whole ? "a whole number" : "a number"} ${range}`, value);
  };
}

export function whole(low: number, high: number): Reader<number> {
  return number(low, high, { whole: true });
}

export function text(most: number): Reader<string> {
  return (value, at) => {
    if (typeof value === "string" && value.length <= most) return value;
    throw refused(at, `a text of at most ${most} characters`, value);
  };
}

export function flag(value: unknown, at: string): boolean {
  if (typeof value === "boolean") return value;
  throw refused(at, "true or false", value);
}

export function oneOf<const T extends string | number>(choices: readonly T[]): Reader<T> {
  return (value, at) => {
    const found = choices.find((choice) => choice === value);
    if (found !== undefined) return found;
    throw refused(at, `one of ${choices.join(", ")}`, value);
  };
}

export function list<T>(item: Reader<T>, most: number): Reader<T[]> {
  return (value, at) => {
    if (!Array.isArray(value) || value.length > most) throw refused(at, `a list of at most ${most}`, value);
    return value.map((each, i) => item(each, `${at}[${i}]`));
  };
}

/** A list of as many values as there are readers. */
export function tuple(items: readonly Reader<number>[]): Reader<number[]> {
  return (value, at) => {
    if (!Array.isArray(value) || value.length !== items.length) throw refused(at, `a list of ${items.length}`, value);
    return items.map((item, i) => item(value[i], `${at}[${i}]`));
  };
}

type Fields = Record<string, Reader<unknown>>;
type ReadFields<F extends Fields> = { [K in keyof F]: F[K] extends Reader<infer T> ? T : never };

/** An object of these fields; others are left out. */
export function object<F extends Fields>(fields: F): Reader<ReadFields<F>> {
  return (value, at) => {
    if (!isObject(value)) throw refused(at, "an object", value);
    const read = Object.entries(fields).map(([name, reader]) => [name, reader(value[name], `${at}.${name}`)] as const);
    return Object.fromEntries(read.filter(([, each]) => each !== undefined)) as ReadFields<F>;
  };
}

/** Any of these fields. */
export function someOf<F extends Fields>(fields: F): Reader<Partial<ReadFields<F>>> {
  const all = Object.fromEntries(Object.entries(fields).map(([name, reader]) => [name, optional(reader)]));
  return object(all) as unknown as Reader<Partial<ReadFields<F>>>;
}

export function optional<T>(reader: Reader<T>): Reader<T | undefined> {
  return (value, at) => (value === undefined ? undefined : reader(value, at));
}

export function orNull<T>(reader: Reader<T>): Reader<T | null> {
  return (value, at) => (value === null || value === undefined ? null : reader(value, at));
}

/** An object whose field says which reader it is for. */
export function tagged<T>(field: string, readers: Record<string, Reader<T>>): Reader<T> {
  const names = oneOf(Object.keys(readers));
  return (value, at) => {
    if (!isObject(value)) throw refused(at, "an object", value);
    const name = names(value[field], `${at}.${field}`);
    return readers[name](value, at);
  };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function refused(at: string, expected: string, value: unknown): Refusal {
  return refusal("notUnderstood", at, expected, shown(value));
}

/** A value in a few characters, whatever it is. */
function shown(value: unknown): string {
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (typeof value === "object" && value !== null) return "an object";
  return (typeof value === "string" ? JSON.stringify(value.slice(0, 40)) : String(value)).slice(0, 50);
}

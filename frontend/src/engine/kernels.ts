import { facts } from "./facts.ts";

export type Precision = "float32" | "float64";
export type Reals = Float32Array<ArrayBuffer> | Float64Array<ArrayBuffer>;

const VIEWS = {
  float32: Float32Array,
  float64: Float64Array,
  int32: Int32Array,
  int64: BigInt64Array,
  uint8: Uint8Array,
} as const;
type Dtype = keyof typeof VIEWS;

const ALIGNED = 64;
const PAGE = 65536;

/** An array in the kernels' memory, which may move: `data` is a view for now. */
export interface Numbers<View> {
  readonly address: number;
  readonly shape: readonly number[];
  readonly data: View;
}

/** Records of fields, such as layers or a training's rule. */
export interface Records {
  readonly address: number;
  readonly shape: readonly number[];
  get(field: string, row?: number): number;
  set(field: string, value: number | bigint, row?: number): void;
}

/** Several arrays and numbers that kernels take together, by the address of a record. */
export interface Structure {
  readonly address: number;
  readonly fields: Record<string, Value>;
}

export type Value = number | bigint | readonly (number | bigint)[] | Numbers<unknown> | Records | Structure;
type Answer = number | bigint;

/** walnet's kernels as WebAssembly, with a memory of their own.
 *
 * Memory is handed out and never taken back, but for what `within` has taken: whoever
 * starts anew takes a `fresh` instance and forgets this one.
 */
export class Kernels {
  readonly precision: Precision;
  readonly #module: WebAssembly.Module;
  readonly #memory = new WebAssembly.Memory({ initial: 32 });
  readonly #exports: WebAssembly.Exports;
  #top: number;
  #view: DataView;

  constructor(module: WebAssembly.Module, precision: Precision = "float32") {
    this.precision = precision;
    this.#module = module;
    this.#exports = new WebAssembly.Instance(module, { env: { memory: this.#memory } }).exports;
    const base = this.#exports.__heap_base as WebAssembly.Global;
    this.#top = Number(base.value);
    this.#view = new DataView(this.#memory.buffer);
  }

  static async load(code: BufferSource, precision?: Precision): Promise<Kernels> {
    return new Kernels(await WebAssembly.compile(code), precision);
  }

  /** The same kernels with an empty memory. */
  fresh(precision = this.precision): Kernels {
    return new Kernels(this.#module, precision);
  }

  /** Bytes handed out. */
  get used(): number {
    return this.#top;
  }

  /** Do something, then take back all memory that it has taken. */
  within<Result>(work: () => Result): Result {
    const top = this.#top;
    try {
      return work();
    } finally {
      this.#top = top;
    }
  }

  /** Zeros in the kernels' precision. */
  reals(...shape: number[]): Numbers<Reals> {
    return this.#numbers(this.precision, shape) as Numbers<Reals>;
  }

  doubles(...shape: number[]): Numbers<Float64Array<ArrayBuffer>> {
    return this.#numbers("float64", shape) as Numbers<Float64Array<ArrayBuffer>>;
  }

  wholes(...shape: number[]): Numbers<BigInt64Array<ArrayBuffer>> {
    return this.#numbers("int64", shape) as Numbers<BigInt64Array<ArrayBuffer>>;
  }

  codes(...shape: number[]): Numbers<Int32Array<ArrayBuffer>> {
    return this.#numbers("int32", shape) as Numbers<Int32Array<ArrayBuffer>>;
  }

  /** An array with these numbers in it. */
  filled(values: ArrayLike<number>, ...shape: number[]): Numbers<Reals> {
    const made = this.reals(...shape);
    made.data.set(values);
    return made;
  }

  /** Numbers from the address that another array begins at, of another shape. */
  part<View>(of: Numbers<View>, first: number, ...shape: number[]): Numbers<View> {
    const { BYTES_PER_ELEMENT: size, constructor } = of.data as unknown as Reals;
    const dtype = (Object.keys(VIEWS) as Dtype[]).find((name) => VIEWS[name] === constructor)!;
    return this.#at(dtype, of.address + first * size, shape) as Numbers<View>;
  }

  /** Records of a kind, one or an array of them. */
  records(kind: string, rows: Record<string, number | bigint>[]): Records {
    const layout = facts.records[kind];
    const address = this.#take(layout.size * rows.length);
    const place = (field: string, row: number): [number, string] => {
      const [offset, letter] = layout.fields[field];
      return [address + row * layout.size + offset, letter];
    };
    const made: Records = {
      address,
      shape: [rows.length],
      get: (field, row = 0) => Number(this.#read(...place(field, row))),
      set: (field, value, row = 0) => this.#write(...place(field, row), value),
    };
    rows.forEach((row, i) => {
      for (const [field, value] of Object.entries(row)) made.set(field, value, i);
    });
    return made;
  }

  structure(name: string, fields: Record<string, Value>): Structure {
    const kinds = Object.entries(facts.structures[name]);
    const values = kinds.map(([field]) => fields[field]);
    return {
      address: this.#record(
        kinds.map(([, kind]) => kind),
        values,
      ),
      fields,
    };
  }

  /** Call an entry; returns the numbers of its answer. */
  call(name: string, ...values: Value[]): Answer[] {
    return this.within(() => {
      const entry = facts.entries[name];
      const record = this.#record([entry.answer, ...entry.arguments], [[], ...values]);
      const run = this.#exports[`walnet_${name}_${this.precision}`] as (record: number) => number;
      if (run(record) !== 0) throw new RangeError(`${name} has left an array`);
      return [...entry.answer].map((letter, slot) => this.#read(record + 8 * slot, letter));
    });
  }

  #numbers(dtype: Dtype, shape: number[]): Numbers<unknown> {
    const n = shape.reduce((product, side) => product * side, 1);
    return this.#at(dtype, this.#take(n * VIEWS[dtype].BYTES_PER_ELEMENT), shape);
  }

  #at(dtype: Dtype, address: number, shape: number[]): Numbers<unknown> {
    const n = shape.reduce((product, side) => product * side, 1);
    const memory = this.#memory;
    return {
      address,
      shape,
      get data() {
        return new VIEWS[dtype](memory.buffer, address, n);
      },
    };
  }

  /** Return where so many bytes of zeros begin. */
  #take(bytes: number): number {
    const address = Math.ceil(this.#top / ALIGNED) * ALIGNED;
    const end = address + bytes;
    const missing = end - this.#memory.buffer.byteLength;
    if (missing > 0) this.#memory.grow(Math.ceil(missing / PAGE));
    this.#top = end;
    new Uint8Array(this.#memory.buffer, address, bytes).fill(0);
    return address;
  }

  /** Lay out what an entry or a structure holds; every number takes eight bytes. */
  #record(kinds: string[], values: Value[]): number {
    const letters: string[] = [];
    const slots: (number | bigint)[] = [];
    kinds.forEach((kind, i) => {
      const value = values[i];
      if (kind === "" || /^[qdQ]/.test(kind)) {
        const numbers = Array.isArray(value) ? value : [value as number];
        [...kind].forEach((letter, k) => {
          letters.push(letter);
          slots.push(numbers[k] ?? 0);
        });
        return;
      }
      const { address, shape } = value as Numbers<unknown>;
      const sides = kind.startsWith("&") || kind.startsWith("*") ? [] : shape;
      letters.push("q", ...sides.map(() => "q"));
      slots.push(sides.includes(0) ? 0 : address, ...sides);
    });
    const address = this.#take(8 * slots.length);
    slots.forEach((slot, i) => this.#write(address + 8 * i, letters[i], slot));
    return address;
  }

  #write(place: number, letter: string, value: number | bigint): void {
    const view = this.#bytes();
    if (letter === "d") view.setFloat64(place, Number(value), true);
    else if (letter === "Q") view.setBigUint64(place, BigInt(value), true);
    else view.setBigInt64(place, BigInt(value), true);
  }

  #read(place: number, letter: string): Answer {
    const view = this.#bytes();
    if (letter === "d") return view.getFloat64(place, true);
    return letter === "Q" ? view.getBigUint64(place, true) : Number(view.getBigInt64(place, true));
  }

  #bytes(): DataView {
    if (this.#view.buffer !== this.#memory.buffer) this.#view = new DataView(this.#memory.buffer);
    return this.#view;
  }
}

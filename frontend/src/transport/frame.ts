import { HEADER, KINDS, SECTIONS, TYPES } from "../protocol/frames.ts";

export type Header = Record<(typeof HEADER)[number], number>;
type SectionName = (typeof SECTIONS)[number];
export type Numbers = Uint8Array | Float32Array | Float64Array;

export interface Frame {
  kind: (typeof KINDS)[number];
  header: Header;
  arrays: Partial<Record<SectionName, Numbers>>;
}

const VIEWS = { uint8: Uint8Array, float32: Float32Array, float64: Float64Array };

/** Read a frame; the arrays are views of its buffer. */
export function unpack(buffer: ArrayBuffer): Frame {
  const head = new Float64Array(buffer, 0, HEADER.length);
  const header = Object.fromEntries(HEADER.map((name, i) => [name, head[i]])) as Header;
  const table = new Uint32Array(buffer, head.byteLength, 4 * header.n_sections);
  const arrays: Frame["arrays"] = {};
  for (let row = 0; row < table.length; row += 4) {
    const View = VIEWS[TYPES[table[row + 1]]];
    arrays[SECTIONS[table[row]]] = new View(buffer, table[row + 2], table[row + 3]);
  }
  return { kind: KINDS[header.kind], header, arrays };
}

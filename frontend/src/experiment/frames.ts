import { HEADER, KINDS, SECTIONS, TYPES } from "../protocol/frames.ts";
import type { Header, Numbers } from "../transport/frame.ts";

export type Kind = (typeof KINDS)[number];
export type Arrays = Partial<Record<(typeof SECTIONS)[number], Numbers>>;

const NUMBERS_OF = { uint8: Uint8Array, float32: Float32Array, float64: Float64Array };
const ROW = 4; // of the table: name, type, first byte, number of values

/** Put a frame into one buffer: a header, a table of sections, then the arrays.
 *
 * The header holds float64; those that are not given are NaN. The arrays begin at
 * multiples of 8 bytes.
 */
export function pack(kind: Kind, header: Partial<Header>, arrays: Arrays): ArrayBuffer {
  const entries = Object.entries(arrays) as [(typeof SECTIONS)[number], Numbers][];
  const start = 8 * HEADER.length + 4 * ROW * entries.length;
  const size = entries.reduce((sum, [, array]) => sum + padded(array.byteLength), start);
  const buffer = new ArrayBuffer(size);
  const head = new Float64Array(buffer, 0, HEADER.length).fill(NaN);
  for (const [name, value] of Object.entries(header)) head[HEADER.indexOf(name as keyof Header)] = value;
  head[0] = KINDS.indexOf(kind);
  head[1] = entries.length;
  const table = new Uint32Array(buffer, head.byteLength, ROW * entries.length);
  let offset = start;
  entries.forEach(([name, array], i) => {
    const type = TYPES.findIndex((each) => array instanceof NUMBERS_OF[each]);
    table.set([SECTIONS.indexOf(name), type, offset, array.length], ROW * i);
    new NUMBERS_OF[TYPES[type]](buffer, offset, array.length).set(array);
    offset += padded(array.byteLength);
  });
  return buffer;
}

function padded(bytes: number): number {
  return Math.ceil(bytes / 8) * 8;
}

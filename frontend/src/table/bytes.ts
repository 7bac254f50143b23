import { Refusal } from "../experiment/refusal.ts";

/** What a browser reads without a person waiting for it. */
const MAX_BYTES = 64 * 2 ** 20;
const MAX_UNPACKED = 128 * 2 ** 20;
const PYTHON = "`walnet play` reads it, started with the file's name";

/** The text of a file; what is no text is refused with a sentence. */
export async function textOf(name: string, file: Blob): Promise<string> {
  if (file.size > MAX_BYTES) {
    throw new Refusal(`${name} is larger than the ${MAX_BYTES / 2 ** 20} MB that the playground takes.`);
  }
  let bytes = new Uint8Array(await file.arrayBuffer());
  refuseOthers(name, bytes);
  if (startsWith(bytes, [0x1f, 0x8b])) bytes = await unpacked(name, file);
  return decoded(name, bytes);
}

function startsWith(bytes: Uint8Array, start: number[]): boolean {
  return start.every((byte, i) => bytes[i] === byte);
}

const SIGNS: [number[], string][] = [
  [[0x50, 0x41, 0x52, 0x31], "a Parquet file"],
  [[0x50, 0x4b, 0x03, 0x04], "a workbook or an archive"],
  [[0x41, 0x52, 0x52, 0x4f, 0x57], "an Arrow file"],
];

function refuseOthers(name: string, bytes: Uint8Array): void {
  if (bytes.length === 0) throw new Refusal(`${name} is empty.`);
  for (const [start, what] of SIGNS) {
    if (startsWith(bytes, start)) throw new Refusal(`${name} is ${what}; the page reads text such as CSV. ${PYTHON}.`);
  }
}

/** Unpack a gzipped file, and stop at a bomb. */
async function unpacked(name: string, file: Blob): Promise<Uint8Array<ArrayBuffer>> {
  const parts: BlobPart[] = [];
  let size = 0;
  try {
    const reader = file.stream().pipeThrough(new DecompressionStream("gzip")).getReader();
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      size += part.value.length;
      if (size > MAX_UNPACKED) break;
      parts.push(part.value as BlobPart);
    }
  } catch {
    throw new Refusal(`${name} cannot be read: the gzip file is damaged or cut short.`);
  }
  if (size > MAX_UNPACKED) {
    throw new Refusal(`${name} unpacks to more than the ${MAX_UNPACKED / 2 ** 20} MB that the playground takes.`);
  }
  return new Uint8Array(await new Blob(parts).arrayBuffer());
}

/** UTF-8, UTF-16 by its mark, or else what Windows wrote in Western Europe. */
function decoded(name: string, bytes: Uint8Array): string {
  if (startsWith(bytes, [0xff, 0xfe])) return new TextDecoder("utf-16le").decode(bytes);
  if (startsWith(bytes, [0xfe, 0xff])) return new TextDecoder("utf-16be").decode(bytes);
  if (bytes.subarray(0, 4096).includes(0)) {
    throw new Refusal(`${name} is not a table: it has bytes in it that are no text.`);
  }
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return new TextDecoder("windows-1252").decode(bytes);
  }
}

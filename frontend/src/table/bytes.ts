import { refusal } from "../experiment/refusal.ts";

/** What a browser reads without a person waiting for it. */
const MAX_BYTES = 64 * 2 ** 20;
const MAX_UNPACKED = 128 * 2 ** 20;

/** The text of a file; what is no text is refused with a sentence. */
export async function textOf(name: string, file: Blob): Promise<string> {
  if (file.size > MAX_BYTES) {
    throw refusal("tableLarge", name, MAX_BYTES / 2 ** 20);
  }
  let bytes = new Uint8Array(await file.arrayBuffer());
  refuseOthers(name, bytes);
  if (startsWith(bytes, [0x1f, 0x8b])) bytes = await unpacked(name, file);
  return decoded(name, bytes);
}

function startsWith(bytes: Uint8Array, start: number[]): boolean {
  return start.every((byte, i) => bytes[i] === byte);
}

const SIGNS: [number[], "tableParquet" | "tableArchive" | "tableArrow"][] = [
  [[0x50, 0x41, 0x52, 0x31], "tableParquet"],
  [[0x50, 0x4b, 0x03, 0x04], "tableArchive"],
  [[0x41, 0x52, 0x52, 0x4f, 0x57], "tableArrow"],
];

function refuseOthers(name: string, bytes: Uint8Array): void {
  if (bytes.length === 0) throw refusal("tableEmpty", name);
  for (const [start, what] of SIGNS) {
    if (startsWith(bytes, start)) throw refusal(what, name);
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
    throw refusal("tableDamaged", name);
  }
  if (size > MAX_UNPACKED) {
    throw refusal("tableUnpacks", name, MAX_UNPACKED / 2 ** 20);
  }
  return new Uint8Array(await new Blob(parts).arrayBuffer());
}

/** UTF-8, UTF-16 by its mark, or else what Windows wrote in Western Europe. */
function decoded(name: string, bytes: Uint8Array): string {
  if (startsWith(bytes, [0xff, 0xfe])) return new TextDecoder("utf-16le").decode(bytes);
  if (startsWith(bytes, [0xfe, 0xff])) return new TextDecoder("utf-16be").decode(bytes);
  if (bytes.subarray(0, 4096).includes(0)) {
    throw refusal("tableBytes", name);
  }
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return new TextDecoder("windows-1252").decode(bytes);
  }
}

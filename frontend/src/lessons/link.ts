/** Lessons in links: `#lesson=neuron` is one of the page's, `#lesson=~…` carries a file. */
import { MOST_BYTES } from "./parse.ts";

/** More than this no link has that somebody means. */
const MOST_CHARACTERS = 100_000;

export type LinkedLesson = { id: string } | { data: string };

/** What an address says of a lesson; null where it says nothing. */
export function lessonOf(hash: string): LinkedLesson | null {
  if (hash.length > MOST_CHARACTERS) return null;
  const match = /^#?lesson=(?:([a-z0-9-]{1,40})|~([\w-]+))$/.exec(hash);
  if (!match) return null;
  return match[1] !== undefined ? { id: match[1] } : { data: match[2] };
}

export async function packLesson(text: string): Promise<string> {
  const bytes = await through(new TextEncoder().encode(text), new CompressionStream("deflate-raw"), Infinity);
  let binary = "";
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return btoa(binary).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}

/** The file in a link; null where it cannot be read, or is larger than a lesson may be. */
export async function unpackLesson(data: string): Promise<string | null> {
  try {
    const binary = atob(data.replaceAll("-", "+").replaceAll("_", "/"));
    const packed = Uint8Array.from(binary, (character) => character.charCodeAt(0));
    const bytes = await through(packed, new DecompressionStream("deflate-raw"), MOST_BYTES);
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return null;
  }
}

/** Send bytes through a stream, and give up where more than so many come out. */
async function through(bytes: Uint8Array<ArrayBuffer>, stream: CompressionStream | DecompressionStream, most: number) {
  const pieces: Uint8Array[] = [];
  let length = 0;
  const reader = (new Blob([bytes]).stream().pipeThrough(stream) as ReadableStream<Uint8Array>).getReader();
  for (let step = await reader.read(); !step.done; step = await reader.read()) {
    length += step.value.length;
    if (length > most) {
      await reader.cancel();
      throw new Error("too large");
    }
    pieces.push(step.value);
  }
  const whole = new Uint8Array(length);
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}

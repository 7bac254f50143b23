// Numbers as text, for links and notebooks: their float32 bytes in base64.
import { refusal } from "./refusal.ts";

export function floatsOf(text: string): Float32Array {
  try {
    const bytes = Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
    return new Float32Array(bytes.buffer);
  } catch {
    throw refusal("notFloats");
  }
}

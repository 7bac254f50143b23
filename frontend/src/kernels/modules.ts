// Which of the two WebAssembly modules a browser is given: both give the same bits.
import { refusal } from "../experiment/refusal.ts";
import exact from "../../../build/kernels/wasm/wasm32.wasm?url";
import relaxed from "../../../build/kernels/wasm/wasm32-relaxed.wasm?url";

/** A number that is 0 unless the product of a multiply-add keeps all its digits. */
const PROBE = new Uint8Array([
  ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00], // a module
  ...[0x01, 0x05, 0x01, 0x60, 0x00, 0x01, 0x7d], // of a function that returns a float32,
  ...[0x03, 0x02, 0x01, 0x00],
  ...[0x07, 0x05, 0x01, 0x01, 0x66, 0x00, 0x00], // called f:
  ...[0x0a, 0x1f, 0x01, 0x1d, 0x00],
  ...[0x43, 0x00, 0x08, 0x80, 0x3f, 0xfd, 0x13], // 1 + 2^-12
  ...[0x43, 0x00, 0x08, 0x80, 0x3f, 0xfd, 0x13], // times itself
  ...[0x43, 0x00, 0x10, 0x80, 0xbf, 0xfd, 0x13], // less 1 + 2^-11,
  ...[0xfd, 0x85, 0x02, 0xfd, 0x1f, 0x00, 0x0b], // by f32x4.relaxed_madd
]);

/** Whether this browser has relaxed multiply-adds, and rounds them once.
 *
 * The standard leaves it open; on processors that have them in hardware all browsers do.
 */
function roundsOnce(): boolean {
  if (typeof WebAssembly !== "object" || !WebAssembly.validate(PROBE)) return false;
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(PROBE));
  return (exports.f as () => number)() === 2 ** -24;
}

/** The smallest module with a vector in it. */
const VECTOR = new Uint8Array([
  ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00, 0x01, 0x04, 0x01, 0x60, 0x00, 0x00, 0x03, 0x02, 0x01, 0x00],
  ...[0x0a, 0x09, 0x01, 0x07, 0x00, 0x41, 0x00, 0xfd, 0x0f, 0x1a, 0x0b],
]);

/** Where the module is that suits this browser. */
export function kernelsAddress(): URL {
  return new URL(roundsOnce() ? relaxed : exact, import.meta.url);
}

/** Fetch and compile the module that suits this browser. */
export async function compileKernels(): Promise<WebAssembly.Module> {
  if (typeof WebAssembly !== "object" || !WebAssembly.validate(VECTOR)) {
    throw refusal("noVectors");
  }
  const answer = await fetch(kernelsAddress());
  if (!answer.ok) throw new Error(`the kernels were not found (${answer.status})`);
  return WebAssembly.compile(await answer.arrayBuffer());
}

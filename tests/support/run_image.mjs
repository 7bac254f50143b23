// Run a function of a WebAssembly module on an image: see images.py.
import { readFileSync, writeFileSync } from "node:fs";

const [module, name, from, of, to] = process.argv.slice(2);
const image = readFileSync(from);
const [record, ...pointers] = Array.from(
  new BigInt64Array(new Uint8Array(readFileSync(of)).buffer),
  Number,
);
const pages = Math.ceil(image.length / 65536) + 32;
const memory = new WebAssembly.Memory({ initial: pages });
const code = new WebAssembly.Module(readFileSync(module));
const { exports } = new WebAssembly.Instance(code, { env: { memory } });
const base = (exports.__heap_base.value + 63) & ~63;
const bytes = new Uint8Array(memory.buffer, base, image.length);
bytes.set(image);
const words = new DataView(memory.buffer);
const move = (by) => {
  for (const place of pointers) {
    const at = base + place;
    words.setBigInt64(at, words.getBigInt64(at, true) + BigInt(by), true);
  }
};
move(base);
if (exports[name](base + record) !== 0) throw new Error(`${name} has left an array`);
move(-base);
writeFileSync(to, bytes);

// Run a function of a WebAssembly module on an image: see images.py. It prints the
// processor seconds of each round; every round begins with the image as it was.
import { readFileSync, writeFileSync } from "node:fs";

const [module, name, rounds, from, of, to] = process.argv.slice(2);
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
const words = new DataView(memory.buffer);
const move = (by) => {
  for (const place of pointers) {
    const at = base + place;
    words.setBigInt64(at, words.getBigInt64(at, true) + BigInt(by), true);
  }
};
const seconds = [];
for (let round = 0; round < rounds; round++) {
  bytes.set(image);
  move(base);
  const started = process.cpuUsage();
  if (exports[name](base + record) !== 0) throw new Error(`${name} has left an array`);
  seconds.push(process.cpuUsage(started).user / 1e6);
  move(-base);
}
writeFileSync(to, bytes);
console.log(JSON.stringify(seconds));

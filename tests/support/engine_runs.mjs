// Train networks with the page's engine: cases as JSON on standard input, results out.
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";

const [module, engine] = process.argv.slice(2);
const { Kernels } = await import(`${engine}/kernels.ts`);
const { Network } = await import(`${engine}/network.ts`);
const { Diverged, Training } = await import(`${engine}/training.ts`);
const { drawDataset } = await import(`${engine}/random.ts`);

const digest = (numbers) => {
  const bytes = new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength);
  return createHash("sha256").update(bytes).digest("hex");
};

const kernels = await Kernels.load(readFileSync(module));

function run(given) {
  const own = kernels.fresh();
  const { X, y, n } = drawDataset(own, given.dataset, given.data);
  const outputs = given.network.sizes.at(-1);
  const Y = Array.from(y);
  if (outputs > 1) Y.splice(0, n, ...Array.from(y).flatMap((label) => oneHot(label, outputs)));
  const network = new Network(own, given.network);
  const before = digest(network.parameters);
  const training = new Training(network, Float32Array.from(X), Y, n, given.settings);
  let diverged = null;
  try {
    training.advance(given.iterations);
  } catch (error) {
    if (!(error instanceof Diverged)) throw error;
    diverged = [error.iteration, error.layer];
  }
  const { cost, accuracy } = network.evaluate(Float32Array.from(X), Y, n, given.settings.cost);
  return { data: [digest(X), digest(y)], before, after: digest(network.parameters), cost, accuracy, diverged };
}

const oneHot = (label, classes) => Array.from({ length: classes }, (_, k) => Number(k === label));

const cases = JSON.parse(readFileSync(0, "utf8"));
process.stdout.write(JSON.stringify(cases.map(run)));

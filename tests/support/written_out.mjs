// Write iterations out as the page does: cases as JSON on standard input, lines out.
import { readFileSync } from "node:fs";

const [module, source] = process.argv.slice(2);
const { Kernels } = await import(`${source}/engine/kernels.ts`);
const { Network } = await import(`${source}/engine/network.ts`);
const { Training } = await import(`${source}/engine/training.ts`);
const { writeOut } = await import(`${source}/written/index.ts`);

const kernels = await Kernels.load(readFileSync(module));

function run({ network, X, Y, settings, iterations, asked }) {
  const made = new Network(kernels.fresh(), network);
  const training = new Training(made, X.flat(), Y.flat(), X.length, settings);
  training.advance(iterations);
  const before = Array.from(made.parameters);
  const found = asked.map((each) => writeOut(training, each));
  if (!made.parameters.every((value, i) => value === before[i])) throw new Error("it has moved");
  training.advance(1);
  if (!made.parameters.every((value, i) => value === found[0].updated[i])) throw new Error("it went elsewhere");
  return found.map(({ stages, batch, example }) => ({ stages, batch, example }));
}

const cases = JSON.parse(readFileSync(0, "utf8"));
process.stdout.write(JSON.stringify(cases.map(run)));

// Hold conversations with the page's experiment: lists of steps as JSON on standard input.
//
// A step is a message, {"send": what may be none}, or {"pictures": n}: work until so many
// frames were drawn, one every 16 ms; {} works until nothing is left to do. The clock is no
// real one: an iteration takes 2 µs, and each slice 0.5 ms more.
// {"type": "table", "name", "base64", "form"} gives a table.
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";

const [module, source] = process.argv.slice(2);
const { Kernels } = await import(`${source}/engine/kernels.ts`);
const { Experiment } = await import(`${source}/experiment/experiment.ts`);
const { Session } = await import(`${source}/experiment/session.ts`);
const { kernelSources } = await import(`${source}/experiment/sources.ts`);
const { drawOrder } = await import(`${source}/engine/random.ts`);
const { readTable } = await import(`${source}/table/read.ts`);
const { DEFAULT_STATE } = await import(`${source}/protocol/state.ts`);
const { PROTOCOL } = await import(`${source}/protocol/requests.ts`);
const { unpack } = await import(`${source}/transport/frame.ts`);

const [FRAME_MS, SLICE_MS, ITERATION_MS] = [16, 0.5, 0.002];
const kernels = await Kernels.load(readFileSync(module));

async function converse(steps) {
  const answers = [];
  let [slices, worked, seen, asked, drawnAt] = [0, 0, 0, 0, 0];
  const post = (message) => {
    answers.push(message instanceof ArrayBuffer ? readable(unpack(message)) : asJson(message));
    if (answers.at(-1).kind === "frame") asked++;
  };
  const experiment = new Experiment(kernels, kernelSources(kernels), structuredClone(DEFAULT_STATE));
  const now = () => {
    const here = experiment.iteration;
    worked += Math.max(0, here - seen);
    seen = here;
    return SLICE_MS * slices + ITERATION_MS * worked;
  };
  const session = new Session(experiment, post, now);
  const work = (pictures) => {
    for (const most = slices + 100_000; slices < most; slices++) {
      const wait = session.work();
      if (asked > 0 && now() - drawnAt >= FRAME_MS) {
        pictures -= asked;
        [asked, drawnAt] = [0, now()];
        session.receive({ type: "next" });
      } else if (wait === Infinity && asked === 0) return;
      if (pictures <= 0) return;
    }
  };
  const give = async ({ name, base64, form }) => {
    const content = new Blob([Buffer.from(base64, "base64")]);
    try {
      session.useTable(await readTable({ name, content, form }, (...of) => drawOrder(kernels, ...of)));
    } catch (error) {
      answers.push({ type: "refusal", message: error.message, kind: error.constructor.name });
    }
  };
  for (const step of steps) {
    if (step.type === "hello") session.receive({ protocol: PROTOCOL, ...step });
    else if (step.type === "table") await give(step);
    else if (step.type) session.receive(step);
    else if ("send" in step) session.receive(step.send);
    else work(step.pictures ?? Infinity);
    if (step.type) work(0);
  }
  if (answers.at(-1)?.kind === "state") return { answers }; // there is no network
  const { parameters } = experiment.network;
  const bytes = new Uint8Array(parameters.buffer, parameters.byteOffset, parameters.byteLength);
  const digest = createHash("sha256").update(bytes).digest("hex");
  return { answers, state: experiment.presentState(), digest, parameters: Array.from(parameters) };
}

function asJson(message) {
  if (message.type !== "file" || typeof message.content === "string") return message;
  return { ...message, content: Buffer.from(message.content).toString("base64") };
}

function readable({ kind, header, arrays }) {
  const lists = Object.entries(arrays).map(([name, values]) => [name, Array.from(values)]);
  return { type: "buffer", kind, header, arrays: Object.fromEntries(lists) };
}

const conversations = JSON.parse(readFileSync(0, "utf8"));
const held = [];
for (const steps of conversations) held.push(await converse(steps));
process.stdout.write(JSON.stringify(held));

// Hold conversations with the page's experiment: lists of steps as JSON on standard input.
//
// A step is a message to send, or {"pictures": n}: work until so many frames were drawn,
// one every 16 ms of a clock that only this moves; {} works until nothing is left to do.
// {"type": "table", "name", "base64", "isRead"} gives a table.
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";

const [module, source] = process.argv.slice(2);
const { Kernels } = await import(`${source}/engine/kernels.ts`);
const { Experiment } = await import(`${source}/experiment/experiment.ts`);
const { Session } = await import(`${source}/experiment/session.ts`);
const { kernelSources } = await import(`${source}/experiment/sources.ts`);
const { drawOrder } = await import(`${source}/engine/random.ts`);
const { readTable } = await import(`${source}/table/read.ts`);
const { DEFAULT_STATE, PROTOCOL } = await import(`${source}/protocol.ts`);
const { unpack } = await import(`${source}/transport/frame.ts`);

const FRAME_MS = 16;
const kernels = await Kernels.load(readFileSync(module));

async function converse(steps) {
  const answers = [];
  let [now, asked] = [0, 0];
  const post = (message) => {
    answers.push(message instanceof ArrayBuffer ? readable(unpack(message)) : asJson(message));
    if (answers.at(-1).kind === "frame") asked++;
  };
  const experiment = new Experiment(kernels, kernelSources(kernels), structuredClone(DEFAULT_STATE));
  const session = new Session(experiment, post, () => now);
  const work = (pictures) => {
    for (let calls = 0; calls < 100_000; calls++) {
      now += 0.5;
      const wait = session.work();
      if (asked > 0 && now % FRAME_MS === 0) {
        pictures -= asked;
        asked = 0;
        session.receive({ type: "next" });
      } else if (wait === Infinity && asked === 0) return;
      if (pictures <= 0) return;
    }
  };
  const give = async ({ name, base64, isRead }) => {
    const content = new Blob([Buffer.from(base64, "base64")]);
    try {
      session.useTable(await readTable({ name, content, isRead }, (...of) => drawOrder(kernels, ...of)));
    } catch (error) {
      answers.push({ type: "refusal", message: error.message, kind: error.constructor.name });
    }
  };
  for (const step of steps) {
    if (step.type === "hello") session.receive({ protocol: PROTOCOL, ...step });
    else if (step.type === "table") await give(step);
    else if (step.type) session.receive(step);
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
  return { type: "frame", kind, header, arrays: Object.fromEntries(lists) };
}

const conversations = JSON.parse(readFileSync(0, "utf8"));
const held = [];
for (const steps of conversations) held.push(await converse(steps));
process.stdout.write(JSON.stringify(held));

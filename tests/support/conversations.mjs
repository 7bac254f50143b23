// Hold conversations with the page's experiment: lists of steps as JSON on standard input.
//
// A step is a message to send, or {"pictures": n}: work until so many frames were drawn,
// one every 16 ms of a clock that only this moves; {} works until nothing is left to do.
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";

const [module, source] = process.argv.slice(2);
const { Kernels } = await import(`${source}/engine/kernels.ts`);
const { Experiment } = await import(`${source}/experiment/experiment.ts`);
const { Session } = await import(`${source}/experiment/session.ts`);
const { kernelSources } = await import(`${source}/experiment/sources.ts`);
const { DEFAULT_STATE, PROTOCOL } = await import(`${source}/protocol.ts`);
const { unpack } = await import(`${source}/transport/frame.ts`);

const FRAME_MS = 16;
const kernels = await Kernels.load(readFileSync(module));

function converse(steps) {
  const answers = [];
  let [now, asked] = [0, 0];
  const post = (message) => {
    answers.push(message instanceof ArrayBuffer ? readable(unpack(message)) : message);
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
  for (const step of steps) {
    if (step.type === "hello") session.receive({ protocol: PROTOCOL, ...step });
    else if (step.type) session.receive(step);
    else work(step.pictures ?? Infinity);
    if (step.type) work(0);
  }
  const { parameters } = experiment.network;
  const bytes = new Uint8Array(parameters.buffer, parameters.byteOffset, parameters.byteLength);
  const digest = createHash("sha256").update(bytes).digest("hex");
  return { answers, state: experiment.presentState(), digest, parameters: Array.from(parameters) };
}

function readable({ kind, header, arrays }) {
  const lists = Object.entries(arrays).map(([name, values]) => [name, Array.from(values)]);
  return { type: "frame", kind, header, arrays: Object.fromEntries(lists) };
}

const conversations = JSON.parse(readFileSync(0, "utf8"));
process.stdout.write(JSON.stringify(conversations.map(converse)));

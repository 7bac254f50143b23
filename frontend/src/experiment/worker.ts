import { Kernels } from "../engine/kernels.ts";
import { drawOrder } from "../engine/random.ts";
import { compileKernels } from "../kernels/modules.ts";
import type { ServerMessage } from "../protocol/answers.ts";
import type { GiveTable } from "../protocol/requests.ts";
import { readTable } from "../table/read.ts";
import { startSession } from "./driving.ts";
import { problemOf } from "./problems.ts";
import { say } from "./refusal.ts";

const driven = start().catch(giveUp);
let last: Promise<unknown> = driven;

// Messages that come before the kernels are compiled, or while a table is read, wait in their order.
onmessage = ({ data }: MessageEvent<unknown>) => {
  // One that goes wrong does not keep those behind it.
  last = last.then(() => handle(data)).catch((error: unknown) => console.error(error));
};

async function handle(data: unknown) {
  const all = await driven;
  if (isTable(data)) return take(data, all);
  all.session.receive(data);
  all.drive();
}

async function start() {
  const kernels = new Kernels(await compileKernels());
  return { kernels, ...startSession(kernels, post) };
}

function isTable(data: unknown): data is GiveTable {
  return typeof data === "object" && data !== null && "type" in data && data.type === "table";
}

/** Read a person's table; what is wrong with it is said, and nothing else changes. */
async function take(given: GiveTable, { kernels, session, drive }: Awaited<typeof driven>) {
  post({ type: "status", said: say("reading", given.name) });
  try {
    const table = await readTable(given, (seed, n, group) => drawOrder(kernels, seed, n, group));
    session.useTable(table);
  } catch (error) {
    post(problemOf(error, "message", say("tableUnread", given.name)));
  }
  post({ type: "status", said: null });
  drive();
}

function giveUp(error: unknown): never {
  post(problemOf(error, "limit", say("notLoaded")));
  throw error;
}

function post(message: ServerMessage | ArrayBuffer): void {
  const transfer = message instanceof ArrayBuffer ? [message] : [];
  (self as unknown as { postMessage(message: unknown, transfer: Transferable[]): void }).postMessage(message, transfer);
}

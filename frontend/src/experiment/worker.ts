import { Kernels } from "../engine/kernels.ts";
import type { ServerMessage } from "../protocol.ts";
import { startSession, type Driven } from "./driving.ts";
import { Refusal } from "./refusal.ts";
import { writeOut } from "./trace.ts";

/** The first message to the worker: where the kernels are, the fastest first. */
export interface Start {
  kernels: string[];
}

let driven: Promise<Driven> | undefined;

onmessage = ({ data }: MessageEvent<unknown>) => {
  driven ??= start(data as Start).catch(giveUp);
  if (isStart(data)) return;
  void driven.then(({ session, drive }) => {
    session.receive(data);
    drive();
  });
};

function isStart(data: unknown): data is Start {
  return typeof data === "object" && data !== null && "kernels" in data;
}

async function start({ kernels }: Start): Promise<Driven> {
  return startSession(await load(kernels), post, { writeOut });
}

/** The first of several builds of the kernels that this browser can run. */
async function load(addresses: string[]): Promise<Kernels> {
  for (const address of addresses) {
    const answer = await fetch(address);
    if (!answer.ok) continue;
    const code = await answer.arrayBuffer();
    if (WebAssembly.validate(code)) return Kernels.load(code);
  }
  throw new Refusal("This browser cannot run the playground: it has no WebAssembly, or one without SIMD.");
}

function giveUp(error: unknown): never {
  const message = error instanceof Refusal ? error.message : "The playground's engine could not be loaded: reload the page.";
  post({ type: "problem", message, kind: "limit", iteration: null, layer: null });
  throw error;
}

function post(message: ServerMessage | ArrayBuffer): void {
  const transfer = message instanceof ArrayBuffer ? [message] : [];
  (self as unknown as { postMessage(message: unknown, transfer: Transferable[]): void }).postMessage(message, transfer);
}

import { Kernels } from "../engine/kernels.ts";
import { compileKernels } from "../kernels/modules.ts";
import type { ServerMessage } from "../protocol.ts";
import { startSession } from "./driving.ts";
import { Refusal } from "./refusal.ts";

// Messages that come before the kernels are compiled wait for them, in their order.
const driven = start().catch(giveUp);

onmessage = ({ data }: MessageEvent<unknown>) => {
  void driven.then(({ session, drive }) => {
    session.receive(data);
    drive();
  });
};

async function start() {
  return startSession(new Kernels(await compileKernels()), post);
}

function giveUp(error: unknown): never {
  const message =
    error instanceof Refusal ? error.message : "The playground's engine could not be loaded: reload the page.";
  post({ type: "problem", message, kind: "limit", iteration: null, layer: null });
  throw error;
}

function post(message: ServerMessage | ArrayBuffer): void {
  const transfer = message instanceof ArrayBuffer ? [message] : [];
  (self as unknown as { postMessage(message: unknown, transfer: Transferable[]): void }).postMessage(message, transfer);
}

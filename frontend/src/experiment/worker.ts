import { Kernels } from "../engine/kernels.ts";
import { compileKernels } from "../kernels/modules.ts";
import type { ServerMessage } from "../protocol.ts";
import { startSession, type Driven } from "./driving.ts";
import { writeOut } from "./trace.ts";

const driven = start();

onmessage = ({ data }: MessageEvent<unknown>) => {
  void driven.then((ready) => {
    ready?.session.receive(data);
    ready?.drive();
  });
};

async function start(): Promise<Driven | null> {
  try {
    return startSession(new Kernels(await compileKernels()), post, { writeOut });
  } catch (error) {
    console.error(error);
    post({ type: "problem", message: sentenceFor(error), kind: "limit", iteration: null, layer: null });
    return null;
  }
}

function sentenceFor(error: unknown): string {
  const cannot = typeof WebAssembly === "undefined" || error instanceof WebAssembly.CompileError;
  return cannot
    ? "This browser cannot run the playground: it has no WebAssembly with vectors. A browser of 2023 or later has."
    : "The playground's kernels could not be loaded: reload the page.";
}

function post(message: ServerMessage | ArrayBuffer): void {
  const transfer = message instanceof ArrayBuffer ? [message] : [];
  (self as unknown as { postMessage(message: unknown, transfer: Transferable[]): void }).postMessage(message, transfer);
}

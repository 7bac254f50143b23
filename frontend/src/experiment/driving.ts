import type { Kernels } from "../engine/kernels.ts";
import { DEFAULT_STATE } from "../protocol/state.ts";
import { Experiment } from "./experiment.ts";
import { Session, type Post } from "./session.ts";
import { kernelSources } from "./sources.ts";

/** A session of kernels, and the drive that keeps it at work: call it after each message. */
export interface Driven {
  session: Session;
  drive(): void;
}

export function startSession(kernels: Kernels, post: Post): Driven {
  const experiment = new Experiment(kernels, kernelSources(kernels), structuredClone(DEFAULT_STATE));
  const session = new Session(experiment, post);
  return { session, drive: driveOf(session) };
}

/** Work now, and again when more is due. */
function driveOf(session: Session): () => void {
  // A timer waits 4 ms at least; a message to oneself comes at once, after those that wait.
  const { port1, port2 } = new MessageChannel();
  let isComing = false;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const drive = () => {
    clearTimeout(timer);
    const wait = session.work();
    if (wait >= 1 && wait < Infinity) timer = setTimeout(drive, wait);
    if (wait >= 1 || isComing) return;
    isComing = true;
    port2.postMessage(null);
  };
  port1.onmessage = () => {
    isComing = false;
    drive();
  };
  return drive;
}

// In a page of one file the worker is inside it, too: see vite.single.config.ts.
import ExperimentWorker from "../experiment/worker.ts?worker&inline";

export function startWorker(): Worker {
  return new ExperimentWorker();
}

/** A page of one file is kept where its file is. */
export function keepPage(): void {}

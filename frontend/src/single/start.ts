// In a page of one file the worker is inside it, too: see vite.single.config.ts.
import ExperimentWorker from "../experiment/worker.ts?worker&inline";

export function startWorker(): Worker {
  return new ExperimentWorker();
}

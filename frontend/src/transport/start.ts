/** The experiment's worker, from a file beside the page. */
export function startWorker(): Worker {
  return new Worker(new URL("../experiment/worker.ts", import.meta.url), { type: "module" });
}

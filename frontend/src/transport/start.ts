import { kernelsAddress } from "../kernels/modules";

/** The experiment's worker, from a file beside the page. */
export function startWorker(): Worker {
  return new Worker(new URL("../experiment/worker.ts", import.meta.url), { type: "module" });
}

/** Let the browser keep the page, so that it opens without a network from now on. */
export function keepPage(): void {
  // Where the page is no secure one, or the browser stores nothing, there is no keeper.
  const keeper = navigator.serviceWorker as ServiceWorkerContainer | undefined;
  // The kernels came before there was a keeper: asked for again, they are kept, too.
  keeper?.addEventListener("controllerchange", () => void fetch(kernelsAddress()).catch(() => null));
  keeper?.register("./service-worker.js").catch(() => null);
}

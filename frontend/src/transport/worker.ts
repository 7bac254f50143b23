import type { Start } from "../experiment/worker";
import type { ClientMessage, ServerMessage } from "../protocol";
import type { Receiver, Transport } from "./transport";

/** Builds of the kernels beside the page, the fastest first. */
const KERNELS = ["kernels/wasm32-relaxed.wasm", "kernels/wasm32.wasm"];

/** An experiment in a worker of the page's own. */
export class WorkerTransport implements Transport {
  readonly #worker: Worker;

  constructor(receiver: Receiver) {
    this.#worker = new Worker(new URL("../experiment/worker.ts", import.meta.url), { type: "module" });
    this.#worker.onmessage = ({ data }: MessageEvent<ServerMessage | ArrayBuffer>) => {
      if (data instanceof ArrayBuffer) receiver.onFrame(data);
      else receiver.onMessage(data);
    };
    this.#worker.onerror = () => receiver.onLost();
    this.#post({ kernels: KERNELS.map((path) => new URL(path, document.baseURI).href) });
    queueMicrotask(() => receiver.onOpen());
  }

  send(message: ClientMessage): void {
    this.#post(message);
  }

  close(): void {
    this.#worker.terminate();
  }

  #post(message: ClientMessage | Start): void {
    this.#worker.postMessage(message);
  }
}

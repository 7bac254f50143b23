import type { ServerMessage } from "../protocol/answers";
import type { ClientMessage, GiveTable } from "../protocol/requests";
import { startWorker } from "./start";
import type { Receiver, Transport } from "./transport";

/** An experiment in a worker of the page's own. */
export class WorkerTransport implements Transport {
  readonly #worker: Worker;

  constructor(receiver: Receiver) {
    this.#worker = startWorker();
    this.#worker.onmessage = ({ data }: MessageEvent<ServerMessage | ArrayBuffer>) => {
      if (data instanceof ArrayBuffer) receiver.onFrame(data);
      else receiver.onMessage(data);
    };
    this.#worker.onerror = () => receiver.onLost();
    queueMicrotask(() => receiver.onOpen());
  }

  send(message: ClientMessage | GiveTable): void {
    this.#worker.postMessage(message);
  }

  close(): void {
    this.#worker.terminate();
  }
}

import type { ClientMessage } from "../protocol";
import type { Receiver, Transport } from "./transport";

const RETRY_MS = [200, 500, 1000, 2000, 5000];

/** A WebSocket that connects again when the connection is lost. */
export class WebSocketTransport implements Transport {
  #socket: WebSocket | null = null;
  #tries = 0;
  #closed = false;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly url: string,
    private readonly receiver: Receiver,
  ) {
    this.#connect();
  }

  send(message: ClientMessage): void {
    if (this.#socket?.readyState === WebSocket.OPEN) {
      this.#socket.send(JSON.stringify(message));
    }
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    const socket = this.#socket;
    // Closed before it is open, the browser would complain on its console.
    if (socket?.readyState === WebSocket.CONNECTING) socket.onopen = () => socket.close();
    else socket?.close();
  }

  #connect(): void {
    const socket = new WebSocket(this.url);
    socket.binaryType = "arraybuffer";
    socket.onopen = () => {
      this.#tries = 0;
      this.receiver.onOpen();
    };
    socket.onmessage = (event: MessageEvent<string | ArrayBuffer>) => {
      if (typeof event.data === "string") this.receiver.onMessage(JSON.parse(event.data));
      else this.receiver.onFrame(event.data);
    };
    socket.onclose = () => {
      if (this.#closed) return;
      this.receiver.onLost();
      const wait = RETRY_MS[Math.min(this.#tries++, RETRY_MS.length - 1)];
      this.#timer = setTimeout(() => this.#connect(), wait);
    };
    this.#socket = socket;
  }
}

export function socketUrl(): string {
  return `ws://${location.host}/ws`;
}

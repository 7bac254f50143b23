import type { ServerMessage } from "../protocol/answers";
import type { ClientMessage, GiveTable } from "../protocol/requests";

/** How the page and the engine talk: messages as JSON, frames as bytes. */
export interface Transport {
  send(message: ClientMessage | GiveTable): void;
  close(): void;
}

export interface Receiver {
  onOpen(): void;
  onMessage(message: ServerMessage): void;
  onFrame(buffer: ArrayBuffer): void;
  onLost(): void;
}

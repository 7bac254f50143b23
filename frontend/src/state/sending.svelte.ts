import { MAX_MESSAGE_BYTES } from "../protocol/limits";
import type { ClientMessage } from "../protocol/requests";
import type { PlaygroundState } from "../protocol/state";
import { texts } from "../texts";
import { Asked } from "./asked.svelte";
import { Delayed } from "./delayed.svelte";
import type { Known } from "./known.svelte";
import { joined, type LiveChange } from "./live";

/** What is dragged is sent 20 times a second at most. */
const SEND_MS = 50;
/** What is dragged while it trains counts where it comes to rest. */
const REST_MS = 200;

/** What a page sends to its experiment: at once, or at a pace where somebody drags. */
export class Sending {
  readonly asked = new Asked();
  /** The state says where the run goes: news of where it was do not count until it is sent. */
  decidesRun = false;
  /** The learning rate that was chosen, until the page shows it. */
  rate = $state<number | null>(null);
  #live: LiveChange | null = null;
  #slid = { index: 0, value: 0 };
  readonly #known: Known;
  readonly #post: (message: ClientMessage) => void;
  readonly #ofState = new Delayed(() => {
    // What was changed before it goes before it.
    this.flush();
    this.#sendState();
  });
  readonly #ofLive = new Delayed(() => this.#sendLive());
  readonly #ofRate = new Delayed(() => this.#sendRate());
  readonly #ofLook = new Delayed(() => this.send({ type: "look", view: $state.snapshot(this.#known.state.view) }));
  readonly #ofSlide = new Delayed(() => this.sendParameter(this.#slid.index, this.#slid.value));

  constructor(known: Known, post: (message: ClientMessage) => void) {
    this.#known = known;
    this.#post = post;
  }

  /** Whether the run is to be changed by what is not sent yet. */
  get waits(): boolean {
    return this.#ofState.waits || this.#ofLive.waits || this.#ofRate.waits;
  }

  get stateWaits(): boolean {
    return this.#ofState.waits;
  }

  /** Whether the state holds choices that the run is not told of yet, or does not show. */
  get isAhead(): boolean {
    return this.#ofLive.waits || this.rate !== null;
  }

  /** The chosen learning rate is on the screen, unless another one is to be sent. */
  showRate(): void {
    if (!this.#ofRate.waits) this.rate = null;
  }

  send(message: ClientMessage): void {
    this.asked.note(message.type);
    this.#post(message);
  }

  /** Send what waits, so that what is asked for next finds it. */
  flush(): void {
    this.#ofRate.flush();
    this.#ofLive.flush();
    this.#ofLook.flush();
    this.#ofState.flush();
  }

  stateSoon(): void {
    this.#ofState.within(SEND_MS);
    this.#known.address.keep();
  }

  #sendState(): void {
    this.decidesRun = false;
    const state = this.#known.snapshot();
    if (fits(state)) this.send({ type: "set_state", state });
    else this.#takeBack();
  }

  /** Undo what the worker would not even read. */
  #takeBack(): void {
    const { history, state } = this.#known;
    this.restore(history.undo(JSON.stringify(state)));
    this.#known.say(texts.engine.tooMuch(MAX_MESSAGE_BYTES / 1024));
  }

  /** Take over a whole state, as text, but for what it looks at; and send it. */
  restore(text: string | undefined): void {
    if (text === undefined) return;
    const view = $state.snapshot(this.#known.state.view);
    this.#known.state = { ...(JSON.parse(text) as PlaygroundState), view };
    this.#known.problem = null;
    this.decidesRun = true;
    this.stateSoon();
    this.flush();
  }

  /** Send what may be changed while the run goes on, once it comes to rest. */
  liveSoon(live: LiveChange): void {
    this.#live = joined(this.#live, live);
    this.#ofLive.afterRest(this.#known.playing ? REST_MS : SEND_MS);
  }

  #sendLive(): void {
    if (!this.#live) return;
    const { training, layers, stop } = this.#live;
    this.#live = null;
    if (stop) this.send({ type: "stop_when", stop });
    if (Object.keys(training).length) this.send({ type: "change", kind: "training", training });
    if (layers) this.send({ type: "change", kind: "network", layers });
    this.#known.address.keep();
  }

  /** Send a learning rate: what is typed soon, what is slid while it trains where it comes to rest. */
  rateSoon(rate: number, typed: boolean): void {
    this.rate = rate;
    this.#ofRate.afterRest(this.#known.playing && !typed ? REST_MS : 0);
  }

  #sendRate(): void {
    if (this.rate === null) return;
    this.#known.record("learning_rate");
    this.send({ type: "change", kind: "learning_rate", value: this.rate });
  }

  lookSoon(): void {
    this.#ofLook.within(SEND_MS);
    this.#known.address.keep();
  }

  /** Send a parameter that is being slid. */
  parameterSoon(index: number, value: number): void {
    this.#slid = { index, value };
    this.#ofSlide.within(SEND_MS);
  }

  sendParameter(index: number, value: number): void {
    if (!Number.isFinite(value)) return;
    this.#known.record(`parameter-${index}`);
    this.send({ type: "change", kind: "parameter", value, index });
  }
}

/** Whether a state is small enough to be sent, with what goes around it. */
export function fits(state: PlaygroundState): boolean {
  return new TextEncoder().encode(JSON.stringify(state)).length < MAX_MESSAGE_BYTES - 256;
}

import type { FileInfo } from "../protocol/answers";
import type { ClientMessage, FileKind, GiveTable } from "../protocol/requests";
import type { PlaygroundState, RunEvent, RunState } from "../protocol/state";
import type { Receiver, Transport } from "../transport/transport";
import { Hearing } from "./hearing";
import { Known } from "./known.svelte";
import { liveChange } from "./live";
import { Pictures } from "./pictures";
import { Sending } from "./sending.svelte";

type Connect = (receiver: Receiver) => Transport;

/** Everything a page knows about its experiment, and everything it can ask of it. */
export class Playground extends Known {
  /** Epochs a second; 0 is as fast as it goes. */
  speed = $state(10);
  readonly #sending: Sending;
  readonly #pictures: Pictures;
  readonly #hearing: Hearing;
  readonly #transport: Transport;

  constructor(connect: Connect, initial: PlaygroundState | null) {
    super();
    this.#sending = new Sending(this, (message) => this.#transport.send(message));
    this.#pictures = new Pictures(this, this.#sending);
    this.#hearing = new Hearing(this, this.#sending, this.#pictures);
    this.#hearing.beginWith(initial);
    this.#transport = connect(this.#hearing);
  }

  /** Whether the page does not show yet what was asked for last. While it plays, it does. */
  get busy(): boolean {
    return !this.connected || this.#sending.waits || this.#sending.asked.isAny;
  }

  // What the state is.

  /** Change the state; what was learned is started over where it must be. */
  change(key: string, mutate: (state: PlaygroundState) => void, options: { restart?: boolean } = {}): void {
    this.record(key);
    const before = this.snapshot();
    mutate(this.state);
    this.problem = null;
    const live = liveChange(before, this.snapshot());
    if (live && !this.#sending.stateWaits) {
      this.#sending.liveSoon(live);
      return;
    }
    if (options.restart ?? true) this.#go({ iteration: 0, events: [], start: null });
    this.#sending.stateSoon();
  }

  /** Decide where the run goes. */
  #go(run: RunState): void {
    this.state.run = run;
    this.#sending.decidesRun = true;
  }

  newSeed(): void {
    this.setSeed((this.state.network.seed + 1) % 2 ** 31);
  }

  setSeed(seed: number): void {
    this.change("", (state) => (state.network.seed = state.training.seed = seed));
  }

  /** Change how it is looked at: no step of undo, nothing is started over. */
  look(mutate: (view: PlaygroundState["view"]) => void): void {
    mutate(this.state.view);
    this.#sending.lookSoon();
  }

  undo(): void {
    this.#sending.restore(this.history.undo(JSON.stringify(this.state)));
  }

  redo(): void {
    this.#sending.restore(this.history.redo(JSON.stringify(this.state)));
  }

  /** Take over a whole state, as from a run that was kept. */
  adopt(state: PlaygroundState): void {
    this.record();
    this.#sending.restore(JSON.stringify(state));
  }

  /** Take over a link that was put into the page's address, with what it looks at. */
  open(state: PlaygroundState): void {
    this.adopt(state);
    this.look((view) => Object.assign(view, state.view));
  }

  // Where the run goes.

  toggle(): void {
    if (this.playing) this.pause();
    else this.play();
  }

  /** Train at the speed that was chosen, or at another one this once. */
  play(speed = this.speed): void {
    this.flush();
    this.problem = null;
    this.playing = true;
    this.send({ type: "play", speed });
  }

  pause(): void {
    this.flush();
    this.playing = false;
    this.send({ type: "pause" });
  }

  setSpeed(speed: number): void {
    this.speed = speed;
    if (this.playing) this.send({ type: "play", speed });
  }

  step(unit: "iteration" | "epoch"): void {
    this.#leave();
    this.send({ type: "step", unit });
  }

  seek(iteration: number): void {
    this.#leave();
    this.send({ type: "seek", iteration: Math.max(0, Math.round(iteration)) });
  }

  reset(): void {
    this.#leave();
    if (this.furthest > 0) this.record();
    this.curve.clear();
    this.send({ type: "reset" });
  }

  /** Go from where the run plays. */
  #leave(): void {
    this.flush();
    this.playing = false;
    this.problem = null;
  }

  // What is changed where the run is.

  /** The learning rate that holds now. */
  get learningRate(): number {
    if (this.#sending.rate !== null) return this.#sending.rate;
    if (this.furthest > 0 && this.numbers) return this.numbers.learning_rate;
    const atStart = this.state.run.events.find((event) => event.kind === "learning_rate" && event.iteration === 0);
    return atStart?.kind === "learning_rate" ? atStart.value : this.state.training.learning_rate;
  }

  /** Change the learning rate: where the run is, or at its start with the weights as they are. */
  setLearningRate(value: number, typed = true): void {
    if (!(value > 0) || !Number.isFinite(value)) return;
    if (this.furthest === 0 && !this.playing) {
      const changed = (state: PlaygroundState) => {
        state.training.learning_rate = value;
        this.#go({ iteration: 0, events: parametersSet(state.run.events), start: null });
      };
      this.change("learning_rate", changed, { restart: false });
      return;
    }
    this.problem = null;
    this.#sending.rateSoon(value, typed);
  }

  editParameter(index: number, value: number): void {
    this.#sending.sendParameter(index, value);
  }

  /** Edit a parameter that is being slid: what is slid on quickly is sent at a pace. */
  slideParameter(index: number, value: number): void {
    this.#sending.parameterSoon(index, value);
  }

  /** Give the network other parameters, all at once: float32 values in base64. */
  setParameters(values: string): void {
    this.record("parameters");
    this.send({ type: "change", kind: "parameters", values });
  }

  /** Do one iteration on one training example alone. */
  trainOn(row: number): void {
    this.flush();
    this.record();
    this.problem = null;
    this.send({ type: "change", kind: "row", row });
  }

  // What is asked and given.

  send(message: ClientMessage): void {
    this.#sending.send(message);
  }

  /** Send what waits, so that what is asked for next finds it. */
  flush(): void {
    this.#sending.flush();
  }

  /** Learn from a person's own table from now on. */
  giveTable(table: GiveTable): void {
    this.flush();
    this.#transport.send(table);
  }

  /** A file to take away. */
  file(kind: FileKind): Promise<FileInfo> {
    this.flush();
    this.send({ type: "export", kind });
    return this.#hearing.nextFile();
  }

  close(): void {
    this.#transport.close();
  }

  // What is drawn.

  /** Call back after each frame, on the screen's beat; returns how to stop. */
  onDraw(draw: () => void): () => void {
    return this.#pictures.onDraw(draw);
  }

  redraw(): void {
    this.#pictures.redraw();
  }
}

/** Parameters that were set by hand in the network as it is now. */
function parametersSet(events: RunEvent[]): RunEvent[] {
  const begun = events.findLastIndex((event) => event.kind === "network") + 1;
  return events.slice(begun).filter(({ kind }) => kind === "parameter" || kind === "parameters");
}

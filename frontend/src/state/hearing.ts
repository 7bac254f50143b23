import type { FileInfo, Problem, RunInfo, ServerMessage, Welcome } from "../protocol/answers";
import { PROTOCOL } from "../protocol/requests";
import type { PlaygroundState } from "../protocol/state";
import { texts } from "../texts";
import type { Receiver } from "../transport/transport";
import type { Known } from "./known.svelte";
import { named, type Names } from "./names";
import type { Pictures } from "./pictures";
import { inWords } from "./said";
import { fits, type Sending } from "./sending.svelte";

/** Takes in what the experiment says. */
export class Hearing implements Receiver {
  readonly #known: Known;
  readonly #sending: Sending;
  readonly #pictures: Pictures;
  /** What the experiment is to begin with. */
  #initial: PlaygroundState | null = null;
  #welcomed = false;
  /** Who waits for files, in the order in which they were asked for. */
  #files: ((file: FileInfo) => void)[] = [];

  constructor(known: Known, sending: Sending, pictures: Pictures) {
    this.#known = known;
    this.#sending = sending;
    this.#pictures = pictures;
  }

  /** Have the experiment begin with a state. */
  beginWith(state: PlaygroundState | null): void {
    this.#initial = state;
    if (state) this.#known.state = structuredClone(state);
  }

  /** The file that was asked for last. */
  nextFile(): Promise<FileInfo> {
    return new Promise((resolve) => this.#files.push(resolve));
  }

  onOpen(): void {
    this.#known.connected = true;
    this.#sending.asked.clear();
    this.#welcomed = false;
    this.#hello(this.#initial && fits(this.#initial) ? this.#initial : null);
  }

  #hello(state: PlaygroundState | null): void {
    this.#initial = state;
    this.#sending.send({ type: "hello", protocol: PROTOCOL, state });
  }

  onLost(): void {
    this.#known.connected = false;
    this.#known.status = texts.engine.lost;
    this.#initial = this.#known.snapshot();
  }

  onFrame(buffer: ArrayBuffer): void {
    this.#pictures.take(buffer);
  }

  onMessage(message: ServerMessage): void {
    const known = this.#known;
    switch (message.type) {
      case "welcome":
        return this.#welcome(message);
      case "data":
        if (known.info?.shape !== message.shape) known.frame = null;
        known.info = named(message, known.names ?? this.#colours);
        return;
      case "run":
        return this.#hearOfRun(message);
      case "problem":
        return this.#hearOfProblem(message);
      case "status":
        known.status = inWords(message.said);
        return;
      case "file":
        this.#files.shift()?.(message);
        return;
      case "trace":
        known.trace = message;
        return;
      case "nudge":
        known.nudge = message;
        return;
      case "probe":
        known.probe = message;
        return;
      case "example":
        known.example = message;
        return;
      case "batch":
        known.batch = message;
        return;
      case "rows":
        known.rows = message;
        return;
      case "descent":
        known.descent = message;
    }
  }

  #welcome({ state, file, file_columns }: Welcome): void {
    if (this.#welcomed) this.#takeTable(state);
    this.#welcomed = true;
    this.#known.columns = file_columns;
    this.#known.table = file;
    this.#known.status = "";
    this.#known.state = state;
    this.#initial = state;
  }

  /** A welcome in the middle of a conversation comes with a table: a step of undo. */
  #takeTable(state: PlaygroundState): void {
    this.#known.problem = null;
    const [before, after] = [JSON.stringify(this.#known.state.data), JSON.stringify(state.data)];
    if (before !== after) this.#known.record();
  }

  /** Classes of data that are drawn are called by the colours of their points. */
  get #colours(): Names | null {
    return this.#known.state.data.source === "file" ? null : { features: [], labels: texts.data.colours };
  }

  #hearOfRun(message: RunInfo): void {
    const known = this.#known;
    const hasMoved = message.run.iteration !== known.frame?.header.iteration;
    this.#sending.asked.answered({ isPlaying: message.playing, hasMoved });
    if (!this.#sending.decidesRun) this.#takeRun(message);
    known.furthest = message.furthest;
    known.playing = message.playing;
    known.reason = message.stopped;
    known.anew = message.anew;
    if (message.branched) known.curve.truncate(message.furthest);
    known.address.keep();
    this.#pictures.redraw();
  }

  /** Take over what holds now; what is still to be sent holds already. */
  #takeRun({ run, network, training }: RunInfo): void {
    this.#known.state.run = run;
    if (this.#sending.isAhead) return;
    this.#known.state.network = network;
    this.#known.state.training = training;
  }

  #hearOfProblem(problem: Problem): void {
    const known = this.#known;
    this.#sending.asked.refused();
    this.#sending.rate = null;
    const message = inWords(problem.said) || problem.message;
    if (problem.kind === "message" && !this.#welcomed && this.#initial) {
      known.say(texts.engine.link(message));
      this.#hello(null);
      return;
    }
    known.problem = { ...problem, message };
    if (problem.kind === "diverged" || problem.kind === "state") known.playing = false;
  }
}

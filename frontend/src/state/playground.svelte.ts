import { untrack } from "svelte";
import type {
  Anew,
  BatchInfo,
  ColumnInfo,
  DataInfo,
  DescentInfo,
  ExampleInfo,
  FileInfo,
  NudgeInfo,
  Problem,
  RunInfo,
  ProbeInfo,
  RowsInfo,
  Said,
  ServerMessage,
  TraceInfo,
  Welcome,
} from "../protocol/answers";
import { MAX_MESSAGE_BYTES } from "../protocol/limits";
import { PROTOCOL, type ClientMessage, type FileKind, type GiveTable } from "../protocol/requests";
import { DEFAULT_STATE, type FileChoice, type Hideable, type RunEvent, type PlaygroundState } from "../protocol/state";
import { unpack, type Frame, type Header } from "../transport/frame";
import type { Receiver, Transport } from "../transport/transport";
import { texts } from "../texts";
import { sentenceOf } from "../experiment/refusal";
import { Curve } from "./curve";
import { History } from "./history.svelte";
import { joined, liveChange, type LiveChange } from "./live";
import { hashOf, linkOf, noteLeft, writeState } from "./address";

const NUMBERS_MS = 100;
const SEND_MS = 50;
const LINK_MS = 1000;
/** A learning rate that is slid while it trains counts where it comes to rest. */
const REST_MS = 200;
/** Requests that are answered with news of the run, once each, after those before them. */
const ANSWERED: readonly ClientMessage["type"][] = ["hello", "set_state", "play", "pause", "reset", "change"];
/** Requests that are answered where they lead to, unless another one comes before that. */
const LEADING: readonly ClientMessage["type"][] = ["step", "seek"];

declare global {
  interface Window {
    /** How long the last frame took to draw, for whoever measures. */
    walnetDrawMs?: number;
  }
}

type Connect = (receiver: Receiver) => Transport;

/** Everything a page knows about its experiment, and everything it can ask of it.
 *
 * `state` is the one serialisable truth. Frames change 60 times a second and are not
 * reactive: drawings subscribe with `onDraw`; `numbers` follows at a readable pace.
 */
export class Playground implements Receiver {
  state = $state<PlaygroundState>(structuredClone(DEFAULT_STATE));
  info = $state.raw<DataInfo | null>(null);
  numbers = $state.raw<Header | null>(null);
  columns = $state.raw<ColumnInfo[]>([]);
  /** The own table that is here: the state may be of another. */
  table = $state.raw<FileChoice>(DEFAULT_STATE.data.file);
  problem = $state.raw<Problem | null>(null);
  trace = $state.raw<TraceInfo | null>(null);
  nudge = $state.raw<NudgeInfo | null>(null);
  probe = $state.raw<ProbeInfo | null>(null);
  example = $state.raw<ExampleInfo | null>(null);
  batch = $state.raw<BatchInfo | null>(null);
  rows = $state.raw<RowsInfo | null>(null);
  descent = $state.raw<DescentInfo | null>(null);
  surface = $state.raw<Frame | null>(null);
  status = $state(texts.engine.starting);
  #stopped = $state.raw<Said | null>(null);
  /** What was changed, where the run had to start anew because of it. */
  anew = $state<Anew>("");
  connected = $state(false);
  playing = $state(false);
  furthest = $state(0);
  /** Epochs a second; 0 is as fast as it goes. */
  speed = $state(10);
  /** Grows when points were re-sent, so that drawings start over. */
  dataVersion = $state(0);
  readonly history = new History();
  /** What features and labels are called, where the data have no names of their own. */
  names: { features: string[]; labels: string[] } | null = null;

  frame: Frame | null = null;
  points: Frame | null = null;
  readonly curve = new Curve();
  /** Whether frames should carry gradients. */
  wantGradients = false;
  drawMs = 0;
  drawn = 0;

  /** Something is to be sent soon. */
  #unsent = $state(false);
  #unanswered = $state.raw<ClientMessage["type"][]>([]);
  #underway = $state(false);
  /** There is news of the run, and the frame that follows it is not drawn yet. */
  #undrawn = $state(false);
  #arrived = false;

  #transport: Transport;
  /** Who waits for files, in the order in which they were asked for. */
  #files: ((file: FileInfo) => void)[] = [];
  #drawings = new Set<() => void>();
  #scheduled = false;
  #waiting = false;
  #numbersAt = 0;
  #sendTimer: ReturnType<typeof setTimeout> | undefined;
  #linkTimer: ReturnType<typeof setTimeout> | undefined;
  #rateTimer: ReturnType<typeof setTimeout> | undefined;
  #lookTimer: ReturnType<typeof setTimeout> | undefined;
  #liveTimer: ReturnType<typeof setTimeout> | undefined;
  #live: LiveChange | null = null;
  #rate = $state<number | null>(null);
  #slid = { index: 0, value: 0 };
  #slideTimer: ReturnType<typeof setTimeout> | undefined;
  #welcomed = false;
  #decided = false;
  #initial: PlaygroundState | null;
  /** Whether the page's address follows the state. */
  keepsLink: boolean;

  constructor(connect: Connect, initial: PlaygroundState | null, options: { keepsLink?: boolean } = {}) {
    this.#initial = initial;
    this.keepsLink = options.keepsLink ?? false;
    if (initial) this.state = structuredClone(initial);
    this.#transport = connect(this);
    window.addEventListener("pagehide", () => {
      if (this.keepsLink) noteLeft($state.snapshot(this.state) as PlaygroundState);
    });
  }

  // Asking.

  /** Change the state; what was learned is started over where it must be. */
  change(key: string, mutate: (state: PlaygroundState) => void, options: { restart?: boolean } = {}): void {
    this.#record(key);
    const before = $state.snapshot(this.state) as PlaygroundState;
    mutate(this.state);
    this.problem = null;
    const live = liveChange(before, $state.snapshot(this.state) as PlaygroundState);
    if (live && this.#sendTimer === undefined) {
      this.#sendLive(live);
      return;
    }
    if (options.restart ?? true) this.#go({ iteration: 0, events: [], start: null });
    this.#sendState();
  }

  /** Send what may be changed while the run goes on, once it comes to rest. */
  #sendLive(live: LiveChange): void {
    this.#live = joined(this.#live, live);
    this.#unsent = true;
    clearTimeout(this.#liveTimer);
    this.#liveTimer = setTimeout(() => this.#flushLive(), this.playing ? REST_MS : SEND_MS);
  }

  #flushLive(): void {
    const live = this.#live;
    if (!live) return;
    clearTimeout(this.#liveTimer);
    this.#live = null;
    this.#unsent = this.#sendTimer !== undefined;
    const { training, layers, stop } = $state.snapshot(live) as LiveChange;
    if (stop) this.send({ type: "stop_when", stop });
    if (Object.keys(training).length) this.send({ type: "change", kind: "training", training });
    if (layers) this.send({ type: "change", kind: "network", layers });
    this.#keepLink();
  }

  /** Keep the state as a step of undo; steps of one key in a row are one. */
  #record(key = ""): void {
    this.history.record(JSON.stringify(this.state), key);
  }

  /** Decide where the run goes: news of where it was do not count until this is sent. */
  #go(run: PlaygroundState["run"]): void {
    this.state.run = run;
    this.#decided = true;
  }

  /** Change how it is looked at: no step of undo, nothing is started over. */
  look(mutate: (view: PlaygroundState["view"]) => void): void {
    mutate(this.state.view);
    this.#lookTimer ??= setTimeout(() => this.#flushLook(), SEND_MS);
    this.#keepLink();
  }

  #flushLook(): void {
    if (this.#lookTimer === undefined) return;
    clearTimeout(this.#lookTimer);
    this.#lookTimer = undefined;
    this.send({ type: "look", view: $state.snapshot(this.state.view) });
  }

  undo(): void {
    this.#restore(this.history.undo(JSON.stringify(this.state)));
  }

  redo(): void {
    this.#restore(this.history.redo(JSON.stringify(this.state)));
  }

  /** Take over a whole state, as from a run that was kept. */
  adopt(state: PlaygroundState): void {
    this.#record();
    this.#restore(JSON.stringify(state));
  }

  /** Take over a link that was put into the page's address, with what it looks at. */
  open(state: PlaygroundState): void {
    this.adopt(state);
    this.look((view) => Object.assign(view, state.view));
  }

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
    this.flush();
    this.playing = false;
    this.problem = null;
    this.send({ type: "step", unit });
  }

  seek(iteration: number): void {
    this.flush();
    this.playing = false;
    this.problem = null;
    this.send({ type: "seek", iteration: Math.max(0, Math.round(iteration)) });
  }

  reset(): void {
    this.flush();
    if (this.furthest > 0) this.#record();
    this.playing = false;
    this.problem = null;
    this.curve.clear();
    this.send({ type: "reset" });
  }

  newSeed(): void {
    this.setSeed((this.state.network.seed + 1) % 2 ** 31);
  }

  setSeed(seed: number): void {
    this.change("", (state) => (state.network.seed = state.training.seed = seed));
  }

  /** Whether the page does not show yet what was asked for last. While it plays, it does. */
  get busy(): boolean {
    return !this.connected || this.#unsent || this.#unanswered.length > 0 || this.#underway || this.#undrawn;
  }

  /** Why training stopped by itself; empty where it did not. */
  get stopped(): string {
    return inWords(this.#stopped);
  }

  /** The learning rate that holds now. */
  get learningRate(): number {
    if (this.#rate !== null) return this.#rate;
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
    this.#rate = value;
    this.#unsent = true;
    clearTimeout(this.#rateTimer);
    this.#rateTimer = setTimeout(() => this.#sendRate(), this.playing && !typed ? REST_MS : 0);
  }

  #sendRate(): void {
    if (this.#rateTimer === undefined || this.#rate === null) return;
    clearTimeout(this.#rateTimer);
    this.#rateTimer = undefined;
    this.#unsent = this.#sendTimer !== undefined;
    this.#record("learning_rate");
    this.send({ type: "change", kind: "learning_rate", value: this.#rate });
  }

  editParameter(index: number, value: number): void {
    if (!Number.isFinite(value)) return;
    this.#record(`parameter-${index}`);
    this.send({ type: "change", kind: "parameter", value, index });
  }

  /** Do one iteration on one training example alone. */
  trainOn(row: number): void {
    this.flush();
    this.#record();
    this.problem = null;
    this.send({ type: "change", kind: "row", row });
  }

  /** Give the network other parameters, all at once: float32 values in base64. */
  setParameters(values: string): void {
    this.#record("parameters");
    this.send({ type: "change", kind: "parameters", values });
  }

  /** Edit a parameter that is being slid: what is slid on quickly is sent at a pace. */
  slideParameter(index: number, value: number): void {
    this.#slid = { index, value };
    this.#slideTimer ??= setTimeout(() => {
      this.#slideTimer = undefined;
      this.editParameter(this.#slid.index, this.#slid.value);
    }, SEND_MS);
  }

  send(message: ClientMessage): void {
    if (LEADING.includes(message.type)) this.#underway = true;
    else if (ANSWERED.includes(message.type)) {
      this.#unanswered = [...untrack(() => this.#unanswered), message.type];
      this.#underway = false;
    }
    this.#transport.send(message);
  }

  /** Learn from a person's own table from now on. */
  giveTable(table: GiveTable): void {
    this.flush();
    this.#transport.send(table);
  }

  /** A file to take away. */
  file(kind: FileKind): Promise<FileInfo> {
    this.flush();
    return new Promise((resolve) => {
      this.#files.push(resolve);
      this.send({ type: "export", kind });
    });
  }

  /** Say in a sentence what went wrong on the page itself. */
  say(message: string): void {
    this.problem = { type: "problem", message, said: null, kind: "message", iteration: null, layer: null };
  }

  close(): void {
    this.#transport.close();
  }

  /** Call back after each frame, on the screen's beat; returns how to stop. */
  onDraw(draw: () => void): () => void {
    this.#drawings.add(draw);
    this.redraw();
    return () => this.#drawings.delete(draw);
  }

  redraw(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    requestAnimationFrame(() => this.#draw());
  }

  /** Whether a part of the Play view is shown: a link can hide some. */
  shows(part: Hideable): boolean {
    return !this.state.view.hidden.includes(part);
  }

  get hash(): string {
    return hashOf($state.snapshot(this.state) as PlaygroundState);
  }

  /** A link to this very state; empty where the page has no address of its own. */
  get link(): string {
    return linkOf(this.hash);
  }

  // Hearing.

  onOpen(): void {
    this.connected = true;
    this.#unanswered = [];
    this.#underway = this.#undrawn = false;
    // A new connection brings its first frame unasked. What else comes with a welcome,
    // such as an own table, does not: an answer that is due stays due.
    this.#waiting = false;
    this.#welcomed = false;
    this.#hello(this.#initial && fits(this.#initial) ? this.#initial : null);
  }

  #hello(state: PlaygroundState | null): void {
    this.#initial = state;
    this.send({ type: "hello", protocol: PROTOCOL, state });
  }

  onLost(): void {
    this.connected = false;
    this.status = texts.engine.lost;
    this.#initial = structuredClone($state.snapshot(this.state)) as PlaygroundState;
  }

  onMessage(message: ServerMessage): void {
    switch (message.type) {
      case "welcome":
        return this.#welcome(message);
      case "data":
        if (this.info?.shape !== message.shape) this.frame = null;
        this.info = named(message, this.names ?? this.#colours);
        return;
      case "run":
        this.#hearOf(message.run.iteration, message.playing);
        if (!this.#decided) this.#takeRun(message);
        this.furthest = message.furthest;
        this.playing = message.playing;
        this.#stopped = message.stopped;
        this.anew = message.anew;
        if (message.branched) this.curve.truncate(message.furthest);
        this.#keepLink();
        this.redraw();
        return;
      case "problem":
        this.#answered();
        this.#undrawn = false;
        this.#rate = null;
        if (message.kind === "message" && !this.#welcomed && this.#initial) {
          this.say(texts.engine.link(inWords(message.said) || message.message));
          this.#hello(null);
          return;
        }
        this.problem = { ...message, message: inWords(message.said) || message.message };
        if (message.kind === "diverged" || message.kind === "state") this.playing = false;
        return;
      case "status":
        this.status = inWords(message.said);
        return;
      case "file":
        this.#files.shift()?.(message);
        return;
      case "trace":
        this.trace = message;
        return;
      case "nudge":
        this.nudge = message;
        return;
      case "probe":
        this.probe = message;
        return;
      case "example":
        this.example = message;
        return;
      case "batch":
        this.batch = message;
        return;
      case "rows":
        this.rows = message;
        return;
      case "descent":
        this.descent = message;
    }
  }

  /** Take over what holds now; what is still to be sent holds already. */
  #takeRun({ run, network, training }: RunInfo): void {
    this.state.run = run;
    if (this.#live || this.#rate !== null) return;
    this.state.network = network;
    this.state.training = training;
  }

  /** Take the oldest request as answered. */
  #answered(): ClientMessage["type"] | undefined {
    const [oldest, ...others] = this.#unanswered;
    this.#unanswered = others;
    if (!oldest) this.#underway = false;
    return oldest;
  }

  /** News of the run come before the frame that shows it; where nothing moved, none does. */
  #hearOf(iteration: number, playing: boolean): void {
    const paused = this.#answered() === "pause" && iteration === this.frame?.header.iteration;
    this.#undrawn = !playing && !paused;
    this.#arrived = false;
  }

  onFrame(buffer: ArrayBuffer): void {
    const frame = unpack(buffer);
    if (frame.kind === "data") this.#takePoints(frame);
    else if (frame.kind === "curve") this.curve.replace(frame.arrays.curve ?? []);
    else if (frame.kind === "surface") this.surface = frame;
    else this.#takeFrame(frame);
    this.redraw();
  }

  /** Classes of data that are drawn are called by the colours of their points. */
  get #colours(): Playground["names"] {
    return this.state.data.source === "file" ? null : { features: [], labels: texts.data.colours };
  }

  #welcome({ state, file, file_columns }: Welcome): void {
    if (this.#welcomed) this.#takeTable(state);
    this.#welcomed = true;
    this.columns = file_columns;
    this.table = file;
    this.status = "";
    this.state = state;
    this.#initial = state;
  }

  /** A welcome in the middle of a conversation comes with a table: a step of undo. */
  #takeTable(state: PlaygroundState): void {
    this.problem = null;
    const [before, after] = [JSON.stringify(this.state.data), JSON.stringify(state.data)];
    if (before !== after) this.#record();
  }

  #takePoints(frame: Frame): void {
    const anew = this.points?.header.generation !== frame.header.generation;
    this.points = frame;
    if (anew && this.dataVersion > 0) this.curve.clear();
    this.dataVersion++;
  }

  #takeFrame(frame: Frame): void {
    this.#waiting = true;
    this.#arrived = true;
    const h = frame.header;
    if (this.info && h.shape !== this.info.shape) return; // of the network that was before
    this.frame = frame;
    if (h.generation !== this.points?.header.generation) return;
    this.curve.push([h.iteration, h.train_cost, h.test_cost, h.train_accuracy, h.test_accuracy]);
    this.furthest = h.furthest;
  }

  #draw(): void {
    this.#scheduled = false;
    const began = performance.now();
    for (const draw of this.#drawings) draw();
    this.drawMs = performance.now() - began;
    window.walnetDrawMs = this.drawMs;
    this.drawn++;
    this.#showNumbers(began);
    if (!this.#waiting) return;
    this.#waiting = false;
    if (this.#arrived) this.#undrawn = false;
    this.send({ type: "next", gradients: this.wantGradients });
  }

  #showNumbers(now: number): void {
    if (!this.frame || (this.playing && now - this.#numbersAt < NUMBERS_MS)) return;
    this.#numbersAt = now;
    this.numbers = this.frame.header;
    if (this.#rateTimer === undefined) this.#rate = null;
    if (!this.#decided) this.state.run.iteration = this.frame.header.iteration;
    this.#keepLink();
  }

  #restore(text: string | undefined): void {
    if (text === undefined) return;
    const view = $state.snapshot(this.state.view);
    this.state = { ...(JSON.parse(text) as PlaygroundState), view };
    this.#decided = true;
    this.problem = null;
    this.#sendState();
    this.flush();
  }

  /** Send the state soon: a slider that is dragged sends 20 a second at most. */
  #sendState(): void {
    this.#sendTimer ??= setTimeout(() => this.flush(), SEND_MS);
    this.#unsent = true;
    this.#keepLink();
  }

  /** Send the state now, so that what is asked for next finds it. */
  flush(): void {
    this.#sendRate();
    this.#flushLive();
    this.#flushLook();
    if (this.#sendTimer === undefined) return;
    clearTimeout(this.#sendTimer);
    this.#sendTimer = undefined;
    this.#unsent = false;
    this.#decided = false;
    const state = $state.snapshot(this.state) as PlaygroundState;
    if (fits(state)) this.send({ type: "set_state", state });
    else this.#takeBack();
  }

  /** Undo what the server would not even read. */
  #takeBack(): void {
    this.#restore(this.history.undo(JSON.stringify(this.state)));
    this.say(texts.engine.tooMuch(MAX_MESSAGE_BYTES / 1024));
  }

  #keepLink(): void {
    if (!this.keepsLink) return;
    this.#linkTimer ??= setTimeout(() => {
      this.#linkTimer = undefined;
      if (this.keepsLink) writeState($state.snapshot(this.state) as PlaygroundState);
    }, LINK_MS);
  }
}

/** News of the data, with names in place of x1, x2, 0 and 1 where somebody has given any. */
function named(info: DataInfo, names: Playground["names"]): DataInfo {
  if (!names) return info;
  const given = names.features.length === info.features.length ? names.features : info.features;
  const rename = (name: string) => given[info.features.indexOf(name)] ?? name;
  const classes = info.classes.map((name, k) => names.labels[k] ?? name);
  return {
    ...info,
    inputs: info.inputs.map(rename),
    features: given,
    classes,
    x_label: rename(info.x_label),
    y_label: rename(info.y_label),
  };
}

/** A sentence of the worker's in the language of the page. */
function inWords(said: Said | null): string {
  return said ? sentenceOf(texts.sentences, said) : "";
}

/** Parameters that were set by hand in the network as it is now. */
function parametersSet(events: RunEvent[]): RunEvent[] {
  const begun = events.findLastIndex((event) => event.kind === "network") + 1;
  return events.slice(begun).filter(({ kind }) => kind === "parameter" || kind === "parameters");
}

/** Whether a state is small enough to be sent, with what goes around it. */
function fits(state: PlaygroundState): boolean {
  return new TextEncoder().encode(JSON.stringify(state)).length < MAX_MESSAGE_BYTES - 256;
}

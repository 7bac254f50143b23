import { Diverged } from "../engine/training.ts";
import { makeFile } from "../take_away/index.ts";
import { writeOut } from "../written/index.ts";
import type { RunInfo, Said, ServerMessage } from "../protocol/answers.ts";
import type { Change, ClientMessage, Surface, Trace } from "../protocol/requests.ts";
import { readMessage } from "./check.ts";
import type { Experiment } from "./experiment.ts";
import { pack } from "./frames.ts";
import { nudge } from "./nudge.ts";
import { Pace } from "./pace.ts";
import { Plateau } from "./plateau.ts";
import { problem, problemOf } from "./problems.ts";
import { say } from "./refusal.ts";
import { grouped, looksAtEpochs, reasonToStop } from "./stopping.ts";
import type { SurfaceWork } from "./surface.ts";
import type { OwnTable } from "./table.ts";
import { Watch } from "./watch.ts";

export type Post = (message: ServerMessage | ArrayBuffer) => void;
/** Milliseconds, from any beginning. */
export type Now = () => number;

const WORK_MS = 4;
const MEASURED_MS = 500;
const WAITS_FOR_PICTURE = 4;

/** One page's session: it trains in short slices and answers between them.
 *
 * The page pulls: a frame is made only after it acknowledged the last one, so a slow page
 * gets fewer frames and never a growing queue.
 */
export class Session {
  readonly experiment: Experiment;
  readonly #post: Post;
  readonly #now: Now;
  readonly #pace = new Pace();
  readonly #watch = new Watch();
  readonly #plateau = new Plateau();
  /** Epochs a second; 0 is as fast as it goes. */
  #speed = 0;
  #isPlaying = false;
  #goal: number | null = null;
  #frameAsked = false;
  #hasChanged = true;
  #gradients = false;
  #surface: SurfaceWork | null = null;
  #measured = { at: 0, iteration: 0 };
  #seenSpeed = 0;

  constructor(experiment: Experiment, post: Post, now: Now = () => performance.now()) {
    this.experiment = experiment;
    this.#post = post;
    this.#now = now;
  }

  /** Handle a message; what is wrong with it is said in one sentence. */
  receive(message: unknown): void {
    let read: ClientMessage;
    try {
      read = readMessage(message);
    } catch (error) {
      return this.#post(problemOf(error, "message"));
    }
    this.#guarded(() => this.#handle(read));
  }

  /** Learn from the person's own table from now on. */
  useTable(table: OwnTable): void {
    this.#guarded(() => {
      this.#stop();
      this.experiment.useTable(table);
      this.#post(this.experiment.welcome());
      this.#begin("");
    });
  }

  /** Do a slice of what is to be done; returns the milliseconds until more is due. */
  work(): number {
    if (this.#isPlaying || this.#goal !== null) this.#guarded(() => this.#trainSlice());
    if (this.#frameAsked && this.#hasChanged) this.#guarded(() => this.#sendFrame());
    if (this.#surface) this.#guarded(() => this.#workOnSurface());
    return this.#idle();
  }

  #idle(): number {
    if ((this.#frameAsked && this.#hasChanged) || this.#goal !== null || this.#surface) return 0;
    if (!this.#isPlaying) return Infinity;
    return this.#room() > 0 ? 1000 * this.#pace.wait : WAITS_FOR_PICTURE;
  }

  #guarded(call: () => void): void {
    try {
      call();
    } catch (error) {
      this.#stop();
      this.#surface = null;
      if (error instanceof Diverged) this.#sayDiverged(error);
      else this.#post(problemOf(error, "state"));
    }
  }

  #sayDiverged({ iteration, layer }: Diverged): void {
    const { timeline } = this.experiment;
    timeline.noteEnd();
    const reached = timeline.iteration + Math.max(0, iteration - timeline.training.iteration);
    this.#post(problem(say("diverged", reached, layer), "diverged", { iteration: reached, layer }));
    this.#tellRun();
    this.#hasChanged = true;
  }

  #handle(message: ClientMessage): void {
    const { experiment } = this;
    switch (message.type) {
      case "hello":
        return this.#greet(message.state ?? null);
      case "set_state":
        return this.#setState(message.state);
      case "look":
        return this.#look(message.view);
      case "stop_when":
        return experiment.stopWhen(message.stop);
      case "play":
        return this.#play(message.speed ?? 0);
      case "pause":
        this.#stop();
        return this.#tellRun();
      case "step":
        return this.#step(message.unit ?? "iteration");
      case "seek":
        return this.#seek(message.iteration);
      case "reset":
        return this.#reset();
      case "change":
        return this.#change(message);
      case "next":
        return this.#nextFrame(message.gradients ?? false);
      case "surface":
        return this.#beginSurface(message);
      default:
        this.#post(this.#answer(message));
    }
  }

  #answer(
    message: Extract<
      ClientMessage,
      { type: "trace" | "nudge" | "probe" | "descent" | "rows" | "example" | "batch" | "export" }
    >,
  ): ServerMessage {
    const { experiment } = this;
    const { iteration, training } = experiment.timeline;
    switch (message.type) {
      case "probe":
        return experiment.probe(message.x, message.y);
      case "descent":
        return experiment.descent(message.index);
      case "rows":
        return experiment.rows(message);
      case "example":
        return experiment.example(message);
      case "batch":
        return experiment.batch(message.row);
      case "export":
        return { type: "file", kind: message.kind, ...makeFile(experiment, message.kind) };
      case "nudge":
        return { type: "nudge", ...nudge(training, experiment.data, message) };
      case "trace":
        return { ...this.#writtenOut(message), iteration };
    }
  }

  #writtenOut({ example, layer = 1, neuron = 1, decimals = 3 }: Trace) {
    const { timeline, data } = this.experiment;
    const row = example === undefined ? null : Math.min(example, data.train.X.rows - 1);
    return writeOut(timeline.training, { example: row, layer, neuron, decimals });
  }

  // What messages do.

  #greet(state: Parameters<Experiment["setState"]>[0] | null): void {
    if (state) this.experiment.begin(state);
    this.#post(this.experiment.welcome());
    this.#hasChanged = false;
    this.#frameAsked = true; // also where the state cannot be trained: the next one may be
    this.#begin("");
  }

  /** Tell the page what is there, and go where the run should be. */
  #begin(anew: RunInfo["anew"]): void {
    this.experiment.prepare();
    this.#goal = this.experiment.pendingGoal();
    this.#tellData();
    this.#restart();
    this.#tellRun({ anew });
    this.#hasChanged = true;
  }

  #setState(state: Parameters<Experiment["setState"]>[0]): void {
    const { plane } = this.experiment;
    const anew = this.experiment.setState(state);
    if (anew) return this.#begin(anew);
    this.#goal = this.experiment.pendingGoal();
    if (plane !== this.experiment.plane) this.#tellData();
    this.#restart();
    this.#tellRun({ branched: true });
    this.#hasChanged = true;
  }

  #look(view: Parameters<Experiment["look"]>[0]): void {
    const { plane } = this.experiment;
    this.experiment.look(view);
    if (plane === this.experiment.plane) return;
    this.#tellData();
    this.#hasChanged = true;
  }

  #play(speed: number): void {
    this.#goal = null;
    this.#speed = speed;
    this.#restartPace();
    if (!this.#isPlaying) this.#restartWatch();
    this.#isPlaying = true;
    this.#tellRun();
  }

  #step(unit: "iteration" | "epoch"): void {
    this.#stop();
    const { timeline } = this.experiment;
    this.#goal = timeline.iteration + (unit === "iteration" ? 1 : timeline.leftOfEpoch);
  }

  #seek(iteration: number): void {
    this.#stop();
    this.#goal = this.experiment.seek(iteration);
    this.#plateau.restart();
    this.#hasChanged = true;
    if (this.#goal === null) this.#arrive();
  }

  #reset(): void {
    this.#stop();
    this.experiment.reset();
    this.#restart();
    this.#tellRun({ branched: true });
    this.#hasChanged = true;
  }

  /** Change something here, and go on playing where it plays. */
  #change(message: Change): void {
    this.#arriveBeforeChange();
    const { type: _, ...change } = message;
    const anew = this.experiment.change(change);
    if (anew) return this.#begin(anew);
    this.#plateau.restart();
    this.#restartWatch();
    this.#restartPace();
    this.#tellRun({ branched: true });
    this.#hasChanged = true;
  }

  /** Be where a rewind leads to, before something is changed there. */
  #arriveBeforeChange(): void {
    const { timeline } = this.experiment;
    if (this.#goal === null || this.#goal > timeline.furthest) return;
    timeline.advance(this.#goal - timeline.iteration);
    this.#goal = null;
  }

  #nextFrame(gradients: boolean): void {
    this.#frameAsked = true;
    if (gradients && !this.#gradients) this.#hasChanged = true;
    this.#gradients = gradients;
  }

  #beginSurface(wanted: Surface): void {
    this.#surface = this.experiment.surface(wanted);
  }

  #stop(): void {
    this.#isPlaying = false;
    this.#goal = null;
  }

  #restart(): void {
    this.#plateau.restart();
    this.#restartPace();
    this.#restartWatch();
  }

  #restartPace(): void {
    const perEpoch = this.experiment.timeline.training.iterationsPerEpoch;
    this.#pace.restart(this.#speed * perEpoch, this.#now() / 1000);
    this.#measured = { at: this.#now(), iteration: this.experiment.timeline.iteration };
  }

  #restartWatch(): void {
    this.#watch.restart(this.experiment.timeline.iteration, this.experiment.quality(), this.#now());
  }

  // What is done between messages.

  #trainSlice(): void {
    if (this.#goal === null) this.#playSlice();
    else this.#goTowards(this.#goal);
  }

  #goTowards(goal: number): void {
    const { timeline } = this.experiment;
    this.#timed(() => timeline.advance(Math.min(goal - timeline.iteration, this.#pace.most)));
    this.#hasChanged = true;
    if (timeline.iteration >= goal) this.#arrive();
  }

  #arrive(): void {
    this.#goal = null;
    this.#tellRun();
  }

  #playSlice(): void {
    const room = this.#room();
    const iterations = Math.min(this.#pace.due(this.#now() / 1000), room);
    if (iterations <= 0) return;
    const { timeline } = this.experiment;
    const begun = timeline.moment();
    let stopped: Said | null = null;
    this.#timed(() => (stopped = this.#advance(iterations)));
    this.#hasChanged = true;
    const isTooFar = this.#watch.learned(this.experiment.quality(), timeline.iteration - begun.iteration);
    if (stopped) {
      this.#stop();
      this.#tellRun({ stopped });
    } else if (isTooFar) timeline.returnTo(begun);
  }

  #room(): number {
    const { iteration, training } = this.experiment.timeline;
    return this.#watch.room(iteration, training.iterationsPerEpoch, this.#now());
  }

  #timed(train: () => void): void {
    const { timeline } = this.experiment;
    const [began, before] = [this.#now(), timeline.iteration];
    train();
    this.#pace.done(timeline.iteration - before, (this.#now() - began) / 1000);
  }

  /** Train so many iterations; returns why training stops before, else null.
   *
   * With a cost or an accuracy to reach, every epoch's end is looked at, so that the run
   * stands exactly where it first was good enough.
   */
  #advance(iterations: number): Said | null {
    const { timeline, state } = this.experiment;
    if (!looksAtEpochs(state.stop)) {
      timeline.advance(iterations);
      return null;
    }
    const goal = timeline.iteration + iterations;
    while (timeline.iteration < goal) {
      timeline.advance(Math.min(goal - timeline.iteration, timeline.leftOfEpoch));
      const isEnd = timeline.leftOfEpoch === timeline.training.iterationsPerEpoch;
      const reason = isEnd
        ? reasonToStop(state.stop, Math.round(timeline.epoch), () => this.experiment.trainScores())
        : "";
      if (reason) return reason;
    }
    return null;
  }

  #sendFrame(): void {
    this.#hasChanged = false;
    const { experiment } = this;
    const { iteration, epoch } = experiment.timeline;
    const speed = this.#isPlaying ? this.#measure() : 0;
    if (experiment.hasNewShape) this.#post(experiment.dataInfo());
    const { buffer, scores } = experiment.frame({ isPlaying: this.#isPlaying, speed, gradients: this.#gradients });
    this.#watch.shown(iteration, this.#now());
    this.#frameAsked = false;
    this.#post(buffer);
    if (!this.#isPlaying || !this.#plateau.isReached(epoch, scores.train.cost)) return;
    this.#stop();
    const epochs = grouped(this.#plateau.waited(epoch));
    this.#tellRun({ stopped: say("plateau", epochs) });
    this.#hasChanged = true;
  }

  /** Iterations a second, over the last half second or so. */
  #measure(): number {
    const { at, iteration } = this.#measured;
    const [now, here] = [this.#now(), this.experiment.timeline.iteration];
    if (now - at > MEASURED_MS) {
      this.#seenSpeed = Math.max(0, (1000 * (here - iteration)) / (now - at));
      this.#measured = { at: now, iteration: here };
    }
    return this.#seenSpeed;
  }

  #workOnSurface(): void {
    const end = this.#now() + WORK_MS;
    const { generation } = this.experiment;
    while (this.#surface && this.#now() < end) {
      if (!this.#surface.work()) continue;
      this.#post(pack("surface", { generation }, this.#surface.arrays()));
      this.#surface = null;
    }
  }

  #tellData(): void {
    this.#post(this.experiment.dataInfo());
    this.#post(this.experiment.pointsFrame());
    this.#post(this.experiment.curveFrame());
  }

  #tellRun(told: Partial<Pick<RunInfo, "branched" | "stopped" | "anew">> = {}): void {
    this.#post(
      this.experiment.runInfo({ playing: this.#isPlaying, branched: false, stopped: null, anew: "", ...told }),
    );
  }
}

import { Diverged } from "../engine/training.ts";
import type { RunInfo, Said, ServerMessage } from "../protocol/answers.ts";
import type { Change, ClientMessage } from "../protocol/requests.ts";
import type { PlaygroundState, ViewState } from "../protocol/state.ts";
import { answer, beginSurface } from "./answering.ts";
import { readMessage } from "./check.ts";
import type { Experiment } from "./experiment.ts";
import { pack } from "./frames.ts";
import { News } from "./news.ts";
import { Plateau } from "./plateau.ts";
import { problem, problemOf } from "./problems.ts";
import { say } from "./refusal.ts";
import { Slices, type Now } from "./slices.ts";
import { grouped } from "./stopping.ts";
import type { SurfaceWork } from "./surface.ts";
import type { OwnTable } from "./table.ts";

export type Post = (message: ServerMessage | ArrayBuffer) => void;

const WORK_MS = 4;
/** A way to where a run begins that takes no longer is not shown: it would only flicker. */
const UNSEEN_MS = 250;

/** One page's session: it trains in short slices and answers between them.
 *
 * The page pulls: a frame is made only after it acknowledged the last one, so a slow page
 * gets fewer frames and never a growing queue.
 */
export class Session {
  readonly experiment: Experiment;
  readonly #post: Post;
  readonly #now: Now;
  readonly #news: News;
  readonly #slices: Slices;
  readonly #plateau = new Plateau();
  #isPlaying = false;
  #goal: number | null = null;
  #isGreeted = false;
  /** Until when pictures wait for the goal. */
  #unseenUntil = 0;
  #frameAsked = false;
  #hasChanged = true;
  #gradients = false;
  #surface: SurfaceWork | null = null;

  constructor(experiment: Experiment, post: Post, now: Now = () => performance.now()) {
    this.experiment = experiment;
    this.#post = post;
    this.#now = now;
    this.#news = new News(experiment);
    this.#slices = new Slices(experiment, now);
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
      if (!this.#isGreeted) return; // what to begin with is still to come
      this.#post(this.#news.welcome());
      this.#begin("");
    });
  }

  /** Do a slice of what is to be done; returns the milliseconds until more is due. */
  work(): number {
    if (this.#isPlaying || this.#goal !== null) this.#guarded(() => this.#trainSlice());
    if (this.#frameAsked && this.#hasChanged && !this.#isUnseen) this.#guarded(() => this.#sendFrame());
    if (this.#surface) this.#guarded(() => this.#workOnSurface());
    return this.#idle();
  }

  get #isUnseen(): boolean {
    return this.#goal !== null && this.#now() < this.#unseenUntil;
  }

  #idle(): number {
    if ((this.#frameAsked && this.#hasChanged) || this.#goal !== null || this.#surface) return 0;
    return this.#isPlaying ? this.#slices.wait : Infinity;
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
        this.#surface = beginSurface(experiment, message);
        return;
      default:
        this.#post(answer(experiment, message));
    }
  }

  // What messages do.

  #greet(state: PlaygroundState | null): void {
    this.#isGreeted = true;
    if (state) this.experiment.begin(state);
    this.#post(this.#news.welcome());
    this.#hasChanged = false;
    this.#frameAsked = true; // also where the state cannot be trained: the next one may be
    this.#begin("");
  }

  /** Tell the page what is there, and go where the run should be. */
  #begin(anew: RunInfo["anew"]): void {
    this.experiment.prepare();
    this.#goal = this.experiment.pendingGoal();
    this.#unseenUntil = this.#now() + UNSEEN_MS;
    this.#tellData();
    this.#restart();
    this.#tellRun({ anew });
    this.#hasChanged = true;
  }

  #setState(state: PlaygroundState): void {
    const { plane } = this.experiment;
    const anew = this.experiment.setState(state);
    if (anew) return this.#begin(anew);
    this.#goal = this.experiment.pendingGoal();
    if (plane !== this.experiment.plane) this.#tellData();
    this.#restart();
    this.#tellRun({ branched: true });
    this.#hasChanged = true;
  }

  #look(view: ViewState): void {
    const { plane } = this.experiment;
    this.experiment.look(view);
    if (plane === this.experiment.plane) return;
    this.#tellData();
    this.#hasChanged = true;
  }

  #play(speed: number): void {
    this.#goal = null;
    this.#slices.setSpeed(speed);
    if (!this.#isPlaying) this.#slices.restartWatch();
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
    this.#restart();
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

  #stop(): void {
    this.#isPlaying = false;
    this.#goal = null;
  }

  #restart(): void {
    this.#plateau.restart();
    this.#slices.restart();
  }

  // What is done between messages.

  #trainSlice(): void {
    if (this.#goal === null) this.#playSlice();
    else this.#goTowards(this.#goal);
  }

  #goTowards(goal: number): void {
    const isThere = this.#slices.goTowards(goal);
    this.#hasChanged = true;
    if (isThere) this.#arrive();
  }

  #arrive(): void {
    this.#goal = null;
    this.#tellRun();
  }

  #playSlice(): void {
    const slice = this.#slices.play();
    if (!slice) return;
    this.#hasChanged = true;
    if (slice.stopped) this.#stopBecause(slice.stopped);
  }

  #stopBecause(stopped: Said): void {
    this.#stop();
    this.#tellRun({ stopped });
  }

  #sendFrame(): void {
    this.#hasChanged = false;
    const { epoch } = this.experiment.timeline;
    const speed = this.#isPlaying ? this.#slices.measureSpeed() : 0;
    if (this.#news.isOfNewShape) this.#post(this.#news.data());
    const moment = { isPlaying: this.#isPlaying, speed, gradients: this.#gradients, goal: this.#goal };
    const { buffer, scores } = this.#news.frame(moment);
    this.#slices.shown();
    this.#frameAsked = false;
    this.#post(buffer);
    if (!this.#isPlaying || !this.#plateau.isReached(epoch, scores.train.cost)) return;
    this.#stopBecause(say("plateau", grouped(this.#plateau.waited(epoch))));
    this.#hasChanged = true;
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
    this.#post(this.#news.data());
    this.#post(this.#news.points());
    this.#post(this.#news.curve());
  }

  #tellRun(told: Partial<Pick<RunInfo, "branched" | "stopped" | "anew">> = {}): void {
    const now = { playing: this.#isPlaying, branched: false, stopped: null, anew: "" } as const;
    this.#post(this.#news.run({ ...now, ...told }, this.#goal));
  }
}

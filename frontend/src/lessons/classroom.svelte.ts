import { getContext, setContext, untrack } from "svelte";
import type { PlaygroundState } from "../protocol/state";
import type { Playground } from "../state/playground.svelte";
import { isEmbedded } from "../state/address";
import { parameterCount } from "../state/parameters";
import { attention } from "../state/focus.svelte";
import { progress } from "../state/progress.svelte";
import { keep, recall } from "../state/store";
import { language } from "../texts/language.svelte.ts";
import { courseIn, TABLES, type Course } from "./catalogue.ts";
import { isDone } from "./check.ts";
import { LessonError, type Lesson } from "./lesson.ts";
import { quantities, rowsOf, type Focus, type Row } from "./live.ts";
import { parseLesson } from "./parse.ts";
import type { Quantities } from "./quantities.ts";
import { stateOf } from "./setup.ts";

const KEY = Symbol("classroom");
const LESSON_KEY = "walnet-lesson";
const MOST_PICKS = 50;

/** The lesson that is open, the network it speaks of, and how far its reader is. */
export class Classroom {
  /** Made with the first lesson, so that its network is the first one on screen. */
  #playground = $state.raw<Playground | null>(null);
  #make: (state: PlaygroundState) => Playground;
  course = $state.raw<Course | null>(null);
  lesson = $state.raw<Lesson | null>(null);
  /** The text of an own lesson; empty for one of the page's. */
  own = $state("");
  /** What is wrong with a file that was to be opened. */
  error = $state.raw<LessonError | null>(null);
  /** How many steps of the task are done. */
  step = $state(0);
  answer = $state(NaN);
  /** The row and the neuron whose numbers stand in the formulas. */
  follow = $state(0);
  focus = $state.raw<Focus>({ layer: 1, neuron: 0 });
  #picks: number[] = [];
  #startCost = $state(NaN);
  #explodedAt = NaN;
  /** The numbers of what was there before say nothing of what was just set up. */
  #stale: unknown = null;

  constructor(make: (state: PlaygroundState) => Playground) {
    this.#make = make;
  }

  /** The network of the lesson that is open. */
  get playground(): Playground {
    if (!this.#playground) throw new Error("no lesson is open yet");
    return this.#playground;
  }

  get running(): Playground | null {
    return this.#playground;
  }

  /** The lesson's table, where it is one of the page's or of the file. */
  get table(): [number, number, number][] {
    return this.lesson ? tableOf(this.lesson) : [];
  }

  rows = $derived.by<Row[]>(() => {
    const playground = this.#playground;
    void playground?.dataVersion;
    return rowsOf(playground?.points ?? null, this.table, playground?.info?.classes.length ?? 2);
  });

  numbers = $derived.by<Quantities | null>(() => {
    if (!this.#playground) return null;
    const { numbers, info, frame, points } = this.#playground;
    if (!numbers || !info || !frame || frame.header.generation !== points?.header.generation) return null;
    const sizes = info.layer_sizes;
    // News of a network come before the frame that shows it.
    if (frame.arrays.parameters?.length !== parameterCount(sizes)) return null;
    const layer = Math.min(this.focus.layer, sizes.length - 1);
    return quantities({
      info,
      frame,
      header: numbers,
      rows: this.rows,
      follow: this.follow,
      focus: { layer, neuron: Math.min(this.focus.neuron, sizes[layer] - 1) },
      learningRate: this.playground.learningRate,
      furthest: this.playground.furthest,
      startCost: this.#startCost,
    });
  });

  /** Whether the lesson is the one of another page, which has this page in it: not the reader's own. */
  get isGuest(): boolean {
    return isEmbedded && this.own !== "";
  }

  /** Every lesson of the page: chapters, then challenges. */
  get all(): Lesson[] {
    return this.course ? [...this.course.chapters, ...this.course.challenges] : [];
  }

  /** The chapter that comes after the open one. */
  get next(): Lesson | null {
    const chapters = this.course?.chapters ?? [];
    const at = chapters.findIndex((each) => each.id === this.lesson?.id);
    return !this.own && at >= 0 ? (chapters[at + 1] ?? null) : null;
  }

  get done(): boolean {
    return this.lesson !== null && this.step >= (this.lesson.task?.steps.length ?? 0);
  }

  /** Read the course in the page's language; the lesson that is open stays open. */
  async read(): Promise<void> {
    const course = await courseIn(language.code);
    this.course = course;
    if (this.own || !this.lesson) return;
    this.lesson = this.all.find((each) => each.id === this.lesson?.id) ?? this.lesson;
  }

  /** Open a lesson of the page; the last one, or the first, where there is none of a name. */
  async open(id = recall(LESSON_KEY)): Promise<void> {
    await this.read();
    const lesson = this.all.find((each) => each.id === id) ?? this.course?.chapters[0];
    if (!lesson) return;
    this.own = "";
    this.error = null;
    keep(LESSON_KEY, lesson.id);
    this.begin(lesson);
  }

  /** Open a lesson that is not one of the page's; what is wrong with it is said. */
  async openOwn(text: string): Promise<void> {
    await this.read();
    try {
      const lesson = parseLesson(text, Object.keys(TABLES));
      this.own = text;
      this.error = null;
      this.begin(lesson);
    } catch (error) {
      if (!(error instanceof LessonError)) throw error;
      this.error = error;
      if (!this.lesson) {
        const said = this.error;
        await this.open();
        this.error = said;
      }
    }
  }

  /** Set a lesson's network up, as it is at its start. */
  begin(lesson: Lesson): void {
    this.step = 0;
    this.answer = this.#startCost = this.#explodedAt = NaN;
    this.#picks = [];
    this.follow = lesson.setup.follow - 1;
    const [layer, neuron] = lesson.setup.neuron ?? [lesson.setup.layers.length + 1, 1];
    this.focus = { layer, neuron: neuron - 1 };
    attention.neuron = attention.link = attention.hovered = null;
    attention.example = -1;
    this.#show(stateOf(lesson, tableOf(lesson)), lesson);
    this.lesson = lesson;
  }

  #show(state: PlaygroundState, { setup }: Lesson): void {
    const playground = this.#playground;
    if (!playground) {
      this.#playground = this.#make(state);
      this.#playground.names = setup;
      this.#playground.speed = setup.speed;
      return;
    }
    playground.names = setup;
    playground.nudge = playground.probe = null;
    if (playground.playing) playground.pause();
    playground.speed = setup.speed;
    this.#stale = playground.numbers;
    playground.adopt(state);
    playground.look((view) => Object.assign(view, state.view));
    playground.history.clear();
    playground.curve.clear();
  }

  /** A row was pointed at: its numbers stand in the formulas from now on. */
  pick(row: number): void {
    if (row < 0 || row >= this.rows.length) return;
    this.follow = row;
    this.#picks = [...this.#picks.slice(1 - MOST_PICKS), row + 1];
    this.look();
  }

  /** See whether what comes next in the task is done. */
  look(): void {
    untrack(() => {
      const { lesson, numbers } = this;
      const task = lesson?.task;
      if (!task || !numbers || this.done || this.#old()) return;
      if (Number.isNaN(this.#startCost) && numbers.iteration === 0) this.#startCost = numbers.J;
      const { info, problem } = this.playground;
      const diverged = problem?.kind === "diverged";
      if (diverged) this.#explodedAt = problem.iteration ?? this.playground.furthest;
      const known = { ...numbers, edited: this.#edited(), diverged: +diverged, exploded_at: this.#explodedAt };
      const done = { answer: this.answer, picks: this.#picks, sizes: info?.layer_sizes ?? [] };
      if (!isDone(task, this.step, known, done)) return;
      this.step++;
      this.answer = NaN;
      if (this.done && !this.own) progress.mark(lesson.id);
    });
  }

  /** Whether the numbers on screen are still those of the lesson before. */
  #old(): boolean {
    if (this.#stale === null) return false;
    if (this.playground.busy || this.playground.numbers === this.#stale) return true;
    this.#stale = null;
    return false;
  }

  /** How many weights and biases stand elsewhere than at the lesson's start. */
  #edited(): number {
    const values = new Map<number, number>();
    for (const event of this.playground.state.run.events) {
      if (event.kind === "parameter") values.set(event.index, event.value);
    }
    const start = this.lesson?.setup.weights ?? [];
    return [...values].filter(([index, value]) => value !== start[index]).length;
  }
}

function tableOf({ setup }: Lesson): [number, number, number][] {
  return setup.data === "table" ? setup.table : (TABLES[setup.data] ?? []);
}

export function provideClassroom(classroom: Classroom): Classroom {
  return setContext(KEY, classroom);
}

export function useClassroom(): Classroom {
  return getContext<Classroom>(KEY);
}

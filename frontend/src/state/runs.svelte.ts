import type { PlaygroundState } from "../protocol/state";
import { ShownCurve } from "./shown_curve";
import { keep, recall } from "./store";
import type { Playground } from "./playground.svelte";

const KEY = "walnet-runs";
const MOST = 60;

export interface Run {
  id: number;
  name: string;
  state: PlaygroundState;
  iteration: number;
  epoch: number;
  trainCost: number;
  testCost: number;
  trainAccuracy: number;
  testAccuracy: number;
  sizes: number[];
  curve: ShownCurve;
  shown: boolean;
}

type Stored = Omit<Run, "curve"> & { curve: (number | null)[] };

/** The tries that were kept, with their settings, to sort, compare and restore. */
class Runs {
  list = $state.raw<Run[]>(load());

  get shown(): Run[] {
    return this.list.filter((run) => run.shown);
  }

  keep(playground: Playground): Run | null {
    const [frame, info] = [playground.frame, playground.info];
    if (!frame || !info) return null;
    const h = frame.header;
    const curve = playground.curve.copy();
    curve.truncate(h.iteration);
    const state = JSON.parse(JSON.stringify(playground.state)) as PlaygroundState;
    // While it plays, the state is a little behind the picture.
    state.run.iteration = h.iteration;
    const id = 1 + Math.max(0, ...this.list.map((run) => run.id));
    const run: Run = {
      id,
      name: `Run ${id}`,
      state,
      iteration: h.iteration,
      epoch: h.epoch,
      trainCost: h.train_cost,
      testCost: h.test_cost,
      trainAccuracy: h.train_accuracy,
      testAccuracy: h.test_accuracy,
      sizes: info.layer_sizes,
      curve,
      shown: false,
    };
    this.#set([...this.list, run].slice(-MOST));
    return run;
  }

  update(id: number, change: Partial<Run>): void {
    this.#set(this.list.map((run) => (run.id === id ? { ...run, ...change } : run)));
  }

  remove(id: number): void {
    this.#set(this.list.filter((run) => run.id !== id));
  }

  #set(list: Run[]): void {
    this.list = list;
    const stored = list.map((run) => ({ ...run, curve: run.curve.toArray().map((v) => +v.toPrecision(6)) }));
    keep(KEY, JSON.stringify(stored));
  }
}

function load(): Run[] {
  try {
    const stored = JSON.parse(recall(KEY) || "[]") as Stored[];
    return stored.map((run) => {
      const curve = new ShownCurve();
      // JSON has no NaN: it wrote null.
      curve.replace(run.curve.map((value) => value ?? NaN));
      return { ...run, curve };
    });
  } catch {
    return [];
  }
}

export const runs = new Runs();

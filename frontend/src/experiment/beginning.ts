import type { Anew } from "../protocol/answers.ts";
import type { Choice, PlaygroundState, RunState } from "../protocol/state.ts";
import { same } from "./same.ts";

/** A run that nothing was done in yet. */
export const NO_RUN: RunState = { iteration: 0, events: [], start: null };

/** What a state's run began with. */
export function startOf({ run, network, training }: PlaygroundState): Choice {
  return run.start ?? { network, training };
}

/** What of two states makes the run start anew; empty where nothing does. */
export function whatDiffers(old: PlaygroundState, made: PlaygroundState): Anew {
  if (!same(old.data, made.data)) return "data";
  const [before, after] = [startOf(old), startOf(made)];
  if (before.network.seed !== after.network.seed || before.training.seed !== after.training.seed) return "seed";
  if (before.network.initializer !== after.network.initializer) return "initializer";
  if (!same(before.network, after.network)) return "network";
  return same(before.training, after.training) ? "" : "training";
}

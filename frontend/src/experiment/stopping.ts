import type { Said } from "../protocol/answers.ts";
import type { StopChoice } from "../protocol/state.ts";
import type { Experiment } from "./experiment.ts";
import { say } from "./refusal.ts";

/** Train so many iterations; returns why training stops before, else null.
 *
 * With a cost or an accuracy to reach, every epoch's end is looked at, so that the run
 * stands exactly where it first was good enough.
 */
export function advance(experiment: Experiment, iterations: number): Said | null {
  const { timeline } = experiment;
  const goal = timeline.iteration + iterations;
  if (!looksAtEpochs(experiment.state.stop)) {
    timeline.advance(iterations);
    return null;
  }
  while (timeline.iteration < goal) {
    timeline.advance(Math.min(goal - timeline.iteration, timeline.leftOfEpoch));
    const isEnd = timeline.leftOfEpoch === timeline.training.iterationsPerEpoch;
    const reason = isEnd ? reasonToStop(experiment) : null;
    if (reason) return reason;
  }
  return null;
}

function looksAtEpochs(stop: StopChoice): boolean {
  return stop.cost > 0 || stop.accuracy > 0 || stop.epochs > 0;
}

/** Why training stops by itself at the end of an epoch; null where it does not. */
function reasonToStop(experiment: Experiment): Said | null {
  const { stop } = experiment.state;
  const epoch = Math.round(experiment.timeline.epoch);
  if (stop.epochs && epoch === stop.epochs) return say("epochsDone", grouped(epoch));
  if (!stop.cost && !stop.accuracy) return null;
  const { cost, accuracy } = experiment.trainScores();
  if (stop.cost && cost <= stop.cost) return say("costReached", stop.cost);
  if (!stop.accuracy || !(accuracy >= stop.accuracy)) return null;
  return say("accuracyReached", +(100 * stop.accuracy).toPrecision(6));
}

/** A whole number with commas between thousands. */
export function grouped(value: number): string {
  return String(Math.round(value)).replace(/\B(?=(\d{3})+$)/g, ",");
}

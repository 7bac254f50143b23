import type { Said } from "../protocol/answers.ts";
import type { StopChoice } from "../protocol/state.ts";
import { say } from "./refusal.ts";

/** Why training stops by itself at the end of an epoch; null where it does not.
 *
 * `measure` gives the cost and accuracy on the training examples.
 */
export function reasonToStop(
  stop: StopChoice,
  epoch: number,
  measure: () => { cost: number; accuracy: number },
): Said | null {
  if (stop.epochs && epoch === stop.epochs) return say("epochsDone", grouped(epoch));
  if (!stop.cost && !stop.accuracy) return null;
  const { cost, accuracy } = measure();
  if (stop.cost && cost <= stop.cost) return say("costReached", stop.cost);
  if (!stop.accuracy || !(accuracy >= stop.accuracy)) return null;
  return say("accuracyReached", +(100 * stop.accuracy).toPrecision(6));
}

export function looksAtEpochs(stop: StopChoice): boolean {
  return stop.cost > 0 || stop.accuracy > 0 || stop.epochs > 0;
}

/** A whole number with commas between thousands. */
export function grouped(value: number): string {
  return String(Math.round(value)).replace(/\B(?=(\d{3})+$)/g, ",");
}

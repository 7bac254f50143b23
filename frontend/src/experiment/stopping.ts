import type { StopChoice } from "../protocol.ts";

/** Why training stops by itself at the end of an epoch; empty where it does not.
 *
 * `measure` gives the cost and accuracy on the training examples.
 */
export function reasonToStop(
  stop: StopChoice,
  epoch: number,
  measure: () => { cost: number; accuracy: number },
): string {
  if (stop.epochs && epoch === stop.epochs) return `Stopped after ${grouped(epoch)} epochs, as asked.`;
  if (!stop.cost && !stop.accuracy) return "";
  const { cost, accuracy } = measure();
  if (stop.cost && cost <= stop.cost) return `Stopped: the training cost is at most ${stop.cost}.`;
  if (!stop.accuracy || !(accuracy >= stop.accuracy)) return "";
  return `Stopped: ${+(100 * stop.accuracy).toPrecision(6)} % of the training examples are right.`;
}

export function looksAtEpochs(stop: StopChoice): boolean {
  return stop.cost > 0 || stop.accuracy > 0 || stop.epochs > 0;
}

/** A whole number with commas between thousands. */
export function grouped(value: number): string {
  return String(Math.round(value)).replace(/\B(?=(\d{3})+$)/g, ",");
}

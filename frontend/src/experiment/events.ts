import { Training } from "../engine/training.ts";
import type { Intervention, RunEvent } from "../protocol/state.ts";
import type { Rows } from "./data.ts";

const PENALTIES = ["l1", "l2", "weight_decay"];

/** The events that stay when another one is made at its iteration.
 *
 * What came after is dropped, and so is what the new one replaces: a value that is set
 * again before anything was made of it.
 */
export function keptBy(events: readonly RunEvent[], event: RunEvent): RunEvent[] {
  const kept = events.filter((past) => past.iteration <= event.iteration);
  let settled = kept.length;
  while (settled > 0 && isValue(kept[settled - 1]) && kept[settled - 1].iteration === event.iteration) settled--;
  return kept.filter((past, i) => i < settled || !isReplaced(past, event));
}

/** Whether an event only sets values, which another one may set anew. */
function isValue(event: Intervention): boolean {
  if (event.kind === "training") return Object.keys(event.training).every((name) => PENALTIES.includes(name));
  return ["learning_rate", "parameter", "parameters"].includes(event.kind);
}

function isReplaced(past: Intervention, event: Intervention): boolean {
  if (event.kind === "parameters") return past.kind === "parameter" || past.kind === "parameters";
  if (past.kind === "parameter" && event.kind === "parameter") return past.index === event.index;
  if (past.kind === "training" && event.kind === "training") {
    return Object.keys(past.training).every((name) => name in event.training);
  }
  return past.kind === "learning_rate" && event.kind === "learning_rate";
}

/** Train one iteration on one row alone: a training of its own, on the same network. */
export function trainOnRow({ network, settings, learningRate }: Training, { X, Y }: Rows, row: number): void {
  const inputs = X.values.subarray(row * X.columns, (row + 1) * X.columns);
  const targets = Y.values.subarray(row * Y.columns, (row + 1) * Y.columns);
  network.kernels.within(() => {
    new Training(network, inputs, targets, 1, { ...settings, learningRate, batchSize: 0 }).advance(1);
  });
}

export function at(iteration: number, change: Intervention): RunEvent {
  return { ...change, iteration };
}

import { countParameters, layOut } from "../engine/layout.ts";
import { MAX_PARAMETER } from "../protocol/limits.ts";
import type { Choice, Intervention, RunEvent } from "../protocol/state.ts";
import type { Data } from "./data.ts";
import { specOf } from "./making.ts";
import { floatsOf } from "./packing.ts";
import { refusal } from "./refusal.ts";

/** Whether a change is one of the network or of how it is trained. */
export function changesChoice(change: Intervention): boolean {
  return change.kind === "training" || change.kind === "network";
}

/** What holds after a change. */
export function afterChange(choice: Choice, change: Intervention): Choice {
  const { network, training } = choice;
  switch (change.kind) {
    case "learning_rate":
      return { network, training: { ...training, learning_rate: change.value } };
    case "training":
      return { network, training: { ...training, ...change.training } };
    case "network":
      return { network: { ...network, layers: change.layers }, training };
    default:
      return choice;
  }
}

/** Refuse a change of what is not there. */
export function checkChange(change: Intervention, network: Choice["network"], data: Data): void {
  const nParameters = () => countParameters(layOut(specOf(data, network)));
  if (change.kind === "row") checkRow(change.row, data);
  if (change.kind === "parameter") checkParameter(change.index, nParameters());
  if (change.kind === "parameters") checkParameters(change.values, nParameters());
}

/** Refuse changes, as a link may bring them, of what is not there when they are made. */
export function checkedEvents(events: readonly RunEvent[], start: Choice, data: Data): RunEvent[] {
  const ordered = [...events].sort((a, b) => a.iteration - b.iteration);
  let choice = start;
  for (const event of ordered) {
    choice = afterChange(choice, event);
    checkChange(event, choice.network, data);
  }
  return ordered;
}

/** Refuse a parameter that the network has not got. */
export function checkParameter(index: number, nParameters: number): void {
  if (index >= nParameters) throw refusal("noParameter", index);
}

/** Refuse parameters of another network, and such as no network can have. */
function checkParameters(values: string, nParameters: number): void {
  const given = floatsOf(values);
  if (given.length !== nParameters) {
    throw refusal("parameterCount", nParameters, given.length);
  }
  if (!given.every((value) => Math.abs(value) <= MAX_PARAMETER)) {
    throw refusal("parameterRange", MAX_PARAMETER);
  }
}

function checkRow(row: number, data: Data): void {
  if (row >= data.train.X.rows) throw refusal("fewTraining", data.train.X.rows);
}

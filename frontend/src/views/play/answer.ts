import type { DataInfo, ProbeInfo } from "../../protocol/answers";
import { readable } from "../../state/words";
import { texts } from "../../texts";

/** What the network answers at a place, in words. */
export function answerAt({ inputs, activations }: ProbeInfo, { task, classes }: DataInfo): string {
  const out = activations.at(-1) ?? [];
  const where = inputs.length <= 3 ? texts.map.at(inputs.map((v) => readable(v)).join(", ")) : "";
  if (task === "regression") return texts.map.predicts(readable(out[0])) + where;
  const best = out.length === 1 ? (out[0] >= 0.5 ? 1 : 0) : out.indexOf(Math.max(...out));
  const share = out.length === 1 ? (best ? out[0] : 1 - out[0]) : out[best];
  return texts.map.sure(classes[best], readable(100 * share)) + where;
}

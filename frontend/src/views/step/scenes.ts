import type { WrittenStage } from "../../protocol/answers";

export type StageName = WrittenStage["name"];
export const STAGES: readonly StageName[] = ["feed_forward", "cost", "back_propagation", "update"];

/** One scene of the film of an iteration: what happens in a layer at a stage. */
export interface Scene {
  stage: StageName;
  layer: number;
}

/** The order in which an iteration happens: forward, cost, back, then the update of all weights. */
export function scenesOf(sizes: number[]): Scene[] {
  const layers = sizes.slice(1).map((_, i) => i + 1);
  const last = layers.length;
  return [
    ...layers.map((layer): Scene => ({ stage: "feed_forward", layer })),
    { stage: "cost", layer: last },
    ...[...layers].reverse().map((layer): Scene => ({ stage: "back_propagation", layer })),
    { stage: "update", layer: last },
  ];
}

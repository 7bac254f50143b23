import type { LayerState, LiveTraining, PlaygroundState, StopChoice } from "../protocol/state";

/** What was changed of a state that may be changed while its run goes on. */
export interface LiveChange {
  training: Partial<LiveTraining>;
  layers: LayerState[] | null;
  stop: StopChoice | null;
}

/** What differs between two states, or null where it makes the run start anew. */
export function liveChange(before: PlaygroundState, after: PlaygroundState): LiveChange | null {
  const seeds = (state: PlaygroundState) => {
    const { network, training, data } = state;
    return [data, network.seed, network.initializer, training.seed, training.learning_rate];
  };
  if (differ(seeds(before), seeds(after))) return null;
  const names = Object.keys(after.training) as (keyof LiveTraining)[];
  const changed = names.filter((name) => differ(before.training[name], after.training[name]));
  const found = {
    training: Object.fromEntries(changed.map((name) => [name, after.training[name]])) as Partial<LiveTraining>,
    layers: differ(before.network.layers, after.network.layers) ? after.network.layers : null,
    stop: differ(before.stop, after.stop) ? after.stop : null,
  };
  return changed.length || found.layers || found.stop ? found : null;
}

/** Both changes, the later one where they speak of the same. */
export function joined(earlier: LiveChange | null, later: LiveChange): LiveChange {
  if (!earlier) return later;
  return {
    training: { ...earlier.training, ...later.training },
    layers: later.layers ?? earlier.layers,
    stop: later.stop ?? earlier.stop,
  };
}

function differ(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) !== JSON.stringify(b);
}

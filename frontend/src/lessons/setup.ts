import { DEFAULT_STATE, type PlaygroundState } from "../protocol/state.ts";
import type { Lesson } from "./lesson.ts";

/** The playground's state at the start of a lesson. */
export function stateOf({ setup }: Lesson, table: [number, number, number][]): PlaygroundState {
  const state = structuredClone(DEFAULT_STATE);
  Object.assign(state.data, {
    source: table.length ? "drawn" : setup.data,
    points: table,
    size: setup.rows,
    noise: setup.noise,
    seed: setup.data_seed,
    test_share: setup.test_share,
  });
  state.network.layers = structuredClone(setup.layers);
  state.network.seed = state.training.seed = setup.seed;
  Object.assign(state.training, {
    cost: setup.cost,
    learning_rate: setup.learning_rate,
    batch_size: setup.batch,
    optimizer: setup.optimizer,
  });
  state.run.events = setup.weights.map((value, index) => ({ iteration: 0, kind: "parameter", value, index }));
  state.view.show_test = setup.test_share > 0;
  return state;
}

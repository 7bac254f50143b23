import { decays } from "../../engine/facts";
import { DEFAULT_STATE, type PlaygroundState } from "../../protocol/state";
import { COST_NAMES, INITIALIZERS, OPTIMIZERS } from "../../state/words";

const UPDATES: Record<string, string> = Object.fromEntries(OPTIMIZERS);
const STARTS: Record<string, string> = Object.fromEntries(INITIALIZERS);

/** The settings of a run: the most important ones, and all that are not as usual. */
export function describe(state: PlaygroundState, sizes: number[]): string {
  const { training, network } = state;
  const activations = [...new Set(network.layers.map((layer) => layer.activation))].join(", ");
  const main = [
    ...dataParts(state),
    `${sizes.join("–")} ${activations}`.trim(),
    `rate ${training.learning_rate}`,
    `batch ${training.batch_size || "all"}`,
    UPDATES[training.optimizer],
    `seed ${network.seed}`,
  ];
  return [...main, ...unusual(state)].join(", ");
}

function dataParts({ data }: PlaygroundState): string[] {
  const usual = DEFAULT_STATE.data;
  const share = data.test_share !== usual.test_share ? [`${Math.round(100 * data.test_share)} % for testing`] : [];
  if (data.source === "file") return [`${data.file.name}: ${data.file.target}`, ...share];
  if (data.source === "drawn") return [`${data.points.length} drawn points`, ...share];
  const made: [boolean, string][] = [
    [data.source === "blobs" && data.classes !== usual.classes, `${data.classes} classes`],
    [data.size !== usual.size, `${data.size} examples`],
    [data.noise !== usual.noise, `noise ${data.noise}`],
    [data.seed !== usual.seed, `sample ${data.seed}`],
  ];
  return [data.source, ...chosen(made), ...share];
}

function unusual({ training, network, run }: PlaygroundState): string[] {
  const rates = network.layers.map((layer) => layer.dropout);
  const isDecay = decays(training.optimizer) && training.weight_decay !== DEFAULT_STATE.training.weight_decay;
  const changes = run.events.length;
  return chosen([
    [training.cost !== "auto", COST_NAMES[training.cost]],
    [training.l1 > 0, `L1 ${training.l1}`],
    [training.l2 > 0, `L2 ${training.l2}`],
    [isDecay, `weight decay ${training.weight_decay}`],
    [rates.some((rate) => rate > 0), `dropout ${[...new Set(rates)].join(", ")}`],
    [network.initializer !== "auto", `${STARTS[network.initializer]} start`],
    [training.seed !== network.seed, `order ${training.seed}`],
    [changes > 0, `${changes} ${changes === 1 ? "change" : "changes"} by hand`],
  ]);
}

function chosen(parts: [boolean, string][]): string[] {
  return parts.filter(([differs]) => differs).map(([, text]) => text);
}

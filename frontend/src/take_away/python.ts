// Python that repeats a run of the page to the last bit, and checks that it did.
import type { Experiment } from "../experiment/experiment.ts";
import { trainRows } from "../experiment/examples.ts";
import { sharesState } from "../experiment/going_on.ts";
import { afterChange } from "../experiment/interventions.ts";
import { makeNetwork, maker, settingsOf } from "../experiment/making.ts";
import type { Choice, DataState, RunEvent } from "../protocol/state.ts";
import { bytesOf } from "./model_file.ts";
import { sha256 } from "./sha256.ts";

/** The file that a script reads where its examples are not drawn by walnet. */
export const EXAMPLES = "examples.csv";

/** Whether the script reads its examples from a file. */
export function needsExamples({ state: { data } }: Experiment): boolean {
  return data.source === "file" || data.derived.length > 0;
}

export function pythonCode(experiment: Experiment): string {
  const run = runLines(experiment);
  const parts = [
    '"""Repeats a run of walnet\'s playground, to the last bit."""',
    imports(experiment).join("\n"),
    dataLines(experiment).join("\n"),
    ...(run.some((line) => line.includes("carried(")) ? [CARRIED] : []),
    run.join("\n"),
    checkLines(experiment).join("\n"),
  ];
  return `${parts.join("\n\n")}\n`;
}

/** A network of other sizes that goes on from one: where both have a weight, with it. */
const CARRIED = `
def carried(old, new):
    """Return the new network with what both have of weights and biases."""
    common = min(old.n_layers, new.n_layers) - (old.n_layers != new.n_layers)
    pairs = zip(old.weights, old.biases, new.weights, new.biases)
    for W_old, b_old, W, b in list(pairs)[:common]:
        n, m = (min(sides) for sides in zip(W_old.shape, W.shape))
        W[:n, :m], b[:n] = W_old[:n, :m], b_old[:n]
    return new
`;

function imports(experiment: Experiment): string[] {
  const givesAll = experiment.timeline.events.some((event) => event.kind === "parameters");
  const usesArrays = givesAll || needsExamples(experiment) || experiment.state.data.source === "drawn";
  return [
    ...(givesAll ? ["import base64"] : []),
    "import hashlib",
    "",
    ...(usesArrays ? ["import numpy as np", ""] : []),
    "import walnet",
  ];
}

function dataLines(experiment: Experiment): string[] {
  const { data } = experiment.state;
  if (needsExamples(experiment)) return fileLines(experiment);
  const n = trainRows(data.source === "drawn" ? data.points.length : data.size, data.test_share);
  const made = data.source === "drawn" ? drawnLines(experiment) : [generatedLine(data)];
  return [...made, `X_train, y_train = X[:${n}], y[:${n}]`, `X_test, y_test = X[${n}:], y[${n}:]`];
}

function generatedLine(data: DataState): string {
  const classes = data.source === "blobs" ? `, classes=${data.classes}` : "";
  return `X, y = walnet.datasets.${data.source}(n=${data.size}, noise=${data.noise}, seed=${data.seed}${classes})`;
}

/** The points in the order in which they are learned from. */
function drawnLines({ data: { examples } }: Experiment): string[] {
  const { train, test, classes } = examples;
  const rows = [train, test].flatMap(({ features, targets }) =>
    Array.from({ length: features.rows }, (_, i) => {
      const place = Array.from(features.values.subarray(2 * i, 2 * i + 2));
      const labels = Array.from(targets.values.subarray(i * targets.columns, (i + 1) * targets.columns));
      return [...place, targets.columns > 1 ? labels.indexOf(1) : labels[0]];
    }),
  );
  const kind = classes.length ? ".astype(int)" : "";
  return [
    "points = np.array([",
    ...rows.map((row) => `    [${row.join(", ")}],`),
    "])",
    `X, y = points[:, :2], points[:, 2]${kind}`,
  ];
}

function fileLines({ data }: Experiment): string[] {
  const inputs = data.inputs.length;
  return [
    `# ${EXAMPLES} comes from the same page; its first column is 1 for examples to test with.`,
    `rows = np.loadtxt("${EXAMPLES}", delimiter=",", skiprows=1, dtype=np.float32)`,
    "train = rows[rows[:, 0] == 0]",
    `X_train, y_train = train[:, 1:${inputs + 1}], train[:, ${inputs + 1}:]`,
  ];
}

/** Network and settings, then training with what was changed by hand on the way. */
function runLines(experiment: Experiment): string[] {
  const { timeline } = experiment;
  let choice = timeline.start;
  const lines = [...networkLines(experiment, choice, "network = "), ...settingsLines(experiment, choice), NEW_TRAINING];
  let here = 0;
  for (const event of timeline.events) {
    if (event.iteration > timeline.iteration) break;
    lines.push(...advance(event.iteration - here));
    here = event.iteration;
    const next = afterChange(choice, event);
    lines.push(...eventLines(experiment, event, choice, next));
    choice = next;
  }
  return [...lines, ...advance(timeline.iteration - here)];
}

const NEW_TRAINING = "training = walnet.Training(network, X_train, y_train, settings)";

function eventLines(experiment: Experiment, event: RunEvent, before: Choice, after: Choice): string[] {
  switch (event.kind) {
    case "learning_rate":
      return [`training.learning_rate = ${event.value}`];
    case "parameter":
      return [`network.parameters[${event.index}] = ${event.value}`];
    case "parameters":
      return [`network.parameters[:] = np.frombuffer(base64.b64decode("${event.values}"), "<f4")`];
    case "row":
      return [
        "alone = settings.replace(batch_size=None, learning_rate=training.learning_rate)",
        `walnet.Training(network, X_train[[${event.row}]], y_train[[${event.row}]], alone).advance(1)`,
      ];
    default:
      return goOnLines(experiment, before, after);
  }
}

/** Another network or other settings: everything goes on where it can, else the weights do. */
function goOnLines(experiment: Experiment, before: Choice, after: Choice): string[] {
  const make = maker(experiment.kernels, experiment.data);
  if (sharesState(make(before), make(after))) {
    const activations = activationsOf(before) !== activationsOf(after);
    const network = activations ? networkLines(experiment, after, "network = carried(network, ", ")") : [];
    return [
      ...network,
      ...settingsLines(experiment, after),
      "state = training.state()",
      NEW_TRAINING,
      "training.restore(state)",
    ];
  }
  return [
    ...networkLines(experiment, after, "network = carried(network, ", ")"),
    ...settingsLines(experiment, after),
    NEW_TRAINING,
  ];
}

function activationsOf({ network }: Choice): string {
  return String(network.layers.map((layer) => layer.activation));
}

function networkLines({ data, kernels }: Experiment, choice: Choice, opening: string, closing = ""): string[] {
  const { spec } = makeNetwork(kernels.fresh(), data, choice);
  return [
    `${opening}walnet.Network(`,
    `    [${spec.sizes.join(", ")}],`,
    `    activation=[${spec.activations.map(quoted).join(", ")}],`,
    `    output=${quoted(spec.output)},`,
    `    initializer=${quoted(spec.initializer)},`,
    `    seed=${spec.seed},`,
    `)${closing}`,
  ];
}

function settingsLines({ data }: Experiment, choice: Choice): string[] {
  const settings = settingsOf(data, choice);
  const options: [string, string | number | null][] = [
    ["cost", quoted(settings.cost)],
    ["optimizer", quoted(settings.optimizer)],
    ["learning_rate", settings.learningRate],
    ["batch_size", settings.batchSize || null],
    ["l1", settings.l1 || null],
    ["l2", settings.l2 || null],
    ["weight_decay", settings.weightDecay],
    ["dropout", settings.dropout.some((rate) => rate > 0) ? `(${settings.dropout.join(", ")},)` : null],
    ["seed", settings.seed],
  ];
  const said = options.filter(([, value]) => value !== null);
  return ["settings = walnet.Settings(", ...said.map(([name, value]) => `    ${name}=${value},`), ")"];
}

function advance(iterations: number): string[] {
  return iterations > 0 ? [`training.advance(${iterations})`] : [];
}

function checkLines({ network, cost }: Experiment): string[] {
  return [
    `print("cost", network.cost(X_train, y_train, ${quoted(cost)}))`,
    `same = "${sha256(bytesOf(network.parameters))}"`,
    "digest = hashlib.sha256(network.parameters.tobytes()).hexdigest()",
    'print("the same bits as in the playground:", digest == same)',
  ];
}

const quoted = (text: string) => JSON.stringify(text);

import { DEFAULT_STATE, type PlaygroundState } from "../../protocol";
import type { Playground } from "../../state/playground.svelte";
import { layerPlaces } from "../../state/parameters";

/** Something to do on the live network that the page checks by itself. */
export interface Task {
  id: string;
  title: string;
  /** What there is to understand, one paragraph each. */
  text: string[];
  formula?: "neuron" | "activation" | "cost" | "chain" | "update";
  todo: string;
  setup?: (state: PlaygroundState) => void;
  /** Memory lives while the task is open. */
  done: (playground: Playground, memory: Memory) => boolean;
}

export type Memory = Record<string, number>;

function fresh(state: PlaygroundState): void {
  const start = structuredClone(DEFAULT_STATE);
  state.data = start.data;
  state.network = start.network;
  state.training = start.training;
}

function layers(state: PlaygroundState, ...neurons: number[]): void {
  state.network.layers = neurons.map((count) => ({ neurons: count, activation: "tanh" as const, dropout: 0 }));
}

function hidden(playground: Playground): number {
  return playground.state.network.layers.reduce((sum, layer) => sum + layer.neurons, 0);
}

function trainAccuracy(playground: Playground): number {
  return playground.numbers?.train_accuracy ?? 0;
}

function testAccuracy(playground: Playground): number {
  return playground.numbers?.test_accuracy ?? 0;
}

function trained(playground: Playground): boolean {
  return (playground.numbers?.iteration ?? 0) > 0;
}

function edited(playground: Playground): boolean {
  return playground.state.run.events.some((event) => event.kind === "parameter");
}

export const LESSONS: Task[] = [
  {
    id: "neuron",
    title: "A neuron",
    text: [
      "A neuron multiplies each of its inputs by a weight, adds a bias, and sends the sum through an activation function. That is all it does.",
      "This network is one single neuron. Its weights are the two lines from x1 and x2; the map shows its answer for every pair of inputs: always split by one straight line.",
    ],
    formula: "neuron",
    todo: "Click the output neuron and change its weights and bias by hand until 90 % of the training examples are right. No training!",
    setup: (state) => {
      fresh(state);
      state.data.source = "gaussians";
      state.data.noise = 0.5;
      layers(state);
      state.network.seed = 3;
    },
    done: (p) => edited(p) && !trained(p) && trainAccuracy(p) >= 0.9,
  },
  {
    id: "activation",
    title: "Activation",
    text: [
      "The activation function bends the sum. Without it (identity) many layers together could still only draw one straight line.",
      "The hidden layer here has the identity as its activation. Train it: whatever it learns, the boundary stays straight.",
    ],
    formula: "activation",
    todo: "Give the hidden layer an activation that bends, then train until more than 97 % of the training examples are right.",
    setup: (state) => {
      fresh(state);
      state.data.source = "moons";
      layers(state, 6);
      state.network.layers[0].activation = "identity";
    },
    done: (p) =>
      p.state.network.layers.some((layer) => layer.activation !== "identity") && trained(p) && trainAccuracy(p) > 0.97,
  },
  {
    id: "layers",
    title: "Layers",
    text: [
      "The neurons of a hidden layer each draw a line of their own. The next layer combines what they have drawn.",
      "One hidden neuron has one line: it cannot enclose a circle. Look at the small maps to see what each neuron has learned.",
    ],
    todo: "Add neurons to the hidden layer, and train, until more than 97 % of the training examples are right.",
    setup: (state) => {
      fresh(state);
      layers(state, 1);
    },
    done: (p) => hidden(p) >= 2 && trained(p) && trainAccuracy(p) > 0.97,
  },
  {
    id: "random",
    title: "Random start",
    text: [
      "Before training the weights are random numbers, and so are the first predictions. The random numbers come from a seed: the same seed gives the same start, always.",
      "Feed-forward: the inputs go through layer after layer, and out comes a prediction, right or wrong.",
    ],
    todo: "Press New seed three times and compare the first predictions. Then press Iteration once and see how little one update changes.",
    setup: (state) => {
      fresh(state);
      state.data.source = "moons";
      state.network.seed = 0;
    },
    done: (p) => p.state.network.seed >= 3 && p.numbers?.iteration === 1,
  },
  {
    id: "cost",
    title: "The cost",
    text: [
      "How wrong is the network? The cost says it in one number. Here it is the mean squared error: the difference of original and predicted label, squared, averaged over the examples.",
      "Training only ever tries to make this number smaller. The curve below draws it.",
    ],
    formula: "cost",
    todo: "Train until the cost on the training examples is below 0.02.",
    setup: (state) => {
      fresh(state);
      state.training.cost = "mse";
      state.training.learning_rate = 0.5;
    },
    done: (p) => trained(p) && p.info?.cost === "mse" && (p.numbers?.train_cost ?? 1) < 0.02,
  },
  {
    id: "change",
    title: "What may change",
    text: [
      "The data are given. The layers are chosen by you. What training may change are the weights and the biases, nothing else.",
      "Point at a line to read its weight; click it, and its number can be edited. The cost answers at once.",
    ],
    todo: "Change one weight or bias of a hidden neuron, and make the cost smaller than it was.",
    setup: (state) => {
      fresh(state);
      state.data.source = "xor";
      layers(state, 4);
    },
    done: (p, memory) => {
      if (!p.numbers || !p.info || trained(p)) return false;
      if (!edited(p)) memory.before = p.numbers.train_cost;
      const output = layerPlaces(p.info.layer_sizes).at(-1)?.weights ?? 0;
      const hiddenEdit = p.state.run.events.some((event) => event.kind === "parameter" && event.index < output);
      return hiddenEdit && p.numbers.train_cost < (memory.before ?? 0);
    },
  },
  {
    id: "back",
    title: "Back-propagation",
    text: [
      "Which way must each weight go? The derivative of the cost with respect to the weight tells. Back-propagation finds all of them in one pass from the output back to the inputs, by the chain rule.",
      "There is another way to find a derivative: nudge the weight a little and see how much the cost changes. It is slow, but it cannot be wrong, so it checks the first.",
    ],
    formula: "chain",
    todo: "Open One step, choose a neuron, and press “Check by nudging”. The two numbers must agree.",
    setup: (state) => {
      fresh(state);
      layers(state, 3);
    },
    done: (p) => p.nudge?.agrees === true,
  },
  {
    id: "descent",
    title: "Gradient descent",
    text: [
      "Each update takes a small step against the derivative. The learning rate says how small.",
      "Too small, and learning takes for ever. Too large, and the steps jump over the valley. It can be changed while training runs.",
    ],
    formula: "update",
    todo: "While it trains, raise the learning rate to 10 or more and watch the curve. Then drag the curve back to before that, lower the rate to 0.1 or less, and bring the cost below 0.1.",
    setup: (state) => {
      fresh(state);
      state.training.learning_rate = 0.03;
    },
    done: (p, memory) => {
      if (!p.numbers || !trained(p)) return false;
      if (p.numbers.learning_rate >= 10) memory.raised = 1;
      return memory.raised === 1 && p.numbers.learning_rate <= 0.1 && p.numbers.train_cost < 0.1;
    },
  },
  {
    id: "loop",
    title: "The whole loop",
    text: [
      "Feed forward, measure the cost, propagate it back, update, and again: thousands of times. This is training.",
      "Nothing that happened is lost: the curve is also a time machine.",
    ],
    todo: "Train until more than 95 % of the test examples are right, then drag the curve back to the very start.",
    setup: (state) => {
      fresh(state);
      state.data.source = "moons";
      layers(state, 6, 4);
    },
    done: (p, memory) => {
      if (testAccuracy(p) > 0.95) memory.reached = 1;
      return memory.reached === 1 && p.furthest > 0 && p.numbers?.iteration === 0;
    },
  },
];

export const CHALLENGES: Task[] = [
  {
    id: "xor-2",
    title: "Xor with two",
    text: [
      "Two lines are enough to cut xor apart, if the two neurons that draw them bend the right way: a smooth activation that is not flat on one side, such as SiLU, gets there. Not every start does.",
    ],
    todo: "Xor, two hidden neurons in all: more than 90 % of the test examples.",
    setup: (state) => {
      fresh(state);
      state.data.source = "xor";
      layers(state, 2);
    },
    done: (p) => p.state.data.source === "xor" && hidden(p) <= 2 && trained(p) && testAccuracy(p) > 0.9,
  },
  {
    id: "circle-3",
    title: "Circle with three",
    text: ["A triangle is nearly a circle."],
    todo: "Circles, at most three hidden neurons: more than 97 % of the test examples.",
    setup: (state) => {
      fresh(state);
      layers(state, 3);
    },
    done: (p) => p.state.data.source === "circles" && hidden(p) <= 3 && trained(p) && testAccuracy(p) > 0.97,
  },
  {
    id: "spiral-97",
    title: "The spiral",
    text: ["The hardest of the small sets. More neurons? Another activation? Another update rule?"],
    todo: "Spirals with noise of at least 0.05: more than 97 % of the test examples.",
    setup: (state) => {
      fresh(state);
      state.data.source = "spirals";
      state.data.noise = 0.05;
    },
    done: (p) =>
      p.state.data.source === "spirals" && p.state.data.noise >= 0.05 && trained(p) && testAccuracy(p) > 0.97,
  },
  {
    id: "overfit",
    title: "Overfit, and cure",
    text: [
      "A large network learns few, noisy examples by heart: right on what it has seen, wrong on what it has not.",
      "A penalty on large weights, dropout, a smaller network, more examples or an earlier end can cure it.",
    ],
    todo: "First reach 10 points less on test than on training examples. Then, with the same noise, train at least 100 epochs to a gap below 5 points at more than 80 % on test.",
    setup: (state) => {
      fresh(state);
      state.data.source = "moons";
      state.data.size = 100;
      state.data.seed = 2;
      state.data.noise = 0.35;
      layers(state, 16, 16);
    },
    done: (p, memory) => {
      if (!trained(p) || p.state.data.noise < 0.35) return false;
      const gap = trainAccuracy(p) - testAccuracy(p);
      if (gap >= 0.1) memory.overfitted = 1;
      const long = (p.numbers?.epoch ?? 0) >= 100;
      return memory.overfitted === 1 && long && gap < 0.05 && testAccuracy(p) > 0.8;
    },
  },
  {
    id: "explode",
    title: "Make it explode",
    text: ["With a large enough learning rate each step makes things worse, faster and faster, until the numbers end."],
    todo: "Find a learning rate at which the cost becomes infinite, and rewind to before it.",
    setup: (state) => {
      fresh(state);
      state.data.source = "bumpy";
      layers(state, 8);
      state.network.layers[0].activation = "relu";
    },
    done: (p, memory) => {
      if (p.problem?.kind === "diverged") memory.exploded = p.problem.iteration ?? p.furthest;
      // To where it stood when it exploded would not be before it.
      return !p.problem && (p.numbers?.iteration ?? Infinity) < (memory.exploded ?? 0) - 1;
    },
  },
  {
    id: "dead",
    title: "A dead neuron",
    text: ["A ReLU that is negative for every example gives 0 and learns nothing any more."],
    todo: "Make a ReLU neuron die (a cross marks it).",
    setup: (state) => {
      fresh(state);
      layers(state, 6);
      state.network.layers[0].activation = "relu";
    },
    done: (p) => Array.from(p.frame?.arrays.neurons ?? []).includes(1),
  },
  {
    id: "fast",
    title: "In twenty epochs",
    text: ["A good update rule and a good rate are worth more than patience."],
    todo: "Circles: a training cost below 0.05 within twenty epochs.",
    setup: (state) => fresh(state),
    done: (p) => {
      if (p.state.data.source !== "circles" || !p.numbers) return false;
      return trained(p) && p.numbers.epoch <= 20 && p.numbers.train_cost < 0.05;
    },
  },
];

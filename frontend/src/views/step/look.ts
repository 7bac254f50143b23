import type { Link } from "../../draw/network/layout";
import type { Look } from "../../draw/network/look";
import type { BatchInfo } from "../../protocol/answers";
import { layerPlaces } from "../../state/parameters";
import { readable } from "../../state/words";
import type { Scene } from "./scenes";

/** A moving scene spends this share on the way; then its numbers stand there. */
const MOVING = 0.7;
/** As wide as the largest link gets where links show derivatives or changes. */
const WIDEST = 4;

export interface Picture {
  look: Look;
  /** Numbers on the tiles, layer by layer. */
  values: (readonly number[] | null)[];
  linkText: (link: Link) => string;
}

/** What a scene shows of the network, so far into it. */
export function pictureOf(
  scene: Scene,
  share: number,
  batch: BatchInfo,
  parameters: ArrayLike<number>,
  sizes: number[],
): Picture {
  const moved = Math.min(1, share / MOVING);
  const shown = { batch, parameters, sizes, moved, places: layerPlaces(sizes) };
  if (scene.stage === "feed_forward") return forward(scene.layer, shown);
  if (scene.stage === "back_propagation") return back(scene.layer, shown);
  return scene.stage === "cost" ? cost(shown) : update(shown);
}

interface Shown {
  batch: BatchInfo;
  parameters: ArrayLike<number>;
  sizes: number[];
  moved: number;
  places: ReturnType<typeof layerPlaces>;
}

/** The inputs and every layer's activations, as far as they are known. */
function activations({ batch }: Shown, known: number): (readonly number[] | null)[] {
  return [batch.inputs, ...batch.layers.map(({ A }, i) => (i < known ? A : null))];
}

function forward(layer: number, shown: Shown): Picture {
  const { parameters, places, moved } = shown;
  const known = activations(shown, layer);
  const place = places[layer - 1];
  const incoming = known[layer - 1] ?? [];
  const amount = (to: number, from: number) => parameters[place.weights + to * place.n_in + from] * incoming[from];
  return {
    look: {
      flow: { layer, share: moved, back: false, amount },
      lit: (each) => each < layer || (each === layer && moved >= 1),
      linksLit: (each) => each === layer,
    },
    values: moved < 1 ? activations(shown, layer - 1) : known,
    linkText: (link) => `w = ${readable(parameters[link.index], 4)}`,
  };
}

function cost(shown: Shown): Picture {
  const last = shown.sizes.length - 1;
  return {
    look: { lit: (each) => each === last, linksLit: () => false },
    values: shown.sizes.map((_, i) => (i === last ? shown.batch.layers[last - 1].A : null)),
    linkText: (link) => `w = ${readable(shown.parameters[link.index], 4)}`,
  };
}

/** The error comes back along the weights; then it stands on the neurons, and the links show their derivatives. */
function back(layer: number, shown: Shown): Picture {
  const { batch, parameters, sizes, places, moved } = shown;
  const last = sizes.length - 1;
  const next = places[layer];
  const errors = batch.layers[layer]?.dZ ?? [];
  const amount = (to: number, from: number) => parameters[next.weights + to * next.n_in + from] * errors[to];
  const there = moved >= 1 || layer === last;
  const first = there ? layer : layer + 1;
  return {
    look: {
      flow: there ? null : { layer: layer + 1, share: moved, back: true, amount },
      strengths: upTo(first, batch.gradient, parameters, places),
      lit: (each) => each >= first,
      linksLit: (each) => each >= first,
    },
    values: sizes.map((_, i) => (i >= first && i > 0 ? batch.layers[i - 1].dZ : null)),
    linkText: (link) =>
      link.layer + 1 >= first
        ? `dW = ${readable(batch.gradient[link.index])}`
        : `w = ${readable(parameters[link.index], 4)}`,
  };
}

/** Derivatives for the links from a layer on, weights for those before. */
function upTo(
  first: number,
  gradient: readonly number[],
  parameters: ArrayLike<number>,
  places: Shown["places"],
): number[] {
  const wide = widened(gradient);
  const from = places[first - 1]?.weights ?? gradient.length;
  return gradient.map((_, i) => (i >= from ? wide[i] : parameters[i]));
}

/** Numbers made so large that the largest is as wide as a link gets. */
function widened(numbers: readonly number[]): number[] {
  const largest = Math.max(1e-30, ...numbers.map(Math.abs));
  return numbers.map((number) => (WIDEST * number) / largest);
}

/** First what is added to each weight, then the weights that come of it. */
function update({ batch, parameters, sizes, moved }: Shown): Picture {
  const done = moved >= 1;
  const after = Array.from(batch.update, (change, i) => parameters[i] + change);
  return {
    look: {
      strengths: done ? after : widened(batch.update).map((change) => change * Math.min(1, 2 * moved)),
      lit: () => true,
      linksLit: () => true,
    },
    values: sizes.map(() => null),
    linkText: ({ index }) => `w: ${readable(parameters[index], 5)} → ${readable(after[index], 5)}`,
  };
}

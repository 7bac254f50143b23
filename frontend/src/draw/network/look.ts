import type { Focus, Link } from "./layout";

/** What passes along the links into a layer: forward what comes in times its weight, back the error. */
export interface Flow {
  /** The layer that the links lead to, from 1. */
  layer: number;
  /** How far it has come, 0 to 1. */
  share: number;
  back: boolean;
  /** What goes along the link from one neuron to another. */
  amount: (to: number, from: number) => number;
}

/** How a network is shown. */
export interface Look {
  focus?: Focus | null;
  link?: Link | null;
  /** What the links show instead of the weights, as wide as these: one number for each parameter. */
  strengths?: ArrayLike<number> | null;
  flow?: Flow | null;
  /** Layers of neurons that are drawn strongly, and layers of links by where they lead; the others fade. */
  lit?: (layer: number) => boolean;
  linksLit?: (layer: number) => boolean;
  /** An input's values, to be drawn into its tile as a histogram: counts from low to high. */
  histogram?: (input: number) => readonly number[] | null;
}

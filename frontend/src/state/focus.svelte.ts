import type { Focus, Link } from "../draw/network";

/** What the person is looking at: shared by the picture, the text and the tables. */
class Attention {
  /** The neuron whose numbers are open. */
  neuron = $state.raw<Focus | null>(null);
  /** The neuron or link under the pointer or the keyboard. */
  hovered = $state.raw<Focus | null>(null);
  link = $state.raw<Link | null>(null);
  /** The training example that was picked, as its row among the shown ones. */
  example = $state(-1);
}

export const attention = new Attention();

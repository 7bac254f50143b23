import type { Focus, Link } from "../draw/network/layout";
import type { SetName } from "../protocol/requests";

/** What the person is looking at: shared by the picture, the text and the tables. */
class Attention {
  /** The neuron whose numbers are open. */
  neuron = $state.raw<Focus | null>(null);
  /** The neuron or link under the pointer or the keyboard. */
  hovered = $state.raw<Focus | null>(null);
  link = $state.raw<Link | null>(null);
  /** The training example that was picked, as its row among the shown ones. */
  example = $state(-1);
  /** The example whose card is open: a row of the training or of the test data. */
  chosen = $state.raw<{ set: SetName; row: number } | null>(null);
}

export const attention = new Attention();

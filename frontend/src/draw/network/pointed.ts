import { layerPlaces } from "../../state/parameters";
import { ends, rise, whereAcross } from "./curve";
import type { Focus, Layout, Link } from "./layout";

const HIT = 7;

/** The link under the pointer, if there is one. */
export function linkAt(layout: Layout, sizes: number[], x: number, y: number): Link | null {
  let best: Link | null = null;
  let nearest = HIT;
  layerPlaces(sizes).forEach((place, layer) => {
    const [left, right] = [layout.columns[layer], layout.columns[layer + 1]];
    if (!left?.length || !right?.length) return;
    const { x0, x1 } = ends(left[0], right[0]);
    if (x < x0 || x > x1) return;
    const share = rise(whereAcross((x - x0) / (x1 - x0)));
    for (let to = 0; to < place.n_out; to++) {
      for (let from = 0; from < place.n_in; from++) {
        const distance = Math.abs(left[from].y + (right[to].y - left[from].y) * share - y);
        if (distance < nearest) {
          nearest = distance;
          best = { layer, from, to, index: place.weights + to * place.n_in + from };
        }
      }
    }
  });
  return best;
}

/** The tile under the pointer, if there is one. */
export function neuronAt(layout: Layout, x: number, y: number): Focus | null {
  for (const [layer, column] of layout.columns.entries()) {
    for (const [neuron, box] of column.entries()) {
      const half = box.size / 2 + 2;
      if (Math.abs(x - box.x) <= half && Math.abs(y - box.y) <= half) return { layer, neuron };
    }
  }
  return null;
}

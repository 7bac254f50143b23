import type { Playground } from "./playground.svelte";

const ROWS = 400;
const BINS = 9;
/** The map itself shows what two inputs are like. */
const SHOWN_BY_THE_MAP = 2;

/** How the features' values are spread over the training rows: counts from low to high; in a component. */
export class Spread {
  counts = $state.raw<number[][]>([]);

  constructor(playground: Playground) {
    $effect(() => {
      void playground.dataVersion;
      this.counts = [];
      if (!playground.connected || (playground.info?.features.length ?? 0) <= SHOWN_BY_THE_MAP) return;
      const timer = setTimeout(() => playground.send({ type: "rows", set: "train", count: ROWS }), 50);
      return () => clearTimeout(timer);
    });
    $effect(() => {
      const { rows, info } = playground;
      // A page of the table is no fair sample.
      if (!rows || !info || rows.set !== "train" || rows.rows.length < Math.min(ROWS, rows.total)) return;
      if (info.features.length <= SHOWN_BY_THE_MAP) return;
      this.counts = info.features.map((_, i) => countsOf(rows.rows.map(({ features }) => features[i])));
    });
  }
}

function countsOf(values: number[]): number[] {
  const counts = new Array<number>(BINS).fill(0);
  const [low, high] = [Math.min(...values), Math.max(...values)];
  for (const value of values) {
    counts[Math.min(BINS - 1, Math.floor(((value - low) / (high - low || 1)) * BINS))]++;
  }
  return counts;
}

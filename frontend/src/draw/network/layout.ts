/** A square tile: its middle and its side. */
export interface Box {
  x: number;
  y: number;
  size: number;
}

/** A neuron by where it stands, or an input, whose layer is 0. */
export interface Focus {
  layer: number;
  neuron: number;
}

/** A link by the layer it comes from, its two ends and its place among the parameters. */
export interface Link {
  layer: number;
  from: number;
  to: number;
  index: number;
}

/** Where everything stands: columns of square tiles from the inputs to the output. */
export interface Layout {
  width: number;
  height: number;
  columns: Box[][];
  /** How wide the inputs' names may be beside their tiles; 0 where they stand below. */
  names: number;
}

const EDGE = 8;
const NAME_LINE = 15;

export function layoutNetwork(sizes: number[], width: number, height: number): Layout {
  const largest = Math.min(width > 900 ? 76 : 54, (width / sizes.length) * 0.52);
  const margin = largest / 2 + 6;
  // Too close for a name below each tile: then the names stand beside them.
  const beside = height / sizes[0] < largest + NAME_LINE + 4 && sizes[0] > 3;
  const names = beside ? Math.min(120, width * 0.17) : 0;
  const columns = sizes.map((count, column) => {
    const share = sizes.length === 1 ? 0.5 : column / (sizes.length - 1);
    // Outputs have their names below them, the last one too.
    const below = column > 0 && column === sizes.length - 1 && count > 1 ? NAME_LINE : 0;
    const gap = Math.min(14, Math.max(2, (height / count) * 0.2));
    const size = Math.max(8, Math.min(largest, (height - 2 * EDGE - below) / count - gap));
    const first = names ? names + size / 2 : margin;
    const x = column === 0 ? first : margin + names + share * (width - 2 * margin - names);
    const pitch = Math.min(size + gap + 14, (height - size - 2 * EDGE - below) / Math.max(1, count - 1));
    const top = (height - below - pitch * (count - 1)) / 2;
    return Array.from({ length: count }, (_, i) => ({ x, y: top + i * pitch, size }));
  });
  return { width, height, columns, names };
}

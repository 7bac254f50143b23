/** Lines of equal height over a grid, by marching squares. */
export type Segment = [x0: number, y0: number, x1: number, y1: number];

/** Where a level lies between the places of a grid, row by row; in units of the grid. */
export function contour(values: ArrayLike<number>, side: number, level: number): Segment[] {
  const segments: Segment[] = [];
  for (let row = 0; row < side - 1; row++) {
    for (let column = 0; column < side - 1; column++) {
      const i = row * side + column;
      const corners = [values[i], values[i + 1], values[i + side + 1], values[i + side]];
      if (corners.every(Number.isFinite)) addCell(segments, corners, column, row, level);
    }
  }
  return segments;
}

const CORNERS = [
  [0, 0],
  [1, 0],
  [1, 1],
  [0, 1],
] as const;

function addCell(segments: Segment[], corners: number[], column: number, row: number, level: number): void {
  const crossings: [number, number][] = [];
  for (let edge = 0; edge < 4; edge++) {
    const [a, b] = [corners[edge], corners[(edge + 1) % 4]];
    if (a < level === b < level) continue;
    const share = (level - a) / (b - a);
    const [[x0, y0], [x1, y1]] = [CORNERS[edge], CORNERS[(edge + 1) % 4]];
    crossings.push([column + x0 + (x1 - x0) * share, row + y0 + (y1 - y0) * share]);
  }
  for (let i = 0; i + 1 < crossings.length; i += 2) segments.push([...crossings[i], ...crossings[i + 1]]);
}

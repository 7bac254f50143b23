import type { Extent, Place } from "../draw/boundary";

const STEP = 1 / 40;
const LEAP = 1 / 8;
const WAYS: Record<string, [number, number]> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, 1],
  ArrowDown: [0, -1],
};

export function middle({ x_range, y_range }: Extent): Place {
  return { x: (x_range[0] + x_range[1]) / 2, y: (y_range[0] + y_range[1]) / 2 };
}

/** Where an arrow key takes the cross: a fortieth of the map on, with Shift an eighth. */
export function moved(place: Place, key: string, far: boolean, { x_range, y_range }: Extent): Place | null {
  const way = WAYS[key];
  if (!way) return null;
  const share = far ? LEAP : STEP;
  return { x: along(place.x, way[0] * share, x_range), y: along(place.y, way[1] * share, y_range) };
}

function along(value: number, share: number, [low, high]: Extent["x_range"]): number {
  return Math.max(low, Math.min(high, value + share * (high - low)));
}

/** The nearest of points (x, y, x, y, …) within a share of the map, else -1. */
export function nearest(points: ArrayLike<number>, place: Place, { x_range, y_range }: Extent, reach: number): number {
  const [wide, tall] = [x_range[1] - x_range[0], y_range[1] - y_range[0]];
  let [best, closest] = [-1, reach];
  for (let i = 0; i < points.length / 2; i++) {
    const distance = Math.hypot((points[2 * i] - place.x) / wide, (points[2 * i + 1] - place.y) / tall);
    if (distance < closest) [best, closest] = [i, distance];
  }
  return best;
}

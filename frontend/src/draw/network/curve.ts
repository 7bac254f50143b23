import type { Box } from "./layout";

/** A link from the right edge of one tile to the left edge of another: a Bézier curve with both handles in the middle. */
export function ends(a: Box, b: Box): { x0: number; middle: number; x1: number } {
  const [x0, x1] = [a.x + a.size / 2, b.x - b.size / 2];
  return { x0, middle: (x0 + x1) / 2, x1 };
}

/** How far across, 0 to 1, the curve has come at t. */
function across(t: number): number {
  return 1.5 * t * (1 - t) + t ** 3;
}

/** How far from the height of its beginning to that of its end the curve has come at t. */
export function rise(t: number): number {
  return t * t * (3 - 2 * t);
}

/** A place on the curve. */
export function onLink(a: Box, b: Box, t: number): [number, number] {
  const { x0, x1 } = ends(a, b);
  return [x0 + (x1 - x0) * across(t), a.y + (b.y - a.y) * rise(t)];
}

/** The t at which the curve has come so far across. */
export function whereAcross(share: number): number {
  let [low, high] = [0, 1];
  for (let i = 0; i < 24; i++) {
    const t = (low + high) / 2;
    if (across(t) < share) low = t;
    else high = t;
  }
  return (low + high) / 2;
}

/** How wide a link of a weight is. */
export function linkWidth(weight: number): number {
  return Math.min(10, 0.5 + 2 * Math.abs(weight));
}

import { texts } from "../texts";
import type { Frame } from "../transport/frame";
import { drawFrame, within, writeUpwards, type Bounds } from "./axes";
import { fit, PixelMap } from "./canvas";
import { css, type Palette } from "./colors";
import { contour } from "./contours";
import { niceTicks, short } from "./ticks";

const LEVELS = 9;
const FINE = 260;
const MARGIN = { left: 44, right: 10, top: 8, bottom: 62 };
const picture = new PixelMap();

interface Grid {
  costs: ArrayLike<number>;
  side: number;
  low: number;
  high: number;
  /** How high a cost is between the lowest, 0, and the highest, 1: by its logarithm. */
  share: (cost: number) => number;
  /** The cost at such a height. */
  at: (share: number) => number;
}

/** Draw the cost over two directions as a landscape with contours, and the run's way over it. */
export function drawSurface(canvas: HTMLCanvasElement, frame: Frame, colours: Palette, labels: [string, string]): void {
  const context = fit(canvas);
  const { surface, path, extent } = frame.arrays;
  if (!context || !surface || !path || !extent) return;
  const [width, height] = [canvas.clientWidth, canvas.clientHeight];
  const box = within(width, height, MARGIN);
  const grid = gridOf(surface);
  context.clearRect(0, 0, width, height);
  paint(grid, colours);
  context.imageSmoothingEnabled = true;
  context.drawImage(picture.canvas, box.left, box.top, box.right - box.left, box.bottom - box.top);
  const x = (v: number) => box.left + ((v - extent[0]) / (extent[1] - extent[0])) * (box.right - box.left);
  const y = (v: number) => box.bottom - ((v - extent[2]) / (extent[3] - extent[2])) * (box.bottom - box.top);
  context.save();
  context.beginPath();
  context.rect(box.left, box.top, box.right - box.left, box.bottom - box.top);
  context.clip();
  drawContours(context, grid, box, colours);
  drawWay(context, path, x, y, colours);
  context.restore();
  drawAxes(context, box, extent, x, y, labels, colours);
  drawKey(context, grid, box, colours);
}

function gridOf(costs: ArrayLike<number>): Grid {
  let [low, high] = [Infinity, -Infinity];
  for (let i = 0; i < costs.length; i++) {
    if (!Number.isFinite(costs[i])) continue;
    low = Math.min(low, costs[i]);
    high = Math.max(high, costs[i]);
  }
  const [a, b] = [Math.log(low + 1e-9), Math.log(high + 1e-9)];
  const share = (cost: number) => (Number.isFinite(cost) ? (Math.log(cost + 1e-9) - a) / (b - a || 1) : 1);
  return { costs, side: Math.sqrt(costs.length), low, high, share, at: (height) => Math.exp(a + height * (b - a)) };
}

/** Valleys are strongly coloured; the first row of the grid is the lowest, of the picture the highest. */
function paint({ costs, side, share }: Grid, colours: Palette): void {
  const pixels = picture.resize(FINE, FINE);
  const ramp = colours.byClass[1];
  const heights = Float32Array.from(costs, share);
  for (let row = 0; row < FINE; row++) {
    const up = Math.min(side - 1.001, ((FINE - 1 - row) / (FINE - 1)) * (side - 1));
    const [above, v] = [Math.floor(up), up % 1];
    for (let column = 0; column < FINE; column++) {
      const across = Math.min(side - 1.001, (column / (FINE - 1)) * (side - 1));
      const [i, u] = [above * side + Math.floor(across), across % 1];
      const lower = heights[i] + (heights[i + 1] - heights[i]) * u;
      const upper = heights[i + side] + (heights[i + side + 1] - heights[i + side]) * u;
      const height = lower + (upper - lower) * v;
      pixels[row * FINE + column] = ramp[Math.max(0, Math.min(255, Math.round(255 * (1 - height))))];
    }
  }
  picture.flush();
}

function drawContours(context: CanvasRenderingContext2D, grid: Grid, box: Bounds, colours: Palette): void {
  const scale = grid.side - 1 || 1;
  const x = (column: number) => box.left + (column / scale) * (box.right - box.left);
  const y = (row: number) => box.bottom - (row / scale) * (box.bottom - box.top);
  context.font = "10px system-ui, sans-serif";
  context.textAlign = "center";
  context.textBaseline = "middle";
  for (let k = 1; k < LEVELS; k++) {
    const level = grid.at(k / LEVELS);
    const segments = contour(grid.costs, grid.side, level);
    context.beginPath();
    for (const [x0, y0, x1, y1] of segments) {
      context.moveTo(x(x0), y(y0));
      context.lineTo(x(x1), y(y1));
    }
    context.lineWidth = 1;
    context.globalAlpha = 0.45;
    context.strokeStyle = colours.ink;
    context.stroke();
    context.globalAlpha = 1;
    if (k % 2 || !segments.length) continue;
    const [px, py] = segments[Math.floor(segments.length * 0.37)];
    const text = short(level);
    const wide = context.measureText(text).width + 6;
    context.fillStyle = colours.halo;
    context.fillRect(x(px) - wide / 2, y(py) - 7, wide, 14);
    context.fillStyle = colours.ink;
    context.fillText(text, x(px), y(py));
  }
}

function drawAxes(
  context: CanvasRenderingContext2D,
  box: Bounds,
  extent: ArrayLike<number>,
  x: (v: number) => number,
  y: (v: number) => number,
  labels: [string, string],
  colours: Palette,
): void {
  drawFrame(context, box, colours);
  context.textBaseline = "alphabetic";
  context.textAlign = "center";
  for (const value of niceTicks(extent[0], extent[1], 4)) context.fillText(short(value), x(value), box.bottom + 13);
  context.fillText(texts.descent.moved(labels[0]), (box.left + box.right) / 2, box.bottom + 28);
  context.textAlign = "right";
  for (const value of niceTicks(extent[2], extent[3], 4)) context.fillText(short(value), box.left - 5, y(value) + 4);
  writeUpwards(context, box, 11, texts.descent.moved(labels[1]));
}

/** Which colour is which cost. */
function drawKey(context: CanvasRenderingContext2D, grid: Grid, box: Bounds, colours: Palette): void {
  const [top, tall] = [box.bottom + 38, 9];
  const ramp = colours.byClass[1];
  const wide = box.right - box.left;
  for (let i = 0; i < wide; i++) {
    context.fillStyle = css(ramp[Math.round(255 * (1 - i / wide))]);
    context.fillRect(box.left + i, top, 1.5, tall);
  }
  context.fillStyle = colours.faint;
  for (const [share, align] of [
    [0, "left"],
    [0.5, "center"],
    [1, "right"],
  ] as const) {
    context.textAlign = align;
    const text = short(grid.at(share));
    context.fillText(share ? text : `${texts.descent.up} ${text}`, box.left + share * wide, top + 21);
  }
}

/** The path's last two points are where the run is and where the next step leads. */
function drawWay(
  context: CanvasRenderingContext2D,
  path: ArrayLike<number>,
  x: (v: number) => number,
  y: (v: number) => number,
  colours: Palette,
): void {
  const count = path.length / 2;
  context.lineJoin = "round";
  for (const [colour, width] of [
    [colours.halo, 5],
    [colours.negative, 2.5],
  ] as const) {
    context.beginPath();
    for (let i = 0; i < count - 1; i++) context.lineTo(x(path[2 * i]), y(path[2 * i + 1]));
    context.lineWidth = width;
    context.strokeStyle = colour;
    context.stroke();
  }
  const [hx, hy] = [x(path[2 * count - 4]), y(path[2 * count - 3])];
  const [nx, ny] = [x(path[2 * count - 2]), y(path[2 * count - 1])];
  dot(context, x(path[0]), y(path[1]), 4, colours.halo, colours);
  arrow(context, hx, hy, nx, ny, colours);
  dot(context, hx, hy, 6, colours.ink, colours);
}

function dot(context: CanvasRenderingContext2D, x: number, y: number, r: number, fill: string, colours: Palette): void {
  context.beginPath();
  context.arc(x, y, r, 0, 2 * Math.PI);
  context.fillStyle = fill;
  context.fill();
  context.lineWidth = 2;
  context.strokeStyle = fill === colours.ink ? colours.halo : colours.ink;
  context.stroke();
}

function arrow(
  context: CanvasRenderingContext2D,
  x0: number,
  y0: number,
  x1: number,
  y1: number,
  colours: Palette,
): void {
  const length = Math.hypot(x1 - x0, y1 - y0);
  if (length < 8) return;
  const [ux, uy] = [(x1 - x0) / length, (y1 - y0) / length];
  context.beginPath();
  context.moveTo(x0, y0);
  context.lineTo(x1, y1);
  context.moveTo(x1 - 8 * ux + 5 * uy, y1 - 8 * uy - 5 * ux);
  context.lineTo(x1, y1);
  context.lineTo(x1 - 8 * ux - 5 * uy, y1 - 8 * uy + 5 * ux);
  context.lineWidth = 2;
  context.strokeStyle = colours.ink;
  context.stroke();
}

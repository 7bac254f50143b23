import type { Frame } from "../transport/frame";
import { fit, PixelMap } from "./canvas";
import type { Palette } from "./colors";
import { short } from "./curve";

const LEVELS = 14;
const picture = new PixelMap();

/** Draw the cost over two directions as bands, and the run's way over it. */
export function drawSurface(canvas: HTMLCanvasElement, frame: Frame, colours: Palette): void {
  const context = fit(canvas);
  const { surface, path, extent } = frame.arrays;
  if (!context || !surface || !path || !extent) return;
  const side = Math.sqrt(surface.length);
  const [width, height] = [canvas.clientWidth, canvas.clientHeight];
  paintBands(surface, side, colours);
  context.imageSmoothingEnabled = true;
  context.imageSmoothingQuality = "high";
  context.drawImage(picture.canvas, 0, 0, width, height);
  const x = (v: number) => ((v - extent[0]) / (extent[1] - extent[0])) * width;
  const y = (v: number) => height - ((v - extent[2]) / (extent[3] - extent[2])) * height;
  drawWay(context, path, x, y, colours);
  const [low, high] = range(surface);
  context.font = "12px system-ui, sans-serif";
  context.fillStyle = colours.halo;
  const text = `cost ${short(low)} to ${short(high)}`;
  context.fillRect(6, 6, context.measureText(text).width + 10, 20);
  context.fillStyle = colours.ink;
  context.fillText(text, 11, 20);
}

function range(values: ArrayLike<number>): [number, number] {
  let [low, high] = [Infinity, -Infinity];
  for (let i = 0; i < values.length; i++) {
    if (!Number.isFinite(values[i])) continue;
    low = Math.min(low, values[i]);
    high = Math.max(high, values[i]);
  }
  return [low, high];
}

function paintBands(surface: ArrayLike<number>, side: number, colours: Palette): void {
  const pixels = picture.resize(side, side);
  const [low, high] = range(surface);
  const [a, b] = [Math.log(low + 1e-9), Math.log(high + 1e-9)];
  const ramp = colours.byClass[1];
  for (let row = 0; row < side; row++) {
    for (let column = 0; column < side; column++) {
      const value = surface[row * side + column];
      const share = Number.isFinite(value) ? (Math.log(value + 1e-9) - a) / (b - a || 1) : 1;
      const level = Math.floor((1 - share) * LEVELS) / LEVELS;
      // The first row of the surface is the lowest; of the picture, the highest.
      pixels[(side - 1 - row) * side + column] = ramp[Math.max(0, Math.min(255, Math.round(level * 255)))];
    }
  }
  picture.flush();
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
  arrow(context, hx, hy, nx, ny, colours);
  context.beginPath();
  context.arc(x(path[0]), y(path[1]), 4, 0, 2 * Math.PI);
  context.fillStyle = colours.halo;
  context.fill();
  context.lineWidth = 2;
  context.strokeStyle = colours.ink;
  context.stroke();
  context.beginPath();
  context.arc(hx, hy, 5, 0, 2 * Math.PI);
  context.fillStyle = colours.ink;
  context.fill();
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
  if (length < 3) return;
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

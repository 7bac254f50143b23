import type { DescentInfo } from "../protocol/answers";
import { texts } from "../texts";
import { drawLevels, within, type Bounds } from "./axes";
import { fit } from "./canvas";
import type { Palette } from "./colors";
import { niceTicks, short } from "./ticks";

const MARGIN = { left: 46, right: 12, top: 14, bottom: 34 };

/** The cost along one weight: a ball where the weight is, its tangent, and the stride that comes next. */
export function drawDescent(canvas: HTMLCanvasElement, info: DescentInfo, colours: Palette): void {
  const context = fit(canvas);
  if (!context || info.values.length < 2) return;
  const [width, height] = [canvas.clientWidth, canvas.clientHeight];
  context.clearRect(0, 0, width, height);
  const box = within(width, height, MARGIN);
  const finite = info.costs.filter(Number.isFinite);
  const [low, high] = [Math.min(...finite), Math.max(...finite)];
  const margin = 0.12 * (high - low || 1);
  const range = { low: Math.max(0, low - margin), high: high + margin };
  const [first, last] = [info.values[0], info.values[info.values.length - 1]];
  const x = (value: number) => box.left + ((value - first) / (last - first)) * (box.right - box.left);
  const y = (cost: number) => box.bottom - ((cost - range.low) / (range.high - range.low)) * (box.bottom - box.top);
  axes(context, box, niceTicks(first, last, 4), niceTicks(range.low, range.high, 4), x, y, colours);
  context.save();
  context.beginPath();
  context.rect(box.left, box.top - MARGIN.top, box.right - box.left, box.bottom - box.top + MARGIN.top);
  context.clip();
  context.lineJoin = "round";
  bowl(context, info, x, y, box.bottom, colours);
  tangent(context, info, x, y, box.right - box.left, colours);
  stride(context, info, x, y, colours);
  ball(context, x(info.value), y(info.cost), colours.ink, colours);
  context.restore();
}

type Along = (value: number) => number;

function axes(
  context: CanvasRenderingContext2D,
  box: Bounds,
  across: number[],
  up: number[],
  x: Along,
  y: Along,
  colours: Palette,
): void {
  drawLevels(context, box, up, y, colours);
  context.textAlign = "center";
  for (const value of across) context.fillText(short(value), x(value), box.bottom + 15);
  context.fillText(texts.descent.across, (box.left + box.right) / 2, box.bottom + 30);
  context.textAlign = "left";
  context.fillText(texts.descent.up, 2, 10);
}

function bowl(
  context: CanvasRenderingContext2D,
  { values, costs }: DescentInfo,
  x: Along,
  y: Along,
  bottom: number,
  colours: Palette,
): void {
  const trace = () => {
    context.beginPath();
    values.forEach((value, i) => Number.isFinite(costs[i]) && context.lineTo(x(value), y(costs[i])));
  };
  trace();
  context.lineTo(x(values[values.length - 1]), bottom);
  context.lineTo(x(values[0]), bottom);
  context.globalAlpha = 0.1;
  context.fillStyle = colours.positive;
  context.fill();
  context.globalAlpha = 1;
  trace();
  context.lineWidth = 2.5;
  context.strokeStyle = colours.positive;
  context.stroke();
}

function tangent(
  context: CanvasRenderingContext2D,
  { value, cost, slope }: DescentInfo,
  x: Along,
  y: Along,
  width: number,
  colours: Palette,
): void {
  const perValue = x(1) - x(0);
  const perCost = y(1) - y(0);
  const length = 0.2 * width;
  const [dx, dy] = [perValue, slope * perCost];
  const share = length / Math.hypot(dx, dy);
  const [px, py] = [x(value), y(cost)];
  context.beginPath();
  context.moveTo(px - dx * share, py - dy * share);
  context.lineTo(px + dx * share, py + dy * share);
  context.lineWidth = 2;
  context.setLineDash([6, 4]);
  context.strokeStyle = colours.negative;
  context.stroke();
  context.setLineDash([]);
}

/** The stride of the next step, on the level, and where it lands. */
function stride(
  context: CanvasRenderingContext2D,
  { value, cost, next, next_cost }: DescentInfo,
  x: Along,
  y: Along,
  colours: Palette,
): void {
  const [px, py, nx, ny] = [x(value), y(cost), x(next), y(next_cost)];
  context.beginPath();
  context.moveTo(px, py);
  context.lineTo(nx, py);
  const head = Math.sign(nx - px) * Math.min(7, Math.abs(nx - px));
  context.moveTo(nx - head, py - 5);
  context.lineTo(nx, py);
  context.lineTo(nx - head, py + 5);
  context.lineWidth = 2.5;
  context.strokeStyle = colours.ink;
  context.stroke();
  context.beginPath();
  context.moveTo(nx, py);
  context.lineTo(nx, ny);
  context.setLineDash([2, 3]);
  context.lineWidth = 1.5;
  context.stroke();
  context.setLineDash([]);
  ball(context, nx, ny, colours.paper, colours);
}

function ball(context: CanvasRenderingContext2D, x: number, y: number, fill: string, colours: Palette): void {
  context.beginPath();
  context.arc(x, y - 6, 6, 0, 2 * Math.PI);
  context.fillStyle = fill;
  context.fill();
  context.lineWidth = 2;
  context.strokeStyle = colours.ink;
  context.stroke();
}

import type { ShownCurve } from "../state/shown_curve";
import { texts } from "../texts";
import { drawLevels, within, type Bounds } from "./axes";
import { fit } from "./canvas";
import type { Palette } from "./colors";
import { logTicks, niceTicks, rootTicks } from "./ticks";

export interface CurveOptions {
  log: boolean;
  /** The column of `ShownCurve` that is drawn: 1 cost, 3 accuracy. */
  column: 1 | 3;
  iteration: number;
  furthest: number;
  perEpoch: number;
  /** Whether the curve of the test examples is drawn too. */
  test: boolean;
  others: { curve: ShownCurve; colour: string; dash: number[] }[];
}

/** Curves behind the curve are told apart by these. */
export const DASHES = [
  [2, 3],
  [8, 3],
  [8, 3, 2, 3],
  [14, 4],
  [1, 6],
  [8, 3, 2, 3, 2, 3],
];

/** Where iterations stand on the drawing: the beginning, where most happens, has most room. */
export class CurveScale {
  constructor(
    readonly left: number,
    readonly right: number,
    readonly end: number,
  ) {}

  x(iteration: number): number {
    return this.left + Math.sqrt(iteration / this.end) * (this.right - this.left);
  }

  iterationAt(x: number): number {
    const share = Math.max(0, Math.min(1, (x - this.left) / (this.right - this.left)));
    return share * share * this.end;
  }
}

const MARGIN = { left: 46, right: 14, top: 12, bottom: 20 };

/** Draw the curve that is also the scrubber; returns where iterations stand on it. */
export function drawCurve(
  canvas: HTMLCanvasElement,
  curve: ShownCurve,
  colours: Palette,
  options: CurveOptions,
): CurveScale | null {
  const context = fit(canvas);
  if (!context) return null;
  const [width, height] = [canvas.clientWidth, canvas.clientHeight];
  context.clearRect(0, 0, width, height);
  const box = within(width, height, MARGIN);
  const curves = [curve, ...options.others.map((other) => other.curve)];
  const end = Math.max(options.perEpoch, options.furthest, ...curves.map((c) => c.last));
  const [low, high] = limits(curves, options);
  const scale = new CurveScale(box.left, box.right, end);
  const x = (i: number) => scale.x(i);
  const level = (v: number) => (options.log ? Math.log10(Math.max(v, 1e-12)) : v);
  const y = (v: number) => {
    const share = (level(v) - level(low)) / (level(high) - level(low) || 1);
    return box.bottom - Math.max(-0.02, Math.min(1.05, share)) * (box.bottom - box.top);
  };
  drawLevels(context, box, options.log ? logTicks(low, high) : niceTicks(low, high, 4), y, colours);
  drawEpochAxis(context, box, scale, options.perEpoch, colours);
  for (const other of options.others) line(context, other.curve, options.column, x, y, other.colour, 1.5, other.dash);
  if (options.test) line(context, curve, options.column + 1, x, y, colours.faint, 1.5, [5, 3]);
  line(context, curve, options.column, x, y, colours.positive, 2.25, []);
  drawCursor(context, box, x(Math.min(options.iteration, end)), colours);
  return scale;
}

function limits(curves: ShownCurve[], options: CurveOptions): [number, number] {
  if (options.column === 3) return [0, 1];
  let [low, high] = [Infinity, 0];
  for (const curve of curves) {
    for (let p = 0; p < curve.length; p++) {
      for (const column of [1, 2]) {
        const value = curve.at(p, column);
        if (!Number.isFinite(value)) continue;
        high = Math.max(high, value);
        if (value > 0) low = Math.min(low, value);
      }
    }
  }
  if (!(high > 0)) high = 1;
  if (!Number.isFinite(low)) low = high / 10;
  return options.log ? [Math.min(low, high / 2), high] : [0, high * 1.05];
}

/** Room for the number of a tick, and for the last with its unit. */
const TICK = 46;
const UNIT = 52;

function drawEpochAxis(
  context: CanvasRenderingContext2D,
  box: Bounds,
  scale: CurveScale,
  perEpoch: number,
  colours: Palette,
): void {
  context.beginPath();
  context.textAlign = "center";
  for (const epochs of rootTicks(scale.end / perEpoch, box.right - box.left, TICK)) {
    const x = scale.x(epochs * perEpoch);
    context.moveTo(x, box.bottom);
    context.lineTo(x, box.bottom + 4);
    if (x < box.right - UNIT) context.fillText(epochText(epochs), x, box.bottom + 15);
  }
  context.strokeStyle = colours.faint;
  context.stroke();
  context.textAlign = "right";
  context.fillText(texts.curve.epochs, box.right, box.bottom + 15);
}

function epochText(epochs: number): string {
  if (epochs >= 1e6) return `${+(epochs / 1e6).toPrecision(3)} M`;
  if (epochs >= 1e4) return `${+(epochs / 1e3).toPrecision(3)} k`;
  return String(+epochs.toPrecision(3));
}

/** At most two points a pixel are drawn: what the curve holds is bounded anyway. */
function line(
  context: CanvasRenderingContext2D,
  curve: ShownCurve,
  column: number,
  x: (iteration: number) => number,
  y: (value: number) => number,
  colour: string,
  width: number,
  dash: number[],
): void {
  context.beginPath();
  let pen = false;
  for (let p = 0; p < curve.length; p++) {
    const value = curve.at(p, column);
    if (!Number.isFinite(value)) {
      pen = false;
      continue;
    }
    if (pen) context.lineTo(x(curve.at(p, 0)), y(value));
    else context.moveTo(x(curve.at(p, 0)), y(value));
    pen = true;
  }
  context.setLineDash(dash);
  context.lineWidth = width;
  context.lineJoin = "round";
  context.strokeStyle = colour;
  context.stroke();
  context.setLineDash([]);
}

function drawCursor(context: CanvasRenderingContext2D, box: Bounds, x: number, colours: Palette): void {
  context.beginPath();
  context.moveTo(x, box.top - 6);
  context.lineTo(x, box.bottom);
  context.lineWidth = 2;
  context.strokeStyle = colours.ink;
  context.stroke();
  context.beginPath();
  context.arc(x, box.top - 3, 6, 0, 2 * Math.PI);
  context.fillStyle = colours.ink;
  context.fill();
}

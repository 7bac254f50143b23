import { texts } from "../texts";
import type { Frame } from "../transport/frame";
import { drawFrame, within, writeUpwards, type Bounds } from "./axes";
import { fit } from "./canvas";
import type { Palette } from "./colors";
import { addMarker } from "./markers";
import { short } from "./ticks";

const MARGIN = { left: 42, right: 10, top: 10, bottom: 34 };

/** Numbers: what was given against what is predicted; right ones lie on the diagonal. */
export function drawScatter(canvas: HTMLCanvasElement, points: Frame, frame: Frame | null, colours: Palette): void {
  const context = fit(canvas);
  const { train_targets, test_targets } = points.arrays;
  const answers = frame?.header.generation === points.header.generation ? frame?.arrays.predictions : undefined;
  if (!context || !train_targets || !answers) return;
  const [width, height] = [canvas.clientWidth, canvas.clientHeight];
  context.clearRect(0, 0, width, height);
  const [low, high] = limits(train_targets, test_targets);
  const box = within(width, height, MARGIN);
  const x = (v: number) => box.left + ((v - low) / (high - low)) * (box.right - box.left);
  const y = (v: number) => box.bottom - clamp((v - low) / (high - low)) * (box.bottom - box.top);
  axes(context, box, low, high, colours);
  context.beginPath();
  context.moveTo(x(low), y(low));
  context.lineTo(x(high), y(high));
  context.setLineDash([5, 4]);
  context.strokeStyle = colours.faint;
  context.stroke();
  context.setLineDash([]);
  const train = new Path2D();
  for (let i = 0; i < train_targets.length; i++) addMarker(train, 0, x(train_targets[i]), y(answers[i]), 3);
  context.fillStyle = colours.positive;
  context.globalAlpha = 0.75;
  context.fill(train);
  context.globalAlpha = 1;
  const test = new Path2D();
  const first = train_targets.length;
  for (let i = 0; i < (test_targets?.length ?? 0); i++) {
    addMarker(test, 0, x(test_targets![i]), y(answers[first + i]), 3.5);
  }
  context.lineWidth = 1.5;
  context.strokeStyle = colours.negative;
  context.stroke(test);
}

function clamp(share: number): number {
  return Math.max(-0.02, Math.min(1.02, share));
}

function limits(...sets: (ArrayLike<number> | undefined)[]): [number, number] {
  let [low, high] = [Infinity, -Infinity];
  for (const set of sets) {
    for (let i = 0; i < (set?.length ?? 0); i++) {
      low = Math.min(low, set![i]);
      high = Math.max(high, set![i]);
    }
  }
  const margin = 0.05 * (high - low || 1);
  return [low - margin, high + margin];
}

function axes(context: CanvasRenderingContext2D, box: Bounds, low: number, high: number, colours: Palette): void {
  drawFrame(context, box, colours);
  context.textAlign = "center";
  context.fillText(texts.labels.across(short(low), short(high)), (box.left + box.right) / 2, box.bottom + 18);
  writeUpwards(context, box, box.left - 14, texts.labels.up(short(low), short(high)));
}

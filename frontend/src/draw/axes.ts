import type { Palette } from "./colors";
import { short } from "./ticks";

/** Where what is drawn begins and ends, in pixels. */
export interface Bounds {
  left: number;
  right: number;
  top: number;
  bottom: number;
}

/** What is left of a picture within its margins. */
export function within(width: number, height: number, margin: Bounds): Bounds {
  return { left: margin.left, right: width - margin.right, top: margin.top, bottom: height - margin.bottom };
}

/** The values of the axis that goes up: each with a line across. */
export function drawLevels(
  context: CanvasRenderingContext2D,
  box: Bounds,
  ticks: number[],
  y: (value: number) => number,
  colours: Palette,
): void {
  context.font = "11px system-ui, sans-serif";
  context.fillStyle = colours.faint;
  context.strokeStyle = colours.grid;
  context.lineWidth = 1;
  context.textAlign = "right";
  context.textBaseline = "middle";
  for (const value of ticks) {
    const place = Math.round(y(value)) + 0.5;
    context.beginPath();
    context.moveTo(box.left, place);
    context.lineTo(box.right, place);
    context.stroke();
    context.fillText(short(value), box.left - 6, place);
  }
  context.textBaseline = "alphabetic";
}

/** A frame around the picture; what is written beside it is faint. */
export function drawFrame(context: CanvasRenderingContext2D, box: Bounds, colours: Palette): void {
  context.strokeStyle = colours.grid;
  context.lineWidth = 1;
  context.strokeRect(box.left, box.top, box.right - box.left, box.bottom - box.top);
  context.font = "11px system-ui, sans-serif";
  context.fillStyle = colours.faint;
}

/** The name of the axis that goes up, written upwards. */
export function writeUpwards(context: CanvasRenderingContext2D, box: Bounds, x: number, text: string): void {
  context.save();
  context.translate(x, (box.top + box.bottom) / 2);
  context.rotate(-Math.PI / 2);
  context.textAlign = "center";
  context.fillText(text, 0, 0);
  context.restore();
}

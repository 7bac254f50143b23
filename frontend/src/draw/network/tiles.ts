import type { DataInfo } from "../../protocol/answers";
import type { Frame } from "../../transport/frame";
import { PixelMap } from "../canvas";
import type { Palette } from "../colors";
import type { Box, Layout } from "./layout";
import type { Look } from "./look";

const atlas = new PixelMap();

/** Every input, and every neuron as the map it has learned. */
export function drawNeurons(
  context: CanvasRenderingContext2D,
  layout: Layout,
  info: DataInfo,
  frame: Frame,
  colours: Palette,
  look: Look,
): void {
  const { focus } = look;
  const side = frame.header.map_side;
  const neurons = layout.columns.slice(1).reduce((sum, column) => sum + column.length, 0);
  const rows = colourAtlas(frame, colours, info, neurons);
  context.imageSmoothingEnabled = true;
  let index = 0;
  layout.columns.forEach((column, layer) => {
    context.globalAlpha = look.lit?.(layer) === false ? 0.3 : 1;
    column.forEach((box, neuron) => {
      const focused = !!focus && focus.layer === layer && focus.neuron === neuron;
      if (layer === 0) drawInput(context, box, neuron, info, colours, look.histogram?.(neuron));
      else drawTile(context, box, atlas.canvas, index * side, rows, side);
      frameTile(context, box, colours, focused);
      if (layer > 0) {
        markHealth(context, box, frame.arrays.neurons?.[index] ?? 0, colours);
        index++;
      }
    });
  });
  context.globalAlpha = 1;
}

function colourAtlas(frame: Frame, colours: Palette, info: DataInfo, neurons: number): number {
  const side = frame.header.map_side;
  const maps = frame.arrays.maps;
  const rows = info.inputs.length === 1 ? 1 : side;
  if (!maps || maps.length !== neurons * side * rows) return rows;
  const pixels = atlas.resize(neurons * side, rows);
  for (let n = 0; n < neurons; n++) {
    for (let row = 0; row < rows; row++) {
      const from = (n * rows + row) * side;
      const to = row * neurons * side + n * side;
      for (let i = 0; i < side; i++) pixels[to + i] = colours.diverging[maps[from + i]];
    }
  }
  atlas.flush();
  return rows;
}

function drawTile(
  context: CanvasRenderingContext2D,
  box: Box,
  source: HTMLCanvasElement,
  x: number,
  rows: number,
  side: number,
): void {
  const half = box.size / 2;
  if (!source.width) return;
  context.save();
  roundedBox(context, box, half);
  context.clip();
  // Half a pixel in, or the smoothing would take colour from the next neuron.
  const inset = rows > 1 ? 0.5 : 0;
  context.drawImage(source, x + 0.5, inset, side - 1, rows - 2 * inset, box.x - half, box.y - half, box.size, box.size);
  context.restore();
}

function roundedBox(context: CanvasRenderingContext2D, box: Box, half: number): void {
  context.beginPath();
  context.roundRect(box.x - half, box.y - half, box.size, box.size, Math.min(7, box.size / 5));
}

function drawInput(
  context: CanvasRenderingContext2D,
  box: Box,
  input: number,
  info: DataInfo,
  colours: Palette,
  counts?: readonly number[] | null,
): void {
  const half = box.size / 2;
  context.save();
  roundedBox(context, box, half);
  context.clip();
  const vertical = info.inputs[input] === info.y_label && info.inputs.length > 1;
  const shown = vertical || info.inputs[input] === info.x_label;
  const fill = vertical
    ? context.createLinearGradient(0, box.y + half, 0, box.y - half)
    : context.createLinearGradient(box.x - half, 0, box.x + half, 0);
  fill.addColorStop(0, shown ? colours.negative : colours.grid);
  fill.addColorStop(0.5, shown ? colours.paper : colours.grid);
  fill.addColorStop(1, shown ? colours.positive : colours.grid);
  const strong = context.globalAlpha;
  context.globalAlpha = (counts ? 0.3 : 0.75) * strong;
  context.fillStyle = fill;
  context.fillRect(box.x - half, box.y - half, box.size, box.size);
  context.globalAlpha = strong;
  if (counts) fillHistogram(context, box, counts, colours);
  context.restore();
}

/** How often an input has which values, as bars from low to high. */
function fillHistogram(context: CanvasRenderingContext2D, box: Box, counts: readonly number[], colours: Palette): void {
  const half = box.size / 2;
  const most = Math.max(1, ...counts);
  const wide = box.size / counts.length;
  context.fillStyle = colours.faint;
  counts.forEach((count, bin) => {
    const tall = (count / most) * (box.size - 6);
    context.fillRect(box.x - half + bin * wide + 0.5, box.y + half - tall, Math.max(1, wide - 1), tall);
  });
}

function frameTile(context: CanvasRenderingContext2D, box: Box, colours: Palette, focused: boolean): void {
  roundedBox(context, box, box.size / 2);
  context.lineWidth = focused ? 3 : 1.25;
  context.strokeStyle = focused ? colours.ink : colours.faint;
  context.stroke();
}

/** A dead neuron is crossed out, a saturated one has a bar: not by colour alone. */
function markHealth(context: CanvasRenderingContext2D, box: Box, state: number, colours: Palette): void {
  if (!state) return;
  const half = box.size / 2;
  context.beginPath();
  if (state === 1) {
    context.moveTo(box.x - half, box.y - half);
    context.lineTo(box.x + half, box.y + half);
    context.moveTo(box.x - half, box.y + half);
    context.lineTo(box.x + half, box.y - half);
  } else {
    context.moveTo(box.x - half, box.y + half + 4);
    context.lineTo(box.x + half, box.y + half + 4);
  }
  context.lineWidth = state === 1 ? 2 : 3;
  context.strokeStyle = colours.ink;
  context.stroke();
}

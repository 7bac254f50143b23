import { layerPlaces } from "../state/parameters";
import { texts } from "../texts";
import { fit } from "./canvas";
import type { Palette } from "./colors";
import { short } from "./ticks";

const BINS = 31;

/** For every layer a histogram of its weights and biases, or of their gradients. */
export function drawHistograms(
  canvas: HTMLCanvasElement,
  sizes: number[],
  values: ArrayLike<number>,
  colours: Palette,
): void {
  const context = fit(canvas);
  if (!context) return;
  const [width, height] = [canvas.clientWidth, canvas.clientHeight];
  context.clearRect(0, 0, width, height);
  const places = layerPlaces(sizes);
  const row = height / places.length;
  context.font = "11px system-ui, sans-serif";
  places.forEach((place, layer) => {
    const end = place.biases + place.n_out;
    const counts = new Array<number>(BINS).fill(0);
    let largest = 1e-12;
    for (let i = place.weights; i < end; i++) largest = Math.max(largest, Math.abs(values[i]) || 0);
    for (let i = place.weights; i < end; i++) {
      counts[Math.min(BINS - 1, Math.floor(((values[i] / largest + 1) / 2) * BINS))]++;
    }
    const most = Math.max(...counts);
    const bar = (width - 8) / BINS;
    const bottom = (layer + 1) * row - 15;
    counts.forEach((count, bin) => {
      const tall = (count / most) * Math.max(4, row - 34);
      context.fillStyle = bin < (BINS - 1) / 2 ? colours.negative : colours.positive;
      context.fillRect(4 + bin * bar + 0.5, bottom - tall, bar - 1, tall);
    });
    context.fillStyle = colours.faint;
    context.textAlign = "left";
    const name = layer === places.length - 1 ? texts.histograms.last : texts.histograms.layer(layer + 1);
    context.fillText(name, 4, layer * row + 12);
    context.fillText(short(-largest), 4, bottom + 12);
    context.textAlign = "center";
    context.fillText("0", width / 2, bottom + 12);
    context.textAlign = "right";
    context.fillText(short(largest), width - 4, bottom + 12);
  });
}

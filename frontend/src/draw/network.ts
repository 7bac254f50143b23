import type { DataInfo } from "../protocol/answers";
import { layerPlaces } from "../state/parameters";
import type { Frame } from "../transport/frame";
import { fit, PixelMap } from "./canvas";
import type { Palette } from "./colors";

export interface Box {
  x: number;
  y: number;
  size: number;
}

export interface Link {
  layer: number;
  from: number;
  to: number;
  index: number;
}

/** Where everything stands: columns of square tiles from the inputs to the output. */
export interface Layout {
  width: number;
  height: number;
  columns: Box[][];
  /** How wide the inputs' names may be beside their tiles; 0 where they stand below. */
  names: number;
}

export interface Focus {
  layer: number;
  neuron: number;
}

/** What passes along the links into a layer: forward what comes in times its weight, back the error. */
export interface Flow {
  /** The layer that the links lead to, from 1. */
  layer: number;
  /** How far it has come, 0 to 1. */
  share: number;
  back: boolean;
  /** What goes along the link from one neuron to another. */
  amount: (to: number, from: number) => number;
}

/** How a network is shown. */
export interface Look {
  focus?: Focus | null;
  link?: Link | null;
  /** What the links show instead of the weights, as wide as these: one number for each parameter. */
  strengths?: ArrayLike<number> | null;
  flow?: Flow | null;
  /** Layers of neurons that are drawn strongly, and layers of links by where they lead; the others fade. */
  lit?: (layer: number) => boolean;
  linksLit?: (layer: number) => boolean;
  /** An input's values, to be drawn into its tile as a histogram: counts from low to high. */
  histogram?: (input: number) => readonly number[] | null;
}

const WIDTHS = [0.75, 1.5, 2.5, 4, 6, 8.5];
const DASH = [6, 4];
const HIT = 7;
const EDGE = 8;
const NAME_LINE = 15;

export function layoutNetwork(sizes: number[], width: number, height: number): Layout {
  const largest = Math.min(width > 900 ? 76 : 54, (width / sizes.length) * 0.52);
  const margin = largest / 2 + 6;
  // Too close for a name below each tile: then the names stand beside them.
  const beside = height / sizes[0] < largest + NAME_LINE + 4 && sizes[0] > 3;
  const names = beside ? Math.min(120, width * 0.17) : 0;
  const columns = sizes.map((count, column) => {
    const share = sizes.length === 1 ? 0.5 : column / (sizes.length - 1);
    const gap = Math.min(14, Math.max(2, (height / count) * 0.2));
    const size = Math.max(8, Math.min(largest, (height - 2 * EDGE) / count - gap));
    const first = names ? names + size / 2 : margin;
    const x = column === 0 ? first : margin + names + share * (width - 2 * margin - names);
    const pitch = Math.min(size + gap + 14, (height - size - 2 * EDGE) / Math.max(1, count - 1));
    const top = height / 2 - (pitch * (count - 1)) / 2;
    return Array.from({ length: count }, (_, i) => ({ x, y: top + i * pitch, size }));
  });
  return { width, height, columns, names };
}

const atlas = new PixelMap();

/** Draw the links by their weights and every neuron as the map it has learned. */
export function drawNetwork(
  canvas: HTMLCanvasElement,
  layout: Layout,
  info: DataInfo,
  frame: Frame | null,
  colours: Palette,
  look: Look = {},
): void {
  // Of the layout's size, not of what is there now: between two pictures it may be another.
  const context = fit(canvas, layout);
  if (!context) return;
  context.clearRect(0, 0, layout.width, layout.height);
  const parameters = frame?.arrays.parameters;
  if (!parameters || layout.columns.length !== info.layer_sizes.length) return;
  const weights = look.strengths ?? parameters;
  drawLinks(context, layout, info.layer_sizes, weights, colours, look);
  if (look.link) drawOneLink(context, layout, look.link, weights[look.link.index], colours);
  if (look.flow) drawFlow(context, layout, look.flow, colours);
  drawNeurons(context, layout, info, frame, colours, look);
}

const PULSE = 7;

/** Dots on their way along the links, as large as what they carry. */
function drawFlow(context: CanvasRenderingContext2D, layout: Layout, flow: Flow, colours: Palette): void {
  const [left, right] = [layout.columns[flow.layer - 1], layout.columns[flow.layer]];
  if (!left || !right || flow.share <= 0 || flow.share >= 1) return;
  let largest = 1e-30;
  right.forEach((_, to) => left.forEach((_, from) => (largest = Math.max(largest, Math.abs(flow.amount(to, from))))));
  const t = flow.back ? 1 - flow.share : flow.share;
  right.forEach((b, to) =>
    left.forEach((a, from) => {
      const amount = flow.amount(to, from);
      const radius = PULSE * Math.sqrt(Math.abs(amount) / largest);
      if (!(radius > 0.8)) return;
      const [x, y] = onLink(a, b, t);
      context.beginPath();
      context.arc(x, y, radius, 0, 2 * Math.PI);
      context.fillStyle = amount < 0 ? colours.negative : colours.positive;
      context.fill();
      context.lineWidth = 1.5;
      context.strokeStyle = colours.halo;
      context.stroke();
    }),
  );
}

/** A place on the curve between two tiles. */
function onLink(a: Box, b: Box, t: number): [number, number] {
  const [x0, x1] = [a.x + a.size / 2, b.x - b.size / 2];
  const middle = (x0 + x1) / 2;
  const u = 1 - t;
  const x = u ** 3 * x0 + 3 * u * u * t * middle + 3 * u * t * t * middle + t ** 3 * x1;
  return [x, a.y + (b.y - a.y) * t * t * (3 - 2 * t)];
}

/** The one link that is pointed at: outlined, over all others. */
function drawOneLink(
  context: CanvasRenderingContext2D,
  layout: Layout,
  link: Link,
  weight: number,
  colours: Palette,
): void {
  if (!layout.columns[link.layer]?.[link.from] || !layout.columns[link.layer + 1]?.[link.to]) return;
  const path = new Path2D();
  addLink(path, layout, link.layer, link.from, link.to);
  const width = Math.min(10, 0.5 + 2 * Math.abs(weight));
  context.lineWidth = width + 6;
  context.strokeStyle = colours.ink;
  context.stroke(path);
  context.lineWidth = width + 2;
  context.strokeStyle = weight < 0 ? colours.negative : colours.positive;
  context.stroke(path);
}

function drawLinks(
  context: CanvasRenderingContext2D,
  layout: Layout,
  sizes: number[],
  strengths: ArrayLike<number>,
  colours: Palette,
  look: Look,
): void {
  // One path for each width and sign: a few strokes, however many links there are.
  const near = WIDTHS.map(() => [new Path2D(), new Path2D()]);
  const far = WIDTHS.map(() => [new Path2D(), new Path2D()]);
  const { focus, linksLit } = look;
  const lit = (layer: number, to: number) => {
    if (linksLit) return linksLit(layer);
    return !focus || (focus.layer === layer && focus.neuron === to);
  };
  layerPlaces(sizes).forEach((place, layer) => {
    for (let to = 0; to < place.n_out; to++) {
      const chosen = lit(layer + 1, to) ? near : far;
      for (let from = 0; from < place.n_in; from++) {
        const strength = strengths[place.weights + to * place.n_in + from];
        const bucket = widthBucket(strength);
        if (bucket >= 0) addLink(chosen[bucket][strength < 0 ? 0 : 1], layout, layer, from, to);
      }
    }
  });
  context.lineCap = "round";
  if (focus || linksLit) {
    context.globalAlpha = 0.16;
    strokeLinks(context, far, colours);
    context.globalAlpha = 1;
  }
  strokeLinks(context, near, colours);
}

function strokeLinks(context: CanvasRenderingContext2D, paths: Path2D[][], colours: Palette): void {
  paths.forEach(([negative, positive], bucket) => {
    context.lineWidth = WIDTHS[bucket];
    context.strokeStyle = colours.positive;
    context.setLineDash([]);
    context.stroke(positive);
    context.strokeStyle = colours.negative;
    context.setLineDash(DASH);
    context.lineCap = "butt";
    context.stroke(negative);
  });
  context.setLineDash([]);
}

function widthBucket(weight: number): number {
  const width = Math.min(10, 0.5 + 2 * Math.abs(weight));
  if (!(width > 0.54)) return -1;
  return WIDTHS.findIndex((limit, i) => i === WIDTHS.length - 1 || width < (limit + WIDTHS[i + 1]) / 2);
}

function addLink(path: Path2D, layout: Layout, layer: number, from: number, to: number): void {
  const [a, b] = [layout.columns[layer][from], layout.columns[layer + 1][to]];
  const [x0, x1] = [a.x + a.size / 2, b.x - b.size / 2];
  const middle = (x0 + x1) / 2;
  path.moveTo(x0, a.y);
  path.bezierCurveTo(middle, a.y, middle, b.y, x1, b.y);
}

function drawNeurons(
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
  if (counts) {
    const most = Math.max(1, ...counts);
    const wide = box.size / counts.length;
    context.globalAlpha = strong;
    context.fillStyle = colours.faint;
    counts.forEach((count, bin) => {
      const tall = (count / most) * (box.size - 6);
      context.fillRect(box.x - half + bin * wide + 0.5, box.y + half - tall, Math.max(1, wide - 1), tall);
    });
  }
  context.restore();
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

/** The link under the pointer, if there is one. */
export function linkAt(layout: Layout, sizes: number[], x: number, y: number): Link | null {
  let best: Link | null = null;
  let nearest = HIT;
  layerPlaces(sizes).forEach((place, layer) => {
    const [left, right] = [layout.columns[layer], layout.columns[layer + 1]];
    if (!left?.length || !right?.length) return;
    const [x0, x1] = [left[0].x + left[0].size / 2, right[0].x - right[0].size / 2];
    if (x < x0 || x > x1) return;
    const t = bezierParameter((x - x0) / (x1 - x0));
    const ease = t * t * (3 - 2 * t);
    for (let to = 0; to < place.n_out; to++) {
      for (let from = 0; from < place.n_in; from++) {
        const distance = Math.abs(left[from].y + (right[to].y - left[from].y) * ease - y);
        if (distance < nearest) {
          nearest = distance;
          best = { layer, from, to, index: place.weights + to * place.n_in + from };
        }
      }
    }
  });
  return best;
}

/** Solve x(t) = 1.5 t (1-t)² + 1.5 t² (1-t) + t³ for a curve with middle handles. */
function bezierParameter(share: number): number {
  let [low, high] = [0, 1];
  for (let i = 0; i < 24; i++) {
    const t = (low + high) / 2;
    const x = 1.5 * t * (1 - t) ** 2 + 1.5 * t * t * (1 - t) + t ** 3;
    if (x < share) low = t;
    else high = t;
  }
  return (low + high) / 2;
}

export function neuronAt(layout: Layout, x: number, y: number): Focus | null {
  for (const [layer, column] of layout.columns.entries()) {
    for (const [neuron, box] of column.entries()) {
      const half = box.size / 2 + 2;
      if (Math.abs(x - box.x) <= half && Math.abs(y - box.y) <= half) return { layer, neuron };
    }
  }
  return null;
}

import type { DataInfo } from "../protocol/answers";
import type { Frame } from "../transport/frame";
import { fit, PixelMap } from "./canvas";
import { classColour, css, type Palette } from "./colors";
import { addMarker } from "./markers";
import { newPath } from "./svg";

export interface PlotOptions {
  discretize: boolean;
  showTest: boolean;
  /** What the markers' colours say: the labels given, or those predicted. */
  labels: "original" | "predicted";
  selected: number;
  background: boolean;
}

const picture = new PixelMap();

type Range = [number, number];
/** What a picture shows of the plane. */
export interface Extent {
  x_range: Range;
  y_range: Range;
}

export interface Place {
  x: number;
  y: number;
}

/** From places on the plane to pixels and back. */
export class Scale<Info extends Extent = DataInfo> {
  constructor(
    readonly info: Info,
    readonly width: number,
    readonly height: number,
  ) {}

  x(value: number): number {
    const [low, high] = this.info.x_range;
    return ((value - low) / (high - low)) * this.width;
  }

  y(value: number): number {
    const [low, high] = this.info.y_range;
    return this.height - ((value - low) / (high - low)) * this.height;
  }

  place(px: number, py: number): Place {
    const [[a, b], [c, d]] = [this.info.x_range, this.info.y_range];
    return { x: a + (px / this.width) * (b - a), y: d - (py / this.height) * (d - c) };
  }
}

/** Draw the network's answer over the plane, and the examples on it. */
export function drawPlot(
  canvas: HTMLCanvasElement,
  info: DataInfo,
  points: Frame,
  frame: Frame | null,
  colours: Palette,
  options: PlotOptions,
): void {
  const context = fit(canvas);
  if (!context) return;
  const scale = new Scale(info, canvas.clientWidth, canvas.clientHeight);
  context.fillStyle = colours.paper;
  context.fillRect(0, 0, scale.width, scale.height);
  if (frame && options.background) drawBackground(context, scale, frame, colours, options);
  drawExamples(context, scale, points, frame, colours, options);
  if (frame?.arrays.surface && options.background) drawFit(context, scale, frame, colours);
}

/** The few points that were drawn, before there is anything to train on. */
export function drawBare(
  canvas: HTMLCanvasElement,
  points: [number, number, number][],
  reach: number,
  colours: Palette,
): void {
  const context = fit(canvas);
  if (!context) return;
  const [width, height] = [canvas.clientWidth, canvas.clientHeight];
  context.fillStyle = colours.paper;
  context.fillRect(0, 0, width, height);
  for (const [x, y, group] of points) {
    const path = newPath(context);
    addMarker(path, group, ((x + reach) / (2 * reach)) * width, height - ((y + reach) / (2 * reach)) * height, 5);
    paint(context, path, classColour(colours, Math.max(0, group)), colours, true);
  }
}

/** A picture is drawn at least so fine: between its places the answer is interpolated, not the colour. */
const FINE = 280;

function drawBackground(
  context: CanvasRenderingContext2D,
  scale: Scale,
  frame: Frame,
  colours: Palette,
  options: PlotOptions,
): void {
  const { boundary, confidence } = frame.arrays;
  const side = frame.header.boundary_side;
  if (!boundary || boundary.length !== side * side) return;
  const times = Math.max(1, Math.ceil(FINE / side));
  const fine = side * times;
  const pixels = picture.resize(fine, fine);
  if (confidence) fillClasses(pixels, boundary, confidence, side, times, colours, options.discretize);
  else fillSigned(pixels, boundary, side, times, colours, options.discretize);
  picture.flush();
  context.imageSmoothingEnabled = true;
  context.imageSmoothingQuality = "high";
  context.drawImage(picture.canvas, 0, 0, scale.width, scale.height);
}

/** Of each fine row or column the coarse one before it, and how far it is to the next. */
function between(side: number, times: number): { at: Int32Array; share: Float32Array } {
  const at = new Int32Array(side * times);
  const share = new Float32Array(side * times);
  for (let i = 0; i < side * times; i++) {
    const place = Math.max(0, Math.min(side - 1, (i + 0.5) / times - 0.5));
    at[i] = Math.min(side - 2, Math.floor(place));
    share[i] = place - at[i];
  }
  return { at, share };
}

function fillSigned(
  pixels: Uint32Array,
  values: ArrayLike<number>,
  side: number,
  times: number,
  colours: Palette,
  discretize: boolean,
): void {
  const { at, share } = between(side, times);
  const fine = side * times;
  for (let row = 0; row < fine; row++) {
    const [above, down] = [at[row] * side, share[row]];
    for (let column = 0; column < fine; column++) {
      const [i, right] = [above + at[column], share[column]];
      const top = values[i] + (values[i + 1] - values[i]) * right;
      const bottom = values[i + side] + (values[i + side + 1] - values[i + side]) * right;
      const value = top + (bottom - top) * down;
      pixels[row * fine + column] = colours.diverging[discretize ? (value < 128 ? 30 : 226) : Math.round(value)];
    }
  }
}

/** Each place is of the class that the four around it are surest of. */
function fillClasses(
  pixels: Uint32Array,
  classes: ArrayLike<number>,
  confidence: ArrayLike<number>,
  side: number,
  times: number,
  colours: Palette,
  discretize: boolean,
): void {
  const { at, share } = between(side, times);
  const fine = side * times;
  const sure = new Float32Array(colours.byClass.length);
  for (let row = 0; row < fine; row++) {
    const [above, down] = [at[row] * side, share[row]];
    for (let column = 0; column < fine; column++) {
      const [i, right] = [above + at[column], share[column]];
      sure.fill(0);
      let best = classes[i] % sure.length;
      for (let corner = 0; corner < 4; corner++) {
        const place = i + (corner & 1) + (corner >> 1) * side;
        const weight = (corner & 1 ? right : 1 - right) * (corner >> 1 ? down : 1 - down);
        const group = classes[place] % sure.length;
        sure[group] += weight * (40 + confidence[place]);
        if (sure[group] > sure[best]) best = group;
      }
      const strength = discretize ? 190 : Math.max(0, Math.round(sure[best] - 40));
      pixels[row * fine + column] = colours.byClass[best][strength];
    }
  }
}

/** With one input: the fitted curve through the points. */
function drawFit(context: CanvasRenderingContext2D, scale: Scale, frame: Frame, colours: Palette): void {
  const values = frame.arrays.surface;
  if (!values) return;
  context.beginPath();
  for (let i = 0; i < values.length; i++) {
    const x = ((i + 0.5) / values.length) * scale.width;
    const y = Math.max(-1e4, Math.min(1e4, scale.y(values[i])));
    if (i === 0) context.moveTo(x, y);
    else context.lineTo(x, y);
  }
  context.lineJoin = "round";
  context.lineWidth = 5;
  context.strokeStyle = colours.halo;
  context.stroke();
  context.lineWidth = 3;
  context.strokeStyle = colours.positive;
  context.stroke();
}

/** The class of a target or of an answer, where there are classes. */
export function classOf(info: DataInfo, values: ArrayLike<number>, row: number): number {
  if (info.classes.length <= 2) return values[row] >= 0.5 ? 1 : 0;
  const n = info.classes.length;
  let best = 0;
  for (let k = 1; k < n; k++) if (values[row * n + k] > values[row * n + best]) best = k;
  return best;
}

function drawExamples(
  context: CanvasRenderingContext2D,
  scale: Scale,
  points: Frame,
  frame: Frame | null,
  colours: Palette,
  options: PlotOptions,
): void {
  const { train_points, train_targets, test_points, test_targets } = points.arrays;
  if (!train_points || !train_targets) return;
  const n = train_points.length / 2;
  const answers = frame && frame.header.generation === points.header.generation ? frame.arrays.predictions : undefined;
  const outputs = train_targets.length / n;
  const layer = { context, scale, colours, options, answers };
  if (options.showTest && test_points && test_targets) {
    drawSet({ ...layer, points: test_points, targets: test_targets, first: n * outputs, filled: false });
  }
  drawSet({ ...layer, points: train_points, targets: train_targets, first: 0, filled: true });
  if (options.selected >= 0 && options.selected < n) {
    const x = scale.x(train_points[2 * options.selected]);
    const y = scale.y(train_points[2 * options.selected + 1]);
    context.beginPath();
    context.arc(x, y, 9, 0, 2 * Math.PI);
    context.lineWidth = 2.5;
    context.strokeStyle = colours.ink;
    context.stroke();
  }
}

interface MarkerSet {
  context: CanvasRenderingContext2D;
  scale: Scale;
  colours: Palette;
  options: PlotOptions;
  answers: ArrayLike<number> | undefined;
  points: ArrayLike<number>;
  targets: ArrayLike<number>;
  first: number;
  filled: boolean;
}

function drawSet(set: MarkerSet): void {
  if (set.scale.info.task === "regression") drawValues(set);
  else drawClasses(set);
}

function drawClasses(set: MarkerSet): void {
  const { context, scale, colours, points, targets, options } = set;
  const info = scale.info;
  const outputs = info.classes.length > 2 ? info.classes.length : 1;
  const paths = info.classes.map(() => newPath(context));
  const wrong = newPath(context);
  const radius = markerRadius(points.length / 2, scale.width);
  for (let i = 0; i < points.length / 2; i++) {
    const [x, y] = [scale.x(points[2 * i]), scale.y(points[2 * i + 1])];
    const original = classOf(info, targets, i);
    const predicted = set.answers ? classOf(info, set.answers, set.first / outputs + i) : original;
    const shown = options.labels === "predicted" ? predicted : original;
    addMarker(paths[shown], shown, x, y, radius);
    if (set.answers && predicted !== original) addCross(wrong, x, y, radius * 1.15);
  }
  paths.forEach((path, k) => paint(context, path, classColour(colours, k), colours, set.filled));
  context.lineWidth = 1.5;
  context.strokeStyle = colours.ink;
  context.stroke(wrong);
}

function drawValues(set: MarkerSet): void {
  const { context, scale, colours, points, targets, options } = set;
  const info = scale.info;
  const oneInput = info.inputs.length === 1;
  const radius = markerRadius(points.length / 2, scale.width);
  const values = options.labels === "predicted" && set.answers ? set.answers : targets;
  const first = values === targets ? 0 : set.first;
  const buckets = Array.from({ length: 17 }, () => newPath(context));
  const [low, high] = targetRange(targets);
  for (let i = 0; i < points.length / 2; i++) {
    const share = oneInput ? 0.5 : (values[first + i] - low) / (high - low || 1);
    const bucket = Math.max(0, Math.min(16, Math.round(share * 16)));
    addMarker(buckets[bucket], 0, scale.x(points[2 * i]), scale.y(points[2 * i + 1]), radius);
  }
  buckets.forEach((path, k) => {
    const colour = oneInput ? colours.negative : css(colours.diverging[Math.round((k / 16) * 255)]);
    paint(context, path, colour, colours, set.filled);
  });
}

function targetRange(targets: ArrayLike<number>): [number, number] {
  let [low, high] = [Infinity, -Infinity];
  for (let i = 0; i < targets.length; i++) {
    low = Math.min(low, targets[i]);
    high = Math.max(high, targets[i]);
  }
  return [low, high];
}

function paint(
  context: CanvasRenderingContext2D,
  path: Path2D,
  colour: string,
  colours: Palette,
  filled: boolean,
): void {
  if (filled) {
    // The halo lies below: above, it would whiten out where markers lie close.
    context.lineWidth = 2.2;
    context.strokeStyle = colours.halo;
    context.stroke(path);
    context.fillStyle = colour;
    context.fill(path);
  } else {
    context.lineWidth = 3.4;
    context.strokeStyle = colours.halo;
    context.stroke(path);
    context.lineWidth = 1.8;
    context.strokeStyle = colour;
    context.stroke(path);
  }
}

function addCross(path: Path2D, x: number, y: number, r: number): void {
  path.moveTo(x - r, y - r);
  path.lineTo(x + r, y + r);
  path.moveTo(x - r, y + r);
  path.lineTo(x + r, y - r);
}

function markerRadius(count: number, width: number): number {
  const room = width / 100;
  return Math.max(2, Math.min(room * 1.35, (room * 20) / Math.sqrt(count)));
}

import { layerPlaces } from "../../state/parameters";
import type { Palette } from "../colors";
import { ends, linkWidth, onLink } from "./curve";
import type { Layout, Link } from "./layout";
import type { Flow, Look } from "./look";

const WIDTHS = [0.75, 1.5, 2.5, 4, 6, 8.5];
const DASH = [6, 4];

/** All links, by their weights or by what is shown instead of these. */
export function drawLinks(
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
  const width = linkWidth(weight);
  if (!(width > 0.54)) return -1;
  return WIDTHS.findIndex((limit, i) => i === WIDTHS.length - 1 || width < (limit + WIDTHS[i + 1]) / 2);
}

function addLink(path: Path2D, layout: Layout, layer: number, from: number, to: number): void {
  const [a, b] = [layout.columns[layer][from], layout.columns[layer + 1][to]];
  const { x0, middle, x1 } = ends(a, b);
  path.moveTo(x0, a.y);
  path.bezierCurveTo(middle, a.y, middle, b.y, x1, b.y);
}

/** The one link that is pointed at: outlined, over all others. */
export function drawOneLink(
  context: CanvasRenderingContext2D,
  layout: Layout,
  link: Link,
  weight: number,
  colours: Palette,
): void {
  if (!layout.columns[link.layer]?.[link.from] || !layout.columns[link.layer + 1]?.[link.to]) return;
  const path = new Path2D();
  addLink(path, layout, link.layer, link.from, link.to);
  const width = linkWidth(weight);
  context.lineWidth = width + 6;
  context.strokeStyle = colours.ink;
  context.stroke(path);
  context.lineWidth = width + 2;
  context.strokeStyle = weight < 0 ? colours.negative : colours.positive;
  context.stroke(path);
}

const PULSE = 7;

/** Dots on their way along the links, as large as what they carry. */
export function drawFlow(context: CanvasRenderingContext2D, layout: Layout, flow: Flow, colours: Palette): void {
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

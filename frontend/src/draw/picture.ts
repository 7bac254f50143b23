import type { DataInfo } from "../protocol/answers";
import { layerPlaces } from "../state/parameters";
import type { Frame } from "../transport/frame";
import { PixelMap } from "./canvas";
import type { Palette } from "./colors";
import { drawNetwork } from "./network";
import { ends, linkWidth } from "./network/curve";
import { layoutNetwork, type Layout } from "./network/layout";
import { escapeText } from "./svg";

const SIZE = { width: 1200, height: 700 };
const NAME_SIZE = 13;
const NAME_LENGTH = 17;

/** Draw on a canvas that is on the page but out of sight, and take it as a PNG. */
export async function asPng(
  width: number,
  height: number,
  paper: string,
  draw: (canvas: HTMLCanvasElement) => void,
): Promise<Blob | null> {
  const canvas = document.createElement("canvas");
  canvas.className = "off-screen";
  canvas.style.width = `${width}px`;
  canvas.style.height = `${height}px`;
  document.body.append(canvas);
  try {
    draw(canvas);
    const context = canvas.getContext("2d");
    if (context) {
      context.globalCompositeOperation = "destination-over";
      context.fillStyle = paper;
      context.fillRect(0, 0, width, height);
    }
    return await new Promise((resolve) => canvas.toBlob(resolve, "image/png"));
  } finally {
    canvas.remove();
  }
}

/** The network as on the page, with its inputs' names, which the page writes itself. */
export function drawNamedNetwork(canvas: HTMLCanvasElement, info: DataInfo, frame: Frame, colours: Palette): void {
  const layout = layoutNetwork(info.layer_sizes, SIZE.width, SIZE.height);
  drawNetwork(canvas, layout, info, frame, colours);
  const context = canvas.getContext("2d");
  if (!context) return;
  context.font = `${NAME_SIZE}px sans-serif`;
  context.fillStyle = colours.ink;
  info.inputs.forEach((name, i) => {
    const [x, y, anchor] = namePlace(layout, i);
    context.textAlign = anchor === "end" ? "right" : "center";
    context.fillText(shortened(name), x, y);
  });
}

function shortened(name: string): string {
  return name.length > NAME_LENGTH ? `${name.slice(0, NAME_LENGTH - 1)}…` : name;
}

/** Where the name of an input stands: beside its tile, or below it. */
function namePlace(layout: Layout, input: number): [number, number, "end" | "middle"] {
  const box = layout.columns[0][input];
  if (layout.names) return [box.x - box.size / 2 - 5, box.y + NAME_SIZE / 3, "end"];
  return [box.x, box.y + box.size / 2 + NAME_SIZE + 2, "middle"];
}

/** The network as an SVG that scales to any size: links, and neurons as their maps. */
export function networkSvg(info: DataInfo, frame: Frame, colours: Palette): string {
  const layout = layoutNetwork(info.layer_sizes, SIZE.width, SIZE.height);
  const parts = [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${SIZE.width} ${SIZE.height}" font-family="sans-serif">`,
    `<rect width="100%" height="100%" fill="${colours.paper}"/>`,
    ...links(layout, info.layer_sizes, frame.arrays.parameters ?? [], colours),
    ...tiles(layout, info, frame, colours),
    "</svg>",
  ];
  return parts.join("\n");
}

function links(layout: Layout, sizes: number[], parameters: ArrayLike<number>, colours: Palette): string[] {
  return layerPlaces(sizes).flatMap((place, layer) => {
    const lines: string[] = [];
    for (let to = 0; to < place.n_out; to++) {
      for (let from = 0; from < place.n_in; from++) {
        const weight = parameters[place.weights + to * place.n_in + from];
        const [a, b] = [layout.columns[layer][from], layout.columns[layer + 1][to]];
        const { x0, middle, x1 } = ends(a, b);
        const width = linkWidth(weight).toFixed(2);
        const colour = weight < 0 ? colours.negative : colours.positive;
        const dash = weight < 0 ? ' stroke-dasharray="6 4"' : "";
        const path = `M${x0} ${a.y}C${middle} ${a.y} ${middle} ${b.y} ${x1} ${b.y}`;
        lines.push(`<path d="${path}" fill="none" stroke="${colour}" stroke-width="${width}"${dash}/>`);
      }
    }
    return lines;
  });
}

function tiles(layout: Layout, info: DataInfo, frame: Frame, colours: Palette): string[] {
  const side = frame.header.map_side;
  const rows = info.inputs.length === 1 ? 1 : side;
  const maps = frame.arrays.maps;
  let neuron = 0;
  return layout.columns.flatMap((column, layer) =>
    column.flatMap((box, i) => {
      const half = box.size / 2;
      const place = `x="${box.x - half}" y="${box.y - half}" width="${box.size}" height="${box.size}"`;
      const border = `<rect ${place} rx="5" fill="none" stroke="${colours.faint}"/>`;
      if (layer === 0) {
        const name = escapeText(shortened(info.inputs[i] ?? ""));
        const [x, y, anchor] = namePlace(layout, i);
        const look = `text-anchor="${anchor}" font-size="${NAME_SIZE}" fill="${colours.ink}"`;
        const text = `<text x="${x}" y="${y}" ${look}>${name}</text>`;
        return [`<rect ${place} rx="5" fill="${colours.paper}"/>`, border, text];
      }
      const start = neuron++ * side * rows;
      const picture = maps ? tilePicture(maps.subarray(start, start + side * rows), side, rows, colours) : "";
      return [`<image ${place} preserveAspectRatio="none" href="${picture}"/>`, border];
    }),
  );
}

const tile = new PixelMap();

function tilePicture(bytes: ArrayLike<number>, side: number, rows: number, colours: Palette): string {
  const pixels = tile.resize(side, rows);
  for (let i = 0; i < pixels.length; i++) pixels[i] = colours.diverging[bytes[i]];
  tile.flush();
  return tile.canvas.toDataURL("image/png");
}

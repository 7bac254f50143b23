import type { DataInfo } from "../../protocol/answers";
import type { Frame } from "../../transport/frame";
import { fit } from "../canvas";
import type { Palette } from "../colors";
import type { Layout } from "./layout";
import { drawFlow, drawLinks, drawOneLink } from "./links";
import type { Look } from "./look";
import { drawNeurons } from "./tiles";

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

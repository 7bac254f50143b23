import { facts } from "../engine/facts.ts";
import type { Reals } from "../engine/kernels.ts";
import { countNeurons } from "../engine/layout.ts";
import type { Network } from "../engine/network.ts";
import { argmax } from "./arrays.ts";
import type { Data } from "./data.ts";
import type { Arrays } from "./frames.ts";

/** How much work a frame may be: products of a weight and a value. */
const MOVING_WORK = 6e6;
const STILL_WORK = 6e7;
const [SMALLEST_SIDE, MOVING_SIDE, STILL_SIDE] = [32, 96, 192];
const MAP_BYTES = 4_000;
const [HEALTHY, DEAD, SATURATED] = [0, 1, 2];

/** How many neurons have a map: all but the inputs. */
function countMaps(network: Network): number {
  return countNeurons(network.layers) - network.nInputs;
}

/** The side of a neuron's map: smaller where there are many neurons. */
export function mapSide(network: Network): number {
  return Math.max(10, Math.min(32, Math.floor(Math.sqrt(MAP_BYTES / countMaps(network)))));
}

/** The side of the boundary's map: coarser while it moves, the more the network works. */
export function boundarySide(network: Network, isMoving: boolean): number {
  const [work, most] = isMoving ? [MOVING_WORK, MOVING_SIDE] : [STILL_WORK, STILL_SIDE];
  const side = Math.floor(Math.sqrt(work / network.nParameters) / 8) * 8;
  return Math.max(SMALLEST_SIDE, Math.min(most, side));
}

/** How many rows of each set a frame's scores may be of. */
export function evaluatedRows(network: Network, isMoving: boolean): number {
  if (!isMoving) return 5_000;
  return Math.max(250, Math.min(5_000, Math.floor(MOVING_WORK / network.nParameters / 2)));
}

/** All arrays of a frame. */
export function frameArrays(network: Network, data: Data, side: number): Arrays {
  return {
    parameters: new Float32Array(network.parameters),
    ...neuronMaps(network, data),
    ...boundary(network, data, side),
    predictions: new Float32Array(network.feedForward(data.shown.values, data.shown.rows)),
    neurons: health(network, data),
  };
}

/** One byte a place, and for each neuron what the ends stand for.
 *
 * 128 is the middle: 0, or that of the range where activations have two ends.
 */
function neuronMaps(network: Network, data: Data): Arrays {
  const grid = data.grid(mapSide(network));
  const neurons = countMaps(network);
  const maps = new Uint8Array(neurons * grid.rows);
  const scales = new Float32Array(neurons);
  let neuron = 0;
  network.neuronOutputs(grid.values, grid.rows).forEach((layer, l) => {
    const { activation } = network.layers[l];
    for (const values of layer) {
      scales[neuron] = drawMap(values, activation, maps.subarray(neuron * grid.rows, (neuron + 1) * grid.rows));
      neuron++;
    }
  });
  return { maps, map_scales: scales };
}

/** Draw one neuron's map; returns what its ends stand for. */
function drawMap(values: Reals, activation: string, pixels: Uint8Array): number {
  const { low, high } = facts.activations[activation];
  if (low !== null && high !== null) {
    values.forEach((value, i) => (pixels[i] = byte((2 * value - (low + high)) / (high - low))));
    return 1;
  }
  let scale = 1e-6;
  for (const value of values) scale = Math.max(scale, Math.abs(value));
  values.forEach((value, i) => (pixels[i] = byte(value / scale)));
  return scale;
}

/** The map of the whole network's answer.
 *
 * Two classes or a number: a byte, from 0 for one end to 255 for the other. More classes: the
 * class, and as "confidence" how much of 255 it takes. One input: the fitted curve itself.
 */
function boundary(network: Network, data: Data, side: number): Arrays {
  const grid = data.grid(side);
  const values = network.feedForward(grid.values, grid.rows);
  const { nOutputs } = data;
  if (nOutputs > 1) {
    const classes = new Uint8Array(grid.rows).map((_, i) => argmax(values, i * nOutputs, nOutputs));
    const confidence = classes.map((best, i) => 255 * Math.min(1, Math.max(0, values[i * nOutputs + best])));
    return { boundary: classes, confidence };
  }
  if (data.plane.axes.length === 1) return { surface: new Float32Array(values) };
  const [low, high] = data.outputRange;
  const pixels = new Uint8Array(grid.rows);
  for (let i = 0; i < pixels.length; i++) pixels[i] = byte((2 * (values[i] - low)) / (high - low) - 1);
  return { boundary: pixels };
}

/** Of every neuron whether it is dead or saturated on the examples.
 *
 * Dead is one that gives the lowest value there is for all of them, saturated one that is at
 * an end of its range for nearly all.
 */
function health(network: Network, { health: { values, rows } }: Data): Uint8Array {
  const layers = network.neuronOutputs(values, rows);
  const hidden = network.layers
    .slice(0, -1)
    .flatMap(({ activation }, l) => layers[l].map((neuron) => stateOf(neuron, activation)));
  return Uint8Array.from([...hidden, ...Array<number>(network.nOutputs).fill(HEALTHY)]);
}

function stateOf(values: Reals, activation: string): number {
  const { low, high } = facts.activations[activation];
  if (low === null) return HEALTHY;
  if (high === null) return values.every((value) => value <= low) ? DEAD : HEALTHY;
  const near = values.filter((value) => Math.min(value - low, high - value) < 0.01).length;
  return near > 0.98 * values.length ? SATURATED : HEALTHY;
}

/** A value from -1 to 1 as a byte around 128; what is no number is in the middle. */
function byte(value: number): number {
  const scaled = 127 * value + 128;
  return scaled > 0 ? Math.min(scaled, 255) : Number.isNaN(scaled) ? 128 : 0;
}

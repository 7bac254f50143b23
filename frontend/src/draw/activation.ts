import written from "./curves.json" with { type: "json" };

interface Curve {
  values: number[];
  slopes: number[];
}

const curves = written.curves as Record<string, Curve>;
const { first, step } = written;

/** Whether an activation has a curve: each output of softmax needs the whole layer. */
export function hasCurve(activation: string): boolean {
  return Object.hasOwn(curves, activation);
}

/** An activation's value or slope at z, between the places where it is known; on its last straight beyond. */
export function along(activation: string, of: keyof Curve, z: number): number {
  const list = curves[activation][of];
  const place = (z - first) / step;
  const left = Math.max(0, Math.min(list.length - 2, Math.floor(place)));
  return list[left] + (place - left) * (list[left + 1] - list[left]);
}

export interface Window {
  low: number;
  high: number;
  bottom: number;
  top: number;
}

/** What a picture shows of the plane: z from low to high, and all values there. */
export function windowOf(activation: string, low: number, high: number): Window {
  const all = places(low, high).map((z) => along(activation, "values", z));
  const [bottom, top] = [Math.min(0, ...all), Math.max(0, ...all)];
  const margin = 0.08 * (top - bottom || 1);
  return { low, high, bottom: bottom - margin, top: top + margin };
}

const PARTS = 72;

function places(low: number, high: number): number[] {
  return Array.from({ length: PARTS + 1 }, (_, i) => low + ((high - low) * i) / PARTS);
}

/** A curve as the path of an SVG of a size. */
export function curvePath(activation: string, of: keyof Curve, window: Window, width: number, height: number): string {
  const points = places(window.low, window.high).map((z) => {
    const [x, y] = toPixels(window, width, height, z, along(activation, of, z));
    return `${x.toFixed(1)} ${y.toFixed(1)}`;
  });
  return `M${points.join("L")}`;
}

export function toPixels(window: Window, width: number, height: number, z: number, a: number): [number, number] {
  const x = ((z - window.low) / (window.high - window.low)) * width;
  const y = height - ((a - window.bottom) / (window.top - window.bottom)) * height;
  return [x, Math.max(-height, Math.min(2 * height, y))];
}

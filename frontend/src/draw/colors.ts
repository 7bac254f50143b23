/** The colours of both themes, of the same hues. Sign: orange is negative, purple positive. */
export interface Palette {
  dark: boolean;
  negative: string;
  positive: string;
  paper: string;
  ink: string;
  faint: string;
  grid: string;
  halo: string;
  classes: string[];
  /** 256 colours from negative over paper to positive, as canvas pixels. */
  diverging: Uint32Array;
  /** For each class, 256 colours from paper to the class's own. */
  byClass: Uint32Array[];
}

const CLASSES_LIGHT = ["#e66101", "#5e3c99", "#00735c", "#a33b73", "#2a6fa8", "#7a6200", "#4d4d4d", "#b0413e"];
const CLASSES_DARK = ["#fd9a4a", "#b79cf7", "#5fd3b3", "#f29ac4", "#7fb3ff", "#e6d36a", "#cfcfcf", "#ff9d94"];

type Rgb = [number, number, number];

function rgb(hex: string): Rgb {
  return [1, 3, 5].map((i) => parseInt(hex.slice(i, i + 2), 16)) as Rgb;
}

function mix(a: Rgb, b: Rgb, share: number): Rgb {
  return a.map((value, i) => Math.round(value + (b[i] - value) * share)) as Rgb;
}

function pixel([r, g, b]: Rgb): number {
  return ((255 << 24) | (b << 16) | (g << 8) | r) >>> 0;
}

/** The colour of a canvas pixel as text. */
export function css(colour: number): string {
  return `rgb(${colour & 255} ${(colour >> 8) & 255} ${(colour >> 16) & 255})`;
}

function ramp(from: string, to: string, strength: number): Uint32Array {
  const [a, b] = [rgb(from), rgb(to)];
  return Uint32Array.from({ length: 256 }, (_, i) => pixel(mix(a, b, (strength * i) / 255)));
}

function diverging(negative: string, paper: string, positive: string, dark: boolean): Uint32Array {
  const [n, p, q] = [negative, paper, positive].map(rgb);
  return Uint32Array.from({ length: 256 }, (_, i) => {
    const t = (i - 128) / 127;
    // A gentle curve keeps the middle readable and the boundary sharp.
    const share = Math.min(1, Math.abs(t)) ** 0.85 * (dark ? 0.6 : 0.62);
    return pixel(mix(p, t < 0 ? n : q, share));
  });
}

function build(dark: boolean): Palette {
  const paper = dark ? "#1e2127" : "#ffffff";
  const [negative, positive] = dark ? ["#fd9a4a", "#b79cf7"] : ["#e66101", "#5e3c99"];
  const classes = dark ? CLASSES_DARK : CLASSES_LIGHT;
  return {
    dark,
    negative,
    positive,
    paper,
    ink: dark ? "#eceae6" : "#26212e",
    faint: dark ? "#9a97a3" : "#6b6573",
    grid: dark ? "#3a3e47" : "#dcd7cf",
    halo: dark ? "#16181d" : "#ffffff",
    classes,
    diverging: diverging(negative, dark ? "#23262d" : "#fbfaf8", positive, dark),
    byClass: classes.map((colour) => ramp(paper, colour, 0.62)),
  };
}

const LIGHT = build(false);
const DARK = build(true);

export function palette(): Palette {
  return document.documentElement.dataset.theme === "dark" ? DARK : LIGHT;
}

/** The colour of a class: two classes have the colours of the signs. */
export function classColour(colours: Palette, index: number): string {
  return colours.classes[index % colours.classes.length];
}

/** Drawings as SVG: what they ask of a canvas is written down instead of painted. */

type Matrix = readonly [number, number, number, number, number, number];

class SvgPath {
  d = "";

  moveTo(x: number, y: number): void {
    this.d += `M${round(x)} ${round(y)}`;
  }

  lineTo(x: number, y: number): void {
    this.d += `L${round(x)} ${round(y)}`;
  }

  closePath(): void {
    this.d += "Z";
  }

  rect(x: number, y: number, width: number, height: number): void {
    this.d += `M${round(x)} ${round(y)}h${round(width)}v${round(height)}h${round(-width)}Z`;
  }

  /** Drawings here only have whole circles. */
  arc(x: number, y: number, r: number): void {
    const turn = `a${round(r)} ${round(r)} 0 1 1`;
    this.d += `M${round(x + r)} ${round(y)}${turn} ${round(-2 * r)} 0${turn} ${round(2 * r)} 0Z`;
  }
}

/** The part of a canvas's context that the map and the curve use. */
class SvgContext {
  fillStyle = "#000";
  strokeStyle = "#000";
  lineWidth = 1;
  font = "11px sans-serif";
  textAlign: CanvasTextAlign = "left";
  textBaseline: CanvasTextBaseline = "alphabetic";
  lineJoin = "miter";
  lineCap = "butt";
  imageSmoothingEnabled = true;
  imageSmoothingQuality = "high";
  readonly parts: string[] = [];
  #path = new SvgPath();
  #dash: number[] = [];

  setTransform(..._: Matrix): void {}
  clearRect(): void {}

  beginPath(): void {
    this.#path = new SvgPath();
  }

  moveTo(x: number, y: number): void {
    this.#path.moveTo(x, y);
  }

  lineTo(x: number, y: number): void {
    this.#path.lineTo(x, y);
  }

  arc(x: number, y: number, r: number): void {
    this.#path.arc(x, y, r);
  }

  setLineDash(dash: number[]): void {
    this.#dash = dash;
  }

  stroke(path = this.#path): void {
    if (!path.d) return;
    const dash = this.#dash.length ? ` stroke-dasharray="${this.#dash.join(" ")}"` : "";
    const look = `stroke-width="${this.lineWidth}" stroke-linejoin="${this.lineJoin}"${dash}`;
    this.parts.push(`<path d="${path.d}" fill="none" stroke="${this.strokeStyle}" ${look}/>`);
  }

  fill(path = this.#path): void {
    if (path.d) this.parts.push(`<path d="${path.d}" fill="${this.fillStyle}"/>`);
  }

  fillRect(x: number, y: number, width: number, height: number): void {
    this.parts.push(`<rect x="${x}" y="${y}" width="${width}" height="${height}" fill="${this.fillStyle}"/>`);
  }

  fillText(text: string, x: number, y: number): void {
    const anchor = { left: "start", right: "end", center: "middle", start: "start", end: "end" }[this.textAlign];
    const size = parseFloat(this.font);
    const down = this.textBaseline === "middle" ? 0.35 * size : 0;
    const place = `x="${round(x)}" y="${round(y + down)}" text-anchor="${anchor}" font-size="${size}"`;
    this.parts.push(`<text ${place} fill="${this.fillStyle}">${escapeText(text)}</text>`);
  }

  drawImage(image: HTMLCanvasElement, x: number, y: number, width: number, height: number): void {
    const place = `x="${x}" y="${y}" width="${width}" height="${height}"`;
    this.parts.push(`<image ${place} preserveAspectRatio="none" href="${image.toDataURL("image/png")}"/>`);
  }
}

/** A path of the kind that a context fills and strokes. */
export function newPath(context: CanvasRenderingContext2D): Path2D {
  return (context as unknown) instanceof SvgContext ? (new SvgPath() as unknown as Path2D) : new Path2D();
}

/** Let a drawing draw, and return it as an SVG that scales to any size. */
export function asSvg(width: number, height: number, paper: string, draw: (canvas: HTMLCanvasElement) => void): string {
  const context = new SvgContext();
  const canvas = { clientWidth: width, clientHeight: height, width, height, getContext: () => context };
  draw(canvas as unknown as HTMLCanvasElement);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="sans-serif">`,
    `<rect width="100%" height="100%" fill="${paper}"/>`,
    ...context.parts,
    "</svg>",
  ].join("\n");
}

export function escapeText(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}

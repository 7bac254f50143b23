/** Fit a canvas's pixels to its place on the screen, or to a size that was measured; returns its context in CSS pixels. */
export function fit(
  canvas: HTMLCanvasElement,
  size: { width: number; height: number } = { width: canvas.clientWidth, height: canvas.clientHeight },
): CanvasRenderingContext2D | null {
  const ratio = Math.min(3, window.devicePixelRatio || 1);
  const width = Math.round(size.width * ratio);
  const height = Math.round(size.height * ratio);
  if (!width || !height) return null;
  if (canvas.width !== width || canvas.height !== height) {
    canvas.width = width;
    canvas.height = height;
  }
  const context = canvas.getContext("2d");
  context?.setTransform(ratio, 0, 0, ratio, 0, 0);
  return context;
}

/** A small picture in memory that byte maps are coloured into. */
export class PixelMap {
  readonly canvas = document.createElement("canvas");
  #context: CanvasRenderingContext2D | null = null;
  #image: ImageData | null = null;
  #pixels: Uint32Array = new Uint32Array(0);

  resize(width: number, height: number): Uint32Array {
    if (!this.#image || this.#image.width !== width || this.#image.height !== height) {
      this.canvas.width = width;
      this.canvas.height = height;
      this.#context = this.canvas.getContext("2d");
      this.#image = new ImageData(width, height);
      this.#pixels = new Uint32Array(this.#image.data.buffer);
    }
    return this.#pixels;
  }

  flush(): void {
    if (this.#image) this.#context?.putImageData(this.#image, 0, 0);
  }
}

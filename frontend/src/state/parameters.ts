/** Where each weight and bias stands in the flat parameters: W (out × in), then b. */
export interface LayerPlace {
  n_in: number;
  n_out: number;
  weights: number;
  biases: number;
}

export function layerPlaces(sizes: number[]): LayerPlace[] {
  let offset = 0;
  return sizes.slice(1).map((n_out, layer) => {
    const n_in = sizes[layer];
    const place = { n_in, n_out, weights: offset, biases: offset + n_in * n_out };
    offset += (n_in + 1) * n_out;
    return place;
  });
}

export function parameterCount(sizes: number[]): number {
  return layerPlaces(sizes).reduce((sum, place) => sum + (place.n_in + 1) * place.n_out, 0);
}

"""Random weights to begin with: a pure function of the seed, of layer and place.

They are drawn in float64 and then rounded, so networks of both precisions begin alike.
"""

from __future__ import annotations

import math

import numpy as np

from walnet.engine.kernels.embeddings import FREQUENCIES, STEPS
from walnet.engine.kernels.machine.compile import kernel
from walnet.engine.kernels.machine.elementary import ONE, ZERO
from walnet.engine.kernels.machine.entries import entry
from walnet.engine.kernels.machine.randomness import WEIGHTS, normal, stream, uniform
from walnet.engine.kernels.machine.records import Bits, Vector
from walnet.engine.kernels.machine.views import stretch
from walnet.engine.kernels.types import (
    DENSE,
    LEVELS,
    NUMBERS,
    RAMPS,
    SCALE,
    Layers,
    Record,
)

SPAN = 3.0  # in which ramps begin: from -3 to 3
GLOROT, HE, LECUN, NORMAL, UNIFORM, ZEROS = 0, 1, 2, 3, 4, 5
CODES = {
    "glorot": GLOROT,
    "he": HE,
    "lecun": LECUN,
    "normal": NORMAL,
    "uniform": UNIFORM,
    "zeros": ZEROS,
}


@entry
def draw_layer(
    layers: Layers, number: int, initializer: int, key: Bits, parameters: Vector
) -> None:
    """Write the first parameters of one layer; slopes, gammas and scales are 1.

    ``initializer`` is one of `CODES`, the rule of a dense layer; others have their own.
    Number i of the layer's stream is that of its parameter i, biases after weights.
    """
    layer = layers[number]
    start = stream(key, WEIGHTS + number)
    weights = stretch(parameters, layer.weights, layer.n_weights)
    if layer.kind == DENSE:
        _draw_dense(layer, initializer, start, parameters)
    elif layer.kind == NUMBERS:
        _draw_numbers(layer.n_in * FREQUENCIES, start, weights)
    elif layer.kind == RAMPS:
        _draw_ramps(layer.n_in, start, weights)
    elif layer.kind == LEVELS:
        _fill_normal(weights, start, 0, 1.0)
    elif layer.kind == SCALE:
        weights[:] = ONE


@kernel
def _draw_dense(layer: Record, initializer: int, start: Bits, flat: np.ndarray) -> None:
    """Write weights and biases by a rule: `walnet.engine.initializers` has them."""
    n_in, n_out = layer.n_in, layer.n_out
    W = stretch(flat, layer.weights, n_in * n_out)
    b = stretch(flat, layer.biases, n_out)
    W[:], b[:] = ZERO, ZERO
    if initializer == GLOROT:
        _fill_uniform(W, start, 0, np.sqrt(6.0 / (n_in + n_out)))
    elif initializer == HE:
        _fill_normal(W, start, 0, np.sqrt(2.0 / n_in))
    elif initializer == LECUN:
        _fill_normal(W, start, 0, np.sqrt(1.0 / n_in))
    elif initializer == NORMAL:
        _fill_normal(W, start, 0, 1.0)
        _fill_normal(b, start, W.size, 1.0)
    elif initializer == UNIFORM:
        _fill_uniform(W, start, 0, 1.0)
        _fill_uniform(b, start, W.size, 1.0)
    if layer.slopes >= 0:
        stretch(flat, layer.slopes, n_out)[:] = ONE
    if layer.gammas >= 0:
        stretch(flat, layer.gammas, n_out)[:] = ONE


@kernel
def _draw_numbers(n: int, start: Bits, weights: np.ndarray) -> None:
    """Write the parameters of embedded numbers, which have n frequencies in all.

    Frequencies are normal with deviation 0.1, phases uniform in ±π, mixtures and shifts
    uniform in ±1/4: Holzmüller et al. (2024), appendix A.
    """
    _fill_normal(weights[:n], start, 0, 0.1)
    _fill_uniform(weights[n : 2 * n], start, n, math.pi)
    _fill_uniform(weights[2 * n :], start, 2 * n, 0.25)


@kernel
def _draw_ramps(n: int, start: Bits, weights: np.ndarray) -> None:
    """Write the parameters of n numbers' ramps; mixtures and shifts are as of waves.

    Until `walnet.engine.knots` puts them where the data is, ramps rise one after the
    other from -SPAN to SPAN, where standardised numbers are.
    """
    size = n * STEPS
    slope = STEPS / (2.0 * SPAN)
    for i in range(size):
        weights[i] = weights.dtype.type(slope)
        weights[size + i] = weights.dtype.type(STEPS / 2.0 - i % STEPS)
    _fill_uniform(weights[2 * size :], start, 2 * size, 0.25)


@kernel
def _fill_normal(part: np.ndarray, start: Bits, first: int, deviation: float) -> None:
    """Fill an array with normal numbers of a stream, from number `first` on."""
    for i in range(part.size):
        part[i] = part.dtype.type(normal(start, first + i, 0.0, deviation))


@kernel
def _fill_uniform(part: np.ndarray, start: Bits, first: int, bound: float) -> None:
    """Fill an array with numbers of a stream that are uniform in ±bound."""
    for i in range(part.size):
        part[i] = part.dtype.type(uniform(start, first + i, -bound, bound))

"""How numbers and levels become inputs: waves, ramps and look-up tables.

A number x becomes ``[x, W2 φ(w1, x, b1) + b2]``. With waves, φ = cos(2π w1 x + b1), and
the frequencies w1 are learned: Gorishniy et al. (2022) in the form of Holzmüller et al.
(2024), appendix A ("PBLD"). With ramps, φ = min(max(w1 x + b1, 0), 1), each from one
quantile of the number to the next, which stay: Gorishniy et al. (2022), eq. (1).
A level becomes the row of a learned table.
"""

from __future__ import annotations

import math

import numpy as np

from walnet.engine.kernels.machine.compile import kernel
from walnet.engine.kernels.machine.cosine import cos_turns
from walnet.engine.kernels.machine.elementary import ONE, ZERO
from walnet.engine.kernels.machine.fused import fma
from walnet.engine.kernels.machine.sums import dot, total
from walnet.engine.kernels.machine.views import matrix
from walnet.engine.kernels.types import RAMPS, Record

# A number becomes itself and LEARNED mixtures of FREQUENCIES waves, or STEPS ramps.
FREQUENCIES, STEPS, LEARNED = 16, 32, 3
PER_NUMBER = LEARNED + 1

_TURN = 2.0 * math.pi
_QUARTER = np.float32(0.25)


@kernel
def wave(x: np.ndarray, w1: np.ndarray, b1: np.ndarray, waves: np.ndarray) -> None:
    """Write the cosines, (FREQUENCIES, m), of numbers x."""
    turn = x.dtype.type(1.0 / _TURN)
    for q in range(FREQUENCIES):
        w, b = w1[q], b1[q] * turn
        for i in range(x.size):
            waves[q, i] = cos_turns(fma(w, x[i], b))


@kernel
def ramp(x: np.ndarray, w1: np.ndarray, b1: np.ndarray, ramps: np.ndarray) -> None:
    """Write the ramps, (STEPS, m), of numbers x."""
    for q in range(STEPS):
        w, b = w1[q], b1[q]
        for i in range(x.size):
            ramps[q, i] = min(max(fma(w, x[i], b), ZERO), ONE)


@kernel
def mix(
    x: np.ndarray, W2: np.ndarray, b2: np.ndarray, shapes: np.ndarray, E: np.ndarray
) -> None:
    """Write E, (PER_NUMBER, m): numbers x, and mixtures of their waves or ramps."""
    m = x.size
    for i in range(m):
        E[0, i] = x[i]
    for r in range(LEARNED):
        for i in range(m):
            E[r + 1, i] = b2[r]
        for q in range(0, shapes.shape[0], 4):
            w, v = W2[r, q], W2[r, q + 1]
            t, u = W2[r, q + 2], W2[r, q + 3]
            for i in range(m):
                e = fma(v, shapes[q + 1, i], fma(w, shapes[q, i], E[r + 1, i]))
                E[r + 1, i] = fma(u, shapes[q + 3, i], fma(t, shapes[q + 2, i], e))


@kernel
def mix_back(
    shapes: np.ndarray, dE: np.ndarray, dW2: np.ndarray, db2: np.ndarray
) -> None:
    """Write the gradients of W2 and b2 from dE of shape (PER_NUMBER, m)."""
    for r in range(LEARNED):
        db2[r] = total(dE[r + 1])
    for q in range(shapes.shape[0]):
        for r in range(LEARNED):
            dW2[r, q] = dot(dE[r + 1], shapes[q])


@kernel
def wave_back(
    x: np.ndarray,
    parameters: tuple[np.ndarray, np.ndarray, np.ndarray],
    waves: np.ndarray,
    dE: np.ndarray,
    gradients: tuple[np.ndarray, np.ndarray],
) -> None:
    """Write the gradients of w1 and b1 from dE of shape (PER_NUMBER, m).

    With u in turns, d cos(2πu)/du = -2π sin 2πu = -2π cos 2π(u - 1/4). The cosines are
    overwritten with the error in u.
    """
    w1, b1, W2 = parameters
    dw1, db1 = gradients
    m = x.size
    turn = x.dtype.type(1.0 / _TURN)
    minus_turn = x.dtype.type(-_TURN)
    for q in range(FREQUENCIES):
        w, b = w1[q], b1[q] * turn - _QUARTER
        v1, v2, v3 = W2[0, q], W2[1, q], W2[2, q]
        for i in range(m):
            error = fma(v3, dE[3, i], fma(v2, dE[2, i], v1 * dE[1, i]))
            waves[q, i] = cos_turns(fma(w, x[i], b)) * error
        dw1[q], db1[q] = minus_turn * dot(waves[q], x), -total(waves[q])


@kernel
def look_up(codes: np.ndarray, levels: np.ndarray, E: np.ndarray) -> None:
    """Write ``E[k, i] = levels[codes[i], k]``."""
    for k in range(E.shape[0]):
        for i in range(E.shape[1]):
            E[k, i] = levels[codes[i], k]


@kernel
def look_up_back(codes: np.ndarray, dE: np.ndarray, dlevels: np.ndarray) -> None:
    """Add ``dE[k, i]`` to ``dlevels[codes[i], k]``."""
    for k in range(dE.shape[0]):
        for i in range(dE.shape[1]):
            dlevels[codes[i], k] += dE[k, i]


@kernel
def shapes_of_number(layer: Record) -> int:
    """Return how many waves or ramps a layer makes of a number."""
    return STEPS if layer.kind == RAMPS else FREQUENCIES


@kernel
def parameters_of_number(
    layer: Record, parameters: np.ndarray, f: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return w1, b1, W2, b2 of number f, views of the parameters or the gradient.

    They stand in this order, each for all numbers.
    """
    n, start, shapes = layer.n_in, layer.weights, shapes_of_number(layer)
    lo = start + f * shapes
    w1 = parameters[lo : lo + shapes]
    lo += n * shapes
    b1 = parameters[lo : lo + shapes]
    lo = start + (2 * n + f * LEARNED) * shapes
    W2 = matrix(parameters, lo, LEARNED, shapes)
    lo = start + n * (2 + LEARNED) * shapes + f * LEARNED
    return w1, b1, W2, parameters[lo : lo + LEARNED]


@kernel
def embed_numbers(
    layer: Record,
    parameters: np.ndarray,
    X: np.ndarray,
    shapes: np.ndarray,
    E: np.ndarray,
) -> None:
    """Write E, (n_out, m), and the waves or ramps of the numbers X, (n_in, m)."""
    n = shapes_of_number(layer)
    for f in range(X.shape[0]):
        w1, b1, W2, b2 = parameters_of_number(layer, parameters, f)
        S = shapes[f * n : (f + 1) * n]
        if layer.kind == RAMPS:
            ramp(X[f], w1, b1, S)
        else:
            wave(X[f], w1, b1, S)
        mix(X[f], W2, b2, S, E[f * PER_NUMBER : (f + 1) * PER_NUMBER])


@kernel
def embed_numbers_back(
    layer: Record,
    parameters: np.ndarray,
    gradient: np.ndarray,
    X: np.ndarray,
    shapes: np.ndarray,
    dE: np.ndarray,
) -> None:
    """Write the gradients of the embeddings of the numbers X from dE, (n_out, m)."""
    n = shapes_of_number(layer)
    for f in range(X.shape[0]):
        w1, b1, W2, _ = parameters_of_number(layer, parameters, f)
        dw1, db1, dW2, db2 = parameters_of_number(layer, gradient, f)
        S = shapes[f * n : (f + 1) * n]
        dE_f = dE[f * PER_NUMBER : (f + 1) * PER_NUMBER]
        mix_back(S, dE_f, dW2, db2)
        if layer.kind == RAMPS:
            dw1[:], db1[:] = ZERO, ZERO
        else:
            wave_back(X[f], (w1, b1, W2), S, dE_f, (dw1, db1))


@kernel
def embed_levels(
    layer: Record, parameters: np.ndarray, codes: np.ndarray, E: np.ndarray
) -> None:
    """Write E, (n_out, m), of the codes, (n_in, m): rows of the table of all levels."""
    width = layer.n_out // layer.n_in
    table = matrix(parameters, layer.weights, layer.n_weights // width, width)
    for c in range(codes.shape[0]):
        look_up(codes[c], table, E[c * width : (c + 1) * width])


@kernel
def embed_levels_back(
    layer: Record, gradient: np.ndarray, codes: np.ndarray, dE: np.ndarray
) -> None:
    """Write the gradient of the table of levels from dE, (n_out, m)."""
    width = layer.n_out // layer.n_in
    table = matrix(gradient, layer.weights, layer.n_weights // width, width)
    table[:] = ZERO
    for c in range(codes.shape[0]):
        look_up_back(codes[c], dE[c * width : (c + 1) * width], table)

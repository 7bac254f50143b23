"""How numbers and levels become inputs: periodic embeddings and look-up tables.

A number x becomes ``[x, W2 cos(2π w1 x + b1) + b2]``, its own frequencies w1 learned:
Gorishniy et al. (2022) in the form of Holzmüller et al. (2024), appendix A ("PBLD").
A level becomes the row of a learned table.
"""

from __future__ import annotations

import math

import numpy as np

from walnet.engine.kernels.machine.compile import kernel
from walnet.engine.kernels.machine.cosine import cos_turns
from walnet.engine.kernels.machine.elementary import ZERO
from walnet.engine.kernels.machine.fused import fma
from walnet.engine.kernels.machine.sums import dot, total
from walnet.engine.kernels.machine.views import matrix
from walnet.engine.kernels.types import Record

# What a number becomes: itself and LEARNED mixtures of FREQUENCIES cosines of it.
FREQUENCIES, LEARNED = 16, 3
PER_NUMBER = LEARNED + 1

_TURN = 2.0 * math.pi
_QUARTER = np.float32(0.25)


@kernel
def embed_number(
    x: np.ndarray,
    w1: np.ndarray,
    b1: np.ndarray,
    W2: np.ndarray,
    b2: np.ndarray,
    cosines: np.ndarray,
    E: np.ndarray,
) -> None:
    """Write E, (PER_NUMBER, m), and the cosines, (FREQUENCIES, m), of numbers x."""
    m = x.size
    turn = x.dtype.type(1.0 / _TURN)
    for q in range(FREQUENCIES):
        w, b = w1[q], b1[q] * turn
        for i in range(m):
            cosines[q, i] = cos_turns(fma(w, x[i], b))
    for i in range(m):
        E[0, i] = x[i]
    for r in range(LEARNED):
        for i in range(m):
            E[r + 1, i] = b2[r]
        for q in range(0, FREQUENCIES, 4):
            w, v = W2[r, q], W2[r, q + 1]
            t, u = W2[r, q + 2], W2[r, q + 3]
            for i in range(m):
                e = fma(v, cosines[q + 1, i], fma(w, cosines[q, i], E[r + 1, i]))
                E[r + 1, i] = fma(u, cosines[q + 3, i], fma(t, cosines[q + 2, i], e))


@kernel
def embed_number_back(
    x: np.ndarray,
    parameters: tuple[np.ndarray, np.ndarray, np.ndarray],
    cosines: np.ndarray,
    dE: np.ndarray,
    gradients: tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray],
) -> None:
    """Write the gradients of w1, b1, W2, b2 from dE of shape (PER_NUMBER, m).

    With u in turns, d cos(2πu)/du = -2π sin 2πu = -2π cos 2π(u - 1/4). The cosines are
    overwritten with the error in u.
    """
    w1, b1, W2 = parameters
    dw1, db1, dW2, db2 = gradients
    m = x.size
    turn = x.dtype.type(1.0 / _TURN)
    minus_turn = x.dtype.type(-_TURN)
    for r in range(LEARNED):
        db2[r] = total(dE[r + 1])
    for q in range(FREQUENCIES):
        w, b = w1[q], b1[q] * turn - _QUARTER
        v1, v2, v3 = W2[0, q], W2[1, q], W2[2, q]
        for r in range(LEARNED):
            dW2[r, q] = dot(dE[r + 1], cosines[q])
        for i in range(m):
            error = fma(v3, dE[3, i], fma(v2, dE[2, i], v1 * dE[1, i]))
            cosines[q, i] = cos_turns(fma(w, x[i], b)) * error
        dw1[q], db1[q] = minus_turn * dot(cosines[q], x), -total(cosines[q])


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
def parameters_of_number(
    layer: Record, parameters: np.ndarray, f: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return w1, b1, W2, b2 of number f, views of the parameters or the gradient.

    They stand in this order, each for all numbers.
    """
    n, start = layer.n_in, layer.weights
    lo = start + f * FREQUENCIES
    w1 = parameters[lo : lo + FREQUENCIES]
    lo += n * FREQUENCIES
    b1 = parameters[lo : lo + FREQUENCIES]
    lo = start + (2 * n + f * LEARNED) * FREQUENCIES
    W2 = matrix(parameters, lo, LEARNED, FREQUENCIES)
    lo = start + n * (2 + LEARNED) * FREQUENCIES + f * LEARNED
    return w1, b1, W2, parameters[lo : lo + LEARNED]


@kernel
def embed_numbers(
    layer: Record,
    parameters: np.ndarray,
    X: np.ndarray,
    cosines: np.ndarray,
    E: np.ndarray,
) -> None:
    """Write E, (n_out, m), and the cosines of the numbers X, (n_in, m)."""
    for f in range(X.shape[0]):
        w1, b1, W2, b2 = parameters_of_number(layer, parameters, f)
        C = cosines[f * FREQUENCIES : (f + 1) * FREQUENCIES]
        embed_number(X[f], w1, b1, W2, b2, C, E[f * PER_NUMBER : (f + 1) * PER_NUMBER])


@kernel
def embed_numbers_back(
    layer: Record,
    parameters: np.ndarray,
    gradient: np.ndarray,
    X: np.ndarray,
    cosines: np.ndarray,
    dE: np.ndarray,
) -> None:
    """Write the gradients of the embeddings of the numbers X from dE, (n_out, m)."""
    for f in range(X.shape[0]):
        w1, b1, W2, _ = parameters_of_number(layer, parameters, f)
        out = parameters_of_number(layer, gradient, f)
        C = cosines[f * FREQUENCIES : (f + 1) * FREQUENCIES]
        dE_f = dE[f * PER_NUMBER : (f + 1) * PER_NUMBER]
        embed_number_back(X[f], (w1, b1, W2), C, dE_f, out)


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

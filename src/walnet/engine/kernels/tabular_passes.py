"""Feed-forward and back-propagation of a tabular network.

::

    numbers ── embed_number ─┐
    plain inputs ────────────┼─ scale layer s*x ─ dense ─ … ─ dense ─ outputs
    levels ── look_up ───────┘

A dense layer but the last is ``Z = W A + b``, then the parametric activation
``Z + (g(Z) - Z) a`` with a slope a for each neuron, then dropout: Holzmüller et al.,
"Better by default", 2024, appendix A. Arrays are feature-major.
"""

from __future__ import annotations

import numpy as np

from walnet.engine.kernels.activations import activate, back_through, softmax
from walnet.engine.kernels.layers import (
    affine,
    affine_back_to_input,
    affine_back_to_parameters,
)
from walnet.engine.kernels.machine.compile import kernel, part
from walnet.engine.kernels.machine.elementary import ONE, TWO, ZERO
from walnet.engine.kernels.machine.views import matrix
from walnet.engine.kernels.tabular_embeddings import (
    embed_number,
    embed_number_back,
    look_up,
    look_up_back,
)
from walnet.engine.kernels.tabular_types import (
    FREQUENCIES,
    LEARNED,
    PER_NUMBER,
    Buffers,
    Rows,
)
from walnet.engine.kernels.types import Record


@kernel
def gather(rows: Rows, order: np.ndarray, lo: int, m: int, buffers: Buffers) -> None:
    """Copy the rows ``order[lo:lo + m]`` into the buffers."""
    X = matrix(buffers.X, 0, rows.X.shape[0], m)
    for k in range(X.shape[0]):
        for i in range(m):
            X[k, i] = rows.X[k, order[lo + i]]
    codes = matrix(buffers.codes, 0, rows.codes.shape[0], m)
    for k in range(codes.shape[0]):
        for i in range(m):
            codes[k, i] = rows.codes[k, order[lo + i]]
    for i in range(m):
        buffers.y[i] = rows.y[order[lo + i]]
        buffers.w[i] = rows.w[order[lo + i]]


@kernel
def embed(inp: Record, parameters: np.ndarray, m: int, buffers: Buffers) -> None:
    """Write the input of the scale layer: embedded numbers, plain inputs, levels."""
    X = matrix(buffers.X, 0, inp.n_numbers + inp.n_plain, m)
    E = matrix(buffers.embedded, 0, inp.n_inputs, m)
    row = 0
    if inp.embed_numbers == 1:
        for f in range(inp.n_numbers):
            w1, b1, W2, b2 = number_embedding(inp, parameters, f)
            cosines = matrix(buffers.cosines, f * FREQUENCIES * m, FREQUENCIES, m)
            embed_number(X[f], w1, b1, W2, b2, cosines, E[row : row + PER_NUMBER])
            row += PER_NUMBER
    first = inp.n_numbers if inp.embed_numbers == 1 else 0
    for k in range(first, inp.n_numbers + inp.n_plain):
        for i in range(m):
            E[row, i] = X[k, i]
        row += 1
    levels = matrix(parameters, inp.levels, inp.n_levels, inp.n_embedding)
    codes = matrix(buffers.codes, 0, inp.n_categories, m)
    for c in range(inp.n_categories):
        look_up(codes[c], levels, E[row : row + inp.n_embedding])
        row += inp.n_embedding


@kernel
def number_embedding(
    inp: Record, parameters: np.ndarray, f: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return w1, b1, W2, b2 of number f, views of the parameters or the gradient."""
    lo = inp.frequencies + f * FREQUENCIES
    w1 = parameters[lo : lo + FREQUENCIES]
    lo = inp.phases + f * FREQUENCIES
    b1 = parameters[lo : lo + FREQUENCIES]
    lo = inp.mixtures + f * LEARNED * FREQUENCIES
    W2 = matrix(parameters, lo, LEARNED, FREQUENCIES)
    lo = inp.shifts + f * LEARNED
    return w1, b1, W2, parameters[lo : lo + LEARNED]


@kernel
def embed_back(
    inp: Record,
    parameters: np.ndarray,
    gradient: np.ndarray,
    m: int,
    dE: np.ndarray,
    buffers: Buffers,
) -> None:
    """Write the gradients of the embeddings from the error of the scale layer's input.

    Inputs themselves have no gradient to be kept.
    """
    X = matrix(buffers.X, 0, inp.n_numbers + inp.n_plain, m)
    row = inp.n_numbers + inp.n_plain
    if inp.embed_numbers == 1:
        row += inp.n_numbers * LEARNED
        for f in range(inp.n_numbers):
            w1, b1, W2, _ = number_embedding(inp, parameters, f)
            cosines = matrix(buffers.cosines, f * FREQUENCIES * m, FREQUENCIES, m)
            out = number_embedding(inp, gradient, f)
            dE_f = dE[PER_NUMBER * f : PER_NUMBER * f + PER_NUMBER]
            embed_number_back(X[f], (w1, b1, W2), cosines, dE_f, out)
    if inp.n_categories == 0:
        return
    dlevels = matrix(gradient, inp.levels, inp.n_levels, inp.n_embedding)
    dlevels[:] = ZERO
    codes = matrix(buffers.codes, 0, inp.n_categories, m)
    for c in range(inp.n_categories):
        look_up_back(codes[c], dE[row : row + inp.n_embedding], dlevels)
        row += inp.n_embedding


@kernel
def scale_inputs(inp: Record, parameters: np.ndarray, m: int, buffers: Buffers) -> None:
    """Write ``A[k] = s[k] E[k]``."""
    E = matrix(buffers.embedded, 0, inp.n_inputs, m)
    A = matrix(buffers.scaled, 0, inp.n_inputs, m)
    for k in range(inp.n_inputs):
        s = parameters[inp.scale + k]
        for i in range(m):
            A[k, i] = s * E[k, i]


@kernel
def scale_inputs_back(
    inp: Record,
    parameters: np.ndarray,
    gradient: np.ndarray,
    E: np.ndarray,
    dA: np.ndarray,
) -> None:
    """Write ``ds[k] = Σ dA[k] E[k]`` and overwrite dA with ``dE[k] = s[k] dA[k]``."""
    for k in range(inp.n_inputs):
        s, total = parameters[inp.scale + k], ZERO
        for i in range(E.shape[1]):
            total += dA[k, i] * E[k, i]
            dA[k, i] *= s
        gradient[inp.scale + k] = total


@kernel
def activate_rows(activation: int, Z: np.ndarray, G: np.ndarray) -> None:
    """Write ``G = g(Z)``."""
    activate(activation, Z, G)


@kernel
def blend(Z: np.ndarray, G: np.ndarray, slopes: np.ndarray, A: np.ndarray) -> None:
    """Write ``A = Z + (G - Z) a`` with a slope for each neuron."""
    for j in range(Z.shape[0]):
        a = slopes[j]
        for i in range(Z.shape[1]):
            A[j, i] = Z[j, i] + (G[j, i] - Z[j, i]) * a


@kernel
def blend_back(
    Z: np.ndarray,
    G: np.ndarray,
    slopes: np.ndarray,
    dA: np.ndarray,
    dslopes: np.ndarray,
) -> None:
    """Write ``da = Σ dA (G - Z)``."""
    for j in range(Z.shape[0]):
        total = slopes[j] * ZERO
        for i in range(Z.shape[1]):
            total += dA[j, i] * (G[j, i] - Z[j, i])
        dslopes[j] = total


@kernel
def _times_slopes(dA: np.ndarray, slopes: np.ndarray, dG: np.ndarray) -> None:
    """Write ``dG = dA a``."""
    for j in range(dA.shape[0]):
        a = slopes[j]
        for i in range(dA.shape[1]):
            dG[j, i] = dA[j, i] * a


@kernel
def _add_straight(dA: np.ndarray, slopes: np.ndarray, dZ: np.ndarray) -> None:
    """Add ``dA (1 - a)``, the way past g, to dZ."""
    for j in range(dA.shape[0]):
        past = ONE - slopes[j]
        for i in range(dA.shape[1]):
            dZ[j, i] += dA[j, i] * past


@kernel
def multiply(A: np.ndarray, mask: np.ndarray) -> None:
    """Overwrite A with ``A * mask``."""
    for j in range(A.shape[0]):
        for i in range(A.shape[1]):
            A[j, i] *= mask[j, i]


@part
def feed_forward(
    inp: Record,
    layers: np.ndarray,
    parameters: np.ndarray,
    m: int,
    masked: int,
    buffers: Buffers,
) -> None:
    """Fill the buffers from the rows in them; the outputs stand in the last Z.

    With `masked` the activations are multiplied by the masks in the buffers.
    """
    embed(inp, parameters, m, buffers)
    scale_inputs(inp, parameters, m, buffers)
    A_prev = matrix(buffers.scaled, 0, inp.n_inputs, m)
    for l in range(layers.size):
        layer = layers[l]
        W = matrix(parameters, layer.weights, layer.n_out, layer.n_in)
        b = parameters[layer.biases : layer.biases + layer.n_out]
        start = layer.before * buffers.capacity
        Z = matrix(buffers.Z, start, layer.n_out, m)
        affine(W, A_prev, b, Z)
        if l < layers.size - 1:
            G = matrix(buffers.G, start, layer.n_out, m)
            A = matrix(buffers.A, start, layer.n_out, m)
            activate(inp.activation, Z, G)
            blend(Z, G, parameters[layer.slopes : layer.slopes + layer.n_out], A)
            if masked == 1:
                multiply(A, matrix(buffers.masks, start, layer.n_out, m))
            A_prev = A


@part
def activation_back(
    inp: Record,
    layer: Record,
    parameters: np.ndarray,
    gradient: np.ndarray,
    masked: int,
    buffers: Buffers,
    dZ: np.ndarray,
) -> None:
    """Write dZ of a hidden layer and its slopes' gradient from dA in the buffers."""
    n, m = dZ.shape
    start = layer.before * buffers.capacity
    dA = matrix(buffers.dA, 0, n, m)
    if masked == 1:
        multiply(dA, matrix(buffers.masks, start, n, m))
    Z = matrix(buffers.Z, start, n, m)
    G = matrix(buffers.G, start, n, m)
    slopes = parameters[layer.slopes : layer.slopes + n]
    blend_back(Z, G, slopes, dA, gradient[layer.slopes : layer.slopes + n])
    _times_slopes(dA, slopes, dZ)
    back_through(inp.activation, Z, G, dZ, dZ)
    _add_straight(dA, slopes, dZ)


@part
def back_propagate(
    inp: Record,
    layers: np.ndarray,
    parameters: np.ndarray,
    gradient: np.ndarray,
    m: int,
    masked: int,
    buffers: Buffers,
) -> None:
    """Fill the gradient from the outputs' dZ, which stands in the last Z."""
    last = layers[layers.size - 1]
    dZ = matrix(buffers.Z, last.before * buffers.capacity, last.n_out, m)
    for l in range(layers.size - 1, -1, -1):
        layer = layers[l]
        W = matrix(parameters, layer.weights, layer.n_out, layer.n_in)
        dW = matrix(gradient, layer.weights, layer.n_out, layer.n_in)
        db = gradient[layer.biases : layer.biases + layer.n_out]
        dA = matrix(buffers.dA, 0, layer.n_in, m)
        if l == 0:
            A_prev = matrix(buffers.scaled, 0, inp.n_inputs, m)
            affine_back_to_parameters(dZ, A_prev, dW, db)
            affine_back_to_input(W, dZ, dA)
        else:
            prev = layers[l - 1]
            A_prev = matrix(buffers.A, prev.before * buffers.capacity, prev.n_out, m)
            affine_back_to_parameters(dZ, A_prev, dW, db)
            affine_back_to_input(W, dZ, dA)
            dZ = matrix(buffers.dZ, 0, prev.n_out, m)
            activation_back(inp, prev, parameters, gradient, masked, buffers, dZ)
    E = matrix(buffers.embedded, 0, inp.n_inputs, m)
    dE = matrix(buffers.dA, 0, inp.n_inputs, m)
    scale_inputs_back(inp, parameters, gradient, E, dE)
    embed_back(inp, parameters, gradient, m, dE, buffers)


@kernel
def class_delta(
    Z: np.ndarray, y: np.ndarray, w: np.ndarray, smoothing: float, P: np.ndarray
) -> float:
    """Overwrite Z with its error; return the mean cross-entropy with smoothed labels.

    The target is ``(1 - ε) onehot + ε / k``: Szegedy et al. (2016), section 7.
    """
    k, m = Z.shape
    rest = Z.dtype.type(smoothing / k)
    most = Z.dtype.type(1.0 - smoothing)
    tiny = Z.dtype.type(1e-30)
    share = Z.dtype.type(1.0 / m)
    softmax(Z, P)
    cost = ZERO
    for j in range(k):
        for i in range(m):
            target = rest + (most if y[i] == j else ZERO)
            cost -= w[i] * target * np.log(P[j, i] + tiny)
            Z[j, i] = w[i] * share * (P[j, i] - target)
    mean: float = cost * share
    return mean


@kernel
def square_delta(Z: np.ndarray, y: np.ndarray, w: np.ndarray) -> float:
    """Overwrite Z, of one output, with its error; return the mean squared error."""
    m = Z.shape[1]
    share = Z.dtype.type(1.0 / m)
    cost = ZERO
    for i in range(m):
        d = Z[0, i] - y[i]
        cost += w[i] * d * d
        Z[0, i] = TWO * share * w[i] * d
    mean: float = cost * share
    return mean


@part
def output_delta(
    layers: np.ndarray, classes: int, smoothing: float, m: int, buffers: Buffers
) -> float:
    """Return the cost of the rows in the buffers and overwrite the last Z with dZ."""
    last = layers[layers.size - 1]
    start = last.before * buffers.capacity
    Z = matrix(buffers.Z, start, last.n_out, m)
    if classes == 1:
        P = matrix(buffers.G, start, last.n_out, m)
        return class_delta(Z, buffers.y, buffers.w, smoothing, P)
    return square_delta(Z, buffers.y, buffers.w)

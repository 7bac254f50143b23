"""One dense layer, forward and back.

::

    Z = W A_prev + b
    Z = γ (U - μ) / sqrt(σ² + ε) + b      normalised over the batch, U = W A_prev
    G = g(Z)
    A = G
    A = Z + (G - Z) a                     with a learned slope a for each neuron
    A = A * mask                          with dropout

and back, from the layer's dZ::

    dW = dZ A_prevᵀ,  db = Σ dZ           over the examples
    dA_prev = Wᵀ dZ,  dZ_prev = dA_prev * g'(Z_prev)

Normalisation: Ioffe, Szegedy (2015). Slopes: Holzmüller et al., "Better by default",
2024, appendix A.
"""

from __future__ import annotations

import numpy as np

from walnet.engine.kernels.activations import RELU, activate, back_through
from walnet.engine.kernels.affine import (
    affine,
    affine_back_through_relu,
    affine_back_to_input,
    affine_back_to_weights,
    sum_examples,
)
from walnet.engine.kernels.machine.compile import kernel, part
from walnet.engine.kernels.machine.randomness import draw_mask, mix
from walnet.engine.kernels.machine.views import flat, matrix, stretch
from walnet.engine.kernels.normalization import (
    normalize,
    normalize_as_learned,
    normalize_back,
)
from walnet.engine.kernels.slopes import (
    add_straight,
    blend,
    multiply,
    multiply_by,
    slopes_back,
    times_slopes,
)
from walnet.engine.kernels.types import Dropout, Record, Workspace


@kernel
def weights_of(layer: Record, parameters: np.ndarray) -> np.ndarray:
    """Return W of a layer, a view of shape (n_out, n_in)."""
    return matrix(parameters, layer.weights, layer.n_out, layer.n_in)


@kernel
def neurons_of(start: int, layer: Record, flat_array: np.ndarray) -> np.ndarray:
    """Return the layer's stretch, one number a neuron, of a flat array."""
    return stretch(flat_array, start, layer.n_out)


@kernel
def block(buffer: np.ndarray, first: int, n: int, m: int, capacity: int) -> np.ndarray:
    """Return the (n, m) array that begins at a neuron of a flat buffer."""
    return matrix(buffer, first * capacity, n, m)


@kernel
def drops(layer: Record, dropout: Dropout) -> bool:
    """Return whether some of a layer's activations are dropped in this iteration."""
    dropped: bool = layer.dropout > 0.0 and dropout[0] != 0
    return dropped


@part
def dense(
    layer: Record,
    parameters: np.ndarray,
    statistics: np.ndarray,
    m: int,
    work: Workspace,
    dropout: Dropout,
    learning: int,
) -> None:
    """Fill Z and A (and G, where they differ) of a layer from what it reads."""
    A_prev = block(work.A, layer.source, layer.n_in, m, work.capacity)
    Z = block(work.Z, layer.target, layer.n_out, m, work.capacity)
    A = block(work.A, layer.target, layer.n_out, m, work.capacity)
    b = neurons_of(layer.biases, layer, parameters)
    start = b if layer.gammas < 0 else stretch(work.zeros, 0, layer.n_out)
    affine(weights_of(layer, parameters), A_prev, start, Z)
    if layer.gammas >= 0:
        _normalize(layer, parameters, statistics, Z, b, work, learning)
    if layer.slopes < 0 and not drops(layer, dropout):
        activate(layer.activation, Z, A, work.dA)  # dA is free on the way forward
        return
    G = block(work.G, layer.target, layer.n_out, m, work.capacity)
    activate(layer.activation, Z, G, work.dA)
    if layer.slopes >= 0:
        blend(Z, G, neurons_of(layer.slopes, layer, parameters), A)
    if drops(layer, dropout):
        mask = block(work.masks, layer.target, layer.n_out, m, work.capacity)
        start_of_mask = mix(dropout[0] + np.uint64(layer.target))
        draw_mask(flat(mask), layer.dropout * dropout[1], start_of_mask)
        if layer.slopes >= 0:
            multiply_by(A, mask)
        else:
            multiply(G, mask, A)


@part
def _normalize(
    layer: Record,
    parameters: np.ndarray,
    statistics: np.ndarray,
    Z: np.ndarray,
    beta: np.ndarray,
    work: Workspace,
    learning: int,
) -> None:
    """Normalise the weighted inputs, over the batch while the network learns."""
    gamma = neurons_of(layer.gammas, layer, parameters)
    lo, hi = layer.target, layer.target + layer.n_out
    if learning == 1:
        hat = block(work.hat, layer.target, Z.shape[0], Z.shape[1], work.capacity)
        normalize(Z, gamma, beta, hat, work.deviation[lo:hi], statistics[:, lo:hi])
    else:
        normalize_as_learned(Z, gamma, beta, statistics[:, lo:hi])


@part
def dense_back(
    layer: Record,
    parameters: np.ndarray,
    gradient: np.ndarray,
    m: int,
    work: Workspace,
) -> None:
    """Write dW and db (and dgamma) of a layer from its dZ.

    With batch normalisation dZ becomes that of the weighted input before it.
    """
    dZ = block(work.dZ, layer.target, layer.n_out, m, work.capacity)
    A_prev = block(work.A, layer.source, layer.n_in, m, work.capacity)
    db = neurons_of(layer.biases, layer, gradient)
    if layer.gammas < 0:
        sum_examples(dZ, db)
    else:
        hat = block(work.hat, layer.target, layer.n_out, m, work.capacity)
        gamma = neurons_of(layer.gammas, layer, parameters)
        dgamma = neurons_of(layer.gammas, layer, gradient)
        s = neurons_of(layer.target, layer, work.deviation)
        normalize_back(dZ, gamma, hat, s, dgamma, db)
    affine_back_to_weights(dZ, A_prev, weights_of(layer, gradient))


@part
def dense_back_to_input(
    layer: Record, parameters: np.ndarray, m: int, work: Workspace
) -> None:
    """Write dA of what a layer reads, from its dZ."""
    dZ = block(work.dZ, layer.target, layer.n_out, m, work.capacity)
    dA = matrix(work.dA, 0, layer.n_in, m)
    affine_back_to_input(weights_of(layer, parameters), dZ, dA)


@part
def dense_back_to_dense(
    layer: Record,
    prev: Record,
    parameters: np.ndarray,
    gradient: np.ndarray,
    m: int,
    work: Workspace,
    dropout: Dropout,
) -> None:
    """Write dZ (and dslopes) of the layer before, from a layer's dZ."""
    n = prev.n_out
    A = block(work.A, prev.target, n, m, work.capacity)
    dZ_prev = block(work.dZ, prev.target, n, m, work.capacity)
    dropped = drops(prev, dropout)
    if prev.activation == RELU and prev.slopes < 0 and not dropped:
        dZ = block(work.dZ, layer.target, layer.n_out, m, work.capacity)
        if affine_back_through_relu(weights_of(layer, parameters), dZ, A, dZ_prev):
            return
    dense_back_to_input(layer, parameters, m, work)
    dA = matrix(work.dA, 0, n, m)
    if dropped:
        multiply_by(dA, block(work.masks, prev.target, n, m, work.capacity))
    # dZ has a buffer of its own: where an array is both read and written, the compiler
    # cannot vectorise, and the way back takes six times as long.
    Z = block(work.Z, prev.target, n, m, work.capacity)
    if prev.slopes < 0:
        G = block(work.G, prev.target, n, m, work.capacity) if dropped else A
        back_through(prev.activation, Z, G, dA, dZ_prev)
        return
    G = block(work.G, prev.target, n, m, work.capacity)
    slopes = neurons_of(prev.slopes, prev, parameters)
    slopes_back(Z, G, dA, neurons_of(prev.slopes, prev, gradient))
    times_slopes(dA, slopes, dZ_prev)
    back_through(prev.activation, Z, G, dZ_prev, dZ_prev)
    add_straight(dA, slopes, dZ_prev)

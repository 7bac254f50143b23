"""Feed-forward and back-propagation through a whole network.

A network is a record array, one record a layer, that says of which kind the layer is,
how large, which activation it has and where its parameters and buffers begin.
Parameters are one flat vector; the arrays of a pass are flat buffers, of which a batch
of m examples uses the first ``neurons · m`` numbers of each layer's part::

    numbers ── NUMBERS ─┐
    inputs ─── COPY ────┼─ SCALE ─ DENSE ─ … ─ DENSE ─ outputs
    levels ─── LEVELS ──┘

or, where the inputs are taken as they are, DENSE layers alone.
"""

from __future__ import annotations

import numpy as np

from walnet.engine.kernels.activations import back_through
from walnet.engine.kernels.costs import (
    BINARY_CROSS_ENTROPY,
    CATEGORICAL_CROSS_ENTROPY,
    POISSON,
    binary,
    categorical,
    cost_of_outputs,
    poisson,
)
from walnet.engine.kernels.dense import (
    block,
    dense,
    dense_back,
    dense_back_to_dense,
    dense_back_to_input,
)
from walnet.engine.kernels.front import front, front_back
from walnet.engine.kernels.machine.compile import part
from walnet.engine.kernels.machine.views import stretch
from walnet.engine.kernels.types import DENSE, Dropout, Record, Workspace


@part
def feed_forward(
    layers: np.ndarray,
    parameters: np.ndarray,
    statistics: np.ndarray,
    m: int,
    work: Workspace,
    dropout: Dropout,
    learning: int,
) -> None:
    """Fill Z and A of every layer from the inputs in the workspace.

    With `learning` 1, not 0, normalised layers take the mean of the batch.
    """
    for l in range(layers.size):
        layer = layers[l]
        if layer.kind == DENSE:
            dense(layer, parameters, statistics, m, work, dropout, learning)
        else:
            front(layer, parameters, m, work)


@part
def back_propagate(
    layers: np.ndarray,
    parameters: np.ndarray,
    gradient: np.ndarray,
    m: int,
    work: Workspace,
    dropout: Dropout,
) -> None:
    """Fill the gradient and every dense layer's dZ, from the output layer's dZ."""
    for l in range(layers.size - 1, -1, -1):
        layer = layers[l]
        if layer.kind != DENSE:
            front_back(layer, parameters, gradient, m, work)
            continue
        dense_back(layer, parameters, gradient, m, work)
        if l == 0:
            return
        prev = layers[l - 1]
        if prev.kind == DENSE:
            dense_back_to_dense(layer, prev, parameters, gradient, m, work, dropout)
        else:
            dense_back_to_input(layer, parameters, m, work)


@part
def output_delta(
    layers: np.ndarray, rule: Record, m: int, work: Workspace, scale: float
) -> float:
    """Return the cost of the batch and write the output layer's dZ."""
    last = layers[layers.size - 1]
    Z = block(work.Z, last.target, last.n_out, m, work.capacity)
    A = block(work.A, last.target, last.n_out, m, work.capacity)
    dZ = block(work.dZ, last.target, last.n_out, m, work.capacity)
    Y = block(work.Y, 0, last.n_out, m, work.capacity)
    w = stretch(work.w, 0, m)
    if rule.cost == CATEGORICAL_CROSS_ENTROPY:
        return scale * categorical(Z, A, Y, w, scale, dZ, work.dA)
    if rule.cost == BINARY_CROSS_ENTROPY:
        return scale * binary(Z, A, Y, w, scale, dZ)
    if rule.cost == POISSON:
        return scale * poisson(last.activation, Z, A, Y, w, scale, dZ)
    dA = block(work.dA, 0, last.n_out, m, work.capacity)
    total = cost_of_outputs(rule, A, Y, w, scale, dA)
    back_through(last.activation, Z, A, dA, dZ)
    return total

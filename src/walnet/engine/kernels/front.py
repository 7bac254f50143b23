"""The layers in front of the dense ones: embeddings, copies and the scale layer."""

from __future__ import annotations

import numpy as np

from walnet.engine.kernels.dense import neurons_of
from walnet.engine.kernels.embeddings import (
    STEPS,
    embed_levels,
    embed_levels_back,
    embed_numbers,
    embed_numbers_back,
    shapes_of_number,
)
from walnet.engine.kernels.machine.compile import kernel
from walnet.engine.kernels.machine.views import matrix
from walnet.engine.kernels.scale import scale, scale_back
from walnet.engine.kernels.types import (
    COPY,
    LEVELS,
    NUMBERS,
    RAMPS,
    SCALE,
    Record,
    Workspace,
)


@kernel
def front(layer: Record, parameters: np.ndarray, m: int, work: Workspace) -> None:
    """Fill A of a layer in front of the dense ones."""
    A = _rows(work.A, layer.target, layer.target_row, layer.n_out, m, work.capacity)
    if layer.kind == LEVELS:
        embed_levels(layer, parameters, _codes(layer, m, work), A)
        return
    X = _rows(work.A, layer.source, layer.source_row, layer.n_in, m, work.capacity)
    if layer.kind in (NUMBERS, RAMPS):
        embed_numbers(layer, parameters, X, _cosines(layer, m, work), A)
    elif layer.kind == SCALE:
        scale(neurons_of(layer.weights, layer, parameters), X, A)
    else:
        for k in range(layer.n_in):
            for i in range(m):
                A[k, i] = X[k, i]


@kernel
def _rows(
    buffer: np.ndarray, first: int, row: int, n: int, m: int, capacity: int
) -> np.ndarray:
    """Return n rows of the block that begins at a neuron of a flat buffer."""
    return matrix(buffer, first * capacity + row * m, n, m)


@kernel
def _codes(layer: Record, m: int, work: Workspace) -> np.ndarray:
    """Return the codes that a layer of levels reads."""
    return matrix(work.codes, layer.source_row * m, layer.n_in, m)


@kernel
def _cosines(layer: Record, m: int, work: Workspace) -> np.ndarray:
    """Return the waves or ramps of a layer of numbers, some rows for each."""
    start = layer.source_row * STEPS * work.capacity
    return matrix(work.cosines, start, layer.n_in * shapes_of_number(layer), m)


@kernel
def front_back(
    layer: Record,
    parameters: np.ndarray,
    gradient: np.ndarray,
    m: int,
    work: Workspace,
) -> None:
    """Fill the gradient of a layer in front of the dense ones, from the workspace's dA.

    The scale layer leaves dA as that of what it reads. Inputs have no gradient to keep.
    """
    if layer.kind == COPY:
        return
    dA = matrix(work.dA, layer.target_row * m, layer.n_out, m)
    if layer.kind == LEVELS:
        embed_levels_back(layer, gradient, _codes(layer, m, work), dA)
        return
    X = _rows(work.A, layer.source, layer.source_row, layer.n_in, m, work.capacity)
    if layer.kind in (NUMBERS, RAMPS):
        C = _cosines(layer, m, work)
        embed_numbers_back(layer, parameters, gradient, X, C, dA)
    else:
        s = neurons_of(layer.weights, layer, parameters)
        scale_back(s, X, dA, neurons_of(layer.weights, layer, gradient))

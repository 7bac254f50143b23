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
    cost_of_outputs,
    cross_entropy,
    is_cross_entropy,
    smooth_labels,
)
from walnet.engine.kernels.dense import (
    block,
    dense,
    dense_back,
    dense_back_to_dense,
    dense_back_to_input,
    neurons_of,
)
from walnet.engine.kernels.embeddings import (
    FREQUENCIES,
    embed_levels,
    embed_levels_back,
    embed_numbers,
    embed_numbers_back,
)
from walnet.engine.kernels.machine.compile import kernel, part
from walnet.engine.kernels.machine.elementary import ONE, ZERO
from walnet.engine.kernels.machine.views import matrix, stretch
from walnet.engine.kernels.scale import scale, scale_back
from walnet.engine.kernels.types import (
    COPY,
    DENSE,
    LEVELS,
    NUMBERS,
    SCALE,
    Dropout,
    Examples,
    Real,
    Record,
    Workspace,
)


@part
def take_examples(
    layers: np.ndarray,
    rule: Record,
    examples: Examples,
    order: np.ndarray,
    lo: int,
    hi: int,
    work: Workspace,
) -> None:
    """Copy rows ``order[lo:hi]`` into the workspace, turned feature-major."""
    m = hi - lo
    n_out = layers[layers.size - 1].n_out
    X = block(work.A, 0, examples.X.shape[1], m, work.capacity)
    if examples.pointers.size == 0:
        turn(examples.X, order, lo, X)
    else:
        _turn_sparse(examples, order, lo, X)
    if examples.codes.shape[1] > 0:
        turn(examples.codes, order, lo, codes_of(examples.codes.shape[1], m, work))
    Y = block(work.Y, 0, n_out, m, work.capacity)
    if examples.Y.shape[1] == n_out:
        turn(examples.Y, order, lo, Y)
    else:
        _one_hot(examples.Y, order, lo, Y)
    if rule.smoothing > 0.0:
        smooth_labels(Y, rule.smoothing)
    if examples.w.size == 0:
        for i in range(m):
            work.w[i] = ONE
    else:
        for i in range(m):
            work.w[i] = examples.w[order[lo + i]]


@kernel
def codes_of(n: int, m: int, work: Workspace) -> np.ndarray:
    """Return the batch's codes of levels, (columns, examples)."""
    return matrix(work.codes, 0, n, m)


@kernel
def turn(rows: np.ndarray, order: np.ndarray, lo: int, columns: np.ndarray) -> None:
    """Write ``columns[k, i] = rows[order[lo + i], k]``, eight rows side by side."""
    n, m = columns.shape
    for i in range(0, m - 7, 8):
        at = lo + i
        r0, r1, r2, r3 = order[at], order[at + 1], order[at + 2], order[at + 3]
        r4, r5, r6, r7 = order[at + 4], order[at + 5], order[at + 6], order[at + 7]
        for k in range(n):
            columns[k, i], columns[k, i + 1] = rows[r0, k], rows[r1, k]
            columns[k, i + 2], columns[k, i + 3] = rows[r2, k], rows[r3, k]
            columns[k, i + 4], columns[k, i + 5] = rows[r4, k], rows[r5, k]
            columns[k, i + 6], columns[k, i + 7] = rows[r6, k], rows[r7, k]
    for i in range(m - m % 8, m):
        row = order[lo + i]
        for k in range(n):
            columns[k, i] = rows[row, k]


@kernel
def _turn_sparse(examples: Examples, order: np.ndarray, lo: int, X: np.ndarray) -> None:
    """Write sparse rows as the dense columns of X."""
    X[:] = ZERO
    for i in range(X.shape[1]):
        row = order[lo + i]
        for at in range(examples.pointers[row], examples.pointers[row + 1]):
            X[examples.columns[at], i] += examples.values[at]


@kernel
def _one_hot(classes: np.ndarray, order: np.ndarray, lo: int, Y: np.ndarray) -> None:
    """Write numbers of classes as columns of zeros and a one."""
    Y[:] = ZERO
    for i in range(Y.shape[1]):
        Y[np.int64(classes[order[lo + i], 0]), i] = ONE


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
            _front(layer, parameters, m, work)


@kernel
def _front(layer: Record, parameters: np.ndarray, m: int, work: Workspace) -> None:
    """Fill A of a layer in front of the dense ones."""
    A = _rows(work.A, layer.target, layer.target_row, layer.n_out, m, work.capacity)
    if layer.kind == LEVELS:
        embed_levels(layer, parameters, _codes(layer, m, work), A)
        return
    X = _rows(work.A, layer.source, layer.source_row, layer.n_in, m, work.capacity)
    if layer.kind == NUMBERS:
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
    """Return the cosines of a layer of numbers, FREQUENCIES rows for each."""
    start = layer.source_row * FREQUENCIES * work.capacity
    return matrix(work.cosines, start, layer.n_in * FREQUENCIES, m)


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
            _front_back(layer, parameters, gradient, m, work)
            continue
        dense_back(layer, parameters, gradient, m, work)
        if l == 0:
            return
        prev = layers[l - 1]
        if prev.kind == DENSE:
            dense_back_to_dense(layer, prev, parameters, gradient, m, work, dropout)
        else:
            dense_back_to_input(layer, parameters, m, work)


@kernel
def _front_back(
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
    if layer.kind == NUMBERS:
        C = _cosines(layer, m, work)
        embed_numbers_back(layer, parameters, gradient, X, C, dA)
    else:
        s = neurons_of(layer.weights, layer, parameters)
        scale_back(s, X, dA, neurons_of(layer.weights, layer, gradient))


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
    if is_cross_entropy(rule.cost):
        return cross_entropy(rule, Z, A, Y, w, scale, dZ, work.dA)
    dA = block(work.dA, 0, last.n_out, m, work.capacity)
    total = cost_of_outputs(rule, A, Y, w, scale, dA)
    back_through(last.activation, Z, A, dA, dZ)
    return total


@kernel
def penalty(
    layers: np.ndarray,
    rule: Record,
    share: float,
    parameters: np.ndarray,
    gradient: np.ndarray,
) -> float:
    """Add the penalties' part to the gradient and return their part of the cost.

    ``share · (l1 Σ|W| + l2/2 ΣW²)``, of weights only: biases are free.
    """
    if rule.l1 == 0.0 and rule.l2 == 0.0:
        return 0.0
    real = parameters.dtype.type
    total = 0.0
    for l in range(layers.size):
        if layers[l].kind != DENSE:
            continue
        lo = layers[l].weights
        n = layers[l].n_weights
        W, dW = stretch(parameters, lo, n), stretch(gradient, lo, n)
        if rule.l1 != 0.0:
            total += rule.l1 * share * _add_signs(W, dW, real(rule.l1 * share))
        if rule.l2 != 0.0:
            total += 0.5 * rule.l2 * share * _add_weights(W, dW, real(rule.l2 * share))
    return total


@kernel
def _add_weights(W: np.ndarray, dW: np.ndarray, l2: Real) -> float:
    """Do ``dW += l2 W`` and return ΣW²."""
    total = 0.0
    for i in range(W.size):
        total += np.float64(W[i] * W[i])
        dW[i] += l2 * W[i]
    return total


@kernel
def _add_signs(W: np.ndarray, dW: np.ndarray, l1: Real) -> float:
    """Do ``dW += l1 sign W`` and return Σ|W|."""
    total = 0.0
    for i in range(W.size):
        sign = (ONE if W[i] > ZERO else ZERO) - (ONE if W[i] < ZERO else ZERO)
        total += np.float64(abs(W[i]))
        dW[i] += l1 * sign
    return total


@part
def hits(layers: np.ndarray, rule: Record, m: int, work: Workspace) -> float:
    """Return the weighted number of labels predicted right, 0 for regression."""
    last = layers[layers.size - 1]
    A = block(work.A, last.target, last.n_out, m, work.capacity)
    Y = block(work.Y, 0, last.n_out, m, work.capacity)
    if rule.task == 1:
        return _threshold_hits(A, Y, work.w, A.dtype.type(rule.threshold))
    if rule.task == 2:
        return _largest_hits(A, Y, work.w)
    return 0.0


@kernel
def _threshold_hits(
    A: np.ndarray, Y: np.ndarray, w: np.ndarray, threshold: float
) -> float:
    """Count outputs on the right side of the threshold, as a share of the outputs."""
    n, m = A.shape
    total = 0.0
    for k in range(n):
        for i in range(m):
            right = (A[k, i] > threshold) == (Y[k, i] > threshold)
            total += np.float64(w[i]) if right else 0.0
    share: float = total / n
    return share


@kernel
def _largest_hits(A: np.ndarray, Y: np.ndarray, w: np.ndarray) -> float:
    """Count examples whose largest output is the label's."""
    n, m = A.shape
    total = 0.0
    for i in range(m):
        best = 0
        for k in range(1, n):
            best = k if A[k, i] > A[best, i] else best
        chosen = Y[best, i]
        right = True
        for k in range(n):
            right = right and Y[k, i] <= chosen
        total += np.float64(w[i]) if right else 0.0
    return total

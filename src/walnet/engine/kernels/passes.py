"""Feed-forward and back-propagation through a whole network.

A *plan* is a record array, one record a layer, that says how large the layer is, which
activation it has and where its parameters and buffers begin. Parameters are one flat
vector; the arrays of a pass are flat buffers, of which a batch of m examples uses the
first ``neurons · m`` numbers of each layer's part.
"""

from __future__ import annotations

import numpy as np

from walnet.engine.kernels.activations import RELU, activate, back_through
from walnet.engine.kernels.costs import cost_of_outputs, cross_entropy, is_cross_entropy
from walnet.engine.kernels.layers import (
    affine,
    affine_back_through_relu,
    affine_back_to_input,
    affine_back_to_parameters,
)
from walnet.engine.kernels.machine.compile import kernel, part
from walnet.engine.kernels.machine.elementary import ONE, ZERO
from walnet.engine.kernels.machine.randomness import keep_or_drop
from walnet.engine.kernels.machine.views import matrix
from walnet.engine.kernels.types import Bits, Examples, Real, Record, Workspace


@kernel
def weights_of(layer: Record, parameters: np.ndarray) -> np.ndarray:
    """Return W of a layer, a view of shape (n_out, n_in)."""
    return matrix(parameters, layer.weights, layer.n_out, layer.n_in)


@kernel
def biases_of(layer: Record, parameters: np.ndarray) -> np.ndarray:
    """Return b of a layer, a view of shape (n_out,)."""
    return parameters[layer.biases : layer.biases + layer.n_out]


@kernel
def block(
    buffer: np.ndarray, first_neuron: int, n: int, m: int, capacity: int
) -> np.ndarray:
    """Return the (n, m) array of one layer inside a flat buffer."""
    return matrix(buffer, first_neuron * capacity, n, m)


@part
def take_examples(
    examples: Examples, order: np.ndarray, lo: int, hi: int, work: Workspace
) -> None:
    """Copy rows ``order[lo:hi]`` into the workspace, turned feature-major."""
    m = hi - lo
    n_in, n_out = examples.X.shape[1], examples.Y.shape[1]
    _turn(examples.X, order, lo, block(work.A, 0, n_in, m, work.capacity))
    _turn(examples.Y, order, lo, block(work.Y, 0, n_out, m, work.capacity))
    if examples.w.size == 0:
        for i in range(m):
            work.w[i] = ONE
    else:
        for i in range(m):
            work.w[i] = examples.w[order[lo + i]]


@kernel
def _turn(rows: np.ndarray, order: np.ndarray, lo: int, columns: np.ndarray) -> None:
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


@part
def feed_forward(
    plan: np.ndarray,
    parameters: np.ndarray,
    m: int,
    work: Workspace,
    dropout_stream: Bits,
    column: int,
) -> None:
    """Fill Z and A of every layer from the input in the workspace.

    With ``dropout_stream`` 0 nothing is dropped.
    """
    before = 0
    source = work.A
    for l in range(plan.size):
        layer = plan[l]
        A_prev = block(source, before, layer.n_in, m, work.capacity)
        Z = block(work.Z, layer.neurons_before, layer.n_out, m, work.capacity)
        A = block(work.A, layer.neurons_before, layer.n_out, m, work.capacity)
        affine(weights_of(layer, parameters), A_prev, biases_of(layer, parameters), Z)
        activate(layer.activation, Z, A)
        source = work.A
        if layer.dropout > 0.0 and dropout_stream != 0:
            D = block(work.D, layer.neurons_before, layer.n_out, m, work.capacity)
            keep_or_drop(A, D, layer.dropout, dropout_stream + np.uint64(l), column)
            source = work.D
        before = layer.neurons_before


@part
def back_propagate(
    plan: np.ndarray,
    parameters: np.ndarray,
    gradient: np.ndarray,
    m: int,
    work: Workspace,
    dropout_stream: Bits,
    column: int,
) -> None:
    """Fill the gradient and every layer's dZ, from the output layer's dZ."""
    for l in range(plan.size - 1, -1, -1):
        layer = plan[l]
        dZ = block(work.dZ, layer.neurons_before, layer.n_out, m, work.capacity)
        dW, db = weights_of(layer, gradient), biases_of(layer, gradient)
        if l == 0:
            A_prev = block(work.A, 0, layer.n_in, m, work.capacity)
            affine_back_to_parameters(dZ, A_prev, dW, db)
            return
        prev = plan[l - 1]
        dropped = prev.dropout > 0.0 and dropout_stream != 0
        source = work.D if dropped else work.A
        A_prev = block(source, prev.neurons_before, layer.n_in, m, work.capacity)
        affine_back_to_parameters(dZ, A_prev, dW, db)
        A = block(work.A, prev.neurons_before, layer.n_in, m, work.capacity)
        dZ_prev = block(work.dZ, prev.neurons_before, layer.n_in, m, work.capacity)
        W = weights_of(layer, parameters)
        gated = prev.activation == RELU and not dropped
        if gated and affine_back_through_relu(W, dZ, A, dZ_prev):
            continue
        dA = block(work.dA, 0, layer.n_in, m, work.capacity)
        affine_back_to_input(W, dZ, dA)
        if dropped:
            stream = dropout_stream + np.uint64(l - 1)
            keep_or_drop(dA, dA, prev.dropout, stream, column)
        # dZ has a buffer of its own: where an array is both read and written, the
        # compiler cannot vectorise, and the way back takes six times as long.
        Z = block(work.Z, prev.neurons_before, layer.n_in, m, work.capacity)
        back_through(prev.activation, Z, A, dA, dZ_prev)


@part
def output_delta(
    plan: np.ndarray, rule: Record, m: int, work: Workspace, scale: float
) -> float:
    """Return the cost of the batch and write the output layer's dZ."""
    last = plan[plan.size - 1]
    Z = block(work.Z, last.neurons_before, last.n_out, m, work.capacity)
    A = block(work.A, last.neurons_before, last.n_out, m, work.capacity)
    dZ = block(work.dZ, last.neurons_before, last.n_out, m, work.capacity)
    Y = block(work.Y, 0, last.n_out, m, work.capacity)
    w = work.w[:m]
    if is_cross_entropy(rule.cost):
        return cross_entropy(rule.cost, Z, A, Y, w, scale, dZ)
    dA = block(work.dA, 0, last.n_out, m, work.capacity)
    total = cost_of_outputs(rule, A, Y, w, scale, dA)
    back_through(last.activation, Z, A, dA, dZ)
    return total


@kernel
def penalty(
    plan: np.ndarray,
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
    for l in range(plan.size):
        lo = plan[l].weights
        hi = lo + plan[l].n_in * plan[l].n_out
        W, dW = parameters[lo:hi], gradient[lo:hi]
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
def hits(plan: np.ndarray, rule: Record, m: int, work: Workspace) -> float:
    """Return the weighted number of labels predicted right, 0 for regression."""
    last = plan[plan.size - 1]
    A = block(work.A, last.neurons_before, last.n_out, m, work.capacity)
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

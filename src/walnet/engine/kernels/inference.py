"""Feed-forward without training: predictions and costs of any number of examples."""

from __future__ import annotations

import numpy as np

from walnet.engine.kernels.dense import block
from walnet.engine.kernels.gather import codes_of, take_examples
from walnet.engine.kernels.hits import hits
from walnet.engine.kernels.machine.compile import kernel
from walnet.engine.kernels.machine.elementary import is_finite
from walnet.engine.kernels.machine.entries import entry
from walnet.engine.kernels.machine.records import CodeMatrix, Matrix, WholeVector
from walnet.engine.kernels.machine.sums import total
from walnet.engine.kernels.machine.turning import turn
from walnet.engine.kernels.machine.views import flat, stretch
from walnet.engine.kernels.passes import feed_forward, output_delta
from walnet.engine.kernels.types import Examples, Forward, Plan, State, Workspace

CHUNK = 256  # examples at a time: their activations stay in the cache
_SUMMED = 1024  # numbers at a time: a sum is finite only if all of them are


@entry
def first_not_finite(X: Matrix) -> tuple[int, int]:
    """Return the row and column of the first NaN or infinity, (-1, -1) if none."""
    numbers, n = flat(X), X.shape[1]
    for lo in range(0, numbers.size, _SUMMED):
        few = stretch(numbers, lo, min(_SUMMED, numbers.size - lo))
        if is_finite(total(few)):
            continue
        for i in range(few.size):  # there may be none: the sum itself can overflow
            if not is_finite(few[i]):
                return (lo + i) // n, (lo + i) % n
    return -1, -1


@entry
def predict(
    network: Forward, X: Matrix, codes: CodeMatrix, work: Workspace, out: Matrix
) -> None:
    """Write the outputs of all rows, block by block: out (rows, outputs).

    They are the activations of the output layer; where the workspace has no A of its
    own (its A is Z), activations overwrite weighted inputs, through which nothing goes
    back.
    """
    last = network.layers[network.layers.size - 1]
    for lo in range(0, X.shape[0], work.capacity):
        m = min(work.capacity, X.shape[0] - lo)
        turn(X, None, lo, block(work.A, 0, X.shape[1], m, work.capacity))
        if codes.shape[1] > 0:
            turn(codes, None, lo, codes_of(codes.shape[1], m, work))
        _feed_forward(network.layers, network.parameters, network.statistics, m, work)
        A = block(work.A, last.target, last.n_out, m, work.capacity)
        for i in range(m):
            for k in range(last.n_out):
                out[lo + i, k] = A[k, i]


@kernel
def _feed_forward(
    layers: np.ndarray,
    parameters: np.ndarray,
    statistics: np.ndarray,
    m: int,
    work: Workspace,
) -> None:
    """Fill Z and A of every layer from the m inputs in the workspace."""
    nothing = (np.uint64(0), 0.0)
    feed_forward(layers, parameters, statistics, m, work, nothing, 0)


@entry
def forward(network: Forward, m: int, work: Workspace) -> None:
    """Fill Z and A of every layer from the m inputs in the workspace."""
    _feed_forward(network.layers, network.parameters, network.statistics, m, work)


@entry
def evaluate(
    plan: Plan, state: State, examples: Examples, order: WholeVector, work: Workspace
) -> tuple[float, float]:
    """Return the mean cost (without penalties) and the share of right predictions."""
    cost, right, weight = 0.0, 0.0, 0.0
    layers, rule = plan.layers, plan.rule
    for lo in range(0, order.size, work.capacity):
        hi = min(lo + work.capacity, order.size)
        take_examples(layers, rule, examples, order, lo, hi, work)
        _feed_forward(layers, state.parameters, state.statistics, hi - lo, work)
        right += hits(layers, rule, hi - lo, work)
        cost += output_delta(layers, rule, hi - lo, work, rule.cost_scale)
        for i in range(hi - lo):
            weight += np.float64(work.w[i])
    return cost / weight, right / weight

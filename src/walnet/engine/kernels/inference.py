"""Feed-forward without training: predictions and costs of any number of examples."""

from __future__ import annotations

import numpy as np

from walnet.engine.kernels.machine.compile import kernel
from walnet.engine.kernels.machine.elementary import is_finite
from walnet.engine.kernels.passes import (
    block,
    feed_forward,
    hits,
    output_delta,
    take_examples,
)
from walnet.engine.kernels.types import Examples, Record, Workspace

CHUNK = 256  # examples at a time: their activations stay in the cache


@kernel
def first_not_finite(X: np.ndarray) -> tuple[int, int]:
    """Return the place (row, column) of the first NaN or infinity, (-1, -1) if none."""
    for i in range(X.shape[0]):
        for k in range(X.shape[1]):
            if not is_finite(X[i, k]):
                return i, k
    return -1, -1


@kernel
def predict(
    plan: np.ndarray, parameters: np.ndarray, X: np.ndarray, out: np.ndarray
) -> None:
    """Write the outputs: out (examples, outputs) from X (examples, inputs)."""
    last = plan[plan.size - 1]
    capacity = min(CHUNK, X.shape[0])
    buffer = np.empty(capacity * (last.neurons_before + last.n_out), X.dtype)
    none = buffer[:0]
    # Activations overwrite the weighted inputs: nothing goes back through them.
    work = Workspace(capacity, buffer, buffer, none, none, none, none, none)
    for lo in range(0, X.shape[0], CHUNK):
        m = min(CHUNK, X.shape[0] - lo)
        inputs = block(work.A, 0, X.shape[1], m, capacity)
        for i in range(m):
            for k in range(X.shape[1]):
                inputs[k, i] = X[lo + i, k]
        feed_forward(plan, parameters, m, work, np.uint64(0), 0)
        A = block(work.A, last.neurons_before, last.n_out, m, capacity)
        for i in range(m):
            for k in range(last.n_out):
                out[lo + i, k] = A[k, i]


@kernel
def forward(plan: np.ndarray, parameters: np.ndarray, m: int, work: Workspace) -> None:
    """Fill Z and A of every layer from the m inputs in the workspace."""
    feed_forward(plan, parameters, m, work, np.uint64(0), 0)


@kernel
def evaluate(
    plan: np.ndarray,
    rule: Record,
    parameters: np.ndarray,
    examples: Examples,
    order: np.ndarray,
    work: Workspace,
) -> tuple[float, float]:
    """Return the mean cost (without penalties) and the share of right predictions."""
    total, right, weight = 0.0, 0.0, 0.0
    for lo in range(0, order.size, work.capacity):
        hi = min(lo + work.capacity, order.size)
        take_examples(examples, order, lo, hi, work)
        feed_forward(plan, parameters, hi - lo, work, np.uint64(0), 0)
        right += hits(plan, rule, hi - lo, work)
        total += output_delta(plan, rule, hi - lo, work, rule.cost_scale)
        for i in range(hi - lo):
            weight += np.float64(work.w[i])
    return total / weight, right / weight

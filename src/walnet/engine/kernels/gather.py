"""A batch of rows, gathered into the workspace and turned feature-major."""

from __future__ import annotations

import numpy as np

from walnet.engine.kernels.costs import smooth_labels
from walnet.engine.kernels.machine.compile import kernel, part, shared
from walnet.engine.kernels.machine.elementary import ONE, ZERO
from walnet.engine.kernels.machine.turning import turn
from walnet.engine.kernels.machine.views import matrix
from walnet.engine.kernels.types import Examples, Record, Workspace


@shared
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
    X = matrix(work.A, 0, examples.X.shape[1], m)
    if examples.pointers.size == 0:
        turn(examples.X, order, lo, X)
    else:
        _turn_sparse(examples, order, lo, X)
    if examples.codes.shape[1] > 0:
        turn(examples.codes, order, lo, codes_of(examples.codes.shape[1], m, work))
    Y = matrix(work.Y, 0, n_out, m)
    if examples.Y.shape[1] == n_out:
        turn(examples.Y, order, lo, Y)
    else:
        _one_hot(examples.Y, order, lo, Y)
    if rule.smoothing > 0.0:
        smooth_labels(rule.cost, Y, rule.smoothing)
    if examples.w.size == 0:
        for i in range(m):
            work.w[i] = ONE
    else:
        for i in range(m):
            work.w[i] = examples.w[order[lo + i]]


@part
def weight_of(examples: Examples, order: np.ndarray, lo: int, hi: int) -> float:
    """Return the sum of the weights of a batch (its size where there are none)."""
    if examples.w.size == 0:
        return np.float64(hi - lo)
    total = 0.0
    for i in range(lo, hi):
        total += np.float64(examples.w[order[i]])
    return total


@kernel
def codes_of(n: int, m: int, work: Workspace) -> np.ndarray:
    """Return the batch's codes of levels, (columns, examples)."""
    return matrix(work.codes, 0, n, m)


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

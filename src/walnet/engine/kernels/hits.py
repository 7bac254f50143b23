"""How many labels are predicted right."""

from __future__ import annotations

import numpy as np

from walnet.engine.kernels.machine.compile import kernel, shared
from walnet.engine.kernels.machine.elementary import ONE, ZERO
from walnet.engine.kernels.machine.records import Real
from walnet.engine.kernels.machine.sums import double_dot
from walnet.engine.kernels.machine.views import matrix, stretch
from walnet.engine.kernels.types import Record, Workspace


@shared
def hits(layers: np.ndarray, rule: Record, m: int, work: Workspace) -> float:
    """Return the weighted number of labels predicted right, 0 for regression."""
    last = layers[layers.size - 1]
    A = matrix(work.A, last.target * work.capacity, last.n_out, m)
    Y = matrix(work.Y, 0, last.n_out, m)
    w, right = stretch(work.w, 0, m), stretch(work.dA, 0, m)  # dA is free here
    if rule.task == 1:
        return _threshold_hits(A, Y, w, A.dtype.type(rule.threshold), right)
    if rule.task == 2:
        _largest_hits(A, Y, right)
        return double_dot(w, right)
    return 0.0


@kernel
def _threshold_hits(
    A: np.ndarray, Y: np.ndarray, w: np.ndarray, threshold: Real, right: np.ndarray
) -> float:
    """Count outputs on the right side of the threshold, as a share of the outputs."""
    n, m = A.shape
    total = 0.0
    for k in range(n):
        for i in range(m):
            same = (A[k, i] > threshold) == (Y[k, i] > threshold)
            right[i] = ONE if same else ZERO
        total += double_dot(w, right)
    share: float = total / n
    return share


@kernel
def _largest_hits(A: np.ndarray, Y: np.ndarray, right: np.ndarray) -> None:
    """Write 1 for each example whose largest output is the label's, else 0."""
    n, m = A.shape
    for i in range(m):
        best = 0
        for k in range(1, n):
            best = k if A[k, i] > A[best, i] else best
        chosen = Y[best, i]
        is_largest = True
        for k in range(n):
            is_largest = is_largest and Y[k, i] <= chosen
        right[i] = ONE if is_largest else ZERO

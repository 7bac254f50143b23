"""How many labels are predicted right."""

from __future__ import annotations

import numpy as np

from walnet.engine.kernels.machine.compile import kernel, shared
from walnet.engine.kernels.machine.views import matrix
from walnet.engine.kernels.types import Record, Workspace


@shared
def hits(layers: np.ndarray, rule: Record, m: int, work: Workspace) -> float:
    """Return the weighted number of labels predicted right, 0 for regression."""
    last = layers[layers.size - 1]
    A = matrix(work.A, last.target * work.capacity, last.n_out, m)
    Y = matrix(work.Y, 0, last.n_out, m)
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

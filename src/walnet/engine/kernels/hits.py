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
        top, chosen = stretch(work.dA, m, m), stretch(work.dA, 2 * m, m)
        _largest_hits(A, Y, top, chosen, right)
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
def _largest_hits(
    A: np.ndarray,
    Y: np.ndarray,
    top: np.ndarray,
    chosen: np.ndarray,
    right: np.ndarray,
) -> None:
    """Write 1 for each example whose largest output is the label's, else 0.

    Output by output, for all examples side by side: `top` is the largest so far, and
    `chosen` what the label says of it.
    """
    n, m = A.shape
    for i in range(m):
        top[i], chosen[i], right[i] = A[0, i], Y[0, i], ONE
    for k in range(1, n):
        for i in range(m):
            a, y, t, c = A[k, i], Y[k, i], top[i], chosen[i]
            top[i], chosen[i] = a if a > t else t, y if a > t else c
    for k in range(n):
        for i in range(m):
            so_far = right[i]
            right[i] = so_far if Y[k, i] <= chosen[i] else ZERO

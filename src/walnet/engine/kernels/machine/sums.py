"""Sums of many numbers, in an order that the source says and no processor changes.

Rounding makes a sum depend on the order of its terms. Here it is this: `LANES` partial
sums, of which number k takes the terms k, k + LANES, k + 2 LANES …; then the upper half
of them is added to the lower, until one is left; then the terms that are left over, one
by one. `jit.sums` puts it together from vector instructions; what is summed is said
here in NumPy.
"""

from __future__ import annotations

import numpy as np

from walnet.engine.kernels.types import Real


def dot(a: np.ndarray, b: np.ndarray) -> Real:
    """Return ``Σ a_i b_i`` in the precision of the arrays; both contiguous."""
    return a.dtype.type(a @ b)


def total(a: np.ndarray) -> Real:
    """Return ``Σ a_i`` in the precision of the array, which is contiguous."""
    return a.sum(dtype=a.dtype)


def double_dot(a: np.ndarray, b: np.ndarray) -> float:
    """Return ``Σ a_i b_i`` in float64, whatever the precision of the arrays."""
    return float(a.astype(np.float64) @ b.astype(np.float64))


def double_total(a: np.ndarray) -> float:
    """Return ``Σ a_i`` in float64, whatever the precision of the array."""
    return float(a.sum(dtype=np.float64))

"""Sums of many numbers, in an order that the source says and no processor changes.

Rounding makes a sum depend on the order of its terms. Here it is this. A vector has
eight numbers of float32, or four of float64; four vectors of partial sums take 32 or 16
terms at a time, then the first of them takes what is left of whole vectors. The upper
half of the four is added to the lower, until one vector is left, and of its numbers
too; then come the last terms, one by one. `jit.sums` puts it together from vector
instructions; what is summed is said here in NumPy.
"""

from __future__ import annotations

import numpy as np

from walnet.engine.kernels.machine.records import Real

VECTORS = 4  # side by side: one alone would wait for its own last addition


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

"""What comes after an activation: learned slopes, and the masks of dropout."""

from __future__ import annotations

import numpy as np

from walnet.engine.kernels.machine.compile import kernel
from walnet.engine.kernels.machine.elementary import ONE, ZERO


@kernel
def blend(Z: np.ndarray, G: np.ndarray, slopes: np.ndarray, A: np.ndarray) -> None:
    """Write ``A = Z + (G - Z) a``."""
    for j in range(Z.shape[0]):
        a = slopes[j]
        for i in range(Z.shape[1]):
            A[j, i] = Z[j, i] + (G[j, i] - Z[j, i]) * a


@kernel
def slopes_back(
    Z: np.ndarray, G: np.ndarray, dA: np.ndarray, dslopes: np.ndarray
) -> None:
    """Write ``da = Σ dA (G - Z)``."""
    for j in range(Z.shape[0]):
        total = ZERO
        for i in range(Z.shape[1]):
            total += dA[j, i] * (G[j, i] - Z[j, i])
        dslopes[j] = total


@kernel
def times_slopes(dA: np.ndarray, slopes: np.ndarray, dG: np.ndarray) -> None:
    """Write ``dG = dA a``."""
    for j in range(dA.shape[0]):
        a = slopes[j]
        for i in range(dA.shape[1]):
            dG[j, i] = dA[j, i] * a


@kernel
def add_straight(dA: np.ndarray, slopes: np.ndarray, dZ: np.ndarray) -> None:
    """Add ``dA (1 - a)``, the way past g, to dZ."""
    for j in range(dA.shape[0]):
        past = ONE - slopes[j]
        for i in range(dA.shape[1]):
            dZ[j, i] += dA[j, i] * past


@kernel
def multiply(A: np.ndarray, mask: np.ndarray, D: np.ndarray) -> None:
    """Write ``D = A * mask``."""
    for j in range(A.shape[0]):
        for i in range(A.shape[1]):
            D[j, i] = A[j, i] * mask[j, i]


@kernel
def multiply_by(A: np.ndarray, mask: np.ndarray) -> None:
    """Overwrite A with ``A * mask``: one array less to tell apart, so it vectorises."""
    for j in range(A.shape[0]):
        for i in range(A.shape[1]):
            A[j, i] *= mask[j, i]

"""What comes after an activation: learned slopes, and the masks of dropout."""

from __future__ import annotations

import numpy as np

from walnet.engine.kernels.machine.compile import kernel
from walnet.engine.kernels.machine.elementary import ONE
from walnet.engine.kernels.machine.fused import fma
from walnet.engine.kernels.machine.sums import dot


@kernel
def blend(Z: np.ndarray, G: np.ndarray, slopes: np.ndarray, A: np.ndarray) -> None:
    """Write ``A = Z + (G - Z) a``."""
    for j in range(Z.shape[0]):
        a = slopes[j]
        for i in range(Z.shape[1]):
            A[j, i] = fma(G[j, i] - Z[j, i], a, Z[j, i])


@kernel
def slopes_back(
    Z: np.ndarray,
    G: np.ndarray,
    dA: np.ndarray,
    scratch: np.ndarray,
    dslopes: np.ndarray,
) -> None:
    """Write ``da = Σ dA (G - Z)``; `scratch` is like Z."""
    for j in range(Z.shape[0]):
        for i in range(Z.shape[1]):
            scratch[j, i] = G[j, i] - Z[j, i]
        dslopes[j] = dot(dA[j], scratch[j])


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
            dZ[j, i] = fma(dA[j, i], past, dZ[j, i])


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

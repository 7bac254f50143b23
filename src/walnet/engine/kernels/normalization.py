"""Batch normalisation of weighted inputs: Ioffe, Szegedy (2015)."""

from __future__ import annotations

import numpy as np

from walnet.engine.kernels.machine.compile import kernel
from walnet.engine.kernels.machine.elementary import ONE, ZERO, is_finite

# A batch's share in the running mean and variance; what is added to the variance.
MOMENTUM, EPSILON = 0.1, 1e-5


@kernel
def normalize(
    Z: np.ndarray,
    gamma: np.ndarray,
    beta: np.ndarray,
    hat: np.ndarray,
    deviation: np.ndarray,
    statistics: np.ndarray,
) -> None:
    """Write ``Ẑ = (Z - μ) / sqrt(σ² + ε)`` and ``Z = γ Ẑ + β``, row by row.

    Algorithm 1. The batch moves the running mean and variance (the unbiased one) in
    `statistics`, (2, neurons).
    """
    real = Z.dtype.type
    n, m = Z.shape
    for j in range(n):
        total, squares = 0.0, 0.0
        for i in range(m):
            total += np.float64(Z[j, i])
        mean = total / m
        for i in range(m):
            d = np.float64(Z[j, i]) - mean
            squares += d * d
        deviation[j] = np.sqrt(squares / m + EPSILON)
        centre, factor = real(mean), real(1.0 / deviation[j])
        for i in range(m):
            hat[j, i] = (Z[j, i] - centre) * factor
            Z[j, i] = gamma[j] * hat[j, i] + beta[j]
        if not is_finite(squares):  # training diverges: the mean is kept as it was
            continue
        statistics[0, j] += MOMENTUM * (mean - statistics[0, j])
        if m > 1:
            statistics[1, j] += MOMENTUM * (squares / (m - 1) - statistics[1, j])


@kernel
def normalize_as_learned(
    Z: np.ndarray, gamma: np.ndarray, beta: np.ndarray, statistics: np.ndarray
) -> None:
    """Overwrite Z with ``γ (Z - μ) / sqrt(σ² + ε) + β`` of the running μ and σ²."""
    real = Z.dtype.type
    for j in range(Z.shape[0]):
        factor = np.float64(gamma[j]) / np.sqrt(statistics[1, j] + EPSILON)
        a, b = real(factor), real(np.float64(beta[j]) - factor * statistics[0, j])
        for i in range(Z.shape[1]):
            Z[j, i] = a * Z[j, i] + b


@kernel
def normalize_back(
    dZ: np.ndarray,
    gamma: np.ndarray,
    hat: np.ndarray,
    deviation: np.ndarray,
    dgamma: np.ndarray,
    dbeta: np.ndarray,
) -> None:
    """Overwrite dZ of ``γ Ẑ + β`` with that of the weighted input before it.

    ``γ/(m s) · (m dZ - Σ dZ - Ẑ Σ dZ Ẑ)``, section 3.
    """
    real = dZ.dtype.type
    n, m = dZ.shape
    for j in range(n):
        total, product = ZERO, ZERO
        for i in range(m):
            total += dZ[j, i]
            product += dZ[j, i] * hat[j, i]
        dbeta[j], dgamma[j] = total, product
        share = ONE / real(m)
        factor = gamma[j] * real(1.0 / deviation[j])
        for i in range(m):
            mean = share * (total + hat[j, i] * product)
            dZ[j, i] = factor * (dZ[j, i] - mean)

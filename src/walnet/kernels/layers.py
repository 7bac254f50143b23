"""The matrix products of a layer: feed-forward and back-propagation.

Small and thin products are loops along the batch, which the compiler vectorises even
when a layer has one neuron; large ones go to BLAS. The switch depends on the sizes
alone, so the same network on the same batch always takes the same road. Arrays are
contiguous and feature-major: ``(neurons, examples)``.

Two rows of the result are made at a time from four rows of the other operand: each
number that is loaded is then used more than once, which is what the speed of a small
matrix product comes from.
"""

from __future__ import annotations

import numpy as np

from walnet.kernels.compile import kernel, part
from walnet.kernels.elementary import ZERO
from walnet.kernels.types import Real

# A product goes to BLAS if it has this many multiplications and no side is thin.
BLAS_FROM, BLAS_THIN = 500_000, 48


@kernel
def _use_blas(n_out: int, n_in: int, m: int) -> bool:
    return n_out * n_in * m >= BLAS_FROM and min(n_out, n_in, m) >= BLAS_THIN


@kernel
def _paired_rows(n: int, m: int) -> int:
    """Return how many of n rows are made two at a time: none where a batch is short."""
    return n - n % 2 if m >= 32 else 0


@part
def affine(W: np.ndarray, A_prev: np.ndarray, b: np.ndarray, Z: np.ndarray) -> None:
    """Write ``Z = W @ A_prev + b``, of shape (n_out, m)."""
    n_out, n_in = W.shape
    m = A_prev.shape[1]
    if _use_blas(n_out, n_in, m):
        np.dot(W, A_prev, Z)
        for j in range(n_out):
            start = b[j]
            for i in range(m):
                Z[j, i] += start
    elif m == 1:
        _affine_one(W, A_prev, b, Z)
    else:
        paired = _paired_rows(n_out, m)
        for j in range(0, paired, 2):
            _combine_two_rows(W, j, A_prev, b[j], b[j + 1], Z)
        for j in range(paired, n_out):
            _combine_rows(W, j, A_prev, b[j], Z)


@part
def affine_back_to_input(W: np.ndarray, dZ: np.ndarray, dA_prev: np.ndarray) -> None:
    """Write ``dA_prev = W.T @ dZ``: (n_in, m) from (n_out, n_in) and (n_out, m)."""
    n_out, n_in = W.shape
    if _use_blas(n_out, n_in, dZ.shape[1]):
        np.dot(W.T, dZ, dA_prev)
    else:
        paired = _paired_rows(n_in, dZ.shape[1])
        for k in range(0, paired, 2):
            _combine_two_rows(W.T, k, dZ, ZERO, ZERO, dA_prev)
        for k in range(paired, n_in):
            _combine_rows(W.T, k, dZ, ZERO, dA_prev)


@part
def affine_back_to_parameters(
    dZ: np.ndarray, A_prev: np.ndarray, dW: np.ndarray, db: np.ndarray
) -> None:
    """Write ``dW = dZ @ A_prev.T`` and ``db = Σ dZ``, summed over the examples."""
    n_out, m = dZ.shape
    if _use_blas(n_out, A_prev.shape[0], m):
        np.dot(dZ, A_prev.T, dW)
    else:
        paired = _paired_rows(n_out, m)
        for j in range(0, paired, 2):
            _two_row_products(dZ, j, A_prev, dW)
        for j in range(paired, n_out):
            _row_products(dZ, j, A_prev, dW)
    for j in range(n_out):
        total = ZERO
        for i in range(m):
            total += dZ[j, i]
        db[j] = total


@kernel
def _affine_one(
    W: np.ndarray, A_prev: np.ndarray, b: np.ndarray, Z: np.ndarray
) -> None:
    """Write the weighted inputs of a single example, along the inputs."""
    n_out, n_in = W.shape
    for j in range(n_out):
        total = b[j]
        for k in range(n_in):
            total += W[j, k] * A_prev[k, 0]
        Z[j, 0] = total


@kernel
def _start_row(
    W: np.ndarray, j: int, first: int, A: np.ndarray, start: Real, Z: np.ndarray
) -> None:
    """Write ``Z[j] = start + Σ W[j, k] A[k]`` over the first 0 to 3 rows of A."""
    m = A.shape[1]
    if first == 0:
        for i in range(m):
            Z[j, i] = start
    elif first == 1:
        w0 = W[j, 0]
        for i in range(m):
            Z[j, i] = start + w0 * A[0, i]
    elif first == 2:
        w0, w1 = W[j, 0], W[j, 1]
        for i in range(m):
            Z[j, i] = start + w0 * A[0, i] + w1 * A[1, i]
    else:
        w0, w1, w2 = W[j, 0], W[j, 1], W[j, 2]
        for i in range(m):
            Z[j, i] = start + w0 * A[0, i] + w1 * A[1, i] + w2 * A[2, i]


@kernel
def _combine_rows(
    W: np.ndarray, j: int, A: np.ndarray, start: Real, Z: np.ndarray
) -> None:
    """Write row j, ``Z[j] = start + Σ_k W[j, k] A[k]``, four rows of A at a time."""
    n, m = A.shape
    first = n % 4
    _start_row(W, j, first, A, start, Z)
    for k in range(first, n, 4):
        w0, w1, w2, w3 = W[j, k], W[j, k + 1], W[j, k + 2], W[j, k + 3]
        for i in range(m):
            low = w0 * A[k, i] + w1 * A[k + 1, i]
            Z[j, i] += low + w2 * A[k + 2, i] + w3 * A[k + 3, i]


@kernel
def _combine_two_rows(
    W: np.ndarray, j: int, A: np.ndarray, start: Real, start_next: Real, Z: np.ndarray
) -> None:
    """Do :func:`_combine_rows` for rows j and j + 1 together."""
    n, m = A.shape
    first = n % 4
    _start_row(W, j, first, A, start, Z)
    _start_row(W, j + 1, first, A, start_next, Z)
    for k in range(first, n, 4):
        w0, w1, w2, w3 = W[j, k], W[j, k + 1], W[j, k + 2], W[j, k + 3]
        v0, v1, v2, v3 = (
            W[j + 1, k],
            W[j + 1, k + 1],
            W[j + 1, k + 2],
            W[j + 1, k + 3],
        )
        for i in range(m):
            a0, a1, a2, a3 = A[k, i], A[k + 1, i], A[k + 2, i], A[k + 3, i]
            Z[j, i] += w0 * a0 + w1 * a1 + w2 * a2 + w3 * a3
            Z[j + 1, i] += v0 * a0 + v1 * a1 + v2 * a2 + v3 * a3


@kernel
def _row_products(dZ: np.ndarray, j: int, A: np.ndarray, dW: np.ndarray) -> None:
    """Write row j, ``dW[j, k] = Σ_i dZ[j, i] A[k, i]``."""
    n, m = A.shape
    for k in range(n):
        total = ZERO
        for i in range(m):
            total += dZ[j, i] * A[k, i]
        dW[j, k] = total


@kernel
def _two_row_products(dZ: np.ndarray, j: int, A: np.ndarray, dW: np.ndarray) -> None:
    """Do :func:`_row_products` for rows j and j + 1, four rows of A at a time."""
    n, m = A.shape
    for k in range(0, n - 3, 4):
        s0, s1, s2, s3 = ZERO, ZERO, ZERO, ZERO
        t0, t1, t2, t3 = ZERO, ZERO, ZERO, ZERO
        for i in range(m):
            d, e = dZ[j, i], dZ[j + 1, i]
            a0, a1, a2, a3 = A[k, i], A[k + 1, i], A[k + 2, i], A[k + 3, i]
            s0, s1, s2, s3 = s0 + d * a0, s1 + d * a1, s2 + d * a2, s3 + d * a3
            t0, t1, t2, t3 = t0 + e * a0, t1 + e * a1, t2 + e * a2, t3 + e * a3
        dW[j, k], dW[j, k + 1], dW[j, k + 2], dW[j, k + 3] = s0, s1, s2, s3
        dW[j + 1, k], dW[j + 1, k + 1] = t0, t1
        dW[j + 1, k + 2], dW[j + 1, k + 3] = t2, t3
    for k in range(n - n % 4, n):
        s0, t0 = ZERO, ZERO
        for i in range(m):
            s0 += dZ[j, i] * A[k, i]
            t0 += dZ[j + 1, i] * A[k, i]
        dW[j, k], dW[j + 1, k] = s0, t0

"""The matrix products of a layer: feed-forward and back-propagation.

Small products are loops along the batch, which the compiler vectorises even when a
layer has one neuron; large ones go to BLAS. The switch depends on the sizes alone, so
the same network on the same batch always takes the same road. Arrays are contiguous
and feature-major: ``(neurons, examples)``.
"""

from __future__ import annotations

import numpy as np

from walnet.kernels.compile import kernel, part
from walnet.kernels.elementary import ZERO

BLAS_FROM = 30_000  # multiplications; below, the call costs more than it saves


@kernel
def _use_blas(n_out, n_in, m):
    return n_out * n_in * m >= BLAS_FROM and n_in >= 4 and m >= 4


@part
def affine(W, A_prev, b, Z):
    """Write ``Z = W @ A_prev + b``: (n_out, m) from (n_out, n_in), (n_in, m), (n_out,)."""
    n_out, n_in = W.shape
    m = A_prev.shape[1]
    if _use_blas(n_out, n_in, m):
        np.dot(W, A_prev, Z)
        for j in range(n_out):
            start = b[j]
            for i in range(m):
                Z[j, i] += start
    elif m == 1:
        for j in range(n_out):
            total = b[j]
            for k in range(n_in):
                total += W[j, k] * A_prev[k, 0]
            Z[j, 0] = total
    else:
        for j in range(n_out):
            _combine_rows(W, j, A_prev, b[j], Z)


@part
def affine_back_to_input(W, dZ, dA_prev):
    """Write ``dA_prev = W.T @ dZ``: (n_in, m) from (n_out, n_in) and (n_out, m)."""
    n_out, n_in = W.shape
    if _use_blas(n_out, n_in, dZ.shape[1]) and n_out >= 4:
        np.dot(W.T, dZ, dA_prev)
    else:
        for k in range(n_in):
            _combine_rows(W.T, k, dZ, ZERO, dA_prev)


@part
def affine_back_to_parameters(dZ, A_prev, dW, db):
    """Write ``dW = dZ @ A_prev.T`` (n_out, n_in) and ``db = Σ dZ`` over the examples."""
    n_out, m = dZ.shape
    n_in = A_prev.shape[0]
    if _use_blas(n_out, n_in, m):
        np.dot(dZ, A_prev.T, dW)
    else:
        for j in range(n_out):
            _row_products(dZ, j, A_prev, dW)
    for j in range(n_out):
        total = ZERO
        for i in range(m):
            total += dZ[j, i]
        db[j] = total


@kernel
def _combine_rows(W, j, A, start, Z):
    """Write row j, ``Z[j] = start + Σ_k W[j, k] A[k]``, four rows of A at a time."""
    n, m = A.shape
    first = n % 4
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
    for k in range(first, n, 4):
        w0, w1, w2, w3 = W[j, k], W[j, k + 1], W[j, k + 2], W[j, k + 3]
        for i in range(m):
            low = w0 * A[k, i] + w1 * A[k + 1, i]
            Z[j, i] += low + w2 * A[k + 2, i] + w3 * A[k + 3, i]


@kernel
def _row_products(dZ, j, A, dW):
    """Write row j, ``dW[j, k] = Σ_i dZ[j, i] A[k, i]``, two rows of A at a time."""
    n, m = A.shape
    for k in range(0, n - 1, 2):
        even, odd = ZERO, ZERO
        for i in range(m):
            even += dZ[j, i] * A[k, i]
            odd += dZ[j, i] * A[k + 1, i]
        dW[j, k], dW[j, k + 1] = even, odd
    if n % 2 == 1:
        last = ZERO
        for i in range(m):
            last += dZ[j, i] * A[n - 1, i]
        dW[j, n - 1] = last

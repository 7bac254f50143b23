"""Tiles of a matrix product: sums that stay in registers until they are done.

A matrix product is as fast as its innermost loop is frugal with memory. Here that loop
makes 4 rows by 3 vectors of the result at once (Goto, van de Geijn, 2008): twelve sums
in vector registers, to which each step adds twelve products of seven loaded numbers.
The compiler's own vectoriser finds no such loop, so `jit.tiles` puts it together from
vector instructions; what it does is said here in NumPy.
"""

from __future__ import annotations

import numpy as np

from walnet.engine.kernels.machine.compile import kernel

ROWS, VECTORS = 4, 3
BYTES = 32  # of a vector; where registers are shorter, two of them make one


@kernel
def lanes(array: np.ndarray) -> int:
    """Return how many numbers of an array a vector holds."""
    return BYTES // array.itemsize


def combine_tile(
    W: np.ndarray,
    j: int,
    A: np.ndarray,
    i: int,
    start: np.ndarray | None,
    gate: np.ndarray | None,
    Z: np.ndarray,
) -> None:
    """Write four rows, from j on, by three vectors, from i on, of ``W @ A + start``.

    Without `start` the sums begin at 0. Where there is a `gate`, of Z's shape, and it
    is not above 0, the number is multiplied by 0. W may be a transpose.
    """
    rows, columns = slice(j, j + ROWS), slice(i, i + VECTORS * lanes(A))
    Z[rows, columns] = W[rows] @ A[:, columns]
    if start is not None:
        Z[rows, columns] += start[rows, None]
    if gate is not None:
        Z[rows, columns] *= gate[rows, columns] > 0


def product_tile(dZ: np.ndarray, j: int, A: np.ndarray, k: int, dW: np.ndarray) -> None:
    """Write four rows, from j on, by three columns, from k on, of ``dZ @ A.T``."""
    rows, columns = slice(j, j + ROWS), slice(k, k + VECTORS)
    dW[rows, columns] = dZ[rows] @ A[columns].T

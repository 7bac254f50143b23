"""Tiles of a matrix product: sums that stay in registers until they are done.

A matrix product is as fast as its innermost loop is frugal with memory. Here that loop
makes six rows by two vectors of the result at once (Goto, van de Geijn, 2008): twelve
sums in vector registers, to which each step adds twelve products of eight loaded
numbers. What it reads of the right side is copied into a *panel* first, two vectors
wide, so that its loads follow each other in memory.

Every number of the result is one chain of fused multiply-adds in the order of the
depth, wherever it stands: its bits do not depend on the size of the batch. The
compiler's own vectoriser finds no such loops, so `jit.tiles` puts them together from
vector instructions; what they do is said here in NumPy.
"""

from __future__ import annotations

import numpy as np

from walnet.engine.kernels.machine.compile import kernel

ROWS, VECTORS = 6, 2
BYTES = 32  # of a vector; where registers are shorter, two of them make one
STRIP = 8  # numbers of a row in a strip: ROWS of them are used
STRIPS = 4  # are copied at once: a line of the cache holds numbers of several


@kernel
def panel_width(array: np.ndarray) -> int:
    """Return how many columns of an array a panel holds."""
    return VECTORS * BYTES // array.itemsize


def pack_columns(A: np.ndarray, i: int, panel: np.ndarray) -> None:
    """Copy columns of A, from i on, into a panel: one row after the other."""
    wide = panel.size // A.shape[0]
    panel[:] = A[:, i : i + wide].ravel()


def pack_rows(A: np.ndarray, k: int, panel: np.ndarray) -> None:
    """Copy rows of A, from k on, into a panel: one column after the other."""
    wide = panel.size // A.shape[1]
    panel[:] = A[k : k + wide].T.ravel()


@kernel
def strip_start(W: np.ndarray, j: int) -> int:
    """Return the first column of a strip that holds ROWS columns of W from j on."""
    first: int = min(j, W.shape[1] - STRIP)
    return first


def pack_strips(W: np.ndarray, j: int, strips: np.ndarray) -> None:
    """Copy STRIPS strips of W, each ROWS columns on: one row after the other."""
    for s, strip in enumerate(strips.reshape(STRIPS, -1)):
        first = strip_start(W, j + s * ROWS)
        strip[:] = W[:, first : first + STRIP].ravel()


def combine_tile(
    W: np.ndarray,
    row: int,
    panel: np.ndarray,
    start: np.ndarray | None,
    gate: np.ndarray | None,
    Z: np.ndarray,
    place: tuple[int, int],
) -> None:
    """Write a tile of ``W @ panel + start`` to Z, from a row and a column on.

    Of W it takes the rows from `row` on. Without `start` the sums begin at 0. Where
    there is a `gate`, of Z's shape, and it is not above 0, the number is multiplied by
    0. W may be a transpose.
    """
    (j, i), wide = place, panel_width(Z)
    rows, columns = slice(j, j + ROWS), slice(i, i + wide)
    Z[rows, columns] = W[row : row + ROWS] @ panel.reshape(-1, wide)
    if start is not None:
        Z[rows, columns] += start[rows, None]
    if gate is not None:
        Z[rows, columns] *= gate[rows, columns] > 0

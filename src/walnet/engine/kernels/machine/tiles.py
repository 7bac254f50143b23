"""Tiles of a matrix product: sums that stay in registers until they are done.

A matrix product is as fast as its innermost loop is frugal with memory (Goto, van de
Geijn, 2008). Here that loop makes up to six rows by two vectors of the result at once:
twelve sums in vector registers, to which each step adds twelve products of eight loaded
numbers. Each sum is one chain of multiply-adds in the order of the depth, so a number's
bits do not depend on where in a matrix it stands.

What the loop reads again and again is copied before into a panel, one tile wide, where
it lies in the order in which it is read. The compiler's own vectoriser finds no such
loops, so `jit.tiles` puts them together from vector instructions; what they do is said
here in NumPy.
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np

from walnet.engine.kernels.machine.compile import kernel

ROWS, VECTORS = 6, 2
BYTES = 32  # of a vector; where registers are shorter, two of them make one
# Of a product whose sums run along vectors: rows of both matrices at once.
PAIRS = 4, 3

# A factor in a flat array: where it begins, and the steps from row to row and along
# the depth; of a right one, whose columns lie side by side, the step along the depth,
# and the depth.
Left: TypeAlias = tuple[np.ndarray, int, int, int]
Right: TypeAlias = tuple[np.ndarray, int, int, int]


@kernel
def lanes(array: np.ndarray) -> int:
    """Return how many numbers of an array a vector holds."""
    return BYTES // array.itemsize


@kernel
def tile_width(array: np.ndarray) -> int:
    """Return how many columns a tile has."""
    return VECTORS * lanes(array)


def tiles(
    rows: int,
    left: Left,
    right: Right,
    start: np.ndarray | None,
    gate: np.ndarray | None,
    Z: np.ndarray,
    place: tuple[int, int, int],
) -> None:
    """Write 1 to 6 rows of ``Z = (left @ right + start) * gate``, tile by tile.

    At a place (row, first column, end) of Z; `right` begins with the first column. A
    tile that would go beyond the last column of Z begins earlier. Without `start`, one
    number a row, sums begin at 0. Where there is a `gate`, of Z's shape, and it is not
    above 0, the number is multiplied by 0.
    """
    j, first, end = place
    wide, k = tile_width(Z), np.arange(right[3])
    r, c = np.arange(rows)[:, None], np.arange(wide)
    W = left[0][left[1] + r * left[2] + k * left[3]]
    for lo in range(first, end, wide):
        i = min(lo, Z.shape[1] - wide)
        result = W @ right[0][right[1] + i - first + k[:, None] * right[2] + c]
        where = slice(j, j + rows), slice(i, i + wide)
        if start is not None:
            result += start[where[0], None]
        if gate is not None:
            result *= gate[where] > 0
        Z[where] = result


def pack_columns(A: np.ndarray, i: int, panel: np.ndarray) -> None:
    """Copy a tile's width of A's columns, from i on, into a panel, row by row."""
    wide = tile_width(A)
    panel[: len(A) * wide] = A[:, i : i + wide].ravel()


def pack_rows(A: np.ndarray, j: int, panel: np.ndarray) -> None:
    """Copy a tile's width of A's rows, from j on, into a panel, column by column."""
    wide = tile_width(A)
    panel[: A.shape[1] * wide] = A[j : j + wide].T.ravel()


def product_tile(dZ: np.ndarray, j: int, A: np.ndarray, k: int, dW: np.ndarray) -> None:
    """Write four rows, from j on, by three columns, from k on, of ``dZ @ A.T``."""
    rows, columns = slice(j, j + PAIRS[0]), slice(k, k + PAIRS[1])
    dW[rows, columns] = dZ[rows] @ A[columns].T

"""Rows become columns: how a batch is turned feature-major.

Read row by row and written column by column, each number would be moved by itself, and
into another line of the cache. So squares of numbers are turned in vector registers,
two at a time, which fill a line: `jit.turning` puts that together, what is turned is
said here in NumPy.
"""

from __future__ import annotations

import numpy as np

from walnet.engine.kernels.machine.compile import kernel
from walnet.engine.kernels.machine.tiles import VECTORS, panel_width


def turn_strip(
    rows: np.ndarray, order: np.ndarray | None, at: int, columns: np.ndarray, i: int
) -> None:
    """Write as many rows as a panel is wide as columns, from the i-th on.

    They are ``rows[order[at]]`` and so on, without an order ``rows[at]`` and so on, and
    have at least as many numbers as a vector.
    """
    few = range(at, at + panel_width(rows))
    chosen = [n if order is None else order[n] for n in few]
    columns[:, i : i + len(few)] = rows[chosen].T


@kernel
def turn(
    rows: np.ndarray, order: np.ndarray | None, lo: int, columns: np.ndarray
) -> None:
    """Write ``columns[k, i] = rows[order[lo + i], k]``; of no order, rows as they lie.

    The last strip begins earlier and writes some columns twice.
    """
    n, m = columns.shape
    few = panel_width(columns)
    if n >= few // VECTORS and m >= few:
        for first in range(0, m, few):
            i = min(first, m - few)
            turn_strip(rows, order, lo + i, columns, i)
    else:
        for k in range(n):
            for i in range(m):
                at = lo + i if order is None else order[lo + i]
                columns[k, i] = rows[at, k]

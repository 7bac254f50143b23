"""Which rows are looked at where all would take too long."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def some_rows(n_rows: int, most: int, seed: int) -> NDArray[np.int64]:
    """Return the indices of at most so many rows, drawn from all, in ascending order.

    Examples
    --------
    >>> some_rows(3, 10, seed=0), len(some_rows(1000, 10, seed=0))
    (array([0, 1, 2]), 10)
    """
    return np.sort(np.random.default_rng(seed).permutation(n_rows)[:most])

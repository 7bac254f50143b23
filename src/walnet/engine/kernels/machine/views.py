"""Matrices inside flat buffers.

In Python these are NumPy views. In a kernel they are bare pointers (see `jit.views`):
NumPy's reshape would cost 30 ns each time, more than the arithmetic of a small layer.
"""

from __future__ import annotations

import numpy as np


def matrix(buffer: np.ndarray, start: int, rows: int, columns: int) -> np.ndarray:
    """Return the (rows, columns) matrix that begins at a place of a flat buffer."""
    return buffer[start : start + rows * columns].reshape((rows, columns))


def stretch(buffer: np.ndarray, start: int, n: int) -> np.ndarray:
    """Return n numbers of a flat buffer."""
    return buffer[start : start + n]


def flat(array: np.ndarray) -> np.ndarray:
    """Return a contiguous array as one dimension."""
    return array.reshape(array.size)

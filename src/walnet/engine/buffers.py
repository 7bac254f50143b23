"""Memory for arrays that kernels work on."""

from __future__ import annotations

from typing import Any

import numpy as np

_LINE = 64  # bytes: a vector that lies across two lines of the cache takes two loads


def zeros(n: int, dtype: np.dtype[Any]) -> np.ndarray:
    """Return n zeros that begin at a line of the cache, as NumPy's need not."""
    size = n * dtype.itemsize
    memory = np.zeros(size + _LINE, np.uint8)
    start = -memory.ctypes.data % _LINE
    return memory[start : start + size].view(dtype)

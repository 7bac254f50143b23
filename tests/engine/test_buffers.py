"""Memory for arrays that kernels work on."""

from __future__ import annotations

import numpy as np
import pytest

from walnet.engine.buffers import zeros


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("n", [0, 1, 7, 1000, 100_000])
def test_zeros_begin_at_a_line_of_the_cache(n, dtype):
    array = zeros(n, np.dtype(dtype))
    assert array.shape == (n,)
    assert array.dtype == dtype
    assert array.ctypes.data % 64 == 0 or n == 0
    assert array.flags.writeable
    assert not array.any()

"""Kernels run compiled, or (WALNET_KERNELS=python) as the plain Python they are."""

from __future__ import annotations

import warnings

import numpy as np
import pytest


@pytest.fixture(autouse=True)
def _numbers_behave_as_compiled():
    """Let overflow and division by zero pass silently, as machine code does."""
    # NumPy's own switch holds in one thread alone.
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        yield

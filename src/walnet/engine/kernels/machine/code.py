"""Which machine code runs: the library, or what Numba compiles on the spot."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import cache
from typing import Any

# library, jit or python; empty: the library, or where it does not fit the sources, jit.
VARIABLE = "WALNET_KERNELS"


@cache
def interpreted() -> bool:
    """Whether kernels run as the plain Python they are."""
    return os.environ.get(VARIABLE, "") == "python"


def code_of(name: str, precision: str) -> Callable[[Any], int]:
    """Return the machine code of an entry for a precision, "float32" or "float64"."""
    from walnet.engine.kernels.machine.jit.loading import compiled

    return compiled(precision)[name]

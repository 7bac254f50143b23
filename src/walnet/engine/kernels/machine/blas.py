"""BLAS on one thread while kernels run: they bring threads of their own.

OpenBLAS's threads wait for each other in a busy loop: on a machine with other work a
small product becomes ten times slower with them than without.
"""

from __future__ import annotations

from contextlib import nullcontext
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from threadpoolctl import ThreadpoolController


# Kernels leave products of at least this many multiplications to BLAS.
BLAS_FROM = 4_000_000


@cache
def _controller() -> ThreadpoolController:
    """Find the loaded BLAS libraries once: it takes milliseconds."""
    import scipy.linalg.cython_blas  # noqa: F401  (Numba's BLAS)
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()


def single_blas_thread(
    multiplications: float = np.inf,
) -> AbstractContextManager[object]:
    """Return a context in which BLAS uses one thread.

    It does nothing where no product has as many `multiplications` as kernels leave to
    BLAS: setting the number of threads takes 20 µs.
    """
    if multiplications < BLAS_FROM:
        return nullcontext()
    limiter: AbstractContextManager[object] = _controller().limit(
        limits=1, user_api="blas"
    )
    return limiter

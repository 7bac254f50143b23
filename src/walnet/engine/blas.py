"""BLAS on one thread, for what NumPy and SciPy compute around the engine.

The engine's own kernels need no BLAS. OpenBLAS's threads wait for each other in a busy
loop, which disturbs other work, and how it splits a sum depends on their number: with
one, the same numbers come out everywhere on a machine.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from threadpoolctl import ThreadpoolController


@cache
def _controller() -> ThreadpoolController:
    """Find the loaded BLAS libraries once: it takes milliseconds."""
    import scipy.linalg.cython_blas  # noqa: F401  (SciPy's BLAS)
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()


def single_blas_thread() -> AbstractContextManager[object]:
    """Return a context in which BLAS uses one thread."""
    limiter: AbstractContextManager[object] = _controller().limit(
        limits=1, user_api="blas"
    )
    return limiter

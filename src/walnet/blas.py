"""BLAS on one thread while kernels run: they bring threads of their own.

OpenBLAS's threads wait for each other in a busy loop: on a machine with other work a
small product becomes ten times slower with them than without.
"""

from __future__ import annotations

from contextlib import nullcontext
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from threadpoolctl import ThreadpoolController


@cache
def _controller() -> ThreadpoolController:
    """Find the loaded BLAS libraries once: it takes milliseconds."""
    import scipy.linalg.cython_blas  # noqa: F401  (Numba's BLAS)
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()


def single_blas_thread(worth: bool = True) -> AbstractContextManager[object]:  # noqa: FBT001, FBT002
    """Return a context in which BLAS uses one thread, or one that does nothing."""
    if not worth:
        return nullcontext()
    limiter: AbstractContextManager[object] = _controller().limit(
        limits=1, user_api="blas"
    )
    return limiter

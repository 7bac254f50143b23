"""Random orders and numbers of a seed, the same in Python and on the page."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from walnet.engine.kernels.draws import draw_normal, draw_order, key_of
from walnet.errors import HyperparameterError

_LARGEST = 2**63 - 1


def checked_seed(seed: int) -> int:
    """Return a seed that there is a key for.

    Raises
    ------
    HyperparameterError
        If it is no whole number from 0 to 2^63 - 1.
    """
    whole = isinstance(seed, (int, np.integer)) and not isinstance(seed, bool)
    if not whole or not 0 <= seed <= _LARGEST:
        raise HyperparameterError(
            f"seed must be a whole number from 0 to 2^63 - 1, got {seed!r}"
        )
    return int(seed)


def permutation(seed: int, stream: int, n: int) -> NDArray[np.int64]:
    """Return the numbers 0 … n - 1 in a random order.

    Parameters
    ----------
    seed : int
        Where the order comes from, 0 to 2^63 - 1.
    stream : int
        Which of the seed's orders it is: those of different streams are independent.
    n : int
        How many.

    Examples
    --------
    >>> sorted(permutation(0, 1, 4).tolist())
    [0, 1, 2, 3]
    """
    order = np.empty(n, np.int64)
    draw_order(key_of(seed), stream, order)
    return order


def normal(seed: int, stream: int, shape: tuple[int, ...]) -> NDArray[np.float64]:
    """Return standard normal numbers; `seed` and `stream` are those of `permutation`.

    Examples
    --------
    >>> normal(0, 1, (2, 3)).shape
    (2, 3)
    """
    out = np.empty(shape)
    draw_normal(key_of(seed), stream, 0.0, 1.0, out.reshape(-1))
    return out

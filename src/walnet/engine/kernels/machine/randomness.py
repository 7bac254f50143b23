"""Randomness as a pure function of (key, step): nothing to store, nothing to resume.

Shuffles and dropout masks are hashes of a 64-bit key (drawn from the seed) and of the
number of the epoch or iteration, so any point of a training can be reached again
without replaying a generator's state.
"""

from __future__ import annotations

import numpy as np

from walnet.engine.kernels.machine.compile import kernel
from walnet.engine.kernels.types import Bits

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)


@kernel
def mix(x: Bits) -> Bits:
    """Scramble 64 bits: the finaliser of SplitMix64, Steele et al. (2014), fig. 15."""
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return x ^ (x >> np.uint64(31))


@kernel
def stream(key: Bits, step: int) -> Bits:
    """Return the start of the random stream of one epoch or iteration."""
    return mix(np.uint64(key) ^ mix(np.uint64(step) * _GOLDEN + _GOLDEN))


@kernel
def shuffle(order: np.ndarray, key: Bits, epoch: int) -> None:
    """Write a permutation of 0..m-1 that depends on key and epoch alone.

    Fisher and Yates (1938) in Durstenfeld's form (1964).
    """
    m = order.size
    for i in range(m):
        order[i] = i
    state = stream(key, epoch)
    for i in range(m - 1, 0, -1):
        state += _GOLDEN
        # 53 random bits as a fraction of 1; the bias of m/2^53 cannot be noticed.
        fraction = np.float64(mix(state) >> np.uint64(11)) * (1.0 / 9007199254740992.0)
        j = np.int64(fraction * (i + 1))
        order[i], order[j] = order[j], order[i]


@kernel
def keep_or_drop(
    A: np.ndarray, D: np.ndarray, rate: float, start: Bits, column: int
) -> None:
    """Write ``D = A * mask / (1 - rate)``: inverted dropout, Srivastava et al. (2014).

    The mask is a hash of `start` and of the place in the batch, whose columns from
    `column` on stand in A; back-propagation makes the same one again by calling this
    on its own array.
    """
    n, m = A.shape
    scale = A.dtype.type(1.0 / (1.0 - rate))
    nothing = A.dtype.type(0.0)
    threshold = np.uint64(rate * 4294967296.0)
    for j in range(n):
        row = np.uint64(start) + (np.uint64(j) << np.uint64(32)) * _GOLDEN
        for i in range(m):
            bits = mix(row + np.uint64(column + i) * _GOLDEN) >> np.uint64(32)
            D[j, i] = A[j, i] * (scale if bits >= threshold else nothing)

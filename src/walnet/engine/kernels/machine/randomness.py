"""Randomness as a pure function of (key, step): nothing to store, nothing to resume.

Shuffles and dropout masks are hashes of a 64-bit key (drawn from the seed) and of the
number of the epoch or iteration, so any point of a training can be reached again
without replaying a generator's state.
"""

from __future__ import annotations

import numpy as np

from walnet.engine.kernels.machine.compile import kernel
from walnet.engine.kernels.machine.records import Bits

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_LANE = np.uint64(0xFFFF)


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
def draw_mask(mask: np.ndarray, rate: float, start: Bits) -> None:
    """Fill a flat mask with 0 or 1/(1 - rate), four numbers from each 64 bits.

    Inverted dropout, Srivastava et al. (2014); a pure function of `start` and the
    index. The rate is rounded to 1/65536.
    """
    threshold = np.uint64(rate * 65536.0)
    keep = mask.dtype.type(1.0 / (1.0 - np.float64(threshold) / 65536.0))
    nothing = mask.dtype.type(0.0)
    n = mask.size
    for i in range(n // 4):
        bits = mix(start + np.uint64(i) * _GOLDEN)
        for lane in range(4):
            number = (bits >> np.uint64(16 * lane)) & _LANE
            mask[4 * i + lane] = keep if number >= threshold else nothing
    for i in range(n - n % 4, n):
        bits = mix(start + np.uint64(i) * _GOLDEN) & _LANE
        mask[i] = keep if bits >= threshold else nothing

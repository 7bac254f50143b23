"""Randomness as a pure function of (key, step): nothing to store, nothing to resume.

Shuffles, dropout masks, first weights and data sets are hashes of a 64-bit key, which
is one of the seed, of the number of a stream and of a place in it. So any point of a
training can be reached again without replaying a generator's state, and what is drawn
for a place does not depend on how many others are drawn, or in what order.
"""

from __future__ import annotations

import numpy as np

from walnet.engine.kernels.machine.compile import kernel, shared
from walnet.engine.kernels.machine.cosine import cos_turns_f64
from walnet.engine.kernels.machine.logarithm import log_f64
from walnet.engine.kernels.machine.records import Bits, Real

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_LANE = np.uint64(0xFFFF)
_UNIT = 1.0 / 9007199254740992.0  # 2^-53, what the smallest fraction is

# The streams of a key: an epoch's order has 0, 1, 2 …, an iteration's masks -1, -2, -3
# …, and each of these as many as it needs, from here on.
WEIGHTS, DATA, ROWS, DIRECTIONS = 1 << 60, 2 << 60, 3 << 60, 4 << 60


@kernel
def mix(x: Bits) -> Bits:
    """Scramble 64 bits: the finaliser of SplitMix64, Steele et al. (2014), fig. 15."""
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return x ^ (x >> np.uint64(31))


@kernel
def key_from(seed: int) -> Bits:
    """Return the key of a seed: SplitMix64's first number from it."""
    return mix(np.uint64(seed) + _GOLDEN)


@kernel
def stream(key: Bits, number: int) -> Bits:
    """Return the start of a random stream; no two of a key have the same."""
    return mix(np.uint64(key) ^ mix(np.uint64(number) * _GOLDEN + _GOLDEN))


@kernel
def _fraction(bits: Bits) -> Real:
    """Return the upper 53 bits as a fraction, in [0, 1)."""
    return np.float64(bits >> np.uint64(11)) * _UNIT


@kernel
def uniform(start: Bits, i: int, low: float, high: float) -> Real:
    """Return number i of a stream as one that is uniform between low and high."""
    return low + (high - low) * _fraction(mix(start + np.uint64(2 * i) * _GOLDEN))


@shared
def normal(start: Bits, i: int, mean: float, deviation: float) -> Real:
    """Return number i of a stream as a normal one: Box, Muller (1958), the cosine.

    A number has two words of 64 bits, so that no two numbers share one. No normal
    number lies further than 8.6 deviations from the mean.
    """
    place = start + np.uint64(2 * i) * _GOLDEN
    above_0 = _fraction(mix(place)) + _UNIT
    turn = cos_turns_f64(_fraction(mix(place + _GOLDEN)))
    return mean + deviation * (np.sqrt(-2.0 * log_f64(above_0)) * turn)


@kernel
def shuffle(order: np.ndarray, key: Bits, number: int) -> None:
    """Write a permutation of 0..m-1 that depends on key and stream alone.

    Fisher and Yates (1938) in Durstenfeld's form (1964).
    """
    m = order.size
    for i in range(m):
        order[i] = i
    state = stream(key, number)
    for i in range(m - 1, 0, -1):
        state += _GOLDEN
        j = np.int64(_fraction(mix(state)) * (i + 1))  # a bias of m/2^53 at most
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

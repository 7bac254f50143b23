"""Random numbers and orders of a key, for whoever needs some: the page and tables too.

A key is made of a seed; streams have numbers, see `machine.randomness`. The numbers of
a stream do not depend on how many are drawn.
"""

from __future__ import annotations

from walnet.engine.kernels.machine import randomness
from walnet.engine.kernels.machine.entries import entry
from walnet.engine.kernels.machine.records import Bits, DoubleVector, WholeVector


@entry
def key_of(seed: int) -> Bits:
    """Return the key of a seed from 0 to 2^63 - 1; seeds have different keys."""
    return randomness.key_from(seed)


@entry
def draw_uniform(
    key: Bits, stream: int, low: float, high: float, out: DoubleVector
) -> None:
    """Fill an array with numbers that are uniform between low and high."""
    start = randomness.stream(key, stream)
    for i in range(out.size):
        out[i] = randomness.uniform(start, i, low, high)


@entry
def draw_normal(
    key: Bits, stream: int, mean: float, deviation: float, out: DoubleVector
) -> None:
    """Fill an array with normal numbers."""
    start = randomness.stream(key, stream)
    for i in range(out.size):
        out[i] = randomness.normal(start, i, mean, deviation)


@entry
def draw_order(key: Bits, stream: int, order: WholeVector) -> None:
    """Write the numbers 0 … m - 1 in a random order, each as likely as any other."""
    randomness.shuffle(order, key, stream)

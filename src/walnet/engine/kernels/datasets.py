"""The examples of the small data sets: `walnet.datasets` describes them.

Each quantity of a set has a stream of its own, whose number i is that of example i.
"""

from __future__ import annotations

import math

from walnet.engine.kernels.machine.compile import kernel, shared
from walnet.engine.kernels.machine.cosine import cos_turns_f64
from walnet.engine.kernels.machine.entries import entry
from walnet.engine.kernels.machine.randomness import (
    DATA,
    normal,
    shuffle,
    stream,
    uniform,
)
from walnet.engine.kernels.machine.records import (
    Bits,
    DoubleMatrix,
    DoubleVector,
    Real,
    WholeVector,
)

MOONS, CIRCLES, XOR, SPIRALS, GAUSSIANS, BLOBS = 0, 1, 2, 3, 4, 5
PLANE, SINE, BUMPY = 6, 7, 8
CODES = {
    "moons": MOONS,
    "circles": CIRCLES,
    "xor": XOR,
    "spirals": SPIRALS,
    "gaussians": GAUSSIANS,
    "blobs": BLOBS,
    "plane": PLANE,
    "sine": SINE,
    "bumpy": BUMPY,
}
# The streams, counted from DATA: the order of the classes, two numbers that say where
# an example lies, and the noise.
_ORDER, _FIRST, _SECOND, _NOISE = 0, 1, 2, 3


@entry
def draw_classes(
    code: int,
    classes: int,
    noise: float,
    key: Bits,
    X: DoubleMatrix,
    labels: WholeVector,
) -> None:
    """Write examples of two features, and their classes 0 … classes - 1.

    The classes are in a random order; their sizes differ by one at most.
    """
    shuffle(labels, key, DATA + _ORDER)
    first, second = stream(key, DATA + _FIRST), stream(key, DATA + _SECOND)
    start = stream(key, DATA + _NOISE)
    for i in range(labels.size):
        label = labels[i] % classes
        u, v = uniform(first, i, 0.0, 1.0), uniform(second, i, 0.0, 1.0)
        x1, x2 = _point(code, label, classes, u, v)
        X[i, 0] = normal(start, 2 * i, x1, noise)
        X[i, 1] = normal(start, 2 * i + 1, x2, noise)
        labels[i] = label


@entry
def draw_heights(
    code: int, noise: float, key: Bits, X: DoubleMatrix, y: DoubleVector
) -> None:
    """Write examples of one or two features, and the number that belongs to each."""
    bound = math.pi if code == SINE else 2.0 if code == BUMPY else 1.0
    last = X.shape[1] - 1
    start = stream(key, DATA + _NOISE)
    for i in range(y.size):
        for k in range(last + 1):
            of_feature = stream(key, DATA + _FIRST + k)
            X[i, k] = uniform(of_feature, i, -bound, bound)
        y[i] = normal(start, i, _height(code, X[i, 0], X[i, last]), noise)


@entry
def sines(x: DoubleVector, out: DoubleVector) -> None:
    """Write the sine of each number; the error is below 1e-15 where abs(x) < 10."""
    for i in range(x.size):
        out[i] = _sine(x[i])


@kernel
def _sine(x: float) -> Real:
    """Return sin x = cos(x - π/2)."""
    return _cosine(x / (2.0 * math.pi) - 0.25)


@kernel
def _point(
    code: int, label: int, classes: int, u: float, v: float
) -> tuple[float, float]:
    """Return an example without noise, from two numbers in [0, 1)."""
    side = 1.0 - 2.0 * label  # of two classes: 1 or -1
    if code == MOONS:
        x1, x2 = _polar(1.0, 0.5 * u)
        return side * (x1 - 0.5), side * (x2 - 0.25)
    if code == CIRCLES:
        return _polar(1.0 - 0.5 * label, u)
    if code == XOR:
        x1 = 2.0 * u - 1.0
        return x1, side * v if x1 >= 0.0 else -side * v
    if code == SPIRALS:
        return _polar(2.0 * u, 1.5 * u + 0.5 * label)
    if code == BLOBS:
        return _polar(2.0, label / classes)
    return side, side  # GAUSSIANS


@kernel
def _polar(radius: float, turns: float) -> tuple[float, float]:
    """Return the point of a radius and an angle, which is counted in turns."""
    return radius * _cosine(turns), radius * _cosine(turns - 0.25)


@kernel
def _height(code: int, x1: float, x2: float) -> Real:
    """Return the number of an example, without noise."""
    if code == PLANE:
        return 0.8 * x1 - 0.5 * x2 + 0.3
    if code == SINE:
        return _sine(x1)
    return _cosine(x1 / math.pi - 0.25) * _cosine(x2 / math.pi)


@shared
def _cosine(turns: float) -> Real:
    """Return cos(2π turns); it stands in the library once."""
    return cos_turns_f64(turns)

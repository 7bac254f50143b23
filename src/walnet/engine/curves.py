"""Logarithm and power of arrays, with the same bits on every machine.

NumPy's own differ in the last bit from one processor to the next. These are made of
sums, products and roundings, which do not: what schedules give is the same everywhere.
All arrays are float64; relative errors are below 1e-15. (The kernels' cosine takes
arrays as it is.)
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

Reals = NDArray[np.float64]

# Taylor's: 2^r = Σ c_n r^n.
_POWER = [math.log(2) ** n / math.factorial(n) for n in range(15)]
# log2 x = k + 2/ln 2 · Σ s^(2n+1)/(2n+1), x = 2^k m, s = (m - 1)/(m + 1).
_LOGARITHM = [2 / math.log(2) / (2 * n + 1) for n in range(12)]


def _polynomial(coefficients: list[float], x: Reals) -> Reals:
    """Return Σ c_n x^n, by Horner's rule."""
    y = np.full_like(x, coefficients[-1])
    for c in coefficients[-2::-1]:
        y = y * x + c
    return y


def log2(x: Reals) -> Reals:
    """Return the logarithm of x > 0 to base 2.

    Examples
    --------
    >>> log2(np.array([0.25, 1.0, 8.0]))
    array([-2.,  0.,  3.])
    """
    m, k = np.frexp(x)
    small = m < math.sqrt(0.5)
    m, k = np.where(small, 2.0 * m, m), np.where(small, k - 1, k)
    s = (m - 1.0) / (m + 1.0)
    return k + s * _polynomial(_LOGARITHM, s * s)


def power(base: float, exponents: Reals) -> Reals:
    """Return base^exponents of a base > 0.

    Examples
    --------
    >>> power(0.5, np.array([0.0, 1.0, 3.0]))
    array([1.   , 0.5  , 0.125])
    """
    y = log2(np.array([base])) * exponents
    n = np.floor(y + 0.5)
    return np.ldexp(_polynomial(_POWER, y - n), n.astype(np.int64))

"""Exponential, hyperbolic tangent, and what is made of them, in two precisions.

They are our own, because the C library's differ from machine to machine: range-reduced
polynomials without a branch or a call, which the compiler turns into SIMD code. The
relative error is below 3e-7 in float32 (the coefficients are least-maximum fits made
for this file) and below 5e-16 in float64 (Taylor's). NaN stays NaN.
"""

from __future__ import annotations

import numpy as np

from walnet.engine.kernels.machine.compile import by_precision, kernel
from walnet.engine.kernels.machine.fused import fma
from walnet.engine.kernels.machine.logarithm import log1p
from walnet.engine.kernels.machine.records import Real

# Exact in float32, so that they keep a float32 formula in float32 and do not
# disturb a float64 one (a Python literal would turn every formula into float64).
ZERO, HALF, ONE, TWO = np.float32(0), np.float32(0.5), np.float32(1), np.float32(2)


@kernel
def exp_f32(x: Real) -> Real:
    """Return e^x for a float32: x = n ln 2 + r, then 2^n times P(r).

    Above 88, two thirds of a unit before float32 ends, it is infinite.
    """
    too_large = x > np.float32(88.0)
    x = np.float32(88.0) if too_large else x
    x = np.float32(-87.3) if x < np.float32(-87.3) else x
    n = np.floor(fma(x, np.float32(1.4426950408889634), HALF))
    r = fma(n, np.float32(-0.693359375), x)  # ln 2 in two parts, the first one exact
    r = fma(n, np.float32(2.12194440e-4), r)
    p = np.float32(1.0 / 5040.0)
    p = fma(p, r, np.float32(1.0 / 720.0))
    p = fma(p, r, np.float32(1.0 / 120.0))
    p = fma(p, r, np.float32(1.0 / 24.0))
    p = fma(p, r, np.float32(1.0 / 6.0))
    p = fma(p, r, HALF)
    p = fma(p, r, ONE)
    p = fma(p, r, ONE)
    # NaN has no integer: its power of two is 1, and P(NaN) is NaN already.
    whole = np.int32(n) if n == n else np.int32(0)  # noqa: PLR0124
    exponent = np.int32((whole + np.int32(127)) << np.int32(23))
    y = p * exponent.view(np.float32)
    return np.float32(np.inf) if too_large else y


@kernel
def tanh_f32(x: Real) -> Real:
    """Return tanh x for a float32 as x P(x²)/Q(x²) on [-9, 9], and ±1 beyond."""
    x = np.float32(9.0) if x > np.float32(9.0) else x
    x = np.float32(-9.0) if x < np.float32(-9.0) else x
    u = x * x
    p = np.float32(1.3353412060977652e-08)
    p = fma(p, u, np.float32(2.0608184001174323e-05))
    p = fma(p, u, np.float32(3.4955344887241013e-03))
    p = fma(p, u, np.float32(1.3380981111740392e-01))
    p = fma(p, u, np.float32(9.9999997962841058e-01))
    q = np.float32(7.7760467224067148e-07)
    q = fma(q, u, np.float32(3.2855462453626244e-04))
    q = fma(q, u, np.float32(2.5876779907550364e-02))
    q = fma(q, u, np.float32(4.6714296770102071e-01))
    q = fma(q, u, ONE)
    y = x * p / q
    y = ONE if y > ONE else y
    return -ONE if y < -ONE else y


@kernel
def _power_and_rest(x: Real) -> tuple[Real, Real]:
    """Return 2^n and r of x = n ln 2 + r, |r| ≤ ln 2 / 2, for |x| ≤ 709."""
    n = np.floor(fma(x, 1.4426950408889634, 0.5))
    # NaN has no integer: its power of two is 1, and its rest is NaN already.
    whole = np.int32(n) if n == n else np.int32(0)  # noqa: PLR0124
    r = fma(n, -0.693147180369123816490, x)  # ln 2 in two parts, the first one exact
    r = fma(n, -1.90821492927058770002e-10, r)
    exponent = np.int64((np.int64(whole) + np.int64(1023)) << np.int64(52))
    return exponent.view(np.float64), r


@kernel
def _exp_less_1(r: Real) -> Real:
    """Return e^r - 1 for |r| ≤ ln 2 / 2: Taylor's series to the thirteenth power."""
    p = 1.0 / 6227020800.0
    p = fma(p, r, 1.0 / 479001600.0)
    p = fma(p, r, 1.0 / 39916800.0)
    p = fma(p, r, 1.0 / 3628800.0)
    p = fma(p, r, 1.0 / 362880.0)
    p = fma(p, r, 1.0 / 40320.0)
    p = fma(p, r, 1.0 / 5040.0)
    p = fma(p, r, 1.0 / 720.0)
    p = fma(p, r, 1.0 / 120.0)
    p = fma(p, r, 1.0 / 24.0)
    p = fma(p, r, 1.0 / 6.0)
    p = fma(p, r, 0.5)
    return fma(r * r, p, r)


@kernel
def exp_f64(x: Real) -> Real:
    """Return e^x for a float64: infinite above 709, 0 below -708."""
    too_large, too_small = x > 709.0, x < -708.0
    x = 709.0 if too_large else x
    x = -708.0 if too_small else x
    power, r = _power_and_rest(x)
    y = fma(power, _exp_less_1(r), power)
    y = 0.0 if too_small else y
    return np.inf if too_large else y


@kernel
def tanh_f64(x: Real) -> Real:
    """Return tanh x for a float64 as -q / (2 + q), with q = e^(-2|x|) - 1."""
    size = abs(x)
    size = 20.0 if size > 20.0 else size
    power, r = _power_and_rest(-2.0 * size)
    q = fma(power, _exp_less_1(r), power - 1.0)
    y = q / (2.0 + q)
    return y if x < 0.0 else -y


exp = by_precision(exp_f32, exp_f64)
tanh = by_precision(tanh_f32, tanh_f64)


@kernel
def is_finite(x: float) -> bool:
    """Return whether x is neither NaN nor infinite.

    Numba's own test is x - x == 0, and where sums may be reordered the compiler cancels
    x - x before it looks at x. A comparison it must leave alone.
    """
    return abs(x) < np.inf


@kernel
def sigmoid(z: Real) -> Real:
    """Return 1 / (1 + e^-z), from e^-|z| so that nothing overflows."""
    e = exp(-abs(z))
    return (e if z < ZERO else ONE) / (ONE + e)


@kernel
def softplus(z: Real) -> Real:
    """Return log(1 + e^z) as max(z, 0) + log(1 + e^-|z|)."""
    return (ZERO if z < ZERO else z) + log1p(exp(-abs(z)))


@kernel
def power(base: float, n: int) -> float:
    """Return base^n for n ≥ 0, by squaring: in one order of products everywhere."""
    y = 1.0
    while n > 0:
        if n & 1 == 1:
            y *= base
        base *= base
        n >>= 1
    return y

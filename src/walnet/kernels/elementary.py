"""Exponential, hyperbolic tangent and logarithm, in two precisions.

float32 goes through range-reduced polynomials without a branch or a call, which the
compiler turns into SIMD code (relative error below 3e-7 on the stated range; the
coefficients are least-maximum fits made for this file). float64 goes through the
exact functions of the C library. NaN stays NaN in both.
"""

from __future__ import annotations

import math

import numpy as np

from walnet.kernels.compile import by_precision, kernel
from walnet.kernels.types import Real

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
    n = np.floor(x * np.float32(1.4426950408889634) + HALF)
    r = x - n * np.float32(0.693359375)  # ln 2 in two parts, the first one exact
    r = r + n * np.float32(2.12194440e-4)
    p = np.float32(1.0 / 5040.0)
    p = p * r + np.float32(1.0 / 720.0)
    p = p * r + np.float32(1.0 / 120.0)
    p = p * r + np.float32(1.0 / 24.0)
    p = p * r + np.float32(1.0 / 6.0)
    p = p * r + HALF
    p = p * r + ONE
    p = p * r + ONE
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
    p = p * u + np.float32(2.0608184001174323e-05)
    p = p * u + np.float32(3.4955344887241013e-03)
    p = p * u + np.float32(1.3380981111740392e-01)
    p = p * u + np.float32(9.9999997962841058e-01)
    q = np.float32(7.7760467224067148e-07)
    q = q * u + np.float32(3.2855462453626244e-04)
    q = q * u + np.float32(2.5876779907550364e-02)
    q = q * u + np.float32(4.6714296770102071e-01)
    q = q * u + ONE
    y = x * p / q
    y = ONE if y > ONE else y
    return -ONE if y < -ONE else y


@kernel
def log1p_f32(x: Real) -> Real:
    """Return log(1 + x) for a float32 in [0, 1] as x P(x)."""
    p = np.float32(0.00523263262513267)
    p = p * x + np.float32(-0.02950499176794132)
    p = p * x + np.float32(0.07822554963815051)
    p = p * x + np.float32(-0.13663211675141126)
    p = p * x + np.float32(0.19105990720539348)
    p = p * x + np.float32(-0.2484297811643555)
    p = p * x + np.float32(0.33319096293196365)
    p = p * x + np.float32(-0.499994931158541)
    p = p * x + np.float32(0.9999999698776251)
    return x * p


@kernel
def _exp_f64(x: Real) -> Real:
    return np.exp(x)


@kernel
def _tanh_f64(x: Real) -> Real:
    return np.tanh(x)


@kernel
def _log1p_f64(x: Real) -> Real:
    return np.log1p(x)


@kernel
def _erf_f32(x: Real) -> Real:
    return np.float32(math.erf(x))


@kernel
def _erf_f64(x: Real) -> Real:
    return np.float64(math.erf(x))


exp = by_precision(exp_f32, _exp_f64)
tanh = by_precision(tanh_f32, _tanh_f64)
log1p = by_precision(log1p_f32, _log1p_f64)
erf = by_precision(_erf_f32, _erf_f64)


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

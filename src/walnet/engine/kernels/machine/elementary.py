"""Exponential, hyperbolic tangent, logarithm and error function, in two precisions.

All go through range-reduced polynomials without a branch or a call, which the compiler
turns into SIMD code; no library of C is needed. The relative error is below 3e-7 in
float32 (the coefficients are least-maximum fits made for this file) and below 5e-16 in
float64 (Taylor's). NaN stays NaN.
"""

from __future__ import annotations

import numpy as np

from walnet.engine.kernels.machine.compile import by_precision, exact, kernel
from walnet.engine.kernels.types import Real

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
def _power_and_rest(x: Real) -> tuple[Real, Real]:
    """Return 2^n and r of x = n ln 2 + r, |r| ≤ ln 2 / 2, for |x| ≤ 709."""
    n = np.floor(x * 1.4426950408889634 + 0.5)
    # NaN has no integer: its power of two is 1, and its rest is NaN already.
    whole = np.int32(n) if n == n else np.int32(0)  # noqa: PLR0124
    # ln 2 in two parts, the first one exact. The second is multiplied with n got back
    # from its integer, or the compiler would add up the two parts before.
    r = x - n * 0.693147180369123816490
    r = r - np.float64(whole) * 1.90821492927058770002e-10
    exponent = np.int64((np.int64(whole) + np.int64(1023)) << np.int64(52))
    return exponent.view(np.float64), r


@kernel
def _exp_less_1(r: Real) -> Real:
    """Return e^r - 1 for |r| ≤ ln 2 / 2: Taylor's series to the thirteenth power."""
    p = 1.0 / 6227020800.0
    p = p * r + 1.0 / 479001600.0
    p = p * r + 1.0 / 39916800.0
    p = p * r + 1.0 / 3628800.0
    p = p * r + 1.0 / 362880.0
    p = p * r + 1.0 / 40320.0
    p = p * r + 1.0 / 5040.0
    p = p * r + 1.0 / 720.0
    p = p * r + 1.0 / 120.0
    p = p * r + 1.0 / 24.0
    p = p * r + 1.0 / 6.0
    p = p * r + 0.5
    return r + r * r * p


@kernel
def exp_f64(x: Real) -> Real:
    """Return e^x for a float64: infinite above 709, 0 below -708."""
    too_large, too_small = x > 709.0, x < -708.0
    x = 709.0 if too_large else x
    x = -708.0 if too_small else x
    power, r = _power_and_rest(x)
    y = power + power * _exp_less_1(r)
    y = 0.0 if too_small else y
    return np.inf if too_large else y


@kernel
def tanh_f64(x: Real) -> Real:
    """Return tanh x for a float64 as -q / (2 + q), with q = e^(-2|x|) - 1."""
    size = abs(x)
    size = 20.0 if size > 20.0 else size
    power, r = _power_and_rest(-2.0 * size)
    q = power * _exp_less_1(r) + (power - 1.0)
    y = q / (2.0 + q)
    return y if x < 0.0 else -y


@exact
def _log_f32(x: Real) -> Real:
    """Return log x for a float32: x = 2^n (1 + f), √½ ≤ 1 + f < √2."""
    tiny = x < np.float32(1.1754944e-38)
    scaled = np.float32(x * np.float32(16777216.0) if tiny else x)
    bits = scaled.view(np.int32)
    # Counted from √½, the exponent is that of the nearest power of two.
    shifted = np.int32(bits - np.int32(0x3F3504F3))
    n = np.float32(np.int32(shifted >> np.int32(23)))
    n = n - np.float32(24.0) if tiny else n
    m = np.int32((shifted & np.int32(0x007FFFFF)) + np.int32(0x3F3504F3))
    f = m.view(np.float32) - ONE
    p = np.float32(0.07148994431062915)
    p = p * f + np.float32(-0.11571490943442146)
    p = p * f + np.float32(0.11661966101220995)
    p = p * f + np.float32(-0.12411023549796733)
    p = p * f + np.float32(0.14249876395133487)
    p = p * f + np.float32(-0.1666848046512418)
    p = p * f + np.float32(0.20000710120977022)
    p = p * f + np.float32(-0.24999989059116565)
    p = p * f + np.float32(0.3333333116040808)
    square = f * f
    rest = p * f * square - n * np.float32(2.12194440e-4) - HALF * square
    y = n * np.float32(0.693359375) + (f + rest)
    y = y if x < np.float32(np.inf) else x  # infinity and NaN
    y = y if x > ZERO or x != x else np.float32(-np.inf)  # noqa: PLR0124
    return np.float32(np.nan) if x < ZERO else y


@exact
def _log_f64(x: Real) -> Real:
    """Return log x for a float64: n ln 2 + log(1 + f), log(1 + f) = 2 artanh(s)."""
    x = np.float64(x)
    tiny = x < 2.2250738585072014e-308
    scaled = np.float64(x * 18014398509481984.0 if tiny else x)
    bits = scaled.view(np.int64)
    shifted = np.int64(bits - np.int64(0x3FE6A09E667F3BCD))
    n = np.float64(np.int64(shifted >> np.int64(52)))
    n = n - 54.0 if tiny else n
    m = (shifted & np.int64(0x000FFFFFFFFFFFFF)) + np.int64(0x3FE6A09E667F3BCD)
    f = np.int64(m).view(np.float64) - 1.0
    s = f / (2.0 + f)
    q = s * s
    p = 1.0 / 21.0
    p = p * q + 1.0 / 19.0
    p = p * q + 1.0 / 17.0
    p = p * q + 1.0 / 15.0
    p = p * q + 1.0 / 13.0
    p = p * q + 1.0 / 11.0
    p = p * q + 1.0 / 9.0
    p = p * q + 1.0 / 7.0
    p = p * q + 1.0 / 5.0
    p = p * q + 1.0 / 3.0
    # 2 artanh(s) = f - s (f - 2 q p): what is added to f is small.
    rest = n * 1.90821492927058770002e-10 - s * (f - 2.0 * q * p)
    y = n * 0.693147180369123816490 + (f + rest)
    y = y if x < np.inf else x
    y = y if x > 0.0 or x != x else np.float64(-np.inf)  # noqa: PLR0124
    return np.float64(np.nan) if x < 0.0 else y


@exact
def _log1p_f64(x: Real) -> Real:
    """Return log(1 + x) for a float64 in [0, 1]; what 1 + x has lost is added."""
    total = 1.0 + x
    return _log_f64(total) + (x - (total - 1.0)) / total


@exact
def _erf_f64(x: Real) -> Real:
    """Return erf x for a float64: Taylor's series to 1, beyond it 1 - e^(-x²) P(t)."""
    size = abs(x)
    u = size * size if size < 1.0 else 1.0
    p = 1.0 / 12449059983360000.0
    p = p * -u + 1.0 / 690452066304000.0
    p = p * -u + 1.0 / 40537905408000.0
    p = p * -u + 1.0 / 2528170444800.0
    p = p * -u + 1.0 / 168129561600.0
    p = p * -u + 1.0 / 11975040000.0
    p = p * -u + 1.0 / 918086400.0
    p = p * -u + 1.0 / 76204800.0
    p = p * -u + 1.0 / 6894720.0
    p = p * -u + 1.0 / 685440.0
    p = p * -u + 1.0 / 75600.0
    p = p * -u + 1.0 / 9360.0
    p = p * -u + 1.0 / 1320.0
    p = p * -u + 1.0 / 216.0
    p = p * -u + 1.0 / 42.0
    p = p * -u + 1.0 / 10.0
    p = p * -u + 1.0 / 3.0
    p = p * -u + 1.0
    near = 1.1283791670955126 * size * p
    v = 6.0 if size > 6.0 else size
    v = 1.0 if v < 1.0 else v
    y = near if size < 1.0 else 1.0 - exp_f64(-v * v) * _scaled_erfc(v)
    y = size if size != size else y  # noqa: PLR0124
    return -y if x < 0.0 else y


@exact
def _scaled_erfc(v: Real) -> Real:
    """Return e^(v²) (1 - erf v) for v in [1, 6]: a fit made for this file."""
    t = (v - 2.0) / (v + 2.0)
    p = -7.837534613184437e-07
    p = p * t + 9.542930948901468e-07
    p = p * t + 3.892971690021067e-06
    p = p * t + 1.4684742243724377e-06
    p = p * t + -1.3989128884808776e-05
    p = p * t + -2.7596252193953568e-05
    p = p * t + 2.7528315409225726e-05
    p = p * t + 0.00017436316367544193
    p = p * t + 4.355535830900107e-05
    p = p * t + -0.0009819771563652376
    p = p * t + -0.0008471432397124266
    p = p * t + 0.006997461743207732
    p = p * t + 0.003732892404084469
    p = p * t + -0.07897858101578244
    p = p * t + 0.2416581942424652
    p = p * t + -0.4271858474139598
    return p * t + 0.2553956763105057


@kernel
def _erf_f32(x: Real) -> Real:
    return np.float32(_erf_f64(np.float64(x)))


@exact
def power(base: float, exponent: int) -> float:
    """Return a float64 to the power of a whole number from 0 on, by squaring."""
    result = 1.0
    while exponent > 0:
        if exponent % 2 == 1:
            result *= base
        base *= base
        exponent //= 2
    return result


exp = by_precision(exp_f32, exp_f64)
tanh = by_precision(tanh_f32, tanh_f64)
log = by_precision(_log_f32, _log_f64)
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

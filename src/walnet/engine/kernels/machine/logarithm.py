"""Natural logarithms, in two precisions: one way to compute them on all machines.

With x = 2^k m and m between √½ and √2, log x = k ln 2 + 2 artanh(s), s = (m-1)/(m+1),
and artanh(s) = s (1 + s²/3 + s⁴/5 + …). The relative error is below 3e-7 in float32 and
below 5e-16 in float64. NaN stays NaN.
"""

from __future__ import annotations

import numpy as np

from walnet.engine.kernels.machine.compile import by_precision, kernel
from walnet.engine.kernels.machine.fused import fma
from walnet.engine.kernels.machine.records import Real

# √½ as bits: where the mantissas of float32 and float64 begin here.
_ROOT_32, _ROOT_64 = np.int32(0x3F3504F3), np.int64(0x3FE6A09E667F3BCD)
_MANTISSA_32, _MANTISSA_64 = np.int32(0x007FFFFF), np.int64(0x000FFFFFFFFFFFFF)
# ln 2 in two parts, the first one exact for every k.
_LN2_32 = np.float32(0.693359375), np.float32(-2.12194440e-4)
_LN2_64 = 0.693147180369123816490, 1.90821492927058770002e-10


@kernel
def log_f32(x: Real) -> Real:
    """Return log x for a float32; -inf of 0, NaN below."""
    positive = x if x > np.float32(0) else np.float32(1)
    small = positive < np.float32(1.17549435e-38)  # fewer bits than others have
    positive = positive * np.float32(8388608) if small else positive
    place = np.int32(np.float32(positive).view(np.int32) - _ROOT_32)
    k = np.float32(place >> np.int32(23)) - (np.float32(23) if small else np.float32(0))
    m = np.int32((place & _MANTISSA_32) + _ROOT_32).view(np.float32)
    s = (m - np.float32(1)) / (m + np.float32(1))
    z = s * s
    p = np.float32(1.0 / 11.0)
    p = fma(p, z, np.float32(1.0 / 9.0))
    p = fma(p, z, np.float32(1.0 / 7.0))
    p = fma(p, z, np.float32(1.0 / 5.0))
    p = fma(p, z, np.float32(1.0 / 3.0))
    rest = fma(k, _LN2_32[1], np.float32(2) * s * z * p)
    y = fma(k, _LN2_32[0], fma(np.float32(2), s, rest))
    return _limits_f32(x, y)


@kernel
def _limits_f32(x: Real, y: Real) -> Real:
    """Return y, or what the logarithm is where x is no positive number."""
    y = y if x < np.float32(np.inf) else x
    y = np.float32(-np.inf) if x == np.float32(0) else y
    return np.float32(np.nan) if x < np.float32(0) else y


@kernel
def _series_f64(p: Real, z: Real) -> Real:
    """Return 1/3 + z/5 + z²/7 + … + z⁹/21 + p z¹⁰: p is the sum of what follows."""
    p = fma(p, z, 1.0 / 21.0)
    p = fma(p, z, 1.0 / 19.0)
    p = fma(p, z, 1.0 / 17.0)
    p = fma(p, z, 1.0 / 15.0)
    p = fma(p, z, 1.0 / 13.0)
    p = fma(p, z, 1.0 / 11.0)
    p = fma(p, z, 1.0 / 9.0)
    p = fma(p, z, 1.0 / 7.0)
    p = fma(p, z, 1.0 / 5.0)
    return fma(p, z, 1.0 / 3.0)


@kernel
def _lost_f64(s: Real, f: Real, divisor: Real) -> Real:
    """Return ((f - 2s) - f s) / (2 + f): what rounding took from s = f / (2 + f)."""
    return fma(-s, f, fma(-2.0, s, f)) / divisor


@kernel
def log_f64(x: Real) -> Real:
    """Return log x for a float64; -inf of 0, NaN below."""
    positive = x if x > 0.0 else 1.0
    small = positive < 2.2250738585072014e-308
    positive = positive * 4503599627370496.0 if small else positive
    place = np.int64(np.float64(positive).view(np.int64) - _ROOT_64)
    k = np.float64(place >> np.int64(52)) - (52.0 if small else 0.0)
    m = np.int64((place & _MANTISSA_64) + _ROOT_64).view(np.float64)
    s = (m - 1.0) / (m + 1.0)
    z = s * s
    p = _series_f64(1.0 / 23.0, z)
    lost = _lost_f64(s, m - 1.0, m + 1.0)
    rest = fma(k, _LN2_64[1], fma(2.0 * s, z * p, 2.0 * lost))
    y = fma(k, _LN2_64[0], fma(2.0, s, rest))
    return _limits_f64(x, y)


@kernel
def _limits_f64(x: Real, y: Real) -> Real:
    """Return y, or what the logarithm is where x is no positive number."""
    y = y if x < np.inf else x
    y = -np.inf if x == 0.0 else y
    return np.nan if x < 0.0 else y


@kernel
def log1p_f32(x: Real) -> Real:
    """Return log(1 + x) for a float32 in [0, 1] as x P(x)."""
    p = np.float32(0.00523263262513267)
    p = fma(p, x, np.float32(-0.02950499176794132))
    p = fma(p, x, np.float32(0.07822554963815051))
    p = fma(p, x, np.float32(-0.13663211675141126))
    p = fma(p, x, np.float32(0.19105990720539348))
    p = fma(p, x, np.float32(-0.2484297811643555))
    p = fma(p, x, np.float32(0.33319096293196365))
    p = fma(p, x, np.float32(-0.499994931158541))
    p = fma(p, x, np.float32(0.9999999698776251))
    return x * p


@kernel
def log1p_f64(x: Real) -> Real:
    """Return log(1 + x) for a float64 in [0, 1] as 2 artanh(x / (2 + x))."""
    s = x / (2.0 + x)
    z = s * s
    p = fma(1.0 / 33.0, z, 1.0 / 31.0)
    p = fma(p, z, 1.0 / 29.0)
    p = fma(p, z, 1.0 / 27.0)
    p = fma(p, z, 1.0 / 25.0)
    p = _series_f64(fma(p, z, 1.0 / 23.0), z)
    lost = _lost_f64(s, x, 2.0 + x)
    return fma(2.0, s, fma(2.0 * s, z * p, 2.0 * lost))


log = by_precision(log_f32, log_f64)
log1p = by_precision(log1p_f32, log1p_f64)

"""The cosine, in two precisions: one way to compute it on all machines.

Counted in turns, so that the range is reduced exactly. The error is below 4e-7 in
float32 (the coefficients are a fit made for this file) and below 4e-16 in float64.
"""

from __future__ import annotations

import math

import numpy as np

from walnet.engine.kernels.machine.compile import by_precision, kernel
from walnet.engine.kernels.machine.elementary import HALF
from walnet.engine.kernels.machine.fused import fma
from walnet.engine.kernels.machine.records import Real

_QUARTER = np.float32(0.25)
# sin 2πs = s Σ c_n s^(2n)
_SINE = tuple(
    (-1.0) ** n * (2.0 * math.pi) ** (2 * n + 1) / math.factorial(2 * n + 1)
    for n in range(12)
)


@kernel
def cos_turns_f32(u: Real) -> Real:
    """Return cos(2πu) for a float32, |u| < 1e6, as sin 2πs with s = 1/4 - |u - [u]|.

    Counting in turns makes the range reduction exact.
    """
    r = u - np.floor(u + HALF)
    s = _QUARTER - abs(r)
    q = s * s
    p = np.float32(-14.393966)
    p = fma(p, q, np.float32(42.00978))
    p = fma(p, q, np.float32(-76.70428))
    p = fma(p, q, np.float32(81.605225))
    p = fma(p, q, np.float32(-41.3417))
    p = fma(p, q, np.float32(6.2831855))
    return s * p


@kernel
def cos_turns_f64(u: Real) -> Real:
    """Return the same for a float64, or an array of them; Taylor's coefficients."""
    r = u - np.floor(u + 0.5)
    s = 0.25 - abs(r)
    q = s * s
    p = fma(_SINE[11], q, _SINE[10])
    p = fma(p, q, _SINE[9])
    p = fma(p, q, _SINE[8])
    p = fma(p, q, _SINE[7])
    p = fma(p, q, _SINE[6])
    p = fma(p, q, _SINE[5])
    p = fma(p, q, _SINE[4])
    p = fma(p, q, _SINE[3])
    p = fma(p, q, _SINE[2])
    p = fma(p, q, _SINE[1])
    return s * fma(p, q, _SINE[0])


cos_turns = by_precision(cos_turns_f32, cos_turns_f64)

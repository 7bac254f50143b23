"""Activation functions ``A = g(Z)`` and the way back through them, ``dZ = dA * g'(Z)``.

Arrays are feature-major: ``(neurons, examples)``. A slope ``g'`` is written from the
weighted input ``z`` and the activation ``a = g(z)``, whichever is shorter.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from walnet.engine.kernels.machine.compile import kernel, part, shared
from walnet.engine.kernels.machine.elementary import (
    HALF,
    ONE,
    TWO,
    ZERO,
    exp,
    sigmoid,
    softplus,
    tanh,
)
from walnet.engine.kernels.machine.error_function import erf
from walnet.engine.kernels.machine.records import Real
from walnet.engine.kernels.machine.views import flat, stretch

IDENTITY, SIGMOID, TANH, RELU, LEAKY_RELU, ELU = 0, 1, 2, 3, 4, 5
SELU, GELU, SILU, MISH, SOFTPLUS, SOFTMAX = 6, 7, 8, 9, 10, 11
EXPONENTIAL = 12


LEAKY_SLOPE = 0.01  # Maas, Hannun, Ng (2013)
SELU_SCALE = 1.0507009873554805  # Klambauer et al. (2017), section 2
SELU_ALPHA = 1.6732632423543772
_SQRT_HALF = 0.7071067811865476
_INV_SQRT_2PI = 0.3989422804014327


@dataclass(frozen=True)
class Activation:
    """What there is to know of an activation function beside its arithmetic.

    Attributes
    ----------
    code : int
        Its number in kernels.
    formula, slope : str
        g(z), and g'(z) from z and a = g(z), in the language of
        `walnet.engine.formulas`; empty where a neuron's value depends on its whole
        layer.
    initializer : str
        The rule for random weights that suits it.
    low, high : float
        The range of its values.
    onnx, torch : str
        The operator of ONNX that onnxruntime has in float32 and float64, and the module
        of torch.nn, with their arguments; empty: it is composed by its formula.
    """

    code: int
    formula: str
    slope: str
    initializer: str = "glorot"
    low: float = -math.inf
    high: float = math.inf
    onnx: str = ""
    torch: str = ""


_SIGMOID = "1 / (1 + exp(-z))"
# Where e^z would overflow a calculator, it is taken out of the logarithm.
_SOFTPLUS = "z + ln(1 + exp(-z)) if z > 30 else ln(1 + exp(z))"
_NORMAL_CDF = "(1 + erf(z / sqrt(2))) / 2"
_NORMAL_DENSITY = "exp(-(z**2 / 2)) / sqrt(2 * pi)"
_MISH = f"tanh({_SOFTPLUS})"

ACTIVATIONS = {
    "identity": Activation(IDENTITY, "z", "1", torch="Identity"),
    "sigmoid": Activation(
        SIGMOID,
        _SIGMOID,
        "a * (1 - a)",
        low=0.0,
        high=1.0,
        onnx="Sigmoid",
        torch="Sigmoid",
    ),
    "tanh": Activation(
        TANH, "tanh(z)", "1 - a**2", low=-1.0, high=1.0, onnx="Tanh", torch="Tanh"
    ),
    "relu": Activation(
        RELU,
        "max(0, z)",
        "1 if z > 0 else 0",
        "he",
        low=0.0,
        onnx="Relu",
        torch="ReLU",
    ),
    "leaky_relu": Activation(
        LEAKY_RELU,
        f"z if z > 0 else {LEAKY_SLOPE} * z",
        f"1 if z > 0 else {LEAKY_SLOPE}",
        "he",
        torch=f"LeakyReLU({LEAKY_SLOPE})",
    ),
    "elu": Activation(
        ELU,
        "z if z > 0 else exp(z) - 1",
        "1 if z > 0 else a + 1",
        "he",
        low=-1.0,
        torch="ELU",
    ),
    "selu": Activation(
        SELU,
        f"{SELU_SCALE} * z if z > 0 else {SELU_SCALE} * {SELU_ALPHA} * (exp(z) - 1)",
        f"{SELU_SCALE} if z > 0 else a + {SELU_SCALE} * {SELU_ALPHA}",
        "lecun",
        low=-1.7580993408473766,
        torch="SELU",
    ),
    "gelu": Activation(
        GELU,
        f"z * ({_NORMAL_CDF})",
        f"{_NORMAL_CDF} + z * ({_NORMAL_DENSITY})",
        "he",
        low=-0.16997120747990369,
        torch="GELU",
    ),
    "silu": Activation(
        SILU,
        f"z * ({_SIGMOID})",
        f"{_SIGMOID} + a * (1 - {_SIGMOID})",
        "he",
        low=-0.2784645427610738,
        torch="SiLU",
    ),
    "mish": Activation(
        MISH,
        f"z * {_MISH}",
        f"{_MISH} + z * (1 - {_MISH}**2) * ({_SIGMOID})",
        "he",
        low=-0.30884341301725,
        torch="Mish",
    ),
    "softplus": Activation(
        SOFTPLUS,
        _SOFTPLUS,
        _SIGMOID,
        "he",
        low=0.0,
        # Beyond its threshold torch gives z, which float64 can tell from softplus.
        torch="Softplus(threshold=40.0)",
    ),
    "softmax": Activation(
        SOFTMAX,
        "",
        "",
        low=0.0,
        high=1.0,
        onnx="Softmax(axis=-1)",
        torch="Softmax(dim=-1)",
    ),
    "exponential": Activation(EXPONENTIAL, "exp(z)", "a", low=0.0, onnx="Exp"),
}
"""Every activation by its name."""


@kernel
def _elu(z: Real, scale: Real, alpha: Real) -> Real:
    """scale·z above 0, else scale·alpha·(e^z - 1): Clevert et al. (2016), eq. (15)."""
    e = exp(ZERO if z > ZERO else z)
    return scale * (alpha * (e - ONE) if z <= ZERO else z)


@kernel
def _elu_slope(z: Real, a: Real, scale: Real, alpha: Real) -> Real:
    """Scale for z > 0, else g(z) + scale·alpha."""
    return a + scale * alpha if z <= ZERO else scale


@kernel
def _normal_cdf(z: Real, sqrt_half: Real) -> Real:
    """Φ(z) = (1 + erf(z/√2)) / 2."""
    return HALF * (ONE + erf(z * sqrt_half))


@kernel
def _gelu_slope(z: Real, sqrt_half: Real, inv_sqrt_2pi: Real) -> Real:
    """Φ(z) + z φ(z): Hendrycks, Gimpel (2016), section 2."""
    return _normal_cdf(z, sqrt_half) + z * inv_sqrt_2pi * exp(-HALF * z * z)


@kernel
def _tanh_softplus(z: Real) -> Real:
    """tanh(log(1 + e^z)) from e^-|z|, without the logarithm."""
    e = exp(-abs(z))
    top = e * (e + TWO) if z < ZERO else ONE + TWO * e
    return top / (top + TWO * (ONE if z < ZERO else e * e))


@kernel
def _mish_slope(z: Real) -> Real:
    """T + z (1 - t²) σ(z) with t = tanh(softplus(z)): Misra (2020), section 3."""
    t = _tanh_softplus(z)
    return t + z * (ONE - t * t) * sigmoid(z)


@shared
def _softmax(Z: np.ndarray, A: np.ndarray, scratch: np.ndarray) -> None:  # noqa: C901
    """Each column: e^(z - max) / Σ e^(z - max), so that no exponential overflows."""
    n, m = Z.shape
    largest, total = stretch(scratch, 0, m), stretch(scratch, m, m)
    for i in range(m):
        largest[i] = Z[0, i]
        total[i] = ZERO
    for j in range(1, n):
        for i in range(m):
            largest[i] = Z[j, i] if Z[j, i] > largest[i] else largest[i]
    for j in range(n):
        for i in range(m):
            e = exp(Z[j, i] - largest[i])
            A[j, i] = e
            total[i] += e
    for i in range(m):
        total[i] = ONE / total[i]
    for j in range(n):
        for i in range(m):
            A[j, i] *= total[i]


@kernel
def _softmax_back(A: np.ndarray, dA: np.ndarray, dZ: np.ndarray) -> None:
    """Each column: dZ = A * (dA - Σ A dA), the product with softmax's Jacobian."""
    n, m = A.shape
    for i in range(m):
        inner = ZERO
        for j in range(n):
            inner += A[j, i] * dA[j, i]
        for j in range(n):
            dZ[j, i] = A[j, i] * (dA[j, i] - inner)


@part
def activate(
    activation: int, Z: np.ndarray, A: np.ndarray, scratch: np.ndarray
) -> None:
    """Write ``A = g(Z)``; both of shape (neurons, examples), contiguous.

    `scratch` holds at least two numbers an example.
    """
    if activation == SOFTMAX:
        _softmax(Z, A, scratch)
    else:
        _activate_each(activation, flat(Z), flat(A))


@shared
def _activate_each(activation: int, z: np.ndarray, a: np.ndarray) -> None:  # noqa: C901, PLR0912
    real = z.dtype.type
    n = z.size
    if activation == IDENTITY:
        for i in range(n):
            a[i] = z[i]
    elif activation == SIGMOID:
        for i in range(n):
            a[i] = sigmoid(z[i])
    elif activation == TANH:
        for i in range(n):
            a[i] = tanh(z[i])
    elif activation == RELU:
        for i in range(n):
            a[i] = ZERO if z[i] < ZERO else z[i]
    elif activation == LEAKY_RELU:
        for i in range(n):
            a[i] = real(LEAKY_SLOPE) * z[i] if z[i] < ZERO else z[i]
    elif activation == ELU:
        for i in range(n):
            a[i] = _elu(z[i], ONE, ONE)
    elif activation == SELU:
        for i in range(n):
            a[i] = _elu(z[i], real(SELU_SCALE), real(SELU_ALPHA))
    elif activation == GELU:
        for i in range(n):
            a[i] = z[i] * _normal_cdf(z[i], real(_SQRT_HALF))
    elif activation == SILU:
        for i in range(n):
            a[i] = z[i] * sigmoid(z[i])
    elif activation == MISH:
        for i in range(n):
            a[i] = z[i] * _tanh_softplus(z[i])
    elif activation == SOFTPLUS:
        for i in range(n):
            a[i] = softplus(z[i])
    elif activation == EXPONENTIAL:
        for i in range(n):
            a[i] = exp(z[i])
    else:  # a row of the table without a branch: training stops, and says so
        for i in range(n):
            a[i] = real(np.nan)


@part
def back_through(
    activation: int, Z: np.ndarray, A: np.ndarray, dA: np.ndarray, dZ: np.ndarray
) -> None:
    """Write ``dZ = dA * g'(Z)``; all of shape (neurons, examples), contiguous."""
    if activation == SOFTMAX:
        _softmax_back(A, dA, dZ)
    else:
        _back_each(activation, flat(Z), flat(A), flat(dA), flat(dZ))


@shared
def _back_each(  # noqa: C901, PLR0912, PLR0915
    activation: int, z: np.ndarray, a: np.ndarray, da: np.ndarray, dz: np.ndarray
) -> None:
    real = z.dtype.type
    n = z.size
    if activation == IDENTITY:
        for i in range(n):
            dz[i] = da[i]
    elif activation == SIGMOID:
        for i in range(n):
            dz[i] = da[i] * a[i] * (ONE - a[i])
    elif activation == TANH:
        for i in range(n):
            dz[i] = da[i] * (ONE - a[i] * a[i])
    elif activation == RELU:
        for i in range(n):  # a > 0 where z > 0, and a was read last: it is at hand
            dz[i] = da[i] if a[i] > ZERO else ZERO * da[i]
    elif activation == LEAKY_RELU:
        for i in range(n):
            dz[i] = da[i] if z[i] > ZERO else real(LEAKY_SLOPE) * da[i]
    elif activation == ELU:
        for i in range(n):
            dz[i] = da[i] * _elu_slope(z[i], a[i], ONE, ONE)
    elif activation == SELU:
        for i in range(n):
            slope = _elu_slope(z[i], a[i], real(SELU_SCALE), real(SELU_ALPHA))
            dz[i] = da[i] * slope
    elif activation == GELU:
        for i in range(n):
            slope = _gelu_slope(z[i], real(_SQRT_HALF), real(_INV_SQRT_2PI))
            dz[i] = da[i] * slope
    elif activation == SILU:
        for i in range(n):
            s = sigmoid(z[i])
            dz[i] = da[i] * (s + a[i] * (ONE - s))
    elif activation == MISH:
        for i in range(n):
            dz[i] = da[i] * _mish_slope(z[i])
    elif activation == SOFTPLUS:
        for i in range(n):
            dz[i] = da[i] * sigmoid(z[i])
    elif activation == EXPONENTIAL:
        for i in range(n):
            dz[i] = da[i] * a[i]
    else:
        for i in range(n):
            dz[i] = real(np.nan)

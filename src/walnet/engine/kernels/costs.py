"""Costs J and where back-propagation starts: ``dA`` or ``dZ`` of the output layer.

A cost is ``J = scale · Σ_i w_i Σ_k c(y_ik, a_ik)``; the caller's ``scale`` holds the
1/m (and 1/outputs) of a mean. With ``d = a - y``:

============================  =============================  ==========================
cost                          c(y, a)                        ∂c/∂a
============================  =============================  ==========================
mse                           d²                             2 d
mae                           abs(d)                         sign(d)
huber (δ), abs(d) ≤ δ         d²/2                           d
huber (δ), beyond             δ (abs(d) - δ/2)               δ sign(d)
quantile (p), a below y       p (y - a)                      -p
quantile (p), a above y       (1 - p) (a - y)                1 - p
poisson                       y log(y/a) - y + a             1 - y/a
binary_cross_entropy          -y log a - (1-y) log(1-a)      (a - y) / (a (1 - a))
categorical_cross_entropy     -y log a                       -y/a
============================  =============================  ==========================

The last three are taken together with the output's activation: their dZ is known
(``A - Y`` for sigmoid, softmax and exponential) where the two single steps would divide
0 by 0. Z, A, Y and dZ are (outputs, examples), w is (examples,). Costs are summed in
float64, whatever the precision of the arrays.

Huber: Huber (1964). Quantile: Koenker, Bassett (1978). Poisson: half the deviance.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from walnet.engine.kernels.activations import EXPONENTIAL, SIGMOID
from walnet.engine.kernels.machine.compile import kernel, part
from walnet.engine.kernels.machine.elementary import (
    HALF,
    ONE,
    ZERO,
    sigmoid,
    softplus,
)
from walnet.engine.kernels.machine.logarithm import log
from walnet.engine.kernels.machine.records import Real
from walnet.engine.kernels.machine.sums import double_dot
from walnet.engine.kernels.machine.views import stretch
from walnet.engine.kernels.types import Record

# Below it log(1 + e^z) = e^z in both precisions.
_SOFTPLUS_IS_EXP = np.float32(-40)

MSE, MAE, HUBER, QUANTILE, POISSON = 0, 1, 2, 3, 4
BINARY_CROSS_ENTROPY, CATEGORICAL_CROSS_ENTROPY = 5, 6


@dataclass(frozen=True)
class Cost:
    """What there is to know of a cost beside its arithmetic.

    Attributes
    ----------
    code : int
        Its number in kernels.
    outputs : tuple of str
        Activations of the output layer that it can read; empty for any.
    sums_outputs : bool
        Whether it is a sum over outputs; else it is their mean.
    parameter : str
        What `cost_parameter` is to it; empty where it has none.
    """

    code: int
    outputs: tuple[str, ...] = ()
    sums_outputs: bool = False
    parameter: str = ""

    @property
    def can_smooth(self) -> bool:
        """Whether labels can be smoothed: it is a cross-entropy."""
        return self.sums_outputs


COSTS = {
    "mse": Cost(MSE),
    "mae": Cost(MAE),
    "huber": Cost(HUBER, parameter="delta"),
    "quantile": Cost(QUANTILE, parameter="level"),
    "poisson": Cost(POISSON, ("exponential", "softplus", "sigmoid")),
    "binary_cross_entropy": Cost(BINARY_CROSS_ENTROPY, ("sigmoid",), sums_outputs=True),
    "categorical_cross_entropy": Cost(
        CATEGORICAL_CROSS_ENTROPY, ("softmax",), sums_outputs=True
    ),
}
"""Every cost by its name."""


@part
def _huber(d: Real, delta: Real) -> Real:
    size = abs(d)
    return HALF * d * d if size <= delta else delta * (size - HALF * delta)


@part
def _huber_slope(d: Real, delta: Real) -> Real:
    d = delta if d > delta else d
    return -delta if d < -delta else d


@part
def _sign(d: Real) -> Real:
    # 0 · d, so that NaN stays NaN.
    return (ONE if d > ZERO else ZERO) - (ONE if d < ZERO else ZERO) + ZERO * d


@kernel
def smooth_labels(cost: int, Y: np.ndarray, smoothing: float) -> None:
    """Overwrite Y with ``(1 - ε) Y + ε/K`` of K classes.

    Each sigmoid tells two classes apart, a softmax as many as it has outputs. Label
    smoothing, for the cross-entropies: Szegedy et al. (2016), section 7.
    """
    real = Y.dtype.type
    classes = 2 if cost == BINARY_CROSS_ENTROPY else Y.shape[0]
    kept, rest = real(1.0 - smoothing), real(smoothing / classes)
    for k in range(Y.shape[0]):
        for i in range(Y.shape[1]):
            Y[k, i] = kept * Y[k, i] + rest


@part
def cost_of_outputs(
    rule: Record,
    A: np.ndarray,
    Y: np.ndarray,
    w: np.ndarray,
    scale: float,
    dA: np.ndarray,
    scratch: np.ndarray,
) -> float:
    """Return any other cost of a batch and write the output layer's ``dA``.

    `scratch` has a number an example.
    """
    total = 0.0
    for k in range(A.shape[0]):
        if rule.cost == MSE:
            _squares(A[k], Y[k], w, scale, dA[k], scratch)
        else:
            _one_output(rule, A[k], Y[k], w, scale, dA[k], scratch)
        total += double_dot(w, scratch)
    return scale * total


@kernel
def _one_output(
    rule: Record,
    a: np.ndarray,
    y: np.ndarray,
    w: np.ndarray,
    scale: float,
    da: np.ndarray,
    c: np.ndarray,
) -> None:
    """Write c(y_i, a_i) of one output and its derivative, times weight and scale."""
    real = a.dtype.type
    cost, s, p = rule.cost, real(scale), real(rule.cost_parameter)
    for i in range(a.size):
        d = a[i] - y[i]
        if cost == MAE:
            c[i], slope = abs(d), _sign(d)
        elif cost == HUBER:
            c[i], slope = _huber(d, p), _huber_slope(d, p)
        elif cost == QUANTILE:
            slope = (ONE - p) if d > ZERO else (-p if d < ZERO else ZERO * d)
            c[i] = slope * d
        else:  # a row of the table without a branch: training stops, and says so
            c[i], slope = real(np.nan), real(np.nan)
        da[i] = s * w[i] * slope


@kernel
def _squares(
    a: np.ndarray,
    y: np.ndarray,
    w: np.ndarray,
    scale: float,
    da: np.ndarray,
    c: np.ndarray,
) -> None:
    """Mean squared error apart: the commonest cost, in a loop that vectorises."""
    twice = a.dtype.type(2.0 * scale)
    for i in range(a.size):
        d = a[i] - y[i]
        c[i] = d * d
        da[i] = twice * w[i] * d


@kernel
def binary(
    Z: np.ndarray,
    A: np.ndarray,
    Y: np.ndarray,
    w: np.ndarray,
    scale: float,
    dZ: np.ndarray,
    scratch: np.ndarray,
) -> float:
    """C = log(1 + e^z) - y z, the cross-entropy of sigmoid(z), and dZ = A - Y."""
    n, m = A.shape
    s = A.dtype.type(scale)
    total, c = 0.0, stretch(scratch, 0, m)
    for k in range(n):
        for i in range(m):
            c[i] = softplus(Z[k, i]) - Y[k, i] * Z[k, i]
            dZ[k, i] = s * w[i] * (A[k, i] - Y[k, i])
        total += double_dot(w, c)
    return total


@kernel
def poisson(
    activation: int,
    Z: np.ndarray,
    A: np.ndarray,
    Y: np.ndarray,
    w: np.ndarray,
    scale: float,
    dZ: np.ndarray,
    scratch: np.ndarray,
) -> float:
    """C = y log(y/a) - y + a, and dZ = g'(z) - y (log g)'(z).

    From z, since a itself may have underflowed to 0 where its logarithm is finite.
    """
    n, m = A.shape
    s = A.dtype.type(scale)
    total, c = 0.0, stretch(scratch, 0, m)
    for k in range(n):
        for i in range(m):
            y, z, a = Y[k, i], Z[k, i], A[k, i]
            if activation == EXPONENTIAL:
                log_a, pull, slope = z, ONE, a
            elif activation == SIGMOID:
                log_a, pull, slope = -softplus(-z), ONE - a, a * (ONE - a)
            elif z < _SOFTPLUS_IS_EXP:
                log_a, pull, slope = z, ONE, a
            else:  # softplus
                log_a, slope = log(a), sigmoid(z)
                pull = slope / a
            c[i] = a - y + (y * (log(y) - log_a) if y > ZERO else ZERO)
            dZ[k, i] = s * w[i] * (slope - y * pull)
        total += double_dot(w, c)
    return total


@kernel
def categorical(  # noqa: C901
    Z: np.ndarray,
    A: np.ndarray,
    Y: np.ndarray,
    w: np.ndarray,
    scale: float,
    dZ: np.ndarray,
    scratch: np.ndarray,
) -> float:
    """C = -Σ_k y_k log a_k of a softmax, and dZ = A Σ_k y_k - Y.

    log a_k = z_k - z_max + log a_max, and a_max is never smaller than 1/n: the
    logarithm stays finite where a_k itself has underflowed to 0. `scratch` has four
    numbers an example.
    """
    n, m = A.shape
    s = A.dtype.type(scale)
    largest, log_top = stretch(scratch, 0, m), stretch(scratch, m, m)
    c, mass = stretch(scratch, 2 * m, m), stretch(scratch, 3 * m, m)
    for i in range(m):
        largest[i], log_top[i] = Z[0, i], A[0, i]
        c[i], mass[i] = ZERO, ZERO
    for k in range(1, n):
        for i in range(m):
            largest[i] = Z[k, i] if Z[k, i] > largest[i] else largest[i]
            log_top[i] = A[k, i] if A[k, i] > log_top[i] else log_top[i]
    for i in range(m):
        log_top[i] = log(log_top[i])
    for k in range(n):
        for i in range(m):
            c[i] += Y[k, i] * (largest[i] - Z[k, i] - log_top[i])
            mass[i] += Y[k, i]
    for k in range(n):
        for i in range(m):
            dZ[k, i] = s * w[i] * (A[k, i] * mass[i] - Y[k, i])
    return double_dot(w, c)

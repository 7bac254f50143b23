"""Penalties on the weights, which keep them small."""

from __future__ import annotations

import numpy as np

from walnet.engine.kernels.machine.compile import kernel
from walnet.engine.kernels.machine.elementary import ONE, ZERO
from walnet.engine.kernels.machine.fused import fma
from walnet.engine.kernels.machine.records import Real
from walnet.engine.kernels.machine.sums import double_dot
from walnet.engine.kernels.machine.views import stretch
from walnet.engine.kernels.types import DENSE, Record


@kernel
def penalty(
    layers: np.ndarray,
    rule: Record,
    share: float,
    parameters: np.ndarray,
    gradient: np.ndarray,
) -> float:
    """Add the penalties' part to the gradient and return their part of the cost.

    ``share · (l1 Σ|W| + l2/2 ΣW²)``, of weights only: biases are free.
    """
    if rule.l1 == 0.0 and rule.l2 == 0.0:
        return 0.0
    real = parameters.dtype.type
    total = 0.0
    for l in range(layers.size):
        if layers[l].kind != DENSE:
            continue
        lo = layers[l].weights
        n = layers[l].n_weights
        W, dW = stretch(parameters, lo, n), stretch(gradient, lo, n)
        if rule.l1 != 0.0:
            total += rule.l1 * share * _add_signs(W, dW, real(rule.l1 * share))
        if rule.l2 != 0.0:
            total += 0.5 * rule.l2 * share * _add_weights(W, dW, real(rule.l2 * share))
    return total


@kernel
def _add_weights(W: np.ndarray, dW: np.ndarray, l2: Real) -> float:
    """Do ``dW += l2 W`` and return ΣW²."""
    for i in range(W.size):
        dW[i] = fma(l2, W[i], dW[i])
    return double_dot(W, W)


@kernel
def _add_signs(W: np.ndarray, dW: np.ndarray, l1: Real) -> float:
    """Do ``dW += l1 sign W`` and return Σ|W|."""
    total = 0.0
    for i in range(W.size):
        sign = (ONE if W[i] > ZERO else ZERO) - (ONE if W[i] < ZERO else ZERO)
        total += np.float64(abs(W[i]))
        dW[i] += l1 * sign
    return total

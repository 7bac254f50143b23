"""Update rules: how the parameters move against the gradient.

One fused loop over the flat parameter vector; t counts updates from 1.
"""

from __future__ import annotations

import math

import numpy as np

from walnet.engine.kernels.machine.compile import kernel
from walnet.engine.kernels.types import Record

GRADIENT_DESCENT, MOMENTUM, NESTEROV, RMSPROP, ADAM, ADAMW = 0, 1, 2, 3, 4, 5


@kernel
def gradient_norm(gradient: np.ndarray) -> float:
    """Return the Euclidean length of the gradient, summed in blocks in float64."""
    total = 0.0
    n = gradient.size
    for start in range(0, n, 4096):
        block = gradient[0] * 0
        for i in range(start, min(start + 4096, n)):
            block += gradient[i] * gradient[i]
        total += np.float64(block)
    return math.sqrt(total)


@kernel
def update(
    rule: Record,
    t: int,
    learning_rate: float,
    parameters: np.ndarray,
    gradient: np.ndarray,
    first: np.ndarray,
    second: np.ndarray,
) -> None:
    """Move the parameters one step; `first` and `second` are the optimizer's memory."""
    real = parameters.dtype.type
    eta, mu = real(learning_rate), real(rule.momentum)
    n = parameters.size
    if rule.optimizer == GRADIENT_DESCENT:
        for i in range(n):
            parameters[i] -= eta * gradient[i]
    elif rule.optimizer == MOMENTUM:
        # v = mu v - eta g, W += v: Polyak (1964)
        for i in range(n):
            first[i] = mu * first[i] - eta * gradient[i]
            parameters[i] += first[i]
    elif rule.optimizer == NESTEROV:
        # the same velocity, looked at one step ahead: Sutskever et al. (2013), eq. (3)
        for i in range(n):
            first[i] = mu * first[i] - eta * gradient[i]
            parameters[i] += mu * first[i] - eta * gradient[i]
    elif rule.optimizer == RMSPROP:
        _rmsprop(rule, eta, parameters, gradient, second)
    else:
        _adam(rule, t, learning_rate, parameters, gradient, first, second)


@kernel
def _rmsprop(
    rule: Record,
    eta: float,
    parameters: np.ndarray,
    gradient: np.ndarray,
    second: np.ndarray,
) -> None:
    """RMSprop, s = ρ s + (1 - ρ) g², W -= η g / (√s + ε): Tieleman, Hinton (2012)."""
    real = parameters.dtype.type
    rho, epsilon = real(rule.beta_2), real(rule.epsilon)
    fresh = real(1.0 - rule.beta_2)  # in float32, 1 - 0.999 would be 5e-5 off
    for i in range(parameters.size):
        g = gradient[i]
        second[i] = rho * second[i] + fresh * g * g
        parameters[i] -= eta * g / (np.sqrt(second[i]) + epsilon)


@kernel
def _adam(
    rule: Record,
    t: int,
    learning_rate: float,
    parameters: np.ndarray,
    gradient: np.ndarray,
    first: np.ndarray,
    second: np.ndarray,
) -> None:
    """Kingma, Ba (2015), algorithm 1, with both bias corrections moved out of the loop.

    With ``epsilon_hat`` ε is added to the uncorrected √v, as in the end of their
    section 2.
    """
    real = parameters.dtype.type
    root = math.sqrt(1.0 - rule.beta_2**t)
    step = real(learning_rate * root / (1.0 - rule.beta_1**t))
    epsilon = real(rule.epsilon if rule.epsilon_hat else rule.epsilon * root)
    beta_1, beta_2 = real(rule.beta_1), real(rule.beta_2)
    # Not from the rounded betas: in float32, 1 - 0.999 would be 5e-5 off.
    fresh_1, fresh_2 = real(1.0 - rule.beta_1), real(1.0 - rule.beta_2)
    for i in range(parameters.size):
        g = gradient[i]
        first[i] = beta_1 * first[i] + fresh_1 * g
        second[i] = beta_2 * second[i] + fresh_2 * g * g
        parameters[i] -= step * first[i] / (np.sqrt(second[i]) + epsilon)


@kernel
def scale_in_place(array: np.ndarray, factor: float) -> None:
    """Multiply an array by a number, in the array's own precision."""
    f = array.dtype.type(factor)
    for i in range(array.size):
        array[i] *= f

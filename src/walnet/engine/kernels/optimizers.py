"""Update rules: how the parameters move against the gradient.

One fused loop over a stretch of the flat parameter vector; t counts updates from 1.
Each rule also shrinks W to the share that weight decay keeps, 1 where there is none; in
the formulas it is left out.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from walnet.engine.kernels.machine.compile import kernel, part
from walnet.engine.kernels.machine.views import flat, stretch
from walnet.engine.kernels.types import Plan, Record, State

GRADIENT_DESCENT, MOMENTUM, NESTEROV, RMSPROP, ADAM = 0, 1, 2, 3, 4


@dataclass(frozen=True)
class Optimizer:
    """What there is to know of an update rule beside its arithmetic.

    Attributes
    ----------
    code : int
        Its number in kernels.
    memory : int
        How many numbers it keeps for each parameter, from 0 to `MOST_MEMORY`.
    divides : bool
        Whether a step does not grow with the gradient: it is divided by the size of the
        gradients so far, or is a sign.
    squares : bool
        Whether the last number it keeps is a mean of squares, to whose root ε is added.
    beta_2, weight_decay : float
        Defaults of the settings of these names.
    """

    code: int
    memory: int
    divides: bool = False
    squares: bool = False
    beta_2: float = 0.999
    weight_decay: float = 0.0


# What `_move` hands to each rule; as much is laid out for all, used or not.
MOST_MEMORY = 2

OPTIMIZERS = {
    "gradient_descent": Optimizer(GRADIENT_DESCENT, memory=0),
    "momentum": Optimizer(MOMENTUM, memory=1),
    "nesterov": Optimizer(NESTEROV, memory=1),
    "rmsprop": Optimizer(RMSPROP, memory=1, divides=True, squares=True, beta_2=0.9),
    "adam": Optimizer(ADAM, memory=2, divides=True, squares=True),
    # adam, whose weights decay by default
    "adamw": Optimizer(ADAM, memory=2, divides=True, squares=True, weight_decay=0.01),
}
"""Every update rule by its name."""


@kernel
def gradient_norm(gradient: np.ndarray) -> float:
    """Return the Euclidean length of the gradient.

    Summed in float64: squares of float32 end at 3e38.
    """
    total = 0.0
    for i in range(gradient.size):
        total += np.float64(gradient[i]) * np.float64(gradient[i])
    return math.sqrt(total)


@part
def update(
    plan: Plan, t: int, learning_rate: float, weight_decay: float, state: State
) -> None:
    """Move the parameters one step against the gradient, group by group.

    Before, each shrinks by its group's share of ``learning_rate · weight_decay``:
    decoupled weight decay, Loshchilov, Hutter (2019).
    """
    n = state.parameters.size
    for g in range(plan.groups.size):
        lo, size = plan.groups[g].start, plan.groups[g].n
        kept = 1.0 - learning_rate * weight_decay * plan.groups[g].decay
        _move(
            plan.rule,
            t,
            (learning_rate * plan.groups[g].rate, kept, plan.groups[g].epsilon),
            stretch(state.parameters, lo, size),
            stretch(flat(state.gradients), lo, size),
            stretch(state.memory, lo, size),
            stretch(state.memory, n + lo, size),
        )


@part
def _move(
    rule: Record,
    t: int,
    factors: tuple[float, float, float],
    W: np.ndarray,
    dW: np.ndarray,
    first: np.ndarray,
    second: np.ndarray,
) -> None:
    """Move one group; `factors` are its rate, the share kept, and that of epsilon."""
    if rule.optimizer == GRADIENT_DESCENT:
        _gradient_descent(factors, W, dW)
    elif rule.optimizer == MOMENTUM:
        _momentum(rule, factors, W, dW, first)
    elif rule.optimizer == NESTEROV:
        _nesterov(rule, factors, W, dW, first)
    elif rule.optimizer == RMSPROP:
        _rmsprop(rule, factors, W, dW, first)
    elif rule.optimizer == ADAM:
        _adam(rule, t, factors, W, dW, first, second)
    else:  # a row of the table without a branch: training stops, and says so
        for i in range(W.size):
            W[i] = W.dtype.type(np.nan)


@kernel
def _gradient_descent(
    factors: tuple[float, float, float], W: np.ndarray, dW: np.ndarray
) -> None:
    """``W = W - η dW``: Cauchy (1847)."""
    real = W.dtype.type
    eta, kept = real(factors[0]), real(factors[1])
    for i in range(W.size):
        W[i] = kept * W[i] - eta * dW[i]


@kernel
def _momentum(
    rule: Record,
    factors: tuple[float, float, float],
    W: np.ndarray,
    dW: np.ndarray,
    velocity: np.ndarray,
) -> None:
    """``v = μ v - η dW``, ``W = W + v``: Polyak (1964)."""
    real = W.dtype.type
    eta, kept, mu = real(factors[0]), real(factors[1]), real(rule.momentum)
    for i in range(W.size):
        v = mu * velocity[i] - eta * dW[i]
        velocity[i] = v
        W[i] = kept * W[i] + v


@kernel
def _nesterov(
    rule: Record,
    factors: tuple[float, float, float],
    W: np.ndarray,
    dW: np.ndarray,
    velocity: np.ndarray,
) -> None:
    """``v = μ v - η dW``, ``W = W + μ v - η dW``.

    Momentum whose gradient is taken one step ahead, in the parameters of that step:
    Nesterov (1983), Sutskever et al. (2013), eq. (3).
    """
    real = W.dtype.type
    eta, kept, mu = real(factors[0]), real(factors[1]), real(rule.momentum)
    for i in range(W.size):
        v = mu * velocity[i] - eta * dW[i]
        velocity[i] = v
        W[i] = kept * W[i] + (mu * v - eta * dW[i])


@kernel
def _rmsprop(
    rule: Record,
    factors: tuple[float, float, float],
    W: np.ndarray,
    dW: np.ndarray,
    squares: np.ndarray,
) -> None:
    """``s = ρ s + (1 - ρ) dW²``, ``W = W - η dW / (√s + ε)``: Tieleman, Hinton (2012).

    ρ is the rule's beta_2.
    """
    real = W.dtype.type
    eta, kept = real(factors[0]), real(factors[1])
    epsilon = real(rule.epsilon * factors[2])
    rho, fresh = real(rule.beta_2), real(1.0 - rule.beta_2)
    for i in range(W.size):
        g = dW[i]
        squares[i] = rho * squares[i] + fresh * g * g
        W[i] = kept * W[i] - eta * g / (np.sqrt(squares[i]) + epsilon)


@kernel
def _adam(
    rule: Record,
    t: int,
    factors: tuple[float, float, float],
    W: np.ndarray,
    dW: np.ndarray,
    first: np.ndarray,
    second: np.ndarray,
) -> None:
    """``W = W - η m̂ / (√v̂ + ε)``: Kingma, Ba (2015), algorithm 1.

    With ``m = β₁ m + (1 - β₁) dW`` and ``v = β₂ v + (1 - β₂) dW²``; the corrections
    ``m̂ = m / (1 - β₁ᵗ)`` and ``v̂ = v / (1 - β₂ᵗ)`` are moved out of the loop into the
    step and ε. With ``epsilon_hat`` ε is added to the uncorrected √v, as in the end of
    their section 2.
    """
    real = W.dtype.type
    kept = real(factors[1])
    root = math.sqrt(1.0 - rule.beta_2**t)
    step = real(factors[0] * root / (1.0 - rule.beta_1**t))
    epsilon = real(
        factors[2] * (rule.epsilon if rule.epsilon_hat else rule.epsilon * root)
    )
    beta_1, beta_2 = real(rule.beta_1), real(rule.beta_2)
    # Not from the rounded betas: in float32, 1 - 0.999 would be 5e-5 off.
    fresh_1, fresh_2 = real(1.0 - rule.beta_1), real(1.0 - rule.beta_2)
    for i in range(W.size):
        g = dW[i]
        first[i] = beta_1 * first[i] + fresh_1 * g
        second[i] = beta_2 * second[i] + fresh_2 * g * g
        W[i] = kept * W[i] - step * first[i] / (np.sqrt(second[i]) + epsilon)


@kernel
def scale_in_place(array: np.ndarray, factor: float) -> None:
    """Multiply an array by a number, in the array's own precision."""
    f = array.dtype.type(factor)
    for i in range(array.size):
        array[i] *= f

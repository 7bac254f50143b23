"""Activation functions and their slopes as formulas to read and to work out.

One row of `ACTIVATIONS` is one activation; tests hold each to the kernel that computes
it. Softmax is not among them: each of its outputs needs the whole layer.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from walnet.engine.kernels.activations import LEAKY_SLOPE, SELU_ALPHA, SELU_SCALE
from walnet.tracing.expressions import (
    Call,
    Expression,
    Name,
    add,
    constant,
    exp,
    more_terms,
    negative,
    partial_sum,
    square,
)

ZERO, ONE, TWO = constant(0), constant(1), constant(2)
SOFTMAX = "softmax"
_LEAK, _SCALE, _ALPHA = (
    constant(number) for number in (LEAKY_SLOPE, SELU_SCALE, SELU_ALPHA)
)


@dataclass(frozen=True)
class Activation:
    """One activation function.

    Attributes
    ----------
    value : callable
        From z to ``g(z)``; where g has branches, to the one that z is in.
    slope : callable
        From z and a = g(z) to ``g'(z)``, of the same branch.
    """

    value: Callable[[Name], Expression]
    slope: Callable[[Name, Name], Expression]


def _branches(z: Name, above: Expression, below: Expression) -> Expression:
    """Return one of two formulas: z above 0, or not."""
    return above if float(z.number) > 0 else below


def _sigmoid(z: Expression) -> Expression:
    return ONE / (ONE + exp(negative(z)))


def _softplus(z: Expression) -> Expression:
    if z.compute(None) > 30:  # e^z would overflow a calculator long before
        return z + Call("ln", ONE + exp(negative(z)))
    return Call("ln", ONE + exp(z))


def _tanh_softplus(z: Expression) -> Expression:
    return Call("tanh", _softplus(z))


def _normal_cdf(z: Expression) -> Expression:
    return (ONE + Call("erf", z / Call("√", TWO))) / TWO


def _normal_density(z: Expression) -> Expression:
    circle = Name("π", math.pi)
    return exp(negative(square(z) / TWO)) / Call("√", TWO * circle)


def _mish_slope(z: Expression) -> Expression:
    t = _tanh_softplus(z)
    return t + z * (ONE - square(t)) * _sigmoid(z)


ACTIVATIONS: dict[str, Activation] = {
    "identity": Activation(lambda z: z, lambda *_: ONE),
    "sigmoid": Activation(_sigmoid, lambda _, a: a * (ONE - a)),
    "tanh": Activation(lambda z: Call("tanh", z), lambda _, a: ONE - square(a)),
    "relu": Activation(lambda z: Call("max0", z), lambda z, _: _branches(z, ONE, ZERO)),
    "leaky_relu": Activation(
        lambda z: _branches(z, z, _LEAK * z), lambda z, _: _branches(z, ONE, _LEAK)
    ),
    "elu": Activation(
        lambda z: _branches(z, z, exp(z) - ONE),
        lambda z, a: _branches(z, ONE, a + ONE),
    ),
    "selu": Activation(
        lambda z: _branches(z, _SCALE * z, _SCALE * _ALPHA * (exp(z) - ONE)),
        lambda z, a: _branches(z, _SCALE, a + _SCALE * _ALPHA),
    ),
    "gelu": Activation(
        lambda z: z * _normal_cdf(z),
        lambda z, _: _normal_cdf(z) + z * _normal_density(z),
    ),
    "silu": Activation(
        lambda z: z * _sigmoid(z),
        lambda z, a: _sigmoid(z) + a * (ONE - _sigmoid(z)),
    ),
    "mish": Activation(lambda z: z * _tanh_softplus(z), lambda z, _: _mish_slope(z)),
    "softplus": Activation(_softplus, lambda z, _: _sigmoid(z)),
    "exponential": Activation(exp, lambda _, a: a),
}


def softmax(z: Name, layer: list[Name], most: int | None = None) -> Expression:
    """Return ``e^z_j / Σ e^z_k``, less the largest z where e^z would be out of range.

    Parameters
    ----------
    z : Name
        The neuron's weighted input.
    layer : list of Name
        Those of the whole layer.
    most : int, optional
        Terms of the sum that are written out, the largest; by default all.
    """
    numbers = [float(each.number) for each in layer]
    top = Name("z_max", max(numbers))
    near = max(map(abs, numbers)) < 30
    terms = [exp(each) if near else exp(each - top) for each in layer]
    by_size = sorted(range(len(layer)), key=lambda k: -numbers[k])[:most]
    rest = sum(terms[k].value() for k in range(len(layer)) if k not in by_size)
    more = more_terms(len(layer) - len(by_size))
    bottom = partial_sum([terms[k] for k in sorted(by_size)], rest, more)
    return (exp(z) if near else exp(z - top)) / bottom


def softmax_error(j: int, outputs: list[Name], errors: list[Name]) -> Expression:
    """Return a softmax's ``dZ_j = a_j · (dA_j - Σ_k a_k · dA_k)``."""
    inner = add([a * error for a, error in zip(outputs, errors, strict=True)])
    return outputs[j] * (errors[j] - inner)

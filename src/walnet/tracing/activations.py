"""Activation functions and their slopes as formulas to read and to work out.

Tests hold each of them to the kernel that computes it.
"""

from __future__ import annotations

import math

from walnet.engine.kernels.activations import LEAKY_SLOPE, SELU_ALPHA, SELU_SCALE
from walnet.tracing.expressions import (
    Call,
    Expression,
    Name,
    add,
    constant,
    exp,
    negative,
    square,
)

ONE, TWO = constant(1), constant(2)


def activation(name: str, z: Name, peers: list[Name]) -> Expression:
    """Return ``g(z)``; where g has branches, the one that z is in.

    Parameters
    ----------
    name : str
        Of the activation.
    z : Name
        The neuron's weighted input.
    peers : list of Name
        Weighted inputs of the whole layer, for softmax.
    """
    if name == "softmax":
        return _softmax(z, peers)
    if name in {"leaky_relu", "elu", "selu"}:
        return _two_branches(name, z)
    return {
        "identity": z,
        "sigmoid": _sigmoid(z),
        "tanh": Call("tanh", z),
        "relu": Call("max0", z),
        "gelu": z * _normal_cdf(z),
        "silu": z * _sigmoid(z),
        "mish": z * _tanh_softplus(z),
        "softplus": _softplus(z),
        "exponential": exp(z),
    }[name]


def slope(name: str, z: Name, a: Name) -> Expression:
    """Return ``g'(z)``, from z and from a = g(z); where it has branches, z's."""
    if name in {"relu", "leaky_relu", "elu", "selu"}:
        return _slope_of_branch(name, z, a)
    s = _sigmoid(z)
    return {
        "identity": ONE,
        "sigmoid": a * (ONE - a),
        "tanh": ONE - square(a),
        "gelu": _normal_cdf(z) + z * _normal_density(z),
        "silu": s + a * (ONE - s),
        "mish": _mish_slope(z),
        "softplus": s,
        "exponential": a,
    }[name]


def softmax_error(j: int, outputs: list[Name], errors: list[Name]) -> Expression:
    """Return a softmax's ``dZ_j = a_j · (dA_j - Σ_k a_k · dA_k)``."""
    inner = add([a * error for a, error in zip(outputs, errors, strict=True)])
    return outputs[j] * (errors[j] - inner)


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


def _softmax(z: Name, peers: list[Name]) -> Expression:
    """Return e^z_j / Σ e^z_k, less the largest z where e^z would be out of range."""
    if max(abs(float(peer.number)) for peer in peers) < 30:
        return exp(z) / add([exp(peer) for peer in peers])
    top = Name("z_max", max(float(peer.number) for peer in peers))
    return exp(z - top) / add([exp(peer - top) for peer in peers])


def _two_branches(name: str, z: Name) -> Expression:
    """Return the branch of leaky relu, elu or selu that z is in."""
    if float(z.number) > 0:
        return constant(SELU_SCALE) * z if name == "selu" else z
    return {
        "leaky_relu": constant(LEAKY_SLOPE) * z,
        "elu": exp(z) - ONE,
        "selu": constant(SELU_SCALE) * constant(SELU_ALPHA) * (exp(z) - ONE),
    }[name]


def _slope_of_branch(name: str, z: Name, a: Name) -> Expression:
    """Return the slope of the branch that z is in: a number, or from a."""
    if float(z.number) > 0:
        return constant(SELU_SCALE) if name == "selu" else ONE
    return {
        "relu": constant(0),
        "leaky_relu": constant(LEAKY_SLOPE),
        "elu": a + ONE,
        "selu": a + constant(SELU_SCALE) * constant(SELU_ALPHA),
    }[name]

"""Costs and their derivatives as formulas to read and to work out.

One row of `COSTS` is one cost; tests hold each to the kernel that computes it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from walnet.engine.threads import OwnCost
from walnet.tracing.expressions import (
    Call,
    Expression,
    Name,
    Quotient,
    Sum,
    add,
    constant,
    exp,
    negative,
    square,
)

ZERO, ONE, TWO, HALF = constant(0), constant(1), constant(2), constant(0.5)
_CERTAIN = 1e-3  # nearer to 0 or 1 a printed probability has no digits left


@dataclass(frozen=True)
class Output:
    """The output layer of one example: weighted inputs, activations and targets."""

    z: list[Name]
    a: list[Name]
    y: list[Name]


Pair = Callable[[Name, Name, Name], Expression]  # of an activation, a target, a setting


@dataclass(frozen=True)
class Distance:
    """A cost that is a mean over the outputs.

    Attributes
    ----------
    note : str
        What to say about it.
    value, slope : callable
        From activation, target and the cost's parameter to the cost of one output and
        to its derivative by the activation.
    parameter : str
        The letter of the cost's parameter, if it has one.
    """

    note: str
    value: Pair
    slope: Pair
    parameter: str = ""

    def example(self, output: Output, parameter: Name) -> Expression:
        """Return the cost of one example, before its weight in the mean."""
        pairs = list(zip(output.a, output.y, strict=True))
        terms = add([self.value(a, y, parameter) for a, y in pairs])
        return terms if len(pairs) == 1 else Quotient(terms, constant(len(pairs)))


@dataclass(frozen=True)
class Entropy:
    """A cross-entropy: it goes back in one step with the activation that suits it.

    Attributes
    ----------
    note : str
        What to say about it.
    value : callable
        From the output to the cost of one example.
    error : callable
        From the output and a neuron to ``dZ``, before the example's weight.
    """

    note: str
    value: Callable[[Output], Expression]
    error: Callable[[Output, int], Expression]
    parameter: str = ""

    def example(self, output: Output, _: Name) -> Expression:
        """Return the cost of one example, before its weight in the mean."""
        return self.value(output)


@dataclass(frozen=True)
class Own:
    """A user's own cost: two functions, whose numbers have no formula.

    Attributes
    ----------
    functions : tuple of two functions
        The cost of each example, and its derivative by the outputs.
    dtype : dtype
        The network's precision.
    """

    functions: OwnCost
    dtype: np.dtype[Any]
    note: str = (
        "The cost is the user's own: one function gives the cost of each example, "
        "J = 1/m · Σ cost(y, a), the other its derivative."
    )
    parameter: str = ""

    def example(self, output: Output, _: Name) -> Expression:
        """Return the cost of one example, before its weight in the mean."""
        return Name("cost(y, a)", self._of(0, output)[0])

    def slope(self, output: Output, k: int) -> Expression:
        """Return the derivative by an output, before its weight in the mean."""
        below = (k + 1,) if len(output.a) > 1 else ()
        return Name("slope(y, a)", self._of(1, output)[0, k], below)

    def _of(self, which: int, output: Output) -> np.ndarray:
        """Return what one of the functions gives for one example."""
        pairs = [[each.number for each in names] for names in (output.y, output.a)]
        arrays = (np.array([numbers], self.dtype) for numbers in pairs)
        return np.asarray(self.functions[which](*arrays))


def _above(a: Name, y: Name) -> float:
    """Return how far a prediction is above its target."""
    return float(a.number) - float(y.number)


def _huber(a: Name, y: Name, delta: Name) -> Expression:
    """Return the branch that the difference is in."""
    if abs(_above(a, y)) <= float(delta.number):
        return HALF * square(y - a)
    return delta * (Call("abs", y - a) - HALF * delta)


def _huber_slope(a: Name, y: Name, delta: Name) -> Expression:
    far = abs(_above(a, y)) > float(delta.number)
    return delta * Call("sign", a - y) if far else a - y


def _quantile(a: Name, y: Name, level: Name) -> Expression:
    """Return the branch that the difference is in."""
    return (ONE - level) * (a - y) if _above(a, y) > 0 else level * (y - a)


def _quantile_slope(a: Name, y: Name, level: Name) -> Expression:
    if _above(a, y) == 0:
        return ZERO
    return ONE - level if _above(a, y) > 0 else negative(level)


def _poisson(a: Name, y: Name, _: Name) -> Expression:
    """Return y ln(y/a) - y + a, whose logarithm a target of 0 has not."""
    if float(y.number) == 0:
        return a
    return Sum((y * Call("ln", y / a), y, a), (False, True, False))


def _binary(output: Output) -> Expression:
    """Return the sum over the outputs."""
    outputs = zip(output.z, output.a, output.y, strict=True)
    return add([_binary_of_one(z, a, y) for z, a, y in outputs])


def _binary_of_one(z: Name, a: Name, y: Name) -> Expression:
    """Return -(y ln a + (1 - y) ln(1 - a)), from z where a is nearly 0 or 1."""
    if _CERTAIN < float(a.number) < 1 - _CERTAIN:
        return negative(y * Call("ln", a) + (ONE - y) * Call("ln", ONE - a))
    if float(z.number) > 0:
        return z + Call("ln", ONE + exp(negative(z))) - y * z
    return Call("ln", ONE + exp(z)) - y * z


def _categorical(output: Output) -> Expression:
    """Return -Σ y ln a over the outputs whose target is not 0."""
    terms = []
    top = Name("z_max", max(float(z.number) for z in output.z))
    for z, a, y in zip(output.z, output.a, output.y, strict=True):
        if float(y.number) == 0:
            continue
        if float(a.number) > _CERTAIN:
            terms.append(y * Call("ln", a))
        else:
            logarithm = Call("ln", add([exp(each - top) for each in output.z]))
            terms.append(y * Sum((z, top, logarithm), (False, True, True)))
    return negative(add(terms)) if terms else ZERO


def _categorical_error(output: Output, k: int) -> Expression:
    """Return a - y; where the targets do not add up to 1, a times their sum less y."""
    mass = sum(float(each.number) for each in output.y)
    share = output.a[k] if mass in {0, 1} else Name("Σy", mass) * output.a[k]
    return share - output.y[k]


COSTS: dict[str, Distance | Entropy] = {
    "mse": Distance(
        "Mean squared error: J = 1/m · Σ (y_orig − y_pred)².",
        lambda a, y, _: square(y - a),
        lambda a, y, _: TWO * (a - y),
    ),
    "mae": Distance(
        "Mean absolute error: J = 1/m · Σ |y_orig − y_pred|.",
        lambda a, y, _: Call("abs", y - a),
        lambda a, y, _: Call("sign", a - y),
    ),
    "huber": Distance(
        "Huber's cost: half the square of a difference up to δ; beyond, it grows in a "
        "straight line.",
        _huber,
        _huber_slope,
        "δ",
    ),
    "quantile": Distance(
        "Quantile cost: a prediction too low costs τ times the difference, one too "
        "high 1 − τ times.",
        _quantile,
        _quantile_slope,
        "τ",
    ),
    "poisson": Distance(
        "Poisson deviance, halved: y·ln(y/a) − y + a.",
        _poisson,
        lambda a, y, _: ONE - y / a,
    ),
    "binary_cross_entropy": Entropy(
        "Binary cross-entropy: J = −1/m · Σ (y·ln a + (1 − y)·ln(1 − a)).",
        _binary,
        lambda output, k: output.a[k] - output.y[k],
    ),
    "categorical_cross_entropy": Entropy(
        "Categorical cross-entropy: J = −1/m · Σ y·ln a, the logarithm of the "
        "probability given to the right class.",
        _categorical,
        _categorical_error,
    ),
}

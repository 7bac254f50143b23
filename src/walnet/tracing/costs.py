"""Costs and their derivatives as formulas to read and to work out.

One row of `COSTS` is one cost; tests hold each to the kernel that computes it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from walnet.engine.threads import OwnCost
from walnet.tracing.expressions import (
    Expression,
    Name,
    Quotient,
    Sum,
    add,
    constant,
    exp,
    negative,
)
from walnet.tracing.formulas import expression


@dataclass(frozen=True)
class Output:
    """The output layer of one example: weighted inputs, activations and targets."""

    z: list[Name]
    a: list[Name]
    y: list[Name]


@dataclass(frozen=True)
class Distance:
    """A cost that is a mean over the outputs.

    Attributes
    ----------
    note : str
        What to say about it.
    value, derivative : str
        The cost of one output, and its derivative by the activation, from activation a,
        target y and the cost's parameter p; see `walnet.engine.formulas`.
    parameter : str
        The letter of the cost's parameter, if it has one.
    """

    note: str
    value: str
    derivative: str
    parameter: str = ""

    def example(self, output: Output, parameter: Name) -> Expression:
        """Return the cost of one example, before its weight in the mean."""
        pairs = list(zip(output.a, output.y, strict=True))
        terms = add(
            [expression(self.value, {"a": a, "y": y, "p": parameter}) for a, y in pairs]
        )
        return terms if len(pairs) == 1 else Quotient(terms, constant(len(pairs)))

    def slope(self, a: Name, y: Name, parameter: Name) -> Expression:
        """Return the derivative by an output, before the example's weight."""
        return expression(self.derivative, {"a": a, "y": y, "p": parameter})


@dataclass(frozen=True)
class Entropy:
    """A cross-entropy: it goes back in one step with the activation that suits it.

    Attributes
    ----------
    note : str
        What to say about it.
    value : str
        The cost of one output, from its z, a and y, and from what all outputs share: z
        of the largest (top) and Σ e^(z - top) (total). Where a is nearly 0 or 1 it is
        written from z: a printed probability has no digits left there.
    error : str
        ``dZ``, before the example's weight, from a, y and the sum of the targets, Σy.
    of_labels : bool
        Whether only outputs whose target is not 0 cost anything.
    """

    note: str
    value: str
    error: str
    of_labels: bool = False
    parameter: str = ""

    def example(self, output: Output, _: Name) -> Expression:
        """Return the cost of one example, before its weight in the mean."""
        top = Name("z_max", max(float(z.number) for z in output.z))
        shared = {"top": top, "total": add([exp(z - top) for z in output.z])}
        outputs = list(zip(output.z, output.a, output.y, strict=True))
        if self.of_labels:
            outputs = [each for each in outputs if float(each[2].number) != 0]
        terms = [
            expression(self.value, {"z": z, "a": a, "y": y, **shared})
            for z, a, y in outputs
        ]
        return _sum_of(terms) if terms else constant(0)

    def output_error(self, output: Output, k: int) -> Expression:
        """Return ``dZ`` of an output, before the example's weight."""
        mass = sum(float(each.number) for each in output.y)
        names = {"a": output.a[k], "y": output.y[k], "mass": Name("Σy", mass)}
        return expression(self.error, names)


def _sum_of(terms: list[Expression]) -> Expression:
    """Return the sum of terms, with one sign in front where all are negative."""
    inner = [
        each.terms[0]
        for each in terms
        if isinstance(each, Sum) and each.minus == (True,)
    ]
    return negative(add(inner)) if len(inner) == len(terms) else add(terms)


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


COSTS: dict[str, Distance | Entropy] = {
    "mse": Distance(
        "Mean squared error: J = 1/m · Σ (y_orig − y_pred)².",
        "(y - a)**2",
        "2 * (a - y)",
    ),
    "mae": Distance(
        "Mean absolute error: J = 1/m · Σ |y_orig − y_pred|.",
        "abs(y - a)",
        "sign(a - y)",
    ),
    "huber": Distance(
        "Huber's cost: half the square of a difference up to δ; beyond, it grows in a "
        "straight line.",
        "p * (abs(y - a) - 0.5 * p) if abs(y - a) > p else 0.5 * (y - a)**2",
        "p * sign(a - y) if abs(y - a) > p else a - y",
        "δ",
    ),
    "quantile": Distance(
        "Quantile cost: a prediction too low costs τ times the difference, one too "
        "high 1 − τ times.",
        "(1 - p) * (a - y) if a > y else p * (y - a)",
        "1 - p if a > y else (-p if y > a else 0)",
        "τ",
    ),
    "poisson": Distance(
        "Poisson deviance, halved: y·ln(y/a) − y + a.",
        "y * ln(y / a) - y + a if y > 0 else a",
        "1 - y / a",
    ),
    "binary_cross_entropy": Entropy(
        "Binary cross-entropy: J = −1/m · Σ (y·ln a + (1 − y)·ln(1 − a)).",
        "(-(y * ln(a) + (1 - y) * ln(1 - a)) if 0.999 > a"
        " else z + ln(1 + exp(-z)) - y * z) if a > 0.001"
        " else ln(1 + exp(z)) - y * z",
        "a - y",
    ),
    "categorical_cross_entropy": Entropy(
        "Categorical cross-entropy: J = −1/m · Σ y·ln a, the logarithm of the "
        "probability given to the right class.",
        "-(y * ln(a)) if a > 0.001 else -(y * (z - top - ln(total)))",
        "mass * a - y if abs(mass * (mass - 1)) > 0 else a - y",
        of_labels=True,
    ),
}

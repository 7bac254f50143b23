"""Steps before and after a network as lines: scaled inputs, mixtures, and scaled back.

They are shared by whatever predicts: models of tables, and estimators.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import SupportsFloat

import numpy as np

from walnet.tracing.expressions import Call, Expression, Name, constant, square
from walnet.tracing.lines import Line

ENCODING, DECODING = "From the row to the inputs", "From the outputs to the answer"
FARTHEST = constant(3)  # a clipped input is nearer to 0


def standardised(
    index: int, value: float, mean: float, deviation: float, x: SupportsFloat
) -> Line:
    """Return ``x = (v − μ)/σ``.

    Parameters
    ----------
    index : int
        Of the input, counted from 1.
    value, mean, deviation : float
        What is standardised, and by what.
    x : float
        The input, in the precision in which the network reads it.
    """
    v, μ, σ = _three("vμσ", (value, mean, deviation), index)  # noqa: PLC2401
    return Line(Name("x", x, (index,)), (v - μ) / σ)


def clipped(
    index: int, value: float, centre: float, width: float, x: SupportsFloat
) -> list[Line]:
    """Return ``t = (v − c)/d`` and ``x = t/√(1 + (t/3)²)``, which is between −3 and 3.

    Parameters
    ----------
    index : int
        Of the input, counted from 1.
    value, centre, width : float
        What is scaled, and by what.
    x : float
        The input, in the precision in which the network reads it.
    """
    v, c, d = _three("vcd", (value, centre, width), index)
    scaled = (v - c) / d
    t = Name("t", scaled.value(), (index,))
    bent = t / Call("√", constant(1) + square(t / FARTHEST))
    return [Line(t, scaled), Line(Name("x", x, (index,)), bent)]


def _three(bases: str, numbers: Sequence[float], index: int) -> list[Name]:
    """Return a value and what it is scaled by."""
    return [
        Name(base, float(number), (index,))
        for base, number in zip(bases, numbers, strict=True)
    ]


def back_in_unit(
    name: str, output: Name, mean: float, deviation: float, answer: SupportsFloat
) -> Line:
    """Return ``μ + σ·y``, a standardised output in the target's own unit."""
    formula = Name("μ", float(mean)) + Name("σ", float(deviation)) * output
    return Line(Name(name, answer), formula)


def learned(value: float, mean: float, deviation: float) -> Line:
    """Return ``y = (v − μ)/σ``: what a network learns instead of a number."""
    scaled = (Name("v", float(value)) - Name("μ", float(mean))) / Name(
        "σ", float(deviation)
    )
    return Line(Name("y", scaled.value()), scaled)


def weighted(names: Sequence[Name], shares: Sequence[float]) -> Expression:
    """Return the sum of parts, each times its share."""
    products = [
        constant(share) * name for share, name in zip(shares, names, strict=True)
    ]
    total: Expression = products[0]
    for product in products[1:]:
        total = total + product
    return total


def most_probable(probabilities: np.ndarray, most: int) -> list[int]:
    """Return the indices of the largest probabilities, the largest first."""
    order: list[int] = np.argsort(-probabilities, kind="stable").tolist()
    return order[:most]

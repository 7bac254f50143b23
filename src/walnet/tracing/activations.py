"""Activation functions and their slopes as formulas to read and to work out.

The formulas are those of the engine's table; tests hold each to the kernel that
computes it. Softmax is not among them: each of its outputs needs the whole layer.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from walnet.engine.kernels import activations
from walnet.tracing.expressions import (
    Expression,
    Name,
    add,
    exp,
    more_terms,
    partial_sum,
)
from walnet.tracing.formulas import expression

SOFTMAX = "softmax"
_PI = Name("π", math.pi)


@dataclass(frozen=True)
class Activation:
    """One activation function, by its row of the engine's table."""

    row: activations.Activation

    def value(self, z: Name) -> Expression:
        """Return ``g(z)``; where g has branches, the one that z is in."""
        return expression(self.row.formula, {"z": z})

    def slope(self, z: Name, a: Name) -> Expression:
        """Return ``g'(z)`` from z and a = g(z), of the same branch."""
        return expression(self.row.slope, {"z": z, "a": a, "pi": _PI})


ACTIVATIONS = {
    name: Activation(row)
    for name, row in activations.ACTIVATIONS.items()
    if row.formula
}
"""Every activation but softmax, by its name."""


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

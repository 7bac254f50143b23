"""Costs and their derivatives as formulas to read and to work out.

Tests hold each of them to the kernel that computes it.
"""

from __future__ import annotations

from dataclasses import dataclass

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

ONE, TWO, HALF = constant(1), constant(2), constant(0.5)
_CERTAIN = 1e-3  # nearer to 0 or 1 a printed probability has no digits left


@dataclass(frozen=True)
class Output:
    """The output layer of one example: weighted inputs, activations and targets."""

    z: list[Name]
    a: list[Name]
    y: list[Name]


def example_cost(cost: str, parameter: Name, output: Output) -> Expression:
    """Return the cost of one example, before its weight in the mean.

    Parameters
    ----------
    cost : str
        Its name.
    parameter : Name
        Huber's delta or the quantile's level.
    output : Output
        What is compared.
    """
    if cost == "categorical_cross_entropy":
        return _categorical(output)
    pairs = list(zip(output.z, output.a, output.y, strict=True))
    if cost == "binary_cross_entropy":
        return add([_binary(z, a, y) for z, a, y in pairs])
    terms = add([_distance(cost, parameter, a, y) for _, a, y in pairs])
    return terms if len(pairs) == 1 else Quotient(terms, constant(len(pairs)))


def distance_slope(cost: str, parameter: Name, a: Name, y: Name) -> Expression:
    """Return the derivative of one output's cost by its activation."""
    over = float(a.number) - float(y.number)
    if cost == "mse":
        return TWO * (a - y)
    if cost == "mae":
        return Call("sign", a - y)
    if cost == "huber":
        far = abs(over) > float(parameter.number)
        return parameter * Call("sign", a - y) if far else a - y
    if cost == "quantile":
        if over == 0:
            return constant(0)
        return ONE - parameter if over > 0 else negative(parameter)
    return ONE - y / a  # poisson


def entropy_error(cost: str, output: Output, k: int) -> Expression:
    """Return ``dZ`` of a cross-entropy with its own activation, before the weight."""
    a, y = output.a[k], output.y[k]
    mass = sum(float(each.number) for each in output.y)
    if cost == "categorical_cross_entropy" and mass not in {0, 1}:
        return Name("Σy", mass) * a - y
    return a - y


def _distance(cost: str, parameter: Name, a: Name, y: Name) -> Expression:
    """Return one output's cost."""
    if cost == "mse":
        return square(y - a)
    if cost == "mae":
        return Call("abs", y - a)
    return {"huber": _huber, "quantile": _quantile, "poisson": _poisson}[cost](
        parameter, a, y
    )


def _huber(delta: Name, a: Name, y: Name) -> Expression:
    """Return the branch that the difference is in."""
    if abs(float(a.number) - float(y.number)) <= float(delta.number):
        return HALF * square(y - a)
    return delta * (Call("abs", y - a) - HALF * delta)


def _quantile(level: Name, a: Name, y: Name) -> Expression:
    """Return the branch that the difference is in."""
    above = float(a.number) > float(y.number)
    return (ONE - level) * (a - y) if above else level * (y - a)


def _poisson(_: Name, a: Name, y: Name) -> Expression:
    """Return y ln(y/a) - y + a, whose logarithm a target of 0 has not."""
    if float(y.number) == 0:
        return a
    return Sum((y * Call("ln", y / a), y, a), (False, True, False))


def _binary(z: Name, a: Name, y: Name) -> Expression:
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
            logarithm = Call("ln", add([exp(peer - top) for peer in output.z]))
            terms.append(y * Sum((z, top, logarithm), (False, True, True)))
    return negative(add(terms)) if terms else constant(0)

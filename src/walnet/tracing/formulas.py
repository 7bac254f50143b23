"""Formulas as text, made into expressions that can be printed and worked out.

The tables of activations, costs and update rules hold formulas as text, so that the
page reads the very same ones.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from functools import partial

from walnet.engine.formulas import evaluate
from walnet.tracing.expressions import (
    Call,
    Expression,
    Power,
    constant,
    exp,
    negative,
)


def _choose(
    left: Expression, limit: Expression, above: Expression, below: Expression
) -> Expression:
    """Return one of two branches: left above a limit, or not."""
    return above if left.compute(None) > limit.compute(None) else below


_OPERATIONS: dict[str, Callable[..., Expression]] = {
    "number": constant,
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "**": Power,
    "negative": negative,
    "choose": _choose,
    "max": lambda _, z: Call("max0", z),
    "exp": exp,
    "sqrt": partial(Call, "√"),
    **{name: partial(Call, name) for name in ("abs", "sign", "ln", "tanh", "erf")},
}


def expression(formula: str, names: Mapping[str, Expression]) -> Expression:
    """Return a formula as an expression; where it has branches, the one that holds.

    Parameters
    ----------
    formula : str
        In the language of `walnet.engine.formulas`.
    names : mapping of str to Expression
        What each name in it is.

    Examples
    --------
    >>> from walnet.tracing.expressions import Name
    >>> expression("abs(a - y)", {"a": Name("a", 0.25), "y": Name("y", 1.0)}).value()
    0.75
    """
    found: Expression = evaluate(formula, names, _OPERATIONS)
    return found

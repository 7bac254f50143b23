"""Formulas as text, worked out by whoever brings the arithmetic.

A formula is written once, in the table of what it belongs to. Traces work it out with
expressions that can be printed, exporters with the operators of other programs.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

_SIGNS = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.Pow: "**"}


def evaluate(
    formula: str,
    names: Mapping[str, Any],
    operations: Mapping[str, Callable[..., Any]],
) -> Any:
    """Return what a formula comes to.

    Parameters
    ----------
    formula : str
        Written as Python has it: numbers, names, ``+ - * / **``, functions of one or
        two arguments, and branches as ``x if z > 0 else y``.
    names : mapping
        The value of each name.
    operations : mapping
        What computes: "number" of a float, "+", "-", "*", "/", "**" of two values,
        "negative" of one, "choose" of (z, limit, x, y) for ``x if z > limit else y``,
        and every function by its name.

    Returns
    -------
    object
        Of the kind that the operations return.

    Examples
    --------
    >>> import math, operator
    >>> operations = {"number": float, "+": operator.add, "exp": math.exp}
    >>> evaluate("1 + exp(z)", {"z": 0.0}, operations)
    2.0
    """
    return _Formula(names, operations).value(_parsed(formula))


@cache
def _parsed(formula: str) -> ast.expr:
    return ast.parse(formula, mode="eval").body


class _Formula:
    """Works one formula out, from the leaves of its tree to the root."""

    def __init__(
        self, names: Mapping[str, Any], operations: Mapping[str, Callable[..., Any]]
    ) -> None:
        self.names, self.operations = names, operations

    def value(self, node: ast.expr) -> Any:
        """Return the value of a piece of the formula."""
        match node:
            case ast.Constant(value=number):
                return self._do("number", number)
            case ast.Name(id=name):
                return self.names[name]
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                return self._do("negative", self.value(operand))
            case ast.BinOp(left=left, op=sign, right=right):
                return self._do(_SIGNS[type(sign)], self.value(left), self.value(right))
            case ast.Call(func=ast.Name(id=function), args=arguments):
                return self._do(function, *map(self.value, arguments))
            case ast.IfExp(
                test=ast.Compare(left=left, ops=[ast.Gt()], comparators=[limit]),
                body=above,
                orelse=below,
            ):
                return self._do("choose", *map(self.value, (left, limit, above, below)))
        raise ValueError(f"a formula cannot hold {ast.unparse(node)!r}")

    def _do(self, operation: str, *values: Any) -> Any:
        return self.operations[operation](*values)

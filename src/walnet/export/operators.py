"""Operators of other programs, as the tables of the engine name them."""

from __future__ import annotations

import ast
from typing import Any


def parse_operator(text: str) -> tuple[str, list[Any], dict[str, Any]]:
    """Return an operator's name, its arguments, and those that have a name.

    Examples
    --------
    >>> parse_operator("Tanh")
    ('Tanh', [], {})
    >>> parse_operator("Softplus(1.0, threshold=40.0)")
    ('Softplus', [1.0], {'threshold': 40.0})
    """
    match ast.parse(text, mode="eval").body:
        case ast.Name(id=name):
            return name, [], {}
        case ast.Call(func=ast.Name(id=name), args=args, keywords=keywords):
            values = [ast.literal_eval(each) for each in args]
            return (
                name,
                values,
                {k.arg or "": ast.literal_eval(k.value) for k in keywords},
            )
    raise ValueError(f"an operator must be a name or a call, got {text!r}")

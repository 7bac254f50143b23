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
    node = ast.parse(text, mode="eval").body
    if isinstance(node, ast.Name):
        return node.id, [], {}
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
        raise ValueError(f"an operator must be a name or a call, got {text!r}")
    options = {str(each.arg): ast.literal_eval(each.value) for each in node.keywords}
    return node.func.id, [ast.literal_eval(each) for each in node.args], options

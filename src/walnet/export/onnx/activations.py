"""Activations as ONNX operators: one that there is, or what the formula is made of."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from walnet.engine.formulas import evaluate
from walnet.engine.kernels.activations import ACTIVATIONS
from walnet.export.operators import parse_operator

if TYPE_CHECKING:
    from walnet.export.onnx.graph import Graph

# Of those that onnxruntime has in both precisions.
_OPERATORS = {
    "+": "Add",
    "-": "Sub",
    "*": "Mul",
    "/": "Div",
    "**": "Pow",
    "negative": "Neg",
    "max": "Max",
    "abs": "Abs",
    "exp": "Exp",
    "ln": "Log",
    "sqrt": "Sqrt",
    "tanh": "Tanh",
}


def add_activation(graph: Graph, name: str, z: str, dtype: np.dtype[Any]) -> str:
    """Add an activation of weighted inputs; return its name.

    Parameters
    ----------
    graph : Graph
        Where nodes are added.
    name : str
        Of the activation.
    z : str
        Name of the weighted inputs; their last axis is the layer's neurons.
    dtype : numpy.dtype
        Their precision, float32 or float64.
    """
    row = ACTIVATIONS[name]
    if row.onnx:
        operator, _, options = parse_operator(row.onnx)
        return graph.add(operator, z, **options)
    return str(evaluate(row.formula, {"z": z}, _operations(graph, dtype)))


def _operations(graph: Graph, dtype: np.dtype[Any]) -> dict[str, Callable[..., str]]:
    """Return what formulas are made of, as nodes of a graph."""

    def choose(z: str, limit: str, above: str, below: str) -> str:
        return graph.add("Where", graph.add("Greater", z, limit), above, below)

    def erf(z: str) -> str:  # onnxruntime has it in float32 only
        if dtype == np.float32:
            return graph.add("Erf", z)
        return graph.cast(graph.add("Erf", graph.cast(z, "float32")), "float64")

    operators = {sign: partial(graph.add, name) for sign, name in _OPERATORS.items()}
    return operators | {
        "number": lambda number: graph.constant(number, dtype),
        "choose": choose,
        "erf": erf,
    }

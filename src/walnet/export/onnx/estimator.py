"""Estimators as ONNX: scaling before the network, labels and units after it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from walnet.errors import DataError
from walnet.export.onnx.layers import add_network

if TYPE_CHECKING:
    from walnet.estimators.base import BaseMLP
    from walnet.export.onnx.graph import Graph


def add_estimator(
    graph: Graph, model: BaseMLP, inputs: str, labels: Any = None
) -> dict[str, str]:
    """Add a fitted estimator; return the names of its outputs, by what they are.

    Parameters
    ----------
    graph : Graph
        Where nodes are added.
    model : MLPClassifier or MLPRegressor
        The fitted estimator.
    inputs : str
        Name of the inputs, in the network's precision.
    labels : array_like, optional
        What a classifier's classes are called, `classes_` by default.

    Returns
    -------
    dict of str to str
        "label" and "probabilities", or "prediction".
    """
    network, scaling = model.network_, model.scaling_
    precision = network.dtype.name
    if scaling is not None:
        exact = graph.cast(inputs, "float64")
        shares = graph.add("Div", exact, graph.constant(scaling.input_scale))
        centre = graph.constant(scaling.input_mean / scaling.input_scale)
        inputs = graph.cast(graph.add("Sub", shares, centre), precision)
    out = add_network(graph, network, inputs)
    if hasattr(model, "classes_"):
        labels = model.classes_ if labels is None else labels
        return _classes(graph, model, out, labels)
    if scaling is not None and scaling.target_mean is not None:
        exact = graph.cast(out, "float64")
        exact = graph.add("Mul", exact, graph.constant(scaling.target_scale))
        mean = graph.constant(scaling.target_mean)
        out = graph.cast(graph.add("Add", exact, mean), precision)
    if network.n_outputs == 1:
        out = graph.add("Reshape", out, graph.constant([-1], np.int64))
    return {"prediction": out}


def _classes(graph: Graph, model: BaseMLP, out: str, labels: Any) -> dict[str, str]:
    """Add the labels and probabilities of a classifier's outputs."""
    dtype = model.network_.dtype
    kind = model._label_binarizer.y_type_  # noqa: SLF001  (an estimator of ours)
    if kind.startswith("multilabel"):
        half = graph.constant(0.5, dtype)
        label = graph.cast(graph.add("Greater", out, half), "int64")
        return {"label": label, "probabilities": out}
    if kind == "multiclass":
        index = graph.add("ArgMax", out, axis=1, keepdims=0)
        return {"label": label_at(graph, labels, index), "probabilities": out}
    one = graph.constant(1.0, dtype)
    if len(labels) == 1:
        shape = graph.add("Shape", out)
        nothing = graph.add(
            "ConstantOfShape", shape
        )  # zeros, whatever the network says
        index = _flat_int(graph, nothing)
        out = graph.add("Add", graph.cast(nothing, dtype.name), one)
        return {"label": label_at(graph, labels, index), "probabilities": out}
    half = graph.constant(0.5, dtype)
    index = _flat_int(graph, graph.add("Greater", out, half))
    both = graph.add("Concat", graph.add("Sub", one, out), out, axis=1)
    return {"label": label_at(graph, labels, index), "probabilities": both}


def _flat_int(graph: Graph, column: str) -> str:
    """Return one column as whole numbers, (rows,)."""
    flat = graph.add("Reshape", column, graph.constant([-1], np.int64))
    return graph.cast(flat, "int64")


def label_at(graph: Graph, labels: Any, index: str) -> str:
    """Return the labels at given indices, (rows,)."""
    return graph.add("Gather", graph.constant(plain_labels(labels)), index)


def plain_labels(labels: Any) -> np.ndarray:
    """Return labels in a type that ONNX has.

    Raises
    ------
    DataError
        If they are of mixed types.
    """
    array = np.asarray(labels)
    if array.dtype.kind == "b":
        return array
    if array.dtype.kind in "iu":
        return array.astype(np.int64)
    if array.dtype.kind == "f":
        return array.astype(np.float64)
    if all(isinstance(label, str) for label in array.tolist()):
        return array.astype(object)
    raise DataError("ONNX needs labels of one type: texts, numbers or booleans")


def type_of(labels: np.ndarray) -> str:
    """Return the name of the type of plain labels."""
    return {"b": "bool", "i": "int64", "f": "float64"}.get(labels.dtype.kind, "str")

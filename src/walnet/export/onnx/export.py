"""`to_onnx`: one model, one graph."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import numpy as np

from walnet.engine.network import Network
from walnet.errors import DataError, HyperparameterError
from walnet.saving.atomic import open_atomically

if TYPE_CHECKING:
    from walnet.estimators.base import BaseMLP
    from walnet.export.onnx.graph import Graph
    from walnet.tabular import TabularClassifier, TabularRegressor

OPSETS = range(13, 26)
"""Versions of the standard operators that are written and tested."""


def to_onnx(
    model: Any, path: str | os.PathLike[str] | None = None, *, opset: int = 18
) -> Any:
    """Return a model as ONNX, which runs without Python and without walnet.

    Parameters
    ----------
    model : Network, MLPClassifier, TabularClassifier, NetworkModel, EnsembleModel, …
        The trained model: any that `walnet.save` takes.
    path : str or path-like, optional
        A file to write, atomically.
    opset : int, default 18
        Version of ONNX's operators, 13 to 25.

    Returns
    -------
    onnx.ModelProto
        A network takes "X" and gives "output"; an estimator takes "X" and gives
        "label" and "probabilities", or "prediction". "X" has the network's precision.
        A model of a table takes a (rows, 1) input for each column, which without names
        are x1, x2, …: float64 for numbers and booleans, NaN where missing; text for
        categories, empty where missing; for dates float64 microseconds since 1970. All
        preprocessing is in the graph, and all members of an ensemble.

    Raises
    ------
    HyperparameterError
        If the opset is not one of those.
    DataError
        If onnx is not installed, or the model is not fitted or of another kind.

    Examples
    --------
    >>> import walnet
    >>> graph = walnet.to_onnx(walnet.Network([2, 4, 1]))
    >>> [node.op_type for node in graph.graph.node]
    ['MatMul', 'Add', 'Tanh', 'MatMul', 'Add', 'Identity']
    """
    if opset not in OPSETS:
        raise HyperparameterError(
            f"opset must be from {OPSETS[0]} to {OPSETS[-1]}, got {opset!r}"
        )
    try:
        import onnx  # noqa: F401  (an optional library)
    except ImportError as error:
        raise DataError("to_onnx needs onnx: pip install 'walnet[onnx]'") from error
    exported = _exported(model, opset)
    if path is not None:
        with open_atomically(path) as file:
            file.write(exported.SerializeToString())
    return exported


def _exported(model: Any, opset: int) -> Any:
    """Return the checked graph of a model of any kind."""
    from walnet.export.onnx.graph import Graph

    graph = Graph(opset)
    if isinstance(model, Network):
        _network(graph, model)
    elif hasattr(type(model), "network_"):
        _estimator(graph, model)
    else:
        _of_tables(graph, model)
    return graph.model()


def _network(graph: Graph, network: Network) -> None:
    """Add a network with its inputs and outputs."""
    from walnet.export.onnx.layers import add_network

    inputs = graph.input("X", network.dtype.name, network.n_inputs)
    out = add_network(graph, network, inputs)
    graph.output(out, "output", network.dtype.name, network.n_outputs)


def _estimator(graph: Graph, model: BaseMLP) -> None:
    """Add a fitted estimator with its inputs and outputs."""
    from walnet.export.onnx.estimator import add_estimator, plain_labels, type_of
    from walnet.export.torch import network_of

    network = network_of(model)
    precision, outputs = network.dtype.name, network.n_outputs
    inputs = graph.input("X", precision, network.n_inputs)
    names = add_estimator(graph, model, inputs)
    if "prediction" in names:
        columns = None if outputs == 1 else outputs
        graph.output(names["prediction"], "prediction", precision, columns)
        return
    many = model._label_binarizer.y_type_.startswith("multilabel")  # noqa: SLF001
    type_ = "int64" if many else type_of(plain_labels(model.classes_))
    graph.output(names["label"], "label", type_, outputs if many else None)
    classes = len(model.classes_)
    graph.output(names["probabilities"], "probabilities", precision, classes)


def _of_tables(graph: Graph, model: Any) -> None:
    """Add an estimator for tables, or what `walnet train` makes."""
    from walnet.export.torch import what_instead
    from walnet.tabular import TabularClassifier, TabularRegressor

    estimator = getattr(model, "estimator", model)
    if isinstance(estimator, TabularClassifier | TabularRegressor):
        _ensemble(graph, estimator, getattr(model, "labels", None))
    elif hasattr(model, "schema") and isinstance(model.network, Network):
        _network_model(graph, model)
    else:
        how = (
            ": skl2onnx exports a pipeline after walnet.export.onnx.skl2onnx.register()"
        )
        raise DataError(
            "to_onnx takes a network, a fitted estimator or a model of a table, all "
            f"walnet's, got {type(model).__name__}"
            f"{how if hasattr(model, 'steps') else what_instead(model)}"
        )


def _ensemble(
    graph: Graph, estimator: TabularClassifier | TabularRegressor, labels: Any
) -> None:
    """Add an ensemble for tables; `labels` are those of its classes, if others."""
    from walnet.export.onnx.estimator import label_at, plain_labels, type_of
    from walnet.export.onnx.tabular import add_classifier, add_regressor

    if not hasattr(estimator, "n_members_"):
        raise DataError(f"this {type(estimator).__name__} is not fitted: call fit")
    if not hasattr(estimator, "classes_"):
        graph.output(add_regressor(graph, estimator), "prediction", "float64", None)
        return
    names = plain_labels(estimator.classes_ if labels is None else labels)
    probabilities = add_classifier(graph, estimator)
    index = graph.add("ArgMax", probabilities, axis=1, keepdims=0)
    graph.output(label_at(graph, names, index), "label", type_of(names), None)
    graph.output(probabilities, "probabilities", "float64", len(names))


def _network_model(graph: Graph, model: Any) -> None:
    """Add a network of a table: columns, their encoding, the network, its answers."""
    from walnet.export.onnx.estimator import label_at, plain_labels, type_of
    from walnet.export.onnx.layers import add_network
    from walnet.export.onnx.table import add_column

    columns: list[str] = []
    for encoder in model.schema.encoders:
        columns += add_column(graph, encoder)
    inputs = graph.add("Concat", *columns, axis=1)
    out = add_network(graph, model.network, inputs)
    if model.task == "classification":
        labels = plain_labels(model.labels)
        if model.network.n_outputs == 1:  # the probability of the second of two classes
            first = graph.add("Sub", graph.constant(1.0, np.float32), out)
            out = graph.add("Concat", first, out, axis=1)
        index = graph.add("ArgMax", out, axis=1, keepdims=0)
        graph.output(label_at(graph, labels, index), "label", type_of(labels), None)
        graph.output(out, "probabilities", "float32", len(labels))
        return
    target: Any = model.schema.target
    exact = graph.cast(out, "float64")
    exact = graph.add("Mul", exact, graph.constant(target.deviation, np.float64))
    exact = graph.add("Add", exact, graph.constant(target.mean, np.float64))
    flat = graph.add("Reshape", exact, graph.constant([-1], np.int64))
    graph.output(flat, "prediction", "float64", None)

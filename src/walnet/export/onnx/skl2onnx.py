"""Pipelines of scikit-learn with one of our estimators, through skl2onnx."""

from __future__ import annotations

from typing import Any

import numpy as np

from walnet.errors import DataError


def register() -> None:
    """Teach skl2onnx our estimators, so that pipelines with them can be exported.

    Raises
    ------
    DataError
        If skl2onnx is not installed.

    Notes
    -----
    A network computes in the precision it was fitted in, and answers in that of the
    graph's inputs: with skl2onnx's usual ``FloatTensorType``, what comes before a
    network fitted on float64 rounds to float32; fit on float32 for the same numbers.

    Examples
    --------
    >>> import walnet.export.onnx.skl2onnx
    >>> walnet.export.onnx.skl2onnx.register()  # doctest: +SKIP
    """
    try:
        import skl2onnx
    except ImportError as error:
        raise DataError("this needs skl2onnx: pip install skl2onnx") from error
    from walnet.estimators import MLPClassifier, MLPRegressor

    skl2onnx.update_registered_converter(
        MLPClassifier,
        "WalnetMLPClassifier",
        _classification_shapes,
        _convert,
        options={"zipmap": [True, False, "columns"], "nocl": [True, False]},
    )
    skl2onnx.update_registered_converter(
        MLPRegressor,
        "WalnetMLPRegressor",
        _regression_shapes,
        _convert,
    )


def _classification_shapes(operator: Any) -> None:
    """Declare labels and probabilities; of several labels, (rows, labels) both."""
    from skl2onnx.common.data_types import Int64TensorType
    from skl2onnx.common.shape_calculator import (
        calculate_linear_classifier_output_shapes,
    )

    calculate_linear_classifier_output_shapes(operator)
    model = operator.raw_operator
    if model._label_binarizer.y_type_.startswith("multilabel"):  # noqa: SLF001
        shape = [operator.inputs[0].get_first_dimension(), model.n_outputs_]
        operator.outputs[0].type = Int64TensorType(shape)
        operator.outputs[1].type.shape = shape


def _regression_shapes(operator: Any) -> None:
    """Declare the shape of a regressor's predictions: (rows, outputs)."""
    from skl2onnx.common.utils import check_input_and_output_numbers

    check_input_and_output_numbers(operator, input_count_range=1, output_count_range=1)
    rows = operator.inputs[0].get_first_dimension()
    operator.outputs[0].type.shape = [rows, operator.raw_operator.n_outputs_]


def _convert(scope: Any, operator: Any, container: Any) -> None:
    """Add an estimator's nodes to skl2onnx's container."""
    from skl2onnx.common.data_types import guess_proto_type

    from walnet.export.onnx.estimator import add_estimator
    from walnet.export.onnx.graph import TYPES, Graph
    from walnet.export.torch import network_of

    model = operator.raw_operator
    graph = Graph(container.target_opset)
    precision = network_of(model).dtype.name
    given = operator.inputs[0]
    inputs = given.full_name
    if guess_proto_type(given.type) != TYPES[precision]:
        inputs = graph.cast(inputs, precision)
    labels = None
    if hasattr(model, "classes_") and scope.get_options(model, {"nocl": False})["nocl"]:
        labels = np.arange(len(model.classes_))  # "no class labels": their places
    names = add_estimator(graph, model, inputs, labels)
    values = list(names.values())
    if "prediction" in names and network_of(model).n_outputs == 1:
        shape = graph.constant([-1, 1], np.int64)
        values = [graph.add("Reshape", values[0], shape)]
    _move(scope, container, graph, dict(zip(values, operator.outputs, strict=True)))


def _move(scope: Any, container: Any, graph: Any, outputs: dict[str, Any]) -> None:
    """Give the graph's nodes and constants to the container, under unique names."""
    import onnx
    from skl2onnx.common.data_types import StringTensorType, guess_proto_type

    made = [tensor.name for tensor in graph.constants]
    made += [name for node in graph.nodes for name in node.output]
    new = {name: scope.get_unique_variable_name(f"walnet_{name}") for name in made}
    for tensor in graph.constants:
        tensor.name = new[tensor.name]
        container.initializers.append(tensor)
    for node in graph.nodes:
        node.input[:] = [new.get(name, name) for name in node.input]
        node.output[:] = [new[name] for name in node.output]
        node.name = scope.get_unique_operator_name(f"walnet_{node.op_type}")
        version = 3 if node.domain == "ai.onnx.ml" else graph.opset
        container.nodes.append(node)
        container.node_domain_version_pair_sets.add((node.domain, version))
    for name, variable in outputs.items():
        how, facts = "Cast", {"to": guess_proto_type(variable.type)}
        if isinstance(variable.type, StringTensorType):  # which nothing else becomes
            how, facts = "Identity", {}
        last = onnx.helper.make_node(how, [new[name]], [variable.full_name], **facts)
        last.name = scope.get_unique_operator_name("walnet_out")
        container.nodes.append(last)

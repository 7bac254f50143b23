"""A graph under construction: nodes, constants, and a name for every value."""

from __future__ import annotations

from typing import Any

import numpy as np
from onnx import TensorProto, helper, numpy_helper

TYPES = {
    "float32": TensorProto.FLOAT,
    "float64": TensorProto.DOUBLE,
    "int64": TensorProto.INT64,
    "bool": TensorProto.BOOL,
    "str": TensorProto.STRING,
}


class Graph:
    """Collects the nodes of one ONNX model.

    Parameters
    ----------
    opset : int
        The version of the standard operators.
    """

    def __init__(self, opset: int) -> None:
        self.opset = opset
        self.nodes: list[Any] = []
        self.constants: list[Any] = []
        self.inputs: list[Any] = []
        self.outputs: list[Any] = []
        self._count = 0

    def name(self, hint: str) -> str:
        """Return a new name."""
        self._count += 1
        return f"{hint}_{self._count}"

    def input(self, name: str, type_: str, columns: int, doc: str = "") -> str:
        """Declare an input of shape (rows, columns); return its name."""
        shape: list[str | int | None] = ["rows", columns]
        info = helper.make_tensor_value_info(name, TYPES[type_], shape, doc)
        self.inputs.append(info)
        return name

    def output(self, value: str, name: str, type_: str, columns: int | None) -> None:
        """Declare a value as output, of shape (rows,) or (rows, columns)."""
        self.nodes.append(helper.make_node("Identity", [value], [name]))
        shape: list[str | int | None] = ["rows"]
        if columns is not None:
            shape.append(columns)
        self.outputs.append(helper.make_tensor_value_info(name, TYPES[type_], shape))

    def constant(self, values: Any, dtype: Any = None) -> str:
        """Keep an array in the graph; return its name."""
        array = np.asarray(values, dtype)
        name = self.name("constant")
        if array.dtype.kind in "UO":
            texts: Any = [str(text).encode() for text in array.ravel()]
            tensor = helper.make_tensor(name, TensorProto.STRING, array.shape, texts)
        else:
            tensor = numpy_helper.from_array(array, name)
        self.constants.append(tensor)
        return name

    def add(self, operator: str, *inputs: str, domain: str = "", **facts: Any) -> str:
        """Add a node with one output; return its name."""
        name = self.name(operator.lower())
        self.nodes.append(
            helper.make_node(operator, list(inputs), [name], domain=domain, **facts)
        )
        return name

    def cast(self, value: str, type_: str) -> str:
        """Return a value in another type."""
        return self.add("Cast", value, to=TYPES[type_])

    def model(self) -> Any:
        """Return the finished, checked model."""
        import onnx

        graph = helper.make_graph(
            self.nodes, "walnet", self.inputs, self.outputs, self.constants
        )
        domains = [helper.make_opsetid("", self.opset)]
        if any(node.domain == "ai.onnx.ml" for node in self.nodes):
            domains.append(helper.make_opsetid("ai.onnx.ml", 3))
        model = helper.make_model(
            graph,
            opset_imports=domains,
            ir_version=helper.find_min_ir_version_for(domains),
            producer_name="walnet",
        )
        onnx.checker.check_model(model, full_check=True)
        return model

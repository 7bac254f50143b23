"""A network's layers as ONNX operators."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from walnet.engine.kernels.activations import LEAKY_SLOPE, SELU_ALPHA, SELU_SCALE

if TYPE_CHECKING:
    from walnet.engine.network import Network
    from walnet.export.onnx.graph import Graph

_DIRECT = {"sigmoid": "Sigmoid", "tanh": "Tanh", "relu": "Relu", "exponential": "Exp"}


def add_network(graph: Graph, network: Network, inputs: str) -> str:
    """Add a network's layers; return the name of its outputs, (rows, outputs).

    Parameters
    ----------
    graph : Graph
        Where nodes are added.
    network : Network
        Its parameters become constants.
    inputs : str
        Name of the inputs, (rows, n_inputs), in the network's precision.
    """
    A = inputs
    layers = zip(network.activations, network.weights, network.biases, strict=True)
    for activation, W, b in layers:
        weights, biases = graph.constant(W.copy()), graph.constant(b.copy())
        Z = graph.add("Gemm", A, weights, biases, transB=1)
        A = Activations(graph, network.dtype).add(activation, Z)
    return A


class Activations:
    """Adds activations, of operators that onnxruntime has in both precisions.

    Parameters
    ----------
    graph : Graph
        Where nodes are added.
    dtype : numpy.dtype
        The network's precision.
    """

    def __init__(self, graph: Graph, dtype: np.dtype[Any]) -> None:
        self.graph, self.dtype = graph, dtype

    def add(self, name: str, z: str) -> str:
        """Add an activation of a weighted input; return its name."""
        if name == "identity":
            return z
        if name in _DIRECT:
            return self.graph.add(_DIRECT[name], z)
        if name == "softmax":
            return self.graph.add("Softmax", z, axis=1)
        return str(getattr(self, f"_{name}")(z))

    def _number(self, value: float) -> str:
        return self.graph.constant(value, self.dtype)

    def _where_positive(self, z: str, above: str, below: str) -> str:
        positive = self.graph.add("Greater", z, self._number(0))
        return self.graph.add("Where", positive, above, below)

    def _leaky_relu(self, z: str) -> str:
        below = self.graph.add("Mul", z, self._number(LEAKY_SLOPE))
        return self._where_positive(z, z, below)

    def _elu(self, z: str) -> str:
        below = self.graph.add("Min", z, self._number(0))
        below = self.graph.add("Sub", self.graph.add("Exp", below), self._number(1))
        return self._where_positive(z, z, below)

    def _selu(self, z: str) -> str:
        below = self.graph.add("Min", z, self._number(0))
        below = self.graph.add("Sub", self.graph.add("Exp", below), self._number(1))
        below = self.graph.add("Mul", below, self._number(SELU_ALPHA))
        chosen = self._where_positive(z, z, below)
        return self.graph.add("Mul", chosen, self._number(SELU_SCALE))

    def _gelu(self, z: str) -> str:
        inner = self.graph.add("Mul", z, self._number(np.sqrt(0.5)))
        if self.dtype == np.float64:  # onnxruntime's erf is float32
            inner = self.graph.cast(inner, "float32")
        erf = self.graph.add("Erf", inner)
        if self.dtype == np.float64:
            erf = self.graph.cast(erf, "float64")
        both = self.graph.add("Add", erf, self._number(1))
        half = self.graph.add("Mul", both, self._number(0.5))
        return self.graph.add("Mul", z, half)

    def _silu(self, z: str) -> str:
        return self.graph.add("Mul", z, self.graph.add("Sigmoid", z))

    def _softplus(self, z: str) -> str:
        size = self.graph.add("Neg", self.graph.add("Abs", z))
        small = self.graph.add("Add", self.graph.add("Exp", size), self._number(1))
        above = self.graph.add("Max", z, self._number(0))
        return self.graph.add("Add", above, self.graph.add("Log", small))

    def _mish(self, z: str) -> str:
        tanh = self.graph.add("Tanh", self._softplus(z))
        return self.graph.add("Mul", z, tanh)

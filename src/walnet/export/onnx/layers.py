"""A network's layers as ONNX operators, of one network or of several side by side.

Networks of the same layers are one graph: their parameters are stacked, and arrays are
(members, rows, neurons) instead of (rows, neurons).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from walnet.engine.kernels.embeddings import FREQUENCIES, LEARNED, PER_NUMBER, STEPS
from walnet.engine.kernels.types import DENSE, LEVELS, NUMBERS, RAMPS, SCALE
from walnet.engine.normalization import folded
from walnet.export.onnx.activations import add_activation

if TYPE_CHECKING:
    from walnet.engine.kernels.types import Record
    from walnet.engine.network import Network
    from walnet.export.onnx.graph import Graph


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
    network = folded(network)
    numbers, codes = _split_columns(graph, network, inputs)
    return add_layers(graph, network, network.parameters, numbers, codes)


def add_layers(
    graph: Graph,
    network: Network,
    parameters: np.ndarray,
    numbers: str,
    codes: str,
    *,
    weighted: bool = False,
) -> str:
    """Add the layers of a network, or of several that differ in their parameters.

    Parameters
    ----------
    graph : Graph
        Where nodes are added.
    network : Network
        Its layers, of which none is normalised over the batch.
    parameters : ndarray of shape (n_parameters,) or (members, n_parameters)
        Of one network, or of several.
    numbers : str
        Name of the inputs that are numbers, (rows, numbers), in the network's
        precision; empty if there are none.
    codes : str
        Name of the rows of the levels in their table, (rows, columns of levels), int64;
        empty if there are none.
    weighted : bool
        Whether to return the output layer's weighted inputs instead of its outputs.

    Returns
    -------
    str
        Name of the outputs, (rows, outputs) or (members, rows, outputs).
    """
    layers = _Layers(graph, network, parameters)
    A = layers.inputs(numbers, codes)
    names = network.activations
    activations = iter((*names[:-1], "identity") if weighted else names)
    for record in network.layout.records:
        if record["kind"] == SCALE:
            s = layers.constant(record["weights"], 1, record["n_out"])
            A = graph.add("Mul", A, s)
        elif record["kind"] == DENSE:
            A = layers.dense(record, next(activations), A)
    return A


def _split_columns(graph: Graph, network: Network, inputs: str) -> tuple[str, str]:
    """Return the inputs that are numbers, and the levels as rows in their tables.

    A level that there is not becomes a row beyond every table, which is an error of
    whatever runs the graph.
    """
    layout, add = network.layout, graph.add
    if not layout.code_columns.size:
        return inputs, ""
    numbers = ""
    if layout.dense_columns.size:
        columns = graph.constant(layout.dense_columns)
        numbers = add("Gather", inputs, columns, axis=1)
    given = add("Gather", inputs, graph.constant(layout.code_columns), axis=1)
    levels = graph.cast(given, "int64")
    counts = graph.constant(np.diff(layout.level_starts)[None])
    whole = add("Equal", graph.cast(levels, network.dtype.name), given)
    low = add("Less", graph.constant([[-1]], np.int64), levels)
    known = add("And", add("And", whole, low), add("Less", levels, counts))
    rows = add("Add", levels, graph.constant(layout.table_starts[None]))
    beyond = graph.constant([[layout.level_starts[-1]]], np.int64)
    return numbers, add("Where", known, rows, beyond)


class _Layers:
    """Adds layers whose parameters may be those of several members."""

    def __init__(self, graph: Graph, network: Network, parameters: np.ndarray) -> None:
        self.graph, self.network, self.parameters = graph, network, parameters
        self.members = parameters.shape[:-1]

    def constant(self, start: int, *shape: int, turned: bool = False) -> str:
        """Return parameters from an index on, (members, *shape), or (*shape)."""
        n = int(np.prod(shape))
        values = self.parameters[..., int(start) : int(start) + n]
        array = values.reshape(*self.members, *shape)
        array = np.swapaxes(array, -1, -2) if turned else array
        return self.graph.constant(np.ascontiguousarray(array))

    def inputs(self, numbers: str, codes: str) -> str:
        """Return what the first layer behind the inputs reads."""
        records = self.network.layout.records
        front = [each for each in records if each["kind"] not in {DENSE, SCALE}]
        if not front:
            return numbers
        parts = [self._front(each, numbers, codes) for each in front]
        return self.graph.add("Concat", *parts, axis=-1)

    def dense(self, record: Record, activation: str, A: str) -> str:
        """Add a dense layer: ``A = g(Z)``, with slopes ``A = Z + (g(Z) - Z) a``."""
        add, n_out = self.graph.add, record["n_out"]
        W = self.constant(record["weights"], n_out, record["n_in"], turned=True)
        b = self.constant(record["biases"], 1, n_out)
        Z = add("Add", add("MatMul", A, W), b)
        out = add_activation(self.graph, activation, Z, self.network.dtype)
        if record["slopes"] < 0:
            return out
        slopes = self.constant(record["slopes"], 1, n_out)
        return add("Add", Z, add("Mul", add("Sub", out, Z), slopes))

    def _front(self, record: Record, numbers: str, codes: str) -> str:
        """Add a layer that reads inputs; return (rows, inputs) for each member."""
        if record["kind"] == LEVELS:
            return self._levels(record, self._columns(codes, record))
        x = self._columns(numbers, record)
        shapes = {NUMBERS: FREQUENCIES, RAMPS: STEPS}.get(int(record["kind"]))
        return self._embed(record, x, shapes) if shapes else self._spread(x, 2)

    def _columns(self, values: str, record: Record) -> str:
        """Return the columns that a layer reads."""
        first, n = int(record["source_row"]), int(record["n_in"])
        columns = self.graph.constant(np.arange(first, first + n))
        return self.graph.add("Gather", values, columns, axis=1)

    def _spread(self, values: str, rank: int) -> str:
        """Return the same values, of so many axes, for each member."""
        if not self.members:
            return values
        shape = self.graph.constant([*self.members, *[1] * rank], np.int64)
        return self.graph.add("Expand", values, shape)

    def _flat(self, values: str, width: int) -> str:
        """Return (rows, columns, numbers of each) as (rows, width) for each member."""
        kept = [0] * (len(self.members) + 1)  # as they are
        return self.graph.add(
            "Reshape", values, self.graph.constant([*kept, width], np.int64)
        )

    def _levels(self, record: Record, codes: str) -> str:
        """Look levels up in their table."""
        n_out = int(record["n_out"])
        width = n_out // int(record["n_in"])
        n_rows = int(record["n_weights"]) // width
        table = self.constant(record["weights"], n_rows, width)
        axis = len(self.members)
        return self._flat(self.graph.add("Gather", table, codes, axis=axis), n_out)

    def _embed(self, record: Record, numbers: str, shapes: int) -> str:
        """Add numbers with their mixtures: ``[x, W2 φ(w1, x, b1) + b2]``."""
        add, n = self.graph.add, int(record["n_in"])
        sizes = n * shapes * np.array([0, 1, 2, 2 + LEARNED])
        w1, b1, W2, b2 = (int(record["weights"]) + sizes).tolist()
        turned = add("Transpose", numbers, perm=[1, 0])
        x = add("Unsqueeze", turned, self.graph.constant([2], np.int64))
        first = self.constant(w1, n, 1, shapes), self.constant(b1, n, 1, shapes)
        shape = self._ramps if record["kind"] == RAMPS else self._cosines
        mixtures = self.constant(W2, n, LEARNED, shapes, turned=True)
        shifts = self.constant(b2, n, 1, LEARNED)
        mixed = add("Add", add("MatMul", shape(x, *first), mixtures), shifts)
        both = add("Concat", self._spread(x, 3), mixed, axis=-1)
        lead = len(self.members)  # now (numbers, rows, PER_NUMBER) for each member
        perm = [*range(lead), lead + 1, lead, lead + 2]
        return self._flat(add("Transpose", both, perm=perm), n * PER_NUMBER)

    def _cosines(self, x: str, frequencies: str, phases: str) -> str:
        """Add ``cos(2π w1 x + b1)``.

        Angles are counted in turns, whose whole part is taken off: a cosine of float32
        is as exact for large numbers as for small ones.
        """
        add, dtype = self.graph.add, self.network.dtype
        turn = self.graph.constant(1 / (2 * np.pi), dtype)
        u = add("Add", add("Mul", x, frequencies), add("Mul", phases, turn))
        nearest = add("Floor", add("Add", u, self.graph.constant(0.5, dtype)))
        angle = self.graph.constant(2 * np.pi, dtype)
        return add("Cos", add("Mul", add("Sub", u, nearest), angle))

    def _ramps(self, x: str, slopes: str, offsets: str) -> str:
        """Add ``min(max(w1 x + b1, 0), 1)``."""
        add, dtype = self.graph.add, self.network.dtype
        height = add("Add", add("Mul", x, slopes), offsets)
        ends = (self.graph.constant(end, dtype) for end in (0.0, 1.0))
        return add("Clip", height, *ends)

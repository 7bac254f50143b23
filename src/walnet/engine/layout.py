"""Where each layer's parameters and neurons stand in the flat arrays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from walnet.engine.buffers import zeros
from walnet.engine.kernels.activations import ACTIVATIONS
from walnet.engine.kernels.affine import panel_room
from walnet.engine.kernels.embeddings import FREQUENCIES, LEARNED, PER_NUMBER, STEPS
from walnet.engine.kernels.machine.tiles import BYTES, VECTORS
from walnet.engine.kernels.machine.views import matrix
from walnet.engine.kernels.types import (
    COPY,
    DENSE,
    LAYER,
    LEVELS,
    NUMBERS,
    RAMPS,
    SCALE,
    Record,
    Workspace,
)
from walnet.engine.layers import (
    READS_INPUTS,
    Dense,
    Inputs,
    Layer,
    LevelEmbedding,
    NumberEmbedding,
    Scale,
)

SHAPES_OF_NUMBER = {"waves": FREQUENCIES, "ramps": STEPS}


class Stretch(NamedTuple):
    """Parameters of one kind and layer: a stretch of the flat vector."""

    kind: str  # one of PARAMETER_KINDS, or knots, which do not learn
    start: int
    size: int
    fan_in: int  # of weights in the neural tangent parametrisation, else 1

    @property
    def learns(self) -> bool:
        """Whether updates move them: data says where the ramps of numbers stand."""
        return self.kind != "knots"


@dataclass(frozen=True)
class Layout:
    """Where all of a network's layers stand.

    Attributes
    ----------
    records : ndarray of LAYER
        What kernels read, one record a layer; `Inputs` that nothing stands beside need
        none.
    stretches : tuple of Stretch
        The parameters, in order.
    dense_columns : ndarray of int
        Columns of X that are numbers.
    code_columns : ndarray of int
        Columns of X that are levels.
    level_starts : ndarray of shape (code columns + 1,), int
        Where each one's levels begin, counted through all columns.
    table_starts : ndarray of shape (code columns,), int
        The first row of each in the table of its layer.
    """

    records: np.ndarray
    stretches: tuple[Stretch, ...]
    dense_columns: np.ndarray
    code_columns: np.ndarray
    level_starts: np.ndarray
    table_starts: np.ndarray

    @property
    def n_parameters(self) -> int:
        """Number of parameters."""
        return sum(stretch.size for stretch in self.stretches)

    @property
    def learned(self) -> NDArray[np.intp]:
        """Indices of the parameters that learn."""
        learns = [np.full(each.size, each.learns) for each in self.stretches]
        return np.flatnonzero(np.concatenate(learns))

    @cached_property
    def room(self) -> _Room:
        """How much room an example takes in each buffer of a workspace."""
        return _room(self.records)

    @cached_property
    def dense(self) -> np.ndarray:
        """The records of the dense layers."""
        records: np.ndarray = self.records[self.records["kind"] == DENSE]
        return records


def count_parameters(layers: tuple[Layer, ...]) -> int:
    """Return how many parameters layers have, before anything is made for them."""
    total, width = 0, 0
    for layer in layers:
        if isinstance(layer, Dense):
            total += layer.n * (width + 1 + layer.slopes + layer.norm)
            width = layer.n
        elif isinstance(layer, Scale):
            total += width
        elif isinstance(layer, LevelEmbedding):
            total += sum(layer.levels) * layer.width
            width += len(layer.levels) * layer.width
        elif isinstance(layer, NumberEmbedding):
            total += layer.n * parameters_of_a_number(layer.shape)
            width += layer.n * PER_NUMBER
        else:
            width += layer.n
    return total


def parameters_of_a_number(shape: str) -> int:
    """Return how many parameters an embedded number has."""
    shapes = SHAPES_OF_NUMBER[shape]
    return 2 * shapes + LEARNED * (shapes + 1)


def lay_out(layers: tuple[Layer, ...]) -> Layout:
    """Return the layout of layers that follow on each other."""
    return _Builder(layers).layout()


class _Builder:
    """Hands out stretches of the parameters and blocks of neurons."""

    def __init__(self, layers: tuple[Layer, ...]) -> None:
        self.layers = layers
        front = [each for each in layers if isinstance(each, READS_INPUTS)]
        self.n_inputs = sum(e.n for e in front if not isinstance(e, LevelEmbedding))
        self.records: list[Record] = []
        self.stretches: list[Stretch] = []
        self.n_parameters = 0
        self.source, self.width = 0, self.n_inputs  # what the next layer reads
        self.neurons = self.n_inputs
        if len(front) > 1 or not isinstance(front[0], Inputs):
            self._add_front(front)

    def layout(self) -> Layout:
        """Return the layout of all layers."""
        for layer in self.layers:
            if isinstance(layer, Scale):
                self._add_scale()
            elif isinstance(layer, Dense):
                self._add_dense(layer)
        dense: list[int] = []
        codes: list[int] = []
        levels, rows = [0], []
        column = 0
        for layer in self.layers:
            if isinstance(layer, LevelEmbedding):
                codes += range(column, column + len(layer.levels))
                levels += layer.levels
                rows += [0, *accumulate(layer.levels[:-1])]
                column += len(layer.levels)
            elif isinstance(layer, (Inputs, NumberEmbedding)):
                dense += range(column, column + layer.n)
                column += layer.n
        return Layout(
            np.array(self.records, LAYER),
            tuple(self.stretches),
            np.array(dense, np.int64),
            np.array(codes, np.int64),
            np.cumsum(levels),
            np.array(rows, np.int64),
        )

    def _take(self, kind: str, size: int, fan_in: int = 1) -> int:
        """Return where a new stretch of parameters begins."""
        start = self.n_parameters
        self.stretches.append(Stretch(kind, start, size, fan_in))
        self.n_parameters += size
        return start

    def _record(self, kind: int, n_in: int, n_out: int) -> Record:
        """Return a new record that reads and writes whole blocks."""
        record = np.zeros((), LAYER)
        record["kind"], record["n_in"], record["n_out"] = kind, n_in, n_out
        record["source"], record["target"] = self.source, self.neurons
        record["slopes"] = record["gammas"] = -1
        return record

    def _follow(self, record: Record) -> None:
        """Add a layer; the next one reads what it writes."""
        self.records.append(record)
        self.source, self.width = int(record["target"]), int(record["n_out"])
        self.neurons = self.source + self.width

    def _add_front(self, front: Sequence[Layer]) -> None:
        """Add the layers that read the inputs, into one block."""
        row, column, code_column = 0, 0, 0
        for layer in front:
            if isinstance(layer, LevelEmbedding):
                n_in = len(layer.levels)
                record = self._record(LEVELS, n_in, n_in * layer.width)
                record["source_row"] = code_column
                record["n_weights"] = sum(layer.levels) * layer.width
                record["weights"] = self._take("levels", int(record["n_weights"]))
                code_column += n_in
            else:
                record = self._front_numbers(layer)
                record["source_row"] = column
                column += int(record["n_in"])
            record["target_row"] = row
            row += int(record["n_out"])
            self.records.append(record)
        self.source, self.width = self.neurons, row
        self.neurons += row

    def _front_numbers(self, layer: Layer) -> Record:
        """Return the record of a layer that reads numbers."""
        if isinstance(layer, NumberEmbedding):
            return self._embedded_numbers(layer)
        assert isinstance(layer, Inputs)  # noqa: S101 - no other reads numbers
        return self._record(COPY, layer.n, layer.n)

    def _embedded_numbers(self, layer: NumberEmbedding) -> Record:
        """Return the record of embedded numbers; where ramps stand is not learned."""
        n, size = layer.n, layer.n * parameters_of_a_number(layer.shape)
        ramps = layer.shape == "ramps"
        record = self._record(RAMPS if ramps else NUMBERS, n, n * PER_NUMBER)
        record["n_weights"], record["weights"] = size, self.n_parameters
        if ramps:
            self._take("knots", 2 * n * STEPS)
            self._take("ramps", size - 2 * n * STEPS)
        else:
            self._take("numbers", size)
        return record

    def _add_scale(self) -> None:
        """Add the scale layer."""
        record = self._record(SCALE, self.width, self.width)
        record["n_weights"] = self.width
        record["weights"] = self._take("scale", self.width)
        self._follow(record)

    def _add_dense(self, layer: Dense) -> None:
        """Add a dense layer: weights, biases, slopes, gammas."""
        n_in, n = self.width, layer.n
        record = self._record(DENSE, n_in, n)
        fan_in = n_in if layer.parametrization == "ntk" else 1
        record["n_weights"] = n_in * n
        record["weights"] = self._take("weights", n_in * n, fan_in)
        record["biases"] = self._take("biases", n)
        if layer.slopes:
            record["slopes"] = self._take("slopes", n)
        if layer.norm:
            record["gammas"] = self._take("gammas", n)
        record["activation"] = ACTIVATIONS[layer.activation].code
        record["dropout"] = layer.dropout
        self._follow(record)


def weights_view(layer: Record, flat: np.ndarray) -> np.ndarray:
    """Return W of a dense layer as a view that keeps the parameters alive.

    What the kernel of this name returns is a bare pointer: it would outlive a network
    that is gone.
    """
    return matrix(flat, layer["weights"], layer["n_out"], layer["n_in"])


def neurons_view(layer: Record, start: str, flat: np.ndarray) -> np.ndarray:
    """Return a layer's numbers, one a neuron, as a view; `start` is a field's name."""
    lo = int(layer[start])
    return flat[lo : lo + int(layer["n_out"])]


class _Room(NamedTuple):
    """How much room an example takes in each buffer."""

    neurons: int
    outputs: int
    widest: int
    cosines: int
    codes: int
    apart: bool  # whether a layer has slopes: Z is not overwritten by A
    normalizes: bool


def _room(records: np.ndarray) -> _Room:
    """Return how much room an example takes."""
    last = records[-1]
    kinds = records["kind"]
    numbers = records[np.isin(kinds, (NUMBERS, RAMPS))]
    rows = (records["target_row"] + records["n_out"]).max()
    return _Room(
        neurons=int(last["target"] + last["n_out"]),
        outputs=int(last["n_out"]),
        # Costs and softmax take up to four numbers an example from the widest buffer.
        widest=max(4, int(rows), int(records["n_in"].max())),
        cosines=STEPS * int((numbers["source_row"] + numbers["n_in"]).max(initial=0)),
        codes=int(records[kinds == LEVELS]["n_in"].sum()),
        apart=bool((records["slopes"] >= 0).any()),
        normalizes=bool((records["gammas"] >= 0).any()),
    )


def make_workspace(
    layout: Layout, capacity: int, dtype: np.dtype[Any], *, drops: bool = False
) -> Workspace:
    """Return buffers for batches of at most `capacity` examples, there and back.

    Parameters
    ----------
    layout : Layout
        Where the layers stand.
    capacity : int
        Examples of a batch, at most.
    dtype : dtype
        float32 or float64.
    drops : bool
        Whether layers drop activations.
    """
    room = layout.room
    n = room.neurons * capacity
    A = zeros(n, dtype)
    normalized = n if room.normalizes else 0
    return Workspace(
        capacity,
        A=A,
        Z=zeros(n, dtype),
        G=zeros(n, dtype) if room.apart or drops else A,
        dZ=zeros(n, dtype),
        masks=np.zeros(n if drops else 0, dtype),
        hat=np.zeros(normalized, dtype),
        cosines=np.zeros(room.cosines * capacity, dtype),
        dA=zeros(room.widest * capacity, dtype),
        panels=zeros(_panel_room(layout, capacity, dtype), dtype),
        deviation=np.ones(room.neurons if room.normalizes else 0),
        zeros=np.zeros(room.widest if room.normalizes else 0, dtype),
        codes=np.zeros(room.codes * capacity, np.int32),
        Y=np.zeros(room.outputs * capacity, dtype),
        w=np.zeros(capacity, dtype),
    )


def make_forward_workspace(
    layout: Layout, capacity: int, dtype: np.dtype[Any]
) -> Workspace:
    """Return buffers for feed-forward alone: activations overwrite weighted inputs."""
    room = layout.room
    A = np.empty(room.neurons * capacity, dtype)
    none = A[:0]  # also where nothing is needed: one example takes microseconds
    return Workspace(
        capacity,
        A=A,
        Z=np.empty(room.neurons * capacity, dtype) if room.apart else A,
        G=A,
        dZ=none,
        masks=none,
        hat=none,
        cosines=np.empty(room.cosines * capacity, dtype) if room.cosines else none,
        dA=np.empty(room.widest * capacity, dtype),
        panels=np.empty(_panel_room(layout, capacity, dtype), dtype)
        if capacity > 1
        else none,
        deviation=_NOTHING,
        zeros=np.zeros(room.widest, dtype) if room.normalizes else none,
        codes=np.empty(room.codes * capacity, np.int32) if room.codes else _NO_CODES,
        Y=none,
        w=none,
    )


def _panel_room(layout: Layout, capacity: int, dtype: np.dtype[Any]) -> int:
    """Return how many numbers the panels of the widest product take."""
    wide = VECTORS * BYTES // dtype.itemsize
    sides = zip(
        layout.dense["n_in"].tolist(), layout.dense["n_out"].tolist(), strict=True
    )
    return max(panel_room(n_in, n_out, capacity, wide) for n_in, n_out in sides)


_NOTHING, _NO_CODES = np.empty(0), np.empty(0, np.int32)

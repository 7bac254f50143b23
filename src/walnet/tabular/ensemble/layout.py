"""Where the parameters of a tabular network stand in its flat vector."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from walnet.engine.kernels.tabular_types import (
    DENSE,
    FREQUENCIES,
    GROUP,
    INPUT,
    LEARNED,
    Buffers,
)
from walnet.engine.plan import ACTIVATIONS
from walnet.tabular.recipes.recipe import Recipe

EMBEDDING = 8  # numbers that a level becomes


@dataclass(frozen=True)
class Widths:
    """How wide the two ends of a network are.

    Attributes
    ----------
    numbers, plain : int
        Inputs that get a periodic embedding, and inputs that do not.
    levels : tuple of int
        How many levels each category with a learned embedding has.
    outputs : int
        Outputs of the last layer.
    """

    numbers: int
    plain: int
    levels: tuple[int, ...]
    outputs: int


@dataclass(frozen=True)
class Layout:
    """The records that the kernels read, and how many parameters there are."""

    widths: Widths
    input: NDArray[np.void]
    layers: NDArray[np.void]
    groups: NDArray[np.void]
    n_parameters: int

    @property
    def model(self) -> tuple[np.void, NDArray[np.void], NDArray[np.void]]:
        """The records in the order that the kernels take them."""
        return self.input[0], self.layers, self.groups

    def level_starts(self) -> NDArray[np.int64]:
        """Return the first row of each category in the table of all levels."""
        return np.concatenate([[0], np.cumsum(self.widths.levels)]).astype(np.int64)


class _Vector:
    """Hands out stretches of the flat vector, and notes the rate each learns at."""

    def __init__(self) -> None:
        self.size = 0
        self.groups: list[tuple[int, int, float, float, float]] = []

    def take(
        self, size: int, rate: float, *, decay: float = 1.0, fan_in: int = 1
    ) -> int:
        """Return where a stretch begins.

        A weight of a layer with n inputs stands for w/√n, w learned at `rate`: the
        "neural tangent" parametrisation. Adam makes that a step of rate/√n, with √n ε.
        """
        start, root = self.size, fan_in**0.5
        self.size += size
        if size:
            self.groups.append((start, size, rate / root, rate * decay, root))
        return start


def lay_out(widths: Widths, recipe: Recipe) -> Layout:
    """Return the layout of a network."""
    vector = _Vector()
    periodic = widths.numbers if recipe.embed_numbers else 0
    n_levels = sum(widths.levels)
    n_inputs = widths.numbers + periodic * LEARNED + widths.plain
    n_inputs += len(widths.levels) * EMBEDDING
    rate = recipe.embedding_rate
    record = np.zeros(1, INPUT)
    record[0] = (
        widths.numbers,
        widths.plain,
        len(widths.levels),
        EMBEDDING,
        n_inputs,
        vector.take(periodic * FREQUENCIES, rate),
        vector.take(periodic * FREQUENCIES, rate),
        vector.take(periodic * LEARNED * FREQUENCIES, rate),
        vector.take(periodic * LEARNED, rate),
        vector.take(n_levels * EMBEDDING, recipe.level_rate),
        n_levels,
        vector.take(n_inputs, recipe.scale_rate),
        ACTIVATIONS[recipe.activation],
        int(recipe.embed_numbers),
    )
    layers = _dense_layers(n_inputs, widths.outputs, recipe, vector)
    groups = np.array(vector.groups, GROUP)
    return Layout(widths, record, layers, groups, vector.size)


def _dense_layers(
    n_inputs: int, n_outputs: int, recipe: Recipe, vector: _Vector
) -> NDArray[np.void]:
    """Return the records of the dense layers."""
    sizes = (n_inputs, *recipe.hidden, n_outputs)
    layers = np.zeros(len(sizes) - 1, DENSE)
    for place, (n_in, n_out) in enumerate(pairwise(sizes)):
        hidden = place < len(layers) - 1
        layers[place] = (
            n_in,
            n_out,
            vector.take(n_in * n_out, 1.0, fan_in=n_in),
            vector.take(n_out, recipe.bias_rate, decay=0.0),
            vector.take(n_out * hidden, recipe.slope_rate),
            sum(sizes[1 : place + 1]),
        )
    return layers


def new_buffers(layout: Layout, capacity: int, dtype: type = np.float32) -> Buffers:
    """Return room for a pass of `capacity` rows."""
    widths, record = layout.widths, layout.input[0]
    neurons = int(layout.layers["n_out"].sum())
    widest = max(int(record["n_inputs"]), int(layout.layers["n_out"].max()))
    periodic = widths.numbers * int(record["embed_numbers"])

    def room(rows: int, kind: type = dtype) -> NDArray[np.generic]:
        return np.zeros(max(rows, 1) * capacity, kind)

    return Buffers(
        capacity,
        X=room(widths.numbers + widths.plain),
        codes=room(len(widths.levels), np.int32),
        y=room(1),
        w=room(1),
        cosines=room(periodic * FREQUENCIES),
        embedded=room(int(record["n_inputs"])),
        scaled=room(int(record["n_inputs"])),
        Z=room(neurons),
        G=room(neurons),
        A=room(neurons),
        masks=room(neurons),
        dA=room(widest),
        dZ=room(widest),
    )

"""A pass as a chain: the inputs, layer after layer, and the cost if there is one."""

from __future__ import annotations

import numpy as np

from walnet.engine.kernels.types import COPY, DENSE, LEVELS, NUMBERS, RAMPS, SCALE
from walnet.tracing.dense import Dense
from walnet.tracing.embeddings import Front, LevelEmbedding, NumberEmbedding
from walnet.tracing.iteration import Iteration
from walnet.tracing.layer import Inputs, Layer, Source
from walnet.tracing.loss import Loss
from walnet.tracing.passes import Pass
from walnet.tracing.ramps import RampEmbedding
from walnet.tracing.scale import Scale

_KINDS: dict[int, type[NumberEmbedding | LevelEmbedding]] = {
    NUMBERS: NumberEmbedding,
    RAMPS: RampEmbedding,
    LEVELS: LevelEmbedding,
}


class Chain:
    """The layers of a pass, each knowing what is before and after it.

    Parameters
    ----------
    passed : Pass
        Where the numbers come from.

    Attributes
    ----------
    front : list of Layer
        Those in front of the dense ones.
    dense : list of Dense
        The dense ones, the output last.
    loss : Loss or None
        The cost, of an iteration.
    """

    def __init__(self, passed: Pass) -> None:
        self.passed = passed
        self.front: list[Layer] = []
        self.dense: list[Dense] = []
        before = self._in_front()
        for at in np.flatnonzero(passed.records["kind"] == DENSE):
            layer = Dense(passed, int(at), before, len(self.dense) + 1)
            for each in [*self.front, *self.dense[-1:]]:
                if not hasattr(each, "after"):
                    each.after = layer
            self.dense.append(layer)
            before = layer
        self.loss: Loss | None = None
        if isinstance(passed, Iteration):
            self.loss = Loss(passed, self.dense[-1])
            self.dense[-1].after = self.loss

    @property
    def layers(self) -> list[Layer]:
        """All layers that compute something, in order."""
        return [*self.front, *self.dense]

    @property
    def cost(self) -> Loss:
        """The cost of an iteration."""
        assert self.loss is not None  # noqa: S101 - as its callers know
        return self.loss

    def _in_front(self) -> Source:
        """Make the layers in front; return what the first dense one reads."""
        passed, whole = self.passed, Front()
        before: Source = whole
        for at, record in enumerate(passed.records):
            kind, width = record["kind"], int(record["n_out"])
            if kind == DENSE:
                break
            if kind == SCALE:
                before = self._scale(at, whole if whole.parts else self._inputs())
                continue
            lo = int(record["source_row"])
            part = self._inputs(slice(lo, lo + int(record["n_in"])))
            if kind == COPY:
                whole.add(part, width)
                continue
            layer = _KINDS[int(kind)](passed, at, part)
            layer.first = whole.width
            whole.add(layer, width)
            self.front.append(layer)
        return before if whole.parts or self.front else self._inputs()

    def _scale(self, at: int, before: Source) -> Scale:
        """Make the scale layer behind those that are there."""
        scale = Scale(self.passed, at, before)
        for each in self.front:
            each.after = scale
        self.front.append(scale)
        return scale

    def _inputs(self, part: slice = slice(None)) -> Inputs:
        """Return some of the inputs that are numbers."""
        columns = self.passed.network.layout.dense_columns
        return Inputs(self.passed.shown.X[:, part], columns[part])

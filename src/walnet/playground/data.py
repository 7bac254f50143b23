"""The examples that a playground trains on, ready for the network and the page."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from walnet.engine.task import OutputLayer, output_and_cost
from walnet.errors import DataError
from walnet.playground.examples import SplitExamples, drawn, generated
from walnet.playground.messages import DataState, ViewState
from walnet.playground.projection import (
    Floats,
    Plane,
    canvas_plane,
    component_plane,
    feature_plane,
)

if TYPE_CHECKING:
    # It takes a table library with it, which many sessions never need.
    from walnet.playground.own_table import OwnTable

SHOWN = 500
EVALUATED = 5_000
HEALTH_ROWS = 256


@dataclass(frozen=True)
class PlaygroundData(SplitExamples):
    """Examples, and the plane that they are looked at on."""

    plane: Plane = field(kw_only=True)

    @property
    def n_outputs(self) -> int:
        """Number of the network's outputs."""
        return int(self.y_train.shape[1])

    @property
    def output(self) -> str:
        """Activation of the output layer."""
        return self._output_layer.activation

    @property
    def cost(self) -> str:
        """The cost that goes with the output."""
        return self._output_layer.cost

    @property
    def _output_layer(self) -> OutputLayer:
        """The output layer that suits the targets: of two classes one column."""
        if self.task == "regression":
            return output_and_cost("numbers", self.n_outputs)
        return output_and_cost("classes", max(self.n_outputs, 2))

    @cached_property
    def output_range(self) -> tuple[float, float]:
        """The outputs that the ends of the colours stand for."""
        if self.task == "classification":
            return 0.0, 1.0
        low, high = np.percentile(self.y_train, [1, 99])
        return (float(low), float(high)) if high > low else (low - 1.0, high + 1.0)

    @cached_property
    def shown_train(self) -> NDArray[np.intp]:
        """Rows of the training examples that are drawn."""
        return _sample(len(self.X_train), SHOWN)

    @cached_property
    def shown_test(self) -> NDArray[np.intp]:
        """Rows of the test examples that are drawn."""
        return _sample(len(self.X_test), SHOWN)

    @cached_property
    def shown_inputs(self) -> Floats:
        """Inputs of the drawn examples, training rows first."""
        rows = self.X_train[self.shown_train], self.X_test[self.shown_test]
        return np.ascontiguousarray(np.concatenate(rows))

    @cached_property
    def evaluated_train(self) -> tuple[Floats, Floats]:
        """Training examples that the shown cost is the mean over."""
        rows = _sample(len(self.X_train), EVALUATED)
        return self.X_train[rows], self.y_train[rows]

    @cached_property
    def evaluated_test(self) -> tuple[Floats, Floats]:
        """Test examples that the shown cost is the mean over."""
        rows = _sample(len(self.X_test), EVALUATED)
        return self.X_test[rows], self.y_test[rows]

    @cached_property
    def health_inputs(self) -> Floats:
        """Training inputs that tell whether a neuron is dead or saturated."""
        return self.X_train[_sample(len(self.X_train), HEALTH_ROWS)]

    @cached_property
    def shown_arrays(self) -> dict[str, NDArray[Any]]:
        """Places on the plane and targets of the drawn examples."""
        train, test = self.shown_train, self.shown_test
        X, y = self.X_train[train], self.y_train[train]
        X_test, y_test = self.X_test[test], self.y_test[test]
        return {
            "train_rows": train.astype(np.float64),
            "train_points": self.plane.points(X, y),
            "train_targets": y,
            "test_points": self.plane.points(X_test, y_test),
            "test_targets": y_test,
        }

    @cached_property
    def _grids(self) -> dict[int, Floats]:
        return {}

    def grid(self, side: int) -> Floats:
        """Return the inputs of a map, made once."""
        if side not in self._grids:
            self._grids[side] = self.plane.grid(side)
        return self._grids[side]

    def with_view(self, view: ViewState) -> PlaygroundData:
        """Return the same examples, looked at on another plane."""
        return replace(
            self, plane=_plane(self.X_train, self.y_train, self.inputs, view)
        )


def make_data(
    state: DataState, view: ViewState, table: OwnTable | None
) -> PlaygroundData:
    """Return the examples that a state asks for.

    Raises
    ------
    DataError
        If there is nothing to learn from, or the person's own table is not here.
    """
    examples = _examples(state, table)
    if state.source == "drawn":
        plane = canvas_plane(examples.X_train, examples.inputs)
    else:
        plane = _plane(examples.X_train, examples.y_train, examples.inputs, view)
    return PlaygroundData(**vars(examples), plane=plane)


def _examples(state: DataState, table: OwnTable | None) -> SplitExamples:
    if state.source == "drawn":
        return drawn(state)
    if state.source != "file":
        return generated(state)
    if table is None:
        name = state.file.name or "the table"
        message = f"Drop {name} on the page again: a link does not carry its rows."
        raise DataError(message)
    return table.examples(state)


def _plane(X: Floats, y: Floats, inputs: list[str], view: ViewState) -> Plane:
    if view.components and X.shape[1] > 2:
        return component_plane(X)
    return feature_plane(X, y, inputs, (view.axis_x, view.axis_y))


def _sample(rows: int, most: int) -> NDArray[np.intp]:
    """Return evenly spaced rows; they were put in random order before."""
    return np.unique(np.linspace(0, rows - 1, min(rows, most)).astype(np.intp))

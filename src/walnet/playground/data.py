"""The examples that a playground trains on, ready for the network and the page."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from walnet import datasets
from walnet.errors import DataError
from walnet.playground.messages import DataState, Task, ViewState
from walnet.playground.own_table import OwnTable
from walnet.playground.plane import Floats, Plane, component_plane, feature_plane

SHOWN = 500
EVALUATED = 5_000
HEALTH_ROWS = 256


@dataclass(frozen=True)
class Examples:
    """Inputs and targets before they are split, in the words of their source.

    ``y`` holds class numbers from 0, or numbers in a regression. The first ``n_train``
    rows are trained on.
    """

    X: NDArray[Any]
    y: NDArray[Any]
    n_train: int
    task: Task
    inputs: list[str]
    classes: list[str]
    target: str
    standardise: bool = False
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class PlaygroundData:
    """Arrays as the network takes them: float32, targets of shape (rows, outputs)."""

    X_train: Floats
    y_train: Floats
    X_test: Floats
    y_test: Floats
    task: Task
    inputs: list[str]
    classes: list[str]
    target: str
    plane: Plane
    notes: list[str]

    @property
    def n_outputs(self) -> int:
        """Number of the network's outputs."""
        return self.y_train.shape[1]

    @property
    def output(self) -> str:
        """Activation of the output layer."""
        if self.task == "regression":
            return "identity"
        return "sigmoid" if self.n_outputs == 1 else "softmax"

    @property
    def cost(self) -> str:
        """The cost that goes with the output."""
        names = {
            "identity": "mse",
            "sigmoid": "binary_cross_entropy",
            "softmax": "categorical_cross_entropy",
        }
        return names[self.output]

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
    def shown_X(self) -> Floats:
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
    def health_X(self) -> Floats:
        """Training inputs that tell whether a neuron is dead or saturated."""
        return self.X_train[_sample(len(self.X_train), HEALTH_ROWS)]

    @cached_property
    def _grids(self) -> dict[int, Floats]:
        return {}

    def grid(self, side: int) -> Floats:
        """Return the inputs of a map, made once."""
        if side not in self._grids:
            self._grids[side] = self.plane.grid(side)
        return self._grids[side]

    def looked_at(self, view: ViewState) -> PlaygroundData:
        """Return the same examples, looked at on another plane."""
        return replace(self, plane=_plane(self.X_train, self.y_train, self.inputs, view))


def make_data(
    state: DataState, view: ViewState, table: OwnTable | None
) -> PlaygroundData:
    """Return the examples that a state asks for.

    Raises
    ------
    DataError
        If there is nothing to learn from, or the person's own table is not here.
    """
    if state.source == "file":
        examples = _from_file(state, table)
    elif state.source == "drawn":
        examples = _drawn(state)
    else:
        examples = _generated(state)
    return _ready(examples, view)


def _generated(state: DataState) -> Examples:
    if state.source == "blobs":
        made = datasets.blobs(
            state.size, state.noise, state.seed, classes=state.classes
        )
    else:
        made = datasets.make(state.source, state.size, state.noise, state.seed)
    return Examples(
        made.X,
        made.y,
        train_rows(state.size, state.test_share),
        made.task,
        list(made.feature_names),
        list(made.class_names),
        made.target_name,
    )


def train_rows(rows: int, test_share: float) -> int:
    """Return how many of the rows are trained on: at least one."""
    return max(1, rows - round(rows * test_share))


def _drawn(state: DataState) -> Examples:
    if len(state.points) < 2:
        raise DataError("Draw at least two points on the map to train on them.")
    points = np.array(state.points, dtype=np.float64)
    order = np.random.default_rng(state.seed).permutation(len(points))
    points = points[order]
    n_train = train_rows(len(points), state.test_share)
    names, target = ["x1", "x2"], points[:, 2]
    if state.drawn_task == "regression":
        return Examples(points[:, :2], target, n_train, "regression", names, [], "y")
    labels = target.astype(np.int64)
    classes = [str(k) for k in range(max(2, int(labels.max()) + 1))]
    return Examples(
        points[:, :2], labels, n_train, "classification", names, classes, "class"
    )


def _from_file(state: DataState, table: OwnTable | None) -> Examples:
    if table is None:
        name = state.file.name or "the table"
        message = f"Drop {name} on the page again: a link does not carry its rows."
        raise DataError(message)
    read = table.examples(state.file)
    order = np.random.default_rng(state.seed).permutation(len(read.X))
    return Examples(
        read.X[order],
        read.y[order],
        train_rows(len(read.X), state.test_share),
        read.task,
        read.inputs,
        read.classes,
        state.file.target,
        standardise=True,
        notes=read.notes,
    )


def _ready(examples: Examples, view: ViewState) -> PlaygroundData:
    """Split, standardise where asked, and bring the targets into the network's shape."""
    n = examples.n_train
    X, y = examples.X.astype(np.float64), _targets(examples)
    if examples.standardise:
        X = _standardised(X, n)
        if examples.task == "regression":
            y = _standardised(y, n)
    X, y = X.astype(np.float32), y.astype(np.float32)
    X_train, y_train = np.ascontiguousarray(X[:n]), np.ascontiguousarray(y[:n])
    return PlaygroundData(
        X_train,
        y_train,
        np.ascontiguousarray(X[n:]),
        np.ascontiguousarray(y[n:]),
        examples.task,
        examples.inputs,
        examples.classes,
        examples.target,
        _plane(X_train, y_train, examples.inputs, view),
        examples.notes,
    )


def _targets(examples: Examples) -> NDArray[Any]:
    if examples.task == "regression":
        return examples.y.astype(np.float64)[:, None]
    if len(examples.classes) <= 2:
        return examples.y[:, None]
    return np.eye(len(examples.classes))[examples.y]


def _standardised(values: NDArray[Any], n_train: int) -> NDArray[Any]:
    """Return values less the training mean, over the training deviation."""
    mean, deviation = values[:n_train].mean(axis=0), values[:n_train].std(axis=0)
    return (values - mean) / np.where(deviation > 0, deviation, 1.0)


def _plane(X: Floats, y: Floats, inputs: list[str], view: ViewState) -> Plane:
    if view.components and X.shape[1] > 2:
        return component_plane(X)
    return feature_plane(X, y, inputs, (view.axis_x, view.axis_y))


def _sample(rows: int, most: int) -> NDArray[np.intp]:
    """Return evenly spaced rows; they were put in random order before."""
    return np.unique(np.linspace(0, rows - 1, min(rows, most)).astype(np.intp))

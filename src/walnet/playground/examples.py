"""Examples as the network takes them, before it is said how they are looked at."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from walnet import datasets
from walnet.engine.draws import permutation
from walnet.engine.kernels.machine.randomness import ROWS
from walnet.errors import DataError
from walnet.playground.messages import DataState, Task

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class SplitExamples:
    """Inputs and targets of shape (rows, outputs), float32, split in two."""

    X_train: Floats
    y_train: Floats
    X_test: Floats
    y_test: Floats
    task: Task
    inputs: list[str]
    classes: list[str]
    target: str
    notes: list[str] = field(default_factory=list)


def generated(state: DataState) -> SplitExamples:
    """Return one of the library's data sets; its first rows are trained on."""
    made = make_dataset(state)
    n_train = train_rows(state.size, state.test_share)
    X = made.X.astype(np.float32)
    y = target_columns(made.y, len(made.class_names))
    return SplitExamples(
        X[:n_train],
        y[:n_train],
        X[n_train:],
        y[n_train:],
        made.task,
        list(made.feature_names),
        list(made.class_names),
        made.target_name,
    )


def make_dataset(state: DataState) -> datasets.Dataset:
    """Return the library's data set that a state names."""
    if state.source == "blobs":
        return datasets.blobs(
            state.size, state.noise, state.seed, classes=state.classes
        )
    return datasets.make(state.source, state.size, state.noise, state.seed)


def drawn(state: DataState) -> SplitExamples:
    """Return the points that were drawn, in a random order.

    Raises
    ------
    DataError
        If there are fewer than two.
    """
    if len(state.points) < 2:
        raise DataError("Put at least two points on the map to train on them.")
    points = np.array(state.points, dtype=np.float64)
    points = points[permutation(state.seed, ROWS, len(points))]
    n = train_rows(len(points), state.test_share)
    X, targets = points[:, :2].astype(np.float32), points[:, 2]
    classes: list[str] = []
    if state.drawn_task == "classification":
        targets = np.clip(targets, 0, None).astype(np.int64)
        classes = [str(k) for k in range(max(2, int(targets.max()) + 1))]
    y = target_columns(targets, len(classes))
    names = ["x1", "x2"]
    return SplitExamples(
        X[:n], y[:n], X[n:], y[n:], state.drawn_task, names, classes, "y"
    )


def train_rows(rows: int, test_share: float) -> int:
    """Return how many of the rows are trained on: at least one."""
    return max(1, rows - round(rows * test_share))


def target_columns(y: NDArray[Any], classes: int) -> Floats:
    """Return one column for two classes or a number, else one column a class."""
    if classes <= 2:
        return y.astype(np.float32)[:, None]
    one_hot: Floats = np.eye(classes, dtype=np.float32)[y]
    return one_hot

"""What simple models of scikit-learn make of the same rows: a measure of one's own."""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from walnet.inspection.chance import row_errors
from walnet.inspection.evaluation import Evaluation, evaluate_outputs
from walnet.tables import Schema, Table
from walnet.tables.target import ClassTarget
from walnet.waiting import waiting_for

_FIRST = 500  # rows that show how long a model takes
_FEW_TREES = 3  # iterations that do
_NEIGHBOURS = 5


@dataclass(frozen=True)
class Baseline:
    """A simple model, learned from the same rows and tested with the same.

    Attributes
    ----------
    name : str
        What it is.
    evaluation : Evaluation
        How good it is on the rows to test with.
    errors : ndarray of shape (rows,), float64
        What each of these rows adds to its error, see `row_errors`.
    rows : int
        How many rows it learned from: fewer if all would have taken too long.
    seconds : float
        How long learning and predicting took.
    """

    name: str
    evaluation: Evaluation
    errors: NDArray[np.float64]
    rows: int
    seconds: float


@waiting_for("learning simple models to compare with")
def baselines(
    schema: Schema,
    train: Table,
    test: Table,
    class_counts: Sequence[int] = (),
    *,
    seconds: float = 30.0,
    seed: int = 0,
) -> list[Baseline]:
    """Return how good simple models are on rows to test with.

    They get the inputs that a single network gets: numbers standardised, an input for
    each level. They are as scikit-learn makes them by default.

    Parameters
    ----------
    schema : Schema
        Of the training rows.
    train, test : Table
        Rows with a target.
    class_counts : sequence of int
        The training rows of each class; empty for a number.
    seconds : float, default 30
        About how long all may take: then they learn from fewer rows.
    seed : int, default 0
        Where the choice of rows comes from.

    Returns
    -------
    list of Baseline
        A linear model, nearest neighbours, and gradient boosting; one that takes longer
        than there is time is left out.

    Examples
    --------
    >>> from walnet.tables import as_table
    >>> kinds = ["nut", "nut", "egg", "egg"] * 5
    >>> rows = as_table({"size": [1, 2, 3, 4] * 5, "kind": kinds})
    >>> found = baselines(Schema.fit(rows, "kind"), rows, rows, [10, 10])
    >>> [(each.name, each.evaluation.measures["accuracy"]) for each in found][0]
    ('logistic regression', 1.0)
    """
    models = _models(isinstance(schema.target, ClassTarget), seed)
    found, deadline = [], time.monotonic() + seconds
    X, y = schema.encode(train), schema.encode_target(train)
    X_test = schema.encode(test)
    for place, (name, make) in enumerate(models.items()):
        # What a quick model leaves over, a slow one has.
        share = (deadline - time.monotonic()) / (len(models) - place)
        race = _Race(make, X, y, X_test, share)
        try:
            outputs, n_rows, took = race.run(np.random.default_rng(seed))
        except _TooSlow:
            continue
        if isinstance(schema.target, ClassTarget):
            outputs = _all_classes(outputs, race.classes, len(schema.target.labels))
        evaluation = evaluate_outputs(schema, test, outputs, class_counts)
        errors = row_errors(schema, test, outputs)
        found.append(Baseline(name, evaluation, errors, n_rows, took))
    return found


def _models(is_class: bool, seed: int) -> dict[str, Callable[[], Any]]:  # noqa: FBT001
    """Return what makes each of the simple models."""
    from sklearn import ensemble, linear_model, neighbors

    if is_class:
        return {
            "logistic regression": lambda: linear_model.LogisticRegression(
                max_iter=300
            ),
            "nearest neighbours": lambda: neighbors.KNeighborsClassifier(_NEIGHBOURS),
            "gradient boosting": lambda: ensemble.HistGradientBoostingClassifier(
                random_state=seed
            ),
        }
    return {
        "linear regression": linear_model.Ridge,
        "nearest neighbours": lambda: neighbors.KNeighborsRegressor(_NEIGHBOURS),
        "gradient boosting": lambda: ensemble.HistGradientBoostingRegressor(
            random_state=seed
        ),
    }


class _Race:
    """One simple model against the clock."""

    def __init__(
        self,
        make: Callable[[], Any],
        X: NDArray[np.float32],
        y: NDArray[Any],
        X_test: NDArray[np.float32],
        seconds: float,
    ) -> None:
        self.make, self.X, self.y, self.X_test = make, X, y, X_test
        self.seconds = seconds
        self.classes: NDArray[Any] = np.array([])

    def run(self, random: np.random.Generator) -> tuple[NDArray[Any], int, float]:
        """Return outputs for the rows to test with, the rows learned from, the time.

        A first model of few rows shows how many can be afforded.

        Raises
        ------
        _TooSlow
            If not even few rows can be.
        """
        order = random.permutation(len(self.y))
        few = order if len(order) <= 2 * _FIRST else order[:_FIRST]
        if self._at_least(few) > self.seconds:
            raise _TooSlow
        outputs, took = self._learn(few, self.make())
        affordable = int(_FIRST * (self.seconds - took) / max(took, 1e-6))
        if len(order) == len(few) or affordable <= _FIRST:
            return outputs, len(few), took
        rows = order[:affordable]
        outputs, took = self._learn(rows, self.make())
        return outputs, len(rows), took

    def _at_least(self, rows: NDArray[np.int64]) -> float:
        """Return how long learning from some rows takes, by a few trees of it."""
        model = self.make()
        n_trees = getattr(model, "max_iter", 0)
        if not hasattr(model, "max_leaf_nodes"):
            return 0.0
        model.max_iter = _FEW_TREES
        return self._learn(rows, model)[1] * n_trees / _FEW_TREES

    def _learn(self, rows: NDArray[np.int64], model: Any) -> tuple[NDArray[Any], float]:
        """Learn from some rows and predict those to test with."""
        from threadpoolctl import threadpool_limits

        if hasattr(model, "n_neighbors"):
            model.n_neighbors = min(_NEIGHBOURS, len(rows))
        if len(np.unique(self.y[rows])) < 2:
            rows = np.arange(len(self.y))
        started = time.monotonic()
        # Where others use the processor, too, threads wait for each other for minutes.
        with warnings.catch_warnings(), threadpool_limits(1):
            warnings.simplefilter("ignore")
            model.fit(self.X[rows], self.y[rows])
            if hasattr(model, "predict_proba"):
                self.classes = model.classes_
                outputs = model.predict_proba(self.X_test)
            else:
                outputs = model.predict(self.X_test)[:, None]
        return np.asarray(outputs), time.monotonic() - started


class _TooSlow(Exception):  # noqa: N818 - nothing is wrong
    """A model that takes longer than there is time, whatever the rows."""


def _all_classes(
    outputs: NDArray[Any], classes: NDArray[Any], n_classes: int
) -> NDArray[np.float64]:
    """Return probabilities of all classes, 0 for those that were not seen."""
    whole = np.zeros((len(outputs), n_classes))
    whole[:, classes.astype(np.int64)] = outputs
    return whole

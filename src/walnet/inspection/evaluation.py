"""How good predictions are, beside a guess that learned nothing: the one scorer.

Models, the terminal, the report and the benchmarks measure with `evaluate_classes` and
`evaluate_numbers`, and write the measures as `MEASURES` says.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from walnet.errors import DataError
from walnet.tables import Schema, Table
from walnet.tables.target import ClassTarget
from walnet.words import number, percent

Numbers = NDArray[np.float64]

_LOWER_RMSE, _LOWER_LOSS = 0.99, 0.9  # of the trivial guess's, to be better than it
_HIGHER_IS_BETTER = ("accuracy", "balanced_accuracy", "r2")
_SMALLEST = 1e-15  # probability of a class; a smaller one costs no more


class Measure(NamedTuple):
    """How a measure is called and written.

    Attributes
    ----------
    title : str
        Its name.
    meaning : str
        What it is, in a few words.
    write : callable
        From a value to text.
    """

    title: str
    meaning: str
    write: Callable[[float], str]


def _four_decimals(value: float) -> str:
    """Return a number with four decimals; no minus before a zero."""
    return f"{round(value, 4) + 0:.4f}"


MEASURES = {
    "accuracy": Measure("accuracy", "share of right predictions", percent),
    "balanced_accuracy": Measure(
        "balanced accuracy", "the same, each class counting alike", percent
    ),
    "log_loss": Measure(
        "log-loss", "mean of −log of the right class's probability", number
    ),
    "rmse": Measure("RMSE", "root mean squared error", number),
    "mae": Measure("MAE", "mean absolute error", number),
    "r2": Measure("R²", "share of the variance explained", _four_decimals),
}
"""The measures by their names, in the order in which they are shown."""


class ClassCounts(NamedTuple):
    """How often a class is there, is predicted, and both.

    Attributes
    ----------
    label : Any
        The class.
    rows : int
        Rows that are of it.
    predicted : int
        Rows that are predicted to be.
    right : int
        Rows that are both.
    """

    label: Any
    rows: int
    predicted: int
    right: int

    @property
    def precision(self) -> float:
        """The share of the rows predicted to be of it that are; NaN if there is none.

        Examples
        --------
        >>> found = ClassCounts("yes", rows=10, predicted=4, right=3)
        >>> found.precision, found.recall, round(found.f1, 3)
        (0.75, 0.3, 0.429)
        """
        return self.right / self.predicted if self.predicted else math.nan

    @property
    def recall(self) -> float:
        """The share of its rows that are predicted to be; NaN if there is none."""
        return self.right / self.rows if self.rows else math.nan

    @property
    def f1(self) -> float:
        """The harmonic mean of both; NaN if the class is not there nor predicted."""
        both = self.rows + self.predicted
        return 2 * self.right / both if both else math.nan


@dataclass(frozen=True)
class Evaluation:
    """How good a model's predictions are on some rows.

    Attributes
    ----------
    rows : int
        The number of rows.
    measures : dict of str to float
        Of the model: ``accuracy``, ``balanced_accuracy`` and ``log_loss`` (in nats) of
        classes, or ``rmse``, ``mae`` (in the target's unit) and ``r2`` of numbers.
    trivial : dict of str to float
        The same of the trivial guess.
    guess : Any
        What the trivial guess always answers: the most frequent class of the training
        rows (with the classes' shares as probabilities), or their mean.
    classes : tuple of ClassCounts
        How often each class is there and is predicted; empty for numbers.

    Examples
    --------
    >>> evaluate_numbers(np.array([1.0, 3.0]), np.array([1.5, 2.5]), mean=2.0)
    Evaluation: RMSE 0.5 (trivial guess 1) on 2 rows
    """

    rows: int
    measures: dict[str, float]
    trivial: dict[str, float]
    guess: Any = None
    classes: tuple[ClassCounts, ...] = ()

    @property
    def measure(self) -> str:
        """The measure that counts: ``"accuracy"`` or ``"rmse"``."""
        return next(iter(self.measures))

    def written(self, name: str = "") -> str:
        """Return a measure as text: by default the one that counts.

        Parameters
        ----------
        name : str, optional
            Which measure.

        Returns
        -------
        str
        """
        name = name or self.measure
        return MEASURES[name].write(self.measures[name])

    def written_trivial(self, name: str = "") -> str:
        """Return a measure of the trivial guess as text, as `written`."""
        name = name or self.measure
        return MEASURES[name].write(self.trivial[name])

    @property
    def is_no_better(self) -> bool:
        """Whether the model is no better than the trivial guess.

        Of numbers the RMSE is not a hundredth lower. Of classes no more are right, and
        the log-loss is not a tenth lower: where one class is rare, nobody may be right
        more often, and know better all the same.
        """
        ours, guess = self.measures, self.trivial
        if "rmse" in ours:
            return ours["rmse"] > _LOWER_RMSE * guess["rmse"]
        is_costly = ours["log_loss"] > _LOWER_LOSS * guess["log_loss"]
        return is_costly and ours["accuracy"] <= guess["accuracy"]

    def to_dict(self) -> dict[str, Any]:
        """Return all of it as JSON-able values.

        Returns
        -------
        dict
            ``rows``, each measure by its name, ``trivial_guess`` and, of classes,
            ``classes``.
        """
        facts: dict[str, Any] = {"rows": self.rows, **self.measures}
        facts["trivial_guess"] = self.trivial
        if self.classes:
            facts["classes"] = [counts._asdict() for counts in self.classes]
        return facts

    def __repr__(self) -> str:
        return (
            f"Evaluation: {MEASURES[self.measure].title} {self.written()} "
            f"(trivial guess {self.written_trivial()}) on {self.rows:,} rows"
        )


def why_better(training: Evaluation, test: Evaluation) -> str:
    """Return why the rows to test with may come out better, where they do.

    Parameters
    ----------
    training, test : Evaluation
        Of the rows that were learned from, and of the others.

    Returns
    -------
    str
        A sentence or two; empty where the training rows come out as well or better.

    Examples
    --------
    >>> large, small = (Evaluation(90, {"rmse": rmse}, {}) for rmse in (2.0, 1.0))
    >>> why_better(large, small).partition(". ")[0]
    'Better on the test rows than on the training rows: RMSE'
    >>> why_better(small, large)
    ''
    """
    better = [
        MEASURES[name].title
        for name, value in test.measures.items()
        if training.written(name) != test.written(name)
        and (value - training.measures[name] > 0) == (name in _HIGHER_IS_BETTER)
    ]
    if not better:
        return ""
    return (
        f"Better on the test rows than on the training rows: {', '.join(better)}. That "
        f"can be: the {test.rows:,} test rows may happen to be easier ones. On new "
        "rows expect no more than on the training rows."
    )


def evaluate_outputs(
    schema: Schema, table: Table, outputs: Any, class_counts: Sequence[int] = ()
) -> Evaluation:
    """Return how good the outputs for rows of a table are.

    Parameters
    ----------
    schema : Schema
        What the outputs stand for.
    table : Table
        Rows that have a target, at least one.
    outputs : array_like of shape (rows, outputs)
        What the schema's `decode` turns into answers.
    class_counts : sequence of int
        The training rows of each class, which the trivial guess knows; empty for a
        number.

    Returns
    -------
    Evaluation

    Raises
    ------
    DataError
        If there is no row, or a class is new.

    Examples
    --------
    >>> from walnet.tables import as_table
    >>> table = as_table({"size": [1.0, 2.0, 3.0], "paid": ["no", "no", "yes"]})
    >>> schema = Schema.fit(table, "paid")
    >>> evaluate_outputs(schema, table, [[0.1], [0.6], [0.9]], [2, 1])
    Evaluation: accuracy 66.7 % (trivial guess 66.7 %) on 3 rows
    """
    if not len(table):
        raise DataError("evaluating needs at least one row, got none")
    target, y = schema.target, schema.encode_target(table)
    if not isinstance(target, ClassTarget):
        return evaluate_numbers(target.decode(y), target.decode(outputs), target.mean)
    counts, indices = np.array(class_counts, np.float64), y.astype(np.int64)
    shares, probabilities = counts / counts.sum(), target.probabilities(outputs)
    return evaluate_classes(indices, probabilities, shares, target.labels)


def evaluate_classes(
    y: NDArray[np.int64],
    probabilities: NDArray[Any],
    shares: Numbers,
    labels: Sequence[Any] = (),
) -> Evaluation:
    r"""Return accuracy, balanced accuracy and log-loss of predicted classes.

    Parameters
    ----------
    y : ndarray of shape (examples,), int64
        The index of the right class of each row.
    probabilities : ndarray of shape (examples, classes)
        The predicted probabilities.
    shares : ndarray of shape (classes,), float64
        The share of each class in the training rows.
    labels : sequence, optional
        What the classes are called; by default their indices.

    Returns
    -------
    Evaluation

    Notes
    -----
    The log-loss is :math:`-\frac{1}{m} \sum_i \log p_{i, y_i}`. The balanced accuracy
    is the mean over the classes that are there of the share of their rows that are
    right. Brodersen et al., "The balanced accuracy and its posterior distribution",
    2010.

    Examples
    --------
    >>> p = np.array([[0.9, 0.1], [0.4, 0.6], [0.8, 0.2]])
    >>> found = evaluate_classes(np.array([0, 1, 1]), p, shares=np.array([0.5, 0.5]))
    >>> found
    Evaluation: accuracy 66.7 % (trivial guess 33.3 %) on 3 rows
    >>> found.measures["balanced_accuracy"]
    0.75
    """
    n_classes = len(shares)
    predicted, guess = probabilities.argmax(axis=1), int(shares.argmax())
    counts = _count_classes(y, predicted, n_classes)
    guessed = _count_classes(y, np.full(len(y), guess), n_classes)
    names = labels or range(n_classes)
    return Evaluation(
        len(y),
        _class_measures(counts, probabilities[np.arange(len(y)), y]),
        _class_measures(guessed, shares[y]),
        names[guess],
        tuple(
            ClassCounts(label, *map(int, row))
            for label, row in zip(names, counts.T, strict=True)
        ),
    )


def evaluate_numbers(y: Numbers, predicted: Numbers, mean: float) -> Evaluation:
    r"""Return the errors of predicted numbers.

    Parameters
    ----------
    y, predicted : ndarray of shape (examples,), float64
        The right numbers and the predicted ones.
    mean : float
        The mean of the training rows.

    Returns
    -------
    Evaluation

    Notes
    -----
    RMSE is :math:`\sqrt{\frac{1}{m} \sum_i (y_i - \hat y_i)^2}`, and
    :math:`R^2 = 1 - \sum_i (y_i - \hat y_i)^2 / \sum_i (y_i - \bar y)^2`, 0 where all
    y are equal.

    Examples
    --------
    >>> evaluate_numbers(np.array([1.0, 3.0]), np.array([1.0, 3.0]), 2.0).measures["r2"]
    1.0
    """
    around = float(np.sum((y - y.mean()) ** 2))
    guesses = np.full(len(y), mean)
    return Evaluation(
        len(y), _errors(y, predicted, around), _errors(y, guesses, around), mean
    )


def accuracy(y: NDArray[Any], predicted: NDArray[Any]) -> float:
    """Return the share of right predictions.

    Parameters
    ----------
    y, predicted : ndarray of shape (examples,)
        The right labels and the predicted ones.

    Returns
    -------
    float
        From 0 to 1.

    Examples
    --------
    >>> accuracy(np.array([0, 1, 1, 1]), np.array([0, 1, 0, 1]))
    0.75
    """
    return float(np.mean(y == predicted))


def root_mean_squared_error(y: NDArray[Any], predicted: NDArray[Any]) -> float:
    """Return the root of the mean squared difference.

    Parameters
    ----------
    y, predicted : ndarray of shape (examples,)
        The right numbers and the predicted ones.

    Returns
    -------
    float
        In the unit of the numbers.

    Examples
    --------
    >>> root_mean_squared_error(np.array([1.0, 2.0]), np.array([1.0, 4.0]))
    1.414...
    """
    return float(np.sqrt(np.mean((y - predicted) ** 2)))


def _count_classes(
    y: NDArray[np.int64], predicted: NDArray[Any], n_classes: int
) -> NDArray[np.int64]:
    """Return rows, predicted and right rows of each class, of shape (3, classes)."""
    right = y[y == predicted]
    return np.stack(
        [np.bincount(each, None, n_classes) for each in (y, predicted, right)]
    )


def _class_measures(
    counts: NDArray[np.int64], of_right: NDArray[Any]
) -> dict[str, float]:
    """Return the measures, given the probabilities that the right classes had."""
    rows, _, right = counts
    there = rows > 0
    return {
        "accuracy": float(right.sum() / rows.sum()),
        "balanced_accuracy": float(np.mean(right[there] / rows[there])),
        "log_loss": log_loss(of_right),
    }


def log_loss(of_right: NDArray[Any]) -> float:
    """Return the mean of -log of the probabilities that the right classes had.

    Examples
    --------
    >>> log_loss(np.array([1.0, 0.5]))
    0.34657359027997264
    """
    costs = np.log(np.maximum(of_right.astype(np.float64), _SMALLEST))
    return 0.0 - float(costs.mean())  # not -0


def _errors(y: Numbers, predicted: Numbers, around: float) -> dict[str, float]:
    """Return the errors of predictions, given the squared deviations of y."""
    squares = float(np.sum((y - predicted) ** 2))
    return {
        "rmse": root_mean_squared_error(y, predicted),
        "mae": float(np.abs(y - predicted).mean()),
        "r2": 1.0 - squares / around if around else 0.0,
    }

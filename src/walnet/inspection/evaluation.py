"""How good answers are: accuracy or error, beside a guess that learned nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]

_SMALLEST = 1e-15  # probability of a class; a smaller one costs no more


@dataclass(frozen=True)
class Evaluation:
    """What a model's answers are worth on some rows.

    Attributes
    ----------
    rows : int
        The number of rows.
    measures : dict of str to float
        Of the model: ``accuracy`` and ``cross_entropy`` (in nats) of classes, or
        ``rmse``, ``mae`` (in the target's unit) and ``r2`` of numbers.
    trivial : dict of str to float
        The same of the trivial guess: the most frequent class of the training rows
        (with the classes' shares as probabilities), or their mean.

    Examples
    --------
    >>> evaluate_numbers(np.array([1.0, 3.0]), np.array([1.5, 2.5]), mean=2.0)
    Evaluation: rmse 0.5 (trivial guess 1) on 2 rows
    """

    rows: int
    measures: dict[str, float]
    trivial: dict[str, float]

    @property
    def measure(self) -> str:
        """The measure that counts: ``"accuracy"`` or ``"rmse"``."""
        return next(iter(self.measures))

    def __repr__(self) -> str:
        name = self.measure
        return (
            f"Evaluation: {name} {self.measures[name]:.4g} "
            f"(trivial guess {self.trivial[name]:.4g}) on {self.rows:,} rows"
        )


def evaluate_classes(
    y: NDArray[np.int64], probabilities: NDArray[Any], shares: Numbers
) -> Evaluation:
    r"""Return accuracy and cross-entropy of predicted classes.

    Parameters
    ----------
    y : ndarray of shape (examples,), int64
        The right class of each row, counted from 0.
    probabilities : ndarray of shape (examples, classes)
        The predicted probabilities.
    shares : ndarray of shape (classes,), float64
        The share of each class in the training rows.

    Returns
    -------
    Evaluation

    Notes
    -----
    The cross-entropy is :math:`-\frac{1}{m} \sum_i \log p_{i, y_i}`.

    Examples
    --------
    >>> p = np.array([[0.9, 0.1], [0.4, 0.6], [0.8, 0.2]])
    >>> evaluate_classes(np.array([0, 1, 1]), p, shares=np.array([0.5, 0.5]))
    Evaluation: accuracy 0.6667 (trivial guess 0.3333) on 3 rows
    """
    of_right = probabilities[np.arange(len(y)), y].astype(np.float64)
    return Evaluation(
        len(y),
        {
            "accuracy": float(np.mean(probabilities.argmax(axis=1) == y)),
            "cross_entropy": _cross_entropy(of_right),
        },
        {
            "accuracy": float(np.mean(y == shares.argmax())),
            "cross_entropy": _cross_entropy(shares[y]),
        },
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
    return Evaluation(
        len(y), _errors(y, predicted, around), _errors(y, np.full(len(y), mean), around)
    )


def _errors(y: Numbers, predicted: Numbers, around: float) -> dict[str, float]:
    """Return the errors of predictions, given the squared deviations of y."""
    squares = (y - predicted) ** 2
    return {
        "rmse": float(np.sqrt(squares.mean())),
        "mae": float(np.abs(y - predicted).mean()),
        "r2": 1.0 - float(squares.sum()) / around if around else 0.0,
    }


def _cross_entropy(probabilities: Numbers) -> float:
    """Return the mean cost of the probabilities that the right classes had."""
    return -float(np.log(np.maximum(probabilities, _SMALLEST)).mean())

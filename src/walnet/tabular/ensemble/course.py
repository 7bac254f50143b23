"""How the cost of an ensemble's members fell while they learned."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

_LOOKS = 12  # at the rows that a member has not seen, in all
_MOST_EPOCHS = 1000
Numbers = NDArray[np.float64]


class Curve:
    """How the cost of one member fell.

    Parameters
    ----------
    epochs : int
        How long it learns.

    Attributes
    ----------
    costs : ndarray of shape (2, epochs), float64
        Its cost of the rows that it learns from, and of those that it has not seen;
        NaN where nobody has looked.
    """

    def __init__(self, epochs: int) -> None:
        self.costs = np.full((2, min(epochs, _MOST_EPOCHS)), math.nan)
        self._next_look = 0.0

    def note(self, share: float, cost: float, unseen: Callable[[], float]) -> None:
        """Note the cost where the member has come through a share of its schedule.

        The cost for rows that it has not seen is asked for a dozen times.
        """
        epochs = self.costs.shape[1]
        epoch = min(max(math.ceil(share * epochs), 1), epochs) - 1
        self.costs[0, epoch] = cost
        if share >= self._next_look or share >= 1:
            self._next_look = share + 1 / _LOOKS
            self.costs[1, epoch] = unseen()


class Course:
    """The mean cost of all members, one value an epoch: what a picture is drawn of.

    Parameters
    ----------
    members, epochs : int
        How many members there are, and how long the longest of them learns.

    Attributes
    ----------
    curves : list of Curve
        How the cost of each member fell.
    iterations_per_epoch : int
        0: an epoch is not one iteration.
    accuracy, validation_accuracy, best_epoch : None
        Nobody measures them.

    Examples
    --------
    >>> course = Course(members=2, epochs=4)
    >>> for curve in course.curves:
    ...     for epoch in range(1, 5):
    ...         curve.note(epoch / 4, 1.0 / epoch, lambda: 2.0 / epoch)
    >>> float(course.cost[-1]), float(course.validation_cost[-1])
    (0.25, 0.5)
    """

    best_epoch: int | None = None
    iterations_per_epoch = 0
    accuracy: Numbers | None = None
    validation_accuracy: Numbers | None = None

    def __init__(self, members: int, epochs: int) -> None:
        self.curves = [Curve(epochs) for _ in range(members)]

    def __len__(self) -> int:
        return len(self.cost)

    @property
    def cost(self) -> Numbers:
        """The mean cost of the rows that the members learn from, of each epoch."""
        return self._mean(0)

    @property
    def validation_cost(self) -> Numbers | None:
        """The mean cost of rows that a member has not seen; None if each sees all.

        Between two looks at them a straight line is drawn.
        """
        found = self._mean(1)
        return found if len(found) else None

    def _mean(self, kind: int) -> Numbers:
        """Return the mean over the members, without gaps."""
        costs = [each.costs[kind] for each in self.curves]
        curves = [_filled(each) for each in costs if np.isfinite(each).any()]
        return np.mean(curves, axis=0) if curves else np.array([])


def _filled(values: Numbers) -> Numbers:
    """Return values with straight lines where some are not known."""
    known = np.flatnonzero(np.isfinite(values))
    return np.interp(np.arange(len(values)), known, values[known])


def unseen_cost(outputs: Numbers, y: Numbers, w: Numbers) -> float:
    r"""Return the cost of outputs for rows that a member has not seen.

    Parameters
    ----------
    outputs : ndarray of shape (rows, outputs)
        Before a softmax; of a number, the standardised one.
    y, w : ndarray of shape (rows,)
        The target as members learn it, and the weights.

    Returns
    -------
    float
        Cross-entropy, or the mean squared error of standardised numbers.

    Examples
    --------
    >>> unseen_cost(np.zeros((1, 2)), np.array([1]), np.ones(1))
    0.6931...
    """
    if outputs.shape[1] == 1:
        return float(np.average((outputs[:, 0] - y) ** 2, weights=w))
    shifted = outputs - outputs.max(axis=1, keepdims=True)
    logs = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    return float(-np.average(logs[np.arange(len(y)), y.astype(np.int64)], weights=w))

"""A linear model beside the networks of an ensemble, mixed with them.

On a few hundred noisy rows a linear model may be better than any network, where a table
follows a formula it is exact, and its errors are others'. It is fitted with several
strengths of its penalty, to inputs as the networks read them and to inputs that are not
clipped, and measured, as the members are, on rows that it has not seen.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from walnet.engine.kernels.types import Examples
from walnet.tabular.columns.preprocessing import unclipped
from walnet.tabular.ensemble.calibration import mean_log_loss, right_probabilities
from walnet.tabular.ensemble.penalized import (
    OutOfTime,
    Ridge,
    cross_entropy,
    logistic,
)
from walnet.tabular.rows import take, target_of

PENALTIES = (1e4, 1e3, 100.0, 10.0, 1.0)
# Only of unclipped inputs may an answer be a plane, which a penalty would bend.
WEAK_PENALTIES = (0.1, 1e-2, 1e-3, 1e-4)
_MOST_ROWS, _MOST_LEVELS, _MOST_INPUTS = 10_000, 1000, 4000
_MOST_OUTPUTS = 5_000_000  # rows times classes
_FEWEST_STEPS = 30  # of a logistic regression, with which it is worth its beginning
_PROBED_ROWS = 256
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class LinearModel:
    """A fitted partner.

    Attributes
    ----------
    weights : ndarray of shape (inputs + 1, outputs), float64
        Of the inputs, then of each level; the last row is the bias.
    unclips : bool
        Whether it reads inputs whose smooth clipping is undone.
    """

    weights: Floats
    unclips: bool

    def inputs(self, data: Examples, starts: NDArray[np.int64]) -> Floats:
        """Return what it reads of rows, see `linear_inputs`."""
        return linear_inputs(data, starts, unclips=self.unclips)

    def outputs(self, data: Examples, starts: NDArray[np.int64]) -> Floats:
        """Return its outputs, (rows, outputs), before a softmax."""
        return np.asarray(self.inputs(data, starts) @ self.weights)


@dataclass(frozen=True)
class Measured:
    """A fitted partner, and what it says of rows that it has not seen.

    Attributes
    ----------
    model : LinearModel
        The mean of those that have not seen one part of the rows each.
    unseen : ndarray of shape (rows,), float64
        What the one that has not seen a row says of it: a number, or the probability of
        its own class. NaN where there is none.
    loss : float
        Its mean loss for them.
    penalty : float
        The strength of its penalty.
    extrapolates : tuple of bool
        Whether it is right about numbers below, and above, all that it was fitted to.
    """

    model: LinearModel
    unseen: Floats
    loss: float
    penalty: float
    extrapolates: tuple[bool, bool] = (False, False)


def linear_inputs(
    data: Examples, starts: NDArray[np.int64], *, unclips: bool
) -> Floats:
    """Return the inputs of rows, (rows, inputs + 1): values, levels one-hot, and 1.

    Levels are left out where there are very many.
    """
    values = data.X.astype(np.float64)
    parts = [unclipped(values) if unclips else values]
    if 0 < starts[-1] <= _MOST_LEVELS:
        for codes, lo, hi in zip(data.codes.T, starts[:-1], starts[1:], strict=True):
            parts.append(codes[:, None] == np.arange(lo, hi))
    parts.append(np.ones((len(data.Y), 1)))
    return np.hstack(parts)


def n_linear_inputs(n_values: int, n_levels: int) -> int:
    """Return how many columns `linear_inputs` has, of so many values and levels."""
    return n_values + (n_levels if n_levels <= _MOST_LEVELS else 0) + 1


def fit_linear(
    data: Examples,
    starts: NDArray[np.int64],
    hidden: NDArray[np.bool_],
    n_classes: int,
    deadline: float | None = None,
    reads: NDArray[np.bool_] | None = None,
) -> Measured | None:
    """Fit the partner; None without rows to judge it by, inputs too many, or no time.

    Parameters
    ----------
    data : Examples
        The rows, in their canonical order, which is as good as random.
    starts : ndarray of int64
        The first row of each category in the table of levels.
    hidden : ndarray of shape (parts, rows), bool
        Which rows are not seen in turn.
    n_classes : int
        Classes, or 0 for a number.
    deadline : float, optional
        The time, of `time.monotonic`, when it has to be over. What has been measured
        by then is kept; it is not begun where nothing would be.
    reads : ndarray of shape (parts, inputs + categories), bool, optional
        Which inputs are read where each part is not seen; by default all.
    """
    rows = slice(0, min(_MOST_ROWS, _MOST_OUTPUTS // max(n_classes, 1)))
    few = take(data, rows)
    hidden = hidden[:, rows]
    is_seen = hidden.any(axis=1) & ~hidden.all(axis=1)
    hidden = hidden[is_seen]
    n_inputs = n_linear_inputs(data.X.shape[1], int(starts[-1]))
    if not len(hidden) or n_inputs > _MOST_INPUTS:
        return None
    if deadline is not None:
        needed = seconds_of_linear(few, starts, len(hidden), n_classes)
        if time.monotonic() + needed > deadline:
            return None
    closed = np.zeros((len(hidden), n_inputs), bool)
    if reads is not None:
        closed = _closed(reads[is_seen], starts, n_inputs)
    parts = _Parts(hidden, closed)
    best = _Fits(few, starts, parts, n_classes, deadline).best()
    if best is None:
        return None
    unseen = np.full(len(data.Y), np.nan)
    unseen[rows] = best.unseen
    return replace(best, unseen=unseen)


def seconds_of_linear(
    data: Examples, starts: NDArray[np.int64], n_parts: int, n_classes: int
) -> float:
    """Return how long the partner's fit takes with one penalty, by a few rows."""
    few = take(data, slice(0, _PROBED_ROWS))
    n, most = len(few.Y), min(len(data.Y), _MOST_ROWS)
    began = time.monotonic()
    A = linear_inputs(few, starts, unclips=True)
    started = time.monotonic()
    if n_classes:
        most = min(most, _MOST_OUTPUTS // n_classes)
        W, y = np.zeros((A.shape[1], n_classes)), target_of(few).astype(np.int64)
        cross_entropy(A, y, np.ones(n), W)
        steps = _FEWEST_STEPS
    else:
        _ = A.T @ A
        # A solution is n_inputs³/3 multiplications, the products are rows · n_inputs².
        solutions = 2 * len(PENALTIES) + len(WEAK_PENALTIES)
        steps = 2 + solutions * A.shape[1] // (3 * most)
    # What it reads is put together twice for all rows, and once for each part.
    together = (started - began) * (2 + n_parts)
    return ((time.monotonic() - started) * steps * n_parts + together) * most / n


def _closed(
    reads: NDArray[np.bool_], starts: NDArray[np.int64], n_inputs: int
) -> NDArray[np.bool_]:
    """Return which columns of `linear_inputs` are not read, part by part."""
    levels = np.diff(starts)
    n_values = reads.shape[1] - len(levels)
    closed = [~reads[:, :n_values], np.repeat(~reads[:, n_values:], levels, axis=1)]
    bias = np.zeros((len(reads), 1), bool)
    return np.hstack([*closed, bias])[:, [*range(n_inputs - 1), -1]]


class _Parts(NamedTuple):
    """Rows that are not seen in turn, and inputs that are not read then."""

    hidden: NDArray[np.bool_]  # (parts, rows)
    closed: NDArray[np.bool_]  # (parts, inputs + 1)


class _Fits:
    """The partner, fitted in several ways to all rows but one part of them each."""

    def __init__(
        self,
        data: Examples,
        starts: NDArray[np.int64],
        parts: _Parts,
        n_classes: int,
        deadline: float | None,
    ) -> None:
        self._data, self._starts = data, starts
        self._hidden, self._closed = parts
        self._n_classes, self._deadline = n_classes, deadline
        self._y = target_of(data).astype(np.float64)
        self._w = data.w.astype(np.float64)

    def best(self) -> Measured | None:
        """Return the best of them; None if there was no time for one."""
        best = None
        try:
            for found in self._all():
                if best is None or found.loss < best.loss:
                    best = found
            if best is not None and not self._n_classes and not self._closed.any():
                ends = self._extrapolates(best, low=True), self._extrapolates(best)
                best = replace(best, extrapolates=ends)
        except OutOfTime:
            pass
        return best

    def _all(self) -> Iterator[Measured]:
        """Yield the partner, fitted in one way after the other."""
        return self._of_classes() if self._n_classes else self._of_numbers()

    def _of_numbers(self) -> Iterator[Measured]:
        """Yield it with each penalty and reading of the inputs."""
        for unclips in (False, True):
            A = linear_inputs(self._data, self._starts, unclips=unclips)
            penalties = PENALTIES + WEAK_PENALTIES if unclips else PENALTIES
            found: list[list[Floats]] = []
            for part in range(len(self._hidden)):
                ridge = Ridge(*self._seen(A, part))
                found.append([])
                for penalty in penalties:
                    self._check_time()
                    found[-1].append(ridge.weights(penalty))
            for penalty, weights in zip(
                penalties, zip(*found, strict=True), strict=True
            ):
                yield self._measured(A, weights, penalty, unclips=unclips)

    def _of_classes(self) -> Iterator[Measured]:
        """Yield it with penalties as long as a weaker one is better: that takes longer.

        The second reading of the inputs begins with the best penalty of the first.
        """
        penalties: Sequence[float] = PENALTIES[1:]
        n_parts, n_inputs = self._closed.shape
        weights = [np.zeros((n_inputs, self._n_classes))] * n_parts
        for unclips in (False, True):
            A = linear_inputs(self._data, self._starts, unclips=unclips)
            least, best = np.inf, (0, weights)
            for number, penalty in enumerate(penalties):
                weights = [
                    logistic(*self._seen(A, part), penalty, W, self._deadline)
                    for part, W in enumerate(weights)
                ]
                found = self._measured(A, weights, penalty, unclips=unclips)
                yield found
                if found.loss > least:
                    break
                least, best = found.loss, (number, weights)
            penalties = (*penalties[best[0] :], *WEAK_PENALTIES[:2])
            weights = best[1]

    def _seen(self, A: Floats, part: int) -> tuple[Floats, Floats, Floats]:
        """Return what is seen and read where a part of the rows is not."""
        rows = ~self._hidden[part]
        seen = A[rows]
        seen[:, self._closed[part]] = 0.0  # so that its weight is 0
        return seen, self._y[rows], self._w[rows]

    def _measured(
        self, A: Floats, weights: Sequence[Floats], penalty: float, *, unclips: bool
    ) -> Measured:
        """Return what each of the parts that was not seen says of it."""
        unseen = np.full(len(A), np.nan)
        for part, W in zip(self._hidden, weights, strict=True):
            outputs, y = A[part] @ W, self._y[part].astype(np.int64)
            right = self._n_classes > 0
            unseen[part] = right_probabilities(outputs, y) if right else outputs[:, 0]
        loss = self._loss(unseen)
        return Measured(
            LinearModel(np.mean(weights, axis=0), unclips), unseen, loss, penalty
        )

    def _extrapolates(self, found: Measured, *, low: bool = False) -> bool:
        """Tell whether rows beyond those that it is fitted to are as it says.

        It is fitted once more, to all rows but the tenth for which it has said the
        least, or the most. Where it says more of these than any other row's number, it
        must be better to believe it than to answer that row's.
        """
        sign = -1.0 if low else 1.0
        said = sign * found.unseen
        known = np.flatnonzero(np.isfinite(said))
        beyond = known[np.argsort(said[known], kind="stable")[-(len(known) // 10) :]]
        others = np.delete(np.arange(len(said)), beyond)
        if not len(known) // 10 or not len(others):
            return False
        self._check_time()
        A = found.model.inputs(self._data, self._starts)
        y, w = sign * self._y, self._w
        W = Ridge(A[others], y[others], w[others]).weights(found.penalty)
        answers = (A[beyond] @ W)[:, 0]
        held = np.minimum(answers, y[others].max())
        off, off_held = (
            (each - y[beyond]) ** 2 @ w[beyond] for each in (answers, held)
        )
        return bool(off < off_held)

    def _loss(self, unseen: Floats) -> float:
        """Return the mean loss for the rows that it was measured on."""
        known = np.isfinite(unseen)
        y, w, said = self._y[known], self._w[known], unseen[known]
        if not len(said):  # a penalty that is too weak
            return math.inf
        if self._n_classes:
            return mean_log_loss(said, w)
        return float(np.average((said - y) ** 2, weights=w))

    def _check_time(self) -> None:
        """Raise `OutOfTime` where the time is up."""
        if self._deadline is not None and time.monotonic() > self._deadline:
            raise OutOfTime

"""How wide the interval of each row is beside that of the others, learned."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_factor, cho_solve

from walnet.engine.kernels.types import Examples
from walnet.tabular.ensemble.bag import blocks_of
from walnet.tabular.rows import take

Floats = NDArray[np.float64]
_PENALTIES = (30.0, 10.0, 3.0, 1.0)
_KNOTS = 9  # quantiles of the predictions, among which a prediction is placed
_BENDS = (-1.0, 0.0, 1.0)  # where the spread may turn, of places from -2 to 2
_FEWEST_ROWS, _MOST_ROWS, _MOST_LEVELS, _MOST_INPUTS = 40, 5000, 200, 400
_MOST_PARTS = 4
_STEPS, _NO_GAIN = 25, 1e-5
_POWER = 1.25  # of a residual: the large ones are what wide intervals are about
_FLOOR = 1e-3  # of the mean residual: one that happens to be 0 is no certainty
_LARGEST = 20.0  # logarithm of a spread


@dataclass(frozen=True)
class SpreadInputs:
    """What the spread of a row is worked out from.

    Attributes
    ----------
    starts : ndarray of int64
        The first row of each category in the table of levels.
    n_numbers : int
        How many of a row's inputs are numbers.
    knots : ndarray of shape (9,), float64
        Quantiles of the predictions for the rows of the training.
    """

    starts: NDArray[np.int64]
    n_numbers: int
    knots: Floats

    def __call__(self, data: Examples, middle: Floats) -> Floats:
        """Return the inputs, numbers squared, the prediction's place, and 1."""
        place = np.interp(middle, self.knots, np.linspace(-2, 2, _KNOTS))
        bends = [np.maximum(place - bend, 0.0) for bend in _BENDS]
        parts = [np.stack([place, *bends, np.ones(len(place))], axis=1)]
        if self.size(data.X.shape[1]) > parts[0].shape[1]:
            X = data.X.astype(np.float64)
            parts = [X, X[:, : self.n_numbers] ** 2 / 3, *self._levels(data), *parts]
        return np.hstack(parts)

    def size(self, n_inputs: int) -> int:
        """Return how many there are, of rows with so many numbers and plain inputs."""
        levels = int(self.starts[-1])
        n = n_inputs + self.n_numbers + (levels if levels <= _MOST_LEVELS else 0)
        return (n if n <= _MOST_INPUTS else 0) + len(_BENDS) + 2

    def _levels(self, data: Examples) -> Iterable[NDArray[np.bool_]]:
        """Return which level each row has, of each category."""
        if self.starts[-1] > _MOST_LEVELS:
            return []
        ends = zip(data.codes.T, self.starts[:-1], self.starts[1:], strict=True)
        return [codes[:, None] == np.arange(lo, hi) for codes, lo, hi in ends]


@dataclass(frozen=True)
class Spread:
    """How far off predictions are, for each row, relative to the mean of all rows.

    Attributes
    ----------
    inputs : SpreadInputs
        What it is worked out from.
    weights : ndarray of shape (inputs,), float64
        Of its logarithm.
    ends : ndarray of shape (2,), float64
        The least and the largest logarithm for a row of the training; none is outside.
    """

    inputs: SpreadInputs
    weights: Floats
    ends: Floats

    def __call__(self, data: Examples, middle: Floats) -> Floats:
        """Return the spread of rows whose predictions, standardised, are `middle`."""
        logarithms = self.inputs(data, middle) @ self.weights
        return np.exp(np.clip(logarithms, self.ends[0], self.ends[1]))

    def has_inputs(self, n_inputs: int) -> bool:
        """Tell whether it is of rows with so many numbers and plain inputs."""
        return len(self.weights) == self.inputs.size(n_inputs)

    def to_array(self) -> Floats:
        """Return what a file holds of it."""
        return np.concatenate([self.inputs.knots, self.ends, self.weights])

    @classmethod
    def from_array(
        cls, array: Floats, starts: NDArray[np.int64], n_numbers: int
    ) -> Spread:
        """Return the spread that an array of a file holds."""
        knots, ends, weights = np.split(array, [_KNOTS, _KNOTS + 2])
        return cls(SpreadInputs(starts, n_numbers, knots), weights, ends)


def new_inputs(
    starts: NDArray[np.int64], n_numbers: int, middle: Floats
) -> SpreadInputs:
    """Return what a spread is worked out from, by the predictions of the training."""
    return SpreadInputs(
        starts, n_numbers, np.quantile(middle, np.linspace(0, 1, _KNOTS))
    )


def parts_of(
    folds: list[NDArray[np.int64]], n_rows: int, known: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Return in which part each known row is, of those that are left out in turn.

    Parameters
    ----------
    folds : list of ndarray of int64
        Rows that belong together, such as those that a member has not seen; stretches
        of all rows where there are fewer than two.
    n_rows : int
        All rows, in an order in which equal ones are neighbours.
    known : ndarray of int64
        The rows that count.
    """
    part = np.arange(n_rows) * _MOST_PARTS // max(n_rows, 1)
    if len(folds) > 1:
        for number, rows in enumerate(folds):
            part[rows] = number % _MOST_PARTS
    return np.unique(part[known], return_inverse=True)[1]


def fit_spread(
    inputs: SpreadInputs,
    data: Examples,
    middle: Floats,
    off: Floats,
    part: NDArray[np.int64],
) -> tuple[Spread | None, Floats]:
    r"""Return the spread of rows, learned from how far predictions were off.

    Parameters
    ----------
    inputs : SpreadInputs
        What it is worked out from.
    data : Examples
        Rows, in their canonical order, which is as good as random.
    middle, off : ndarray of shape (rows,), float64
        Their predictions, by members that had not seen the row, standardised; and how
        far those were off, in any unit.
    part : ndarray of shape (rows,), int64
        Which rows are left out together.

    Returns
    -------
    spread : Spread or None
        The mean, of the logarithms, of one for each part that has not seen it; None
        where one width for all rows is better for rows that were not seen.
    unseen : ndarray of shape (rows,), float64
        The spread of each row by what has not seen its part: what a conformal quantile
        is to be taken with.

    Notes
    -----
    Powers of the residuals are taken as exponential with the mean :math:`e^{a \cdot
    w}`, which is a generalised linear model (McCullagh and Nelder, 1989, section 8.2);
    the penalty is the one of several that is best for rows that were not seen. Dividing
    residuals by a spread of the row: Lei et al. (2018), section 5.2.
    """
    same = np.ones(len(off))
    n_parts = int(part.max(initial=-1)) + 1
    most = float(off.max(initial=0.0))
    if len(off) < _FEWEST_ROWS or n_parts < 2 or not 0 < most < np.inf:
        return None, same
    r = (off[:_MOST_ROWS] / most) ** _POWER
    few = _Learner(
        inputs(take(data, slice(0, _MOST_ROWS)), middle[:_MOST_ROWS]),
        r / r.mean() + _FLOOR if r.any() else r + 1.0,
        part[:_MOST_ROWS],
        n_parts,
    )
    weights = few.best()
    if weights is None:
        return None, same
    weights /= _POWER
    each = _spreads(inputs, weights, data, middle)
    unseen = each[np.arange(len(each)), part]
    ends = np.log([unseen.min(), unseen.max()])
    return Spread(inputs, weights.mean(axis=1), ends), unseen


def _spreads(
    inputs: SpreadInputs, weights: Floats, data: Examples, middle: Floats
) -> Floats:
    """Return the spread of each row by each of several weights."""
    found, start = [], 0
    for block in blocks_of(data):
        end = start + len(block.Y)
        logarithms = inputs(block, middle[start:end]) @ weights
        found.append(np.exp(np.clip(logarithms, -_LARGEST, _LARGEST)))
        start = end
    return np.concatenate(found)


class _Learner:
    """Learns a spread without each part in turn, with several penalties."""

    def __init__(
        self, A: Floats, r: Floats, part: NDArray[np.int64], n_parts: int
    ) -> None:
        self.centre = A.mean(axis=0)
        self.centre[-1] = 0.0  # of the ones
        self.A, self.r, self.part = A - self.centre, r, part
        self.out = [part == number for number in range(n_parts)]
        grams = [self.A[out].T @ self.A[out] for out in self.out]
        whole = np.sum(grams, axis=0)
        self.grams = [whole - gram for gram in grams]

    def best(self) -> Floats | None:
        """Return weights, (inputs, parts); None where none are better than none."""
        if any(out.all() for out in self.out):
            return None
        constant = np.zeros((self.A.shape[1], len(self.out)))
        constant[-1] = [np.log(self.r[~out].mean()) for out in self.out]
        best, least, weights = None, self._loss(constant), constant
        for penalty in _PENALTIES:
            pairs = enumerate(weights.T)
            weights = np.stack(
                [self._fit(k, penalty, start) for k, start in pairs], axis=1
            )
            loss = self._loss(weights)
            if loss >= least:
                break  # a smaller penalty learns still more by heart
            best, least = weights, loss
        if best is not None:
            best = best.copy()
            best[-1] -= self.centre @ best
        return best

    def _loss(self, weights: Floats) -> float:
        """Return minus the mean log-likelihood of rows by what has not seen them."""
        logarithms = np.einsum("ij,ji->i", self.A, weights[:, self.part])
        logarithms = np.clip(logarithms, -_LARGEST, _LARGEST)
        return float((logarithms + self.r * np.exp(-logarithms)).mean())

    def _fit(self, number: int, penalty: float, start: Floats) -> Floats:
        """Return the weights of all parts but one, by Fisher scoring from others.

        The expected second derivative does not depend on the weights: one factorisation
        serves all steps. A step that does not help is halved.
        """
        seen = ~self.out[number]
        A, r = self.A[seen], self.r[seen]
        penalties = np.full(len(start), penalty)
        penalties[-1] = 1e-6
        factor = cho_factor(self.grams[number] + np.diag(penalties))
        weights = start

        def cost(w: Floats) -> tuple[float, Floats]:
            logarithms = np.clip(A @ w, -_LARGEST, _LARGEST)
            ratio = r * np.exp(-logarithms)
            return float((logarithms + ratio).sum() + penalties @ w**2 / 2), ratio

        least, ratio = cost(weights)
        for _ in range(_STEPS):
            step = cho_solve(factor, A.T @ (ratio - 1.0) - penalties * weights)
            before, length = least, 1.0
            while length > 0.05 and least >= before:
                found, there = cost(weights + length * step)
                if found < before:
                    weights, least, ratio = weights + length * step, found, there
                length /= 2
            if before - least < _NO_GAIN * len(r):
                break
        return weights

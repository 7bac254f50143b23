"""Rows as an ensemble learns from them: weights, and an order of their own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from walnet.engine.arrays import as_examples
from walnet.engine.kernels.types import Examples
from walnet.errors import DataError, ShapeError
from walnet.words import row_from_1

_MOST_REPEATED = 20_000  # rows that whole weights may be written out to
_LARGE = 1e100  # a weight
_ODD = np.uint64(0x9E3779B97F4A7C15)


def checked_weights(sample_weight: Any, n_rows: int) -> NDArray[np.float64]:
    """Return the weights of rows, ones by default.

    Parameters
    ----------
    sample_weight : array-like of shape (rows,), number or None
        The weights, from 0 on, not all 0.
    n_rows : int
        How many there must be.

    Returns
    -------
    ndarray of shape (rows,), float64

    Raises
    ------
    ShapeError
        If their number is not that of the rows.
    DataError
        If one is negative or not finite, or all are 0.
    """
    if sample_weight is None or np.isscalar(sample_weight):
        sample_weight = np.full(n_rows, 1.0 if sample_weight is None else sample_weight)
    weights = np.asarray(sample_weight, np.float64)
    if weights.ndim != 1:
        message = "Sample weights must be 1D array or scalar, got"
        raise ShapeError(f"{message} {weights.ndim} dimensions")
    if len(weights) != n_rows:
        message = f"sample_weight.shape == {weights.shape}, expected ({n_rows},)!"
        raise ShapeError(message)
    wrong = np.flatnonzero(~(np.isfinite(weights) & (weights >= 0)))
    if len(wrong):
        row = int(wrong[0])
        message = (
            f"sample_weight must hold finite numbers from 0 on, got {weights[row]}"
        )
        raise DataError(f"{message} in {row_from_1(row + 1)}")
    if not weights.any():
        raise DataError("sample_weight must hold a weight above 0, got zeros only")
    largest = weights.max()  # only how they compare matters, and sums must be finite
    return weights / largest if largest > _LARGE else weights


def rows_to_learn(
    weights: NDArray[np.float64],
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return which rows are learned from, how often each, and what each then weighs.

    Rows of weight 0 are left out. Where the weights are whole numbers, a row of weight
    3 comes three times, which is what such a weight means; only if that made the table
    too long is it weighed instead. The weights are 1 on average.

    Examples
    --------
    >>> rows_to_learn(np.array([2.0, 0.0, 1.0]))
    (array([0, 0, 2]), array([1., 1., 1.]))
    >>> rows_to_learn(np.array([0.5, 1.5]))
    (array([0, 1]), array([0.5, 1.5]))
    """
    present = np.flatnonzero(weights)
    whole = bool(np.all(weights == np.round(weights)))
    if whole and weights.sum() <= max(_MOST_REPEATED, len(present)):
        rows = np.repeat(np.arange(len(weights)), weights.astype(np.int64))
        return rows, np.ones(len(rows))
    return present, weights[present] / weights[present].mean()


def new_rows(
    X: NDArray[np.float32],
    codes: NDArray[np.int32],
    y: NDArray[Any],
    w: NDArray[Any],
) -> Examples:
    """Return encoded rows as the engine takes them.

    Parameters
    ----------
    X : ndarray of shape (rows, inputs), float32
        Numbers and plain inputs.
    codes : ndarray of shape (rows, categories), int32
        Rows of levels in the table of all.
    y : ndarray of shape (rows,)
        Number of the class, or the standardised target.
    w : ndarray of shape (rows,)
        Weights, one on average.
    """
    Y = np.ascontiguousarray(y, np.float32).reshape(-1, 1)
    rows = as_examples(X, codes, Y, np.ascontiguousarray(w, np.float32))
    return rows._replace(rows=np.arange(len(Y)))


def target_of(data: Examples) -> NDArray[np.floating]:
    """Return the target of rows, (rows,)."""
    return data.Y[:, 0]


def take(data: Examples, rows: Any) -> Examples:
    """Return some of the rows, in the given order."""
    return new_rows(
        np.ascontiguousarray(data.X[rows]),
        np.ascontiguousarray(data.codes[rows]),
        target_of(data)[rows],
        data.w[rows],
    )


@dataclass(frozen=True)
class Together:
    """Which rows belong together: a member that is measured on one has seen none.

    Attributes
    ----------
    codes : ndarray of shape (rows,), int64
        The group of each row, or the place of its time.
    is_ordered : bool
        Whether rows are in the order of their codes: what is near is alike.
    """

    codes: NDArray[np.int64]
    is_ordered: bool = False

    def take(self, rows: NDArray[np.int64]) -> Together:
        """Return some of the rows, in the given order."""
        return Together(self.codes[rows], self.is_ordered)


def canonical_order(
    data: Examples, together: Together | None = None
) -> NDArray[np.int64]:
    """Return an order of rows that depends on what they hold.

    So a model does not depend on the order of the rows it was given.
    """
    last = () if together is None else (together.codes,)
    return np.lexsort((*last, data.w, target_of(data), _hashes(data)))


def distinct(data: Examples) -> Together:
    """Return which rows are equal, of rows in canonical order.

    A row that comes several times, or weighs as much, must not be seen by a member that
    is measured on it: so equal rows go together.
    """
    hashes, y = _hashes(data), target_of(data)
    differs = (hashes[1:] != hashes[:-1]) | (y[1:] != y[:-1])
    return Together(np.concatenate([[0], np.cumsum(differs)]).astype(np.int64))


def _hashes(data: Examples) -> NDArray[np.uint64]:
    """Return 64 bits for each row that depend on all its inputs."""
    hashes = np.zeros(len(data.Y), np.uint64)
    with np.errstate(over="ignore"):
        for values in (*data.X.T, *data.codes.T):
            bits = np.ascontiguousarray(values).view(np.uint32)
            hashes = (hashes ^ bits) * _ODD
            hashes ^= hashes >> np.uint64(29)
    return hashes

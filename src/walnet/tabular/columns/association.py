"""How surely each column of a table goes with its target, in parts of the rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import special
from scipy.stats import rankdata

from walnet.engine.blas import single_blas_thread
from walnet.engine.kernels.types import Examples
from walnet.tabular.columns.preprocessing import Preprocessor
from walnet.tabular.rows import target_of

_AT_A_TIME = 2**17  # numbers that are worked on, so that they stay in the cache
_NOTHING = 1e-9  # a variance
_ROWS_OF_A_CLASS = 30  # with which it is judged by itself
_FEW_CLASSES = 20
_BINS = 6
# Of what is tried for a number, how much each may say: the number itself, its square,
# and bins. Most that tells does so straight, which the others must not drown out.
# Together they are more than one, for bins see what the others see as well.
_WEIGHTS = (0.55, 0.3, 0.3)
Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]


def p_values(
    preprocessor: Preprocessor,
    data: Examples,
    hidden: Sequence[Mask],
    n_classes: int,
) -> list[Floats]:
    """Return how likely the link of each column with the target is by chance.

    Numbers go with a number by its rank: straight, by their squares, or by its means in
    bins, which see what is bent in any way. So with each class that has enough rows;
    with all others together, by the means of their rows. Categories go by the means of
    their levels. Of what is tried for a column, the least p-value counts, and how many
    there are: half of the errors are left to what goes straight.

    Parameters
    ----------
    preprocessor : Preprocessor
        Its columns.
    data : Examples
        The rows.
    hidden : sequence of ndarray of shape (rows,), bool
        Those that are not looked at, each in turn.
    n_classes : int
        Classes, or 0 for a number.

    Returns
    -------
    list of ndarray of shape (columns,), float64
        For each of the hidden parts.
    """
    targets = _Targets(data, hidden, n_classes)
    of_values = np.ones((len(hidden), data.X.shape[1]))
    some = max(1, _AT_A_TIME // len(data.Y))
    with single_blas_thread():
        for first in range(0, data.X.shape[1], some):
            columns = slice(first, first + some)
            of_values[:, columns] = targets.p_of_numbers(data.X[:, columns].T)
    of_codes = targets.p_of_levels(data.codes, preprocessor.level_starts)
    # An input or a category after the other, those of each column together.
    places = list(preprocessor.places().values())
    n_tried = np.array([len(inputs) + len(codes) for inputs, codes in places])
    n_values = data.X.shape[1]
    order = np.concatenate(
        [part for inputs, codes in places for part in (inputs, n_values + codes)]
    )
    least = np.minimum.reduceat(
        np.hstack([of_values, of_codes])[:, order], _starts(n_tried)[:-1], axis=1
    )
    return list(_of_several(least, n_tried))


class _Targets:
    """The target of several parts of the rows, side by side: one product for all.

    Of a number, its rank. Of classes, whether a row is of each: for numbers, of those
    with enough rows for that to be judged; for categories, of the most frequent ones.
    Of two classes one is enough, and the rarer one decides how it is judged.
    """

    def __init__(self, data: Examples, hidden: Sequence[Mask], n_classes: int) -> None:
        y = target_of(data)
        self._frequent = self._most = np.zeros(0, np.int64)
        self._y = y.astype(np.int64) if n_classes else None
        self._has_rare, self._has_frequent = False, True
        if self._y is not None:
            self._set_classes(np.bincount(self._y, minlength=n_classes))
        self._n_rows = np.array([(~part).sum() for part in hidden])
        of_parts = [_weights_of(data.w, ~part) for part in hidden]
        self._weights = np.stack(of_parts, axis=1)
        Y = [self._of_part(y, w, self._frequent) for w in of_parts]
        self._both = np.hstack([self._weights, *Y])
        self._n_outputs = Y[0].shape[1]
        self._of_categories = [self._of_part(y, w, self._most) for w in of_parts]

    def _set_classes(self, counts: NDArray[np.int64]) -> None:
        """Choose the classes that are judged, by how many rows each has."""
        n_classes = int(np.count_nonzero(counts))
        frequent = np.flatnonzero(counts >= _ROWS_OF_A_CLASS)
        most = np.argsort(-counts, kind="stable")[: min(_FEW_CLASSES, n_classes)]
        self._has_rare = len(frequent) < n_classes
        self._has_frequent = len(frequent) > 0
        if n_classes == 2:  # what one of them says, both do
            self._has_frequent = not self._has_rare
            frequent, most = frequent[:1], most[:1]
        self._frequent, self._most = frequent, most

    def _of_part(
        self, y: NDArray[np.floating], weights: Floats, classes: NDArray[np.int64]
    ) -> Floats:
        """Return weighed outputs, (rows, outputs); 0 where a row is not seen."""
        rows = np.flatnonzero(weights)
        if self._y is None:
            Y = rankdata(y[rows])[:, None]
        else:
            Y = (self._y[rows, None] == classes).astype(np.float64)
        w = weights[rows]
        Y -= w @ Y
        length = np.sqrt(w @ Y**2)
        Y /= np.where(length > _NOTHING, length, np.inf)
        all_Y = np.zeros((len(weights), Y.shape[1]))
        all_Y[rows] = w[:, None] * Y
        return all_Y

    def p_of_numbers(self, values: NDArray[np.floating]) -> Floats:
        """Return the p-values, (parts, inputs), of inputs, (inputs, rows)."""
        powers = [values.astype(np.float64)]
        powers += [powers[0] ** 2]
        sums = [self._sums(power) for power in powers]
        means = [mean for mean, _ in sums] + [(powers[1] ** 2 @ self._weights).T]
        variances = means[1] - means[0] ** 2, means[2] - means[1] ** 2
        found, n_tried = [], 0
        if self._has_frequent:
            tried = [
                _p_of_share(_explained(products, each).max(axis=2), 1, self._left(2))
                for (_, products), each in zip(sums, variances, strict=True)
            ]
            tried.append(self._p_of_bins(powers[0]))
            weighed = [
                _of_several(p, 1 / weight)
                for p, weight in zip(tried, _WEIGHTS, strict=True)
            ]
            found, n_tried = [np.minimum.reduce(weighed)], self._n_outputs
        if self._has_rare:
            tried = [
                self._p_of_classes(*each)
                for each in zip(powers, variances, strict=True)
            ]
            found, n_tried = [*found, _of_several(np.minimum(*tried), 2)], n_tried + 1
        return _of_several(np.minimum.reduce(found), n_tried)

    def _p_of_classes(self, values: Floats, variances: Floats) -> Floats:
        """Return the p-values, (parts, inputs), of the means of all classes together.

        Whether a row is of a class of a few rows is too skewed to be judged by itself.
        """
        assert self._y is not None  # noqa: S101 - there are rare classes
        p = np.ones(variances.shape)
        for part, w in enumerate(self._weights.T):
            rows = np.flatnonzero(w)
            rows = rows[np.argsort(self._y[rows], kind="stable")]
            starts = np.flatnonzero(np.diff(self._y[rows], prepend=-1))
            of_classes = np.add.reduceat(w[rows], starts)
            weighed = values[:, rows] * w[rows]
            sums = np.add.reduceat(weighed, starts, axis=1)
            between = (sums**2 / of_classes).sum(axis=1) - sums.sum(axis=1) ** 2
            variance = variances[part]
            share = between / np.where(variance > _NOTHING, variance, np.inf)
            p[part] = _p_of_share(share, len(starts) - 1, len(rows) - len(starts))
        return p

    def _p_of_bins(self, values: Floats) -> Floats:
        """Return the p-values, (parts, inputs), of the target's means in bins.

        Bins have as many rows each, but for equal values, which are in one.
        """
        n = values.shape[1]
        edges = np.sort(values, axis=1)[:, [n * k // _BINS for k in range(1, _BINS)]]
        number = np.zeros(values.shape, np.int8)
        for edge in edges.T:
            number += values >= edge[:, None]
        share, n_bins = np.zeros(()), np.zeros((), np.int64)
        for k in range(_BINS):
            weights, products = self._sums((number == k).astype(np.float64))
            share = share + _explained(products, weights)
            n_bins = n_bins + (weights > _NOTHING)
        p = _p_of_share(share.max(axis=2), n_bins - 1, self._left(n_bins))
        return np.asarray(np.where(n_bins > 1, p, 1.0))

    def _sums(self, values: Floats) -> tuple[Floats, Floats]:
        """Return the means of inputs, (parts, inputs), and products with outputs.

        Inputs are (inputs, rows), products (parts, inputs, outputs).
        """
        sums, n_parts = values @ self._both, len(self._n_rows)
        products = sums[:, n_parts:].reshape(len(values), n_parts, self._n_outputs)
        return sums[:, :n_parts].T, products.transpose(1, 0, 2)

    def _left(self, n: Any) -> NDArray[np.int64]:
        """Return the degrees of freedom that n parameters leave."""
        return np.asarray(self._n_rows[:, None] - n)

    def p_of_levels(
        self, codes: NDArray[np.int32], starts: NDArray[np.int64]
    ) -> Floats:
        """Return the p-values, (parts, categories), of the means of their levels."""
        n_levels, counts = int(starts[-1]), np.diff(starts)
        p = np.ones((len(self._n_rows), len(counts)))
        if not len(counts):
            return p
        for part, (n_rows, w) in enumerate(
            zip(self._n_rows.tolist(), self._weights.T, strict=True)
        ):
            rows = np.flatnonzero(w)
            seen = codes[rows].ravel()
            times = np.bincount(seen, minlength=n_levels)
            of_levels = self._of_levels(seen, w[rows], n_levels, len(counts))
            share, outputs = np.zeros(len(counts)), self._of_categories[part].T
            for y in outputs:
                sums = self._of_levels(seen, y[rows], n_levels, len(counts))
                explained = sums**2 / np.where(of_levels > 0, of_levels, np.inf)
                share = np.maximum(share, np.add.reduceat(explained, starts[:-1]))
            n = np.add.reduceat((times > 0).astype(np.int64), starts[:-1])
            tells = (n > 1) & (n < n_rows - 1)
            found = _p_of_share(share[tells], n[tells] - 1, n_rows - n[tells])
            p[part, tells] = _of_several(found, len(outputs))
        return p

    @staticmethod
    def _of_levels(
        codes: NDArray[np.int32], values: Floats, n_levels: int, n_categories: int
    ) -> Floats:
        """Return the sum of the values of the rows of each level."""
        repeated = np.repeat(values, n_categories)
        return np.asarray(np.bincount(codes, repeated, n_levels), np.float64)


def _weights_of(weights: NDArray[np.floating], seen: Mask) -> Floats:
    """Return the weights of rows, 1 in all; 0 where a row is not seen."""
    w = np.where(seen, weights, 0.0).astype(np.float64)
    return np.asarray(w / w[seen].sum())


def _explained(products: Floats, variances: Floats) -> Floats:
    """Return the share of each output that inputs of such variances explain."""
    known = np.where(variances > _NOTHING, variances, np.inf)
    return np.asarray(products**2 / known[..., None])


def _starts(counts: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return where each of several stretches begins, and the end of the last."""
    return np.cumsum([0, *counts.tolist()])


def _of_several(least: Floats, n: float | NDArray[np.int64]) -> Floats:
    """Return how likely the least of several p-values is as small: Šidák (1967)."""
    with np.errstate(divide="ignore"):  # a p-value of 1 stays one
        return np.asarray(-np.expm1(n * np.log1p(-least)))


def _p_of_share(share: Floats, n_explaining: Any, n_left: Any) -> Floats:
    """Return how likely chance explains a share of the variance, by the F-test."""
    least, most = np.maximum(n_explaining, 1), np.maximum(n_left, 1)
    p = special.betainc(most / 2, least / 2, 1.0 - np.clip(share, 0.0, 1.0))
    return np.asarray(np.where(np.asarray(n_left) < 1, 1.0, p))

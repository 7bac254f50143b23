"""Which columns of a very wide table are worth learning from.

Of thousands of columns, some go with the target by chance. So each network chooses by
the rows that it learns from alone: what it says of the others stays a fair test.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import special
from scipy.stats import rankdata

from walnet.engine.blas import single_blas_thread
from walnet.engine.kernels.types import Examples
from walnet.tabular.columns.preprocessing import Preprocessor
from walnet.tabular.rows import new_rows, target_of

_FEW_COLUMNS, _MANY_COLUMNS = 500, 2000  # never screened, and always
FALSE_SHARE = 0.5  # of the chosen columns, those that are expected to tell nothing
_LEAST, _MOST = 10, 500  # columns that are chosen
_AT_A_TIME = 2**20  # numbers that are worked on
_NOTHING = 1e-9  # a variance
Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]


def is_very_wide(n_columns: int, n_rows: int) -> bool:
    """Tell whether a table has so many columns that they are to be screened.

    With more rows than columns, networks and linear models find out by themselves, and
    need columns that tell little each; but of thousands of columns each costs its time.

    Examples
    --------
    >>> is_very_wide(400, 50), is_very_wide(800, 200), is_very_wide(800, 1500)
    (False, True, False)
    """
    many = _MANY_COLUMNS if n_columns <= n_rows else _FEW_COLUMNS
    return n_columns > many


@dataclass(frozen=True)
class Screening:
    """The columns that at least one network reads, and which each of them does.

    Attributes
    ----------
    preprocessor : Preprocessor
        Of these columns.
    data : Examples
        The rows, with these alone.
    reads : list of ndarray of shape (numbers + plain inputs + categories,), bool
        What each network reads of a row.
    """

    preprocessor: Preprocessor
    data: Examples
    reads: list[Mask]


def screen(
    preprocessor: Preprocessor,
    data: Examples,
    hidden: Sequence[Mask],
    n_classes: int,
) -> Screening:
    """Choose columns for each network, by the rows that it learns from.

    Parameters
    ----------
    preprocessor : Preprocessor
        Of all columns.
    data : Examples
        The rows.
    hidden : sequence of ndarray of shape (rows,), bool
        The rows that each network does not see.
    n_classes : int
        Classes, or 0 for a number.
    """
    differing = {part.tobytes(): part for part in hidden}
    found = p_values(preprocessor, data, list(differing.values()), n_classes)
    of_part = dict(zip(differing, map(choose, found), strict=True))
    chosen = [of_part[part.tobytes()] for part in hidden]
    kept = np.any(chosen, axis=0)
    few, inputs, categories = preprocessor.of_columns(kept)
    codes = data.codes[:, categories]
    if len(categories):
        old, new = preprocessor.level_starts[categories], few.level_starts[:-1]
        codes = codes + (new - old).astype(np.int32)
    rows = new_rows(
        np.ascontiguousarray(data.X[:, inputs]),
        np.ascontiguousarray(codes, np.int32),
        target_of(data),
        data.w,
    )
    places = list(few.places().values())
    reads = []
    for mask in chosen:
        of_inputs = np.zeros(len(inputs) + len(categories), bool)
        for is_read, (own, looked_up) in zip(mask[kept], places, strict=True):
            of_inputs[own] = of_inputs[len(inputs) + looked_up] = is_read
        reads.append(of_inputs)
    return Screening(few, rows, reads)


def choose(p: Floats, share: float = FALSE_SHARE) -> Mask:
    """Return which columns to learn from, by their p-values.

    As many as leave, of those chosen, about a share that tell nothing: Benjamini,
    Hochberg (1995), section 3.1. Where many columns tell a little each, none of them
    surely, as many as tell anything: those that a p-value above one half is too rare
    for, Storey (2002), section 4, less three standard errors. At least a few, at most
    some hundred.

    Examples
    --------
    >>> chosen = choose(np.array([1e-9, 0.01, 0.02] + [0.9] * 97))
    >>> int(chosen.sum())
    10
    """
    order = np.argsort(p, kind="stable")
    ranks = np.arange(1, len(p) + 1)
    few_false = np.flatnonzero(p[order] <= share * ranks / len(p))
    number = int(few_false[-1]) + 1 if len(few_false) else 0
    telling = len(p) - 2 * int((p > 0.5).sum()) - 3 * math.isqrt(len(p))
    chosen = np.zeros(len(p), bool)
    chosen[order[: min(max(number, telling, _LEAST), _MOST)]] = True
    return chosen


def p_values(
    preprocessor: Preprocessor,
    data: Examples,
    hidden: Sequence[Mask],
    n_classes: int,
) -> list[Floats]:
    """Return how likely the link of each column with the target is by chance.

    Numbers go with a number by its rank, straight or bent; with classes, each by
    itself; categories by the means of their levels. Of what is tried for a column, the
    least p-value counts, and how many there are.

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
    targets = _Targets([_Target(data, ~part, n_classes) for part in hidden])
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


class _Target:
    """The target of some rows: its rank, or whether it is each of the classes.

    Attributes
    ----------
    n_rows : int
        How many rows are seen.
    weights : ndarray of shape (all rows,), float64
        Of the seen rows, 1 in all; others weigh nothing.
    Y : ndarray of shape (all rows, outputs), float64
        The standardised target, times the weights.
    """

    def __init__(self, data: Examples, seen: Mask, n_classes: int) -> None:
        rows = np.flatnonzero(seen)
        y = target_of(data)[rows]
        if n_classes:
            Y = (y[:, None] == np.arange(n_classes)).astype(np.float64)
        else:
            Y = rankdata(y)[:, None]
        w = data.w[rows].astype(np.float64)
        w /= w.sum()
        Y -= w @ Y
        length = np.sqrt(w @ Y**2)
        Y /= np.where(length > _NOTHING, length, np.inf)
        self.n_rows = len(rows)
        self.weights = np.zeros(len(seen))
        self.weights[rows] = w
        self.Y = np.zeros((len(seen), Y.shape[1]))
        self.Y[rows] = w[:, None] * Y


class _Targets:
    """The targets of several parts of the rows, side by side: one product for all."""

    def __init__(self, targets: Sequence[_Target]) -> None:
        self._n_rows = np.array([each.n_rows for each in targets])
        self._weights = np.stack([each.weights for each in targets], axis=1)
        self._Y = np.hstack([each.Y for each in targets])
        self._n_outputs = targets[0].Y.shape[1]

    def p_of_numbers(self, values: NDArray[np.floating]) -> Floats:
        """Return the p-values, (parts, inputs), of inputs, (inputs, rows)."""
        powers = [values.astype(np.float64)]
        powers += [powers[0] ** 2, powers[0] ** 4]
        means = [(power @ self._weights).T for power in powers]
        variances = means[1] - means[0] ** 2, means[2] - means[1] ** 2
        shares = [
            self._most_explained((power @ self._Y) ** 2)
            / np.where(variance > _NOTHING, variance, np.inf)
            for power, variance in zip(powers, variances, strict=False)
        ]
        p = [_p_of_share(np.maximum(*shares), 1, self._n_rows[:, None] - 2)]
        n_tried = 2
        if BINS:
            p.append(self._p_of_bins(powers[0]))
            n_tried = 3
        return _of_several(np.minimum.reduce(p), n_tried * self._n_outputs)

    def _p_of_bins(self, values: Floats) -> Floats:
        """Return the p-values of the means in quantile bins."""
        n = values.shape[1]
        ordered = np.sort(values, axis=1)
        edges = ordered[:, [n * k // BINS for k in range(1, BINS)]]
        lower = np.full((len(self._n_rows), len(values)), 0.0)
        share = np.zeros((len(self._n_rows), len(values), self._n_outputs))
        n_bins = np.zeros((len(self._n_rows), len(values)))
        is_above = np.ones_like(values, bool)
        for k in range(BINS):
            is_next = values >= edges[:, k, None] if k < BINS - 1 else np.zeros_like(is_above)
            is_in = (is_above & ~is_next).astype(np.float64)
            is_above = is_next
            weights = (is_in @ self._weights).T
            sums = (is_in @ self._Y).reshape(len(values), len(self._n_rows), -1)
            there = weights > _NOTHING
            share += sums.transpose(1, 0, 2) ** 2 / np.where(there, weights, np.inf)[..., None]
            n_bins += there
        del lower
        n_rows = self._n_rows[:, None]
        return np.where(n_bins > 1, _p_of_share(share.max(axis=2), np.maximum(n_bins - 1, 1), np.maximum(n_rows - n_bins,1)), 1.0)

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
            of_levels = self._sums(seen, w[rows], n_levels, len(counts))
            share = np.zeros(len(counts))
            first = part * self._n_outputs
            for y in self._Y.T[first : first + self._n_outputs]:
                sums = self._sums(seen, y[rows], n_levels, len(counts))
                explained = sums**2 / np.where(of_levels > 0, of_levels, np.inf)
                share = np.maximum(share, np.add.reduceat(explained, starts[:-1]))
            n = np.add.reduceat((times > 0).astype(np.int64), starts[:-1])
            tells = (n > 1) & (n < n_rows - 1)
            found = _p_of_share(
                share[tells], n[tells] - 1, n_rows - n[tells]
            )
            p[part, tells] = _of_several(found, self._n_outputs)
        return p

    @staticmethod
    def _sums(
        codes: NDArray[np.int32], values: Floats, n_levels: int, n_categories: int
    ) -> Floats:
        """Return the sum of the values of the rows of each level."""
        repeated = np.repeat(values, n_categories)
        return np.bincount(codes, weights=repeated, minlength=n_levels)

    def _most_explained(self, products: Floats) -> Floats:
        """Return the largest of each part's outputs, (parts, inputs)."""
        parts = products.reshape(len(products), len(self._n_rows), -1)
        return np.asarray(parts.max(axis=2).T)


BINS = int(__import__("os").environ.get("BINS", "0"))


def _starts(counts: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return where each of several stretches begins, and the end of the last."""
    return np.cumsum([0, *counts.tolist()])


def _of_several(least: Floats, n: int | NDArray[np.int64]) -> Floats:
    """Return how likely the least of several p-values is as small: Šidák (1967)."""
    with np.errstate(divide="ignore"):  # a p-value of 1 stays one
        return np.asarray(-np.expm1(n * np.log1p(-least)))


def _p_of_share(share: Floats, n_explaining: Any, n_left: Any) -> Floats:
    """Return how likely chance explains a share of the variance, by the F-test."""
    share, least = np.clip(share, 0.0, 1.0), np.maximum(n_left, 1)
    p = special.betainc(least / 2, np.asarray(n_explaining) / 2, 1.0 - share)
    return np.asarray(np.where(np.asarray(n_left) < 1, 1.0, p))

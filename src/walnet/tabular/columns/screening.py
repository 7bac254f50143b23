"""Which columns of a very wide table are worth learning from.

Of thousands of columns, some go with the target by chance. So each network chooses by
the rows that it learns from alone: what it says of the others stays a fair test.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special
from scipy.stats import rankdata

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
    targets = [_Target(data, ~part, n_classes) for part in hidden]
    of_values = np.ones((len(targets), data.X.shape[1]))
    some = max(1, _AT_A_TIME // len(data.Y))
    for first in range(0, data.X.shape[1], some):
        columns = slice(first, first + some)
        powers = [data.X[:, columns].T.astype(np.float64)]
        powers += [powers[0] ** 2, powers[0] ** 4]
        for p, target in zip(of_values, targets, strict=True):
            p[columns] = target.p_of_numbers(powers)
    places = preprocessor.places().values()
    n_tried = np.array([len(inputs) + len(codes) for inputs, codes in places])
    found = []
    for p, target in zip(of_values, targets, strict=True):
        of_codes = np.array([target.p_of_levels(codes) for codes in data.codes.T])
        least = [
            min([*p[inputs].tolist(), *of_codes[codes].tolist()])
            for inputs, codes in places
        ]
        found.append(_of_several(np.array(least), n_tried))
    return found


class _Target:
    """The target of some rows: its rank, or whether it is each of the classes."""

    def __init__(self, data: Examples, seen: Mask, n_classes: int) -> None:
        self.rows = np.flatnonzero(seen)
        y = target_of(data)[self.rows]
        if n_classes:
            Y = (y[:, None] == np.arange(n_classes)).astype(np.float64)
        else:
            Y = rankdata(y)[:, None]
        w = data.w[self.rows].astype(np.float64)
        self.weights = w / w.sum()
        Y -= self.weights @ Y
        length = np.sqrt(self.weights @ Y**2)
        Y /= np.where(length > _NOTHING, length, np.inf)
        self.n_tried = 2 * Y.shape[1]
        # Rows that are not seen weigh nothing.
        self.all_weights = np.zeros(len(seen))
        self.all_weights[self.rows] = self.weights
        self.Y, self.all_Y = Y, np.zeros((len(seen), Y.shape[1]))
        self.all_Y[self.rows] = self.weights[:, None] * Y

    def p_of_numbers(self, powers: Sequence[Floats]) -> Floats:
        """Return the p-values of inputs; their powers 1, 2 and 4 are (inputs, rows)."""
        means = [power @ self.all_weights for power in powers]
        variances = means[1] - means[0] ** 2, means[2] - means[1] ** 2
        shares = []
        for power, variance in zip(powers, variances, strict=False):
            varies = variance > _NOTHING
            products = ((power @ self.all_Y) ** 2).max(axis=1)
            shares.append(products / np.where(varies, variance, np.inf))
        p = _p_of_share(np.maximum(*shares), 1, len(self.rows) - 2)
        return _of_several(p, self.n_tried)

    def p_of_levels(self, codes: NDArray[np.int32]) -> float:
        """Return the p-value of a category: of the means of its levels."""
        _, level, counts = np.unique(
            codes[self.rows], return_inverse=True, return_counts=True
        )
        if not 1 < len(counts) < len(level) - 1:
            return 1.0
        of_levels = np.bincount(level, weights=self.weights)
        share = 0.0
        for y in self.Y.T:
            sums = np.bincount(level, weights=self.weights * y)
            share = max(share, float((sums**2 / of_levels).sum()))
        n = len(counts)
        p = _p_of_share(np.array([share]), n - 1, len(level) - n)
        return float(_of_several(p, self.Y.shape[1])[0])


def _of_several(least: Floats, n: int | NDArray[np.int64]) -> Floats:
    """Return how likely the least of several p-values is as small: Šidák (1967)."""
    with np.errstate(divide="ignore"):  # a p-value of 1 stays one
        return np.asarray(-np.expm1(n * np.log1p(-least)))


def _p_of_share(share: Floats, n_explaining: int, n_left: int) -> Floats:
    """Return how likely chance explains a share of the variance, by the F-test."""
    if n_left < 1:
        return np.ones_like(share)
    share = np.clip(share, 0.0, 1.0)
    return np.asarray(special.betainc(n_left / 2, n_explaining / 2, 1.0 - share))

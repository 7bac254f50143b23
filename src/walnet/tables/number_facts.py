"""What is asked of columns of numbers, found for many of them at once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from walnet.tables.statistics import means_and_deviations

FAR = 100.0  # times as far away as the other values are apart
_AT_A_TIME = 2**16  # numbers that are worked on, so that they stay in the cache
Numbers = NDArray[np.float64]


@dataclass(frozen=True)
class NumberFacts:
    """What is asked of a column of numbers.

    Attributes
    ----------
    n_missing : int
        Rows without a value.
    is_finite : bool
        Whether no value is infinite; else the other facts are not known.
    is_whole : bool
        Whether every row has a whole number.
    mean, deviation, median, least, most : float
        Of the rows with a value; NaN if there is none.
    ranges : tuple of float
        How far the least and the largest value are from the others, see
        `ranges_of_ends`.
    """

    n_missing: int
    is_finite: bool
    is_whole: bool
    mean: float = np.nan
    deviation: float = np.nan
    median: float = np.nan
    least: float = np.nan
    most: float = np.nan
    ranges: tuple[float, float] = (np.nan, np.nan)


def facts_of(columns: Iterable[Numbers]) -> Iterator[NumberFacts]:
    """Yield the facts of columns of equally many rows, NaN where one is missing.

    Columns are looked at side by side, since to look at thousands one after the other
    takes longer than to learn from them; the facts have the bits of one alone.

    Examples
    --------
    >>> (facts,) = facts_of([np.array([1.0, np.nan, 3.0])])
    >>> facts.mean, facts.n_missing, facts.is_whole
    (2.0, 1, False)
    """
    for block in in_blocks(columns):
        missing = np.isnan(block)
        n_missing: list[int] = missing.sum(axis=1).tolist()
        finite: list[bool] = np.asarray(~np.isinf(block).any(axis=1)).tolist()
        is_whole = np.equal(block, np.round(block)).all(axis=1)
        whole: list[bool] = np.asarray(is_whole).tolist()
        facts = list(map(NumberFacts, n_missing, finite, whole))
        for alike, values in _with_as_many(block, missing, facts):
            for k, found in zip(alike, _measured(values), strict=True):
                facts[k] = replace(facts[k], **found)
        yield from facts


def _with_as_many(
    block: Numbers, missing: NDArray[np.bool_], facts: list[NumberFacts]
) -> Iterator[tuple[list[int], Numbers]]:
    """Yield finite columns with as many values, without rows where one is missing."""
    alike: dict[int, list[int]] = {}
    for k, each in enumerate(facts):
        if each.is_finite and each.n_missing < block.shape[1]:
            alike.setdefault(each.n_missing, []).append(k)
    for n, places in alike.items():
        values = block[places]
        if n:
            values = values[~missing[places]].reshape(len(places), -1)
        yield places, values


def in_blocks(columns: Iterable[Numbers]) -> Iterator[Numbers]:
    """Yield columns of equally many rows side by side, (columns, rows), some at a time.

    Examples
    --------
    >>> [block.shape for block in in_blocks(np.zeros((3, 30_000)))]
    [(2, 30000), (1, 30000)]
    """
    held: list[Numbers] = []
    for column in columns:
        held.append(column)
        if len(held) * len(column) >= _AT_A_TIME - len(column):
            yield np.stack(held)
            held = []
    if held:
        yield np.stack(held)


def _measured(values: Numbers) -> Iterator[dict[str, Any]]:
    """Yield what is measured of columns of numbers, without one that is missing."""
    means, deviations = means_and_deviations(values)
    found = {
        "mean": means,
        "deviation": deviations,
        # Half before the sum: two huge middle values would overflow.
        "median": np.median(values / 2, axis=1) * 2,
        "least": values.min(axis=1),
        "most": values.max(axis=1),
    }
    for ranges, *each in zip(
        map(tuple, ranges_of_ends(values).tolist()),
        *(column.tolist() for column in found.values()),
        strict=True,
    ):
        yield dict(zip(found, each, strict=True)) | {"ranges": ranges}


def ranges_of_ends(values: Numbers) -> Numbers:
    """Return how far the least and the largest value of columns are from the others.

    Parameters
    ----------
    values : ndarray of shape (columns, rows), float64
        Finite numbers, at least one in each column.

    Returns
    -------
    ndarray of shape (columns, 2), float64
        In ranges of the others. The end that is farther away is none of the others,
        and the nearer one neither, where it is many ranges away itself. NaN if there
        are fewer than three different values.

    Examples
    --------
    >>> ranges_of_ends(np.array([[0.0, 1.0, 2.0, 202.0], [0.0, 0.0, 1.0, 1.0]]))
    array([[  1., 100.],
           [ nan,  nan]])
    """
    low, high = values.min(axis=1) / 2, values.max(axis=1) / 2  # or they overflow
    is_inner = (values > 2 * low[:, None]) & (values < 2 * high[:, None])
    least = np.where(is_inner, values, np.inf).min(axis=1) / 2
    most = np.where(is_inner, values, -np.inf).max(axis=1) / 2
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        gaps = np.column_stack([least - low, high - most])
        range_, near = most - least, gaps.min(axis=1)
        is_of_others = (near <= FAR * range_) | (range_ == 0)
        others = np.where(is_of_others, range_ + near, range_)[:, None]
        nearer = np.where(range_[:, None] == 0, 0.0, gaps / range_[:, None])
        ranges = np.where(gaps > near[:, None], gaps / others, nearer)
    ranges[~is_inner.any(axis=1)] = np.nan
    return ranges

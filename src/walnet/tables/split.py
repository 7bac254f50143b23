"""Training rows and test rows, apart."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from walnet.engine.draws import checked_seed, permutation
from walnet.engine.kernels.machine.randomness import ROWS
from walnet.errors import DataError, HyperparameterError, ShapeError
from walnet.tables.table import Column
from walnet.words import quoted, row_from_1

Rows = NDArray[np.int64]


def split_rows(
    n_rows: int, *, test_share: float = 0.25, seed: int = 0, classes: Any = None
) -> tuple[Rows, Rows]:
    """Return which rows to train on and which to test with.

    Parameters
    ----------
    n_rows : int
        The number of rows, at least 2.
    test_share : float
        The share of rows to test with, in (0, 1).
    seed : int
        Seed of the random choice, 0 to 2^63 - 1.
    classes : array of shape (n_rows,), optional
        The class of each row: then every class is split in the same proportion as far
        as whole rows allow, and has at least one row to train on.

    Returns
    -------
    train, test : ndarray of int64
        Rows counted from 0, in ascending order. Neither is empty, except that with
        ``classes`` of one row each there is nothing to test with.

    Raises
    ------
    DataError
        If there are fewer than 2 rows.
    HyperparameterError
        If a number is outside its range.
    ShapeError
        If there are not as many classes as rows.

    Examples
    --------
    >>> train, test = split_rows(8, classes=[0, 0, 0, 0, 1, 1, 1, 1])
    >>> len(train), len(test), int((test < 4).sum())
    (6, 2, 1)
    """
    _check(n_rows, test_share, seed)
    n_test = min(max(round(test_share * n_rows), 1), n_rows - 1)
    groups = [np.arange(n_rows)]
    shares = [n_test]
    if classes is not None:
        groups = _groups(np.asarray(classes), n_rows)
        shares = _shares([len(group) for group in groups], n_test)
    chosen = np.zeros(n_rows, bool)
    for number, (group, share) in enumerate(zip(groups, shares, strict=True)):
        order = permutation(seed, ROWS + number, len(group))
        chosen[group[order[:share]]] = True
    return np.flatnonzero(~chosen), np.flatnonzero(chosen)


def split_groups(
    groups: Any, *, test_share: float = 0.25, seed: int = 0
) -> tuple[Rows, Rows]:
    """Return which rows to train on and to test with, those of a group together.

    Parameters
    ----------
    groups : array of shape (n_rows,)
        Which group each row belongs to.
    test_share : float
        The share of rows to test with, in (0, 1), as near as whole groups allow.
    seed : int
        Seed of the random choice of groups, 0 to 2^63 - 1.

    Returns
    -------
    train, test : ndarray of int64
        Rows counted from 0, in ascending order. Neither is empty.

    Raises
    ------
    DataError
        If there is one group only.
    HyperparameterError
        If a number is outside its range.

    Examples
    --------
    >>> split_groups(["a", "a", "b", "c", "c", "c"], test_share=0.2)
    (array([0, 1, 3, 4, 5]), array([2]))
    """
    codes, sizes = _alike(groups, test_share, seed)
    if len(sizes) < 2:
        raise DataError("splitting by groups needs at least 2 groups, got 1")
    chosen, room = [], test_share * len(codes)
    for group in permutation(seed, ROWS, len(sizes)):
        if sizes[group] <= room:
            chosen.append(group)
            room -= sizes[group]
    is_test = np.isin(codes, chosen or [int(sizes.argmin())])
    return np.flatnonzero(~is_test), np.flatnonzero(is_test)


def split_in_time(times: Any, *, test_share: float = 0.25) -> tuple[Rows, Rows]:
    """Return earlier rows to train on and later ones to test with.

    Parameters
    ----------
    times : array of shape (n_rows,)
        Numbers or dates, none missing. Rows of one time stay together.
    test_share : float
        The share of rows to test with, in (0, 1), as near as that allows.

    Returns
    -------
    train, test : ndarray of int64
        Rows counted from 0, in ascending order. Neither is empty.

    Raises
    ------
    DataError
        If all rows have one time.
    HyperparameterError
        If the share is outside its range.

    Examples
    --------
    >>> split_in_time([2024, 2021, 2022, 2023])
    (array([1, 2, 3]), array([0]))
    """
    codes, sizes = _alike(times, test_share)
    if len(sizes) < 2:
        raise DataError("splitting in time needs at least 2 different times, got 1")
    earlier = np.cumsum(sizes)[:-1]
    last = int(np.abs(earlier - (1 - test_share) * len(codes)).argmin())
    return np.flatnonzero(codes <= last), np.flatnonzero(codes > last)


def group_codes(column: Column) -> Rows:
    """Return the number of each row's group; a row without one is a group of its own.

    Parameters
    ----------
    column : Column
        The groups.

    Returns
    -------
    ndarray of shape (rows,), int64
    """
    order = np.argsort(np.array(column.levels(), object), kind="stable")
    rank = np.append(np.argsort(order), -1)  # the last one is of the missing
    codes = rank[column.codes()]
    missing = np.flatnonzero(codes < 0)
    codes[missing] = codes.max(initial=0) + 1 + np.arange(len(missing))
    return codes


def time_codes(column: Column) -> Rows:
    """Return the place of each row's time among all times.

    Parameters
    ----------
    column : Column
        Dates or numbers.

    Returns
    -------
    ndarray of shape (rows,), int64

    Raises
    ------
    DataError
        If it holds something else, or a row has no time.
    """
    if column.kind not in ("date", "number"):
        message = f"column {quoted(column.name)} must hold dates or numbers to order "
        raise DataError(f"{message}rows in time, and is read as {column.kind}")
    missing = np.flatnonzero(column.missing())
    if len(missing):
        where = row_from_1(column.row_number(int(missing[0])))
        message = f"column {quoted(column.name)} has no value in {where}"
        raise DataError(f"{message}; to order rows in time, each needs one")
    return np.unique(column.comparable(), return_inverse=True)[1]


def _alike(values: Any, test_share: float, seed: int = 0) -> tuple[Rows, Rows]:
    """Return the number of each row's value, and how many rows each value has."""
    _, codes, sizes = np.unique(
        np.asarray(values), return_inverse=True, return_counts=True
    )
    _check(len(codes), test_share, seed)
    return codes, sizes


def _groups(classes: NDArray[Any], n_rows: int) -> list[Rows]:
    """Return the rows of each class."""
    if classes.shape != (n_rows,):
        message = f"classes must have shape ({n_rows},), got {classes.shape}"
        raise ShapeError(message)
    _, codes = np.unique(classes, return_inverse=True)
    order = np.argsort(codes, kind="stable")
    return np.split(order, np.cumsum(np.bincount(codes))[:-1])


def _shares(sizes: list[int], n_test: int) -> list[int]:
    """Return how many test rows each class gives, the largest remainders rounded up."""
    exact = [n_test * size / sum(sizes) for size in sizes]
    shares = [
        min(math.floor(x), size - 1) for x, size in zip(exact, sizes, strict=True)
    ]
    by_remainder = sorted(range(len(sizes)), key=lambda i: shares[i] - exact[i])
    while sum(shares) < n_test:
        able = [i for i in by_remainder if shares[i] < sizes[i] - 1]
        if not able:
            break
        for place in able[: n_test - sum(shares)]:
            shares[place] += 1
    return shares


def _check(n_rows: int, test_share: float, seed: int) -> None:
    """Raise an error unless the numbers are in their ranges."""
    if not 0 < test_share < 1:
        message = f"test_share must lie between 0 and 1, got {test_share!r}"
        raise HyperparameterError(message)
    checked_seed(seed)
    if n_rows < 2:
        message = f"training and testing need at least 2 rows, got {n_rows}"
        raise DataError(message)

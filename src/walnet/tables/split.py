"""Training rows and test rows, apart."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from walnet.errors import DataError, HyperparameterError, ShapeError

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
        Seed of the random choice, at least 0.
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
    random = np.random.default_rng(seed)
    n_test = min(max(round(test_share * n_rows), 1), n_rows - 1)
    groups = [np.arange(n_rows)]
    shares = [n_test]
    if classes is not None:
        groups = _groups(np.asarray(classes), n_rows)
        shares = _shares([len(group) for group in groups], n_test)
    chosen = np.zeros(n_rows, bool)
    for group, share in zip(groups, shares, strict=True):
        chosen[random.permutation(group)[:share]] = True
    return np.flatnonzero(~chosen), np.flatnonzero(chosen)


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
    if isinstance(seed, bool) or not isinstance(seed, (int, np.integer)) or seed < 0:
        message = f"seed must be a whole number of at least 0, got {seed!r}"
        raise HyperparameterError(message)
    if n_rows < 2:
        message = f"training and testing need at least 2 rows, got {n_rows}"
        raise DataError(message)

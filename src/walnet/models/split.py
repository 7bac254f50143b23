"""Which rows of a table to train on, and which to test with."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from walnet.tables import Table, as_table, drop_unlabelled, split_rows
from walnet.tables.target import ClassTarget, Target, Task, fit_target


def split_table(
    table: Any,
    target: str,
    *,
    test_share: float = 0.25,
    seed: int = 0,
    task: Task | None = None,
) -> tuple[Table, Table]:
    """Return the rows to train on and the rows to test with.

    Parameters
    ----------
    table : Table, path, data frame, dict or ndarray
        All rows. Those without a target are left out.
    target : str
        The column to be predicted. Each of its classes is split in the same proportion.
    test_share : float, default 0.25
        Share of the rows to test with, in (0, 1).
    seed : int, default 0
        Seed of the random choice.
    task : {"classification", "regression"}, optional
        By default it follows from the target's values.

    Returns
    -------
    train, test : Table
        The two parts, rows in their order.

    Raises
    ------
    DataError
        If there is no such target, it cannot be learned, or there are too few rows.
    HyperparameterError
        If a number is outside its range.

    Examples
    --------
    >>> table = {"size": [1, 2, 3, 4], "kind": ["nut", "egg", "nut", "egg"]}
    >>> split_table(table, "kind", test_share=0.5)
    (<table: 2 rows, 2 columns (1 number, 1 category)>,
     <table: 2 rows, 2 columns (1 number, 1 category)>)
    """
    known, _ = drop_unlabelled(as_table(table), target)
    fitted = fit_target(known[target], task)
    rows, others = choose_rows(known, fitted, test_share, seed)
    return known.take(rows), known.take(others)


def choose_rows(
    table: Table, target: Target, share: float, seed: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return rows to learn from and the others, as numbers from 0.

    Parameters
    ----------
    table : Table
        Rows that all have a target.
    target : ClassTarget or NumberTarget
        The target. Each of its classes is split in the same proportion, and is in the
        rows to learn from.
    share : float
        The share of the others, in (0, 1).
    seed : int
        Seed of the random choice.

    Returns
    -------
    rows, others : ndarray of int64
        In ascending order.

    Raises
    ------
    DataError, HyperparameterError
        As `split_table`.
    """
    classes = None
    if isinstance(target, ClassTarget):
        classes = target.encode(table[target.name])
    return split_rows(len(table), test_share=share, seed=seed, classes=classes)

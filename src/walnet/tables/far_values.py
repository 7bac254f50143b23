"""Values that stand for something else than a number: 1e20 for a missing one."""

from __future__ import annotations

import re

import numpy as np

from walnet.tables.checks import finite_numbers
from walnet.tables.number_facts import FAR, ranges_of_ends
from walnet.tables.table import Column, Numbers
from walnet.words import count, quoted

_CODE = re.compile(r"-?9{2,}")  # as people write for nothing: 99, -999, 9999
_FAR_CODE, _ROWS_OF_A_CODE = 2.0, 2


def far_value_notes(column: Column) -> list[str]:
    """Return which values are many ranges away from all others, in sentences.

    Parameters
    ----------
    column : Column
        A column of training rows.

    Returns
    -------
    list of str
        One for the least value and one for the largest, if they are so far from the
        others, or nines in several rows a few ranges away. Nothing but numbers is
        looked at, and no value is changed.

    Examples
    --------
    >>> from walnet.tables.reading import as_table
    >>> table = as_table({"depth": [2.0, 3.5, 1e20, 4.0]})
    >>> far_value_notes(table["depth"])
    ["column 'depth': 1 row holds 1e+20, many ranges away from all other values; if it \
stands for a missing value, leave the cell empty"]
    """
    if column.kind != "number" or not _may_be_far(column):
        return []
    values = finite_numbers(column)
    values = values[~np.isnan(values)]
    notes = []
    for value, ranges in far_ends(values):
        rows = int((values == value).sum())
        is_code = _CODE.fullmatch(f"{value:.0f}") and rows >= _ROWS_OF_A_CODE
        if ranges > FAR or (is_code and ranges > _FAR_CODE):
            far = "many" if ranges > FAR else f"{ranges:.0f}"
            notes.append(
                f"column {quoted(column.name)}: {count(rows, 'row')} "
                f"{'holds' if rows == 1 else 'hold'} {value:g}, {far} ranges away from "
                "all other values; if it stands for a missing value, leave the cell "
                "empty"
            )
    return notes


def far_ends(values: Numbers) -> list[tuple[float, float]]:
    """Return the least and the largest value, and how far each is from the others.

    Parameters
    ----------
    values : ndarray of shape (n,), float64
        Finite numbers.

    Returns
    -------
    list of (value, ranges)
        In ranges of the others. The end that is farther away is none of the others,
        and the nearer one neither, where it is many ranges away itself. Empty if there
        are fewer than three different values.

    Examples
    --------
    >>> far_ends(np.array([0.0, 1.0, 2.0, 202.0]))
    [(0.0, 1.0), (202.0, 100.0)]
    """
    if not len(values):
        return []
    (ranges,) = ranges_of_ends(values[None]).tolist()
    ends = float(values.min()), float(values.max())
    return [] if np.isnan(ranges).any() else list(zip(ends, ranges, strict=True))


def _may_be_far(column: Column) -> bool:
    """Tell whether an end of a column is far enough away to be looked at."""
    facts = column.facts
    return not facts.is_finite or max(facts.ranges) > _FAR_CODE


def near_range(values: Numbers) -> tuple[float, float]:
    """Return the least and the largest number that are not many ranges away.

    Examples
    --------
    >>> near_range(np.array([0.0, 0.0, 1.0, 2.0, 1e20]))
    (0.0, 2.0)
    """
    low, high = float(values.min()), float(values.max())
    far = [value for value, ranges in far_ends(values) if ranges > FAR]
    if far:
        near = values[~np.isin(values, far)]
        low, high = float(near.min()), float(near.max())
    return low, high

"""Dates as numbers that a network can use."""

from __future__ import annotations

import math
from collections.abc import Callable
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from walnet.tables.date_forms import weekday
from walnet.tables.table import Numbers

_PARTS: MappingProxyType[str, Callable[[Any], Any]] = MappingProxyType(
    {
        "days": lambda dates: dates.astype(np.int64) / 86_400_000_000,
        "year": lambda dates: dates.astype("M8[Y]").astype(np.int64) + 1970,
        "month": lambda dates: _since(dates, "M", "Y") + 1,
        "day": lambda dates: _since(dates, "D", "M") + 1,
        "weekday": lambda dates: weekday(dates.astype("M8[D]")),
        "hour": lambda dates: _since(dates, "h", "D"),
    }
)
_MOST_DAYS = 1e9  # more than microseconds can count
DATE_PARTS = tuple(_PARTS)
"""Parts of a date: days since 1970, and what a calendar and a clock show."""


def date_part(part: str, dates: NDArray[np.datetime64]) -> Numbers:
    """Return one part of dates.

    Parameters
    ----------
    part : str
        One of `DATE_PARTS`. Months and days count from 1, the days of the week from 0,
        which is Monday.
    dates : ndarray of shape (rows,), datetime64[us]
        The dates.

    Returns
    -------
    ndarray of shape (rows,), float64
        The part, NaN where the date is missing.

    Examples
    --------
    >>> date = np.array(["2024-02-01T12:00"], "datetime64[us]")
    >>> for part in DATE_PARTS:
    ...     print(part, date_part(part, date)[0])
    days 19754.5
    year 2024.0
    month 2.0
    day 1.0
    weekday 3.0
    hour 12.0
    """
    missing = np.isnat(dates)
    filled = np.where(missing, np.datetime64(0, "us"), dates)
    return np.where(missing, np.nan, _PARTS[part](filled))


def day_of(days: float) -> np.datetime64:
    """Return the day that is so many days after the first of 1970.

    Examples
    --------
    >>> str(day_of(19754.5))
    '2024-02-01'
    """
    whole = math.floor(min(max(days, -_MOST_DAYS), _MOST_DAYS))
    return np.datetime64(0, "D") + np.timedelta64(whole, "D")


def _since(dates: Any, unit: str, start: str) -> Any:
    """Return how many whole units have passed since the start of a longer unit."""
    return (dates.astype(f"M8[{unit}]") - dates.astype(f"M8[{start}]")).astype(np.int64)

"""Dates as numbers that a network can use."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from walnet.tables.table import Numbers

DATE_PARTS = ("days", "year", "month", "day", "weekday", "hour")
"""Parts of a date: days since 1970, and what a calendar and a clock show."""


def date_parts(dates: NDArray[np.datetime64]) -> dict[str, Numbers]:
    """Return the parts of dates, by the names in `DATE_PARTS`.

    Parameters
    ----------
    dates : ndarray of shape (rows,), datetime64[us]
        The dates.

    Returns
    -------
    dict of str to ndarray of shape (rows,), float64
        Each part, NaN where the date is missing. Months and days count from 1, the
        days of the week from 0, which is Monday.

    Examples
    --------
    >>> parts = date_parts(np.array(["2024-02-01T12:00"], "datetime64[us]"))
    >>> for name, values in parts.items():
    ...     print(name, values[0])
    days 19754.5
    year 2024.0
    month 2.0
    day 1.0
    weekday 3.0
    hour 12.0
    """
    missing = np.isnat(dates)
    filled = np.where(missing, np.datetime64(0, "us"), dates)
    years, months = filled.astype("M8[Y]"), filled.astype("M8[M]")
    days, hours = filled.astype("M8[D]"), filled.astype("M8[h]")
    whole_days = days.astype(np.int64)
    parts = {
        "days": filled.astype(np.int64) / 86_400_000_000,
        "year": years.astype(np.int64) + 1970,
        "month": (months - years).astype(np.int64) + 1,
        "day": (days - months).astype(np.int64) + 1,
        "weekday": (whole_days + 3) % 7,
        "hour": (hours - days).astype(np.int64),
    }
    return {name: np.where(missing, np.nan, each) for name, each in parts.items()}

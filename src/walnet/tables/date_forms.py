"""How people write dates, by what comes first: day, month or year.

`DATE_FORMS` is the table of the forms: a name, a pattern with a part for each of day,
month and year, and what a note says of it. After the date a time may stand, with AM or
PM, decimals of a second and a time zone.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from walnet.tables.patterns import parts_of, whole_numbers

DATE = pa.timestamp("us")
YEAR_FIRST = "Y-M-D"
"""The form of ISO 8601, which needs no note."""

_YEAR, _SHORT_YEAR = r"(?P<year>\d{4})", r"(?P<year>\d{4}|\d{2})"
_MONTH, _DAY = r"(?P<month>\d{1,2})", r"(?P<day>\d{1,2})"
_WORD = r"(?P<word>[A-Za-zÀ-ž]{3,9})\.?"
_WEEKDAY = r"(?:[A-Za-zÀ-ž]{2,10}\.?,? +)?"
_CLOCK = (
    r"(?P<hour>\d{1,2}):(?P<minute>\d{2}):(?P<second>\d{2})(?P<fraction>)(?P<half>)"
    r"(?: (?P<zone>[A-Z]{3,4}|[+-]\d{4}))?"
)
_TIME = (
    r"(?:(?:T| +|, *|:)(?P<hour>\d{1,2}):(?P<minute>\d{2})"
    r"(?::(?P<second>\d{2})(?:[.,](?P<fraction>\d{1,9}))?)?"
    r" ?(?P<half>[AaPp]\.?[Mm]\.?)?(?: Uhr)?"
    r" ?(?P<zone>Z|z|[A-Z]{3,4}|[+-]\d{2}(?::?\d{2})?)?)?"
)
_DIGITS_OF_TIME = (
    r"(?:T?(?P<hour>\d{2})(?P<minute>\d{2})(?P<second>\d{2})(?P<fraction>)(?P<half>)"
    r"(?P<zone>Z?))?"
)
_ZONES = MappingProxyType(
    {
        "Z": 0,
        "z": 0,
        "": 0,
        "UTC": 0,
        "GMT": 0,
        "WET": 0,
        "WEST": 60,
        "BST": 60,
        "CET": 60,
        "CEST": 120,
        "MEZ": 60,
        "MESZ": 120,
        "EET": 120,
        "EEST": 180,
        "EST": -300,
        "EDT": -240,
        "CST": -360,
        "CDT": -300,
        "MST": -420,
        "MDT": -360,
        "PST": -480,
        "PDT": -420,
        "MSK": 180,
        "JST": 540,
    }
)
"""Minutes that zones with a name are before UTC."""

_MONTHS = MappingProxyType(
    {
        1: "jan ene gen janv janeiro january januar enero gennaio janvier",
        2: "feb fév fev févr february februar febrero febbraio fevereiro février",
        3: "mar mär mrz mars march märz marzo março maart mrt",
        4: "apr abr avr april abril aprile avril",
        5: "may mai mag mei mayo maggio maio",
        6: "jun giu juin june juni junio giugno junho",
        7: "jul lug juil july juli julio luglio julho juillet",
        8: "aug ago aoû août aout august agosto augustus",
        9: "sep sept set september septiembre settembre setembro septembre",
        10: "oct okt ott out october oktober octubre ottobre outubro octobre",
        11: "nov november noviembre novembre novembro",
        12: "dec dez dic déc december dezember diciembre dicembre dezembro décembre",
    }
)
MONTH_WORDS = {
    word: month for month, words in _MONTHS.items() for word in words.split()
}
"""Months by their words, in lower case."""


class DateForm(NamedTuple):
    """One way to write dates.

    Attributes
    ----------
    name : str
        What a schema and an option call it.
    date : str
        The pattern of the date, in which a day may be left out: it is the first.
    words : str
        What a note says of it.
    time : str
        The pattern of the time after it.
    needs_name : bool
        Whether codes look so, too: then the name of the column has to speak of dates.
    """

    name: str
    date: str
    words: str
    time: str = _TIME
    needs_name: bool = False

    @property
    def kind(self) -> str:
        """The kind of value that is read."""
        return "date"

    def may_fit(self, cells: Sequence[str]) -> bool:
        """Tell at a glance whether one of a few cells may be of the form."""
        pattern = re.compile(self.date, re.ASCII)  # kept by the module
        return any(pattern.match(cell) for cell in cells)

    def read(self, cells: pa.Array) -> Any:
        """Return the dates of cells in UTC, null where a cell is not of the form.

        Parameters
        ----------
        cells : pyarrow.Array of strings
            Cells without spaces around them.

        Returns
        -------
        pyarrow.Array of timestamps in microseconds
            As many dates; finer parts of a second are cut off.
        """
        parts = parts_of(cells, f"^{self.date}{self.time}$")
        days, is_day = _days(parts)
        moment, is_moment = _moment(parts)
        missing = ~(is_day & is_moment)
        dates = days.astype("M8[us]") + moment.astype("m8[us]")
        return pa.array(dates, DATE, mask=missing)


DATE_FORMS = (
    DateForm(
        YEAR_FIRST,
        rf"{_YEAR}[-/. 年년] ?{_MONTH}[-/. 月월] ?{_DAY}[日일.]?",
        "dates, year first",
    ),
    DateForm(
        "D/M/Y", rf"{_DAY}[-/. ] ?{_MONTH}[-/. ] ?{_SHORT_YEAR}", "dates, day first"
    ),
    DateForm("M/D/Y", rf"{_MONTH}[-/ ]{_DAY}[-/ ]{_SHORT_YEAR}", "dates, month first"),
    DateForm(
        "D MONTH Y",
        rf"{_WEEKDAY}{_DAY}(?:st|nd|rd|th|\.)?(?: of |de |[-/ ]| ?de |){_WORD}"
        rf"(?:,? | de |[-/]|){_SHORT_YEAR}",
        "dates, day first, with the month in words",
    ),
    DateForm(
        "MONTH D, Y",
        rf"{_WEEKDAY}{_WORD}[-/ ]{_DAY}(?:st|nd|rd|th)?(?:,? |[-/]){_YEAR}",
        "dates, the month in words first",
    ),
    DateForm(
        "MONTH D TIME Y",
        rf"{_WEEKDAY}{_WORD} +{_DAY} +{_CLOCK} {_YEAR}",
        "dates, the month in words first and the year last",
        "",
    ),
    DateForm("Y-M", rf"{_YEAR}[-/年년] ?{_MONTH}[月월]?", "months, year first"),
    DateForm("M/Y", rf"{_MONTH}[-/]{_YEAR}", "months, month first"),
    DateForm("MONTH Y", rf"{_WORD}(?:,? |[-/]){_SHORT_YEAR}", "months in words"),
    DateForm(
        "YMD",
        r"(?P<year>\d{4})(?P<month>\d{2})(?P<day>\d{2})",
        "dates of eight digits",
        _DIGITS_OF_TIME,
    ),
    DateForm(
        "Y-W-D",
        rf"{_YEAR}-?W(?P<week>\d{{2}})(?:-?(?P<weekday>[1-7]))?",
        "dates as years, weeks and days of the week",
    ),
    DateForm(
        "Y-DDD",
        rf"{_YEAR}[-/. ]?(?P<day_of_year>\d{{3}})",
        "dates as years and days of the year",
        needs_name=True,
    ),
    DateForm("Y-Q", rf"{_YEAR}[-/ ]?Q(?P<quarter>[1-4])", "quarters, year first"),
    DateForm("Q Y", rf"Q(?P<quarter>[1-4])[-/ ]?{_YEAR}", "quarters of years"),
    DateForm("Y-MONTH-D", rf"{_YEAR}[-/ ]{_WORD}[-/ ]{_DAY}", "dates, year first"),
)
"""The forms of dates; of those that fit equally well the first is taken."""

FORM_OF_DATE = MappingProxyType({form.name: form for form in DATE_FORMS})
"""The forms by their names."""


def _days(parts: dict[str, Any]) -> tuple[NDArray[Any], NDArray[np.bool_]]:
    """Return the days of dates, and which of them the calendar has."""
    year = _numbers(parts["year"])
    is_short = _is(pc.equal(pc.binary_length(parts["year"]), 2))
    # As POSIX: 69 is 1969, 68 is 2068.
    year = np.where(is_short, np.where(year < 69, 2000, 1900) + year, year)
    years = (year - 1970).astype("M8[Y]")
    if "week" in parts:
        days, exists = _days_of_weeks(parts, years)
    elif "day_of_year" in parts:
        days = years.astype("M8[D]") + (_numbers(parts["day_of_year"]) - 1)
        exists = days.astype("M8[Y]") == years
    else:
        months = years.astype("M8[M]") + (_month(parts) - 1)
        day = _numbers(parts["day"]) if "day" in parts else 1
        days = months.astype("M8[D]") + (day - 1)
        exists = (days.astype("M8[M]") == months) & (months.astype("M8[Y]") == years)
    return days, exists & (year >= 1) & _is(pc.is_valid(parts["year"]))


def _days_of_weeks(
    parts: dict[str, Any], years: NDArray[Any]
) -> tuple[NDArray[Any], NDArray[np.bool_]]:
    """Return days of weeks as ISO 8601 counts them: the first one has 4 January."""
    fourth = years.astype("M8[D]") + 3
    monday = fourth - weekday(fourth)
    week, day = _numbers(parts["week"]), _numbers(parts["weekday"]).clip(min=1)
    first = monday + 7 * (week - 1)
    # The Thursday of a week is in its year.
    exists = (week >= 1) & ((first + 3).astype("M8[Y]") == years)
    return first + (day - 1), exists


def weekday(days: NDArray[Any]) -> NDArray[np.int64]:
    """Return the days of the week, 0 for Monday; 1 January 1970 was a Thursday."""
    return (days.astype(np.int64) + 3) % 7


def _month(parts: dict[str, Any]) -> NDArray[np.int64]:
    """Return months as numbers, 0 where a word is none."""
    if "month" in parts:
        return _numbers(parts["month"])
    if "quarter" in parts:
        return 3 * _numbers(parts["quarter"]) - 2
    words = pa.array([*MONTH_WORDS])
    places = pc.index_in(pc.utf8_lower(parts["word"]), value_set=words)
    months = pc.take(pa.array([*MONTH_WORDS.values()], pa.int64()), places)
    return np.asarray(pc.fill_null(months, 0).to_numpy(zero_copy_only=False))


def _moment(parts: dict[str, Any]) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Return the microseconds since midnight in UTC, and which times there are."""
    hour, minute, second = (_numbers(parts[x]) for x in ("hour", "minute", "second"))
    half = pc.utf8_lower(parts["half"])
    has_half = _is(pc.not_equal(half, ""))
    is_time = (hour <= 23) & (minute <= 59) & (second <= 59)
    is_time &= ~has_half | ((hour >= 1) & (hour <= 12))
    hour = np.where(has_half, hour % 12 + 12 * _is(pc.starts_with(half, "p")), hour)
    microseconds = _numbers(
        pc.utf8_slice_codeunits(pc.utf8_rpad(parts["fraction"], 6, "0"), 0, 6)
    )
    offset, is_zone = _offset(parts["zone"])
    seconds = 3600 * hour + 60 * minute + second - 60 * offset
    return 1_000_000 * seconds + microseconds, is_time & is_zone


def _offset(zones: Any) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Return how many minutes time zones are before UTC, and which there are."""
    places = pc.index_in(zones, value_set=pa.array([*_ZONES]))
    named = pc.take(pa.array([*_ZONES.values()], pa.int64()), places)
    is_number = _is(pc.match_substring_regex(zones, r"^[+-]"))
    parts = parts_of(zones, r"^(?P<sign>[+-])(?P<hours>\d{2}):?(?P<minutes>\d{2})?$")
    minutes = 60 * _numbers(parts["hours"]) + _numbers(parts["minutes"])
    minutes = np.where(_is(pc.equal(parts["sign"], "-")), -minutes, minutes)
    names = np.asarray(pc.fill_null(named, 0).to_numpy(zero_copy_only=False))
    return np.where(is_number, minutes, names), is_number | _is(places.is_valid())


def _numbers(texts: Any) -> NDArray[np.int64]:
    """Return digits as numbers, 0 where there are none."""
    numbers = pc.fill_null(whole_numbers(texts), 0.0)
    return np.asarray(numbers.to_numpy(zero_copy_only=False)).astype(np.int64)


def _is(answers: Any) -> NDArray[np.bool_]:
    """Return answers as booleans, false where nothing is known."""
    known = pc.fill_null(answers, fill_value=False)
    return np.asarray(known.to_numpy(zero_copy_only=False))

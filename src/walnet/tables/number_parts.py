"""Numbers written in several parts: clocks, hours and minutes, feet, fractions.

`PARTS` is the table of them: what a note says, and how cells become numbers.
"""

from __future__ import annotations

from collections.abc import Callable
from types import MappingProxyType
from typing import Any, NamedTuple

import pyarrow.compute as pc

from walnet.tables.patterns import parts_of, replaced, whole_numbers


class Parts(NamedTuple):
    """One way to write a number in several parts.

    Attributes
    ----------
    words : str
        What a note says of it.
    read : callable
        Returns the numbers of cells without signs, null where a cell is not written so.
    """

    words: str
    read: Callable[[Any], Any]


class Units(NamedTuple):
    """Units that stand together, the largest first: ``2h 50m``.

    Attributes
    ----------
    units : tuple of (float, str)
        By what each is multiplied, and a pattern of its words.
    shorthands : tuple of (str, str)
        What is written shorter, as patterns, and in full.
    """

    units: tuple[tuple[float, str], ...]
    shorthands: tuple[tuple[str, str], ...] = ()

    def read(self, cells: Any) -> Any:
        """Return the sums of numbers that each have a unit; null if none."""
        for pattern, text in self.shorthands:
            cells = replaced(cells, pattern, text)
        each = "".join(
            rf"(?:(?P<n{place}>{_NUMBER}) ?(?:{words})(?:$|[., ]+(?:{_AND} )?|T|\b)?)?"
            for place, (_, words) in enumerate(self.units)
        )
        parts = parts_of(cells, f"(?i)^{each}$")
        total: Any = 0.0
        for place, (factor, _) in enumerate(self.units):
            part = pc.multiply(_decimals(parts[f"n{place}"]), float(factor))
            total = pc.add(total, part)
        # The pattern takes an empty cell, too.
        return pc.if_else(pc.match_substring_regex(cells, r"\d"), total, None)


_NUMBER, _AND = r"\d+(?:[.,]\d+)?", "(?:and|und|et|y|e|en|och)"
_MINUTE, _HOUR, _DAY = 60, 3600, 86_400
_DURATION = Units(
    (
        (365.25 * _DAY, "y|yrs?|years?|jahre?|ans?|années?|años?|anos?|anni|anno"),
        (365.25 / 12 * _DAY, "mos?|mths?|months?|monate?|mois|mes|meses|mesi"),
        (7 * _DAY, "w|wks?|weeks?|wochen?|semaines?|semanas?|settimane"),
        (_DAY, "d|days?|tage?|j|jours?|días?|dias?|giorni"),
        (_HOUR, "h|hrs?|hours?|std|stunden?|heures?|horas?|ore|uur"),
        (_MINUTE, "m|mins?|minutes?|mn|minuten?|minutos?|minuti"),
        (1, "s|secs?|seconds?|sek|sekunden?|secondes?|segundos?|secondi"),
    ),
    (
        (r"^P([^Tt]*?\d)M", r"P\1mo"),  # of ISO 8601: months stand before the T
        (r"^PT?(\d)", r"\1"),
        (r"(\d) ?[hH] ?(\d{1,2})$", r"\1h \2m"),
    ),
)
_FEET = Units(
    ((12, "'|′|ft|feet|foot"), (1, "\"|″|”|''|in|ins|inch|inches")),
    ((r"(\d ?['′]) ?(\d{1,2})$", r'\1 \2"'),),
)
_POUNDS = Units(((224, "st|stones?"), (16, "lbs?|pounds?"), (1, "oz|ounces?")))

_CLOCK = (
    r"^(?:(?P<days>\d+) days?,? )?(?:(?P<hours>\d+):)?(?P<minutes>\d+):"
    r"(?P<seconds>[0-5]\d(?:[.,]\d+)?)"
    r" ?(?P<after>[AaPp]\.?[Mm]\.?|h|hrs?|[Ss]td\.?|Uhr)?$"
)
_DENOMINATORS = "2|3|4|5|6|8|10|16|20|25|32|50|64|100"
"""Of fractions; with others two numbers stand beside each other, such as 120/80."""
_FRACTION = (
    rf"^(?P<whole>\d+)?(?:(?:^|[ -])(?P<above>\d{{1,3}})/(?P<below>{_DENOMINATORS}))?$"
)


def _clock(cells: Any) -> Any:
    r"""Return times as seconds, :math:`86400 d + 3600 h + 60 m + s`; null if none."""
    parts = parts_of(cells, _CLOCK)
    days, hours, minutes = (
        whole_numbers(parts[each]) for each in ("days", "hours", "minutes")
    )
    seconds = _decimals(parts["seconds"])
    after = pc.utf8_lower(parts["after"])
    # With AM, PM or a word for hours two parts are hours and minutes.
    is_short = pc.and_(pc.not_equal(after, ""), pc.equal(parts["hours"], ""))
    hours = pc.if_else(is_short, minutes, hours)
    minutes = pc.if_else(is_short, seconds, minutes)
    seconds = pc.if_else(is_short, 0.0, seconds)
    is_half = pc.match_substring_regex(after, "^[ap]")
    is_twelve = pc.and_(is_half, pc.equal(hours, 12))
    hours = pc.subtract(hours, pc.if_else(is_twelve, 12.0, 0.0))
    hours = pc.add(hours, pc.if_else(pc.starts_with(after, "p"), 12.0, 0.0))
    total = pc.add(pc.multiply(days, 24.0), hours)
    total = pc.add(pc.multiply(total, 60.0), minutes)
    return pc.add(pc.multiply(total, 60.0), seconds)


def _fraction(cells: Any) -> Any:
    """Return whole numbers with fractions as numbers; null if none."""
    # Signs such as ½ become 1, a stroke and 2.
    cells = pc.utf8_normalize(replaced(cells, r"([¼½¾⅐-⅞])", r" \1"), "NFKC")
    cells = replaced(cells, " +", " ")
    cells = pc.utf8_trim_whitespace(replaced(cells, "\u2044", "/"))
    parts = parts_of(cells, _FRACTION)
    whole, above, below = (
        whole_numbers(parts[each]) for each in ("whole", "above", "below")
    )
    below = pc.if_else(pc.equal(parts["below"], ""), 1.0, below)
    return pc.add(whole, pc.divide(above, below))


def _degrees(sides: str, most: float) -> Callable[[Any], Any]:
    """Return what reads degrees with a side, the second one of which is negative."""
    pattern = (
        rf"^(?P<degrees>{_NUMBER}) ?[°º]?(?: ?(?P<minutes>{_NUMBER}) ?['′])?"
        rf"(?: ?(?P<seconds>{_NUMBER}) ?(?:\"|″|”|''))? ?(?P<side>[{sides}])$"
    )

    def read(cells: Any) -> Any:
        parts = parts_of(cells, pattern)
        degrees, minutes, seconds = (
            _decimals(parts[each]) for each in ("degrees", "minutes", "seconds")
        )
        total = pc.add(minutes, pc.divide(seconds, 60.0))
        total = pc.add(degrees, pc.divide(total, 60.0))
        total = pc.if_else(pc.less_equal(total, most), total, None)
        is_negative = pc.equal(parts["side"], sides[1])
        return pc.if_else(is_negative, pc.negate(total), total)

    return read


def _decimals(texts: Any) -> Any:
    """Return numbers with a point or comma; 0 where there is none, null where null."""
    return whole_numbers(pc.replace_substring(texts, ",", "."))


PARTS = MappingProxyType(
    {
        "clock": Parts(
            "times as minutes:seconds or hours:minutes:seconds, read as seconds", _clock
        ),
        "duration": Parts(
            "lengths of time in units such as hours and minutes, read as seconds",
            _DURATION.read,
        ),
        "feet": Parts("feet and inches, read as inches", _FEET.read),
        "pounds": Parts("pounds and ounces, read as ounces", _POUNDS.read),
        "fraction": Parts("numbers with fractions", _fraction),
        "latitude": Parts(
            "degrees of latitude, those of the south negative", _degrees("NS", 90)
        ),
        "longitude": Parts(
            "degrees of longitude, those of the west negative", _degrees("EW", 180)
        ),
    }
)
"""Ways to write a number in several parts, by their names."""

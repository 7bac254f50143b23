"""What the cells of a text file mean where they are written as computers write them.

* Spaces around a cell do not count.
* An empty cell and the words of `walnet.tables.missing_words` mean that the value is
  missing.
* A *number* is written ``12``, ``-1.5``, ``.5`` or ``1e3``; ``inf`` and ``infinity``
  are numbers (infinite, which a model refuses by name).
* A *boolean* is ``true`` or ``false``, in any case.
* A *date* is written as ISO 8601 says, ``2024-01-31`` or ``2024-01-31 12:30:00``,
  with or without a time zone (taken to UTC).
* A column is of one of these kinds if all its cells are. Else
  `walnet.tables.column_reading` tries how people write numbers and dates, and what is
  neither is a *category*.
"""

from __future__ import annotations

from typing import Any, Literal

import pyarrow as pa
import pyarrow.compute as pc

from walnet.tables.date_forms import DATE
from walnet.tables.missing_words import clean_numbers

Kind = Literal["number", "category", "boolean", "date", "empty"]
KINDS: tuple[Kind, ...] = ("number", "category", "boolean", "date", "empty")

CATEGORY = pa.dictionary(pa.int32(), pa.string())
TYPES = {
    "number": pa.float64(),
    "boolean": pa.bool_(),
    "date": DATE,
    "category": CATEGORY,
    "empty": pa.null(),
}
"""The Arrow type of the values of each kind that text is read as."""

KIND_WORDS = {
    "number": "numbers",
    "boolean": "true and false",
    "date": "dates",
    "category": "text",
}
"""What a column of each kind holds, as messages say it."""

_FIRST = 100
_BOOLEANS = pa.array(["true", "false"])


def plain_values(texts: pa.Array, further: tuple[str, ...] = ()) -> tuple[Kind, Any]:
    """Return the kind of value that all the texts are, and the values.

    Parameters
    ----------
    texts : pyarrow.Array of strings
        The cells.
    further : tuple of str
        Words for nothing beside the known ones.

    Returns
    -------
    kind : {"number", "category", "boolean", "date", "empty"}
        ``"empty"`` if every value is missing, ``"category"`` if they are text.
    values : pyarrow.Array
        float64 numbers, booleans, timestamps, nulls, or the texts as they are.

    Examples
    --------
    >>> plain_values(pa.array(["1", "NA"]))[1].to_pylist()
    [1.0, None]
    >>> plain_values(pa.array(["1", "0x10"]))[0]
    'category'
    """
    # Most columns are numbers without a gap: one conversion tells.
    numbers = _numbers(texts) if len(texts) and not further else None
    if numbers is not None and not pc.all(pc.is_nan(numbers)).as_py():
        return "number", numbers
    cells = clean_numbers(texts, further)
    if cells.null_count == len(cells):
        return "empty", pa.nulls(len(cells))
    for kind, read in _PLAIN:
        values = read(cells)
        if values is not None:
            return kind, values
    return "category", texts


def common_kind(first: Kind, second: Kind) -> Kind:
    """Return the kind of a column whose parts are of these kinds.

    Parameters
    ----------
    first, second : str
        The kinds of two parts of the column.

    Returns
    -------
    str
        The kind of the whole: an empty part fits any, two different ones are text.

    Examples
    --------
    >>> common_kind("number", "empty"), common_kind("number", "date")
    ('number', 'category')
    """
    if "empty" in (first, second):
        return second if first == "empty" else first
    return first if first == second else "category"


def _cast(texts: pa.Array, kind: pa.DataType) -> Any:
    """Return texts as values of a type, or None if one of them is not."""
    try:
        # Arrow writes a message for every text that fails, so first try a few.
        if len(texts) > 10 * _FIRST:
            pc.cast(texts.slice(0, _FIRST), kind)
        return pc.cast(texts, kind)
    except pa.ArrowInvalid:
        return None


def _numbers(texts: pa.Array) -> Any:
    """Return float64 numbers, or None if a text is not a number."""
    return _cast(texts, pa.float64())


def _booleans(cells: pa.Array) -> Any:
    """Return booleans, or None if a text is neither true nor false."""
    lowered = pc.utf8_lower(cells)
    known = pc.is_in(lowered, value_set=_BOOLEANS)
    if not pc.all(pc.or_(known, pc.is_null(cells)), min_count=0).as_py():
        return None
    return pc.equal(lowered, "true")


def _dates(cells: pa.Array) -> Any:
    """Return timestamps in UTC, or None if a text is not a date."""
    # A zone changes the type to ask for.
    zoned = pc.match_substring_regex(cells, r":\d\d.*([Zz]|[+-]\d\d(:?\d\d)?)$")
    if not pc.any(zoned).as_py():
        return _cast(cells, DATE)
    dates = _cast(cells, pa.timestamp("us", "UTC"))
    return None if dates is None else dates.cast(DATE)


_PLAIN: tuple[tuple[Kind, Any], ...] = (
    ("number", _numbers),
    ("boolean", _booleans),
    ("date", _dates),
)

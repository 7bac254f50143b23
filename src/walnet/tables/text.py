"""What the cells of a text file mean: numbers, booleans, dates or categories.

The rules, the same for every column and every file:

* Spaces around a cell do not count.
* An empty cell and the words in `MISSING_WORDS` mean that the value is missing.
* A *number* is written ``12``, ``-1.5``, ``.5`` or ``1e3``; ``inf`` and ``infinity``
  are numbers (infinite, which a model refuses by name); ``0x10``, ``1_000``,
  ``1,000`` and ``12 %`` are text.
* A *boolean* is ``true`` or ``false``, in any case.
* A *date* is written as ISO 8601 says, ``2024-01-31`` or ``2024-01-31 12:30:00``,
  with or without a time zone (taken to UTC).
* A column is of one of these kinds if all its cells are; else it is a *category*.
"""

from __future__ import annotations

from typing import Any, Literal

import pyarrow as pa
import pyarrow.compute as pc

Kind = Literal["number", "category", "boolean", "date", "empty"]
KINDS: tuple[Kind, ...] = ("number", "category", "boolean", "date", "empty")

MISSING_WORDS = (
    "",
    "?",
    "#N/A",
    "N/A",
    "n/a",
    "NA",
    "NaN",
    "nan",
    "NULL",
    "Null",
    "null",
    "None",
)
CATEGORY = pa.dictionary(pa.int32(), pa.string())
DATE = pa.timestamp("us")

_MISSING = pa.array(MISSING_WORDS)
_FIRST = 100
_BOOLEANS = pa.array(["true", "false"])


def clean(texts: pa.Array) -> pa.Array:
    """Return texts without the spaces around them, missing words as nulls.

    Parameters
    ----------
    texts : pyarrow.Array of strings
        The cells.

    Returns
    -------
    pyarrow.Array of strings
        As many cells.

    Examples
    --------
    >>> clean(pa.array([" 12", "NA"])).to_pylist()
    ['12', None]
    """
    trimmed = pc.utf8_trim_whitespace(texts)
    is_missing = pc.is_in(trimmed, value_set=_MISSING)
    return pc.if_else(is_missing, pa.scalar(None, trimmed.type), trimmed)


def kind_of(texts: pa.Array) -> Kind:
    """Return the kind of value that all the texts are.

    Parameters
    ----------
    texts : pyarrow.Array of strings
        The cells.

    Returns
    -------
    {"number", "category", "boolean", "date", "empty"}
        ``"empty"`` if every value is missing.

    Examples
    --------
    >>> kind_of(pa.array(["1", "2.5"])), kind_of(pa.array(["1", "0x10"]))
    ('number', 'category')
    """
    # Most columns are numbers without a gap: one conversion tells.
    numbers = _numbers(texts) if len(texts) else None
    if numbers is not None and not pc.all(pc.is_nan(numbers)).as_py():
        return "number"
    cells = clean(texts)
    if cells.null_count == len(cells):
        return "empty"
    if _numbers(cells) is not None:
        return "number"
    if _booleans(cells) is not None:
        return "boolean"
    return "category" if _dates(cells) is None else "date"


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


def convert(texts: pa.Array, kind: Kind) -> pa.Array:
    """Return texts as values of a kind that all of them are.

    Parameters
    ----------
    texts : pyarrow.Array of strings
        The cells.
    kind : str
        Their kind, as `kind_of` told.

    Returns
    -------
    pyarrow.Array
        float64 numbers, booleans, timestamps, or a dictionary of strings.

    Examples
    --------
    >>> convert(pa.array(["1", "NA"]), "number").to_pylist()
    [1.0, None]
    """
    if kind == "number":
        numbers = _numbers(texts)
        return _numbers(clean(texts)) if numbers is None else numbers
    cells = clean(texts)
    if kind == "boolean":
        return _booleans(cells)
    if kind == "date":
        return _dates(cells)
    if kind == "empty":
        return pa.nulls(len(cells))
    return cells.dictionary_encode().cast(CATEGORY)


def parse_numbers(texts: pa.Array) -> tuple[pa.Array, int | None]:
    """Return texts as numbers, or the first that is none.

    Parameters
    ----------
    texts : pyarrow.Array of strings
        The cells.

    Returns
    -------
    numbers : pyarrow.Array of float64
        The numbers; empty if a text is not one.
    failed : int or None
        The place of the first text that is not a number.

    Examples
    --------
    >>> parse_numbers(pa.array(["1", "two"]))[1]
    1
    """
    cells = clean(texts)
    numbers = _numbers(cells)
    if numbers is not None:
        return numbers, None
    low, high = 0, len(cells)
    while high - low > 1:
        middle = (low + high) // 2
        if _numbers(cells[low:middle]) is None:
            high = middle
        else:
            low = middle
    return pa.array([], pa.float64()), low


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

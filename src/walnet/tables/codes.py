"""Digits that are codes, not numbers: postcodes, telephone numbers, account numbers."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from walnet.tables.limits import MIN_ROWS_PER_LEVEL
from walnet.words import quoted

if TYPE_CHECKING:
    from walnet.tables.table import Column
    from walnet.tables.tally import Cells

LARGEST_EXACT = 2**53
"""Whole numbers beyond it are not all different in float64."""

_LONG = 18  # digits, more than any number that is counted or measured has
_ZERO_SHARE = 0.1
_CODES = """
zip zipcode postcode postal plz cap fips iso iban bic phone telephone tel fax
mobile handy telefon ean isbn upc gtin sku naics sic icd
"""
_CODE_WORDS = frozenset(_CODES.split())
_DATE_WORDS = frozenset(
    ["date", "datum", "day", "tag", "fecha", "data", "jour", "dia", "dt", "time"]
)


def looks_like_code(texts: Any, numbers: NDArray[np.float64]) -> bool:
    """Tell whether a block of whole numbers may be codes, or too large for float64.

    Parameters
    ----------
    texts : pyarrow.Array of strings
        The cells.
    numbers : ndarray of float64
        Their numbers, NaN where there are none.

    Returns
    -------
    bool
        Whether all are whole, and some begin with 0 or are beyond `LARGEST_EXACT`.

    Examples
    --------
    >>> looks_like_code(pa.array(["007", "12"]), np.array([7.0, 12.0]))
    True
    """
    known = numbers[~np.isnan(numbers)]
    if not len(known) or not np.array_equal(known, np.floor(known)):
        return False
    if np.abs(known).max() >= LARGEST_EXACT:
        return True
    first = pc.or_(pc.starts_with(texts, "0"), pc.starts_with(texts, " "))
    led = texts.filter(pc.fill_null(first, fill_value=False))
    return bool(pc.any(pc.match_substring_regex(led, r"^ *0\d")).as_py())


class Digits:
    """What the cells of a column of digits have in common, counted block by block."""

    def __init__(self) -> None:
        self._digits = self._led_by_zero = self._long = 0
        self._widths: set[int] = set()
        self._example = ""
        self.are_exact = True

    def add(self, cells: Cells) -> None:
        """Count the cells of a block."""
        is_digits = pc.match_substring_regex(cells.texts, r"^\d+$")
        texts, counts = cells.texts.filter(is_digits), cells.counts[_flags(is_digits)]
        widths = np.asarray(pc.binary_length(texts).to_numpy(zero_copy_only=False))
        led = _flags(pc.starts_with(texts, "0")) & (widths > 1)
        self._digits += int(counts.sum())
        self._led_by_zero += int(counts[led].sum())
        self._long += int(counts[widths > _LONG].sum())
        if len(self._widths) < 2:
            self._widths |= set(np.unique(widths)[:2].tolist())
        if not self._example and led.any():
            self._example = texts[int(np.argmax(led))].as_py()
        self.are_exact = self.are_exact and _are_integers(cells.texts)

    def are_code(self, present: int) -> bool:
        """Tell whether they are codes, of so many cells with a value."""
        if self._digits < 0.9 * present:
            return False
        of_one_width = len(self._widths) == 1 and self._led_by_zero > 0
        led = self._led_by_zero > _ZERO_SHARE * self._digits
        return of_one_width or led or 2 * self._long > self._digits

    def notes(self) -> tuple[str, ...]:
        """Return what is to be known about codes."""
        if not self._example:
            return ("its cells have too many digits for numbers and are read as codes",)
        return (
            f"cells such as {quoted(self._example)} are read as codes, not numbers",
        )


def is_named_code(name: str) -> bool:
    """Tell whether the name of a column says that it holds codes.

    Examples
    --------
    >>> is_named_code("zip_code"), is_named_code("homePhone"), is_named_code("size")
    (True, True, False)
    """
    return not _CODE_WORDS.isdisjoint(words_of(name))


def is_named_date(name: str) -> bool:
    """Tell whether the name of a column says that it holds dates.

    Examples
    --------
    >>> is_named_date("orderDate"), is_named_date("size")
    (True, False)
    """
    return not _DATE_WORDS.isdisjoint(words_of(name))


def as_code(column: Column) -> Column:
    """Return a column as a category if its name says that its numbers are codes.

    Codes that name single rows stay numbers: so at least their order tells something.

    Parameters
    ----------
    column : Column
        Any column.

    Returns
    -------
    Column
        The column, or its numbers as text.
    """
    if column.kind != "number" or not is_named_code(column.name):
        return column
    numbers = column.numbers()
    known = numbers[~np.isnan(numbers)]
    is_whole = np.array_equal(known, np.round(known)) and np.all(np.isfinite(known))
    if not is_whole or MIN_ROWS_PER_LEVEL * len(np.unique(known)) > len(known):
        return column
    note = "its name says that they are codes, so they are not read as numbers"
    return replace(column.as_category(), notes=(*column.notes, note))


def words_of(name: str) -> list[str]:
    """Return the words of a column's name, in lower case.

    Examples
    --------
    >>> words_of("PassengerId"), words_of("order_no."), words_of("customerID")
    (['passenger', 'id'], ['order', 'no'], ['customer', 'id'])
    """
    apart = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", " ", name)
    return [word.lower() for word in re.split(r"[\W_]+", apart) if word]


def _are_integers(texts: Any) -> bool:
    """Tell whether all texts are integers of 64 bits."""
    try:
        texts.cast(pa.int64())
    except pa.ArrowInvalid:
        return False
    return True


def _flags(answers: Any) -> NDArray[np.bool_]:
    return np.asarray(answers.to_numpy(zero_copy_only=False))

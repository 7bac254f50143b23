"""Columns that must hold what they are said to hold, or an error names the row."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from walnet.errors import DataError
from walnet.tables.date_forms import DATE_FORMS, FORM_OF_DATE, YEAR_FIRST
from walnet.tables.missing_words import clean_numbers
from walnet.tables.number_forms import PLAIN
from walnet.tables.options import Form
from walnet.tables.table import Column, Numbers
from walnet.tables.text import CATEGORY, KIND_WORDS, Kind
from walnet.words import quoted, row_from_1

_LOOKED_AT = 1000  # different values, enough to tell what most of them are


def finite_numbers(column: Column) -> Numbers:
    """Return a column of numbers, NaN where they are missing.

    Parameters
    ----------
    column : Column
        Numbers or booleans.

    Returns
    -------
    ndarray of shape (rows,), float64
        The numbers.

    Raises
    ------
    DataError
        If one is infinite, with its row.
    """
    values = column.numbers()
    infinite = np.flatnonzero(np.isinf(values))
    if len(infinite):
        row = int(infinite[0])
        where = f"{values[row]} in {row_from_1(column.row_number(row))}"
        message = f"column {quoted(column.name)} must hold finite numbers, got {where}"
        raise DataError(f"{message}; correct it or leave it empty")
    return values


def mixed_note(column: Column) -> str:
    """Return where text stands among numbers, if most of a category is numbers.

    Parameters
    ----------
    column : Column
        A category.

    Returns
    -------
    str
        The first row with text, as the end of a sentence; empty if there is none.
    """
    codes, rows = np.unique(column.codes(), return_index=True)
    in_order = [i for i in np.argsort(rows) if codes[i] >= 0][:_LOOKED_AT]
    levels = pa.array(column.levels(), pa.string()).take(pa.array(codes[in_order]))
    is_number = PLAIN.read(clean_numbers(levels)).is_valid().to_pylist()
    texts = [i for i, known in zip(in_order, is_number, strict=True) if not known]
    if not texts or len(texts) > len(in_order) / 2:
        return ""
    level = column.levels()[codes[texts[0]]]
    where = row_from_1(column.row_number(rows[texts[0]]))
    share = f"{len(in_order) - len(texts):,} of {len(in_order):,} are numbers"
    return f" ({share}, others are not, such as {quoted(level)} in {where})"


def read_levels(column: Column, expected: Kind, form: Form | None) -> Column:
    """Return a category whose levels are numbers or dates as a column of them.

    Where they are written in several ways, each is read as at training if it can be,
    else as computers write; dates also in a further way, if there is one only.

    Parameters
    ----------
    column : Column
        A category.
    expected : {"number", "boolean", "date"}
        The kind of the column that is returned.
    form : NumberForm, DateForm or None
        How they were written at training.

    Returns
    -------
    Column
        The numbers or dates.

    Raises
    ------
    DataError
        If a level can be read in no such way, with its first row.
    """
    codes = column.codes()
    used = np.unique(codes[codes >= 0])
    levels = pa.array(column.levels(), pa.string()).take(pa.array(used))
    cells = clean_numbers(levels)
    plain = FORM_OF_DATE[YEAR_FIRST] if expected == "date" else PLAIN
    values = (form or plain).read(cells)
    if form is not None:
        values = pc.coalesce(values, plain.read(cells))
    if expected == "date":
        values = pc.coalesce(values, _in_another_form(cells, values))
    failed = pc.and_(values.is_null(), cells.is_valid()).to_numpy(zero_copy_only=False)
    if failed.any():
        row = int(np.flatnonzero(codes == used[np.argmax(failed)])[0])
        words = KIND_WORDS[expected] if form is None else form.words
        raise WrongValueError(column, row, words)
    place = np.zeros(len(column.levels()) + 1, np.int64)
    place[used] = np.arange(len(used))
    read = values.take(pa.array(place[codes], mask=codes < 0))
    return Column(column.name, expected, pa.chunked_array([read]), column.origin, form)


def _in_another_form(cells: Any, values: Any) -> Any:
    """Return the dates of what was not read, if it has one form, or nulls."""
    rest = pc.if_else(values.is_null(), cells, None)
    readings = [each.read(rest) for each in DATE_FORMS if not each.needs_name]
    fitting = [each for each in readings if each.null_count == rest.null_count]
    if not fitting or any(not each.equals(fitting[0]) for each in fitting[1:]):
        return pa.nulls(len(cells), values.type)
    return fitting[0]


def without_levels(column: Column, words: Iterable[str]) -> Column:
    """Return a category in which some levels mean that the value is missing.

    Parameters
    ----------
    column : Column
        Any column; one that is no category is as it is.
    words : iterable of str
        The levels.

    Returns
    -------
    Column
        The category.
    """
    if column.kind != "category" or set(words).isdisjoint(column.levels()):
        return column
    texts = column.values.cast(pa.string())
    is_word = pc.is_in(texts, value_set=pa.array(words, pa.string()))
    texts = pc.if_else(is_word, None, texts)
    return column.with_values(texts.dictionary_encode().cast(CATEGORY))


class WrongValueError(DataError):
    """A value of another kind than at training.

    Parameters
    ----------
    column : Column
        The column.
    row : int
        The row of the value, counted from 0.
    expected : str
        What the column must hold, in words.
    """

    def __init__(self, column: Column, row: int, expected: str) -> None:
        self.row = row
        super().__init__(
            f"column {quoted(column.name)} must hold {expected} as at training, got "
            f"{column.text(row)} in {row_from_1(column.row_number(row))}"
        )

"""Columns that must hold what they are said to hold, or an error names the row."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from walnet.errors import DataError
from walnet.tables.table import Column, Numbers
from walnet.tables.text import Kind, parse_numbers
from walnet.words import quoted

KIND_WORDS = {
    "number": "numbers",
    "boolean": "true and false",
    "date": "dates",
    "category": "text",
}
"""What a column of each kind holds, as messages say it."""

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
        where = f"{values[row]} in row {column.row_number(row)}"
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
    levels = column.levels()
    texts = [i for i in in_order if not _is_number(levels[codes[i]])]
    if not texts or len(texts) > len(in_order) / 10:
        return ""
    row, level = column.row_number(rows[texts[0]]), levels[codes[texts[0]]]
    mixed = f"numbers and text are mixed: row {row} holds {quoted(level)}"
    return f" ({mixed}; an empty cell in place of text keeps them numbers)"


def read_numbers(column: Column, expected: Kind) -> Column:
    """Return a category whose levels are numbers as a column of numbers.

    Parameters
    ----------
    column : Column
        A category.
    expected : {"number", "boolean"}
        The kind of the column that is returned.

    Returns
    -------
    Column
        The numbers.

    Raises
    ------
    DataError
        If a level is text, with its first row.
    """
    levels = pa.array(column.levels(), pa.string())
    codes = column.codes()
    used = np.unique(codes[codes >= 0])
    parsed, failed = parse_numbers(levels.take(pa.array(used)))
    if failed is not None:
        row = int(np.flatnonzero(codes == used[failed])[0])
        raise wrong_value(column, row, KIND_WORDS[expected])
    values = np.full(len(levels) + 1, np.nan)
    values[used] = parsed.to_numpy(zero_copy_only=False)
    numbers = pa.chunked_array([values[codes]])
    return Column(column.name, expected, numbers, column.origin)


def wrong_value(column: Column, row: int, expected: str) -> DataError:
    """Return the error about a value of another kind than at training.

    Parameters
    ----------
    column : Column
        The column.
    row : int
        The row of the value, counted from 0.
    expected : str
        What the column must hold, in words.

    Returns
    -------
    DataError
        The error, to be raised.
    """
    return DataError(
        f"column {quoted(column.name)} must hold {expected} as at training, got "
        f"{column.text(row)} in row {column.row_number(row)}"
    )


def _is_number(text: str) -> bool:
    """Tell whether a text is a number."""
    return parse_numbers(pa.array([text]))[1] is None

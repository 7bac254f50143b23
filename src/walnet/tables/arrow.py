"""Columns from Arrow arrays and from data frames, whose types say what they hold."""

from __future__ import annotations

import datetime as dt
import decimal
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import types

from walnet.errors import DataError
from walnet.tables.codes import as_code, is_named_date
from walnet.tables.date_forms import DATE, FORM_OF_DATE
from walnet.tables.options import ReadOptions
from walnet.tables.table import Column, Table, check_names
from walnet.tables.text import CATEGORY, KIND_WORDS
from walnet.tables.text_columns import TextColumn
from walnet.words import is_unicode, listed, quoted, row_from_1

FIRST_DAY = 1000_01_01
"""The least whole number that may be a date of eight digits."""


class ColumnReader:
    """Columns of Arrow arrays, one after the other, whose types say what they hold.

    Integers, floats and decimals are numbers, durations and times of day are numbers of
    seconds. Text is read as that of a file, but for whole numbers that are written as
    text, in all cells: they stay text, as somebody chose that type.

    Parameters
    ----------
    options : ReadOptions, optional
        What is known of the columns.

    Examples
    --------
    >>> reader = ColumnReader()
    >>> reader.add("paid", pa.array([True, None]))
    >>> reader.table(2).kinds
    {'paid': 'boolean'}
    """

    def __init__(self, options: ReadOptions | None = None) -> None:
        self._options = options or ReadOptions()
        self._columns: dict[str, Column] = {}
        self._texts: dict[str, TextColumn] = {}

    def add(self, name: str, values: Any, *, is_text: bool = False) -> None:
        """Add a column; its text may have been read as a dictionary.

        Raises
        ------
        DataError
            If the values are of a type that no network learns from, such as lists, or
            the name comes twice.
        """
        check_names([*self._columns, name] if name in self._columns else [name])
        if not isinstance(values, pa.ChunkedArray):
            values = pa.chunked_array([values])
        asked = self._options.asked(name)
        if is_text or is_text_type(values.type):
            self._texts[name] = TextColumn(name, values, self._options)
            self._columns[name] = Column(name, "empty", values)  # until all are known
            return
        column = _typed(name, values)
        if asked is None and name not in self._options.expected:
            column = self._as_days(as_code(column))
        elif asked is not None:
            column = self._as_asked(column, asked)
        self._columns[name] = column

    def _as_days(self, column: Column) -> Column:
        """Return whole numbers such as 20240131 as dates, if the name says so."""
        if column.kind != "number" or not is_named_date(column.name):
            return column
        numbers = column.numbers()
        if not np.nanmin(numbers, initial=np.inf) >= FIRST_DAY or not column.is_whole:
            return column
        texts = column.as_category().values.cast(pa.string())
        text = TextColumn(column.name, texts, self._options)
        read = text.columns_of([text], self._options)[0]
        return read if read.kind == "date" else column

    def _as_asked(self, column: Column, asked: str) -> Column:
        """Return a column of a type as the kind that was asked for."""
        wanted = {"text": "category"}.get(asked, asked)
        if column.kind in (wanted, "empty") or (
            column.kind == "date" and wanted in FORM_OF_DATE
        ):
            return replace(column, is_asked=True)
        if wanted == "category":
            return replace(column.as_category(), is_asked=True)
        if wanted == "number" and column.kind == "boolean":
            return Column(
                column.name, "number", column.values.cast(pa.float64()), is_asked=True
            )
        if column.kind == "category" or (
            column.kind == "number" and wanted != "number"
        ):
            texts = column.as_category().values.cast(pa.string())
            reading = TextColumn(column.name, texts, self._options)
            return reading.columns_of([reading], self._options)[0]
        held = KIND_WORDS[column.kind]
        message = f"column {quoted(column.name)} was to be read as {asked}, "
        raise DataError(f"{message}but it holds {held}")

    def table(self, n_rows: int) -> Table:
        """Return the table of the columns, in their order."""
        texts = list(self._texts.values())
        for column in TextColumn.columns_of(texts, self._options):
            self._columns[column.name] = column
        columns = list(self._columns.values())
        return Table(columns, n_rows, missing=self._options.missing)


def column_from_arrow(
    name: str, values: Any, options: ReadOptions | None = None
) -> Column:
    """Return a column of an Arrow array, of the kind that its type says.

    Parameters
    ----------
    name : str
        The name of the column.
    values : pyarrow.Array or pyarrow.ChunkedArray
        The values.
    options : ReadOptions, optional
        What is known of it.

    Returns
    -------
    Column
        The column, see `ColumnReader`.

    Raises
    ------
    DataError
        If the values are of a type that no network learns from, such as lists.

    Examples
    --------
    >>> column_from_arrow("paid", pa.array([True, None])).kind
    'boolean'
    """
    reader = ColumnReader(options)
    reader.add(name, values)
    return reader.table(len(values))[name]


def table_from_arrays(
    columns: Mapping[str, Any], options: ReadOptions | None = None, n_rows: int = 0
) -> Table:
    """Return a table of Arrow arrays by their names.

    Parameters
    ----------
    columns : dict of str to pyarrow.Array or pyarrow.ChunkedArray
        The values of each column.
    options : ReadOptions, optional
        What is known of them.
    n_rows : int
        The number of rows, needed only if there are no columns.

    Returns
    -------
    Table
        The table.

    Raises
    ------
    DataError
        If a type cannot be used.
    """
    reader = ColumnReader(options)
    for name, values in columns.items():
        reader.add(name, values)
    return reader.table(n_rows)


def table_from_frame(frame: Any, options: ReadOptions | None = None) -> Table:
    """Return a table of a data frame of polars, pandas, pyarrow or another library.

    Parameters
    ----------
    frame : data frame
        Any that narwhals knows. A lazy frame is collected.
    options : ReadOptions, optional
        What is known of it.

    Returns
    -------
    Table
        The table. Names that are no text, such as the numbers that pandas gives, are
        turned into text.

    Raises
    ------
    DataError
        If it is no data frame, two columns have one name, or a type cannot be used.

    Examples
    --------
    >>> table_from_frame(pa.table({"size": [1, 2], "colour": ["red", None]}))
    <table: 2 rows, 2 columns (1 number, 1 category)>
    """
    import narwhals as nw

    try:
        native = nw.from_native(frame)
        if isinstance(native, nw.LazyFrame):
            native = native.collect()
        series = list(native.iter_columns())
    except TypeError as error:
        message = (
            "a table must be a path, a data frame, a dictionary of columns or a "
            f"two-dimensional array, got {type(frame).__name__}"
        )
        raise DataError(message) from error
    except (ValueError, nw.exceptions.NarwhalsError) as error:
        reason = " ".join(str(error).split())
        message = f"the data frame cannot be read: {reason}"
        raise DataError(message) from error
    names = [str(each.name) for each in series]
    check_names(names)
    options = options or ReadOptions()
    options.check_columns(names)
    kept = set(options.kept(names))
    columns = {
        name: _arrow(each)
        for name, each in zip(names, series, strict=True)
        if name in kept
    }
    return table_from_arrays(columns, options, len(native))


def table_from_columns(
    columns: Mapping[Any, Any], options: ReadOptions | None = None
) -> Table:
    """Return a table of a dictionary of arrays or lists.

    Parameters
    ----------
    columns : dict
        The values of each column by its name.
    options : ReadOptions, optional
        What is known of them.

    Returns
    -------
    Table
        The table.

    Raises
    ------
    DataError
        If the lengths differ or a type cannot be used.

    Examples
    --------
    >>> table_from_columns({"size": [1.5, None], "colour": ["red", "blue"]})
    <table: 2 rows, 2 columns (1 number, 1 category)>
    """
    names = [str(name) for name in columns]
    check_names(names)
    options = options or ReadOptions()
    options.check_columns(names)
    kept = set(options.kept(names))
    arrays = {
        name: _array(name, values)
        for name, values in zip(names, columns.values(), strict=True)
        if name in kept
    }
    return table_from_arrays(arrays, options)


def table_from_matrix(matrix: Any, options: ReadOptions | None = None) -> Table:
    """Return a table of a two-dimensional array, its columns named x1, x2, ….

    Parameters
    ----------
    matrix : ndarray of shape (rows, columns)
        The values.
    options : ReadOptions, optional
        What is known of the columns.

    Returns
    -------
    Table
        The table.

    Raises
    ------
    DataError
        If the array is not two-dimensional or its type cannot be used.

    Examples
    --------
    >>> table_from_matrix(np.zeros((3, 2))).names
    ('x1', 'x2')
    """
    matrix = np.asarray(matrix)
    if matrix.ndim != 2:
        message = f"a table must have 2 dimensions (rows, columns), got {matrix.ndim}"
        raise DataError(message)
    names = [f"x{place + 1}" for place in range(matrix.shape[1])]
    if not names:
        return Table([], matrix.shape[0])
    columns = dict(zip(names, matrix.T, strict=True))
    return table_from_columns(columns, options)


def _number(name: str, values: Any) -> Column:
    """Take numbers as they are, in a type that arithmetic is defined for."""
    if not types.is_integer(values.type):
        values = values.cast(pa.float64())
    return Column(name, "number", values)


def _seconds(name: str, values: Any) -> Column:
    """Take durations and times of day as seconds."""
    per_second = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}[values.type.unit]
    integer = pa.int32() if values.type.bit_width == 32 else pa.int64()
    seconds = pc.divide(values.cast(integer).cast(pa.float64(), safe=False), per_second)
    return Column(name, "number", seconds)


def _date(name: str, values: Any) -> Column:
    """Take dates and timestamps to microseconds, in UTC where they have a zone."""
    try:
        # Nanoseconds are cut off: no part of a date is as fine.
        is_fine = types.is_timestamp(values.type) and values.type.unit == "ns"
        return Column(name, "date", values.cast(DATE, safe=not is_fine))
    except pa.ArrowInvalid as error:
        message = f"column {quoted(name)} holds a date that is out of range: {error}"
        raise DataError(message) from error


def _dictionary(name: str, values: Any) -> Column:
    """Take a dictionary as a category, whatever its levels are."""
    if types.is_string(values.type.value_type):
        return _category(name, values.cast(CATEGORY).unify_dictionaries())
    levels = _typed(name, values.cast(values.type.value_type)).as_category()
    return _category(name, levels.values)


def _category(name: str, values: Any) -> Column:
    """Return a category, or an empty column if no value is there."""
    if values.null_count == len(values):
        return Column(name, "empty", pa.chunked_array([pa.nulls(len(values))]))
    return Column(name, "category", values)


def is_text_type(kind: Any) -> bool:
    """Tell whether a type is one of Arrow's types of text."""
    tests = (types.is_string, types.is_large_string, types.is_string_view)
    return any(test(kind) for test in tests)


def _typed(name: str, values: Any) -> Column:
    """Return a column of a type that is no text."""
    if types.is_dictionary(values.type) and is_text_type(values.type.value_type):
        values = values.cast(pa.dictionary(pa.int32(), pa.string()))
    for is_type, build in _BUILDERS:
        if is_type(values.type):
            return build(name, values)
    message = (
        f"column {quoted(name)} must hold numbers, text, booleans or dates, got values "
        f"of type {quoted(values.type)}; convert it or leave it out"
    )
    raise DataError(message)


def _is_number(kind: Any) -> bool:
    """Tell whether a type is one of Arrow's types of numbers."""
    tests = (types.is_integer, types.is_floating, types.is_decimal)
    return any(test(kind) for test in tests)


_BUILDERS: tuple[tuple[Callable[[Any], bool], Callable[[str, Any], Column]], ...] = (
    (types.is_null, lambda name, values: Column(name, "empty", values)),
    (types.is_boolean, lambda name, values: Column(name, "boolean", values)),
    (_is_number, _number),
    (types.is_dictionary, _dictionary),
    (lambda kind: types.is_date(kind) or types.is_timestamp(kind), _date),
    (lambda kind: types.is_time(kind) or types.is_duration(kind), _seconds),
)


def _arrow(series: Any) -> Any:
    """Return the values of a data frame's column as an Arrow array."""
    try:
        return series.to_arrow()
    except (pa.ArrowException, TypeError, ValueError):
        # pandas' object columns may hold anything, such as numbers and text mixed.
        return _array(str(series.name), series.to_numpy())


def _array(name: str, values: Any) -> Any:
    """Return values as an Arrow array; numbers mixed with text become text."""
    if isinstance(values, (pa.Array, pa.ChunkedArray)):
        return values
    if isinstance(values, np.ndarray) and values.ndim != 1:
        shape = values.shape
        raise DataError(f"column {quoted(name)} must have one dimension, got {shape}")
    try:
        return pa.array(values, from_pandas=True)
    except (pa.ArrowException, TypeError, ValueError, OverflowError):
        return _mixed(name, values)


_SCALARS = (
    *(str, bool, int, float, decimal.Decimal, np.generic, type(None)),
    *(dt.date, dt.time, dt.timedelta),
)
"""What the cells of a column of several types may be."""


def _mixed(name: str, values: Any) -> Any:
    """Return scalars of several types as text, and refuse anything else."""
    cells = list(values)
    others = {type(cell).__name__ for cell in cells if not isinstance(cell, _SCALARS)}
    if others:
        message = (
            f"column {quoted(name)} must hold numbers, text, booleans or dates, got "
            f"{listed(sorted(others))}; convert it or leave it out"
        )
        raise DataError(message)
    texts = [None if _is_missing(cell) else str(cell) for cell in cells]
    try:
        return pa.array(texts)
    except UnicodeEncodeError as error:
        row = next(i for i, text in enumerate(texts) if text and not is_unicode(text))
        message = f"column {quoted(name)} holds half a character in"
        raise DataError(
            f"{message} {row_from_1(row + 1)}: {quoted(texts[row])}; correct it"
        ) from error


def _is_missing(cell: Any) -> bool:
    """Tell whether a cell is None or NaN."""
    return cell is None or cell != cell  # noqa: PLR0124 - only NaN differs from itself

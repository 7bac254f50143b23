"""Columns from Arrow arrays and from data frames, whose types say what they hold."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import types

from walnet.errors import DataError
from walnet.tables.table import Column, Table
from walnet.tables.text import CATEGORY, DATE, convert, kind_of
from walnet.words import listed, quoted


def column_from_arrow(name: str, values: Any) -> Column:
    """Return a column of an Arrow array, of the kind that its type says.

    Integers, floats and decimals are numbers, durations and times of day are numbers
    of seconds. Text is a category, or a date if all of it is; numbers written as text
    stay text, as somebody chose that type.

    Parameters
    ----------
    name : str
        The name of the column.
    values : pyarrow.Array or pyarrow.ChunkedArray
        The values.

    Returns
    -------
    Column
        The column.

    Raises
    ------
    DataError
        If the values are of a type that no network learns from, such as lists.

    Examples
    --------
    >>> column_from_arrow("paid", pa.array([True, None])).kind
    'boolean'
    """
    if not isinstance(values, pa.ChunkedArray):
        values = pa.chunked_array([values])
    for is_type, build in _BUILDERS:
        if is_type(values.type):
            return build(name, values)
    message = (
        f"column {quoted(name)} must hold numbers, text, booleans or dates, got values "
        f"of type {quoted(values.type)}; convert it or leave it out"
    )
    raise DataError(message)


def table_from_frame(frame: Any) -> Table:
    """Return a table of a data frame of polars, pandas, pyarrow or another library.

    Parameters
    ----------
    frame : data frame
        Any that narwhals knows. A lazy frame is collected.

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
    columns = [column_from_arrow(str(each.name), _arrow(each)) for each in series]
    return Table(columns, len(native))


def table_from_columns(columns: Mapping[Any, Any]) -> Table:
    """Return a table of a dictionary of arrays or lists.

    Parameters
    ----------
    columns : dict
        The values of each column by its name.

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
    return Table(
        [
            column_from_arrow(str(name), _array(str(name), values))
            for name, values in columns.items()
        ]
    )


def table_from_matrix(matrix: Any) -> Table:
    """Return a table of a two-dimensional array, its columns named x1, x2, ….

    Parameters
    ----------
    matrix : ndarray of shape (rows, columns)
        The values.

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
    columns = [
        column_from_arrow(name, _array(name, matrix[:, place]))
        for place, name in enumerate(names)
    ]
    return Table(columns, matrix.shape[0])


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


def _text(name: str, values: Any) -> Column:
    """Take text as dates if all of it is, else as a category."""
    texts = values.cast(pa.string())
    kinds = {kind_of(chunk) for chunk in texts.chunks} - {"empty"}
    if kinds == {"date"}:
        chunks = [convert(chunk, "date") for chunk in texts.chunks]
        return Column(name, "date", pa.chunked_array(chunks, DATE))
    chunks = [convert(chunk, "category") for chunk in texts.chunks]
    return _category(name, pa.chunked_array(chunks, CATEGORY))


def _dictionary(name: str, values: Any) -> Column:
    """Take a dictionary as a category, whatever its levels are."""
    if types.is_string(values.type.value_type):
        return _category(name, values.cast(CATEGORY).unify_dictionaries())
    levels = column_from_arrow(name, values.cast(values.type.value_type))
    codes = pa.array(levels.codes(), mask=levels.codes() < 0)
    texts = pa.array(levels.levels(), pa.string())
    chunk = pa.DictionaryArray.from_arrays(codes, texts)
    return _category(name, pa.chunked_array([chunk]))


def _category(name: str, values: Any) -> Column:
    """Return a category, or an empty column if no value is there."""
    if values.null_count == len(values):
        return Column(name, "empty", pa.chunked_array([pa.nulls(len(values))]))
    return Column(name, "category", values)


def _is_text(kind: Any) -> bool:
    """Tell whether a type is one of Arrow's types of text."""
    tests = (types.is_string, types.is_large_string, types.is_string_view)
    return any(test(kind) for test in tests)


def _is_number(kind: Any) -> bool:
    """Tell whether a type is one of Arrow's types of numbers."""
    tests = (types.is_integer, types.is_floating, types.is_decimal)
    return any(test(kind) for test in tests)


_BUILDERS: tuple[tuple[Callable[[Any], bool], Callable[[str, Any], Column]], ...] = (
    (types.is_null, lambda name, values: Column(name, "empty", values)),
    (types.is_boolean, lambda name, values: Column(name, "boolean", values)),
    (_is_number, _number),
    (types.is_dictionary, _dictionary),
    (_is_text, _text),
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


def _mixed(name: str, values: Any) -> Any:
    """Return scalars of several types as text, and refuse anything else."""
    cells = list(values)
    allowed = (str, bool, int, float, np.generic, type(None))
    others = {type(cell).__name__ for cell in cells if not isinstance(cell, allowed)}
    if others:
        message = (
            f"column {quoted(name)} must hold numbers, text, booleans or dates, got "
            f"{listed(sorted(others))}; convert it or leave it out"
        )
        raise DataError(message)
    return pa.array([None if _is_missing(cell) else str(cell) for cell in cells])


def _is_missing(cell: Any) -> bool:
    """Tell whether a cell is None or NaN."""
    return cell is None or cell != cell  # noqa: PLR0124 - only NaN differs from itself

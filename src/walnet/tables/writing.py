"""Writing tables, such as predictions."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as arrow_csv
import pyarrow.parquet as pq

from walnet.errors import DataError
from walnet.saving.atomic import open_atomically
from walnet.tables.table import check_names
from walnet.words import quoted

_FORMULA = "^[=+\\-@\t\r]"


def write_table(
    path: str | os.PathLike[str], columns: Mapping[str, Any], *, raw: bool = False
) -> None:
    r"""Write columns to a CSV file, or to a Parquet file if the name ends so.

    Parameters
    ----------
    path : str or path-like
        The file: ``.parquet`` or ``.pq`` for Parquet, ``.tsv`` for tabs between the
        cells, any other name for CSV.
    columns : dict
        The values of each column by its name, all of the same length.
    raw : bool
        Whether text is written as it is. By default, a name or text that a spreadsheet
        would run as a formula, as it starts with ``=``, ``+``, ``-``, ``@``, a tab or a
        carriage return, gets a ``'`` before it in a CSV file. Numbers never do.

    Raises
    ------
    DataError
        If the columns differ in length or type, or the file cannot be written: then an
        old file of that name is left as it was.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "out.csv"
    >>> write_table(path, {"note": ["=1+1", "fine"], "change": [-1.5, 2.0]})
    >>> print(path.read_text())
    "note","change"
    "'=1+1",-1.5
    "fine",2
    <BLANKLINE>
    """
    table = _arrow_table(columns)
    suffix = Path(path).suffix.lower()
    with open_atomically(path) as file:
        if suffix in (".parquet", ".pq"):
            pq.write_table(table, file)
            return
        delimiter = "\t" if suffix == ".tsv" else ","
        options = arrow_csv.WriteOptions(delimiter=delimiter)
        try:
            arrow_csv.write_csv(table if raw else _guarded(table), file, options)
        except pa.ArrowInvalid as error:
            raise DataError(f"the table cannot be written as CSV: {error}") from error


def _arrow_table(columns: Mapping[str, Any]) -> pa.Table:
    """Return columns as an Arrow table, text as plain text."""
    names = [str(name) for name in columns]
    check_names(names)
    arrays = []
    for name, values in zip(names, columns.values(), strict=True):
        try:
            array = values if isinstance(values, pa.ChunkedArray) else pa.array(values)
        except (pa.ArrowException, TypeError, ValueError) as error:
            message = f"column {quoted(name)} cannot be written: {error}"
            raise DataError(message) from error
        is_dictionary = pa.types.is_dictionary(array.type)
        arrays.append(array.cast(array.type.value_type) if is_dictionary else array)
    lengths = {name: len(array) for name, array in zip(names, arrays, strict=True)}
    if len(set(lengths.values())) > 1:
        raise DataError(f"all columns must have the same length, got {lengths}")
    return pa.table(arrays, names=names)


def _guarded(table: pa.Table) -> pa.Table:
    """Return a table whose texts and names no spreadsheet runs as a formula."""
    columns = [
        _guarded_text(column) if pa.types.is_string(column.type) else column
        for column in table.columns
    ]
    names = _guarded_text(pa.array(table.column_names, pa.string())).to_pylist()
    return pa.table(columns, names=names)


def _guarded_text(texts: Any) -> Any:
    """Return texts with a ' before those that would be formulas."""
    is_formula = pc.match_substring_regex(texts, _FORMULA)
    return pc.if_else(is_formula, pc.binary_join_element_wise("'", texts, ""), texts)

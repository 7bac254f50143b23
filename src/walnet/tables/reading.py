"""The door for tables: a path, a data frame, a dictionary of columns or an array."""

from __future__ import annotations

import os
import zipfile
from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any, BinaryIO

import numpy as np

from walnet.errors import DataError, HyperparameterError
from walnet.saving.atomic import explain_os_error
from walnet.tables import arrow_file_reader, excel_reader
from walnet.tables.arrow import (
    table_from_columns,
    table_from_frame,
    table_from_matrix,
)
from walnet.tables.arrow_file_reader import read_arrow
from walnet.tables.csv_reader import read_csv
from walnet.tables.excel_reader import read_workbook
from walnet.tables.json_reader import is_json, read_json
from walnet.tables.opening import is_workbook, open_file
from walnet.tables.options import ReadOptions
from walnet.tables.parquet_reader import read_parquet
from walnet.tables.table import Table
from walnet.waiting import waiting_for
from walnet.words import unknown

_READERS = (
    (b"PAR1", read_parquet),
    (arrow_file_reader.FILE, read_arrow),
    (arrow_file_reader.OLD_FEATHER, read_arrow),
    (arrow_file_reader.STREAM, read_arrow),
    (excel_reader.OLD_WORKBOOK, read_workbook),
)
"""How a file begins that is no text, and what reads it."""


def as_table(data: Any, options: ReadOptions | None = None) -> Table:
    """Return a table of whatever holds one.

    Parameters
    ----------
    data : Table, str, path-like, data frame, dict or ndarray
        A table; a path or address as `read_table` takes it; a polars, pandas or pyarrow
        frame or any that narwhals knows; a dictionary of columns; or a two-dimensional
        array, whose columns get the names x1, x2, ….
    options : ReadOptions, optional
        How it is to be read. A table is as it is, but for columns to leave out.

    Returns
    -------
    Table
        The table.

    Raises
    ------
    DataError
        If the data cannot be read or used.

    Examples
    --------
    >>> as_table({"size": [1.5, 2], "colour": ["red", None]})
    <table: 2 rows, 2 columns (1 number, 1 category)>
    """
    options = options or ReadOptions()
    if isinstance(data, Table):
        return data.select(options.kept(data.names)) if options.drop else data
    if isinstance(data, (str, os.PathLike)):
        return read_table(data, options)
    if isinstance(data, Mapping):
        return table_from_columns(data, options)
    if isinstance(data, (np.ndarray, list)):
        return table_from_matrix(data, options)
    return table_from_frame(data, options)


def read_table(
    path: str | os.PathLike[str],
    options: ReadOptions | None = None,
    **changes: Any,
) -> Table:
    r"""Return the table in a file.

    It may be text (CSV, tabs, semicolons, bars), Parquet, Arrow or Feather, JSON (one
    object a line, or an array of objects), or a workbook (Excel or OpenDocument, by the
    extra ``excel``); plain, or packed by gzip, bzip2, xz, Zstandard, LZ4 or ZIP. What
    it is, its first bytes tell, not its name. How cells of text are read,
    `walnet.tables.column_reading` says; blank lines are skipped.

    Parameters
    ----------
    path : str or path-like
        The file; ``-`` for standard input; or an address such as ``s3://…``, ``gs://…``
        or ``https://…``.
    options : ReadOptions, optional
        How it is to be read.
    **changes
        Fields of `ReadOptions`, in place of those of ``options``.

    Returns
    -------
    Table
        The table.

    Raises
    ------
    DataError
        If there is no such file, it is none of those, a row of text is longer or
        shorter than the header, a name comes twice, or it is too large.
    HyperparameterError
        If an option is outside its range.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "sizes.csv"
    >>> _ = path.write_text("size;colour\n1,5;red\n2;\n")
    >>> read_table(path)["size"].numbers()
    array([1.5, 2. ])
    """
    known = [each.name for each in fields(ReadOptions)]
    for name in changes:
        if name not in known:
            raise HyperparameterError(unknown("option of reading", name, known))
    options = replace(options or ReadOptions(), **changes)
    try:
        with waiting_for(f"reading {str(path)!r}"), open_file(path) as file:
            return _read(file, options)
    except OSError as error:
        message = f"cannot read {str(path)!r}: {explain_os_error(error)}"
        raise DataError(message) from error
    except DataError as error:
        raise DataError(f"cannot read {str(path)!r}: {error}") from error


def _read(file: BinaryIO, options: ReadOptions) -> Table:
    """Return the table of a file, by how it begins."""
    start = file.read(8)
    file.seek(0)
    for magic, read in _READERS:
        if start.startswith(magic):
            return read(file, options)
    if start.startswith(b"PK\x03\x04") and is_workbook(_names(file)):
        return read_workbook(file, options)
    if options.encoding is None and is_json(file):
        return read_json(file, options)
    file.seek(0)
    return read_csv(file, options)


def _names(file: BinaryIO) -> list[str]:
    """Return the names of the files in a ZIP archive."""
    with zipfile.ZipFile(file) as archive:
        return archive.namelist()

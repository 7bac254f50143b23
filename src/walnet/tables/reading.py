"""The door for tables: a path, a data frame, a dictionary of columns or an array."""

from __future__ import annotations

import gzip
import os
import stat
import tempfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from walnet.errors import DataError
from walnet.saving.atomic import explain_os_error
from walnet.tables.arrow import (
    table_from_columns,
    table_from_frame,
    table_from_matrix,
)
from walnet.tables.csv_reader import read_csv
from walnet.tables.parquet_reader import check_unpacked, read_parquet
from walnet.tables.table import Table
from walnet.tables.text import Kind

_BLOCK = 2**20


def as_table(data: Any, kinds: Mapping[str, Kind] | None = None) -> Table:
    """Return a table of whatever holds one.

    Parameters
    ----------
    data : Table, str, path-like, data frame, dict or ndarray
        A table; the path of a CSV or Parquet file; a polars, pandas or pyarrow frame or
        any that narwhals knows; a dictionary of columns; or a two-dimensional array,
        whose columns get the names x1, x2, ….
    kinds : dict, optional
        The kinds of columns that are known, used for CSV; see `read_table`.

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
    if isinstance(data, Table):
        return data
    if isinstance(data, (str, os.PathLike)):
        return read_table(data, kinds=kinds)
    if isinstance(data, Mapping):
        return table_from_columns(data)
    if isinstance(data, (np.ndarray, list)):
        return table_from_matrix(data)
    return table_from_frame(data)


def read_table(
    path: str | os.PathLike[str],
    *,
    delimiter: str | None = None,
    kinds: Mapping[str, Kind] | None = None,
    min_columns: int = 2,
) -> Table:
    r"""Return the table in a CSV file, plain or gzipped, or in a Parquet file.

    What the file is, its first bytes tell, not its name. `walnet.tables.text` says what
    the cells of a CSV file mean; blank lines are skipped.

    Parameters
    ----------
    path : str or path-like
        The file.
    delimiter : str, optional
        The character between the cells of a CSV file. By default it is found: comma,
        semicolon, tab or bar.
    kinds : dict, optional
        The kinds of columns at training. A category's cells stay text even if all of
        them look like numbers, so that a level ``007`` stays what it is.
    min_columns : int
        How many columns a CSV file must have at least if the delimiter is not given:
        one column is mostly a delimiter that was not found.

    Returns
    -------
    Table
        The table.

    Raises
    ------
    DataError
        If there is no such file, it is not UTF-8 text or Parquet, a row is longer or
        shorter than the header, a name comes twice, or it is too large.

    Examples
    --------
    >>> path = Path(tempfile.mkdtemp()) / "sizes.csv"
    >>> _ = path.write_text("size;colour\n1.5;red\n2;\n")
    >>> read_table(path)
    <table: 2 rows, 2 columns (1 number, 1 category)>
    """
    try:
        with _plain_file(path) as file:
            if file.read(4) == b"PAR1":
                return read_parquet(file)
            return read_csv(file, delimiter, kinds, min_columns)
    except OSError as error:
        message = f"cannot read {str(path)!r}: {explain_os_error(error)}"
        raise DataError(message) from error
    except DataError as error:
        raise DataError(f"cannot read {str(path)!r}: {error}") from error


@contextmanager
def _plain_file(path: str | os.PathLike[str]) -> Iterator[BinaryIO]:
    """Open a file so that it can seek and is not compressed."""
    if "\0" in str(path):
        raise DataError("a path cannot contain the NUL character")
    with Path(path).open("rb") as file:
        size = os.fstat(file.fileno())
        if not stat.S_ISREG(size.st_mode):
            with tempfile.TemporaryFile() as copy:
                _copy(file, copy)
                yield copy
        elif file.read(2) == b"\x1f\x8b":
            file.seek(0)
            with tempfile.TemporaryFile() as copy:
                _unpack(file, copy, size.st_size)
                yield copy
        else:
            file.seek(0)
            yield file


def _copy(file: Any, copy: BinaryIO) -> None:
    """Copy a pipe to a temporary file, which can seek."""
    while block := file.read(_BLOCK):
        copy.write(block)
    copy.seek(0)


def _unpack(file: BinaryIO, copy: BinaryIO, size: int) -> None:
    """Unpack a gzipped file to a temporary file, and stop at a bomb."""
    unpacked = 0
    try:
        with gzip.open(file) as stream:
            while block := stream.read(_BLOCK):
                unpacked += len(block)
                check_unpacked(unpacked, size)
                copy.write(block)
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise DataError(f"the gzip file is damaged or cut short: {error}") from error
    copy.seek(0)

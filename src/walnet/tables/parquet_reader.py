"""Reading Parquet, after its footer has told how large the content is."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from typing import Any, BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq

from walnet.errors import DataError
from walnet.tables.arrow import ColumnReader, is_text_type
from walnet.tables.limits import (
    MAX_UNPACKED_BYTES,
    MAX_UNPACKED_RATIO,
    SMALL_UNPACKED_BYTES,
)
from walnet.tables.options import ReadOptions
from walnet.tables.table import Table, check_names, check_size

_BYTES = {"BOOLEAN": 1, "INT32": 4, "FLOAT": 4, "INT96": 12}
_PANDAS_INDEX = re.compile(r"__index_level_\d+__")


def read_parquet(
    file: BinaryIO,
    options: ReadOptions | None = None,
    check: Callable[[int, int, int], None] | None = None,
) -> Table:
    """Return the table in a Parquet file.

    Parameters
    ----------
    file : binary file
        The file, which can seek. An index that pandas put into it is left out.
    options : ReadOptions, optional
        What is known of it.
    check : callable, optional
        Called with the numbers of rows, columns and unpacked bytes before anything is
        decoded: what it raises as a DataError goes through.

    Returns
    -------
    Table
        The table. Text stays a dictionary, so that a value is held once however often
        it occurs.

    Raises
    ------
    DataError
        If the file is damaged, larger than walnet reads or holds unusable types.

    Notes
    -----
    Rows and widths are compared with the size of the file before anything is decoded:
    a few hundred kilobytes can stand for gigabytes.

    Examples
    --------
    >>> file = io.BytesIO()
    >>> pq.write_table(pa.table({"size": [1, 2], "colour": ["red", None]}), file)
    >>> read_parquet(file)
    <table: 2 rows, 2 columns (1 number, 1 category)>
    """
    size = file.seek(0, io.SEEK_END)
    options = options or ReadOptions()
    try:
        with pq.ParquetFile(file) as opened:
            metadata, schema = opened.metadata, opened.schema_arrow
        check_parquet_size(metadata, size)
        if check is not None:
            check(metadata.num_rows, metadata.num_columns, unpacked_size(metadata))
        check_names(schema.names)
        options.check_columns(schema.names)
        kept = options.kept([n for n in schema.names if not is_pandas_index(n)])
        return _read(file, {name: schema.field(name).type for name in kept}, options)
    except DataError:
        raise
    except (pa.ArrowException, OSError, ValueError) as error:
        reason = next(iter(str(error).splitlines()), "unknown reason")[:200]
        raise DataError(f"the Parquet file is damaged or unusual: {reason}") from error


def is_pandas_index(name: str) -> bool:
    """Tell whether a column is the index that pandas writes into Parquet files."""
    return _PANDAS_INDEX.fullmatch(name) is not None


def check_parquet_size(metadata: Any, file_bytes: int) -> None:
    """Raise an error if a Parquet file would unpack to more than it should.

    Parameters
    ----------
    metadata : pyarrow.parquet.FileMetaData
        The footer of the file.
    file_bytes : int
        The size of the file.

    Raises
    ------
    DataError
        If the content is too large for the file or at all, or there are no rows.
    """
    check_size(metadata.num_rows, metadata.num_columns)
    groups = [metadata.row_group(i) for i in range(metadata.num_row_groups)]
    if sum(group.num_rows for group in groups) != metadata.num_rows:
        raise DataError("the Parquet file is damaged: its row counts contradict")
    if not metadata.num_rows:
        raise DataError("the Parquet file has no rows; it needs at least one")
    check_unpacked(unpacked_size(metadata), file_bytes)


def unpacked_size(metadata: Any) -> int:
    """Return about how many bytes a Parquet file is when it is read.

    Parameters
    ----------
    metadata : pyarrow.parquet.FileMetaData
        The footer of the file.

    Returns
    -------
    int
        The size of its numbers or of its pages, whichever is larger.
    """
    # Text counts as the number of its level: it stays a dictionary.
    types = (
        metadata.schema.column(i).physical_type for i in range(metadata.num_columns)
    )
    plain: int = metadata.num_rows * sum(_BYTES.get(each, 8) for each in types)
    groups = (metadata.row_group(i) for i in range(metadata.num_row_groups))
    return max(plain, sum(int(group.total_byte_size) for group in groups))


def check_unpacked(unpacked_bytes: int, file_bytes: int) -> None:
    """Raise an error if content is too large for the compressed file it comes from.

    Parameters
    ----------
    unpacked_bytes : int
        The size of the content.
    file_bytes : int
        The size of the file.

    Raises
    ------
    DataError
        If the content is too large for the file, or at all.
    """
    allowed = min(
        max(MAX_UNPACKED_RATIO * file_bytes, SMALL_UNPACKED_BYTES), MAX_UNPACKED_BYTES
    )
    if unpacked_bytes > allowed:
        message = (
            f"the file of {file_bytes:,} bytes unpacks to {unpacked_bytes:,} bytes or "
            f"more, and {allowed:,} are allowed; if you trust it, unpack it or save it "
            "as CSV"
        )
        raise DataError(message)


def _read(file: BinaryIO, types: dict[str, Any], options: ReadOptions) -> Table:
    """Read columns one by one, text as dictionaries."""
    texts = [name for name, type_ in types.items() if is_text_type(type_)]
    reader = ColumnReader(options)
    with pq.ParquetFile(file, read_dictionary=texts) as opened:
        for name, type_ in types.items():
            read = opened.read(columns=[name], use_threads=False)
            reader.add(name, read.column(name), is_text=is_text_type(type_))
        return reader.table(opened.metadata.num_rows)

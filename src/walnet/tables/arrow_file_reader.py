"""Reading Arrow's own files: Feather, and streams of record batches."""

from __future__ import annotations

import os
from typing import Any, BinaryIO

import pyarrow as pa
from pyarrow import feather

from walnet.errors import DataError
from walnet.tables.arrow import table_from_arrays
from walnet.tables.options import ReadOptions
from walnet.tables.parquet_reader import check_unpacked, is_pandas_index
from walnet.tables.table import Table, check_names, check_size

FILE, OLD_FEATHER, STREAM = b"ARROW1", b"FEA1", b"\xff\xff\xff\xff"


def read_arrow(file: BinaryIO, options: ReadOptions) -> Table:
    """Return the table of an Arrow or Feather file.

    Parameters
    ----------
    file : binary file
        The file, which can seek.
    options : ReadOptions
        What is known of it.

    Returns
    -------
    Table
        The table.

    Raises
    ------
    DataError
        If the file is damaged, larger than walnet reads or holds unusable types.

    Examples
    --------
    >>> import io
    >>> file = io.BytesIO()
    >>> feather.write_feather(pa.table({"size": [1, 2], "hue": ["r", None]}), file)
    >>> read_arrow(file, ReadOptions())
    <table: 2 rows, 2 columns (1 number, 1 category)>
    """
    size = file.seek(0, os.SEEK_END)
    file.seek(0)
    start = file.read(len(FILE))
    file.seek(0)
    try:
        if start.startswith(OLD_FEATHER):
            table = feather.read_table(file)
        else:
            table = _batches(file, size, is_stream=start.startswith(STREAM))
        table.validate(full=True)
    except (pa.ArrowException, OSError, ValueError, MemoryError) as error:
        if isinstance(error, DataError):
            raise
        reason = next(iter(str(error).splitlines()), "unknown reason")[:200]
        raise DataError(f"the Arrow file is damaged or unusual: {reason}") from error
    names = [name for name in table.column_names if not is_pandas_index(name)]
    check_names(names)
    check_size(len(table), len(names))
    if not len(table):
        raise DataError("the Arrow file has no rows; it needs at least one")
    options.check_columns(names)
    kept = options.kept(names)
    return table_from_arrays({name: table.column(name) for name in kept}, options)


def _batches(file: BinaryIO, size: int, *, is_stream: bool) -> Any:
    """Return a table, batch by batch, and stop at a bomb."""
    options = pa.ipc.IpcReadOptions(use_threads=False)
    if is_stream:
        reader = pa.ipc.open_stream(file, options=options)
        found = iter(reader)
    else:
        reader = pa.ipc.open_file(file, options=options)
        found = (reader.get_batch(i) for i in range(reader.num_record_batches))
    batches, unpacked = [], 0
    for batch in found:
        unpacked += batch.nbytes
        check_unpacked(unpacked, size)
        batches.append(batch)
    return pa.Table.from_batches(batches, reader.schema)

"""Tables: from a file or data frame to typed columns, to inputs of a network.

===================  ==========================================================
`as_table`           a table of a path, data frame, dictionary or array
`read_table`         a table of a file: text, Parquet, Arrow, JSON or a workbook
`ReadOptions`        what one can say about how a table is to be read
`describe_columns`   how each column was read, for people
`write_table`        predictions to a file
`Table`, `Column`    named columns, each of one kind of value
`Schema`             how a table becomes inputs, and outputs become answers
`drop_unlabelled`    the rows whose target is there
`infer_task`         classification or regression, told from the target
`Stream`, `Part`     the rows of files larger than memory, all or a share of them
`split_rows`         rows to train on, rows to test with; whole groups, or later rows:
                     `split_groups`, `split_in_time`
===================  ==========================================================

A table knows nothing of networks; only the schema and its encoders do.
"""

from __future__ import annotations

from walnet.tables.description import ColumnDescription, describe_columns
from walnet.tables.options import ReadOptions
from walnet.tables.reading import as_table, read_table
from walnet.tables.schema import Schema
from walnet.tables.split import split_groups, split_in_time, split_rows
from walnet.tables.streams import Part, Stream
from walnet.tables.table import Column, Table
from walnet.tables.target import drop_unlabelled, infer_task
from walnet.tables.writing import write_table

__all__ = [
    "Column",
    "ColumnDescription",
    "Part",
    "ReadOptions",
    "Schema",
    "Stream",
    "Table",
    "as_table",
    "describe_columns",
    "drop_unlabelled",
    "infer_task",
    "read_table",
    "split_groups",
    "split_in_time",
    "split_rows",
    "write_table",
]

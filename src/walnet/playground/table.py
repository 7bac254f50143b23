"""A table for the page, read as `walnet train` reads it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from walnet.errors import DataError
from walnet.tables import Column, Table, read_table

# What a browser holds and draws without a person waiting for it.
MAX_ROWS = 100_000
MAX_COLUMNS = 1_000
MAX_CELLS = 2_000_000


def table_json(path: Path) -> bytes:
    r"""Return a table as JSON: its name, and each column by name, kind and values.

    Numbers are numbers, dates are days since 1970, all else is text; what is missing is
    null.

    Raises
    ------
    DataError
        If it cannot be read, or is larger than the page takes.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "rooms.csv"
    ...     _ = path.write_text("rooms,town\n3,Ulm\n,Bonn\n")
    ...     print(table_json(path).decode())
    {"name": "rooms.csv", "columns": [{"name": "rooms", "kind": "number", "values": [3.0, null]}, {"name": "town", "kind": "category", "values": ["Ulm", "Bonn"]}]}
    """  # noqa: E501 - it is one line
    table = read_table(path)
    _check_size(table, path.name)
    columns = [_column(column) for column in table.columns.values()]
    whole = {"name": path.name, "columns": columns}
    return json.dumps(whole, ensure_ascii=False, allow_nan=False).encode()


def _check_size(table: Table, name: str) -> None:
    rows, columns = len(table), len(table.names)
    if rows > MAX_ROWS or columns > MAX_COLUMNS or rows * columns > MAX_CELLS:
        raise DataError(
            f"{name} has {rows:,} rows and {columns:,} columns; the playground takes "
            f"{MAX_ROWS:,} rows, {MAX_COLUMNS:,} columns and {MAX_CELLS:,} cells; "
            "train on it with `walnet train`"
        )


def _column(column: Column) -> dict[str, Any]:
    kind = "category" if column.kind == "boolean" else column.kind
    return {"name": column.name, "kind": kind, "values": _values(column)}


def _values(column: Column) -> list[Any]:
    if column.kind == "empty":
        return [None] * len(column)
    if column.kind == "number":
        numbers = column.numbers()
    elif column.kind == "date":
        dates = column.dates()
        numbers = dates.astype(np.int64) / 86_400e6
        numbers[np.isnat(dates)] = np.nan
    else:
        levels = [*column.levels(), None]
        return [levels[code] for code in column.codes().tolist()]
    finite = np.isfinite(numbers).tolist()
    values = numbers.tolist()
    return [x if known else None for x, known in zip(values, finite, strict=True)]

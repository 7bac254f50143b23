"""Reading JSON: one object a line, or one array of objects."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, BinaryIO

import msgspec

from walnet.errors import DataError
from walnet.tables.arrow import table_from_columns
from walnet.tables.limits import MAX_ROW_BYTES
from walnet.tables.options import ReadOptions
from walnet.tables.table import Table, check_size

_START = 4096


def is_json(file: BinaryIO) -> bool:
    """Tell whether a file begins as JSON objects do."""
    file.seek(0)
    start = file.read(_START).removeprefix(b"\xef\xbb\xbf").lstrip()
    if start.startswith(b"["):
        return start[1:].lstrip().startswith(b"{")
    return start.startswith(b"{") and start[1:].lstrip()[:1] in (b'"', b"}")


def read_json(file: BinaryIO, options: ReadOptions) -> Table:
    r"""Return the table of a JSON file.

    Parameters
    ----------
    file : binary file
        One object a line (JSON lines), or one array of objects. An object in an object
        gives columns such as ``address.city``; what one object has and another has not
        is missing there.
    options : ReadOptions
        What is known of it.

    Returns
    -------
    Table
        The table, its columns in the order in which they come.

    Raises
    ------
    DataError
        If it is not JSON, or values are no numbers, texts or booleans.

    Examples
    --------
    >>> import io
    >>> read_json(io.BytesIO(b'{"size": 1, "hue": "r"}\n{"size": 2}'), ReadOptions())
    <table: 2 rows, 2 columns (1 number, 1 category)>
    """
    columns: dict[str, list[Any]] = {}
    n_rows = 0
    for record in _records(file):
        for name, value in _flat(record).items():
            cells = columns.setdefault(name, [])
            cells.extend([None] * (n_rows - len(cells)))
            cells.append(value)
        n_rows += 1
        check_size(n_rows, len(columns))
    if not columns:
        raise DataError("the JSON file has no rows; it needs at least one object")
    for cells in columns.values():
        cells.extend([None] * (n_rows - len(cells)))
    return table_from_columns(columns, options)


def _records(file: BinaryIO) -> Iterator[dict[str, Any]]:
    """Yield the objects of a file."""
    file.seek(0)
    start = file.read(_START).removeprefix(b"\xef\xbb\xbf").lstrip()
    file.seek(0)
    if start.startswith(b"["):
        yield from _of_array(file)
        return
    line = 0
    while text := file.readline(MAX_ROW_BYTES):
        line += 1
        text = text.removeprefix(b"\xef\xbb\xbf").strip()
        if text:
            yield _object(_parsed(text, f"line {line}"), f"line {line}")


def _of_array(file: BinaryIO) -> Iterator[dict[str, Any]]:
    """Yield the objects of an array."""
    content = _parsed(file.read().removeprefix(b"\xef\xbb\xbf"), "the file")
    for number, each in enumerate(content, 1):
        yield _object(each, f"element {number}")


def _parsed(text: bytes, where: str) -> Any:
    """Return what JSON says; NaN and infinity, which Python writes, are let through."""
    try:
        return msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError, UnicodeError):
        pass
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        message = f"{where} is not JSON: {str(error)[:200]}; every line must hold one"
        raise DataError(
            f"{message} object, or the file one array of objects"
        ) from error


def _object(value: Any, where: str) -> dict[str, Any]:
    """Return an object, or raise an error if something else was written."""
    if not isinstance(value, dict):
        found = type(value).__name__
        raise DataError(f"{where} must hold an object such as {{…}}, got {found}")
    return value


def _flat(record: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    """Return an object without objects in it."""
    if not any(isinstance(value, dict) for value in record.values()):
        return record if not prefix else {f"{prefix}{k}": v for k, v in record.items()}
    flat: dict[str, Any] = {}
    for name, value in record.items():
        if isinstance(value, dict):
            flat |= _flat(value, f"{prefix}{name}.")
        else:
            flat[f"{prefix}{name}"] = value
    return flat

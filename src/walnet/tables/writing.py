"""Writing tables, such as predictions."""

from __future__ import annotations

import bz2
import gzip
import lzma
import os
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as arrow_csv
import pyarrow.parquet as pq
from pyarrow import feather

from walnet.errors import DataError
from walnet.saving.atomic import open_atomically
from walnet.tables.excel_writer import write_workbook
from walnet.tables.table import check_names
from walnet.words import quoted

_ROWS_AT_ONCE = 10_000
_FORMULA = "^[=+\\-@\t\r]"


def write_table(
    path: str | os.PathLike[str], columns: Mapping[str, Any], *, raw: bool = False
) -> None:
    r"""Write columns to a file of the format that its name says.

    Parameters
    ----------
    path : str or path-like
        The file: ``.parquet`` or ``.pq`` for Parquet, ``.feather`` or ``.arrow`` for
        Arrow, ``.xlsx`` for a workbook, ``.jsonl`` or ``.ndjson`` for JSON lines,
        ``.tsv`` for tabs between the cells, ``.csv``, ``.txt`` or a name that says
        nothing for CSV. Text may be packed: ``.csv.gz``, ``.bz2``, ``.xz``, ``.zst``.
    columns : dict
        The values of each column by its name, all of the same length.
    raw : bool
        Whether text is written as it is. By default, a name or text that a spreadsheet
        would run as a formula, as it starts with ``=``, ``+``, ``-``, ``@``, a tab or a
        carriage return, gets a ``'`` before it in a text file. Numbers never do.

    Raises
    ------
    DataError
        If the columns differ in length or type, the name says a format that is not
        written, or the file cannot be written: then an old file of that name is left
        as it was.

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
    write = _writer(path)
    table = _arrow_table(columns)
    with open_atomically(path) as file:
        write(table, file, raw=raw)


def check_output_name(path: str | os.PathLike[str]) -> None:
    """Raise an error if the name of a file says a format that is not written.

    Parameters
    ----------
    path : str or path-like
        The file.

    Raises
    ------
    DataError
        With the formats that are written.

    Examples
    --------
    >>> check_output_name("predictions.csv.gz")
    """
    _writer(path)


def _writer(path: str | os.PathLike[str]) -> Any:
    """Return what writes a table to a file of this name."""
    suffixes = [suffix.lower() for suffix in Path(path).suffixes]
    last = suffixes[-1] if suffixes else ""
    if last in _PACKERS:
        inner = suffixes[-2] if len(suffixes) > 1 else ""
        if inner not in _PACKED_WRITERS:
            inner = ".csv"
        return partial(_packed, _PACKED_WRITERS[inner], _PACKERS[last])
    if last in _NOT_WRITTEN:
        known = ", ".join([*_WRITERS, *(f".csv{each}" for each in _PACKERS)])
        message = f"{quoted(Path(path).name)} has the name of a format that is not "
        raise DataError(f"{message}written; end it with one of {known}")
    return _WRITERS.get(last, _write_csv)


def _write_csv(table: pa.Table, file: Any, *, raw: bool, delimiter: str = ",") -> None:
    """Write text, cells apart."""
    options = arrow_csv.WriteOptions(delimiter=delimiter)
    try:
        arrow_csv.write_csv(table if raw else _guarded(table), file, options)
    except pa.ArrowInvalid as error:
        raise DataError(f"the table cannot be written as CSV: {error}") from error


def _write_tabs(table: pa.Table, file: Any, *, raw: bool) -> None:
    """Write text, with tabs between the cells."""
    _write_csv(table, file, raw=raw, delimiter="\t")


def _write_json_lines(table: pa.Table, file: Any, *, raw: bool) -> None:
    """Write one JSON object a line; NaN, which JSON has not, as null."""
    del raw  # nothing runs JSON as a formula
    for batch in _with_few_digits(table).to_batches(max_chunksize=_ROWS_AT_ONCE):
        encoder = msgspec.json.Encoder()
        file.write(encoder.encode_lines(batch.to_pylist()))


def _write_parquet(table: pa.Table, file: Any, *, raw: bool) -> None:
    """Write Parquet."""
    del raw  # a program that reads Parquet runs no formulas
    pq.write_table(table, file)


def _write_arrow(table: pa.Table, file: Any, *, raw: bool) -> None:
    """Write Arrow's own format, which Feather is."""
    del raw  # as Parquet
    feather.write_feather(table, file)


def _write_workbook(table: pa.Table, file: Any, *, raw: bool) -> None:
    """Write a workbook."""
    del raw  # its cells say that they are text
    write_workbook(_with_few_digits(table), file)


def _with_few_digits(table: pa.Table) -> pa.Table:
    """Return a table whose float32 numbers have the digits that they need: 0.1."""
    for place, column in enumerate(table.columns):
        if pa.types.is_float32(column.type):
            numbers = column.cast(pa.string()).cast(pa.float64())
            table = table.set_column(place, table.column_names[place], numbers)
    return table


class _KeptOpen:
    """A file that stays open when what packs it is closed."""

    closed = False

    def __init__(self, file: Any) -> None:
        self.write = file.write
        self.flush = file.flush

    def close(self) -> None:
        """Leave it open."""


def _packed(write: Any, pack: Any, table: pa.Table, file: Any, *, raw: bool) -> None:
    """Write text that is packed."""
    with pack(file) as packed:
        write(table, packed, raw=raw)


_WRITERS: dict[str, Callable[..., None]] = {
    ".csv": _write_csv,
    ".txt": _write_csv,
    ".tsv": _write_tabs,
    ".parquet": _write_parquet,
    ".pq": _write_parquet,
    ".feather": _write_arrow,
    ".arrow": _write_arrow,
    ".xlsx": _write_workbook,
    ".jsonl": _write_json_lines,
    ".ndjson": _write_json_lines,
}
"""What writes a file whose name ends so."""

_PACKED_WRITERS = {
    suffix: _WRITERS[suffix] for suffix in (".csv", ".txt", ".tsv", ".jsonl", ".ndjson")
}
_PACKERS: dict[str, Callable[[Any], Any]] = {
    ".gz": lambda file: gzip.GzipFile("", "wb", fileobj=file, mtime=0),
    ".bz2": lambda file: bz2.BZ2File(file, "wb"),
    ".xz": lambda file: lzma.LZMAFile(file, "wb"),  # noqa: SIM115 - closed by `_packed`
    ".zst": lambda file: pa.CompressedOutputStream(_KeptOpen(file), "zstd"),
}
"""What packs a file whose name ends so."""

_NOT_WRITTEN = {
    *(".xls", ".xlsm", ".xlsb", ".ods", ".numbers", ".zip", ".7z", ".rar", ".tar"),
    *(".json", ".html", ".htm", ".xml", ".pdf", ".db", ".sqlite", ".sqlite3", ".npy"),
    *(".npz", ".pkl", ".pickle", ".orc", ".avro", ".h5", ".hdf5", ".dta", ".sav"),
    *(".rds", ".doc", ".docx", ".png", ".svg", ".walnet", ".onnx"),
}
"""Ends of names that say another format, which nobody would want text in."""


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

"""Reading CSV: every row must be as long as the header, or the file is refused.

The file is read twice in blocks: once to find the kind of each column, once to convert
it. So memory holds the typed columns and never the whole text.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, BinaryIO

import pyarrow as pa
import pyarrow.csv as arrow_csv

from walnet.errors import DataError
from walnet.tables.limits import MAX_ROW_BYTES
from walnet.tables.sniff import (
    decode_start,
    find_delimiter,
    find_wrong_row,
    read_header,
)
from walnet.tables.table import Column, Table, check_names, check_size
from walnet.tables.text import CATEGORY, DATE, Kind, common_kind, convert, kind_of
from walnet.words import quoted

_TYPES = {
    "number": pa.float64(),
    "boolean": pa.bool_(),
    "date": DATE,
    "category": CATEGORY,
    "empty": pa.null(),
}
_END = "walnetend"  # letters, as no delimiter is one


def read_csv(
    file: BinaryIO,
    delimiter: str | None = None,
    kinds: Mapping[str, Kind] | None = None,
    min_columns: int = 2,
) -> Table:
    r"""Return the table in a CSV file.

    Parameters
    ----------
    file : binary file
        The file, which can seek.
    delimiter : str, optional
        The character between the cells. By default it is found.
    kinds : dict, optional
        Columns that are known to be categories: their cells stay text even if all of
        them look like numbers, so that a level ``007`` stays what it is.
    min_columns : int
        How many columns there must be at least if the delimiter is not given.

    Returns
    -------
    Table
        The table. A column without a name is called after its place, ``column_1``.

    Raises
    ------
    DataError
        If it is no CSV file in UTF-8, or a row is longer or shorter than the header.

    Examples
    --------
    >>> read_csv(io.BytesIO(b"size,colour\n1,red\n2.5,\n"))
    <table: 2 rows, 2 columns (1 number, 1 category)>
    """
    reader = open_csv_blocks(file, delimiter, min_columns)
    found = find_kinds(reader)
    for place, name in enumerate(reader.names):
        if found[place] != "empty" and (kinds or {}).get(name) == "category":
            found[place] = "category"
    return _convert(reader, found)


def open_csv_blocks(
    file: BinaryIO, delimiter: str | None = None, min_columns: int = 2
) -> CsvBlocks:
    """Return what reads a CSV file block by block, its header read.

    Parameters
    ----------
    file, delimiter, min_columns
        As for `read_csv`.

    Raises
    ------
    DataError
        If the start of the file is no CSV in UTF-8.
    """
    start = decode_start(file)
    if delimiter is None:
        delimiter = find_delimiter(start, min_columns)
    elif not _is_delimiter(delimiter):
        message = (
            f"a delimiter is one sign, no letter or digit, got {quoted(delimiter)}"
        )
        raise DataError(message)
    header, offset = read_header(file, start, delimiter)
    return CsvBlocks(file, delimiter, _names(header), offset)


def _is_delimiter(text: str) -> bool:
    """Tell whether a text can stand between cells without being taken for their own."""
    is_sign = len(text) == 1 and text.isascii() and not text.isalnum()
    return is_sign and text not in '"\r\n\0'


class _OpenQuoteError(Exception):
    """The last row of the file was not found: a quote before it is never closed."""


class _End(io.RawIOBase):
    """A file with some more bytes at its end."""

    def __init__(self, file: BinaryIO, end: bytes) -> None:
        self._file = file
        self._end = io.BytesIO(end)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data = self._file.read(len(buffer)) or self._end.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)


@dataclass(frozen=True)
class CsvBlocks:
    """A CSV file that is read block by block, every cell as text."""

    file: BinaryIO
    delimiter: str
    names: list[str]
    offset: int

    def batches(self, end: bytes = b"") -> Iterator[pa.RecordBatch]:
        """Yield blocks of rows, as if the file ended with some more bytes."""
        self.file.seek(self.offset)
        stream = io.BufferedReader(_End(self.file, end), MAX_ROW_BYTES)
        # The names may be odd and long: Arrow starts after them, with short ones.
        names = [str(place) for place in range(len(self.names))]
        yield from arrow_csv.open_csv(
            stream,
            read_options=arrow_csv.ReadOptions(
                use_threads=False,
                block_size=MAX_ROW_BYTES,
                column_names=names,
            ),
            parse_options=arrow_csv.ParseOptions(
                delimiter=self.delimiter, newlines_in_values=True
            ),
            convert_options=arrow_csv.ConvertOptions(
                column_types=dict.fromkeys(names, pa.string()),
                strings_can_be_null=False,
            ),
        )


def _names(header: list[str]) -> list[str]:
    """Return the names of the columns, those without one called after their place."""
    names = [name.strip() or f"column_{i + 1}" for i, name in enumerate(header)]
    check_size(0, len(names))
    check_names(names)
    return names


def find_kinds(reader: CsvBlocks, *, limited: bool = True) -> list[Kind]:
    """Return the kind of each column, after reading the whole file once.

    Parameters
    ----------
    reader : CsvBlocks
        The file.
    limited : bool
        Whether it may not have more cells than a table.

    Raises
    ------
    DataError
        If a row is longer or shorter than the header, or there is none.
    """
    try:
        return _find_kinds(reader, limited=limited)
    except (pa.ArrowException, _OpenQuoteError) as error:
        wrong = find_wrong_row(reader.file, reader.delimiter)
        message = wrong or f"the file cannot be read as CSV: {str(error)[:200]}"
        raise DataError(message) from error


def _find_kinds(reader: CsvBlocks, *, limited: bool) -> list[Kind]:
    """Return the kind of each column."""
    kinds: list[Kind] = ["empty"] * len(reader.names)
    n_rows = 0
    for batch in _checked_batches(reader):
        n_rows += len(batch)
        check_size(n_rows if limited else 0, len(kinds))
        for place, texts in enumerate(batch.columns):
            # Once text, always text: most of a text column is never looked at.
            if kinds[place] != "category":
                kinds[place] = common_kind(kinds[place], kind_of(texts))
    if not n_rows:
        raise DataError("the file has a header but no rows; it needs at least one")
    return kinds


def _checked_batches(reader: CsvBlocks) -> Iterator[pa.RecordBatch]:
    """Yield blocks of rows and raise an error if a quote is open at the end."""
    # Arrow closes an open quote at the end of a file by itself. A row of our own at
    # the end, which an open quote would swallow, tells.
    row = reader.delimiter.join([_END] * len(reader.names)).encode()
    held = None
    for batch in reader.batches(b"\n" + row + b"\n"):
        if held is not None:
            yield held
        held = batch if len(batch) else held
    if held is None or {cell.as_py() for cell in _last_row(held)} != {_END}:
        raise _OpenQuoteError
    yield held.slice(0, len(held) - 1)


def _last_row(batch: pa.RecordBatch) -> list[Any]:
    """Return the cells of the last row."""
    return [column[-1] for column in batch.columns]


def _convert(reader: CsvBlocks, kinds: list[Kind]) -> Table:
    """Return the table whose columns are of these kinds, reading the file again."""
    chunks: list[list[pa.Array]] = [[] for _ in kinds]
    for batch in reader.batches():
        for place, texts in enumerate(batch.columns):
            chunks[place].append(convert(texts, kinds[place]))
    columns = []
    for place, kind in enumerate(kinds):
        values = pa.chunked_array(chunks[place], _TYPES[kind]).unify_dictionaries()
        columns.append(Column(reader.names[place], kind, values))
        chunks[place] = []
    return Table(columns)


def convert_block(
    names: list[str], kinds: list[Kind], batch: pa.RecordBatch
) -> list[Column]:
    """Return the columns of a block of text, as the kinds that they have in the file.

    Parameters
    ----------
    names, kinds : list
        Of the columns.
    batch : pyarrow.RecordBatch
        Cells as text, as `CsvBlocks.batches` yields them.
    """
    return [
        Column(name, kind, pa.chunked_array([convert(texts, kind)], _TYPES[kind]))
        for name, kind, texts in zip(names, kinds, batch.columns, strict=True)
    ]

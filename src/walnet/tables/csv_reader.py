"""Reading CSV: every row must be as long as the header, or the file is refused.

The file is read in blocks, so that memory holds the typed columns and never the whole
text: once to find how each column is read, once to convert it, and between the two once
more the columns that are written as people write numbers and dates.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, BinaryIO

import pyarrow as pa
import pyarrow.csv as arrow_csv

from walnet.errors import DataError
from walnet.tables.codes import as_code
from walnet.tables.column_reading import (
    Finding,
    Reading,
    consider_points,
    convert,
    readings_of,
)
from walnet.tables.encodings import in_utf8
from walnet.tables.limits import MAX_ROW_BYTES
from walnet.tables.number_forms import PLAIN
from walnet.tables.options import ReadOptions
from walnet.tables.sniff import (
    decode_start,
    find_delimiter,
    find_wrong_row,
    named_delimiter,
    read_header,
)
from walnet.tables.table import Column, Table, check_names, check_size
from walnet.tables.tally import Cells
from walnet.tables.text_columns import column_of
from walnet.words import listed, quoted

_COUNTED = 10_000  # whole numbers below it may be names: places, years

_END = "walnetend"  # letters, as no delimiter is one


def read_csv(file: BinaryIO, options: ReadOptions | None = None) -> Table:
    r"""Return the table in a CSV file.

    Parameters
    ----------
    file : binary file
        The file, which can seek.
    options : ReadOptions, optional
        What is known of it.

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
    options = options or ReadOptions()
    with in_utf8(file, options.encoding) as (text, notes):
        reader = open_csv_blocks(text, options)
        options.check_columns(reader.names)
        readings = find_readings(reader, options)
        return _convert(reader, readings, options, notes)


def open_csv_blocks(file: BinaryIO, options: ReadOptions) -> CsvBlocks:
    """Return what reads a CSV file block by block, its header read.

    Parameters
    ----------
    file, options
        As for `read_csv`.

    Raises
    ------
    DataError
        If the start of the file is no CSV in UTF-8.
    """
    start = decode_start(file)
    delimiter = options.delimiter or named_delimiter(start)
    if delimiter is None:
        delimiter = find_delimiter(start, options.min_columns)
    elif not _is_delimiter(delimiter):
        message = (
            f"a delimiter is one sign, no letter or digit, got {quoted(delimiter)}"
        )
        raise DataError(message)
    header, offset = read_header(file, start, delimiter)
    return CsvBlocks(file, delimiter, names_of_header(header), offset)


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

    def batches(
        self, end: bytes = b"", columns: Sequence[int] | None = None
    ) -> Iterator[pa.RecordBatch]:
        """Yield blocks of rows, as if the file ended with some more bytes.

        By default with all columns, or with those at some places.
        """
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
                include_columns=[str(place) for place in columns or ()],
            ),
        )


def names_of_header(header: list[str]) -> list[str]:
    """Return the names of the columns, those without one called after their place.

    Raises
    ------
    DataError
        If a name comes twice, or there are too many.
    """
    names = [name.strip() or f"column_{i + 1}" for i, name in enumerate(header)]
    check_size(0, len(names))
    check_names(names)
    return names


def find_readings(
    reader: CsvBlocks, options: ReadOptions, *, limited: bool = True
) -> list[Reading]:
    """Return how each column is read, after reading the whole file.

    Parameters
    ----------
    reader : CsvBlocks
        The file.
    options : ReadOptions
        What is known of it.
    limited : bool
        Whether it may not have more cells than a table.

    Raises
    ------
    DataError
        If a row is longer or shorter than the header, or there is none.
    """
    findings = [Finding(name, options) for name in reader.names]
    try:
        _look(reader, findings, limited=limited)
    except (pa.ArrowException, _OpenQuoteError) as error:
        wrong = find_wrong_row(reader.file, reader.delimiter)
        message = wrong or f"the file cannot be read as CSV: {str(error)[:200]}"
        raise DataError(message) from error
    consider_points(findings, options)
    _count(reader, findings)
    return readings_of(findings, options, reader.delimiter)


def _look(reader: CsvBlocks, findings: list[Finding], *, limited: bool) -> None:
    """Look at all columns."""
    n_rows = 0
    for batch in _checked_batches(reader):
        n_rows += len(batch)
        check_size(n_rows if limited else 0, len(findings))
        for finding, texts in zip(findings, batch.columns, strict=True):
            finding.look(texts)
    if not n_rows:
        raise DataError("the file has a header but no rows; it needs at least one")


def _count(reader: CsvBlocks, findings: list[Finding]) -> None:
    """Count the cells of the columns where that is needed."""
    places = [i for i, finding in enumerate(findings) if finding.needs_count]
    if not places:
        return
    n_rows = 0
    for batch in reader.batches(columns=places):
        for place, texts in zip(places, batch.columns, strict=True):
            finding = findings[place]
            finding.count(Cells.of(texts, n_rows, finding.missing))
        n_rows += len(batch)


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


def _convert(
    reader: CsvBlocks,
    readings: list[Reading],
    options: ReadOptions,
    notes: tuple[str, ...],
) -> Table:
    """Return the table whose columns are read so, reading the file again."""
    kept = set(options.kept(reader.names))
    places = [place for place, name in enumerate(reader.names) if name in kept]
    if not places:
        raise DataError("all columns are left out; keep at least one")
    chunks: dict[int, list[pa.Array]] = {place: [] for place in places}
    for batch in reader.batches(columns=places):
        for place, texts in zip(places, batch.columns, strict=True):
            values = convert(texts, readings[place], tuple(options.missing))
            chunks[place].append(values)
    columns = []
    for place in places:
        type_ = readings[place].arrow_type
        values = pa.chunked_array(chunks.pop(place), type_).unify_dictionaries()
        column = column_of(reader.names[place], values, readings[place])
        is_known = column.is_asked or column.name in options.expected
        columns.append(column if is_known else as_code(column))
    notes += _header_notes(reader.names)
    return Table(columns, notes=notes, missing=options.missing)


def _header_notes(names: Sequence[str]) -> tuple[str, ...]:
    """Return the note that the header may be a row of values, if it looks so."""
    known = PLAIN.read(pa.array(names, pa.string())).is_valid().to_pylist()
    numbers = [name for name, is_number in zip(names, known, strict=True) if is_number]
    # Columns may be called 0, 1, 2 or by years.
    is_counted = all(name.isdecimal() and int(name) < _COUNTED for name in numbers)
    if 2 * len(numbers) <= len(names) or is_counted:
        return ()
    note = f"the first row is taken for the names of the columns, {listed(names)}; if"
    return (f"{note} the file has no names, write a row of them above it",)


def convert_block(
    names: list[str],
    readings: list[Reading],
    batch: pa.RecordBatch,
    missing: tuple[str, ...] = (),
) -> list[Column]:
    """Return the columns of a block of text, as they are read in the file.

    Parameters
    ----------
    names, readings : list
        Of the columns.
    batch : pyarrow.RecordBatch
        Cells as text, as `CsvBlocks.batches` yields them.
    missing : tuple of str
        Words for nothing beside the known ones.
    """
    return [
        column_of(
            name,
            pa.chunked_array([convert(texts, reading, missing)], reading.arrow_type),
            reading,
        )
        for name, reading, texts in zip(names, readings, batch.columns, strict=True)
    ]

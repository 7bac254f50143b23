"""What kind of text a file is: encoding, delimiter, and the rows that are wrong."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import BinaryIO, TextIO

from walnet.errors import DataError
from walnet.tables.limits import MAX_COLUMNS, MAX_ROW_BYTES
from walnet.tables.table import check_size
from walnet.words import count, quoted

DELIMITERS = (",", ";", "\t", "|")

_OTHER_FORMATS = {
    b"PK\x05\x06": "an empty ZIP archive",
    b"7z\xbc\xaf": "a 7z archive; unpack it",
    b"Rar!": "a RAR archive; unpack it",
    b"\x93NUMPY": "a NumPy array; save it as CSV or Parquet",
    b"SQLite format 3": "an SQLite database; export the table as CSV",
    b"\x89HDF": "an HDF5 file; export the table as CSV or Parquet",
    b"Obj\x01": "an Avro file; save it as Parquet",
    b"ORC": "an ORC file; save it as Parquet",
    b"\x89PNG": "a picture; give the table as text or Excel",
    b"\xff\xd8\xff": "a picture; give the table as text or Excel",
    b"GIF8": "a picture; give the table as text or Excel",
    b"%PDF": "a PDF document; export the table as CSV",
    b"$FL2": "an SPSS file; save it as CSV",
    b"$FL3": "an SPSS file; save it as CSV",
    b"<stata_dta>": "a Stata file; save it as CSV",
    b"@relation": "an ARFF file; save it as CSV",
    b"RDX": "a file of R; write it as CSV or Parquet",
    b"\x80\x04\x95": "a pickle of Python; save it as CSV or Parquet",
    b"\x80\x05\x95": "a pickle of Python; save it as CSV or Parquet",
    b"<!doctype html": "a web page; export the table as CSV",
    b"<html": "a web page; export the table as CSV",
    b"<table": "a web page; export the table as CSV",
    b"<?xml": "XML; export the table as CSV",
}
_HEAD = 64  # bytes, of which some of a binary file are no text
_NAMED = re.compile(r"\s*sep=(?P<delimiter>[^\w\s\"]|\t)\r?\n", re.IGNORECASE)
_SAMPLE_CHARACTERS = 2**16
_LONG_SAMPLE = 2**21
_SAMPLE_ROWS = 100


def decode_start(file: BinaryIO) -> str:
    """Return the first characters of a text file in UTF-8.

    Parameters
    ----------
    file : binary file
        The file, which can seek.

    Returns
    -------
    str
        The start of the text, as long as the longest row may be.

    Raises
    ------
    DataError
        If the file is empty, of another kind or has too many columns.

    Examples
    --------
    >>> decode_start(io.BytesIO(b"size,colour"))
    'size,colour'
    """
    file.seek(0)
    start = file.read(MAX_ROW_BYTES)
    if not start.strip(b"\xef\xbb\xbf \r\n\t"):
        raise DataError("the file is empty; it needs a header and at least one row")
    text = codecs.getincrementaldecoder("utf-8-sig")().decode(start)
    _check_width(text)
    return text


def refuse_other_formats(file: BinaryIO) -> None:
    """Raise an error if a file begins like one of a format that is not read.

    Parameters
    ----------
    file : binary file
        The file, which can seek.

    Raises
    ------
    DataError
        With the format, and what to do.
    """
    file.seek(0)
    start = file.read(_HEAD)
    is_binary = min(start, default=32) < ord("\t")
    for magic, format_ in _OTHER_FORMATS.items():
        found = start[: len(magic)]
        # Web pages and ARFF files are written in capitals or small letters. Letters
        # alone may as well begin the name of a column.
        if magic[:1] in b"<@":
            is_it = found.lower() == magic.lower()
        else:
            is_it = found == magic and (is_binary or not magic.isalpha())
        if is_it:
            raise DataError(f"expected a table, got {format_}")


def _check_width(start: str) -> None:
    """Raise an error if the header has more columns than a table may have.

    Taking such a line apart would need a hundred times its size.
    """
    header = re.search(r"[^\r\n]+", start)
    line = re.sub('"[^"]*"', "", header[0]) if header else ""
    check_size(0, 1 + max(line.count(delimiter) for delimiter in DELIMITERS))


def named_delimiter(start: str) -> str | None:
    r"""Return the delimiter that Excel's first line names, such as ``sep=;``.

    Examples
    --------
    >>> named_delimiter("sep=;\na;b\n")
    ';'
    """
    found = _NAMED.match(start)
    return found["delimiter"] if found else None


def read_header(file: BinaryIO, start: str, delimiter: str) -> tuple[list[str], int]:
    r"""Return the cells of the header and where the rows after it start.

    Parameters
    ----------
    file : binary file
        The file, which can seek.
    start : str
        Its first characters, as `decode_start` gives them.
    delimiter : str
        The character between the cells.

    Returns
    -------
    cells : list of str
        The cells of the first row that is not blank.
    end : int
        The place in the file of the first byte after it.

    Examples
    --------
    >>> read_header(io.BytesIO(b"\na,b\n1,2"), "\na,b\n1,2", ",")
    (['a', 'b'], 5)
    """
    stream = io.StringIO(start, newline="")
    stream.seek(len(_first_line(start)))
    cells = next(filter(None, _read(csv.reader(stream, delimiter=delimiter))))
    end = len(start[: stream.tell()].encode())
    file.seek(0)
    has_mark = file.read(3) == codecs.BOM_UTF8
    return cells, end + 3 * has_mark


@dataclass(frozen=True)
class Invalid:
    """The first byte of a file that is not UTF-8.

    Attributes
    ----------
    line : int
        Its line, counted from 1.
    byte : int
        The byte.
    follows_utf8 : bool
        Whether there are letters before it that only UTF-8 writes so.
    """

    line: int
    byte: int
    follows_utf8: bool

    def __str__(self) -> str:
        return (
            f"line {self.line} holds the byte 0x{self.byte:02x}, which is not UTF-8 "
            "text; save the file as UTF-8, or name its encoding"
        )


def find_invalid_utf8(file: BinaryIO) -> Invalid | None:
    r"""Return the first byte that is not UTF-8, if there is one.

    Parameters
    ----------
    file : binary file
        The file, which can seek.

    Returns
    -------
    Invalid or None
        Line and byte.

    Examples
    --------
    >>> print(find_invalid_utf8(io.BytesIO(b"size\n\xe9")))
    line 2 holds the byte 0xe9, which is not UTF-8 text; save the file as UTF-8, or
    name its encoding
    """
    file.seek(0)
    decoder = codecs.getincrementaldecoder("utf-8-sig")()
    line, is_ascii = 1, True
    while True:
        block = file.read(2**20)
        try:
            text = decoder.decode(block, final=not block)
        except UnicodeDecodeError as error:
            before = error.object[: error.start]
            line += _line_ends(before.decode())
            follows = not (is_ascii and before.removeprefix(codecs.BOM_UTF8).isascii())
            return Invalid(line, error.object[error.start], follows)
        if not block:
            return None
        line += _line_ends(text)
        is_ascii = is_ascii and text.isascii()


def find_delimiter(start: str, min_columns: int) -> str:
    r"""Return the character between the cells: comma, semicolon, tab or bar.

    Parameters
    ----------
    start : str
        The start of the file.
    min_columns : int
        How many columns there must be at least.

    Returns
    -------
    str
        The candidate with which most rows are as long as the header; of several, the
        one that gives most columns.

    Raises
    ------
    DataError
        If none gives as many columns.

    Examples
    --------
    >>> find_delimiter("size;price\n1,5;2,5\n", 2)
    ';'
    """
    end = re.compile(r"[\r\n]").search(start, _SAMPLE_CHARACTERS)
    sample = start[: end.start()] if end else start
    if len(sample) > _LONG_SAMPLE:  # a row too long to be taken apart in vain
        sample = sample[: sample.find("\n") + 1] or sample
    best, best_score, columns = ",", (0.0, 0), 1
    for delimiter in DELIMITERS:
        widths = [len(row) for row in islice(rows_of(sample, delimiter), _SAMPLE_ROWS)]
        score = (widths.count(widths[0]) / len(widths), widths[0])
        if widths[0] > 1 and score > best_score:
            best, best_score, columns = delimiter, score, widths[0]
    if columns >= min_columns:
        return best
    header = next(rows_of(sample, "\n"))[0]
    message = (
        f"{count(columns, 'column')} found in the header {quoted(header)}, expected at "
        f"least {min_columns}; separate the cells by commas, semicolons, tabs or bars, "
        "or name the delimiter"
    )
    raise DataError(message)


def rows_of(text: str, delimiter: str) -> Iterator[list[str]]:
    """Yield the rows of a text that are not blank.

    Parameters
    ----------
    text : str
        The text.
    delimiter : str
        The character between the cells.

    Yields
    ------
    list of str
        The cells of a row.

    Examples
    --------
    >>> list(rows_of("a,b", ","))
    [['a', 'b']]
    """
    yield from filter(
        None, _read(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))
    )


def find_wrong_row(file: BinaryIO, delimiter: str) -> str:
    r"""Return a sentence about the first row that is too long, too short or open.

    Parameters
    ----------
    file : binary file
        The file, which can seek.
    delimiter : str
        The character between the cells.

    Returns
    -------
    str
        What is wrong in which line; empty if nothing is.

    Examples
    --------
    >>> find_wrong_row(io.BytesIO(b"a,b\n1,2\n3\n"), ",")
    'line 3 has 1 cell, but the header has 2 columns; every row needs as many'
    """
    file.seek(0)
    stream = io.TextIOWrapper(file, encoding="utf-8-sig", newline="")
    first = _first_line(stream.read(20))
    stream.seek(0)
    stream.read(len(first))
    lines = _short_lines(stream, delimiter)
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    above = first.count("\n")
    line, width = 1 + above, 0
    try:
        for row in _read(reader):
            width = width or len(row)
            if row and len(row) != width:
                return (
                    f"line {line} has {count(len(row), 'cell')}, but the header "
                    f"has {count(width, 'column')}; every row needs as many"
                )
            line = reader.line_num + 1 + above
    except _LongLineError as error:
        return (
            f"line {error.args[0] + above} has {error.args[1]:,} cells or more, but a "
            f"table may have {MAX_COLUMNS:,} columns; every row needs as many as the "
            "header"
        )
    except csv.Error as error:
        if "limit" in str(error):
            return (
                f"the row that starts in line {line} is longer than "
                f"{MAX_ROW_BYTES // 2**20} MB; is there a quote that is never closed?"
            )
        return f"the row that starts in line {line} has a quote that is never closed"
    finally:
        stream.detach()  # or the stream would close the file
    return ""


class _LongLineError(Exception):
    """A line has more cells than there can be: its number, and how many at least."""


def _short_lines(stream: TextIO, delimiter: str) -> Iterator[str]:
    """Yield lines, unless taking one apart would need a hundred times its size."""
    number = 0
    while line := stream.readline(MAX_ROW_BYTES):
        number += 1
        cells = 1 + (0 if '"' in line else line.count(delimiter))
        if cells > MAX_COLUMNS:
            raise _LongLineError(number, cells)
        yield line


def _first_line(start: str) -> str:
    """Return the line that names the delimiter, or nothing."""
    found = _NAMED.match(start)
    return found[0] if found else ""


def _line_ends(text: str) -> int:
    """Count the ends of lines, of which some systems write two characters."""
    return text.count("\n") + text.count("\r") - text.count("\r\n")


def _read(reader: Iterator[list[str]]) -> Iterator[list[str]]:
    """Let Python's reader take cells as long as a row may be."""
    before = csv.field_size_limit(MAX_ROW_BYTES)
    try:
        yield from reader
    finally:
        csv.field_size_limit(before)

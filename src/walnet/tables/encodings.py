"""Text files in other encodings than UTF-8, written anew in UTF-8."""

from __future__ import annotations

import codecs
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO

from walnet.errors import DataError
from walnet.tables.sniff import Invalid, find_invalid_utf8, refuse_other_formats

_BLOCK = 2**20
_LOOKED_AT = 4096
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
"""How text begins that says its encoding by a mark."""

_WINDOWS = "cp1252"
_TEXT_CONTROLS = frozenset(b"\t\n\v\f\r\x1a")


@contextmanager
def in_utf8(
    file: BinaryIO, encoding: str | None = None
) -> Iterator[tuple[BinaryIO, tuple[str, ...]]]:
    """Give a text file in UTF-8, and what is to be known about its encoding.

    Parameters
    ----------
    file : binary file
        The file, which can seek.
    encoding : str, optional
        Its encoding. By default UTF-8, or UTF-16 and UTF-32 by their marks or their
        NULs, and ``cp1252`` (what Windows writes in western Europe and America) if it
        is none of them.

    Yields
    ------
    file : binary file
        The same file, or a temporary one.
    notes : tuple of str
        That it was taken for ``cp1252``.

    Raises
    ------
    DataError
        If the file is not text in that encoding.
    """
    refuse_other_formats(file)
    notes: tuple[str, ...] = ()
    if encoding is None:
        encoding, notes = _encoding_of(file)
    elif _is_utf8(encoding):
        _refuse(find_invalid_utf8(file))
    if _is_utf8(encoding):
        yield file, notes
        return
    with tempfile.TemporaryFile() as copy:
        _recode(file, copy, encoding)
        yield copy, notes


def _encoding_of(file: BinaryIO) -> tuple[str, tuple[str, ...]]:
    """Return the encoding of a file, and what is to be known about it."""
    file.seek(0)
    start = file.read(_LOOKED_AT)
    for mark, encoding in _MARKS:
        if start.startswith(mark):
            return encoding, ()
    even, odd = start[::2].count(0), start[1::2].count(0)
    if max(even, odd) > len(start) // 4 and not min(even, odd):
        return "utf-16-le" if odd else "utf-16-be", ()
    invalid = find_invalid_utf8(file)
    if invalid is None:
        return "utf-8", ()
    is_text = not any(byte < 32 and byte not in _TEXT_CONTROLS for byte in start)
    if not is_text and not invalid.follows_utf8 and invalid.line == 1:
        message = "expected a table, got a file that is no text and no known format"
        raise DataError(f"{message}; save it as CSV or Parquet")
    if invalid.follows_utf8 or not is_text:
        _refuse(invalid)
    note = (
        f"the file is not UTF-8 (line {invalid.line} holds the byte "
        f"0x{invalid.byte:02x}) and was read as {_WINDOWS}, Windows' encoding of "
        "western languages; name the encoding if letters are wrong"
    )
    return _WINDOWS, (note,)


def _is_utf8(encoding: str) -> bool:
    """Tell whether an encoding is UTF-8, with or without a mark."""
    return codecs.lookup(encoding).name in ("utf-8", "utf-8-sig")


def _refuse(invalid: Invalid | None) -> None:
    """Raise an error about a byte that is not UTF-8, if there is one."""
    if invalid is not None:
        raise DataError(str(invalid))


def _recode(file: BinaryIO, copy: BinaryIO, encoding: str) -> None:
    """Write a text file anew in UTF-8."""
    file.seek(0)
    decoder = codecs.getincrementaldecoder(encoding)()
    line = 1
    try:
        while block := file.read(_BLOCK):
            text = decoder.decode(block)
            copy.write(text.encode())
            line += text.count("\n")
        copy.write(decoder.decode(b"", final=True).encode())
    except UnicodeError as error:
        message = (
            f"the file is not text in {encoding}: it fails in line {line} or later"
        )
        raise DataError(f"{message}; name its encoding, or save it as UTF-8") from error
    copy.seek(0)

"""Files as they come: compressed, from a pipe, from an address; opened to be read."""

from __future__ import annotations

import bz2
import gzip
import lzma
import os
import re
import stat
import sys
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, BinaryIO

import pyarrow as pa

from walnet.errors import DataError
from walnet.tables.parquet_reader import check_unpacked
from walnet.words import count, listed, quoted

_BLOCK = 2**20
_LAYERS = 3  # a packed file in a packed file; more is no accident
_MAGIC_BYTES = 8
_ADDRESS = re.compile(r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]+):/+(?P<rest>[^/].*)")
_SECONDS = 60


def _arrow_stream(name: str) -> Callable[[Any], Any]:
    """Return what unpacks a file by one of Arrow's codecs."""
    return lambda file: pa.CompressedInputStream(file, name)


_PACKED: tuple[tuple[bytes, str, Callable[[Any], Any]], ...] = (
    (b"\x1f\x8b", "gzip", gzip.open),
    (b"BZh", "bzip2", bz2.open),
    (b"\xfd7zXZ\x00", "xz", lzma.open),
    (b"\x28\xb5\x2f\xfd", "Zstandard", _arrow_stream("zstd")),
    (b"\x04\x22\x4d\x18", "LZ4", _arrow_stream("lz4")),
)
"""How a packed file begins, what it is called, and what unpacks it."""

_DAMAGE = (EOFError, OSError, ValueError, zlib.error, lzma.LZMAError, pa.ArrowException)


@contextmanager
def open_file(path: str | os.PathLike[str]) -> Iterator[BinaryIO]:
    """Open what a path or address names, unpacked and able to seek.

    Parameters
    ----------
    path : str or path-like
        A file; ``-`` for standard input; or an address such as ``s3://…``, ``gs://…``
        or ``https://…``, which is copied first.

    Yields
    ------
    binary file
        Its content. A ZIP archive is unpacked if it holds one file.

    Raises
    ------
    DataError
        If the content is damaged, or larger than it should be.
    OSError
        If there is no such file.
    """
    with ExitStack() as opened:
        file: BinaryIO = opened.enter_context(_opened(path))
        for _ in range(_LAYERS):
            unpack = _unpacker(file)
            if unpack is None:
                break
            copy = opened.enter_context(tempfile.TemporaryFile())
            _unpack(file, copy, unpack)
            file = copy
        file.seek(0)
        yield file


def is_workbook(names: list[str]) -> bool:
    """Tell whether a ZIP archive with files of these names is a workbook."""
    return not {"xl/workbook.xml", "xl/workbook.bin", "content.xml"}.isdisjoint(names)


def is_address(path: str | os.PathLike[str]) -> bool:
    """Tell whether a path is the address of a file on another machine.

    Examples
    --------
    >>> is_address("s3://bucket/a.csv"), is_address("a.csv"), is_address("C:/a.csv")
    (True, False, False)
    """
    return _ADDRESS.fullmatch(os.fspath(path)) is not None


@contextmanager
def _opened(path: str | os.PathLike[str]) -> Iterator[BinaryIO]:
    """Open a file so that it can seek."""
    if "\0" in str(path):
        raise DataError("a path cannot contain the NUL character")
    with ExitStack() as opened:
        file: Any
        if str(path) == "-":
            file = sys.stdin.buffer
        elif is_address(path) and not Path(path).exists():
            file = opened.enter_context(_at_address(os.fspath(path)))
        else:
            file = opened.enter_context(Path(path).open("rb"))
            if stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                yield file
                return
        copy = opened.enter_context(tempfile.TemporaryFile())
        while block := file.read(_BLOCK):
            copy.write(block)
        copy.seek(0)
        yield copy


def _at_address(address: str) -> Any:
    """Open what an address names."""
    parts = _ADDRESS.fullmatch(address)
    assert parts is not None  # noqa: S101 - `is_address` has told
    # A path of pathlib has lost one of the two strokes.
    root = "/" if parts["scheme"].lower() == "file" else ""
    address = f"{parts['scheme']}://{root}{parts['rest']}"
    if parts["scheme"].lower() in ("http", "https"):
        import urllib.request

        return urllib.request.urlopen(address, timeout=_SECONDS)  # noqa: S310 - checked
    from pyarrow import fs

    try:
        system, name = fs.FileSystem.from_uri(address)
        return system.open_input_stream(name)
    except (pa.ArrowException, ValueError) as error:
        reason = next(iter(str(error).splitlines()), "unknown reason")[:200]
        raise DataError(f"the address cannot be read: {reason}") from error


def _unpacker(file: BinaryIO) -> Callable[[Any], Any] | None:
    """Return what unpacks a file, if it is packed."""
    file.seek(0)
    start = file.read(_MAGIC_BYTES)
    file.seek(0)
    if start.startswith(b"PK\x03\x04"):
        return _zip_unpacker(file)
    for magic, name, unpack in _PACKED:
        if start.startswith(magic):
            return lambda packed: _Named(unpack(packed), name)
    return None


class _Named:
    """A stream that says what it is when it is damaged."""

    def __init__(self, stream: Any, name: str) -> None:
        self._stream = stream
        self._name = name

    def read(self, size: int) -> bytes:
        """Return the next bytes."""
        try:
            return bytes(self._stream.read(size))
        except _DAMAGE as error:
            message = f"the {self._name} file is damaged or cut short: {error}"
            raise DataError(message) from error


def _zip_unpacker(file: BinaryIO) -> Callable[[Any], Any] | None:
    """Return what unpacks an archive of one file, nothing if it is a workbook."""
    try:
        archive = zipfile.ZipFile(file)
        names = [each.filename for each in archive.infolist() if not each.is_dir()]
    except (zipfile.BadZipFile, ValueError, OSError) as error:
        raise DataError(f"the ZIP archive is damaged: {error}") from error
    if is_workbook(names):
        return None
    names = [name for name in names if not _is_hidden(name)]
    if len(names) != 1:
        message = f"the ZIP archive holds {count(len(names), 'file')}"
        message += f" ({listed(names)})" if names else ""
        raise DataError(f"{message}; unpack it and name the one to read")
    try:
        stream = archive.open(names[0])
    except (RuntimeError, NotImplementedError, zipfile.BadZipFile) as error:
        message = f"{quoted(names[0])} in the ZIP archive cannot be read: {error}"
        raise DataError(message) from error
    return lambda _: _Named(stream, "ZIP")


def _is_hidden(name: str) -> bool:
    """Tell whether a name in an archive is one that systems add by themselves."""
    return name.startswith("__MACOSX/") or Path(name).name.startswith(".")


def _unpack(file: BinaryIO, copy: BinaryIO, unpack: Callable[[Any], Any]) -> None:
    """Unpack a file to another one, and stop at a bomb."""
    size = os.fstat(file.fileno()).st_size
    unpacked = 0
    stream = unpack(file)
    while block := stream.read(_BLOCK):
        unpacked += len(block)
        check_unpacked(unpacked, size)
        copy.write(block)
    copy.seek(0)

"""Model files: arrays and a description, checked to the last bit, and never code.

A model file is a safetensors file, which any safetensors reader opens::

    8 bytes      length of the header, little endian
    header       JSON: {"__metadata__": {"format": "walnet", "format_version": "1",
                 "sha256": ..., "header": ...}, array: {dtype, shape, place}, ...}
    data         the arrays one after the other, little endian

safetensors has no checksum, so the SHA-256 covers the whole file, with the 64 digits
of the sum itself read as zeros. A header is accepted only as walnet writes it: what
was read is encoded again and must give the same bytes, so that there is no second
spelling, no duplicate key, no gap and no overlap.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
import re
import stat
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from walnet.errors import DataError, FileFormatError
from walnet.saving.atomic import explain_os_error, open_atomically

FORMAT_VERSION = "1"
MAX_FILE_BYTES = 2**32
MAX_HEADER_BYTES = 2**23
_LARGE_BYTES = 2**26

_DTYPES = {"F64": "<f8", "F32": "<f4", "I64": "<i8", "I32": "<i4", "U8": "|u1"}
_DTYPE_NAMES = {dtype: name for name, dtype in _DTYPES.items()}
_MAX_DIMENSIONS = 8
_VERSION = re.compile(
    rb'\{"__metadata__":\{"format":"walnet","format_version":"([0-9]{1,9})",'
)
_DIGEST = re.compile(rb'"sha256":"([0-9a-f]{64})",')
_ZEROS = "0" * 64


def write_model_file(
    path: str | os.PathLike[str],
    arrays: Mapping[str, NDArray[Any]],
    header: Mapping[str, Any],
) -> None:
    """Write arrays and a JSON header to a model file.

    Parameters
    ----------
    path : str or path-like
        The file to write, atomically.
    arrays : mapping of str to ndarray
        Arrays of dtype float64, float32, int64, int32 or uint8, of any shape up to 8
        dimensions. All values must be finite.
    header : mapping of str to JSON values
        What the arrays mean. Dictionary keys are text and numbers are finite.

    Raises
    ------
    DataError
        If the file cannot be written, or the arrays or the header cannot be stored.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "numbers.walnet"
    >>> write_model_file(path, {"x": np.arange(3.0)}, {"unit": "metre"})
    >>> read_model_file(path)
    ({'x': array([0., 1., 2.])}, {'unit': 'metre'})
    """
    try:
        stored = _in_file_order(
            {name: _storable(name, arrays[name]) for name in arrays}
        )
        text = _canonical_json(header)
        digest = _digest(_header_bytes(stored, text, _ZEROS), stored.values())
        start = _header_bytes(stored, text, digest)
        _check_sizes(len(start) - 8, sum(array.nbytes for array in stored.values()))
    except FileFormatError as error:
        raise DataError(f"cannot write {str(path)!r}: {error}") from error
    with open_atomically(path) as file:
        file.write(start)
        for array in stored.values():
            file.write(_raw(array))


def read_model_file(
    path: str | os.PathLike[str],
) -> tuple[dict[str, NDArray[Any]], dict[str, Any]]:
    """Read the arrays and the JSON header of a model file.

    Parameters
    ----------
    path : str or path-like
        The file to read. No other file is opened.

    Returns
    -------
    arrays : dict of str to ndarray
        The arrays, with the dtypes, shapes and bits they were written with. They are
        writable and share one buffer.
    header : dict
        The JSON header.

    Raises
    ------
    DataError
        If the file cannot be read.
    FileFormatError
        If the file is not a model file, if a single bit of it differs from what was
        written, or if a value is not finite.

    Notes
    -----
    Sizes are checked before anything is read: a header may have up to 8 MiB and a
    file up to 4 GiB, and both must fit the size of the file on the disk.

    Examples
    --------
    See `write_model_file`.
    """
    try:
        text, data = _read_undamaged(Path(path))
        return _decode(text, data)
    except FileFormatError as error:
        raise FileFormatError(f"cannot load {str(path)!r}: {error}") from error
    except OSError as error:
        message = f"cannot read {str(path)!r}: {explain_os_error(error)}"
        raise DataError(message) from error
    except (TypeError, ValueError) as error:  # no path, or one with a NUL in it
        raise DataError(f"cannot read {path!r:.100}: {error}") from error


def _read_undamaged(path: Path) -> tuple[bytes, NDArray[np.uint8]]:
    """Return the header's text and the data of a file whose checksum is right."""
    # Opening a pipe would wait for a writer.
    if not stat.S_ISREG(path.stat().st_mode):
        raise FileFormatError("a model file must be a regular file")
    with path.open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        length = int.from_bytes(file.read(8), "little")
        if size < 8 or length > size - 8:
            message = f"not a walnet model file, or cut short ({size} bytes)"
            raise FileFormatError(message)
        _check_sizes(length, size - 8 - length)
        text = file.read(length)
        stored = _stored_digest(text)
        start = length.to_bytes(8, "little")
        start += text.replace(stored, _ZEROS.encode(), 1)
        if size > _LARGE_BYTES:  # else a damaged one would fill the memory first
            _compare(stored, _digest(start, _blocks(file)))
            file.seek(8 + length)
        data = np.empty(size - 8 - length, np.uint8)
        if file.readinto(data.data) != data.size:
            raise FileFormatError("the file became shorter while it was being read")
    _compare(stored, _digest(start, [data]))
    return text, data


def _blocks(file: BinaryIO) -> Iterator[NDArray[np.uint8]]:
    """Yield the rest of a file, a block at a time."""
    while block := file.read(2**20):
        yield np.frombuffer(block, np.uint8)


def _compare(stored: bytes, found: str) -> None:
    """Refuse contents of another checksum than the one that is stored."""
    if found.encode() != stored:
        message = "damaged: the contents do not match the checksum; copy the file again"
        raise FileFormatError(message)


def _stored_digest(text: bytes) -> bytes:
    """Return the checksum in a header, once the format and version are known."""
    version = _VERSION.match(text)
    if version is None:
        raise FileFormatError("not a walnet model file")
    if version[1].decode() != FORMAT_VERSION:
        message = (
            f"its format version is {version[1].decode()} and this walnet reads "
            f"version {FORMAT_VERSION}; update walnet"
        )
        raise FileFormatError(message)
    digest = _DIGEST.match(text, version.end())
    if digest is None:
        raise FileFormatError("damaged: the checksum is unreadable")
    return digest[1]


def _decode(
    text: bytes, data: NDArray[np.uint8]
) -> tuple[dict[str, NDArray[Any]], dict[str, Any]]:
    """Return the arrays and the header, refusing all but the canonical encoding."""
    try:
        entries = json.loads(text.decode("ascii"))
        metadata = entries.pop("__metadata__")
        header = json.loads(metadata["header"])
        arrays = _arrays(entries, data)
        again = _header_bytes(
            _in_file_order(arrays), _canonical_json(header), metadata["sha256"]
        )
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        if isinstance(error, FileFormatError):
            raise
        raise FileFormatError("its header is not valid") from error
    if again[8:] != text or type(header) is not dict:
        raise FileFormatError("its header is not in the form that walnet writes")
    return arrays, header


def _arrays(
    entries: dict[str, Any], data: NDArray[np.uint8]
) -> dict[str, NDArray[Any]]:
    """Return the arrays that the header's entries lay over the data, without gaps."""
    arrays, begin = {}, 0
    for name, entry in entries.items():
        dtype, shape = np.dtype(_DTYPES[entry["dtype"]]), entry["shape"]
        sizes_fit = all(type(n) is int and 0 <= n <= MAX_FILE_BYTES for n in shape)
        if not sizes_fit or len(shape) > _MAX_DIMENSIONS:
            raise FileFormatError(f"array {name!r:.60} has an impossible shape")
        end = begin + math.prod(shape) * dtype.itemsize
        if end > data.size:
            raise FileFormatError(f"array {name!r:.60} is larger than the file")
        arrays[name] = data[begin:end].view(dtype).reshape(shape)
        _check_finite(name, arrays[name])
        begin = end
    if begin != data.size:
        raise FileFormatError("the file holds data that belong to no array")
    return arrays


def _storable(name: str, array: NDArray[Any]) -> NDArray[Any]:
    """Return an array as it is in the file: checked, contiguous and little endian."""
    if name == "__metadata__":
        raise FileFormatError("an array cannot have the name '__metadata__'")
    stored = np.asarray(array, order="C")
    stored = stored.astype(stored.dtype.newbyteorder("<"), copy=False)
    if stored.dtype.str not in _DTYPE_NAMES or stored.ndim > _MAX_DIMENSIONS:
        message = (
            f"array {name!r} must have a dtype of {_names(_DTYPE_NAMES)} and at most "
            f"{_MAX_DIMENSIONS} dimensions: {stored.dtype}, {stored.ndim} dimensions"
        )
        raise FileFormatError(message)
    _check_finite(name, stored)
    return stored


def _in_file_order(arrays: dict[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
    """Return the arrays sorted, wide numbers first so that each one is aligned."""
    names = sorted(arrays, key=lambda name: (-arrays[name].itemsize, name))
    return {name: arrays[name] for name in names}


def _header_bytes(
    arrays: Mapping[str, NDArray[Any]], header: str, digest: str
) -> bytes:
    """Return the start of a file, up to the data: the length and the JSON header."""
    metadata = {
        "format": "walnet",
        "format_version": FORMAT_VERSION,
        "sha256": digest,
        "header": header,
    }
    entries: dict[str, Any] = {"__metadata__": metadata}
    begin = 0
    for name, array in arrays.items():
        entries[name] = {
            "dtype": _DTYPE_NAMES[array.dtype.str],
            "shape": array.shape,
            "data_offsets": (begin, begin + array.nbytes),
        }
        begin += array.nbytes
    text = json.dumps(entries, separators=(",", ":")).encode("ascii")
    text += b" " * (-len(text) % 8)
    return len(text).to_bytes(8, "little") + text


def _canonical_json(header: Mapping[str, Any]) -> str:
    """Return the one spelling of a JSON header: keys sorted, no spaces, no NaN."""
    spelling: dict[str, Any] = {"sort_keys": True, "separators": (",", ":")}
    try:
        text = json.dumps(header, allow_nan=False, **spelling)
        if "\\ud" in text:  # half of a pair of surrogates is no text
            json.dumps(header, ensure_ascii=False, **spelling).encode()
    except UnicodeEncodeError as error:
        message = "the header holds text that is not Unicode: a surrogate alone"
        raise FileFormatError(message) from error
    except (TypeError, ValueError, RecursionError) as error:
        message = f"the header must be plain JSON with finite numbers: {error}"
        raise FileFormatError(message) from error
    return text


def _digest(start: bytes, arrays: Iterable[NDArray[Any]]) -> str:
    """Return the SHA-256, in hexadecimal, of a file's start and its arrays."""
    digest = hashlib.sha256(start)
    for array in arrays:
        digest.update(_raw(array))
    return digest.hexdigest()


def _raw(array: NDArray[Any]) -> memoryview:
    """Return the bytes of a contiguous array, without a copy."""
    return array.reshape(-1).view(np.uint8).data


def _check_sizes(header_bytes: int, data_bytes: int) -> None:
    """Refuse a header or a file that is too large to be handled."""
    if header_bytes > MAX_HEADER_BYTES:
        message = f"the header has {header_bytes} bytes, at most {MAX_HEADER_BYTES} fit"
        raise FileFormatError(message)
    if header_bytes + data_bytes + 8 > MAX_FILE_BYTES:
        message = f"the arrays have {data_bytes} bytes, a file at most {MAX_FILE_BYTES}"
        raise FileFormatError(message)


def _check_finite(name: str, array: NDArray[Any]) -> None:
    """Refuse NaN and infinity; minimum and maximum need no array of flags."""
    lowest, highest = array.min(initial=0), array.max(initial=0)
    if not math.isfinite(lowest) or not math.isfinite(highest):
        raise FileFormatError(f"array {name!r:.60} holds NaN or infinity")


def _names(names: Iterable[str]) -> str:
    """Return names as a list in words."""
    return ", ".join(map(repr, names))

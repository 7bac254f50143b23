"""Model files made by hand, with a right checksum, and what must become of them."""

from __future__ import annotations

import hashlib
import json
import time
import tracemalloc
from pathlib import Path

import pytest

from walnet.errors import FileFormatError
from walnet.saving.container import read_model_file

NO_SUM = "0" * 64


def metadata(header='{"a":1}', version="1", **more):
    """Return the metadata of a model file whose sum is still to be made."""
    return {
        "format": "walnet",
        "format_version": version,
        "sha256": NO_SUM,
        "header": header,
        **more,
    }


def forge(path: Path, text: str | bytes, data: bytes = b"") -> Path:
    """Write a model file with this header and these data, and the right checksum."""
    text = text.encode() if isinstance(text, str) else text
    text += b" " * (-len(text) % 8)
    start = len(text).to_bytes(8, "little") + text
    digest = hashlib.sha256(start + data).hexdigest()
    path.write_bytes(start.replace(NO_SUM.encode(), digest.encode(), 1) + data)
    return path


def compact(entries) -> str:
    """Return JSON without spaces, keys in the order given."""
    return json.dumps(entries, separators=(",", ":"))


def forge_arrays(path: Path, entries, data: bytes = b"", header='{"a":1}') -> Path:
    """Write a model file with these array entries over these data."""
    return forge(path, compact({"__metadata__": metadata(header), **entries}), data)


def forge_model(path: Path, header, arrays=None) -> Path:
    """Write a model file whose header is any JSON value, in its canonical form."""
    text = json.dumps(header, separators=(",", ":"), sort_keys=True)
    entries, data = {}, b""
    for name, array in (arrays or {}).items():
        place = [len(data), len(data) + array.nbytes]
        entries[name] = {"dtype": "F32", "shape": array.shape, "data_offsets": place}
        data += array.tobytes()
    return forge_arrays(path, entries, data, text)


def assert_refused(path, words=None, read=read_model_file):
    """Assert one error of one line, in little memory; print what it took."""
    tracemalloc.start()
    start = time.perf_counter()
    with pytest.raises(FileFormatError, match=words) as caught:
        read(path)
    seconds = time.perf_counter() - start
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    print(f"{seconds * 1e3:.1f} ms, {peak / 1e6:.1f} MB: {caught.value}")
    assert str(caught.value).startswith(f"cannot load {str(path)!r}: ")
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 500
    assert peak < 50e6

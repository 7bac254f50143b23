"""Frames of numbers: one flat buffer of a header and aligned arrays.

Layout, little-endian: ``HEADER`` float64 numbers, then for each section its name's
place in ``SECTIONS``, its type's place in ``TYPES``, its first byte and its number of
values as uint32, then the arrays, each on a multiple of 8 bytes. ``n_sections`` in the
header counts them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

HEADER = (
    "kind",
    "n_sections",
    "iteration",
    "epoch",
    "furthest",
    "train_cost",
    "test_cost",
    "train_accuracy",
    "test_accuracy",
    "learning_rate",
    "iterations_per_second",
    "playing",
    "map_side",
    "boundary_side",
    "generation",
)
KINDS = ("frame", "data", "surface", "curve")
SECTIONS = (
    "parameters",
    "maps",
    "map_scales",
    "boundary",
    "confidence",
    "predictions",
    "neurons",
    "gradients",
    "train_points",
    "train_targets",
    "test_points",
    "test_targets",
    "curve",
    "surface",
    "path",
    "extent",
    "train_rows",
)
TYPES = ("uint8", "float32", "float64")

Arrays = Mapping[str, NDArray[Any]]


def pack(kind: str, header: Mapping[str, float], arrays: Arrays) -> bytes:
    """Return one frame as bytes.

    Parameters
    ----------
    kind : str
        One of ``KINDS``.
    header : mapping of str to float
        Values of ``HEADER``'s names; those not given are NaN.
    arrays : mapping of str to ndarray
        Arrays by their names in ``SECTIONS``, of the types in ``TYPES``.

    Returns
    -------
    bytes
        The buffer.
    """
    head = np.full(len(HEADER), np.nan, dtype="<f8")
    for name, value in header.items():
        head[HEADER.index(name)] = value
    head[0], head[1] = KINDS.index(kind), len(arrays)
    table = np.zeros((len(arrays), 4), dtype="<u4")
    offset = head.nbytes + table.nbytes
    parts = []
    for row, (name, array) in zip(table, arrays.items(), strict=True):
        data = np.ascontiguousarray(array).tobytes()
        row[:] = SECTIONS.index(name), TYPES.index(array.dtype.name), offset, array.size
        parts.append(data + bytes(-len(data) % 8))
        offset += len(parts[-1])
    return b"".join((head.tobytes(), table.tobytes(), *parts))


def unpack(buffer: bytes) -> tuple[dict[str, float], dict[str, NDArray[Any]]]:
    """Return the header and the arrays of a frame, as the page reads them."""
    head = np.frombuffer(buffer, "<f8", len(HEADER))
    count = int(head[1])
    table = np.frombuffer(buffer, "<u4", 4 * count, head.nbytes).reshape(count, 4)
    arrays = {
        SECTIONS[name]: np.frombuffer(buffer, TYPES[kind], int(size), int(offset))
        for name, kind, offset, size in table
    }
    return dict(zip(HEADER, head.tolist(), strict=True)), arrays

"""Encoded rows in a file, read back in buffers of groups in a random order."""

from __future__ import annotations

import os
import tempfile
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

import numpy as np
from numpy.typing import NDArray

from walnet.engine.communicator import ALONE
from walnet.engine.kernels.types import Examples
from walnet.errors import DataError
from walnet.saving.atomic import explain_os_error
from walnet.tabular.rows import new_rows

GROUP_ROWS = 4096
_KEPT_APART, _MOST_APART = 0.1, 20_000
_PIECE = 64  # rows that stand together in a sample of the file


@dataclass(frozen=True)
class Shape:
    """How wide a row is.

    Attributes
    ----------
    inputs : int
        Numbers and plain inputs.
    codes : int
        Places of levels.
    """

    inputs: int
    codes: int

    @property
    def width(self) -> int:
        """Four-byte numbers of a row: inputs, codes and the target."""
        return self.inputs + self.codes + 1


class StoredRows:
    """Encoded rows in a temporary file; a share of them in memory, kept apart.

    The file is read with plain reads, not mapped: pages of a mapped file count as the
    process's memory until the system takes them back.

    Parameters
    ----------
    shape : Shape
        How wide a row is.
    seed : int or sequence of int
        Where the choice of rows that are kept apart comes from.
    expected : int
        About how many rows there will be.
    folder : str or path-like, optional
        Where the file is; by default where temporary files are.

    Attributes
    ----------
    n_rows : int
        Rows in the file.
    apart : Examples
        The others, at most 20,000: a tenth of all, or fewer.
    level_counts : ndarray of int64
        How many rows in the file have each level.
    checksum : int
        CRC-32 of the file.
    """

    communicator = ALONE

    def __init__(
        self,
        shape: Shape,
        seed: int | Sequence[int],
        expected: int,
        n_levels: int,
        folder: str | os.PathLike[str] | None = None,
    ) -> None:
        self.shape = shape
        self.n_rows = 0
        self.level_counts = np.zeros(n_levels, np.int64)
        self._share = min(_KEPT_APART, _MOST_APART / max(expected, 1))
        self._seed, self._blocks = np.atleast_1d(seed).tolist(), 0
        self.checksum = 0
        self._apart: list[NDArray[np.float32]] = []
        self._columns: NDArray[np.int64] | None = None  # of a stored row
        self._moved: NDArray[np.int32] | int = 0  # what is added to its codes
        try:
            self._file: BinaryIO = tempfile.TemporaryFile(  # noqa: SIM115
                dir=None if folder is None else Path(folder)
            )
        except OSError as error:
            message = f"cannot store rows in {str(folder)!r}: {explain_os_error(error)}"
            raise DataError(message) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._file.close()

    def add(
        self,
        X: NDArray[np.float32],
        codes: NDArray[np.int32],
        y: NDArray[np.float32],
    ) -> None:
        """Store the rows of a block.

        Parameters
        ----------
        X : ndarray of shape (rows, inputs), float32
            As the preprocessor gives them.
        codes : ndarray of shape (rows, categories), int32
            The same.
        y : ndarray of shape (rows,), float32
            The target as members learn it.

        Raises
        ------
        DataError
            If there is no room for them.
        """
        shape = self.shape
        rows = np.empty((len(y), shape.width), np.float32)
        rows[:, : shape.inputs] = X
        rows[:, shape.inputs : -1] = codes.view(np.float32)
        rows[:, -1] = y
        rng = np.random.default_rng([*self._seed, 8, self._blocks])
        apart = rng.random(len(y)) < self._share
        self._blocks += 1
        self._apart.append(rows[apart])
        stored = rows[~apart]
        self.level_counts += np.bincount(
            codes[~apart].ravel(), minlength=len(self.level_counts)
        )
        content = stored.tobytes()
        self.checksum = zlib.crc32(content, self.checksum)
        try:
            self._file.write(content)
        except OSError as error:
            message = f"cannot store the encoded rows: {explain_os_error(error)}"
            raise DataError(message) from error
        self.n_rows += len(stored)

    @property
    def apart(self) -> Examples:
        """The rows that are kept apart."""
        return self._rows(self.apart_rows)

    @property
    def apart_rows(self) -> NDArray[np.float32]:
        """The same as they are stored, (rows, width of a row)."""
        nothing = np.empty((0, self.shape.width), np.float32)
        return np.concatenate([nothing, *self._apart])

    def per_epoch(self, groups: int) -> int:
        """Return how many buffers of so many groups a pass over all rows has."""
        return count_buffers(self.n_rows, groups)

    @staticmethod
    def rows_in(buffer: Examples) -> int:
        """Return how many rows a buffer has."""
        return len(buffer.Y)

    def buffers(self, seed: int, epoch: int, groups: int) -> Iterator[Examples]:
        """Yield all rows once, some groups at a time.

        Parameters
        ----------
        seed, epoch : int
            What the order of the groups is a function of, and of nothing else.
        groups : int
            Groups in a buffer.
        """
        for order in group_orders(self.n_rows, [seed], epoch, groups):
            yield self._rows(self.read(order))

    def read(self, groups: NDArray[np.int64]) -> NDArray[np.float32]:
        """Return the rows of some groups, (rows, width of a row)."""
        self._file.flush()
        lengths = group_lengths(groups, self.n_rows)
        rows = np.empty((int(lengths.sum()), self.shape.width), np.float32)
        start = 0
        for group, length in zip(groups.tolist(), lengths.tolist(), strict=True):
            rows[start : start + length] = self._stretch(group * GROUP_ROWS, length)
            start += length
        return rows

    def some(self, n_rows: int) -> Examples:
        """Return at most so many rows from everywhere in the file, in stretches."""
        n_pieces = max(1, min(n_rows, self.n_rows) // _PIECE)
        starts = np.linspace(0, self.n_rows, n_pieces, endpoint=False).astype(np.int64)
        length = _PIECE if n_pieces > 1 else min(n_rows, self.n_rows)
        self._file.flush()
        return self._rows(
            np.concatenate([self._stretch(start, length) for start in starts.tolist()])
        )

    def keep_columns(
        self,
        inputs: NDArray[np.int64],
        categories: NDArray[np.int64],
        starts: NDArray[np.int64],
    ) -> None:
        """Give only some of the columns from now on, though all of them are stored.

        Parameters
        ----------
        inputs, categories : ndarray of int64
            Which of the inputs, and of the codes.
        starts : ndarray of int64
            The first row of each category in the table of levels, as they are stored.
        """
        lengths = np.diff(starts)[categories]
        new = np.cumsum([0, *lengths.tolist()])
        self._moved = (new[:-1] - starts[categories]).astype(np.int32)
        counts = np.split(self.level_counts, starts[1:-1])
        kept = [counts[k] for k in categories.tolist()]
        self.level_counts = np.concatenate([np.zeros(0, np.int64), *kept])
        at_codes = self.shape.inputs + categories
        self._columns = np.concatenate([inputs, at_codes, [self.shape.width - 1]])
        self._given = Shape(len(inputs), len(categories))

    def _stretch(self, start: int, length: int) -> NDArray[np.float32]:
        """Return rows of the file that stand one after the other."""
        self._file.seek(start * self.shape.width * 4)
        part = self._file.read(length * self.shape.width * 4)
        return np.frombuffer(part, np.float32).reshape(-1, self.shape.width)

    def _rows(self, rows: NDArray[np.float32]) -> Examples:
        """Return rows of the file as the kernels take them."""
        if self._columns is None:
            return as_examples(rows, self.shape)
        data = as_examples(rows[:, self._columns], self._given)
        return data._replace(codes=data.codes + self._moved)


def as_examples(rows: NDArray[np.float32], shape: Shape) -> Examples:
    """Return stored rows as the kernels take them."""
    inputs = shape.inputs
    codes = np.ascontiguousarray(rows[:, inputs:-1]).view(np.int32)
    ones = np.ones(len(rows), np.float32)
    return new_rows(np.ascontiguousarray(rows[:, :inputs]), codes, rows[:, -1], ones)


def count_buffers(n_rows: int, groups: int) -> int:
    """Return how many buffers of so many groups the rows of a file fill."""
    return -(-n_rows // (GROUP_ROWS * groups))


def group_orders(
    n_rows: int, seed: Sequence[int], epoch: int, groups: int
) -> Iterator[NDArray[np.int64]]:
    """Yield which groups of so many rows each buffer of an epoch has.

    Parameters
    ----------
    n_rows : int
        Rows in a file.
    seed : sequence of int
        What the order is a function of, with the epoch, and of nothing else.
    epoch : int
        The pass over the rows.
    groups : int
        Groups in a buffer.
    """
    n_groups = count_buffers(n_rows, 1)
    order = np.random.default_rng([*seed, 9, epoch]).permutation(n_groups)
    for start in range(0, len(order), groups):
        yield order[start : start + groups]


def group_lengths(groups: NDArray[np.int64], n_rows: int) -> NDArray[np.int64]:
    """Return how many rows some groups of a file have."""
    lengths: NDArray[np.int64] = np.minimum(GROUP_ROWS, n_rows - groups * GROUP_ROWS)
    return lengths

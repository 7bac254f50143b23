"""Parquet files whose rows several processes share, on a disk or in an object store."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from pyarrow import fs

from walnet.errors import DataError
from walnet.saving.atomic import explain_os_error
from walnet.tables.arrow import table_from_arrays
from walnet.tables.opening import is_address
from walnet.tables.options import Expected, ReadOptions
from walnet.tables.parquet_reader import is_pandas_index
from walnet.tables.streams import BLOCK_ROWS, Part
from walnet.tables.table import Table, check_names
from walnet.words import count, quoted, without_password

_SUFFIXES = (".parquet", ".pq")


@dataclass(frozen=True)
class Block:
    """Neighbouring rows of one shard.

    Attributes
    ----------
    shard : int
        The shard.
    first : int
        The index of its first row among those of all files.
    rows : Table
        The rows.
    """

    shard: int
    first: int
    rows: Table


@dataclass(frozen=True)
class _Group:
    """A group of rows in a file: where it is, its first row among all, its length."""

    file: str
    index: int
    first: int
    rows: int


@dataclass
class RowGroups:
    """The rows of Parquet files, in groups, dealt to shards: as many rows to each.

    A process reads the groups that have rows of its shards, and no others.

    Parameters
    ----------
    path : str or path-like
        A Parquet file or a folder of such files, read in the order of their names; or
        the address of one, such as ``s3://bucket/folder``.
    shards : int
        How many shards there are.
    options : ReadOptions, optional
        How the columns are to be read.
    part : Part, optional
        Which of the rows.

    Attributes
    ----------
    groups : list
        The groups, known after `look`.
    columns : dict of str to str
        The type of each column, known after `look`.

    Examples
    --------
    >>> import tempfile
    >>> file = Path(tempfile.mkdtemp()) / "a.parquet"
    >>> pq.write_table(pa.table({"x": range(10)}), file, row_group_size=4)
    >>> groups = RowGroups(file, 2)
    >>> [(each.shard, each.first, len(each.rows)) for each in groups.blocks(range(2))]
    [(0, 0, 4), (0, 4, 1), (1, 5, 3), (1, 8, 2)]
    """

    path: str | os.PathLike[str]
    shards: int
    options: ReadOptions = field(default_factory=ReadOptions)
    part: Part | None = None

    groups: list[_Group] = field(default_factory=list, init=False)
    columns: dict[str, str] = field(default_factory=dict, init=False)

    def look(self) -> None:
        """Look at the files, not into them; the first time that rows are asked for.

        Raises
        ------
        DataError
            If there is no such file, or it cannot be read; or columns differ in two.
        """
        if self.groups:
            return
        name = without_password(self.path)
        with _explained(name):
            self._system, names = _listed(self.path)
        if not names:
            raise DataError(f"there is no Parquet file in {quoted(name)}")
        for file in names:
            with _explained(file):
                self._add(file)
        if not self.groups:
            raise DataError(f"the files in {quoted(name)} have no rows")

    @property
    def n_rows(self) -> int:
        """How many rows all files have."""
        return self.groups[-1].first + self.groups[-1].rows

    def describe(self) -> list[list[Any]]:
        """Return what all processes must find alike: columns, rows of each group."""
        groups = [[Path(g.file).name, g.index, g.rows] for g in self.groups]
        return [[list(each) for each in self.columns.items()], groups]

    def expect(self, expected: Mapping[str, Expected]) -> None:
        """Read the columns as they were read in the pass before."""
        self.options = replace(self.options, expected=expected)

    def blocks(self, shards: Iterable[int]) -> Iterator[Block]:
        """Yield the rows of neighbouring shards in their order, some at a time.

        Where a block begins and ends does not depend on which shards are asked for.
        """
        self.look()
        wanted = list(shards)
        first, last = self._bound(wanted[0]), self._bound(wanted[-1] + 1)
        for group in self.groups:
            if group.first < last and group.first + group.rows > first:
                yield from self._blocks_of(group, range(first, last))

    def some_blocks(self, seed: int, groups: int) -> Iterator[Block]:
        """Yield the rows of a few groups, chosen at random."""
        self.look()
        rng = np.random.default_rng([seed, 11])
        n = len(self.groups)
        for index in np.sort(rng.permutation(n)[:groups]):
            yield from self._blocks_of(self.groups[index], range(self.n_rows))

    def _bound(self, shard: int) -> int:
        """Return the first row of a shard."""
        return self.n_rows * shard // self.shards

    def _blocks_of(self, group: _Group, wanted: range) -> Iterator[Block]:
        """Yield the rows of a group that are wanted, cut where a shard begins."""
        bounds = [self._bound(shard) for shard in range(self.shards + 1)]
        with _explained(group.file):
            for lo, part in _cut(self._batches(group, wanted.stop), bounds):
                rows = self._rows(part, lo) if lo in wanted else None
                if rows is not None and len(rows):
                    shard = int(np.searchsorted(bounds, lo, "right")) - 1
                    yield Block(shard, lo, rows)

    def _batches(self, group: _Group, end: int) -> Iterator[tuple[int, Any]]:
        """Yield the rows of a group as Arrow has them, and which the first one is."""
        kept, start = self.options.kept(list(self.columns)), group.first
        with (
            self._system.open_input_file(group.file) as file,
            pq.ParquetFile(file) as opened,
        ):
            for batch in opened.iter_batches(
                BLOCK_ROWS, row_groups=[group.index], columns=kept, use_threads=False
            ):
                if start < end:
                    yield start, batch
                start += len(batch)

    def _rows(self, batch: Any, first: int) -> Table:
        """Return rows as a table, and of them the part that is meant."""
        columns = dict(zip(batch.schema.names, batch.columns, strict=True))
        table = table_from_arrays(columns, self.options)
        return table if self.part is None else self.part.of(first, table)

    def _add(self, name: str) -> None:
        """Note the groups of a file, and compare its columns with those before."""
        with (
            self._system.open_input_file(name) as file,
            pq.ParquetFile(file) as opened,
        ):
            metadata, schema = opened.metadata, opened.schema_arrow
        found = {n: str(schema.field(n).type) for n in schema.names}
        found = {n: type_ for n, type_ in found.items() if not is_pandas_index(n)}
        if not self.columns:
            check_names(list(found))
            self.options.check_columns(list(found))
            self.columns = found
        elif found != self.columns:
            raise DataError(
                f"{difference(found, self.columns)} in the files before; all files "
                "must have the same columns"
            )
        first = self.n_rows if self.groups else 0
        for index in range(metadata.num_row_groups):
            rows = metadata.row_group(index).num_rows
            if rows:
                self.groups.append(_Group(name, index, first, rows))
                first += rows


def _cut(
    batches: Iterable[tuple[int, Any]], bounds: list[int]
) -> Iterator[tuple[int, Any]]:
    """Yield parts of batches that lie in one shard, and the first row of each."""
    for start, batch in batches:
        end = start + len(batch)
        inner = [each for each in bounds if start < each < end]
        for lo, hi in pairwise([start, *inner, end]):
            yield lo, batch.slice(lo - start, hi - lo)


@contextmanager
def _explained(name: str) -> Iterator[None]:
    """Turn what goes wrong with a file in the block into a sentence that names it."""
    try:
        yield
    except (DataError, pa.ArrowException, OSError, ValueError) as error:
        message = (str(error).splitlines() or ["unknown reason"])[0][:300]
        if isinstance(error, OSError) and error.errno:
            message = explain_os_error(error)
        if message.startswith("cannot read"):
            raise
        raise DataError(f"cannot read {name!r}: {message}") from error


def difference(found: dict[str, str], known: dict[str, str]) -> str:
    """Return the first column in which two tables differ, in words.

    Examples
    --------
    >>> difference({"x": "int64"}, {"x": "double"})
    "column 'x' is int64, and double"
    >>> difference({"x": "int64", "y": "string"}, {"x": "int64"})
    "column 'y' is string, and missing"
    """
    for name in [*found, *known]:
        if found.get(name) != known.get(name):
            here, there = found.get(name, "missing"), known.get(name, "missing")
            return f"column {quoted(name)} is {here}, and {there}"
    return f"{count(len(found), 'column')} come in one order, and in another"


def _listed(path: str | os.PathLike[str]) -> tuple[Any, list[str]]:
    """Return the file system of a path or address, and the files, in order."""
    if is_address(path):
        scheme, _, rest = os.fspath(path).partition(":")
        root = "/" if scheme.lower() == "file" else ""
        # A path of pathlib has lost one of the two strokes.
        address = f"{scheme}://{root}{rest.lstrip('/')}"
        system, name = fs.FileSystem.from_uri(address)
    else:
        system, name = fs.LocalFileSystem(), os.fspath(Path(path).absolute())
    info = system.get_file_info(name)
    if info.type == fs.FileType.NotFound:
        name = quoted(without_password(path))
        raise DataError(f"cannot read {name}: no such file or folder")
    if info.type == fs.FileType.File:
        return system, [name]
    found = system.get_file_info(fs.FileSelector(name, recursive=True))
    return system, sorted(
        each.path
        for each in found
        if each.type == fs.FileType.File
        and each.base_name.lower().endswith(_SUFFIXES)
        and not each.base_name.startswith((".", "_"))
    )

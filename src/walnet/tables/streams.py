"""Tables that are larger than memory: read block by block, as often as need be."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from walnet.errors import DataError
from walnet.saving.atomic import explain_os_error
from walnet.tables.arrow import table_from_arrays
from walnet.tables.column_reading import Reading
from walnet.tables.csv_reader import convert_block, find_readings, open_csv_blocks
from walnet.tables.encodings import in_utf8
from walnet.tables.options import Expected, ReadOptions
from walnet.tables.parquet_reader import is_pandas_index
from walnet.tables.table import Column, Table, check_names
from walnet.tables.text import TYPES, Kind, common_kind
from walnet.words import listed, quoted

BLOCK_ROWS = 65_536
_SUFFIXES = (".parquet", ".pq", ".csv", ".tsv", ".txt")


@dataclass(frozen=True)
class Part:
    """A share of the rows of a stream, chosen at random, or all the others.

    Attributes
    ----------
    share : float
        The share, in [0, 1).
    seed : int
        Where the choice comes from.
    is_chosen : bool
        Whether the chosen rows are meant, or the others.
    """

    share: float
    seed: int
    is_chosen: bool

    def of(self, number: int, block: Table) -> Table:
        """Return the rows of a block that are meant; its number tells the choice."""
        chosen = np.random.default_rng([self.seed, 6, number]).random(len(block))
        return block.take(np.flatnonzero((chosen < self.share) == self.is_chosen))


class Stream:
    r"""The rows of a file, or of all files in a folder, block by block.

    Parameters
    ----------
    path : str or path-like
        A Parquet or CSV file, or a folder of such files, which are read in the order
        of their names. Files in CSV are not compressed.
    options : ReadOptions, optional
        How they are to be read.
    part : Part, optional
        Which of the rows.

    Raises
    ------
    DataError
        If there is no such file, the folder has none, or a file cannot be read.

    Examples
    --------
    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> for part in "ab":
    ...     _ = (folder / f"{part}.csv").write_text("size,hue\n1.5,red\n2,\n")
    >>> [len(block) for block in Stream(folder).blocks()]
    [2, 2]
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        options: ReadOptions | None = None,
        part: Part | None = None,
    ) -> None:
        self.path = Path(path)
        self._part = part
        self.files = _files(self.path)
        self.options = options or ReadOptions()
        self._readings: dict[Path, list[Reading]] = {}

    def expect(self, expected: Mapping[str, Expected]) -> None:
        """Read the columns as they were read in the pass before."""
        self.options = replace(self.options, expected=expected)
        self._readings = {}

    def blocks(self) -> Iterator[Table]:
        """Yield the rows in their order, a table of some ten thousand at a time."""
        for number, block in enumerate(self._all_blocks()):
            rows = block if self._part is None else self._part.of(number, block)
            if len(rows):
                yield rows

    def _all_blocks(self) -> Iterator[Table]:
        """Yield the rows of all files."""
        for file in self.files:
            try:
                yield from self._blocks_of(file)
            except OSError as error:
                message = f"cannot read {str(file)!r}: {explain_os_error(error)}"
                raise DataError(message) from error
            except (DataError, pa.ArrowException) as error:
                message = str(error).splitlines()[0][:200]
                raise DataError(f"cannot read {str(file)!r}: {message}") from error

    def _blocks_of(self, file: Path) -> Iterator[Table]:
        """Yield the rows of one file."""
        with file.open("rb") as opened:
            first = opened.read(4)
        if first.startswith(b"\x1f\x8b"):
            raise DataError("it is compressed; unpack it first, or do not stream it")
        is_parquet = first == b"PAR1"
        return self._parquet(file) if is_parquet else self._csv(file)

    def _parquet(self, file: Path) -> Iterator[Table]:
        """Yield the rows of a Parquet file, row group by row group."""
        with pq.ParquetFile(file) as opened:
            names = [n for n in opened.schema_arrow.names if not is_pandas_index(n)]
            check_names(names)
            self.options.check_columns(names)
            kept = self.options.kept(names)
            for batch in opened.iter_batches(
                BLOCK_ROWS, columns=kept, use_threads=False
            ):
                if len(batch):
                    columns = dict(zip(kept, map(batch.column, kept), strict=True))
                    yield table_from_arrays(columns, self.options)

    def _csv(self, file: Path) -> Iterator[Table]:
        """Yield the rows of a CSV file; its kinds are found once, by reading it all."""
        options, missing = self.options, tuple(self.options.missing)
        with file.open("rb") as opened, in_utf8(opened, options.encoding) as (text, _):
            reader = open_csv_blocks(text, options)
            options.check_columns(reader.names)
            if file not in self._readings:
                self._readings[file] = find_readings(reader, options, limited=False)
            readings = self._readings[file]
            kept = options.kept(reader.names)
            for batch in reader.batches():
                if len(batch):
                    columns = convert_block(reader.names, readings, batch, missing)
                    table = Table(columns, missing=missing)
                    yield table.select(kept) if options.drop else table


def _files(path: Path) -> list[Path]:
    """Return the files of a path, in order."""
    if path.is_dir():
        files = sorted(
            each
            for each in path.rglob("*")
            if each.is_file()
            and each.name.lower().endswith(_SUFFIXES)
            and not each.name.startswith((".", "_"))
        )
        if not files:
            message = f"there is no Parquet or CSV file in the folder {str(path)!r}"
            raise DataError(message)
        return files
    if not path.exists():
        raise DataError(f"cannot read {str(path)!r}: no such file or folder")
    return [path]


def concatenated(tables: Sequence[Table]) -> Table:
    """Return the rows of tables with the same columns as one table.

    Parameters
    ----------
    tables : sequence of Table
        At least one. A column of text in one and of dates in another becomes text.

    Returns
    -------
    Table

    Raises
    ------
    DataError
        If the columns differ.

    Examples
    --------
    >>> from walnet.tables.reading import as_table
    >>> table = as_table({"size": [1, 2], "hue": ["r", None]})
    >>> len(concatenated([table, table]))
    4
    """
    names = tables[0].names
    for table in tables:
        if set(table.names) != set(names):
            other = sorted(set(table.names) ^ set(names))
            message = "all files must have the same columns, but not all have"
            raise DataError(f"{message} {listed(other)}")
    columns = [_joined([table[name] for table in tables]) for name in names]
    return Table(columns, missing=tables[0].missing)


def _joined(columns: Sequence[Column]) -> Column:
    """Return the values of columns of one name as one column."""
    kind: Kind = "empty"
    for column in columns:
        kind = _common(kind, column)
    chunks = []
    for column in columns:
        values = column.values
        if kind == "category" and column.kind != "category":
            values = column.as_category().values
        elif column.kind == "empty":
            values = pa.chunked_array([pa.nulls(len(column), TYPES[kind])])
        chunks += values.cast(TYPES[kind], safe=False).chunks
    like = next((each for each in columns if each.kind == kind), columns[0])
    values = pa.chunked_array(chunks, TYPES[kind]).unify_dictionaries()
    notes = tuple(dict.fromkeys(note for each in columns for note in each.notes))
    return replace(like, kind=kind, values=values, origin=None, notes=notes)


def _common(kind: Kind, column: Column) -> Kind:
    """Return the kind that a column has together with what came before."""
    both = {kind, column.kind} - {"empty"}
    if both == {"number", "boolean"} or ("number" in both and "date" in both):
        message = f"column {quoted(column.name)} holds {' and '.join(sorted(both))} in"
        raise DataError(f"{message} different files; make it one of them")
    return common_kind(kind, column.kind)

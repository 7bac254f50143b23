"""The person's own table: read in memory, its columns chosen, made into inputs."""

from __future__ import annotations

import gzip
import hashlib
import io
import time
import zlib
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from walnet.errors import DataError
from walnet.playground.examples import SplitExamples
from walnet.playground.messages import ColumnInfo, DataState, FileChoice
from walnet.tables import Schema, Table, drop_unlabelled, split_rows
from walnet.tables.csv_reader import read_csv
from walnet.tables.parquet_reader import check_unpacked, read_parquet
from walnet.tables.target import ClassTarget, fit_target

MAX_ROWS = 1_000_000
MAX_COLUMNS = 1_000
MAX_CELLS = 50_000_000
MAX_UNPACKED_BYTES = 256 * 2**20
READ_SECONDS = 30.0
MAX_CLASSES = 32
MAX_INPUTS = 400
FIRST_COLUMNS = 30


@dataclass(frozen=True)
class OwnTable:
    """A table that was dropped on the page or given on the command line."""

    name: str
    sha256: str
    table: Table
    columns: list[ColumnInfo]

    def first_choice(self) -> FileChoice:
        """Return the choice to start with; its target is a guess."""
        target = self._target
        inputs = [name for name in _usable(self.columns) if name != target]
        return FileChoice(self.name, self.sha256, target, inputs[:FIRST_COLUMNS])

    @cached_property
    def _target(self) -> str:
        """The last column, or the first, or another of a few words; else the last."""
        usable = _usable(self.columns)
        likely = [usable[-1], *usable[:-1]]
        return next(filter(self._has_few_words, likely), usable[-1])

    def _has_few_words(self, name: str) -> bool:
        column = self.table[name]
        if column.kind != "category":
            return column.kind == "boolean"
        return 2 <= len(np.unique(column.codes())) <= MAX_CLASSES

    def examples(self, state: DataState) -> SplitExamples:
        """Return the chosen columns as inputs and targets, split into train and test.

        Raises
        ------
        DataError
            If they cannot be learned from.
        """
        choice = state.file
        if choice.sha256 and choice.sha256 != self.sha256:
            message = (
                f"{self.name} is not the table that this link was made with; "
                "drop that one, or choose the target again."
            )
            raise DataError(message)
        names = [name for name in choice.columns if name != choice.target]
        chosen = self.table.select([*names, choice.target])
        table, notes = drop_unlabelled(chosen, choice.target)
        task = None if choice.task == "auto" else choice.task
        target = fit_target(table[choice.target], task)
        classes = None
        if isinstance(target, ClassTarget):
            _check_classes(target)
            classes = target.encode(table[choice.target])
        train_rows = np.arange(len(table))
        test_rows = train_rows[:0]
        if state.test_share > 0:
            train_rows, test_rows = split_rows(
                len(table),
                test_share=state.test_share,
                seed=state.seed,
                classes=classes,
            )
        train, test = table.take(train_rows), table.take(test_rows)
        schema = Schema.fit(train, choice.target, task=task)
        _check_inputs(schema)
        return SplitExamples(
            schema.encode(train),
            schema.target_matrix(train),
            schema.encode(test),
            schema.target_matrix(test),
            schema.task,
            schema.feature_names,
            _labels(schema),
            choice.target,
            [*notes, *schema.warnings],
        )


class _HurriedFile(io.BytesIO):
    """A file in memory that is read until a deadline and no longer."""

    def __init__(self, content: bytes, deadline: float) -> None:
        super().__init__(content)
        self._deadline = deadline

    def read(self, size: int | None = -1, /) -> bytes:
        """Read, unless it is too late."""
        if time.monotonic() > self._deadline:
            message = (
                f"it takes longer than the {READ_SECONDS:g} seconds that the "
                "playground gives a table; train on it with `walnet train`"
            )
            raise DataError(message)
        return super().read(size)

    def empty(self) -> _HurriedFile:
        """Return an empty file with the same deadline."""
        return _HurriedFile(b"", self._deadline)


def read_table(name: str, content: bytes, seconds: float = READ_SECONDS) -> OwnTable:
    """Return the table in a file's bytes: CSV, gzipped CSV or Parquet.

    Parameters
    ----------
    name : str
        The file's name, for messages.
    content : bytes
        The file.
    seconds : float
        How long reading may take.

    Raises
    ------
    DataError
        If it is none, is larger than the playground takes, or takes too long.
    """
    file = _HurriedFile(content, time.monotonic() + seconds)
    try:
        table = _read(file, content[:4])
        _check_size(len(table), len(table.names))
    except DataError as error:
        raise DataError(f"{name} cannot be read: {error}.") from error
    columns = [
        ColumnInfo(
            column.name,
            column.kind,
            int(column.missing().sum()),
            column.kind != "empty",
        )
        for column in table.columns.values()
    ]
    if len(_usable(columns)) < 2:
        raise DataError(f"{name} has no two columns with values to learn from.")
    return OwnTable(name, hashlib.sha256(content).hexdigest(), table, columns)


def _usable(columns: list[ColumnInfo]) -> list[str]:
    return [column.name for column in columns if column.usable]


def _read(file: _HurriedFile, start: bytes) -> Table:
    if start == b"PAR1":
        return read_parquet(file, check=_check_parquet)
    return read_csv(_unpacked(file) if start[:2] == b"\x1f\x8b" else file)


def _unpacked(file: _HurriedFile) -> _HurriedFile:
    """Unpack a gzipped file, and stop at a bomb."""
    plain, packed = file.empty(), file.getbuffer().nbytes
    try:
        with gzip.open(file) as stream:
            while block := stream.read(2**20):
                plain.write(block)
                check_unpacked(plain.tell(), packed)
                _check_unpacked(plain.tell())
    except (OSError, EOFError, zlib.error) as error:
        message = f"the gzip file is damaged or cut short: {error}"
        raise DataError(message) from error
    plain.seek(0)
    return plain


def _check_parquet(rows: int, columns: int, unpacked: int) -> None:
    _check_size(rows, columns)
    _check_unpacked(unpacked)


def _check_unpacked(size: int) -> None:
    if size > MAX_UNPACKED_BYTES:
        message = (
            f"it unpacks to more than the {MAX_UNPACKED_BYTES // 2**20} MB that the "
            "playground takes; train on it with `walnet train`"
        )
        raise DataError(message)


def _check_size(rows: int, columns: int) -> None:
    if rows > MAX_ROWS or columns > MAX_COLUMNS or rows * columns > MAX_CELLS:
        message = (
            f"it has {rows:,} rows and {columns:,} columns; the playground takes "
            f"{MAX_ROWS:,} rows, {MAX_COLUMNS:,} columns and {MAX_CELLS:,} cells"
        )
        raise DataError(message)


def _check_classes(target: ClassTarget) -> None:
    if len(target.labels) > MAX_CLASSES:
        message = (
            f"{target.name!r} has {len(target.labels)} classes; the playground shows "
            f"up to {MAX_CLASSES}: choose another target, or regression."
        )
        raise DataError(message)


def _check_inputs(schema: Schema) -> None:
    if len(schema.feature_names) > MAX_INPUTS:
        message = (
            f"these columns make {len(schema.feature_names)} inputs; the playground "
            f"shows up to {MAX_INPUTS}: choose fewer."
        )
        raise DataError(message)


def _labels(schema: Schema) -> list[str]:
    if isinstance(schema.target, ClassTarget):
        return [str(label) for label in schema.target.labels]
    return []

"""The sample that one pass over a table larger than memory takes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from walnet.errors import DataError
from walnet.tables import Table
from walnet.tables.limits import MAX_CLASSES
from walnet.tables.streams import Stream, concatenated
from walnet.tables.table import Column
from walnet.tables.target import unknown_target
from walnet.words import quoted

SAMPLED_ROWS = 100_000
_ROWS_OF_A_CLASS = 2


@dataclass
class Survey:
    """A sample of the rows, and facts that a sample does not show.

    Attributes
    ----------
    sample : Table
        Rows chosen at random, each as likely as any other; and with them, where the
        choice had none, a row without a value of each column that has such, and two
        rows of each class.
    rows : int
        Rows with a target.
    unlabelled : int
        Rows without one.
    least, most : float
        The range of a target of numbers; NaN of classes.
    """

    sample: Table
    rows: int
    unlabelled: int
    least: float
    most: float


def survey(stream: Stream, target: str, seed: int, most: int = SAMPLED_ROWS) -> Survey:
    """Read a stream once.

    Parameters
    ----------
    stream : Stream
        The rows. It reads its columns in the next pass as in this one.
    target : str
        The column to be predicted.
    seed : int
        Where the choice of the sample comes from.
    most : int
        Rows of the sample.

    Raises
    ------
        DataError
            If there is no such target, or no row with one.
    """
    surveyor = Surveyor(target, seed, most)
    for number, block in enumerate(stream.blocks()):
        surveyor.add(number, block)
    found = surveyor.found()
    if found is None:
        raise DataError(f"target {quoted(target)} has no value in any row")
    stream.expect(found.sample.readings)
    return found


class Surveyor:
    """Takes a sample of rows that come block by block: see `survey`."""

    def __init__(self, target: str, seed: int, most: int = SAMPLED_ROWS) -> None:
        self._target = target
        self._chosen, self._witnesses = Sample(most, seed), _Witnesses(target)
        self._unlabelled, self._ends = 0, [np.inf, -np.inf]

    def add(self, number: int, whole: Table) -> None:
        """Consider the rows of a block."""
        block, missing = labelled(whole, self._target)
        self._unlabelled += missing
        if not len(block):
            return
        self._chosen.add(number, block)
        self._witnesses.add(block)
        if block[self._target].kind == "number":
            values, ends = block[self._target].numbers(), self._ends
            self._ends = [min(ends[0], values.min()), max(ends[1], values.max())]

    def found(self) -> Survey | None:
        """Return what was found; None if no row had a target."""
        if not self._chosen.seen:
            return None
        sample = concatenated([*self._chosen.parts(), *self._witnesses.rows])
        least, most = map(float, self._ends)
        return Survey(sample, self._chosen.seen, self._unlabelled, least, most)


def united(surveys: Sequence[Survey | None], target: str) -> Survey:
    """Return what surveys of parts of the rows have found together.

    Raises
    ------
    DataError
        If no row has a target.
    """
    found = [each for each in surveys if each is not None]
    if not found:
        raise DataError(f"target {quoted(target)} has no value in any row")
    return Survey(
        concatenated([each.sample for each in found]),
        sum(each.rows for each in found),
        sum(each.unlabelled for each in found),
        min(each.least for each in found),
        max(each.most for each in found),
    )


def labelled(block: Table, target: str) -> tuple[Table, int]:
    """Return the rows that have a target, and how many have none."""
    if target not in block:
        raise DataError(unknown_target(target, block.names))
    missing = block[target].missing()
    if not missing.any():
        return block, 0
    return block.take(np.flatnonzero(~missing)), int(missing.sum())


@dataclass
class Sample:
    """Rows chosen at random from a stream of unknown length.

    Each row draws a number, and those with the smallest ones are kept: so the choice
    depends on the seed and on the rows' indices, not on how they come in.
    """

    most: int
    seed: int
    seen: int = 0
    _keys: list[NDArray[np.float64]] = field(default_factory=list)
    _tables: list[Table] = field(default_factory=list)
    _limit: float = 1.0

    def add(self, number: int, block: Table) -> None:
        """Consider the rows of a block."""
        keys = np.random.default_rng([self.seed, 7, number]).random(len(block))
        rows = np.flatnonzero(keys < self._limit)
        self.seen += len(block)
        if len(rows):
            self._keys.append(keys[rows])
            self._tables.append(block.take(rows))
        if sum(map(len, self._keys)) > 2 * self.most:
            self._shrink()

    def parts(self) -> Iterator[Table]:
        """Yield the chosen rows."""
        self._shrink()
        yield from self._tables

    def _shrink(self) -> None:
        """Keep the rows with the smallest numbers."""
        keys = np.concatenate(self._keys)
        if len(keys) <= self.most:
            return
        self._limit = float(np.partition(keys, self.most)[self.most])
        for part, (key, table) in enumerate(zip(self._keys, self._tables, strict=True)):
            kept = np.flatnonzero(key < self._limit)
            self._keys[part] = key[kept]
            self._tables[part] = table.take(kept)


class _Witnesses:
    """Rows that show what a sample may lack: gaps, and rare classes."""

    def __init__(self, target: str) -> None:
        self.rows: list[Table] = []
        self._target = target
        self._gaps: set[str] = set()
        self._classes: dict[str, int] = {}

    def add(self, block: Table) -> None:
        """Take rows of a block that show something new."""
        found: list[int] = []
        for name, column in block.columns.items():
            if name not in self._gaps:
                rows = np.flatnonzero(column.missing())
                if len(rows):
                    self._gaps.add(name)
                    found.append(int(rows[0]))
        found += self._of_new_classes(block[self._target])
        if found:
            self.rows.append(block.take(np.unique(np.array(found, np.int64))))

    def _of_new_classes(self, column: Column) -> list[int]:
        """Return rows of classes that were seldom seen before."""
        known = self._classes
        if column.kind == "date" or len(known) > MAX_CLASSES:
            return []  # no classes
        levels, codes = column.levels(), column.codes()
        if len(levels) > MAX_CLASSES:
            known.update(dict.fromkeys(levels, _ROWS_OF_A_CLASS))
            return []
        found: list[int] = []
        for code, level in enumerate(levels):
            lacking = _ROWS_OF_A_CLASS - known.get(level, 0)
            if lacking > 0:
                rows = np.flatnonzero(codes == code)[:lacking]
                known[level] = known.get(level, 0) + len(rows)
                found += rows.tolist()
        return found

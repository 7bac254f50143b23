"""Which rows of a table to train on, and which to test with."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from walnet.errors import DataError, HyperparameterError
from walnet.tables import (
    Column,
    Table,
    as_table,
    drop_unlabelled,
    split_groups,
    split_in_time,
    split_rows,
)
from walnet.tables.label_notes import label_notes, single_row_notes
from walnet.tables.split import group_codes, time_codes
from walnet.tables.streams import concatenated
from walnet.tables.target import ClassTarget, Target, Task, fit_target
from walnet.words import count, listed, quoted, unknown

Rows = NDArray[np.int64]


@dataclass(frozen=True, kw_only=True)
class Split:
    """The rows of a table that have a target, to train on and to test with.

    Attributes
    ----------
    table : Table
        All rows that have a target.
    train, test : ndarray of int64
        Indices of the rows to learn from, and of the others.
    notes : list of str
        What was noticed in the table.
    """

    table: Table
    train: Rows
    test: Rows
    notes: list[str]

    @cached_property
    def train_table(self) -> Table:
        """The rows to learn from."""
        return self.table.take(self.train)

    @cached_property
    def test_table(self) -> Table:
        """The rows to test with."""
        return self.table.take(self.test)

    @property
    def shown(self) -> Rows:
        """The rows that a report shows: to test with, else to learn from."""
        return self.test if len(self.test) else self.train


def split_table(  # noqa: PLR0913
    table: Any,
    target: str,
    *,
    test_share: float = 0.25,
    seed: int = 0,
    task: Task | None = None,
    group: str | None = None,
    time: str | None = None,
) -> tuple[Table, Table]:
    """Return the rows to train on and the rows to test with.

    Parameters
    ----------
    table : Table, path, data frame, dict or ndarray
        All rows. Those without a target are left out.
    target : str
        The column to be predicted. Each of its classes is split in the same proportion.
    test_share : float, default 0.25
        Share of the rows to test with, in (0, 1).
    seed : int, default 0
        Seed of the random choice.
    task : {"classification", "regression"}, optional
        By default it follows from the target's values.
    group : str, optional
        A column that says which rows belong together, such as all of one patient: they
        are in one part. It stays a column of both: give it to `fit` as well, which
        keeps them together within the training and does not learn from it.
    time : str, optional
        A column of dates or numbers: the later rows are those to test with. Give it to
        `fit` as well, which keeps stretches of time together.

    Returns
    -------
    train, test : Table
        The two parts, rows in their order. Test rows of a class that no training row
        has are left out.

    Raises
    ------
    DataError
        If there is no such column, the target cannot be learned, there are too few
        rows, or a row has no time.
    HyperparameterError
        If a number is outside its range, or `group` and `time` are both given.

    Examples
    --------
    >>> table = {"size": [1, 2, 3, 4], "kind": ["nut", "egg", "nut", "egg"]}
    >>> split_table(table, "kind", test_share=0.5)
    (<table: 2 rows, 2 columns (1 number, 1 category)>,
     <table: 2 rows, 2 columns (1 number, 1 category)>)
    >>> train, test = split_table(table, "kind", time="size", test_share=0.5)
    >>> test["size"].numbers()
    array([3., 4.])
    """
    way = SplitWay(test_share, seed, group, time)
    split = split_known(as_table(table), target, way, task)
    return split.train_table, split.test_table


@dataclass(frozen=True)
class SplitWay:
    """How rows are split: see `split_table`."""

    share: float = 0.25
    seed: int = 0
    group: str | None = None
    time: str | None = None

    def __post_init__(self) -> None:
        """Refuse two ways at once."""
        if self.group is not None and self.time is not None:
            message = "rows are split by group or by time; give one of them"
            raise HyperparameterError(message)


def split_known(
    table: Table, target: str, way: SplitWay, task: Task | None = None
) -> Split:
    """Return the rows of a table that have a target in two parts, see `split_table`.

    With a share of 0 all of them are to train on.
    """
    for name in filter(None, (way.group, way.time)):
        if name not in table:
            raise DataError(unknown("column", name, table.names))
        if name == target:
            raise DataError(f"rows cannot be split by the target {quoted(name)}")
    known, notes = drop_unlabelled(table, target)
    fitted = fit_target(known[target], task)
    known, told = _told(known, fitted, is_split=way.share > 0)
    notes += told
    train, test = parts_of(known, fitted, way)
    split = Split(table=known, train=train, test=test, notes=notes)
    if way.group is not None:
        notes.append(
            f"column {quoted(way.group)} says which rows belong together, and is not "
            "learned from"
        )
    elif way.time is None:
        notes += _dated(known, target) if way.share else []
        return split
    return _without_new(split, target, task)


def split_with(
    table: Table, other: Table, target: str, task: Task | None = None
) -> Split:
    """Return the rows of a table to train on with those of another one to test with.

    Parameters
    ----------
    table, other : Table
        The tables. The second one needs the columns of the first, in any order.
    target : str
        The column to be predicted; rows without it are left out.
    task : {"classification", "regression"}, optional
        By default it follows from the target's values.

    Returns
    -------
    Split

    Raises
    ------
    DataError
        If the second table lacks a column, or holds values of another kind.
    """
    lacking = [name for name in table.names if name not in other]
    if lacking:
        message = f"the table to test with has no {listed(lacking)}"
        raise DataError(f"{message}; it needs the columns of the other one")
    known, notes = drop_unlabelled(table, target)
    fitted = fit_target(known[target], task)
    known, told = _told(known, fitted, is_split=False)
    tests, further = drop_unlabelled(other.select(table.names), target)
    both = concatenated([known, tests])
    places = [_places(each) for each in (known, tests)]
    origin = np.concatenate(places)
    columns = [replace(column, origin=origin) for column in both.columns.values()]
    split = Split(
        table=Table(columns, len(both), table.notes, table.missing),
        train=np.arange(len(known)),
        test=np.arange(len(known), len(both)),
        notes=notes + told + [f"of the table to test with, {note}" for note in further],
    )
    return _without_new(split, target, task)


def parts_of(table: Table, target: Target, way: SplitWay) -> tuple[Rows, Rows]:
    """Return rows to learn from and the others, as numbers from 0.

    Parameters
    ----------
    table : Table
        Rows that all have a target.
    target : ClassTarget or NumberTarget
        The target. Where rows are chosen at random, each of its classes is split in the
        same proportion, and is in the rows to learn from.
    way : SplitWay
        How they are split; with a share of 0 all rows are to learn from.

    Returns
    -------
    rows, others : ndarray of int64
        In ascending order.

    Raises
    ------
    DataError, HyperparameterError
        As `split_table`.
    """
    if not way.share:
        return np.arange(len(table)), np.arange(0)
    if way.group is not None:
        return _by_group(table[way.group], way)
    if way.time is not None:
        return split_in_time(time_codes(table[way.time]), test_share=way.share)
    classes = None
    if isinstance(target, ClassTarget):
        classes = target.encode(table[target.name])
    return split_rows(len(table), test_share=way.share, seed=way.seed, classes=classes)


def _told(table: Table, target: Target, *, is_split: bool) -> tuple[Table, list[str]]:
    """Return rows whose labels are told, and what is to be known of the labels."""
    column = table[target.name]
    if not isinstance(target, ClassTarget):
        return table, []
    notes = label_notes(column)
    if is_split:
        notes += single_row_notes(column)
    return table.with_column(column.with_told("labels")), notes


def _by_group(column: Column, way: SplitWay) -> tuple[Rows, Rows]:
    """Return rows of whole groups."""
    codes = group_codes(column)
    try:
        return split_groups(codes, test_share=way.share, seed=way.seed)
    except DataError as error:
        raise DataError(f"column {quoted(column.name)}: {error}") from error


def _dated(table: Table, target: str) -> list[str]:
    """Return the note that rows are not split in time though they have one."""
    dates = [
        name
        for name, column in table.columns.items()
        if column.kind == "date" and name != target
    ]
    if not dates:
        return []
    note = "the rows to test with are chosen at random, not the last ones; if new rows"
    return [f"{note} will be later than these, split by time: {listed(dates)}"]


def _without_new(split: Split, target: str, task: Task | None) -> Split:
    """Return a split without test rows of classes that no training row has."""
    fitted = fit_target(split.train_table[target], task)
    if not isinstance(fitted, ClassTarget):
        return split
    known = split.train_table[target]
    is_new = ~np.isin(_texts(split.table[target]), _texts(known))[split.test]
    if not is_new.any():
        return split
    new = sorted(set(_texts(split.table[target])[split.test[is_new]]))
    note = f"{count(int(is_new.sum()), 'row')} to test with of a class that no row to "
    note += f"learn from has: {listed(new)}; left out"
    return replace(split, test=split.test[~is_new], notes=[*split.notes, note])


def _texts(column: Column) -> NDArray[Any]:
    """Return the values of a column as texts."""
    return np.array([*column.levels(), ""], object)[column.codes()].astype(str)


def _places(table: Table) -> Rows:
    """Return which rows of its file the rows of a table are."""
    column = next(iter(table.columns.values()))
    return column.origin_of(np.arange(len(table)))

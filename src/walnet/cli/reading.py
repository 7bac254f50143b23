"""Reading the table of a training, and saying how each column was read."""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import NoReturn

from typer import Exit

from walnet.cli.terminal import Screen
from walnet.errors import DataError
from walnet.models.script import TrainRequest
from walnet.models.split import Split, SplitWay, split_known, split_with
from walnet.tables import (
    Column,
    ReadOptions,
    Stream,
    Table,
    describe_columns,
    read_table,
)
from walnet.tables.description import ColumnDescription
from walnet.tables.identifiers import is_named_as_target
from walnet.tables.reading_notes import form_notes, reading_notes
from walnet.tables.schema import columns_left_out
from walnet.words import count, readable

_PLURALS = {"category": "categories", "empty": "empty ones"}
_MOST_SHOWN = 24  # columns
_LONGEST_NAME, _WIDEST = 60, 120  # letters of a column's name, and of a cell
_INCOMPLETE = 2  # exit code of a command that lacks something
_MOST_CELLS = 20_000_000  # beyond, which columns are of no use is said when it is known


def read_split(request: TrainRequest, screen: Screen) -> Split:
    """Read a table, say how, and choose the rows to test with.

    Raises
    ------
    DataError
        If the table cannot be read or learned from, or no target was given.
    """
    with screen.busy("Reading the table …"):
        table = read_table(request.file, **request.reading)
        other = None if request.test is None else _read_test(table, request)
    if not request.target:
        unused = _left_out(table)
        _say_table(screen, request, table, unused)
        _note(screen, table, unused)
        _ask_for_target(screen, table, request)
    if other is not None:
        split = split_with(table, other, request.target, request.task)
    else:
        way = SplitWay(request.test_share, request.seed, request.group, request.time)
        split = split_known(table, request.target, way, request.task)
    inputs = table.without(request.target)
    learned = split.train_table.without(request.target).without(request.group or "")
    unused = _left_out(learned)
    _say_table(screen, request, table, unused)
    screen.know(form_notes(table))
    for note in split.notes:
        screen.note(note)
    _note(screen, inputs, unused)
    return split


def say_stream(request: TrainRequest, screen: Screen) -> None:
    """Say how the columns of rows that are read in blocks are, by the first block.

    Raises
    ------
    DataError
        If nothing can be read, or no target was given.
    """
    with screen.busy("Reading the first rows …"):
        options = ReadOptions(**request.reading)
        first = next(iter(Stream(request.file, options).blocks()), Table([]))
    _say_table(screen, request, first, {}, "the first ")
    if not request.target:
        _note(screen, first, {})
        _ask_for_target(screen, first, request)


def _read_test(table: Table, request: TrainRequest) -> Table:
    """Return the table to test with, its columns read as those to learn from."""
    assert request.test is not None  # noqa: S101 - the caller has looked
    known = ReadOptions(**request.reading)
    options = replace(known, drop=(), kinds={}, expected=table.readings)
    return read_table(request.test, options)


def _note(screen: Screen, table: Table, unused: Mapping[str, str]) -> None:
    """Say what is to be known of columns, but for what the table has shown."""
    screen.know(form_notes(table))
    for note in (*reading_notes(table), *unused.values()):
        screen.note(note)


def _left_out(table: Table) -> dict[str, str]:
    """Return the columns that cannot be used, unless finding them takes long."""
    if len(table) * len(table.names) > _MOST_CELLS:
        return {}
    return columns_left_out(table)


def _ask_for_target(screen: Screen, table: Table, request: TrainRequest) -> NoReturn:
    """Ask which column is to be learned, and end.

    Raises
    ------
    Exit
        With the code of a command that was not complete.
    DataError
        The same, if nothing is printed.
    """
    named = [name for name in table.names if is_named_as_target(name)]
    target = shlex.quote(named[0]) if len(named) == 1 else "COLUMN"
    command = f"walnet train {shlex.quote(request.file)} --target {target}"
    if screen.is_quiet:
        raise DataError(f"give the column to learn as --target COLUMN: {command}")
    screen.say(
        "Nothing is learned yet: which column is to be predicted from the others? "
        f"Name it by\n    {command}"
    )
    raise Exit(_INCOMPLETE)


def _say_table(
    screen: Screen,
    request: TrainRequest,
    table: Table,
    unused: Mapping[str, str],
    which: str = "",
) -> None:
    """Say what was read, and how each column was."""
    kinds = Counter(table.kinds.values())
    parts = [count(n, kind, _PLURALS.get(kind, "")) for kind, n in kinds.items()]
    columns = count(len(table.names), "column")
    name = Path(request.file).name
    rows = f"{which}{count(len(table), 'row')}"
    screen.say(f"{name}: {rows}, {columns} ({', '.join(parts)})")
    # Of thousands of columns, only those that are shown are described.
    shown = _shown(table, request, unused)
    described = describe_columns(table.select(shown))
    names = ["column", "read as", "for example", "missing"]
    cells = [_row(each, request, unused) for each in described]
    screen.table(names, cells, texts=3, widest=_WIDEST, total=len(table.names))


def _shown(table: Table, request: TrainRequest, unused: Mapping[str, str]) -> list[str]:
    """Return the columns to be shown: first the target, of many the special ones."""
    names = [name for name in table.names if name != request.target]
    if len(table.names) > _MOST_SHOWN:
        names.sort(key=lambda name: not _is_special(table[name], unused))
    first = [name for name in table.names if name == request.target]
    return [*first, *names][:_MOST_SHOWN]


def _is_special(column: Column, unused: Mapping[str, str]) -> bool:
    """Tell whether a column was read in a way that should be looked at."""
    is_written = column.form is not None and column.form.words
    return bool(is_written or column.notes or column.name in unused)


def _row(
    column: ColumnDescription, request: TrainRequest, unused: Mapping[str, str]
) -> list[str]:
    """Return what is shown of a column."""
    words = column.words
    if column.column == request.target:
        words += " (the target)"
    elif column.column == request.group:
        words += " (group)"
    elif column.column in unused:
        words += " (left out)"
    missing = f"{column.missing:,}" if column.missing else ""
    name = readable(column.column, _LONGEST_NAME)
    return [name, words, column.example, missing]

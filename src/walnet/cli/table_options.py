"""The options that say how a table is to be read, for every command that reads one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

from typer import Option

from walnet.errors import HyperparameterError

_READING, _SPLIT = "Reading of the table", "Rows to test with"
NAMES = ("kind", "drop", "missing", "decimal", "delimiter", "encoding", "sheet")
"""The options by the names of a command's parameters."""

ReportOut = Annotated[
    Path | None,
    Option(
        "--report",
        metavar="FILE|full",
        help="The report's file; by default the model's name with .html. full: it may "
        "take longer than the training.",
        rich_help_panel="Output",
    ),
]
AskedTarget = Annotated[
    str | None,
    Option(
        "--target",
        "-t",
        help="The column to learn; without it, how FILE is read is shown, no more.",
        show_default=False,
    ),
]
TestFile = Annotated[
    Path | None,
    Option(
        "--test",
        metavar="FILE",
        help="A table to test with, instead of a share of the rows; for a folder, "
        "another one.",
        rich_help_panel=_SPLIT,
    ),
]
Group = Annotated[
    str | None,
    Option(
        metavar="COLUMN",
        help="Which rows belong together, such as all of one patient: they are learned "
        "from or tested with together, and the column is left out.",
        rich_help_panel=_SPLIT,
    ),
]
InTime = Annotated[
    str | None,
    Option(
        "--time",
        metavar="COLUMN",
        help="When a row was: the later rows are those to test with.",
        rich_help_panel=_SPLIT,
    ),
]
Drop = Annotated[
    list[str] | None,
    Option(
        metavar="COLUMN",
        help="A column to leave out; may come often.",
        rich_help_panel=_READING,
    ),
]
KindOf = Annotated[
    list[str] | None,
    Option(
        "--kind",
        metavar="COLUMN=KIND",
        help="What a column is: number, category, date, text, or the form of its dates "
        "such as D/M/Y; may come often.",
        rich_help_panel=_READING,
    ),
]
Missing = Annotated[
    list[str] | None,
    Option(
        metavar="WORD",
        help="A word for a value that is not there, beside NA, n.a., - and the like; "
        "may come often.",
        rich_help_panel=_READING,
    ),
]
Decimal = Annotated[
    str | None,
    Option(
        help="Before the decimals, a point or a comma; by default the table tells.",
        rich_help_panel=_READING,
    ),
]
Encoding = Annotated[
    str | None,
    Option(
        help="Of a text file, such as cp1252; by default it is found.",
        rich_help_panel=_READING,
    ),
]
Sheet = Annotated[
    str | None,
    Option(
        help="Of a workbook, its name or number; by default the first.",
        rich_help_panel=_READING,
    ),
]


def of_table(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a request says of a table: how it is read, and split.

    Parameters
    ----------
    arguments : dict
        Those of a command.

    Raises
    ------
    HyperparameterError
        If options do not go together, or cannot be meant.
    """
    _check_split(arguments)
    same = ("group", "time", "test_share", "seed", "task")
    test = arguments["test"]
    return {name: arguments[name] for name in same} | {
        "file": str(arguments["file"]),
        "target": arguments["target"] or "",
        "test": None if test is None else str(test),
        "reading": reading(**{name: arguments[name] for name in NAMES}),
    }


def _check_split(arguments: Mapping[str, Any]) -> None:
    """Refuse options that split rows in two ways, or not at all."""
    ways = ("group", "time")
    names = [f"--{name}" for name in ways if arguments[name] is not None]
    if len(names) > 1:
        message = f"{' and '.join(names)} split the rows in different ways; give one"
        raise HyperparameterError(message)
    if names and arguments["test"] is None and not arguments["test_share"]:
        message = f"{names[0]} splits off rows to test with, but --test-share is 0"
        raise HyperparameterError(message)


def reading(
    *,
    kind: Sequence[str] | None = None,
    **given: Any,
) -> dict[str, Any]:
    """Return the options of `walnet.read_table` that were given.

    Parameters
    ----------
    kind : sequence of str, optional
        Kinds of columns, as ``COLUMN=KIND``.
    **given
        Other fields of `walnet.ReadOptions`, None where nothing was given.

    Raises
    ------
    HyperparameterError
        If a kind has no ``=``, or a value is outside its range.

    Examples
    --------
    >>> reading(kind=["zip=category"], drop=["id"], sheet=None)
    {'drop': ['id'], 'kinds': {'zip': 'category'}}
    """
    chosen = {name: value for name, value in given.items() if value not in (None, [])}
    if kind:
        chosen["kinds"] = dict(map(_column_and_kind, kind))
    if chosen:
        from walnet.tables import ReadOptions

        ReadOptions(**chosen)  # refuses what cannot be meant, before anything is read
    return chosen


def _column_and_kind(pair: str) -> tuple[str, str]:
    """Return the column and its kind; a column's name may hold an ``=``."""
    column, equals, kind = pair.rpartition("=")
    if not equals or not column:
        message = f"--kind must be COLUMN=KIND, such as zip=category; got {pair!r}"
        raise HyperparameterError(message)
    return column, kind.strip()

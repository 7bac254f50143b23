"""The options that say how a table is to be read, for every command that reads one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

from typer import Option

from walnet.errors import HyperparameterError

_READING = "Reading of the table"
NAMES = ("kind", "drop", "missing", "decimal", "encoding", "sheet")
"""The options by the names of a command's parameters."""

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

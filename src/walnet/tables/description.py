"""How each column of a table was read, in a few words for people."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from walnet.tables.table import Column, Table
from walnet.words import count

_SHOWN = 30  # signs of an example


@dataclass(frozen=True)
class ColumnDescription:
    """How one column was read.

    Attributes
    ----------
    column : str
        Its name.
    kind : str
        What its values are: ``"number"``, ``"category"``, ``"boolean"``, ``"date"`` or
        ``"empty"``.
    form : str
        How they are written, in words; empty if as computers write them.
    example : str
        A cell, as it was written as far as that is known; empty if there is none.
    missing : int
        How many rows have no value.
    notes : tuple of str
        What else is to be known.
    n_levels : int
        How many different levels a category has.
    """

    column: str
    kind: str
    form: str
    example: str
    missing: int
    notes: tuple[str, ...]
    n_levels: int = 0

    @property
    def words(self) -> str:
        """Kind and form in a few words.

        Examples
        --------
        >>> ColumnDescription("hue", "category", "", "r", 0, (), n_levels=3).words
        'category, 3 levels'
        """
        if self.n_levels:
            return f"{self.kind}, {count(self.n_levels, 'level')}"
        return self.form or self.kind


def describe_columns(table: Table) -> list[ColumnDescription]:
    """Return how each column of a table was read.

    Parameters
    ----------
    table : Table
        Any table.

    Returns
    -------
    list of ColumnDescription
        One for each column, in their order.

    Examples
    --------
    >>> from walnet.tables.reading import as_table
    >>> table = as_table({"size": ["50,01", "n.a."], "n": [1, 2]})
    >>> for each in describe_columns(table):
    ...     print(each.column, "|", each.words, "|", each.example, "|", each.missing)
    size | numbers with a decimal comma | 50,01 | 1
    n | number | 1 | 0
    """
    return [_described(column) for column in table.columns.values()]


def _described(column: Column) -> ColumnDescription:
    """Return how a column was read."""
    missing = column.missing()
    codes = column.codes() if column.kind == "category" else np.array([-1])
    return ColumnDescription(
        column=column.name,
        kind=column.kind,
        form="" if column.form is None else column.form.words,
        example=column.example or _first_value(column, missing),
        missing=int(missing.sum()),
        notes=column.notes,
        n_levels=len(np.unique(codes[codes >= 0])),
    )


def _first_value(column: Column, missing: NDArray[np.bool_]) -> str:
    """Return the first value that is there, whole numbers without a point."""
    if missing.all():
        return ""
    row = np.array([int(np.argmin(missing))])
    values = column.take(row)
    if column.kind == "date":
        return str(values.values[0].as_py()).removesuffix(" 00:00:00")
    text: str = values.levels()[values.codes()[0]]
    return text if len(text) <= _SHOWN else text[:_SHOWN] + "…"

"""Columns that name or number the rows: a network would learn them by heart."""

from __future__ import annotations

from typing import Any

import numpy as np

from walnet.tables.codes import words_of
from walnet.tables.table import Column

_NAMES = frozenset(
    [
        "id",
        "ids",
        "idx",
        "index",
        "key",
        "uuid",
        "guid",
        "no",
        "nr",
        "num",
        "number",
        "ref",
        "reference",
        "acc",
        "accession",
        "account",
        "serial",
        "record",
        "row",
        "rowid",
        "seq",
        "sequence",
        "sn",
        "pk",
        "oid",
        "ssn",
        "phone",
        "telephone",
        "tel",
        "mobile",
        "fax",
        "passport",
        "licence",
        "license",
        "isbn",
        "ean",
        "iban",
    ]
)
"""Words in the name of a column that names rows."""

_ORDERED = frozenset(
    [
        "year",
        "month",
        "week",
        "day",
        "date",
        "time",
        "hour",
        "minute",
        "second",
        "quarter",
        "period",
        "epoch",
        "timestamp",
        "age",
        "t",
        "x",
        "step",
        "tick",
        "rank",
        "position",
        "place",
        "score",
        "count",
        "amount",
        "price",
        "distance",
        "jahr",
        "monat",
        "tag",
        "zeit",
        "año",
        "ano",
        "mes",
        "anno",
        "annee",
        "année",
        "mois",
    ]
)
"""Words in the name of a column of numbers that measure, even if they are in order."""

_FEWEST_ROWS = 20
_DIFFERENT = 0.95  # of the rows: a few may be there twice


class Unusable(Exception):  # noqa: N818 - it leads to a warning, never to an error
    """A column that nothing can be learned from; the message says why."""


def refuse_identifier(column: Column, n_columns: int) -> None:
    """Raise `Unusable` for a column of whole numbers that name the rows.

    Parameters
    ----------
    column : Column
        The training rows of a column.
    n_columns : int
        How many columns there are: the only one is used whatever it is.

    Raises
    ------
    Unusable
        If the numbers are whole and nearly all different, and the column's name is one
        of identifiers; or if they fill a range without telling by their order what
        they measure. A column whose kind was asked for is never refused.

    Examples
    --------
    >>> import pyarrow as pa
    >>> column = Column("PassengerId", "number", pa.chunked_array([[7, 3, 9]]))
    >>> refuse_identifier(column, 2)
    Traceback (most recent call last):
    walnet.tables.identifiers.Unusable: identifies the rows, as its name says
    """
    if column.is_asked or n_columns == 1 or column.kind != "number":
        return
    words = set(words_of(column.name))
    is_named = not words or not words.isdisjoint(_NAMES) or column.name == "column_1"
    is_unnamed = words == {"unnamed", "0"}
    values = column.numbers()
    if is_named or is_unnamed:
        if len(values) > 2 and _are_different(values):
            raise Unusable("identifies the rows, as its name says")
    elif words.isdisjoint(_ORDERED) and _number_the_rows(values):
        raise Unusable("numbers the rows: its whole numbers follow one another")


def _are_different(values: Any) -> bool:
    """Tell whether values are whole numbers, nearly all different and none missing."""
    if not np.array_equal(values, np.round(values)):  # nor is NaN equal to itself
        return False
    return len(np.unique(values)) >= _DIFFERENT * len(values)


def _number_the_rows(values: Any) -> bool:
    """Tell whether whole numbers are all different and fill at least half a range.

    Measured numbers hardly ever do: of 20 numbers drawn from 40, some come twice with a
    probability of 99.6 %.
    """
    if len(values) < _FEWEST_ROWS or not np.array_equal(values, np.round(values)):
        return False
    reach = values.max() - values.min() + 1
    return bool(reach <= 2 * len(values)) and len(np.unique(values)) == len(values)

"""How a cell is written in a sentence."""

from __future__ import annotations

from walnet.tables.table import Column
from walnet.words import quoted


def cell_of(column: Column) -> str:
    """Return a column's first value as a person writes it.

    No midnight, no decimal that is 0, and no character that a terminal would obey.

    Examples
    --------
    >>> from walnet.tables import as_table
    >>> table = as_table({"size": [2.0], "day": ["2024-03-01"]})
    >>> cell_of(table["size"]), cell_of(table["day"])
    ('2', '2024-03-01')
    """
    value = column.values[0].as_py()
    text = str(value).removesuffix(" 00:00:00").removesuffix(".0")
    return "missing" if value is None else quoted(text)[1:-1]

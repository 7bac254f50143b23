"""Columns that name or number the rows: a network would learn them by heart."""

from __future__ import annotations

from typing import Any

import numpy as np

from walnet.tables.codes import words_of
from walnet.tables.table import Column

_IDENTIFYING = """
id ids key uuid guid no nr num number ref acc accession account serial rowid sn
pk oid ssn phone telephone tel mobile fax passport licence license isbn ean iban
matricule matricula matrícula matricola numéro numero número номер 番号
"""
_NAMES = frozenset(_IDENTIFYING.split())
"""Words that end the name of a column that names rows: order number, customer_id."""

_ENDINGS = ("nummer", "snr", "nnr")
"""How German words for a number of something end: Kundennummer, Auftragsnr."""

_ALONE = frozenset({"index", "idx", "row", "record", "seq", "sequence", "unnamed"})
"""Words that are the whole name of such a column, but for digits."""

_MEASURING = """
year month week day date time hour minute second quarter period epoch timestamp
age t x step tick rank position place score count amount price distance jahr
monat tag zeit año ano mes anno annee année mois
"""
_ORDERED = frozenset(_MEASURING.split())
"""Words in the name of a column of numbers that measure, even if they are in order."""

_USED = "(give its kind to use it)"
_FEWEST_ROWS = 20
_DIFFERENT = 0.95  # of the rows: a few may be there twice


_PREDICTED = """
target label class y outcome survived churn response diagnosis result
"""
_TARGETS = frozenset(_PREDICTED.split())
"""Words that are the whole name of what is mostly to be predicted."""


def is_named_as_target(name: str) -> bool:
    """Tell whether a column's name is one of what is mostly to be predicted.

    Examples
    --------
    >>> is_named_as_target("Survived"), is_named_as_target("size")
    (True, False)
    """
    return name.strip().lower() in _TARGETS


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
        of identifiers; or if they ascend from row to row and leave out few numbers,
        and the name is none of what has an order, such as a year. A column whose kind
        was asked for is never refused.

    Examples
    --------
    >>> import pyarrow as pa
    >>> column = Column("PassengerId", "number", pa.chunked_array([[7, 3, 9]]))
    >>> refuse_identifier(column, 2)
    Traceback (most recent call last):
    walnet.tables.identifiers.Unusable: identifies the rows, as its name says
    (give its kind to use it)
    """
    if column.is_asked or n_columns == 1 or column.kind != "number":
        return
    if getattr(column.form, "mark", ""):
        return  # a unit, a currency or a percent sign measures
    if not column.facts.is_whole:
        return
    values = column.numbers()
    if _is_named_so(column.name):
        if len(values) > 2 and _are_different(values):
            raise Unusable(f"identifies the rows, as its name says {_USED}")
    elif _ORDERED.isdisjoint(words_of(column.name)) and _number_the_rows(values):
        raise Unusable(f"numbers the rows in their order {_USED}")


def _is_named_so(name: str) -> bool:
    """Tell whether a name is one of columns that name the rows, or none at all."""
    words = [word for word in words_of(name) if not word.isdecimal()]
    if not words:
        return not words_of(name)
    if words[-1].endswith(_ENDINGS):
        return True
    is_alone = len(words) == 1 and words[0] in _ALONE
    return is_alone or name == "column_1" or words[-1] in _NAMES or words[0] == "id"


def _are_different(values: Any) -> bool:
    """Tell whether values are nearly all different."""
    return len(np.unique(values)) >= _DIFFERENT * len(values)


def _number_the_rows(values: Any) -> bool:
    """Tell whether whole numbers ascend from row to row and fill half their range."""
    if len(values) < _FEWEST_ROWS:
        return False
    reach = values[-1] - values[0] + 1
    return bool(np.all(np.diff(values) > 0) and reach <= 2 * len(values))

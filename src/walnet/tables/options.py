"""What one can say about how a table is to be read, in one object."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from walnet.errors import DataError, HyperparameterError
from walnet.tables.date_forms import FORM_OF_DATE, DateForm
from walnet.tables.number_forms import NumberForm
from walnet.tables.text import Kind
from walnet.words import listed, quoted, unknown

Form = NumberForm | DateForm
ASKED_KINDS = ("number", "category", "date", "text", *FORM_OF_DATE)
"""What a column may be asked to be: a kind, or the form of its dates."""


@dataclass(frozen=True)
class Expected:
    """How a column was read at training.

    Attributes
    ----------
    kind : str
        Its kind.
    form : NumberForm, DateForm or None
        How its numbers or dates were written; None if as computers write them.
    """

    kind: Kind
    form: Form | None = None


@dataclass(frozen=True)
class ReadOptions:
    """How a table is to be read, where it is not to be found out.

    Parameters
    ----------
    drop : sequence of str
        Columns to leave out.
    kinds : dict of str to str
        What columns are to be: ``"number"``, ``"category"``, ``"date"``, ``"text"`` (a
        category whose cells are left as they are), or the form of their dates such as
        ``"D/M/Y"``. A column that is named here is never left out as an identifier.
    missing : sequence of str
        Words that mean that a value is missing, beside the known ones.
    decimal : {".", ","}, optional
        Before the decimals of a number, where the column leaves it open.
    delimiter : str, optional
        Between the cells of a text file: one sign. By default it is found.
    encoding : str, optional
        Of a text file, a name that Python knows. By default UTF-8 and UTF-16 are
        recognised, and what is neither is read as ``"cp1252"``, with a note.
    sheet : str or int, optional
        The sheet of a workbook, by its name or counted from 1; by default the first.
    min_columns : int
        How many columns a text file has at least if the delimiter is not given: one
        column is mostly a delimiter that was not found.
    expected : dict of str to Expected
        How the columns of a model were read, as its schema says.

    Raises
    ------
    HyperparameterError
        If a value is none of those.

    Examples
    --------
    >>> ReadOptions(kinds={"zip": "category"}).asked("zip")
    'category'
    """

    drop: Sequence[str] = ()
    kinds: Mapping[str, str] = field(default_factory=dict)
    missing: Sequence[str] = ()
    decimal: str | None = None
    delimiter: str | None = None
    encoding: str | None = None
    sheet: str | int | None = None
    min_columns: int = 2
    expected: Mapping[str, Expected] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Refuse what cannot be meant."""
        for name in ("drop", "missing"):
            if isinstance(getattr(self, name), str):
                message = f"{name} must be a list of texts, got {getattr(self, name)!r}"
                raise HyperparameterError(message)
        for column, kind in self.kinds.items():
            if kind not in ASKED_KINDS:
                message = f"the kind of column {quoted(column)} must be one of"
                message += f" {listed(ASKED_KINDS, len(ASKED_KINDS))}; got {kind!r}"
                raise HyperparameterError(message)
        if self.decimal not in (None, ".", ","):
            message = f"decimal must be '.' or ',', got {self.decimal!r}"
            raise HyperparameterError(message)
        if self.encoding is not None:
            _check_encoding(self.encoding)

    def asked(self, name: str) -> str | None:
        """Return what a column is asked to be, if anything."""
        return self.kinds.get(name)

    def check_columns(self, names: Sequence[str]) -> None:
        """Raise an error if a column that is spoken of is not there.

        Raises
        ------
        DataError
            With the nearest name.
        """
        known = set(names)
        for name in (*self.drop, *self.kinds):
            if name not in known:
                raise DataError(unknown("column", name, names))

    def kept(self, names: Sequence[str]) -> list[str]:
        """Return the names of the columns that are not left out."""
        dropped = set(self.drop)
        return [name for name in names if name not in dropped]


def _check_encoding(name: Any) -> None:
    """Raise an error unless an encoding is known."""
    try:
        "a".encode(name)
    except (LookupError, TypeError, ValueError) as error:
        message = f"encoding must be a name such as 'utf-8' or 'cp1252', got {name!r}"
        raise HyperparameterError(message) from error

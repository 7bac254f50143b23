"""In which way the column of new rows differs from that of the training rows."""

from __future__ import annotations

from walnet.tables.encoders import Encoder
from walnet.tables.options import Expected, Form
from walnet.tables.table import Column


def drift_notes(encoder: Encoder, column: Column, fitting: Column) -> list[str]:
    """Return what is new in a column, in words.

    Parameters
    ----------
    encoder : Encoder
        What the training rows showed.
    column : Column
        New rows, as they were read.
    fitting : Column
        The same, as the kind that they were at training.

    Returns
    -------
    list of str
        What `Encoder.drift` says, what was read in another way than at training, and
        which cells could not be read.
    """
    if column.kind == "category" and fitting.kind in ("number", "date"):
        ways = f"in several ways, at training as {words_of_form(encoder)}"
        return [f"the cells are written {ways}", *encoder.drift(fitting)]
    notes = [*column.notes, *encoder.drift(fitting)]
    changed = column.kind == encoder.kind and column.kind in ("number", "date")
    form = getattr(encoder, "form", None)
    if changed and column.form != form and not _is_open(column):
        now, before = words_of_form(column), words_of_form(encoder)
        notes.append(f"the cells hold {now}, at training {before}")
    return notes


def words_of_form(read: Column | Encoder | Expected) -> str:
    """Return how numbers or dates are written, in words.

    Examples
    --------
    >>> words_of_form(Expected("number"))
    'plain numbers'
    """
    form: Form | None = getattr(read, "form", None)
    if form is not None:
        return form.words
    return {"number": "plain numbers", "date": "dates, year first"}.get(read.kind, "")


def _is_open(column: Column) -> bool:
    """Tell whether nothing in the cells shows a form: whole numbers, or no text."""
    return column.form is None and column.kind == "number" and column.is_whole

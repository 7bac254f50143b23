"""What is to be known about how the columns of a table were read."""

from __future__ import annotations

from walnet.tables.table import Column, Table
from walnet.words import listed, quoted


def reading_notes(table: Table) -> list[str]:
    """Return what is to be known about how a table was read, in sentences.

    Parameters
    ----------
    table : Table
        Any table.

    Returns
    -------
    list of str
        What is to be known about the file; columns whose numbers or dates are not
        written as computers write them, those of one form together; and cells that
        could not be read.

    Examples
    --------
    >>> from walnet.tables.reading import as_table
    >>> reading_notes(as_table({"size": ["50,01", "721,3"], "hue": ["r", "g"]}))
    ["column 'size' is read as numbers with a decimal comma, such as '50,01'"]
    """
    notes = [*table.notes, *form_notes(table)]
    for column in table.columns.values():
        notes += [f"column {quoted(column.name)}: {note}" for note in column.notes]
    return notes


def form_notes(table: Table) -> list[str]:
    """Return which columns are not written as computers write, in sentences."""
    columns: dict[str, list[Column]] = {}
    for column in table.columns.values():
        if column.form is not None and column.example:
            columns.setdefault(column.form.words, []).append(column)
    return [_of_form(words, alike) for words, alike in columns.items()]


def notes_of_column(column: Column) -> list[str]:
    """Return what is to be known about how one column was read, in sentences."""
    return reading_notes(Table([column]))


def _of_form(words: str, columns: list[Column]) -> str:
    """Return the note about columns of one form."""
    names, example = listed(column.name for column in columns), columns[0].example
    noun, verb = ("column", "is") if len(columns) == 1 else ("columns", "are")
    return f"{noun} {names} {verb} read as {words}, such as {quoted(example)}"

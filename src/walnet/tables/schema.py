"""The schema that goes with a model: from tables to inputs, from outputs to answers."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec
import numpy as np
from msgspec import Meta, Struct
from numpy.typing import NDArray

from walnet.errors import DataError, FileFormatError
from walnet.tables.drift import drift_notes
from walnet.tables.encoders import Encoder, checked, fit_encoder
from walnet.tables.far_values import far_value_notes
from walnet.tables.identifiers import Unusable, refuse_identifier
from walnet.tables.label_notes import label_notes
from walnet.tables.limits import MAX_CELLS
from walnet.tables.options import Expected, ReadOptions
from walnet.tables.reading_notes import reading_notes
from walnet.tables.table import Column, Table, check_names
from walnet.tables.target import (
    ClassTarget,
    NumberTarget,
    Target,
    Task,
    drop_unlabelled,
    fit_target,
)
from walnet.words import count, listed, quoted, unknown


class Schema(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """How a table becomes inputs of a network, and its outputs become answers.

    Made by `Schema.fit` from the training rows, it knows nothing of other rows. It is
    saved with the model.

    Parameters
    ----------
    encoders : list of Encoder
        One for each column that is used.
    target : ClassTarget or NumberTarget
        What is predicted.
    warnings : list of str
        What was noticed in the training rows: how columns were read that are not
        written as computers write, values many ranges away from all others, and
        columns and rows that are left out.
    missing : list of str
        Words that meant that a value is missing, beside the known ones.
    version : int
        The version of this description.

    Examples
    --------
    >>> from walnet.tables import as_table
    >>> table = as_table({"size": [1.0, 3.0], "hue": ["r", "g"], "paid": ["no", "yes"]})
    >>> schema = Schema.fit(table, target="paid")
    >>> schema.feature_names
    ['size', 'hue=g', 'hue=r']
    >>> schema.encode(table)
    array([[-1.,  0.,  1.],
           [ 1.,  1.,  0.]], dtype=float32)
    >>> schema.encode_target(table)
    array([0, 1])
    >>> schema.decode(np.array([[0.1, 0.9]]))
    array(['yes'], dtype=object)
    """

    encoders: Annotated[list[Encoder], Meta(min_length=1)]
    target: Target
    warnings: list[str]
    missing: list[str] = []
    version: Literal[1] = 1

    def __post_init__(self) -> None:
        """Refuse columns that a saved schema cannot have."""
        names = [*(encoder.name for encoder in self.encoders), self.target.name]
        try:
            check_names(names)
        except DataError as error:
            raise ValueError(str(error)) from error

    @classmethod
    def fit(cls, table: Table, target: str, *, task: Task | None = None) -> Schema:
        """Return the schema of training rows.

        Parameters
        ----------
        table : Table
            The training rows. Those without a target are left out.
        target : str
            The column to be predicted.
        task : {"classification", "regression"}, optional
            Whether the target is learned as classes or as a number. By default its
            values tell: text and booleans are classes; numbers are classes if all are
            whole, at most 10 different ones, each there twice on average; other
            numbers are a regression.

        Returns
        -------
        Schema
            The schema. `warnings` lists the columns that are left out and why: without
            values, with one value only, that count rows or name them.

        Raises
        ------
        DataError
            If the target is unknown, empty or has one value only, a number is infinite,
            or no column is left to learn from.
        """
        table, warnings = drop_unlabelled(table, target)
        fitted = fit_target(table[target], task)
        if isinstance(fitted, ClassTarget):
            warnings += label_notes(table[target])
        inputs = table.without(target)
        columns = inputs.columns.values()
        inputs.find_facts()
        warnings += reading_notes(inputs)
        encoders: list[Encoder] = []
        for column in columns:
            try:
                encoders.append(_usable(column, len(columns)))
                warnings += far_value_notes(column)
            except Unusable as reason:
                warnings.append(left_out(column, reason))
        if not encoders:
            told = [each for each in warnings if "is left out: " in each]
            reasons = "; ".join(told[:5])
            message = f"there is no column to learn {quoted(target)} from"
            raise DataError(f"{message}: {reasons}" if reasons else message)
        warnings += [note for encoder in encoders for note in _shared_levels(encoder)]
        return cls(encoders, fitted, warnings, list(table.missing))

    @property
    def task(self) -> Task:
        """Whether the target is learned as classes or as a number."""
        is_class = isinstance(self.target, ClassTarget)
        return "classification" if is_class else "regression"

    @property
    def names(self) -> list[str]:
        """The names of the columns that are used."""
        return [encoder.name for encoder in self.encoders]

    @property
    def feature_names(self) -> list[str]:
        """The names of the inputs, one for each column of the encoded matrix."""
        return [name for encoder in self.encoders for name in encoder.feature_names]

    @property
    def read_options(self) -> ReadOptions:
        """How further tables are read, by `read_table` or `as_table`: as this one."""
        expected = {each.name: expectation(each) for each in self.encoders}
        target = self.target
        if isinstance(target, NumberTarget):
            expected[target.name] = Expected("number", target.form)
        elif isinstance(target.labels[0], str):
            expected[target.name] = Expected("category")
        return ReadOptions(missing=self.missing, expected=expected)

    def encode(self, table: Table) -> NDArray[np.float32]:
        """Return the inputs of a network for the rows of a table.

        Parameters
        ----------
        table : Table
            The rows. The order of the columns does not matter, and further ones are
            ignored.

        Returns
        -------
        ndarray of shape (examples, features), float32
            The inputs, all finite.

        Raises
        ------
        DataError
            If a column is missing, or a value is of another kind than at training or
            infinite; the message names column and row.
        """
        columns = self._columns(table)
        widths = [len(encoder.feature_names) for encoder in self.encoders]
        if len(table) * sum(widths) > MAX_CELLS:
            message = (
                f"the inputs would be {len(table):,} rows × {sum(widths):,} numbers, "
                f"and {MAX_CELLS:,} numbers are allowed; leave out rows or columns"
            )
            raise DataError(message)
        inputs = np.empty((len(table), sum(widths)), np.float32)
        start = 0
        for encoder, column, width in zip(self.encoders, columns, widths, strict=True):
            encoder.fill(inputs[:, start : start + width], column)
            start += width
        return inputs

    def drift(self, table: Table) -> list[str]:
        """Return in which way rows differ from the training rows.

        Parameters
        ----------
        table : Table
            The rows.

        Returns
        -------
        list of str
            Sentences about levels that training did not see, values that are missing
            where none were, numbers far outside the range, and columns of which all
            rows, or many more than chance brings, are beyond it.

        Raises
        ------
        DataError
            As `encode`.
        """
        notes = []
        for encoder, column in zip(self.encoders, self._columns(table), strict=True):
            found = drift_notes(encoder, table[encoder.name], column)
            notes += [f"column {quoted(encoder.name)}: {note}" for note in found]
        return [*table.notes, *notes]

    def encode_target(self, table: Table) -> NDArray[np.int64] | NDArray[np.float64]:
        """Return the target of each row, as a class number or standardised.

        Parameters
        ----------
        table : Table
            The rows, each with a target.

        Returns
        -------
        ndarray of shape (examples,), int64 or float64
            The place of the class in ``target.labels``, or the standardised number.

        Raises
        ------
        DataError
            If a target is missing or was not there at training, with its row.
        """
        return self.target.encode(table[self.target.name])

    def target_matrix(self, table: Table) -> NDArray[np.float32]:
        """Return the target of each row as the outputs that a network learns.

        Parameters
        ----------
        table : Table
            The rows, each with a target.

        Returns
        -------
        ndarray of shape (examples, outputs), float32
            One-hot classes, or one column of standardised numbers.

        Raises
        ------
        DataError
            As `encode_target`.
        """
        return self.target.matrix(table[self.target.name])

    def decode(self, outputs: Any) -> NDArray[Any]:
        """Return answers of a network in the terms of the target.

        Parameters
        ----------
        outputs : ndarray of shape (examples, outputs) or (examples,)
            Outputs of a network, or class numbers, or standardised numbers.

        Returns
        -------
        ndarray of shape (examples,)
            Labels of the type that they had in the table, or numbers in its unit.

        Raises
        ------
        ShapeError
            If the number of outputs is not the target's.
        """
        return self.target.decode(outputs)

    def to_dict(self) -> dict[str, Any]:
        """Return the schema as a dictionary that JSON can hold.

        Returns
        -------
        dict
            The schema, for `Schema.from_dict`.
        """
        description: dict[str, Any] = msgspec.to_builtins(self)
        return description | {"version": self.version}

    @classmethod
    def from_dict(cls, description: Any) -> Schema:
        """Return the schema that `to_dict` wrote, trusting nothing.

        Parameters
        ----------
        description : dict
            The schema.

        Returns
        -------
        Schema
            A schema that encodes to the same bits.

        Raises
        ------
        FileFormatError
            If the description is not one of a schema.
        """
        try:
            return msgspec.convert(description, cls)
        except msgspec.ValidationError as error:
            raise FileFormatError(f"the schema is not valid: {error}") from error

    def _columns(self, table: Table) -> list[Column]:
        """Return the columns that are used, after checking that they fit."""
        missing = [name for name in self.names if name not in table]
        if len(missing) == 1:
            message = unknown("column", missing[0], table.names)
            raise DataError(f"{message}; the model was trained with it")
        if missing:
            number = count(len(missing), "column")
            message = f"{number} of the training are missing: {listed(missing)}"
            raise DataError(message)
        return [checked(encoder, table[encoder.name]) for encoder in self.encoders]


def _usable(column: Column, n_columns: int) -> Encoder:
    """Return the encoder of a column, unless nothing can be learned from it."""
    refuse_identifier(column, n_columns)
    return fit_encoder(column)


def left_out(column: Column, reason: Unusable) -> str:
    """Return the note that a column is left out, and why."""
    return f"column {quoted(column.name)} is left out: it {reason}"


def columns_left_out(table: Table) -> dict[str, str]:
    """Return the columns that nothing can be learned from, each with a note.

    Parameters
    ----------
    table : Table
        Rows without their target.

    Returns
    -------
    dict of str to str

    Examples
    --------
    >>> from walnet.tables.reading import as_table
    >>> columns_left_out(as_table({"size": [1, 2], "one": [1, 1]}))
    {'one': "column 'one' is left out: it holds only the value 1"}
    """
    notes = {}
    table.find_facts()
    for column in table.columns.values():
        try:
            _usable(column, len(table.names))
        except Unusable as reason:
            notes[column.name] = left_out(column, reason)
    return notes


def expectation(encoder: Encoder) -> Expected:
    """Return how further tables are read: as the column of an encoder was."""
    return Expected(encoder.kind, getattr(encoder, "form", None))


def _shared_levels(encoder: Encoder) -> list[str]:
    """Return a warning if the rarer levels of a category share an input."""
    if not getattr(encoder, "has_other", False):
        return []
    number = len(encoder.feature_names) - 1 - encoder.has_missing
    note = (
        f"column {quoted(encoder.name)} has many levels: the {number} most frequent "
        "have an input each, the others share one"
    )
    return [note]

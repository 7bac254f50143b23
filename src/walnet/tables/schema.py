"""The schema that goes with a model: from tables to inputs, from outputs to answers."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec
import numpy as np
from msgspec import Meta, Struct
from numpy.typing import NDArray

from walnet.errors import DataError, FileFormatError
from walnet.tables.encoders import Encoder, Unusable, checked, fit_encoder
from walnet.tables.limits import MAX_CELLS
from walnet.tables.table import Column, Table, check_names
from walnet.tables.target import ClassTarget, Target, Task, drop_unlabelled, fit_target
from walnet.tables.text import Kind
from walnet.words import count, listed, quoted, unknown

_COUNTER_NAMES = {"", "id", "index", "row", "rowid", "row_id", "unnamed: 0"}


class Schema(Struct, frozen=True, forbid_unknown_fields=True):
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
        What was noticed in the training rows: columns and rows that are left out.
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
        columns = table.without(target).columns.values()
        encoders: list[Encoder] = []
        for column in columns:
            try:
                refuse_counter(column, len(columns))
                encoders.append(fit_encoder(column))
            except Unusable as reason:
                warnings.append(
                    f"column {quoted(column.name)} is left out: it {reason}"
                )
        if not encoders:
            reasons = "; ".join(warnings[:5])
            message = f"there is no column to learn {quoted(target)} from"
            raise DataError(f"{message}: {reasons}" if reasons else message)
        warnings += [note for encoder in encoders for note in _shared_levels(encoder)]
        return cls(encoders, fitted, warnings)

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
    def feature_columns(self) -> list[str]:
        """The column of the table that each input comes from."""
        return [
            encoder.name for encoder in self.encoders for _ in encoder.feature_names
        ]

    @property
    def kinds(self) -> dict[str, Kind]:
        """The kinds of the columns, for reading further tables with `read_table`."""
        kinds: dict[str, Kind] = {each.name: each.kind for each in self.encoders}
        if isinstance(self.target, ClassTarget) and isinstance(
            self.target.labels[0], str
        ):
            kinds[self.target.name] = "category"
        return kinds

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
            where none were, and numbers far outside the range.

        Raises
        ------
        DataError
            As `encode`.
        """
        notes = []
        for encoder, column in zip(self.encoders, self._columns(table), strict=True):
            notes += [
                f"column {quoted(encoder.name)}: {x}" for x in encoder.drift(column)
            ]
        return notes

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
        return description

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


def refuse_counter(column: Column, n_columns: int) -> None:
    """Raise `Unusable` for a column that counts the rows, by its name and numbers."""
    is_named_so = column.name.lower() in _COUNTER_NAMES or column.name == "column_1"
    if n_columns == 1 or column.kind != "number" or not is_named_so:
        return
    values = column.numbers()
    steps = np.diff(np.sort(values))
    if len(values) > 2 and np.all(steps > 0) and np.all(values == np.round(values)):
        raise Unusable("numbers the rows")


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

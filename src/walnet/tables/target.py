"""What a network learns to predict: classes or a number."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import Annotated, Any, Literal

import numpy as np
import pyarrow as pa
from msgspec import Meta, Struct
from numpy.typing import NDArray

from walnet.engine.task import output_and_cost
from walnet.errors import DataError, HyperparameterError, ShapeError
from walnet.tables.checks import (
    WrongValueError,
    finite_numbers,
    mixed_note,
    read_levels,
)
from walnet.tables.limits import (
    MAX_CLASSES,
    MAX_INTEGER_CLASSES,
    MIN_ROWS_PER_LEVEL,
)
from walnet.tables.number_forms import NumberForm
from walnet.tables.reading_notes import notes_of_column
from walnet.tables.statistics import mean_and_deviation, standardised
from walnet.tables.table import Column, Table
from walnet.words import count, is_unicode, listed, quoted, row_from_1, unknown

Task = Literal["classification", "regression"]
Label = bool | int | float | str

_ANOTHER = "choose another target"
_NO_DATES = f"turn them into numbers, such as days, or {_ANOTHER}"
_ONE_CLASS = f"add rows of another class, or {_ANOTHER}"
_NO_CLASSES = "choose a target of fewer classes, or of numbers"
_NO_NUMBER = f"correct it, leave it empty, or {_ANOTHER}"


class ClassTarget(
    Struct, frozen=True, forbid_unknown_fields=True, tag="classification"
):
    """A target of classes.

    Parameters
    ----------
    name : str
        The column.
    labels : list of bool, int, float or str
        The classes, sorted; their places are what a network learns.

    Examples
    --------
    >>> target = ClassTarget("paid", ["no", "yes"])
    >>> target.decode(np.array([[0.9, 0.1], [0.2, 0.8]]))
    array(['no', 'yes'], dtype=object)
    """

    name: str
    labels: list[Label]

    def __post_init__(self) -> None:
        """Refuse labels that a saved schema cannot have."""
        kinds = {type(label) for label in self.labels}
        numbers = [label for label in self.labels if isinstance(label, float)]
        texts = [label for label in self.labels if isinstance(label, str)]
        if not all(map(is_unicode, [self.name, *texts])):
            raise ValueError(f"a label of {quoted(self.name)} holds half a character")
        if len(kinds) != 1 or not all(map(math.isfinite, numbers)):
            raise ValueError(f"the labels of {quoted(self.name)} must be of one type")
        if not 2 <= len(set(self.labels)) == len(self.labels) <= MAX_CLASSES:
            raise ValueError(f"the labels of {quoted(self.name)} must differ")

    @classmethod
    def fit(cls, column: Column) -> ClassTarget:
        """Return the classes in the training rows of a column, none missing."""
        if column.kind == "date":
            raise DataError(_unusable(column, "holds dates", _NO_DATES))
        labels = _labels(column)
        if len(labels) == 1:
            shown = quoted(labels[0])
            raise DataError(
                _unusable(column, f"has one class, {shown}, in all rows", _ONE_CLASS)
            )
        if len(labels) > MAX_CLASSES or _is_free_text(labels, len(column)):
            what = f"has {len(labels):,} different values in {len(column):,} rows"
            raise DataError(_unusable(column, what + mixed_note(column), _NO_CLASSES))
        return cls(column.name, labels)

    @property
    def n_outputs(self) -> int:
        """The number of a network's outputs: one for two classes."""
        return output_and_cost("classes", len(self.labels)).n_outputs

    def encode(self, column: Column) -> NDArray[np.int64]:
        """Return the place of each row's class in the labels."""
        _check_present(column)
        places = _places(column, self.labels)
        wrong = np.flatnonzero(places < 0)
        if len(wrong):
            row = int(wrong[0])
            message = (
                f"target {quoted(self.name)} must be one of {listed(self.labels)}, got "
                f"{column.text(row)} in {row_from_1(column.row_number(row))}"
            )
            raise DataError(message)
        return places

    def matrix(self, column: Column) -> NDArray[np.float32]:
        """Return what a network learns: 1 for the second of two, or one-hot rows."""
        indices = self.encode(column)
        if self.n_outputs == 1:
            return indices.astype(np.float32)[:, None]
        return np.eye(self.n_outputs, dtype=np.float32)[indices]

    def probabilities(self, outputs: Any) -> NDArray[Any]:
        """Return the probability of each class, of outputs of a network.

        Parameters
        ----------
        outputs : ndarray of shape (examples, outputs)
            A column for each class; of two classes the second one's will do.

        Returns
        -------
        ndarray of shape (examples, classes)

        Raises
        ------
        ShapeError
            If there is another number of columns.

        Examples
        --------
        >>> ClassTarget("paid", ["no", "yes"]).probabilities([[0.25], [0.5]])
        array([[0.75, 0.25],
               [0.5 , 0.5 ]])
        """
        columns: NDArray[Any] = np.asarray(outputs)
        if columns.shape[1] == 1 and len(self.labels) == 2:
            return np.column_stack([1 - columns, columns])
        _check_outputs(columns, len(self.labels))
        return columns

    def decode(self, outputs: Any) -> NDArray[Any]:
        """Return labels, of outputs of a network or of indices of the labels."""
        outputs = np.asarray(outputs)
        if outputs.ndim == 2:
            outputs = self.probabilities(outputs).argmax(axis=1)
        kind = object if isinstance(self.labels[0], str) else type(self.labels[0])
        labels: NDArray[Any] = np.array(self.labels, kind)[outputs]
        return labels


class NumberTarget(
    Struct,
    frozen=True,
    forbid_unknown_fields=True,
    omit_defaults=True,
    tag="regression",
):
    """A target that is a number, standardised while a network learns it.

    Parameters
    ----------
    name : str
        The column.
    mean, deviation : float
        Of the training rows.
    form : NumberForm, optional
        How the numbers were written; by default as computers write them.

    Examples
    --------
    >>> NumberTarget("price", mean=100.0, deviation=20.0).decode(np.array([[0.5]]))
    array([110.])
    """

    name: str
    mean: float
    deviation: Annotated[float, Meta(gt=0)]
    form: NumberForm | None = None

    def __post_init__(self) -> None:
        """Refuse numbers that a saved schema cannot have."""
        if not math.isfinite(self.mean) or not math.isfinite(self.deviation):
            raise ValueError(f"the numbers of {quoted(self.name)} must be finite")

    @classmethod
    def fit(cls, column: Column) -> NumberTarget:
        """Return the scale of the training rows of a column, none missing."""
        try:
            values = _target_numbers(column)
        except WrongValueError as error:
            where = row_from_1(column.row_number(error.row))
            reason = f"holds {column.text(error.row)} in {where}, which is no number"
            raise DataError(_unusable(column, reason, _NO_NUMBER)) from error
        mean, deviation = mean_and_deviation(values)
        if not deviation:
            raise DataError(_unusable(column, f"is {values[0]:g} in all rows"))
        form = column.form if isinstance(column.form, NumberForm) else None
        return cls(column.name, mean, deviation, form)

    @property
    def n_outputs(self) -> int:
        """The number of a network's outputs."""
        return 1

    def encode(self, column: Column) -> NDArray[np.float64]:
        """Return the standardised numbers."""
        _check_present(column)
        return standardised(_target_numbers(column), self.mean, self.deviation)

    def matrix(self, column: Column) -> NDArray[np.float32]:
        """Return the standardised numbers in one column, as a network learns them."""
        return self.encode(column)[:, None].astype(np.float32)

    def decode(self, outputs: Any) -> NDArray[np.float64]:
        """Return numbers in the target's own unit, of outputs of a network."""
        outputs = np.asarray(outputs, np.float64)
        if outputs.ndim == 2:
            _check_outputs(outputs, 1)
            outputs = outputs[:, 0]
        numbers: NDArray[np.float64] = self.mean + self.deviation * outputs
        return numbers


Target = ClassTarget | NumberTarget


def infer_task(column: Column) -> Task:
    """Return whether a target is learned as classes or as a number.

    Text and booleans are classes. Numbers are classes if all of them are whole, there
    are at most 10 different ones, and each is there twice on average; other numbers
    are a regression.

    Parameters
    ----------
    column : Column
        The target.

    Returns
    -------
    {"classification", "regression"}
        The task.

    Examples
    --------
    >>> from walnet.tables.reading import as_table
    >>> table = as_table({"stars": [1, 2, 1, 2], "price": [1.5, 2, 1, 2]})
    >>> infer_task(table["stars"]), infer_task(table["price"])
    ('classification', 'regression')
    """
    if column.kind != "number":
        return "classification"
    values = column.numbers()
    values = values[~np.isnan(values)]
    different = len(np.unique(values))
    whole = bool(np.all(values == np.round(values)))
    few = different <= MAX_INTEGER_CLASSES and different * MIN_ROWS_PER_LEVEL <= len(
        values
    )
    return "classification" if whole and few else "regression"


def fit_target(column: Column, task: Task | None = None) -> Target:
    """Return the target of a column, by its training rows.

    Parameters
    ----------
    column : Column
        The training rows, none missing.
    task : {"classification", "regression"}, optional
        The task. By default `infer_task` tells.

    Returns
    -------
    ClassTarget or NumberTarget
        The target.

    Raises
    ------
    DataError
        If there is only one value, or the values do not fit the task.
    HyperparameterError
        If there is no such task.

    Examples
    --------
    >>> from walnet.tables.reading import as_table
    >>> fit_target(as_table({"paid": ["no", "yes", "no"]})["paid"]).labels
    ['no', 'yes']
    """
    if task not in (None, "classification", "regression"):
        message = f"task must be 'classification' or 'regression', got {task!r}"
        raise HyperparameterError(message)
    task = task or infer_task(column)
    return (ClassTarget if task == "classification" else NumberTarget).fit(column)


def drop_unlabelled(table: Table, target: str) -> tuple[Table, list[str]]:
    """Return the rows of a table whose target is there.

    Parameters
    ----------
    table : Table
        All rows.
    target : str
        The column to be predicted.

    Returns
    -------
    table : Table
        The rows with a target.
    warnings : list of str
        What is to be known about how the target was read, and how many rows were
        left out, if any.

    Raises
    ------
    DataError
        If there is no such column (the nearest name is suggested), or it has no value.

    Examples
    --------
    >>> from walnet.tables.reading import as_table
    >>> table = as_table({"size": [1, 2, 3], "paid": ["yes", None, "yes"]})
    >>> drop_unlabelled(table, "paid")[1]
    ["1 row of 3 has no target 'paid' and is left out"]
    """
    if target not in table:
        raise DataError(unknown_target(target, table.names))
    missing = table[target].missing()
    if missing.all():
        raise DataError(f"target {quoted(target)} has no value in any row")
    column = table[target]
    warnings = [] if "reading" in column.told else notes_of_column(column)
    table = table.with_column(column.with_told("reading"))
    if not missing.any():
        return table, warnings
    number = int(missing.sum())
    verb = "has" if number == 1 else "have"
    left_out = "is left out" if number == 1 else "are left out"
    warning = (
        f"{count(number, 'row')} of {len(table):,} {verb} no target {quoted(target)} "
        f"and {left_out}"
    )
    return table.take(np.flatnonzero(~missing)), [*warnings, warning]


def _class_values(column: Column) -> NDArray[Any]:
    """Return numbers or booleans of classes, whole numbers as integers."""
    if pa.types.is_integer(column.values.type) and not column.values.null_count:
        return np.asarray(column.values.to_numpy())
    values = finite_numbers(column)
    if column.kind == "boolean":
        return values.astype(bool)
    whole = np.all(values == np.round(values)) and np.all(np.abs(values) < 2**63)
    return values.astype(np.int64) if whole else values


def unknown_target(target: str, names: Sequence[str]) -> str:
    """Return the sentence that a table has no such target.

    Parameters
    ----------
    target : str
        The name that was asked for.
    names : sequence of str
        The table's columns.

    Returns
    -------
    str
        The sentence, with what to do where a name looks like a value.

    Examples
    --------
    >>> unknown_target("kind", ["size", "kinds"])
    "there is no target 'kind'; did you mean 'kinds'?"
    >>> unknown_target("kind", ["0.5", "a"]).partition("; if ")[2]
    'the file has no names of columns, write a row of them above it'
    """
    sentence = unknown("target", target, names)
    if any(re.fullmatch(r"[-+]?\d+([.,]\d+)?", name) for name in names):
        hint = "if the file has no names of columns, write a row of them above it"
        return f"{sentence.rstrip('?')}; {hint}"
    return sentence


def _labels(column: Column) -> list[Any]:
    """Return the different classes of a column, sorted."""
    if column.kind == "category":
        levels = column.levels()
        return sorted(levels[code] for code in np.unique(column.codes()))
    labels: list[Any] = np.unique(_class_values(column)).tolist()
    return labels


def _places(column: Column, labels: list[Label]) -> NDArray[np.int64]:
    """Return the place of each row's class in the labels, -1 if it is not there."""
    if isinstance(labels[0], str):
        known = {label: place for place, label in enumerate(labels)}
        places = [known.get(level, -1) for level in column.levels()]
        return np.array(places, np.int64)[column.codes()]
    if column.kind not in ("number", "boolean"):
        return np.full(len(column), -1, np.int64)
    values, known_values = _class_values(column), np.array(labels)
    found = np.searchsorted(known_values, values).clip(max=len(labels) - 1)
    return np.where(known_values[found] == values, found, -1)


def _target_numbers(column: Column) -> NDArray[np.float64]:
    """Return the numbers of a target, read from text where they were written so."""
    if column.kind == "date":
        raise DataError(_unusable(column, "holds dates", _NO_DATES))
    if column.kind == "category":
        column = read_levels(column, "number", None)
    return finite_numbers(column)


def _is_free_text(labels: list[Any], n_rows: int) -> bool:
    """Tell whether so many texts cannot be the names of classes."""
    is_text = isinstance(labels[0], str)
    return is_text and len(labels) > 20 and len(labels) * MIN_ROWS_PER_LEVEL > n_rows


def _unusable(column: Column, reason: str, remedy: str = _ANOTHER) -> str:
    """Return the sentence that a target cannot be learned, and what to do."""
    return f"target {quoted(column.name)} cannot be learned: it {reason}; {remedy}"


def _check_present(column: Column) -> None:
    """Raise an error that names the first row without a target."""
    missing = np.flatnonzero(column.missing())
    if len(missing):
        where = row_from_1(column.row_number(int(missing[0])))
        raise DataError(f"target {quoted(column.name)} has no value in {where}")


def _check_outputs(outputs: NDArray[Any], expected: int) -> None:
    """Raise an error unless a network has as many outputs as the target needs."""
    if outputs.shape[1] != expected:
        message = f"outputs must have shape (examples, {expected}), got {outputs.shape}"
        raise ShapeError(message)

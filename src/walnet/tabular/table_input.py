"""Rows as people give them, and the table that an estimator makes of them."""

from __future__ import annotations

import numbers
import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.utils.validation import validate_data

from walnet.engine.arrays import is_sparse
from walnet.errors import DataError, HyperparameterError, ShapeError
from walnet.estimators.pickles import VersionedPickle
from walnet.tables import Table, as_table, drop_unlabelled
from walnet.tables.options import ReadOptions
from walnet.tables.split import group_codes, time_codes
from walnet.tables.table import Column
from walnet.tabular.rows import Together, checked_weights
from walnet.words import count

_MOST_DENSE = 100_000_000  # numbers of a sparse matrix
_HOW = "give the values, or the name of a column"


@dataclass(frozen=True)
class PerRow:
    """What is given for each row beside its columns and its target.

    Attributes
    ----------
    sample_weight : array-like or None
        How much each row counts.
    groups, times : array-like, str or None
        Which group each row belongs to, or when it was; a text names a column.
    """

    sample_weight: Any = None
    groups: Any = None
    times: Any = None


@dataclass(frozen=True)
class RowsToLearn:
    """Rows that an estimator learns from.

    Attributes
    ----------
    table : Table
        Their columns.
    sample_weight : array-like or None
        How much each counts, as it was given.
    together : Together or None
        Which rows belong together, if that was given.
    notes : list of str
        What is to be known of the table.
    """

    table: Table
    sample_weight: Any
    together: Together | None
    notes: list[str]

    def weights(self, y: NDArray[Any]) -> NDArray[np.float64]:
        """Return the weights of the rows, after checking the number of targets."""
        n_rows = len(self.table)
        if len(y) != n_rows:
            message = f"X and y must have the same number of rows: {n_rows} rows in"
            raise DataError(f"{message} X, inconsistent with {len(y)} in y")
        if not n_rows:
            raise DataError("learning needs at least 2 rows, got 0 sample(s)")
        return checked_weights(self.sample_weight, n_rows)


class TableInput(VersionedPickle):
    """An estimator that reads arrays, data frames, dictionaries and files.

    Attributes
    ----------
    n_features_in_ : int
        Columns at training.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Their names, if they had any.
    """

    n_features_in_: int
    feature_names_in_: NDArray[Any]

    def _read_new_rows(self, X: Any, options: ReadOptions) -> Table:
        """Return new rows as a table whose columns are named as at training.

        The options say how the columns were read at training, where that is known.
        """
        if _is_array(X):
            X = validate_data(
                self, _dense(X), dtype=None, ensure_all_finite="allow-nan", reset=False
            )
            table = as_table(X, _by_index(options, self.column_names))
            return _renamed(table, self.column_names)
        table = _read(X, options)
        if hasattr(self, "feature_names_in_"):
            return table
        if len(table.names) != self.n_features_in_:
            message = (
                f"X has {len(table.names)} features, but {type(self).__name__} is "
                f"expecting {self.n_features_in_} features as input"
            )
            raise DataError(message)
        return _renamed(table, self.column_names)

    @property
    def column_names(self) -> list[str]:
        """The names of the columns at training."""
        if hasattr(self, "feature_names_in_"):
            return list(self.feature_names_in_)
        return [f"x{index + 1}" for index in range(self.n_features_in_)]

    def _rows_to_score(self, X: Any, y: Any) -> tuple[Any, Any]:
        """Return rows and targets, of which a text names a column of the table."""
        return _separated(_read(X), y)[:2] if isinstance(y, str) else (X, y)

    def _read_rows_to_learn(
        self, X: Any, y: Any, per_row: PerRow
    ) -> tuple[RowsToLearn, Any]:
        """Return the rows and their target, and keep the names of the columns.

        A target that is a text names a column of the table.
        """
        if y is None:
            message = f"requires y to be passed, but the target y is None; {_HOW}"
            raise DataError(f"{type(self).__name__} {message}")
        if _is_array(X):
            X = validate_data(
                self, _dense(X), dtype=None, ensure_all_finite="allow-nan"
            )
            table, together = _grouped(as_table(X), per_row)
            return RowsToLearn(table, per_row.sample_weight, together, []), y
        table = _read(X)
        notes: list[str] = []
        if isinstance(y, str):
            table, y, notes = _separated(table, y)
        table, together = _grouped(table, per_row)
        self.n_features_in_ = len(table.names)
        self._name_features(X, table.names)
        table = _renamed(table, self.column_names)
        return RowsToLearn(table, per_row.sample_weight, together, notes), y

    def _name_features(self, X: Any, names: Sequence[str]) -> None:
        """Note the names of the columns, unless numbers count them."""
        given = list(getattr(X, "columns", names))
        if all(isinstance(name, numbers.Integral) for name in given):
            self.__dict__.pop("feature_names_in_", None)  # as scikit-learn does
        else:
            self.feature_names_in_ = np.array(names, object)


def _is_array(X: Any) -> bool:
    """Tell whether the columns have no names: arrays, lists, sparse matrices."""
    named = isinstance(X, (str, os.PathLike, Table, dict))
    if is_sparse(X):  # some sparse matrices are dictionaries as well
        return True
    return not named and not hasattr(X, "columns") and not hasattr(X, "column_names")


def _dense(X: Any) -> Any:
    """Return sparse columns as numbers, zeros and all; anything else as it is.

    Raises
    ------
    DataError
        If they take too much room.
    """
    if not is_sparse(X):
        return X
    if np.prod(X.shape, dtype=float) > _MOST_DENSE:
        raise DataError(
            f"a sparse matrix of shape {X.shape} is too large to be made dense, at "
            f"most {_MOST_DENSE:,} numbers are; choose columns, or use MLPClassifier "
            "or MLPRegressor, which learn from sparse rows as they are"
        )
    return X.toarray()


def _read(X: Any, options: ReadOptions | None = None) -> Table:
    """Return a table of a path, a data frame or a dictionary."""
    if isinstance(X, (str, os.PathLike)):
        from walnet.tables import read_table

        return read_table(Path(X), options)
    return as_table(X, options)


def _separated(table: Table, target: str) -> tuple[Table, NDArray[Any], list[str]]:
    """Return the rows that have a target without it, their targets, and notes."""
    known, notes = drop_unlabelled(table, target)
    return known.without(target), _cells(known[target]), notes


def _grouped(table: Table, per_row: PerRow) -> tuple[Table, Together | None]:
    """Return the columns to learn from, and which rows belong together.

    A column of groups is not learned from: new rows are of other groups.
    """
    groups, times = per_row.groups, per_row.times
    if groups is not None and times is not None:
        raise HyperparameterError(
            "rows belong together by groups or by times, not both"
        )
    if times is not None:
        codes = time_codes(_column(table, times, "times"))
        return table, Together(codes, is_ordered=True)
    if groups is None:
        return table, None
    column = _column(table, groups, "groups")
    rest = table.without(groups) if isinstance(groups, str) else table
    return rest, Together(group_codes(column))


def _column(table: Table, values: Any, name: str) -> Column:
    """Return a column of a table by its name, or one of values that are given."""
    if isinstance(values, str):
        return table[values]
    column = as_table({name: values})[name]
    if len(column) != len(table):
        message = f"{name} must have a value for each of {count(len(table), 'row')}"
        raise ShapeError(f"{message}, got {len(column):,}")
    return column


def _by_index(options: ReadOptions, names: list[str]) -> ReadOptions:
    """Return how an array is read: its columns are named after their indices."""
    indices = {name: f"x{index}" for index, name in enumerate(names, 1)}
    known = options.expected.items()
    return replace(options, expected={indices[name]: each for name, each in known})


def _renamed(table: Table, names: list[str]) -> Table:
    """Return a table whose columns have other names."""
    pairs = zip(names, table.columns.values(), strict=True)
    columns = [replace(column, name=name) for name, column in pairs]
    return Table(columns, len(table), missing=table.missing)


def _cells(column: Column) -> NDArray[Any]:
    """Return the values of a target column as an array."""
    if column.kind == "number":
        return np.asarray(column.values.to_numpy())
    if column.kind == "boolean":
        return column.numbers().astype(bool)
    levels = np.array(column.levels(), object)
    return levels[column.codes()]

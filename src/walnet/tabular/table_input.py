"""Rows as people give them, and the table that an estimator makes of them."""

from __future__ import annotations

import numbers
import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.utils.validation import validate_data

from walnet.engine.arrays import is_sparse
from walnet.errors import DataError
from walnet.estimators.pickles import VersionedPickle
from walnet.tables import Table, as_table, drop_unlabelled
from walnet.tables.options import ReadOptions
from walnet.tables.table import Column
from walnet.tabular.rows import checked_weights

_MOST_DENSE = 100_000_000  # numbers of a sparse matrix
_HOW = "give the values, or the name of a column"


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

    def _read_rows_to_learn(self, X: Any, y: Any) -> tuple[Table, Any, list[str]]:
        """Return the table, the target and notes on it; keep the columns' names.

        A target that is a text names a column of the table.
        """
        if y is None:
            message = f"requires y to be passed, but the target y is None; {_HOW}"
            raise DataError(f"{type(self).__name__} {message}")
        if _is_array(X):
            X = validate_data(
                self, _dense(X), dtype=None, ensure_all_finite="allow-nan"
            )
            return as_table(X), y, []
        table, notes = _read(X), []
        if isinstance(y, str):
            table, y, notes = _separated(table, y)
        self.n_features_in_ = len(table.names)
        self._name_features(X, table.names)
        return _renamed(table, self.column_names), y, notes

    def _name_features(self, X: Any, names: Sequence[str]) -> None:
        """Note the names of the columns, unless numbers count them."""
        given = list(getattr(X, "columns", names))
        if all(isinstance(name, numbers.Integral) for name in given):
            self.__dict__.pop("feature_names_in_", None)  # as scikit-learn does
        else:
            self.feature_names_in_ = np.array(names, object)


def check_weights(
    sample_weight: Any, table: Table, y: NDArray[Any]
) -> NDArray[np.float64]:
    """Return the weights of the rows, after checking the number of targets."""
    if len(y) != len(table):
        message = f"X and y must have the same number of rows: {len(table)} rows in"
        raise DataError(f"{message} X, inconsistent with {len(y)} in y")
    if not len(table):
        raise DataError("learning needs at least 2 rows, got 0 sample(s)")
    return checked_weights(sample_weight, len(table))


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


def _by_index(options: ReadOptions, names: list[str]) -> ReadOptions:
    """Return how an array is read: its columns are named after their indices."""
    indices = {name: f"x{index}" for index, name in enumerate(names, 1)}
    known = options.expected.items()
    return replace(options, expected={indices[name]: each for name, each in known})


def _renamed(table: Table, names: list[str]) -> Table:
    """Return a table whose columns have other names."""
    pairs = zip(names, table.columns.values(), strict=True)
    columns = [replace(column, name=name) for name, column in pairs]
    return Table(columns, len(table))


def _cells(column: Column) -> NDArray[Any]:
    """Return the values of a target column as an array."""
    if column.kind == "number":
        return np.asarray(column.values.to_numpy())
    if column.kind == "boolean":
        return column.numbers().astype(bool)
    levels = np.array(column.levels(), object)
    return levels[column.codes()]

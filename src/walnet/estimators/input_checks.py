"""What comes into an estimator: refused where scikit-learn would let it pass.

And where scikit-learn refuses a value, its row and column are added to the message.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import scipy.sparse

from walnet.engine.arrays import kernel_array
from walnet.engine.kernels.inference import first_not_finite

_CLASSES = "classes are for walnet.MLPClassifier"


@contextmanager
def locate_errors(X: Any, y: Any = None) -> Iterator[None]:
    """Add row and column to an error about a value of X or y.

    Raises
    ------
    ValueError
        scikit-learn's, with the location after its first sentence.
    """
    try:
        yield
    except ValueError as error:
        first, _, rest = str(error).partition("\n")
        location = _location(first, X, y)
        if not location:
            raise
        message = f"{first.removesuffix('.')}: {location}.\n{rest}".rstrip("\n")
        raise ValueError(message) from error


def _location(message: str, X: Any, y: Any) -> str:
    """Return where the value is that a message of scikit-learn is about, or nothing."""
    if "Input X contains" in message:
        return _first_not_finite(X)
    if "Input y contains" in message:
        column = np.asarray(y).reshape(len(y), -1)
        return _first_not_finite(column).partition(",")[0]
    if "could not convert string to float" in message:
        return _first_text(X)
    return ""


def _first_not_finite(X: Any) -> str:
    """Return row and column of the first value that is NaN or infinite, or nothing."""
    if scipy.sparse.issparse(X):
        entries = X.tocoo()
        found = np.c_[entries.coords][~np.isfinite(entries.data)]
    else:
        found = np.argwhere(~np.isfinite(_as_floats(np.asarray(X))))
    if not len(found):
        return ""
    row, column = min(map(tuple, found.tolist()))
    return f"the first in row {row}, column {_name_of(X, column)}, counted from 0"


def _first_text(X: Any) -> str:
    """Return which column holds text, and what to do; or nothing."""
    values = np.asarray(X, object)
    for column in range(values.shape[1] if values.ndim == 2 else 0):
        try:
            values[:, column].astype(float)
        except (TypeError, ValueError):
            return (
                f"it is in column {_name_of(X, column)}; encode text and categories "
                "before, for example with sklearn.preprocessing.OneHotEncoder, or take "
                "walnet.TabularClassifier or TabularRegressor, which read tables as "
                "they are"
            )
    return ""


def _as_floats(values: np.ndarray) -> np.ndarray:
    """Return values as float64, NaN where one is missing or no number."""
    if values.dtype != object:
        return values.astype(np.float64)
    numbers = np.full(values.shape, np.nan)
    for index, value in np.ndenumerate(values):
        try:
            numbers[index] = value
        except (TypeError, ValueError):  # such as pandas' NA
            continue
    return numbers


def _name_of(X: Any, column: int) -> str:
    """Return a column's number, with its name in a data frame."""
    names = getattr(X, "columns", None)
    return str(column) if names is None else f"{column} ({names[column]!r})"


def named_floats(estimator: Any, X: Any, dtype: np.dtype[Any]) -> np.ndarray | None:
    """Return the numbers of a data frame whose columns are those of the fit, at once.

    None where they are other ones, in another order, of another type or not finite:
    scikit-learn's checks, which take a millisecond, have the words for that.
    """
    columns, to_numpy = getattr(X, "columns", None), getattr(X, "to_numpy", None)
    names = getattr(estimator, "feature_names_in_", None)
    if columns is None or to_numpy is None or names is None or not len(X):
        return None
    if list(columns) != names.tolist():
        return None
    found = to_numpy()
    if found.dtype != dtype or found.ndim != 2:
        return None
    numbers = np.ascontiguousarray(found)
    return None if first_not_finite(numbers)[0] >= 0 else kernel_array(numbers, dtype)


@contextmanager
def name_validation_rows() -> Iterator[None]:
    """Call X and y by the names of the validation rows in what scikit-learn refuses.

    Raises
    ------
    ValueError
        scikit-learn's, about X_val or y_val.
    """
    try:
        yield
    except ValueError as error:
        first, *rest = str(error).split("\n", 1)
        if "_val" in first:
            raise
        named, found = re.subn(r"\b[Xy]\b", r"\g<0>_val", first)
        message = named if found else f"X_val, y_val: {first}"
        raise ValueError("\n".join([message, *rest])) from error


def refuse_sparse(X: Any) -> None:
    """Refuse sparse rows where an estimator standardises.

    Raises
    ------
    ValueError
        If X is sparse: centring would make every zero a number.
    """
    if not isinstance(X, np.ndarray):
        raise ValueError(  # noqa: TRY004 - as scikit-learn's of what is sparse
            "standardize=True cannot centre a sparse matrix; "
            "scale it with sklearn.preprocessing.MaxAbsScaler, or give X.toarray()"
        )


def refuse_dates(X: Any, name: str = "X") -> None:
    """Refuse dates, which would become numbers without a word.

    Raises
    ------
    ValueError
        If X, or a column of a data frame, holds dates or durations.
    """
    types = getattr(X, "dtypes", [getattr(X, "dtype", None)])
    for index, dtype in enumerate(types if np.iterable(types) else [types]):
        if getattr(dtype, "kind", "") in {"m", "M"}:
            column = f" in column {X.columns[index]!r}" if hasattr(X, "columns") else ""
            raise ValueError(
                f"{name} must hold numbers, got {dtype}{column}; turn dates into "
                "numbers first, or take walnet.TabularClassifier or TabularRegressor, "
                "which read tables as they are"
            )


def refuse_labels(y: Any, name: str) -> None:
    """Refuse targets of a regression that are no numbers.

    Raises
    ------
    TypeError
        If they are texts, dates or durations.
    ValueError
        If they are objects of which one is a text that is no number, or missing.
    """
    if y is None or scipy.sparse.issparse(y):
        return  # scikit-learn's check has a message for them
    given: Any = getattr(y, "dtype", None)
    dated = getattr(given, "kind", "") in {"m", "M"}  # pandas' have time zones too
    values = np.asarray(y)
    dtype = given if dated else values.dtype
    if dtype.kind in "mM":
        raise TypeError(
            f"{name} must hold numbers, got {dtype}; turn dates into numbers first"
        )
    if dtype.kind in "US":
        raise TypeError(f"{name} must hold numbers, got texts; {_CLASSES}")
    if dtype.kind == "O":
        _refuse_objects(values, name)


def _refuse_objects(values: np.ndarray, name: str) -> None:
    """Refuse objects that are no numbers."""
    try:
        numbers = values.astype(np.float64)
    except ValueError as error:
        raise ValueError(f"{name} must hold numbers: {error}; {_CLASSES}") from None
    except TypeError:  # such as pandas' NA: scikit-learn's check has a message
        return
    if np.isnan(numbers).any():  # None, which becomes one after its check
        raise ValueError("Input y contains NaN.")


def check_target_columns(y: np.ndarray, n_columns: int) -> None:
    """Refuse validation targets that are of another shape than those of the fit.

    Parameters
    ----------
    y : ndarray
        The validation targets.
    n_columns : int
        Of the targets of the fit; 0 for (rows,).

    Raises
    ------
    ValueError
        If one has one dimension and the other two, or they have other columns.
    """
    shape = (n_columns,) if n_columns else ()
    if y.shape[1:] != shape:
        wanted = f"(rows, {n_columns})" if n_columns else "(rows,)"
        raise ValueError(f"y_val must be of shape {wanted}, as y is; got {y.shape}")

"""Where in the data a value is that scikit-learn's checks have refused."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import scipy.sparse


@contextmanager
def told_where(X: Any, y: Any = None) -> Iterator[None]:
    """Add row and column to an error about a value of X or y.

    Raises
    ------
    ValueError
        scikit-learn's, with the place after its first sentence.
    """
    try:
        yield
    except ValueError as error:
        first, _, rest = str(error).partition("\n")
        place = ""
        if "Input X contains" in first:
            place = _place_in(X)
        elif "Input y contains" in first:
            place = _place_in(np.asarray(y).reshape(len(y), -1)).partition(",")[0]
        elif "could not convert string to float" in first:
            place = _text_in(X)
        if not place:
            raise
        message = f"{first.removesuffix('.')}: {place}.\n{rest}".rstrip("\n")
        raise ValueError(message) from error


def _place_in(X: Any) -> str:
    """Return row and column of the first value that is NaN or infinite, or nothing."""
    if scipy.sparse.issparse(X):
        entries = X.tocoo()
        places = np.c_[entries.coords][~np.isfinite(entries.data)]
    else:
        places = np.argwhere(~np.isfinite(_floats(np.asarray(X))))
    if not len(places):
        return ""
    row, column = min(map(tuple, places.tolist()))
    return f"the first in row {row}, column {_name_of(X, column)}, counted from 0"


def _text_in(X: Any) -> str:
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


def _floats(values: np.ndarray) -> np.ndarray:
    """Return values as float64, NaN where one is missing or no number."""
    if values.dtype != object:
        return values.astype(np.float64)
    numbers = np.full(values.shape, np.nan)
    for place, value in np.ndenumerate(values):
        try:
            numbers[place] = value
        except (TypeError, ValueError):  # such as pandas' NA
            continue
    return numbers


def _name_of(X: Any, column: int) -> str:
    """Return a column's number, with its name in a data frame."""
    names = getattr(X, "columns", None)
    return str(column) if names is None else f"{column} ({names[column]!r})"

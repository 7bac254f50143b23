"""The door through which arrays come in: shape, type and values are checked here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from walnet.engine.kernels.inference import first_not_finite
from walnet.engine.kernels.types import Examples
from walnet.errors import DataError, ShapeError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from walnet.engine.layout import Layout


def check_inputs(X: ArrayLike, n_inputs: int, dtype: np.dtype[Any]) -> np.ndarray:
    """Return X as a contiguous, finite (examples, n_inputs) array.

    Raises
    ------
    ShapeError
        If X is not two-dimensional or has another number of columns.
    DataError
        If X holds NaN, infinity, text that is no number, or a number too large for
        `dtype`.
    """
    array = _as_floats(X, dtype, "X")
    if array.ndim != 2:
        raise ShapeError(
            f"X must have shape (examples, {n_inputs}), got {array.shape}; "
            "one example is a row: X.reshape(1, -1)"
        )
    if array.shape[1] != n_inputs:
        raise ShapeError(
            f"X must have {n_inputs} columns, one for each input of the network, "
            f"got {array.shape[1]}"
        )
    _refuse_not_finite(array, X, "X")
    return array


def is_sparse(values: object) -> bool:
    """Return whether values are a SciPy sparse matrix or array."""
    return hasattr(values, "tocsr")


def sparse_examples(
    X: Any, Y: np.ndarray, w: np.ndarray, dtype: np.dtype[Any]
) -> Examples:
    """Return compressed sparse rows as the kernels take them; they are never dense."""
    none = np.empty(0, np.int64)
    return Examples(
        np.empty((0, X.shape[1]), dtype),
        np.empty((X.shape[0], 0), np.int32),
        Y,
        w,
        none,
        kernel_array(X.data, dtype),
        kernel_array(X.indices, np.int32),
        kernel_array(X.indptr, np.int64),
    )


def check_sparse_inputs(X: Any, layout: Layout, dtype: np.dtype[Any]) -> Any:
    """Return sparse X as compressed rows of finite numbers.

    Raises
    ------
    ShapeError, DataError
        As for dense rows, or if the network reads levels, of which 0 is one as well.
    """
    if len(layout.code_columns):
        raise DataError(
            "X must be a dense array for a network that reads levels, got a sparse "
            "one; call its toarray()"
        )
    n_inputs = len(layout.dense_columns)
    if len(X.shape) != 2 or X.shape[1] != n_inputs:
        raise ShapeError(f"X must have shape (examples, {n_inputs}), got {X.shape}")
    rows = X.tocsr()
    values = _as_floats(rows.data, dtype, "X")
    wrong = np.flatnonzero(~np.isfinite(values))
    if wrong.size:
        at = int(wrong[0])
        row = int(np.searchsorted(rows.indptr, at, side="right")) - 1
        place = f"row {row}, column {rows.indices[at]}"
        raise DataError(
            f"X must be finite, but {rows.data[at]} came in {place} (both counted "
            "from 0); drop the row or fill the value in"
        )
    return rows


def split_columns(checked: np.ndarray, layout: Layout) -> tuple[np.ndarray, np.ndarray]:
    """Return the numbers of checked rows, and their levels' rows in the tables.

    Raises
    ------
    DataError
        If a level is not a whole number from 0 to one less than there are.
    """
    codes = layout.code_columns
    if not len(codes):
        return checked, np.empty((len(checked), 0), np.int32)
    levels = checked[:, codes]
    counts = np.diff(layout.level_starts)
    wrong = (levels < 0) | (levels >= counts) | (levels != np.floor(levels))
    if wrong.any():
        row, place = map(int, np.argwhere(wrong)[0])
        raise DataError(
            f"column {codes[place]} of X must hold levels 0 to {counts[place] - 1}, "
            f"got {levels[row, place]:g} in row {row} (both counted from 0)"
        )
    numbers = np.ascontiguousarray(checked[:, layout.dense_columns])
    return numbers, np.ascontiguousarray(levels + layout.table_starts, np.int32)


def as_examples(
    X: np.ndarray, codes: np.ndarray, Y: np.ndarray, w: np.ndarray
) -> Examples:
    """Return dense rows as the kernels take them; all of them are learned from."""
    none = np.empty(0, np.int64)
    values, columns = np.empty(0, X.dtype), np.empty(0, np.int32)
    return Examples(X, codes, Y, w, none, values, columns, none)


def check_targets(
    y: ArrayLike, n_examples: int, n_outputs: int, dtype: np.dtype[Any]
) -> np.ndarray:
    """Return y as a contiguous, finite (examples, n_outputs) array.

    Whole numbers 0 … n_outputs - 1 in one dimension are labels: they become one-hot
    rows where the network has more than one output.

    Raises
    ------
    ShapeError
        If y has another number of rows than X, or of columns than the network has
        outputs.
    DataError
        If y holds NaN, infinity, text that is no number, or a label out of range.
    """
    labels = _as_array(y, "y")
    if labels.ndim == 0 or labels.shape[0] != n_examples:
        rows = labels.shape[0] if labels.ndim else "none"
        raise ShapeError(
            f"y must have as many rows as X, {n_examples}, got {rows}; "
            "each example needs its target"
        )
    if labels.ndim == 1 and n_outputs > 1:
        return _one_hot(labels, n_outputs, dtype)
    array = _as_floats(y, dtype, "y")
    array = array.reshape(-1, 1) if array.ndim == 1 else array
    if array.shape != (n_examples, n_outputs):
        raise ShapeError(
            f"y must have shape ({n_examples}, {n_outputs}), one column for each "
            f"output of the network, got {labels.shape}"
        )
    _refuse_not_finite(array, y, "y")
    return array


def check_weights(
    sample_weight: ArrayLike | None, n_examples: int, dtype: np.dtype[Any]
) -> np.ndarray:
    """Return sample weights as (examples,), or an empty array where there are none."""
    if sample_weight is None:
        return np.empty(0, dtype)
    weights = _as_floats(sample_weight, dtype, "sample_weight")
    if weights.shape != (n_examples,):
        raise ShapeError(
            f"sample_weight must have shape ({n_examples},), one weight for each "
            f"example, got {weights.shape}"
        )
    bad = np.flatnonzero(~(np.isfinite(weights) & (weights >= 0)))
    if bad.size:
        raise DataError(
            "sample_weight must be finite and not negative, got "
            f"{weights[bad[0]]} for example {bad[0]}"
        )
    if not weights.any():
        raise DataError("sample_weight must not be zero for every example")
    return weights


def check_target_values(targets: np.ndarray, cost: str) -> None:
    """Raise where targets are not of the kind that a cost is made for.

    Raises
    ------
    DataError
        If binary_cross_entropy is given a target outside 0 … 1, poisson one below 0,
        or categorical_cross_entropy a row that is not a set of probabilities.
    """
    if cost == "binary_cross_entropy":
        bad, wanted = (targets < 0) | (targets > 1), "targets from 0 to 1"
    elif cost == "poisson":
        bad, wanted = targets < 0, "targets of at least 0"
    elif cost == "categorical_cross_entropy":
        sums = targets.sum(axis=1, keepdims=True)
        bad = (targets < 0) | (abs(sums - 1) > 1e-3)
        wanted = "rows of probabilities that sum to 1"
    else:
        return
    if bad.any():
        row = int(np.flatnonzero(bad.any(axis=1))[0])
        raise DataError(
            f"cost {cost!r} needs {wanted} in y, got {targets[row].tolist()} "
            f"in row {row} (counted from 0)"
        )


def _as_array(values: ArrayLike, name: str) -> np.ndarray:
    """Return values as an array of any type; a masked or sparse one is refused."""
    if isinstance(values, np.ma.MaskedArray):
        raise DataError(
            f"{name} must not be a masked array, whose masked values would be learned "
            "from; drop their rows or fill them in"
        )
    if is_sparse(values):
        raise DataError(
            f"{name} must be a dense array, got a sparse one; call its toarray()"
        )
    try:
        return np.asarray(values)
    except (TypeError, ValueError) as error:  # rows of different lengths
        raise DataError(f"{name} must be rows of one length: {error}") from None


def _as_floats(values: ArrayLike, dtype: np.dtype[Any], name: str) -> np.ndarray:
    """Return values as a contiguous array of floats; no copy where it is one."""
    array = _as_array(values, name)
    if array.dtype == dtype and array.flags.carray:
        return array  # at once: one row's prediction takes but microseconds
    if array.dtype.kind in "cmMV":
        raise DataError(f"{name} must hold real numbers, got {array.dtype}")
    try:
        with np.errstate(over="ignore"):  # told as an infinity with its place, below
            floats = np.ascontiguousarray(array, dtype).reshape(array.shape)
    except (TypeError, ValueError, OverflowError) as error:
        raise DataError(
            f"{name} must hold numbers, got {array.dtype}: {error}; "
            "encode text as numbers first, or give the table to the command line"
        ) from None
    return kernel_array(floats, dtype)


def kernel_array(array: np.ndarray, dtype: Any) -> np.ndarray:
    """Return an array as kernels take it: contiguous, in a dtype; no copy if it is."""
    return np.ascontiguousarray(array, dtype).reshape(np.shape(array))


def _refuse_not_finite(array: np.ndarray, original: ArrayLike, name: str) -> None:
    """Raise a DataError that names the first NaN or infinity."""
    row, column = first_not_finite(array)
    if row < 0:
        return
    value = np.asarray(original).reshape(array.shape)[row, column]
    number = np.nan if value is None else float(value)
    reason = "is too large for float32" if np.isfinite(number) else "came"
    raise DataError(
        f"{name} must be finite, but {value} {reason} in row {row}, column {column} "
        "(both counted from 0); drop the row or fill the value in"
    )


def check_answers(outputs: np.ndarray) -> np.ndarray:
    """Return a model's outputs, one row an example, which must be finite.

    Raises
    ------
    DataError
        If one is NaN or infinite.
    """
    row, _ = first_not_finite(outputs)
    if row >= 0:
        raise DataError(
            f"the answer for row {row}, counted from 0, would be NaN or infinite: the "
            "numbers of that row or the model's own are too large for its precision"
        )
    return outputs


def _one_hot(labels: np.ndarray, n_outputs: int, dtype: np.dtype[Any]) -> np.ndarray:
    """Return labels 0 … n_outputs - 1 as one-hot rows."""
    numbers = _as_floats(labels, np.dtype(np.float64), "y")
    bad = np.flatnonzero(
        ~((numbers >= 0) & (numbers < n_outputs) & (numbers == np.floor(numbers)))
    )
    if bad.size:
        raise DataError(
            f"y must hold labels 0 to {n_outputs - 1} for a network with {n_outputs} "
            f"outputs, got {numbers[bad[0]]} in row {bad[0]} (counted from 0)"
        )
    rows = np.zeros((labels.size, n_outputs), dtype)
    rows[np.arange(labels.size), numbers.astype(np.int64)] = 1
    return rows

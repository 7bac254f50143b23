"""Standardising inside an estimator: inputs, and a regression's targets."""

from __future__ import annotations

from typing import Any

import numpy as np

from walnet.estimators.fitting import FitData


def refuse_sparse(model: Any, X: Any) -> None:
    """Refuse sparse rows where `standardize` is set.

    Raises
    ------
    ValueError
        If X is sparse: centring would make every zero a number.
    """
    if model.standardize and not isinstance(X, np.ndarray):
        raise ValueError(
            "standardize=True cannot centre a sparse matrix; "
            "scale it with sklearn.preprocessing.MaxAbsScaler, or give X.toarray()"
        )


def learn(model: Any, rows: FitData) -> None:
    """Note the means and scales of the rows that are learned from, by their weights."""
    model._scales = None  # noqa: SLF001  (written for the estimator)
    if not model.standardize:
        return
    X, Y, w = rows.X, rows.Y, rows.w
    if w is not None and (w == 0).any():  # as if they were not there
        X, Y, w = X[w > 0], Y[w > 0], w[w > 0]
    if w is not None and (w == w[0]).all():  # so that weights of 1 change no bit
        w = None
    model._scales = mean_and_scale(X, w)  # noqa: SLF001
    if model._scales_targets():  # noqa: SLF001
        model._scales += mean_and_scale(Y, w)  # noqa: SLF001


def mean_and_scale(
    values: np.ndarray, w: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Return mean and standard deviation of each column, in float64, never overflowing.

    A column that does not vary beyond rounding has the scale 1.
    """
    if values.dtype.kind != "f":
        values = values.astype(np.float64)
    size = np.maximum(abs(values).max(axis=0).astype(np.float64), 1e-300)
    shares = values / size
    if w is None:
        mean = shares.mean(axis=0, dtype=np.float64)
        deviation = (shares - mean).std(axis=0, dtype=np.float64)
    else:
        exact = w.astype(np.float64)
        mean = np.average(shares, axis=0, weights=exact)
        deviation = np.sqrt(np.average((shares - mean) ** 2, axis=0, weights=exact))
    rounding = 10 * np.finfo(values.dtype).eps
    constant = deviation <= rounding
    scale = np.where(constant, 1.0, deviation * size)
    return mean * size, scale


def scaled(model: Any, rows: FitData) -> FitData:
    """Return rows as the network learns them."""
    scales, X, Y = model._scales, rows.X, rows.Y  # noqa: SLF001
    dtype = X.dtype
    if scales is not None:
        X = scaled_inputs(model, X, dtype)
        if len(scales) > 2:
            Y = (Y - scales[2]) / scales[3]
    elif isinstance(X, np.ndarray):
        X = np.ascontiguousarray(X)
    elif X.format != "csr":
        X = X.tocsr()
    return FitData(X, np.ascontiguousarray(Y, dtype), rows.w)


def scaled_inputs(model: Any, X: np.ndarray, dtype: np.dtype[Any]) -> np.ndarray:
    """Return rows as the network reads them: contiguous, in its precision.

    Raises
    ------
    ValueError
        If a number is too large for the network's precision.
    """
    scales = model._scales  # noqa: SLF001
    with np.errstate(over="ignore"):
        if scales is not None:
            X = (X / scales[1]) - scales[0] / scales[1]
        cast = np.ascontiguousarray(X, dtype)
    if cast is not X and not np.isfinite(cast).all():
        raise ValueError(f"Input X contains infinity or a value too large for {dtype}.")
    return cast


def unscaled_outputs(model: Any, out: np.ndarray) -> np.ndarray:
    """Return the network's outputs in the units of the targets."""
    scales = model._scales  # noqa: SLF001
    if scales is None or len(scales) == 2:
        return out
    answers: np.ndarray = (out * scales[3] + scales[2]).astype(out.dtype)
    return answers

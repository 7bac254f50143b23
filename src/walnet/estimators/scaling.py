"""Standardising inside an estimator: inputs, and a regression's targets."""

from __future__ import annotations

from typing import Any

import numpy as np


def learn(model: Any, X: Any, Y: np.ndarray) -> None:
    """Note the means and scales of the training rows, where `standardize` asks for it.

    Raises
    ------
    ValueError
        If X is sparse: centring would make every zero a number.
    """
    model._scales = None  # noqa: SLF001  (written for the estimator)
    if not model.standardize:
        return
    if not isinstance(X, np.ndarray):
        raise ValueError(  # noqa: TRY004  (as scikit-learn's scalers)
            "standardize=True cannot centre a sparse matrix; "
            "scale it with sklearn.preprocessing.MaxAbsScaler, or give X.toarray()"
        )
    model._scales = mean_and_scale(X)  # noqa: SLF001
    if model._scales_targets():  # noqa: SLF001
        model._scales += mean_and_scale(Y)  # noqa: SLF001


def mean_and_scale(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return mean and standard deviation of each column, in float64, never overflowing.

    A column that does not vary beyond rounding has the scale 1.
    """
    if values.dtype.kind != "f":
        values = values.astype(np.float64)
    size = np.maximum(abs(values).max(axis=0).astype(np.float64), 1e-300)
    shares = values / size
    mean = shares.mean(axis=0, dtype=np.float64)
    deviation = (shares - mean).std(axis=0, dtype=np.float64)
    rounding = 10 * np.finfo(values.dtype).eps
    constant = deviation <= rounding
    scale = np.where(constant, 1.0, deviation * size)
    return mean * size, scale


def scaled(model: Any, X: Any, Y: np.ndarray) -> tuple[Any, np.ndarray]:
    """Return rows and targets as the network learns them."""
    scales = model._scales  # noqa: SLF001
    if scales is None:
        if isinstance(X, np.ndarray):
            X = np.ascontiguousarray(X)
        elif X.format != "csr":
            X = X.tocsr()
        return X, np.ascontiguousarray(Y, X.dtype)
    dtype = X.dtype
    X = scaled_inputs(model, X, dtype)
    if len(scales) > 2:
        Y = (Y - scales[2]) / scales[3]
    return X, np.ascontiguousarray(Y, dtype)


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

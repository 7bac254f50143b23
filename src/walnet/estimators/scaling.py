"""Standardising inside an estimator: inputs, and a regression's targets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from walnet.engine.arrays import kernel_array


@dataclass(frozen=True)
class Scaling:
    """Means and standard deviations that an estimator standardises with.

    Attributes
    ----------
    input_mean, input_scale : ndarray of shape (features,), float64
        Of the columns of X.
    target_mean, target_scale : ndarray of shape (outputs,), float64, or None
        Of the targets; None where they are learned as they are.
    """

    input_mean: np.ndarray
    input_scale: np.ndarray
    target_mean: np.ndarray | None = None
    target_scale: np.ndarray | None = None

    @classmethod
    def learned_from(
        cls, X: np.ndarray, Y: np.ndarray | None, w: np.ndarray | None
    ) -> Self:
        """Return the scaling of rows by their weights; without Y of the inputs only."""
        if w is not None and (w == 0).any():  # as if they were not there
            X, Y, w = X[w > 0], None if Y is None else Y[w > 0], w[w > 0]
        if w is not None and (w == w[0]).all():  # so that weights of 1 change no bit
            w = None
        return cls(*mean_and_scale(X, w), *(() if Y is None else mean_and_scale(Y, w)))

    @property
    def arrays(self) -> dict[str, np.ndarray]:
        """The arrays that there are, by their names."""
        return {name: each for name, each in vars(self).items() if each is not None}

    def of_inputs(self, X: np.ndarray) -> np.ndarray:
        """Return standardised inputs, float64."""
        scaled: np.ndarray = (X / self.input_scale) - self.input_mean / self.input_scale
        return scaled

    def of_targets(self, Y: np.ndarray) -> np.ndarray:
        """Return targets as the network learns them."""
        if self.target_mean is None:
            return Y
        scaled: np.ndarray = (Y - self.target_mean) / self.target_scale
        return scaled

    def of_outputs(self, outputs: np.ndarray) -> np.ndarray:
        """Return the network's outputs in the units of the targets."""
        if self.target_mean is None:
            return outputs
        answers: np.ndarray = outputs * self.target_scale + self.target_mean
        return answers.astype(outputs.dtype)


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
    scale = np.where(deviation <= rounding, 1.0, deviation * size)
    return mean * size, scale


def network_inputs(
    X: np.ndarray, scaling: Scaling | None, dtype: np.dtype[Any]
) -> np.ndarray:
    """Return rows as the network reads them: scaled, contiguous, in its precision.

    Raises
    ------
    ValueError
        If a number is too large for the network's precision.
    """
    if scaling is None and X.dtype == dtype:
        return kernel_array(X, dtype)
    with np.errstate(over="ignore"):
        scaled = X if scaling is None else scaling.of_inputs(X)
        cast = kernel_array(scaled, dtype)
    if not np.isfinite(cast).all():
        raise ValueError(f"Input X contains infinity or a value too large for {dtype}.")
    return cast

"""Derivatives of the cost, and the check of them by central differences."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True)
class Gradients:
    """What back-propagation gives.

    Attributes
    ----------
    cost : float
        J of the examples it was computed from.
    dW : list of ndarray of shape (n_out, n_in)
        Derivative of J with respect to each layer's weights.
    db : list of ndarray of shape (n_out,)
        Derivative of J with respect to each layer's biases.
    flat : ndarray of shape (n_parameters,)
        The same numbers in the order of `Network.parameters`.
    """

    cost: float
    dW: list[np.ndarray]
    db: list[np.ndarray]
    flat: np.ndarray


@dataclass(frozen=True)
class GradientCheck:
    """Back-propagated derivatives beside central differences.

    Attributes
    ----------
    error : float
        Largest difference, relative to the largest derivative.
    analytic, numeric : ndarray of shape (n_parameters,), float64
        By back-propagation, and by nudging each parameter that learns up and down.
    checked : int
        How many parameters learn, and were nudged.
    """

    error: float
    analytic: np.ndarray
    numeric: np.ndarray
    checked: int

    @property
    def passed(self) -> bool:
        """Whether the two agree to 1e-6."""
        return self.error < 1e-6

    def __repr__(self) -> str:
        verdict = "right" if self.passed else "WRONG"
        return (
            f"gradients {verdict}: largest relative error {self.error:.1e} "
            f"over {self.checked} parameters"
        )


def compare_gradients(
    analytic: np.ndarray,
    theta: np.ndarray,
    cost: Callable[[], float],
    learned: np.ndarray,
) -> GradientCheck:
    """Return back-propagated derivatives beside central differences.

    Parameters
    ----------
    analytic : ndarray of shape (n_parameters,), float64
        By back-propagation.
    theta : ndarray of shape (n_parameters,), float64
        The parameters; each is moved and put back.
    cost : callable
        J with the present parameters.
    learned : ndarray of int
        Which parameters are moved; the derivatives by others are taken as 0.
    """
    numeric = np.zeros_like(analytic)
    h = np.finfo(np.float64).eps ** (1 / 3) * np.maximum(1, abs(theta))
    for i in learned:
        start = theta[i]
        J = []
        for nudged in (start + h[i], start - h[i]):
            theta[i] = nudged
            J.append(cost())
        theta[i] = start
        numeric[i] = (J[0] - J[1]) / (2 * h[i])
    largest = max(float(abs(numeric).max()), np.finfo(np.float64).tiny)
    error = float(abs(analytic - numeric).max()) / largest
    return GradientCheck(error, analytic, numeric, len(learned))

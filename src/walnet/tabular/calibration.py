"""Probabilities that mean what they say, and intervals that hold what they promise."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar, nnls
from scipy.special import log_softmax

Floats = NDArray[np.float64]


def fit_sharpness(outputs: Floats, y: NDArray[np.int64], weights: Floats) -> float:
    r"""Return the factor on the outputs that makes their log-loss least.

    Parameters
    ----------
    outputs : ndarray of shape (rows, classes), float64
        Outputs for rows that were not learned from, before the softmax.
    y : ndarray of shape (rows,), int64
        The classes.
    weights : ndarray of shape (rows,), float64
        The weights of the rows.

    Returns
    -------
    float
        The factor, in [0.05, 20].

    Notes
    -----
    The inverse of the temperature of Guo et al., "On calibration of modern neural
    networks", 2017, section 4.2. The log-loss is convex in the factor.

    Examples
    --------
    >>> outputs = np.array([[0.0, 5.0], [0.0, 5.0], [0.0, 5.0], [0.0, 5.0]])
    >>> from scipy.special import softmax
    >>> factor = fit_sharpness(outputs, np.array([1, 1, 1, 0]), np.ones(4))
    >>> float(softmax(factor * outputs[0])[1])
    0.75
    """
    rows = np.arange(len(y))

    def log_loss(logarithm: float) -> float:
        logs = log_softmax(outputs * math.exp(logarithm), axis=1)
        return float(-np.average(logs[rows, y], weights=weights))

    found = minimize_scalar(
        log_loss, bounds=(math.log(0.05), math.log(20.0)), method="bounded"
    )
    return float(math.exp(found.x))


def mean_log_loss(
    probabilities: Floats, y: NDArray[np.int64], weights: Floats
) -> float:
    """Return the log-loss of probabilities, averaged by the rows' weights.

    Examples
    --------
    >>> round(mean_log_loss(np.array([[0.5, 0.5]]), np.array([0]), np.ones(1)), 4)
    0.6931
    """
    right = np.maximum(probabilities[np.arange(len(y)), y], 1e-30)
    return float(-np.average(np.log(right), weights=weights))


def half_width(residuals: Floats, coverage: float) -> float:
    """Return how far from its prediction a new value is, with a given probability.

    Parameters
    ----------
    residuals : ndarray of shape (rows,), float64
        Distances of predictions from values that were not learned from, sorted.
    coverage : float
        The probability, in (0, 1).

    Returns
    -------
    float
        The ⌈(n + 1) coverage⌉-th smallest distance (the largest, where there are too
        few): split conformal prediction, Lei et al. (2018), section 2.2.

    Examples
    --------
    >>> half_width(np.arange(1.0, 100.0), 0.9)
    90.0
    """
    place = math.ceil((len(residuals) + 1) * coverage)
    return float(residuals[min(place, len(residuals)) - 1])


def fit_share(
    ours: Floats, partners: Floats, y: NDArray[np.int64], weights: Floats
) -> float:
    """Return the share of our probabilities in the mixture of least log-loss.

    Parameters
    ----------
    ours, partners : ndarray of shape (rows, classes), float64
        Probabilities for rows that were not learned from.
    y : ndarray of shape (rows,), int64
        The classes.
    weights : ndarray of shape (rows,), float64
        The weights of the rows.

    Returns
    -------
    float
        The share, in [0, 1].

    Examples
    --------
    >>> good, bad = np.array([[0.9, 0.1]]), np.array([[0.1, 0.9]])
    >>> round(fit_share(good, bad, np.array([0]), np.ones(1)), 2)
    1.0
    """
    rows = np.arange(len(y))
    a, b = ours[rows, y], partners[rows, y]

    def log_loss(share: float) -> float:
        mixed = share * a + (1.0 - share) * b
        return float(-np.average(np.log(np.maximum(mixed, 1e-30)), weights=weights))

    return float(minimize_scalar(log_loss, bounds=(0.0, 1.0), method="bounded").x)


def fit_shares(
    ours: Floats, partners: Floats, y: Floats, weights: Floats
) -> tuple[float, float]:
    """Return the shares, from 0 on, of two predictions in the one of least squares.

    Parameters
    ----------
    ours, partners, y, weights : ndarray of shape (rows,), float64
        Predictions for rows that were not learned from, their numbers less the mean of
        all, and the weights of the rows.

    Returns
    -------
    ours, partners : float
        The shares; what they lack to 1 is the mean's.

    Examples
    --------
    >>> y = np.array([1.0, -1.0])
    >>> fit_shares(2 * y, 0 * y, y, np.ones(2))
    (0.5, 0.0)
    """
    root = np.sqrt(weights)
    columns = np.column_stack([ours, partners]) * root[:, None]
    shares, _ = nnls(columns, y * root)
    return float(shares[0]), float(shares[1])

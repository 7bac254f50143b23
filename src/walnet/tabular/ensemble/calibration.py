"""Calibration: probabilities, intervals, and the shares of a mixture."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar, nnls
from scipy.special import log_softmax

Floats = NDArray[np.float64]
_ROUNDS = 200


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
    rank = math.ceil((len(residuals) + 1) * coverage)
    return float(residuals[min(rank, len(residuals)) - 1])


def fit_mixture(
    parts: Floats, y: NDArray[np.int64], weights: Floats
) -> tuple[float, ...]:
    r"""Return the shares of several probabilities in the mixture of least log-loss.

    Parameters
    ----------
    parts : ndarray of shape (parts, rows, classes), float64
        Probabilities for rows that were not learned from.
    y : ndarray of shape (rows,), int64
        The classes.
    weights : ndarray of shape (rows,), float64
        The weights of the rows.

    Returns
    -------
    tuple of float
        The share of each part, in [0, 1]; they sum to 1.

    Notes
    -----
    The log-loss is convex in the shares. Each round multiplies a part's share by the
    mean of its probability over the mixture's, which never makes the loss larger:
    expectation-maximisation, Dempster et al. (1977), section 4.3.

    Examples
    --------
    >>> good, bad = [[0.9, 0.1]], [[0.1, 0.9]]
    >>> shares = fit_mixture(np.array([good, bad]), np.array([0]), np.ones(1))
    >>> [round(share, 2) for share in shares]
    [1.0, 0.0]
    """
    right = np.maximum(parts[:, np.arange(len(y)), y], 1e-30)
    importance = weights / weights.sum()
    shares = np.full(len(parts), 1.0 / len(parts))
    for _ in range(_ROUNDS):
        shares *= (right / (shares @ right)) @ importance
    return tuple((shares / shares.sum()).tolist())


def fit_shares(parts: Floats, y: Floats, weights: Floats) -> tuple[float, ...]:
    """Return the shares, from 0 on, of several predictions in that of least squares.

    Parameters
    ----------
    parts : ndarray of shape (parts, rows), float64
        Predictions for rows that were not learned from.
    y, weights : ndarray of shape (rows,), float64
        Their numbers less the mean of all, and the weights of the rows.

    Returns
    -------
    tuple of float
        The shares; what they lack to 1 is the mean's. Breiman, "Stacked regressions",
        1996.

    Examples
    --------
    >>> y = np.array([1.0, -1.0])
    >>> fit_shares(np.array([2 * y, 0 * y]), y, np.ones(2))
    (0.5, 0.0)
    """
    root = np.sqrt(weights)
    shares, _ = nnls((parts * root).T, y * root)
    return tuple(shares.tolist())

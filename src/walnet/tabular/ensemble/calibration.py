"""Calibration: probabilities, intervals, and the shares of a mixture."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar, nnls
from scipy.special import log_softmax

Floats = NDArray[np.float64]
_ROUNDS = 200
_OUTPUTS = 2_000_000  # that one factor is fitted by: rows times classes
_AT_A_TIME = 2**17  # outputs that go through a softmax


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
    networks", 2017, section 4.2. The log-loss is convex in the factor. It counts one
    row more than there are, of every class in equal parts, as Laplace's rule of
    succession does: else a table on which every row was right would make all new
    answers as good as certain. Where rows times classes are many millions, every so
    many rows are enough for one number.

    Examples
    --------
    >>> outputs = np.array([[0.0, 5.0], [0.0, 5.0], [0.0, 5.0], [0.0, 5.0]])
    >>> from scipy.special import softmax
    >>> factor = fit_sharpness(outputs, np.array([1, 1, 1, 0]), np.ones(4))
    >>> round(float(softmax(factor * outputs[0])[1]), 3)  # (3 + 1/2) / (4 + 1)
    0.7
    """
    step = -(-outputs.size // _OUTPUTS)
    outputs, y, weights = outputs[::step], y[::step], weights[::step]
    lead = outputs[np.arange(len(y)), y] - outputs.mean(axis=1)
    doubt = float(np.average(lead, weights=weights)) / (len(y) + 1)

    def log_loss(logarithm: float) -> float:
        factor = math.exp(logarithm)
        logs = _logs_of_right(outputs, y, factor)
        return float(-np.average(logs, weights=weights)) + doubt * factor

    found = minimize_scalar(
        log_loss, bounds=(math.log(0.05), math.log(20.0)), method="bounded"
    )
    return float(math.exp(found.x))


def right_probabilities(
    outputs: Floats, y: NDArray[np.int64], sharpness: float = 1.0
) -> Floats:
    """Return the probability that outputs give to each row's own class: (rows,).

    Examples
    --------
    >>> right_probabilities(np.array([[0.0, 0.0], [5.0, 0.0]]), np.array([1, 0]))
    array([0.5       , 0.99330715])
    """
    return np.asarray(np.exp(_logs_of_right(outputs, y, sharpness)))


def _logs_of_right(
    outputs: Floats, y: NDArray[np.int64], sharpness: float = 1.0
) -> Floats:
    """Return the logarithms of the probabilities of the rows' own classes, (rows,)."""
    logs = np.empty(len(y))
    some = max(1, _AT_A_TIME // outputs.shape[1])
    for first in range(0, len(y), some):
        part = slice(first, first + some)
        rows = np.arange(len(y[part]))
        logs[part] = log_softmax(sharpness * outputs[part], axis=1)[rows, y[part]]
    return logs


def mean_log_loss(right: Floats, weights: Floats) -> float:
    """Return the mean log-loss where the rows' own classes got such probabilities.

    Examples
    --------
    >>> round(mean_log_loss(np.array([0.5]), np.ones(1)), 4)
    0.6931
    """
    return float(-np.average(np.log(np.maximum(right, 1e-30)), weights=weights))


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


def opened(
    ends: tuple[float, float], is_open: tuple[bool, bool]
) -> tuple[float, float]:
    """Return a range whose open ends are farther out by its width.

    Examples
    --------
    >>> opened((1.0, 3.0), (False, True))
    (1.0, 5.0)
    """
    low, high = ends
    most = float(np.finfo(np.float64).max)
    if is_open[0]:
        low = max(ends[0] - (ends[1] - ends[0]), -most)
    if is_open[1]:
        high = min(ends[1] + (ends[1] - ends[0]), most)
    return low, high


def fit_mixture(parts: Floats, weights: Floats) -> tuple[float, ...]:
    r"""Return the shares of several probabilities in the mixture of least log-loss.

    Parameters
    ----------
    parts : ndarray of shape (parts, rows), float64
        Probabilities of the rows' own classes, of rows that were not learned from.
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
    >>> shares = fit_mixture(np.array([[0.9], [0.1]]), np.ones(1))
    >>> [round(share, 2) for share in shares]
    [1.0, 0.0]
    """
    right = np.maximum(parts, 1e-30)
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

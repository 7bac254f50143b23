"""Mean and standard deviation of numbers of any size and offset."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from walnet.tables.limits import MAX_STANDARDISED

Numbers = NDArray[np.float64]
_ROUNDING = 8 * float(np.finfo(np.float64).eps)


def mean_and_deviation(values: Numbers) -> tuple[float, float]:
    r"""Return the mean and the standard deviation of finite numbers.

    Parameters
    ----------
    values : ndarray of shape (n,), float64
        At least one number, all finite.

    Returns
    -------
    mean, deviation : float
        The deviation is 0 if the numbers are the same but for rounding.

    Notes
    -----
    The numbers are first divided by a power of two, which is exact, so that squares
    neither overflow nor vanish. The deviation is taken about the mean in a second pass
    (not as :math:`E[x^2] - E[x]^2`, which cancels), so that a small spread about a
    large offset keeps its digits [1]_.

    References
    ----------
    .. [1] T. F. Chan, G. H. Golub, R. J. LeVeque, "Algorithms for computing the sample
       variance", The American Statistician 37, 1983, section 1.

    Examples
    --------
    >>> mean_and_deviation(np.array([1e6 - 0.001, 1e6 + 0.001]))
    (1000000.0, 0.001)
    """
    means, deviations = means_and_deviations(values[None])
    return float(means[0]), float(deviations[0])


def means_and_deviations(values: Numbers) -> tuple[Numbers, Numbers]:
    """Return what `mean_and_deviation` does, of each of several columns.

    Parameters
    ----------
    values : ndarray of shape (columns, n), float64
        At least one number in each column, all finite.

    Returns
    -------
    means, deviations : ndarray of shape (columns,), float64
        The bits of each column alone.

    Examples
    --------
    >>> means_and_deviations(np.array([[1.0, 3.0], [2.0, 2.0]]))
    (array([2., 2.]), array([1., 0.]))
    """
    exponents = np.frexp(np.abs(values).max(axis=1))[1]
    scaled = np.ldexp(values, -exponents[:, None])
    means = scaled.mean(axis=1)
    means += (scaled - means[:, None]).mean(axis=1)
    low, high = scaled.min(axis=1), scaled.max(axis=1)
    is_same = high - low <= _ROUNDING * np.maximum(np.abs(high), np.abs(low))
    deviations = np.sqrt(np.square(scaled - means[:, None]).mean(axis=1))
    deviations[is_same] = 0.0
    return np.ldexp(means, exponents), np.ldexp(deviations, exponents)


def standardised(values: Numbers, mean: float, deviation: float) -> Numbers:
    r"""Return :math:`(x - \bar x) / s`, kept within ± `MAX_STANDARDISED`.

    Parameters
    ----------
    values : ndarray of shape (n,), float64
        The numbers.
    mean, deviation : float
        Of the training rows; the deviation is above 0.

    Returns
    -------
    ndarray of shape (n,), float64
        The standardised numbers, which fit float32.

    Examples
    --------
    >>> standardised(np.array([1.0, 3.0, 1e300]), 2.0, 1.0)
    array([-1.e+00,  1.e+00,  1.e+06])
    """
    with np.errstate(over="ignore"):
        scaled = (values - mean) / deviation
    return np.clip(scaled, -MAX_STANDARDISED, MAX_STANDARDISED)

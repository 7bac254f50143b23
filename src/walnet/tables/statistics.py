"""Mean and standard deviation of numbers of any size and offset."""

from __future__ import annotations

import numpy as np

from walnet.tables.limits import MAX_STANDARDISED
from walnet.tables.table import Numbers

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
    exponent = int(np.frexp(np.abs(values).max())[1])
    scaled = np.ldexp(values, -exponent)
    mean = scaled.mean()
    mean += (scaled - mean).mean()
    spread = scaled.max() - scaled.min()
    if spread <= _ROUNDING * max(abs(scaled.max()), abs(scaled.min())):
        return float(np.ldexp(mean, exponent)), 0.0
    deviation = np.sqrt(np.square(scaled - mean).mean())
    return float(np.ldexp(mean, exponent)), float(np.ldexp(deviation, exponent))


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

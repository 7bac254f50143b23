"""Where the ramps of embedded numbers stand: between quantiles of the data."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from walnet.engine.kernels.embeddings import STEPS
from walnet.engine.kernels.types import RAMPS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from walnet.engine.kernels.types import Record
    from walnet.engine.layout import Layout


def set_knots(
    layout: Layout, parameters: NDArray[np.floating], X: NDArray[np.floating]
) -> None:
    """Put the ramps of a network where its inputs are, in place.

    Parameters
    ----------
    layout : Layout
        The network's.
    parameters : ndarray of shape (n_parameters,)
        Each number that is embedded by ramps gets them from its column.
    X : ndarray of shape (rows, columns of numbers)
        At least one row, all finite.
    """
    for record in layout.records:
        if record["kind"] == RAMPS:
            _set_layer(record, parameters, X)


def _set_layer(layer: Record, parameters: NDArray[np.floating], X: np.ndarray) -> None:
    """Write w1 and b1 of a layer, all numbers' w1 before all their b1."""
    n, column, start = (int(layer[name]) for name in ("n_in", "source_row", "weights"))
    w1, b1 = parameters[start : start + 2 * n * STEPS].reshape(2, n, STEPS)
    for f in range(n):
        knots = knots_of(X[:, column + f].astype(np.float64))
        w1[f], b1[f] = ramps_between(knots, parameters.dtype)


def knots_of(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return where the ramps of a column begin and end, at most `STEPS` + 1 places.

    A value that more rows hold than a ramp would have is a place of its own; the other
    places are quantiles of the rows that are left: so a column that is nearly always 0
    is told apart where it is not.

    Examples
    --------
    >>> knots_of(np.array([0.0, 0.0, 1.0, 3.0]))
    array([0., 1., 3.])
    >>> column = np.concatenate([np.zeros(900), np.arange(1.0, 101.0)])
    >>> len(knots_of(column)), knots_of(column)[:4]
    (33, array([0., 1., 4., 7.]))
    """
    found, counts = np.unique(values, return_counts=True)
    if len(found) <= STEPS + 1:
        return found
    often = found[counts * STEPS > len(values)]
    rest = values[~np.isin(values, often)]
    shares = np.linspace(0.0, 1.0, STEPS + 1 - len(often))
    quantiles = np.quantile(rest, shares, method="nearest")
    return np.unique(np.concatenate([often, quantiles]))


def ramps_between(
    knots: NDArray[np.float64], dtype: np.dtype[np.floating]
) -> tuple[NDArray[np.floating], NDArray[np.floating]]:
    """Return w1 and b1 of the ramps from each knot to the next: (x - k)/(next - k).

    Ramps that are left over stay 0, and so does one that is too steep or too wide for
    numbers of the type.

    Examples
    --------
    >>> w1, b1 = ramps_between(np.array([0.0, 1.0, 3.0]), np.dtype("float32"))
    >>> w1[:3], b1[:3]
    (array([1. , 0.5, 0. ], dtype=float32), array([ 0. , -0.5,  0. ], dtype=float32))
    """
    w1, b1 = np.zeros((2, STEPS), dtype)
    with np.errstate(over="ignore"):
        width = np.diff(knots)
        w1[: len(width)] = 1.0 / width
        b1[: len(width)] = (0.0 - knots[:-1]) / width
    unfit = ~(np.isfinite(w1) & np.isfinite(b1))
    w1[unfit], b1[unfit] = 0.0, 0.0
    return w1, b1

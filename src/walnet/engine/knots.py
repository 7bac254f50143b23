"""Where the ramps of embedded numbers stand: between quantiles of the data."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from walnet.engine.kernels.embeddings import STEPS
from walnet.engine.kernels.types import RAMPS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from walnet.engine.kernels.types import Record
    from walnet.engine.network import Network

MOST_ROWS = 20_000  # that quantiles are taken of


def set_knots(network: Network, X: NDArray[np.floating]) -> None:
    """Put the ramps of a network where its inputs are, in place.

    Parameters
    ----------
    network : Network
        Each of its numbers that are embedded by ramps gets them from its column.
    X : ndarray of shape (rows, columns of numbers)
        Rows, all finite. Of more than 20,000, so many are looked at, evenly chosen.
    """
    few = X[:: -(-len(X) // MOST_ROWS)].astype(np.float64)
    for record in network.layout.records:
        if record["kind"] == RAMPS:
            _set_layer(record, network.parameters, few)


def _set_layer(layer: Record, parameters: NDArray[np.floating], X: np.ndarray) -> None:
    """Write w1 and b1 of a layer: a ramp from knot k to the next is (x - k)/(next - k).

    Where there are fewer knots, the ramps that are left over stay 0.
    """
    n, column = int(layer["n_in"]), int(layer["source_row"])
    w1, b1 = np.zeros((2, n, STEPS))
    for f in range(n):
        knots = knots_of(X[:, column + f])
        width = np.diff(knots)
        w1[f, : len(width)] = 1.0 / width
        b1[f, : len(width)] = -knots[:-1] / width
    start, size = int(layer["weights"]), n * STEPS
    parameters[start : start + size] = w1.ravel()
    parameters[start + size : start + 2 * size] = b1.ravel()


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

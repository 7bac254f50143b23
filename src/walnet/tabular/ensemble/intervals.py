"""Which numbers an interval may hold, and how it widens where nothing was learned."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from walnet.engine.kernels.types import Examples
from walnet.errors import FileFormatError
from walnet.tabular.columns.preprocessing import Preprocessor, unclipped
from walnet.tabular.ensemble.spread import Spread
from walnet.tabular.rows import target_of

Floats = NDArray[np.float64]
_EDGE = 0.2  # of the interquartile range
_TENTHS, _MOST_ROWS = 10, 20_000
_CHANCE = 3.08  # deviations that the largest and least of ten means are apart by chance
_FARTHEST = 2.9  # of an input, which is clipped to ±3
_LARGEST = float(np.finfo(np.float64).max)
_SAFE = 2.0  # nobody knows whether it goes on as steeply


@dataclass(frozen=True)
class Intervals:
    """How intervals differ from row to row.

    Attributes
    ----------
    spread : Spread or None
        How wide the interval of a row is beside the others'; None if as wide.
    possible : tuple of float or None
        Between which numbers the intervals are of rows such as those of the training,
        or between which logarithms; None if that is not known.
    slopes : ndarray of shape (numbers,), float64
        By how many deviations the target changes along each column of numbers, for
        each spread of the column.
    """

    spread: Spread | None
    possible: tuple[float, float] | None
    slopes: Floats

    def to_arrays(self) -> dict[str, NDArray[Any]]:
        """Return what a file holds of it, beside the possible range."""
        spread = {} if self.spread is None else {"spread": self.spread.to_array()}
        return {"slopes": self.slopes} | spread

    @classmethod
    def from_arrays(
        cls,
        arrays: Mapping[str, NDArray[Any]],
        possible: tuple[float, float] | None,
        preprocessor: Preprocessor,
    ) -> Self:
        """Return what a file holds; in one of the first version, all are as wide.

        Raises
        ------
        FileFormatError
            If the arrays are not of the columns.
        """
        slopes, spread = arrays.get("slopes", np.empty(0)), None
        n_numbers = preprocessor.n_numbers
        fits = _is_flat(slopes) and len(slopes) in (0, n_numbers)
        if "spread" in arrays:
            n_inputs = len(preprocessor.scales)
            spread = Spread.from_array(
                arrays["spread"], preprocessor.level_starts, n_numbers
            )
            fits &= _is_flat(arrays["spread"]) and spread.has_inputs(n_inputs)
        if not fits or (possible is not None and possible[0] > possible[1]):
            message = "the intervals and the columns do not belong together"
            raise FileFormatError(message)
        return cls(spread, possible, slopes)

    def relative(self, data: Examples, middle: Floats) -> Floats:
        """Return the spread of rows whose predictions, standardised, are `middle`."""
        if self.spread is None:
            return np.ones(len(middle))
        return self.spread(data, middle)

    def ends(
        self, middle: Floats, half: Floats, further: Floats, zero: float = 0.0
    ) -> tuple[Floats, Floats]:
        """Return the ends of intervals, none where no target can be.

        Parameters
        ----------
        middle, half : ndarray of shape (rows,), float64
            The predictions, and half the widths.
        further : ndarray of shape (rows,), float64
            How much wider, on both sides, an interval is of a row beyond the training's
            range: there, the targets of the training are no bound; their sign is.
        zero : float, default 0
            Where the sign changes: the logarithm of 0, of ends that are logarithms.
        """
        low, high = middle - half, middle + half
        if self.possible is None:
            return low - further, high + further
        least, most = self.possible
        low, high = np.maximum(low, least) - further, np.minimum(high, most) + further
        low = np.maximum(low, zero) if least >= zero else low
        return low, np.minimum(high, zero) if most <= zero else high

    def further(self, beyond: Floats) -> Floats:
        """Return by how many deviations intervals are wider, beyond the range.

        Twice as far as the target would go, along each column as steeply as within.

        Parameters
        ----------
        beyond : ndarray of shape (rows, numbers), float64
            By how many spreads each number is beyond the range at training.
        """
        if not len(self.slopes):
            return np.zeros(len(beyond))
        moved = beyond * self.slopes
        return np.asarray(_SAFE * np.sqrt(np.einsum("ij,ij->i", moved, moved)))


def possible_range(
    y: Floats, ends: tuple[float, float], zero: float = 0.0
) -> tuple[float, float]:
    r"""Return between which numbers the target of a new row can be.

    Parameters
    ----------
    y : ndarray of shape (rows,), float64
        Targets of the training, at least one, sorted.
    ends : tuple of float
        The least and the largest of all of them.
    zero : float, default 0
        Where the sign changes: the logarithm of 0, of targets that are logarithms.

    Returns
    -------
    least, most : float

    Notes
    -----
    Where the :math:`\lceil\sqrt n\,\rceil` outermost of n targets are within a fifth of
    the interquartile range, the end is an edge: prices and counts do not go further
    down. Beyond another end, a new target may be as far as those targets are apart,
    which in an exponential tail leaves one in :math:`n^{3/2}` outside. What was never
    negative, or never positive, stays so.

    Examples
    --------
    >>> possible_range(np.array([0, 0, 0, 1, 1, 2, 3, 4, 9.0]), (0, 9))
    (0, 15.0)
    """
    k = math.ceil(math.sqrt(len(y))) - 1
    edge = _EDGE * float(np.subtract(*np.quantile(y, (0.75, 0.25))))
    least, most = ends
    down, up = float(y[k] - y[0]), float(y[-1] - y[-1 - k])
    low = max(least - down, -_LARGEST) if down > edge else least
    high = min(most + up, _LARGEST) if up > edge else most
    low = max(low, zero) if least >= zero else low
    return low, min(high, zero) if most <= zero else high


def fit_slopes(data: Examples, n_numbers: int) -> Floats:
    """Return how steeply the target changes along each column of numbers.

    The means of the target in the tenths of the rows, by the column: how far the
    largest is above the least, as far as that is more than chance, over the distance
    between the middles of the first and the last tenth.

    Parameters
    ----------
    data : Examples
        Rows with standardised targets, in an order that is as good as random.
    n_numbers : int
        How many of their inputs are numbers.
    """
    y = target_of(data)[:_MOST_ROWS].astype(np.float64)
    slopes = np.zeros(n_numbers)
    parts = min(_TENTHS, len(y) // 2)
    if parts < 2:
        return slopes
    chance = _CHANCE * float(y.std()) / math.sqrt(len(y) / parts)
    for k in range(n_numbers):
        x = data.X[:_MOST_ROWS, k].astype(np.float64)
        z = unclipped(np.clip(x, -_FARTHEST, _FARTHEST))
        tenths = np.array_split(np.argsort(z, kind="stable"), parts)
        means = [y[rows].mean() for rows in tenths]
        moved = max(max(means) - min(means) - chance, 0.0)
        apart = float(np.median(z[tenths[-1]]) - np.median(z[tenths[0]]))
        apart = apart or float(z.max() - z.min())
        slopes[k] = moved / apart if apart else 0.0
    return slopes


def _is_flat(array: NDArray[Any]) -> bool:
    """Tell whether an array of a file is numbers in a row."""
    return array.ndim == 1 and array.dtype == np.float64

"""Prediction intervals and the numbers that they were to hold."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from walnet.errors import ShapeError
from walnet.plots.style import (
    NEGATIVE,
    POSITIVE,
    Display,
    checked_pair,
    even_choice,
    label_of,
    legend_above,
    number_axis,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_MOST_ROWS = 60  # whose intervals can be told apart


class IntervalDisplay(Display):
    """Intervals of predicted numbers, with the original numbers.

    Parameters
    ----------
    original : array_like of shape (examples,)
        Numbers.
    low, high : array_like of shape (examples,)
        The ends of the interval of each.
    name : str, optional
        What the target is called.

    Attributes
    ----------
    inside : ndarray of shape (examples,), bool
        Which numbers lie in their intervals.

    Examples
    --------
    >>> display = IntervalDisplay([1.0, 5.0], [0.0, 2.0], [2.0, 4.0])
    >>> display.inside
    array([ True, False])
    """

    def __init__(self, original: Any, low: Any, high: Any, *, name: str = "") -> None:
        self.low, self.high = checked_pair(low, high)
        self.original, _ = checked_pair(original, low)
        if (self.low > self.high).any():
            raise ShapeError(
                "the low end of an interval must not be above the high end"
            )
        self.inside = (self.low <= self.original) & (self.original <= self.high)
        self.name = name

    def size(self) -> tuple[float, float]:
        """Return the width and height in inches of a figure of its own."""
        return 4.6, 3.9

    def _draw(self, axes: Sequence[Axes]) -> None:
        """Draw the intervals of some rows, from the lowest to the highest."""
        ax = axes[0]
        order = np.argsort(self.low + self.high, kind="stable")
        rows = order[even_choice(len(order), _MOST_ROWS)]
        positions = np.arange(len(rows))
        ax.vlines(
            positions,
            self.low[rows],
            self.high[rows],
            color=POSITIVE,
            alpha=0.4,
            linewidth=3,
            label="interval",
        )
        inside = self.inside[rows]
        for which, colour, marker, label in (
            (inside, POSITIVE, "o", "original, in it"),
            (~inside, NEGATIVE, "X", "original, outside"),
        ):
            if which.any():
                at, values = positions[which], self.original[rows][which]
                ax.plot(at, values, marker, color=colour, markersize=4.5, label=label)
        ax.set_xticks([])
        ax.set_xlabel("rows, from the lowest interval to the highest")
        number_axis(ax.yaxis)
        ax.set_ylabel(label_of(self.name) if self.name else "value")
        legend_above(ax)

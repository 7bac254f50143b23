"""The cost curve of a run, in constant space however long the run is."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from walnet.playground.messages import CURVE_POINTS

WIDTH = 5


class Curve:
    """Iteration, training and test cost, training and test accuracy, point by point.

    When it is full the points are thinned to a distance that doubles at least, and
    nearer ones are not taken from then on: so the past keeps its share of the points.
    """

    def __init__(self) -> None:
        self.points: list[tuple[float, ...]] = []
        self._apart = 0

    def add(self, iteration: int, values: tuple[float, ...]) -> None:
        """Add a point, unless it is too near to the last one."""
        if self.points and not _beyond(self.points[-1], iteration, self._apart):
            return
        self.points.append((float(iteration), *values))
        if len(self.points) > CURVE_POINTS:
            self._thin()

    def cut(self, iteration: int) -> None:
        """Drop the points at an iteration and after it."""
        self.points = [point for point in self.points if point[0] < iteration]
        self._apart = min(self._apart, _room(iteration))

    def array(self) -> NDArray[np.float64]:
        """Return an array of shape (points, 5)."""
        return np.array(self.points, dtype=np.float64).reshape(-1, WIDTH)

    def _thin(self) -> None:
        self._apart = max(2 * self._apart, _room(int(self.points[-1][0])))
        kept = self.points[:1]
        for point in self.points[1:]:
            if _beyond(kept[-1], point[0], self._apart):
                kept.append(point)
        self.points = kept


def _room(iteration: int) -> int:
    """Return the distance at which half of the points fill a run of a length."""
    return -(-2 * iteration // CURVE_POINTS)


def _beyond(point: tuple[float, ...], iteration: float, apart: int) -> bool:
    return iteration >= point[0] + max(1, apart)

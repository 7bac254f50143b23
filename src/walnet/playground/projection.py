"""The plane through the space of inputs that the maps are drawn on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
MARGIN = 0.08
CANVAS = 1.3
COMPONENT_ROWS = 10_000


@dataclass(frozen=True)
class Plane:
    """Two directions through a point: a place is ``origin + u·axes[0] + v·axes[1]``.

    With one input only the first direction exists, and the second coordinate of an
    example is its target.
    """

    origin: Floats
    axes: Floats
    labels: tuple[str, str]
    x_range: tuple[float, float]
    y_range: tuple[float, float]

    def points(self, X: Floats, y: Floats) -> Floats:
        """Return the coordinates of examples on the plane, shape (examples, 2)."""
        seen = (X - self.origin) @ self.axes.T
        if len(self.axes) == 1:
            return np.column_stack((seen[:, 0], y[:, 0])).astype(np.float32)
        return seen.astype(np.float32)

    def grid(self, side: int) -> Floats:
        """Return the inputs of a map of side × side places, row by row from the top.

        With one input, one row.
        """
        u = _centres(self.x_range, side)
        if len(self.axes) == 1:
            line: Floats = self.origin + u[:, None] * self.axes[0]
            return line
        v = _centres(self.y_range, side)[::-1]
        places = (
            u[None, :, None] * self.axes[0] + v[:, None, None] * self.axes[1]
        ).reshape(side * side, -1)
        return np.ascontiguousarray(self.origin + places, dtype=np.float32)

    def place(self, x: float, y: float) -> Floats:
        """Return the inputs at one place of the plane, shape (1, inputs)."""
        both = np.array([x, y], dtype=np.float32)[: len(self.axes)]
        return np.ascontiguousarray(self.origin + (both @ self.axes)[None, :])


def canvas_plane(X: Floats, names: list[str]) -> Plane:
    """Return the plane of two features, with room to draw on whatever is drawn."""
    corners = np.array([[-CANVAS, -CANVAS], [CANVAS, CANVAS]], dtype=np.float32)
    both = np.vstack([X, corners])
    return feature_plane(both, both, names, (0, 1))


def feature_plane(
    X: Floats, y: Floats, names: list[str], axes: tuple[int, int]
) -> Plane:
    """Return the plane of two features, the others held at their mean."""
    n_inputs = X.shape[1]
    origin = X.mean(axis=0)
    if n_inputs == 1:
        origin = np.zeros(1, dtype=np.float32)
        axis = np.eye(1, dtype=np.float32)
        labels = (names[0], "y")
        return Plane(origin, axis, labels, _range(X[:, 0]), _range(y[:, 0]))
    first, second = (min(axis, n_inputs - 1) for axis in axes)
    if first == second:
        second = (first + 1) % n_inputs
    origin[[first, second]] = 0.0
    directions = np.eye(n_inputs, dtype=np.float32)[[first, second]]
    ranges = _range(X[:, first]), _range(X[:, second])
    return Plane(origin, directions, (names[first], names[second]), *_square(*ranges))


def component_plane(X: Floats) -> Plane:
    """Return the plane of the first two principal components through the mean.

    Of a large table, rows at equal distances are enough to find them.
    """
    X = X[:: 1 + len(X) // COMPONENT_ROWS]
    origin = X.mean(axis=0)
    centred = (X - origin).astype(np.float64)
    _, vectors = np.linalg.eigh(centred.T @ centred)
    directions = vectors[:, ::-1].T[:2]
    # A component's sign is arbitrary: let its largest entry be positive.
    largest = np.abs(directions).argmax(axis=1)
    directions *= np.sign(directions[np.arange(2), largest])[:, None]
    scores = centred @ directions.T
    ranges = _range(scores[:, 0]), _range(scores[:, 1])
    labels = ("component 1", "component 2")
    return Plane(origin, directions.astype(np.float32), labels, *_square(*ranges))


def _range(values: NDArray[Any]) -> tuple[float, float]:
    low, high = float(values.min()), float(values.max())
    margin = MARGIN * (high - low) or 1.0
    return low - margin, high + margin


def _square(
    x_range: tuple[float, float], y_range: tuple[float, float]
) -> tuple[tuple[float, float], tuple[float, float]]:
    """Make two ranges of like size the same, so that circles look round."""
    widths = x_range[1] - x_range[0], y_range[1] - y_range[0]
    if max(widths) > 2 * min(widths):
        return x_range, y_range
    half = max(widths) / 2
    x, y = sum(x_range) / 2, sum(y_range) / 2
    return (x - half, x + half), (y - half, y + half)


def _centres(limits: tuple[float, float], side: int) -> Floats:
    """Return the centres of equal cells."""
    low, high = limits
    return (low + (high - low) * (np.arange(side) + 0.5) / side).astype(np.float32)

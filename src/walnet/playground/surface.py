"""The cost's surface around the run, and the way that gradient descent went over it."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import numpy as np
from numpy.typing import NDArray

from walnet.engine.draws import normal
from walnet.engine.kernels.machine.randomness import DIRECTIONS
from walnet.engine.training import Training
from walnet.errors import DivergedError
from walnet.playground import messages as m
from walnet.playground.projection import Floats
from walnet.playground.timeline import Timeline

SIDE = 33
MAX_ROWS = 300
PATH_POINTS = 160
MARGIN = 0.35

Examples = tuple[Floats, Floats]
Numbers = NDArray[np.float64]


def surface_arrays(
    timeline: Timeline, examples: Examples, cost: str, message: m.Surface
) -> dict[str, NDArray[Any]]:
    """Return the costs on a grid, the path, and the grid's extent.

    The last point of the path is where the next iteration leads.
    """
    network = timeline.training.network.copy()
    X, y = examples[0][:MAX_ROWS], examples[1][:MAX_ROWS]
    here = network.parameters.astype(np.float64)
    states = timeline.visited(PATH_POINTS)
    walk = np.array([state.parameters for state in states], dtype=np.float64)
    walk = np.vstack([walk, here, _next(timeline.training)])
    axes = _axes(walk, message)
    path = (walk - here) @ axes.T
    extent = _extent(path)
    u = np.linspace(extent[0], extent[1], SIDE)
    v = np.linspace(extent[2], extent[3], SIDE)
    costs = np.empty((SIDE, SIDE), dtype=np.float32)
    for row, up in enumerate(v):
        for column, across in enumerate(u):
            network.parameters[:] = here + across * axes[0] + up * axes[1]
            costs[row, column] = network.cost(X, y, cost)
    return {
        "surface": costs.ravel(),
        "path": path.astype(np.float32),
        "extent": np.array(extent, dtype=np.float32),
    }


def _next(training: Training) -> Numbers:
    """Return the parameters after the next iteration; the present ones at an end."""
    twin = training.copy()
    with suppress(DivergedError):
        twin.advance(1)
    parameters = twin.network.parameters
    found = parameters if np.isfinite(parameters).all() else training.network.parameters
    return found.astype(np.float64)


def _axes(walk: Numbers, message: m.Surface) -> Numbers:
    """Return two orthogonal directions of length 1 in the space of parameters."""
    size = walk.shape[1]
    if message.kind == "parameters":
        axes = np.zeros((2, size))
        axes[0, message.first] = axes[1, message.second] = 1.0
        return axes
    # Where the run moved most, and most across that; random while it has not moved.
    random = normal(0, DIRECTIONS, (2, size))
    moved = walk - walk.mean(axis=0)
    _, lengths, directions = np.linalg.svd(moved, full_matrices=False)
    known = directions[:2][lengths[:2] > 1e-9]
    axes, _ = np.linalg.qr(np.vstack([known, random])[:2].T)
    return axes.T if axes.shape[1] == 2 else np.vstack([axes.T, np.zeros(size)])


def _extent(path: Numbers) -> tuple[float, float, float, float]:
    """Return a square that holds the path, with room around it."""
    low, high = path.min(axis=0), path.max(axis=0)
    half = max(float((high - low).max()) / 2, 0.5) * (1 + MARGIN)
    x, y = (low + high) / 2
    return float(x - half), float(x + half), float(y - half), float(y + half)

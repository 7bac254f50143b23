"""Examples as points: classes by colour and shape, numbers by shade."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from walnet.plots.style import (
    NEGATIVE,
    POSITIVE,
    class_style,
    even_choice,
    ink,
    label_of,
    short_number,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_SIZE = 26
_MOST_IN_LEGEND = 12


def draw_classes(
    ax: Axes,
    X: NDArray[np.float64],
    indices: NDArray[np.int64],
    labels: Sequence[Any],
    *,
    crossed: NDArray[np.bool_] | None = None,
) -> None:
    """Draw examples with the colour and shape of their class, and cross some out."""
    kept = even_choice(len(X))
    X, indices = X[kept], indices[kept]
    counts = np.bincount(indices, minlength=len(labels))
    named = set(np.argsort(-counts, kind="stable")[:_MOST_IN_LEGEND].tolist())
    for index in np.flatnonzero(counts).tolist():
        colour, marker = class_style(index)
        _scatter(
            ax,
            X[indices == index],
            marker=marker,
            facecolor=colour,
            edgecolor=ax.get_facecolor(),
            linewidth=0.5,
            label=label_of(labels[index]) if index in named else None,
            zorder=2,
        )
    if np.count_nonzero(counts) > _MOST_IN_LEGEND:
        more = np.count_nonzero(counts) - _MOST_IN_LEGEND
        ax.scatter([], [], marker="$…$", color="0.5", label=f"{more} more")
    if crossed is not None and crossed[kept].any():
        draw_crosses(ax, X[crossed[kept]])


def draw_crosses(ax: Axes, X: NDArray[np.float64]) -> None:
    """Cross out examples that were predicted wrong."""
    back = ax.get_facecolor()
    _scatter(ax, X, s=56, marker="x", color=back, linewidth=3, zorder=3)
    _scatter(
        ax, X, s=44, marker="x", color=ink(), linewidth=1.5, label="wrong", zorder=3
    )


def draw_numbers(ax: Axes, X: NDArray[np.float64], y: NDArray[np.float64]) -> float:
    """Draw examples shaded by their distance from the mean; return the largest one."""
    from matplotlib.colors import to_rgba

    kept = even_choice(len(X))
    middle = float(np.mean(y))
    reach = float(np.abs(y - middle).max()) or 1.0
    X, t = X[kept], (y[kept] - middle) / reach
    back = ax.get_facecolor()
    for above, colour, marker in ((True, POSITIVE, "o"), (False, NEGATIVE, "s")):
        which = t >= 0 if above else t < 0
        options: dict[str, Any] = {"marker": marker, "linewidth": 0.7}
        faces = [to_rgba(colour, abs(value)) for value in t[which]]
        # The paper below keeps the shade of a point apart from that of the ground.
        _scatter(ax, X[which], facecolor=back, edgecolor="none", **options)
        _scatter(ax, X[which], facecolor=faces, edgecolor=ink(), **options)
        name = f"{'above' if above else 'below'} {short_number(middle, 3)}"
        _scatter(ax, X[:0], color=colour, label=name, **options)
    return reach


def _scatter(ax: Axes, X: NDArray[np.float64], **options: Any) -> None:
    """Draw points at the rows of a matrix of two columns."""
    ax.scatter(X[:, 0], X[:, 1], **({"s": _SIZE} | options))

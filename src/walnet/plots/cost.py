"""The course of a training: cost and accuracy over the epochs."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Literal, Self

import numpy as np
from numpy.typing import NDArray

from walnet.errors import DataError
from walnet.plots.style import DASHED, NEGATIVE, POSITIVE, Display
from walnet.plots.subjects import Curves

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Scale = Literal["auto", "linear", "log"]
_BUCKETS = 400  # more than a picture has columns of dots


class CostDisplay(Display):
    """Cost, and accuracy where there is one, over the epochs of a training.

    Parameters
    ----------
    history : History
        What :func:`walnet.train` returned.

    Attributes
    ----------
    ax_, figure_
        Where the cost was drawn.
    accuracy_ax_ : matplotlib Axes or None
        Where the accuracy was drawn.

    Examples
    --------
    >>> import walnet
    >>> X, y = walnet.datasets.moons(100)
    >>> network = walnet.Network([2, 3, 1], output="sigmoid")
    >>> history = walnet.train(network, X, y, iterations=20)
    >>> from matplotlib.figure import Figure
    >>> CostDisplay(history).plot(Figure().subplots()).ax_.get_ylabel()
    'cost'
    """

    accuracy_ax_: Axes | None = None
    _scale: Scale = "auto"

    def __init__(self, history: Curves) -> None:
        if not len(history):
            raise DataError("there is no cost to draw: the history has no epoch")
        self.history = history
        self._grid = (1 if history.accuracy is None else 2, 1)

    def plot(
        self, ax: Axes | Sequence[Axes] | None = None, *, scale: Scale = "auto"
    ) -> Self:
        """Draw the curves.

        Parameters
        ----------
        ax : matplotlib Axes, or two of them, optional
            For the cost, or for cost and accuracy. By default a new figure with both.
        scale : {"auto", "linear", "log"}, default "auto"
            Of the cost: "auto" is log where the cost fell to less than a twentieth.

        Returns
        -------
        CostDisplay
            Itself, with ``ax_`` and ``figure_``.
        """
        self._scale = scale
        return super().plot(ax)

    def size(self) -> tuple[float, float]:
        """Return the width and height in inches of a figure of its own."""
        return 5.5, 2.9 * self._grid[0]

    def _draw(self, axes: Sequence[Axes]) -> None:
        """Draw the cost, and the accuracy where there are axes for it."""
        self._plot_cost(axes[0], self._scale)
        self.accuracy_ax_ = None
        if self.history.accuracy is not None and len(axes) > 1:
            self.accuracy_ax_ = axes[1]
            self._plot_accuracy(axes[1])

    def _plot_cost(self, ax: Axes, scale: Scale) -> None:
        """Draw training and validation cost."""
        history = self.history
        self._curves(ax, history.cost, history.validation_cost)
        seen = [history.cost, history.validation_cost]
        if scale == "log" or (scale == "auto" and _falls_far(seen)):
            ax.set_yscale("log")
            if scale == "auto":  # powers of ten are enough
                ax.yaxis.set_minor_formatter("")
        else:
            ax.set_ylim(bottom=min(0.0, float(np.nanmin(history.cost))))
        ax.set_ylabel("cost")

    def _plot_accuracy(self, ax: Axes) -> None:
        """Draw training and validation accuracy."""
        history = self.history
        assert history.accuracy is not None  # noqa: S101 - only called where labelled
        self._curves(ax, history.accuracy, history.validation_accuracy)
        ax.set_ylabel("accuracy")
        ax.yaxis.set_major_formatter(lambda share, _: f"{100 * share:g} %")

    def _curves(
        self,
        ax: Axes,
        training: NDArray[np.float64],
        validation: NDArray[np.float64] | None,
    ) -> None:
        """Draw one curve, or two with a legend, and the best epoch."""
        # A single epoch is a point, which a line would not show.
        marker = "o" if len(training) == 1 else ""
        indices = _thinned(training)
        ax.plot(indices, training[indices], NEGATIVE, marker=marker, label="training")
        if validation is not None:
            indices = _thinned(validation)
            ax.plot(
                indices,
                validation[indices],
                POSITIVE,
                linestyle=DASHED,
                marker=marker,
                label="validation",
            )
        best = self.history.best_epoch
        if best is not None:
            ax.axvline(best, color="0.5", linewidth=1, linestyle=":", label="kept")
        if len(ax.get_lines()) > 1:
            ax.legend(frameon=False)
        one = self.history.iterations_per_epoch == 1
        ax.set_xlabel("iteration" if one else "epoch")
        ax.margins(x=0.02)


def _falls_far(curves: Sequence[NDArray[np.float64] | None]) -> bool:
    """Tell whether a linear axis would show the last costs, all above 0, as flat."""
    values = np.concatenate([curve for curve in curves if curve is not None])
    values = values[np.isfinite(values)]
    return bool(len(values) and values.min() > 0 and values.max() > 20 * values.min())


def _thinned(values: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return the indices of the extremes of each of many short stretches."""
    if len(values) <= 2 * _BUCKETS:
        return np.arange(len(values))
    edges = np.linspace(0, len(values), _BUCKETS + 1).astype(np.int64)
    kept = {0, len(values) - 1}
    for start, end in pairwise(edges):
        stretch = values[start:end]
        kept |= {int(start + stretch.argmin()), int(start + stretch.argmax())}
    return np.array(sorted(kept))

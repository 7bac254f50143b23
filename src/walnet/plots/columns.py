"""The data itself, and how much its columns matter."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray

from walnet.errors import DataError, ShapeError
from walnet.plots.points import draw_classes, draw_numbers
from walnet.plots.style import (
    POSITIVE,
    Display,
    class_style,
    indices_in,
    ink,
    is_number,
    label_of,
    labels_in,
    legend_above,
    number_axis,
)
from walnet.plots.subjects import Importances

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_ROW = 0.3  # inches from bar to bar


class ImportanceDisplay(Display):
    """How much each column matters, with the spread over the shuffles.

    Parameters
    ----------
    importance : Importance
        What :func:`walnet.inspection.importance.permutation_importance` returned.

    Examples
    --------
    >>> import numpy as np
    >>> from matplotlib.figure import Figure
    >>> from walnet.inspection.importance import Importance
    >>> found = Importance(("age", "hue"), np.array([[0.3, 0.2], [0.0, 0.1]]), 0.9)
    >>> display = ImportanceDisplay(found).plot(Figure().subplots())
    >>> [tick.get_text() for tick in display.ax_.get_yticklabels()]
    ['age', 'hue']
    """

    _most = 15  # columns

    def __init__(self, importance: Importances) -> None:
        self.importance = importance

    def plot(
        self, ax: Axes | Sequence[Axes] | None = None, *, most_columns: int = 15
    ) -> Self:
        """Draw a bar for each column, those that matter most at the top.

        Parameters
        ----------
        ax : matplotlib Axes, optional
            As for every display.
        most_columns : int, default 15
            How many columns to show.

        Returns
        -------
        ImportanceDisplay
            Itself, with ``ax_`` and ``figure_``.
        """
        self._most = most_columns
        return super().plot(ax)

    def size(self) -> tuple[float, float]:
        """Return the width and height in inches of a figure of its own."""
        return 5.2, 1.2 + _ROW * len(self.importance.order[: self._most])

    def _draw(self, axes: Sequence[Axes]) -> None:
        """Draw a bar for each column, those that matter most at the top."""
        found, ax = self.importance, axes[0]
        order = found.order[: self._most]
        mean, spread = found.mean[order], found.spread[order]
        positions = np.arange(len(order))
        ax.barh(positions, mean, 0.62, color=POSITIVE, alpha=0.85)
        ax.errorbar(
            mean,
            positions,
            xerr=spread,
            fmt="none",
            color=ink(),
            elinewidth=1,
            capsize=3,
        )
        ax.axvline(0, color=ink(), linewidth=0.8)
        ax.spines["left"].set_visible(False)
        ax.set_yticks(positions, [label_of(found.names[index]) for index in order])
        ax.set_ylim(len(order) - 0.4, -0.6)
        ax.tick_params(axis="y", length=0)
        more = len(found.names) - len(order)
        note = f"\n({more:,} more columns matter less)" if more else ""
        ax.set_xlabel(f"{found.measure} when shuffled{note}")
        number_axis(ax.xaxis)
        if found.measure == "accuracy lost":
            ax.xaxis.set_major_formatter(lambda share, _: f"{100 * share:.3g} %")


class DataDisplay(Display):
    """The data: two features as points, one as a histogram, or how many of each class.

    Parameters
    ----------
    X : array_like of shape (examples, features) or None
        One or two features; None to count classes (or draw the numbers' histogram).
    y : array_like of shape (examples,), optional
        Labels; floats are numbers of a regression.
    names : sequence of str, optional
        What the features, or else the target, are called.
    labels : sequence, optional
        All classes in their order; by default those that occur, sorted.

    Raises
    ------
    ShapeError, DataError
        If the arrays are not of the same rows, or there are none.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> display = DataDisplay(None, ["yes", "no", "yes"], names=["paid"])
    >>> display.plot(Figure().subplots()).ax_.get_ylabel()
    'paid'
    """

    def __init__(
        self,
        X: Any = None,
        y: Any = None,
        *,
        names: Sequence[str] | None = None,
        labels: Sequence[Any] | None = None,
    ) -> None:
        if X is None and y is None:
            raise DataError("there must be features or labels to draw, got neither")
        self.y = None if y is None else np.asarray(y)
        self.X = None if X is None else _features(X, self.y)
        self.labels: list[Any] | None = None if labels is None else list(labels)
        if self.labels is None and self.y is not None and not is_number(self.y):
            self.labels = labels_in(self.y)
        self.names = names

    def _draw(self, axes: Sequence[Axes]) -> None:
        """Draw the data."""
        ax = axes[0]
        if self.X is not None and self.X.shape[1] == 2:
            self._plot_points(ax, self.X)
        elif self.X is not None:
            self._plot_histogram(ax, self.X[:, 0], self.y)
        elif self.labels is not None:
            self._plot_counts(ax, self.labels)
        else:
            self._plot_histogram(ax, self.y, None)

    def _name(self, index: int, default: str) -> str:
        """Return what a feature or the target is called, for matplotlib."""
        return label_of(self.names[index] if self.names else default)

    def _plot_points(self, ax: Axes, X: NDArray[np.float64]) -> None:
        """Draw two features as points, with their labels."""
        if self.y is None:
            draw_classes(ax, X, np.zeros(len(X), np.int64), [""])
        elif self.labels is None:
            draw_numbers(ax, X, self.y)
        else:
            draw_classes(ax, X, indices_in(self.y, self.labels), self.labels)
        legend_above(ax)
        ax.set_xlabel(self._name(0, "x1"))
        ax.set_ylabel(self._name(1, "x2"))

    def _plot_histogram(self, ax: Axes, x: Any, y: NDArray[Any] | None) -> None:
        """Draw how often which number occurs, with an outline for each class."""
        present = np.isfinite(x)
        edges = _edges(x[present])
        if y is None or self.labels is None:
            ax.hist(x[present], edges, color=POSITIVE, alpha=0.8)
        else:
            indices = indices_in(y, self.labels)
            for index in np.unique(indices)[:8]:
                colour, _ = class_style(int(index))
                ax.hist(
                    x[present & (indices == index)],
                    edges,
                    histtype="step",
                    linewidth=1.8,
                    linestyle=_LINES[index % len(_LINES)],
                    color=colour,
                    label=label_of(self.labels[index]),
                )
            legend_above(ax)
        number_axis(ax.xaxis)
        ax.set_xlabel(self._name(0, "x1" if self.X is not None else "target"))
        ax.set_ylabel("rows")

    def _plot_counts(self, ax: Axes, labels: list[Any]) -> None:
        """Draw a bar for each class, with its number of rows."""
        assert self.y is not None  # noqa: S101 - classes are those of y
        counts = Counter(self.y.tolist())
        if len(labels) > 20:
            labels = sorted(labels, key=lambda label: -counts[label])[:20]
        positions, numbers = range(len(labels)), [counts[label] for label in labels]
        bars = ax.barh(positions, numbers, 0.62, color=POSITIVE, alpha=0.85)
        ax.bar_label(bars, [f"{number:,}" for number in numbers], padding=3)
        ax.set_yticks(positions, [label_of(label) for label in labels])
        ax.set_ylim(len(labels) - 0.4, -0.6)
        ax.tick_params(axis="y", length=0)
        ax.margins(x=0.12)
        ax.set_xlabel("rows")
        ax.set_ylabel(self._name(0, "label"))


_LINES: tuple[Any, ...] = ("-", (0, (4, 2)), ":", (0, (6, 2, 1, 2)))


def _features(X: Any, y: NDArray[Any] | None) -> NDArray[np.float64]:
    """Return one or two features as a matrix."""
    features = np.asarray(X, np.float64)
    features = features.reshape(len(features), -1)
    if features.shape[1] not in (1, 2) or not len(features):
        message = f"X must have rows and 1 or 2 columns, got shape {np.shape(X)}"
        raise ShapeError(message)
    if y is not None and len(y) != len(features):
        message = f"X and y must have as many rows, got {len(features)} and {len(y)}"
        raise ShapeError(message)
    return features


def _edges(x: NDArray[np.float64]) -> list[float]:
    """Return the edges of a histogram's bins, by Freedman and Diaconis, at most 40."""
    if not len(x):
        raise DataError("there must be a finite number to draw, got none")
    edges = np.histogram_bin_edges(x, "auto" if len(x) < 100_000 else 40)
    if len(edges) > 41:
        edges = np.linspace(edges[0], edges[-1], 41)
    return [float(edge) for edge in edges]

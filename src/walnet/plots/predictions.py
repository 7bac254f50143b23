"""Original labels vs. predicted labels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from walnet.errors import ShapeError
from walnet.plots.points import draw_classes, draw_crosses
from walnet.plots.style import (
    NEGATIVE,
    POSITIVE,
    Display,
    checked_features,
    checked_pair,
    class_style,
    even_choice,
    indices_in,
    is_number,
    label_of,
    labels_in,
    legend_above,
    number_axis,
    scale_for,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_JITTER = 0.3


class PredictionDisplay(Display):
    """Original labels vs. predicted labels.

    Classes with two features: the examples twice side by side, once with their
    original labels, once with the predicted ones, wrong ones crossed. On one axes only:
    the shape is the original class, the fill the predicted one. Classes without
    features: every example is a point in the field of its original and predicted
    class. Numbers: predicted against original with the diagonal on which they agree;
    with one feature, both against it.

    Parameters
    ----------
    original, predicted : array_like of shape (examples,)
        Labels of the same rows; floats are numbers of a regression.
    X : array_like of shape (examples, features), optional
        Two features of classes, or one feature of numbers.
    names : sequence of str, optional
        What the features, or else the target, are called.
    labels : sequence, optional
        All classes in their order; by default those that occur, sorted.

    Attributes
    ----------
    ax_, figure_
        Where the original labels (or the only picture) were drawn.
    predicted_ax_ : matplotlib Axes or None
        Where the predicted labels were drawn, if apart.

    Raises
    ------
    ShapeError, DataError
        If the arrays are not of the same rows, or there are none.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> display = PredictionDisplay([1.0, 2.0, 3.0], [1.1, 2.0, 2.8])
    >>> display.plot(Figure().subplots()).ax_.get_ylabel()
    'predicted'
    """

    predicted_ax_: Axes | None = None

    def __init__(
        self,
        original: Any,
        predicted: Any,
        X: Any = None,
        *,
        names: Sequence[str] | None = None,
        labels: Sequence[Any] | None = None,
    ) -> None:
        self.original, self.predicted = checked_pair(original, predicted)
        self.labels = None
        if labels is not None or not is_number(self.original):
            both = (self.original, self.predicted)
            self.labels = labels_in(*both) if labels is None else list(labels)
        self.X = None
        if X is not None:
            self.X = checked_features(X, len(self.original))
            self._check_features(self.X.shape[1])
            self._grid = (1, 1 if self.labels is None else 2)
        self.names = names

    def _check_features(self, n: int) -> None:
        """Raise an error unless there are as many features as can be drawn."""
        needed = 1 if self.labels is None else 2
        if n != needed:
            what = "numbers need one feature" if needed == 1 else "classes need two"
            raise ShapeError(f"{what} to be drawn, got {n}")

    def size(self) -> tuple[float, float]:
        """Return the width and height in inches of a figure of its own."""
        return (9.5, 4.4) if self._grid == (1, 2) else (5.2, 4.6)

    def _draw(self, axes: Sequence[Axes]) -> None:
        """Draw the labels, in the way that the data allows."""
        self.predicted_ax_ = None
        if self.labels is not None and self.X is not None:
            draw = self._plot_both if len(axes) == 1 else self._plot_pair
            draw(axes, self.X, self.labels)
        elif self.labels is not None:
            self._plot_fields(axes[0], self.labels)
        elif self.X is not None:
            self._plot_along(axes[0], self.X[:, 0])
        else:
            self._plot_numbers(axes[0])

    def _name(self, index: int, default: str) -> str:
        """Return what a feature is called, for matplotlib."""
        return label_of(self.names[index] if self.names else default)

    def _plot_pair(
        self, axes: Sequence[Axes], X: NDArray[np.float64], labels: list[Any]
    ) -> None:
        """Draw the examples twice, with the original and the predicted labels."""
        self.predicted_ax_ = axes[1]
        wrong = self.original != self.predicted
        draw_classes(axes[0], X, indices_in(self.original, labels), labels)
        draw_classes(
            axes[1], X, indices_in(self.predicted, labels), labels, crossed=wrong
        )
        for ax, title in zip(
            axes, ("original labels", "predicted labels"), strict=True
        ):
            ax.set_xlabel(self._name(0, "x1"))
            ax.set_ylabel(self._name(1, "x2"))
            number_axis(ax.xaxis)
            number_axis(ax.yaxis)
            legend_above(ax, title)

    def _plot_both(
        self, axes: Sequence[Axes], X: NDArray[np.float64], labels: list[Any]
    ) -> None:
        """Draw the examples once: original class as shape, predicted class as fill."""
        ax = axes[0]
        original = indices_in(self.original, labels)
        predicted = indices_in(self.predicted, labels)
        wrong = original != predicted
        draw_classes(ax, X[~wrong], original[~wrong], labels)
        kept = np.flatnonzero(wrong)[even_choice(int(wrong.sum()))]
        for index in kept:
            ax.scatter(
                X[index, 0],
                X[index, 1],
                s=40,
                marker=class_style(int(original[index]))[1],
                facecolor=class_style(int(predicted[index]))[0],
                edgecolor=class_style(int(original[index]))[0],
                linewidth=1.5,
                zorder=2,
            )
        if len(kept):
            draw_crosses(ax, X[kept])
        ax.set_xlabel(self._name(0, "x1"))
        ax.set_ylabel(self._name(1, "x2"))
        legend_above(ax, "shape: original label; fill: predicted label")

    def _plot_fields(self, ax: Axes, labels: list[Any]) -> None:
        """Draw each example in the field of its original and its predicted class."""
        original = indices_in(self.original, labels)
        predicted = indices_in(self.predicted, labels)
        jitter = np.random.default_rng(0).uniform(-_JITTER, _JITTER, (len(original), 2))
        X = np.column_stack([predicted, original]) + jitter
        draw_classes(ax, X, original, labels, crossed=original != predicted)
        reach = len(labels) - 0.5
        for line in np.arange(0.5, reach):
            ax.axhline(line, color="0.7", linewidth=0.6, zorder=0)
            ax.axvline(line, color="0.7", linewidth=0.6, zorder=0)
        names = [label_of(label, 14) for label in labels]
        turned = 90 if sum(map(len, names)) > 36 else 0
        ax.set_xticks(range(len(labels)), names, rotation=turned)
        ax.set_yticks(range(len(labels)), names)
        ax.tick_params(length=0)
        ax.set_xlim(-0.5, reach)
        ax.set_ylim(reach, -0.5)
        ax.set_xlabel("predicted label")
        ax.set_ylabel("original label")

    def _plot_numbers(self, ax: Axes) -> None:
        """Draw predicted against original, and the line on which they agree."""
        kept = even_choice(len(self.original))
        original, predicted = self.original[kept], self.predicted[kept]
        ends = [
            min(original.min(), predicted.min()),
            max(original.max(), predicted.max()),
        ]
        ax.plot(ends, ends, color=NEGATIVE, label="predicted = original", zorder=1)
        ax.scatter(
            original, predicted, s=20, facecolor=POSITIVE, alpha=0.6, edgecolor="none"
        )
        values = np.concatenate([original, predicted])
        for axis in (ax.xaxis, ax.yaxis):
            scale_for(axis, values)
        name = f"{self._name(0, '')}, " if self.names else ""
        ax.set_xlabel(f"{name}original")
        ax.set_ylabel(f"{name}predicted")
        legend_above(ax)

    def _plot_along(self, ax: Axes, x: NDArray[np.float64]) -> None:
        """Draw original and predicted numbers along the only feature."""
        kept = even_choice(len(x))
        kept = kept[np.argsort(x[kept], kind="stable")]
        ax.scatter(
            x[kept],
            self.original[kept],
            s=20,
            facecolor=POSITIVE,
            alpha=0.6,
            edgecolor="none",
            label="original",
        )
        ax.plot(x[kept], self.predicted[kept], color=NEGATIVE, label="predicted")
        number_axis(ax.xaxis)
        number_axis(ax.yaxis)
        ax.set_xlabel(self._name(0, "x1"))
        legend_above(ax)

"""Where a network of two features decides for which class, or which number."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from walnet.errors import DataError, ShapeError
from walnet.plots.points import draw_classes, draw_numbers
from walnet.plots.style import (
    CLASSES,
    NEGATIVE,
    POSITIVE,
    Display,
    checked_features,
    indices_in,
    ink,
    is_number,
    label_of,
    labels_in,
    legend_above,
    number_axis,
)
from walnet.plots.subjects import Predictor

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    Predict = Callable[[NDArray[np.float64]], Any]

_GRID = 160  # points along each feature
_STEPS = 5  # shades of a class, or of each side of a mean
_SHADE = 0.075  # each adds so much


class DecisionBoundaryDisplay(Display):
    """What a network of two features predicts everywhere, and the examples.

    For classes, the deeper the shade the surer the network, and the line is where two
    classes are equally likely; wrong examples are crossed. For numbers, orange is
    below and purple above the mean of `y`, along which the line runs.

    Parameters
    ----------
    predict : Network or callable
        From features (examples, 2) to outputs: a column for each class, or one column
        with the probability of the second class, or one number in a regression.
    X : array_like of shape (examples, 2)
        The examples' features.
    y : array_like of shape (examples,)
        The examples' original labels; floats are numbers of a regression.
    names : sequence of str, default ("x1", "x2")
        What the features are called.
    labels : sequence, optional
        The classes in the order of the outputs; by default those in `y`, sorted.

    Raises
    ------
    ShapeError, DataError
        If X is not of two features, or y not of the same examples.

    Examples
    --------
    >>> import walnet
    >>> from matplotlib.figure import Figure
    >>> X, y = walnet.datasets.moons(100)
    >>> network = walnet.Network([2, 4, 1], output="sigmoid")
    >>> display = DecisionBoundaryDisplay(network, X, y)
    >>> display.plot(Figure().subplots()).ax_.get_xlabel()
    'x1'
    """

    def __init__(
        self,
        predict: Predictor | Predict,
        X: Any,
        y: Any,
        *,
        names: Sequence[str] = ("x1", "x2"),
        labels: Sequence[Any] | None = None,
    ) -> None:
        self.predict: Predict = predict if callable(predict) else predict.feed_forward
        self.y = np.asarray(y)
        self.X = checked_features(X, len(self.y))
        if self.X.shape[1] != 2 or not len(self.y):
            message = f"X must have rows and two columns, got shape {self.X.shape}"
            raise ShapeError(message)
        self.names = names
        self.labels = None
        if labels is not None or not is_number(self.y):
            self.labels = labels_in(self.y) if labels is None else list(labels)

    def size(self) -> tuple[float, float]:
        """Return the width and height in inches of a figure of its own."""
        return 5.2, 4.6

    def _draw(self, axes: Sequence[Axes]) -> None:
        """Draw the shades, the boundary and the examples."""
        ax = axes[0]
        grid = _grid(self.X)
        if self.labels is None:
            self._plot_numbers(ax, grid)
        else:
            self._plot_classes(ax, grid, self.labels)
        ax.set_xlim(grid[0][0], grid[0][-1])
        ax.set_ylim(grid[1][0], grid[1][-1])
        ax.set_xlabel(label_of(self.names[0]))
        ax.set_ylabel(label_of(self.names[1]))
        number_axis(ax.xaxis)
        number_axis(ax.yaxis)

    def _outputs(self, grid: tuple[NDArray[Any], NDArray[Any]]) -> NDArray[np.float64]:
        """Return the outputs over the grid: (outputs, along y, along x)."""
        x, y = np.meshgrid(*grid)
        points = np.column_stack([x.ravel(), y.ravel()])
        outputs = np.asarray(self.predict(points), np.float64)
        outputs = outputs.reshape(len(points), -1)
        return outputs.T.reshape(-1, *x.shape)

    def _plot_classes(
        self,
        ax: Axes,
        grid: tuple[NDArray[Any], NDArray[Any]],
        labels: list[Any],
    ) -> None:
        """Shade by the winning class and its lead, and draw the examples."""
        outputs = two_columns(self._outputs(grid))
        if len(outputs) != len(labels):
            message = (
                f"there must be an output for each of the {len(labels)} classes, "
                f"got {len(outputs)}"
            )
            raise ShapeError(message)
        for index, lead in enumerate(leads(outputs)):
            colour = CLASSES[index % len(CLASSES)]
            shade(ax, grid, lead, colour, 1.0)
            draw_level(ax, grid, lead, 0.0)
        own = two_columns(np.asarray(self.predict(self.X)).reshape(len(self.y), -1).T)
        original = indices_in(self.y, labels)
        wrong = own.argmax(axis=0) != original
        draw_classes(ax, self.X, original, labels, crossed=wrong)
        legend_above(ax)

    def _plot_numbers(self, ax: Axes, grid: tuple[NDArray[Any], NDArray[Any]]) -> None:
        """Shade by the number predicted, and draw the examples in the same shades."""
        outputs = self._outputs(grid)
        if len(outputs) != 1:
            message = f"a number must be predicted by one output, got {len(outputs)}"
            raise ShapeError(message)
        middle = float(np.mean(self.y))
        reach = draw_numbers(ax, self.X, self.y)
        shade(ax, grid, outputs[0] - middle, POSITIVE, reach)
        shade(ax, grid, middle - outputs[0], NEGATIVE, reach)
        draw_level(ax, grid, outputs[0], middle)
        legend_above(ax)


def two_columns(outputs: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return an output for each of two classes where one output tells between them."""
    return np.concatenate([1 - outputs, outputs]) if len(outputs) == 1 else outputs


def leads(outputs: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return by how much each class leads the best other one."""
    if not np.isfinite(outputs).all():
        raise DataError("the outputs of the network must be finite to be drawn")
    ordered = np.sort(outputs, axis=0)
    best, second = ordered[-1], ordered[-2]
    rival: NDArray[np.float64] = np.where(outputs == best, second, best)
    return outputs - rival


def shade(
    ax: Axes,
    grid: tuple[NDArray[Any], NDArray[Any]],
    values: NDArray[np.float64],
    colour: str,
    reach: float,
) -> None:
    """Colour where values are above 0, deeper in steps up to a reach."""
    top = float(values.max())
    for level in np.arange(_STEPS) * reach / _STEPS:
        if top > level:
            # Each step lies on the one before, so that no seam shows between them.
            ax.contourf(
                *grid,
                values,
                levels=[level, top + reach],
                colors=[colour],
                alpha=_SHADE,
                zorder=0,
            )


def draw_level(
    ax: Axes,
    grid: tuple[NDArray[Any], NDArray[Any]],
    values: NDArray[np.float64],
    level: float,
) -> None:
    """Draw the line along which values are at a level, if there is one."""
    if values.min() < level < values.max():
        ax.contour(
            *grid,
            values,
            levels=[level],
            colors=[ink()],
            linewidths=1.3,
            linestyles="-",
        )


def _grid(X: NDArray[np.float64]) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return the positions along both features, a little beyond the examples."""
    low, high = X.min(axis=0), X.max(axis=0)
    margin = np.where(high > low, 0.08 * (high - low), 0.5)
    x, y = (
        np.linspace(a, b, _GRID)
        for a, b in zip(low - margin, high + margin, strict=True)
    )
    return x, y

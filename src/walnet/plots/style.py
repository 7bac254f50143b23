"""What all pictures share: colours, marker shapes, words, and where they are drawn."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray

from walnet.errors import DataError, ShapeError
from walnet.words import readable

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis
    from matplotlib.figure import Figure

# ColorBrewer's PuOr, told apart with every kind of colour blindness; the classes after
# the second differ by marker shape for those who cannot tell the colours.
NEGATIVE = "#e66101"
POSITIVE = "#5e3c99"
CLASSES = (
    "#e66101",
    "#5e3c99",
    "#00735c",
    "#a33b73",
    "#2a6fa8",
    "#7a6200",
    "#4d4d4d",
    "#b0413e",
)
MARKERS = ("o", "D", "^", "s", "v", "p", "h", "P")
DASHED = (0, (4, 2))

_SKEWED, _FEW = 8, 10  # times the middle 80 % that all values spread; values
_TIMES = 20  # that the greatest of positive values is the middle one

MOST_POINTS = 1000
"""Points drawn of one data set; of more, an even choice."""


def label_of(text: object, most: int = 24) -> str:
    """Return a text for matplotlib, to which a dollar begins a formula."""
    shown = readable(text, most).replace("$", r"\$") or "(empty)"
    # A legend leaves out what begins with an underscore, so it begins with nothing.
    return f"\u200c{shown}" if shown.startswith("_") else shown


class Display(ABC):
    """A picture that remembers where it was drawn.

    A kind of picture says how large it is (`size`), of how many parts (`_grid`), and
    draws itself (`_draw`); everything else is the same for all.

    Attributes
    ----------
    ax_ : matplotlib Axes
        Where it was drawn last; of a picture of two parts, the first.
    figure_ : matplotlib Figure
        The figure of `ax_`.
    """

    ax_: Axes
    figure_: Figure
    _grid = (1, 1)  # rows and columns of axes in a figure of its own

    def size(self) -> tuple[float, float]:
        """Return the width and height in inches of a figure of its own."""
        return 5.2, 3.8

    @abstractmethod
    def _draw(self, axes: Sequence[Axes]) -> None:
        """Draw the picture; axes that it has no use for stay empty."""

    def plot(self, ax: Axes | Sequence[Axes] | None = None) -> Self:
        """Draw the picture.

        Parameters
        ----------
        ax : matplotlib Axes, or a sequence of them, optional
            Where to draw; by default in a new figure. Pictures of two parts use two,
            and do with one.

        Returns
        -------
        Display
            Itself.
        """
        if ax is None:
            axes: Sequence[Axes] = _new_axes(self._grid, self.size())
        else:
            axes = ax if isinstance(ax, Sequence | np.ndarray) else [ax]
        figure = axes[0].get_figure(root=True)
        assert figure is not None  # noqa: S101 - axes are part of a figure
        self.ax_, self.figure_ = axes[0], figure
        self._draw(axes)
        return self


def _new_axes(grid: tuple[int, int], size: tuple[float, float]) -> list[Axes]:
    """Return the axes of a new pyplot figure, row by row."""
    from matplotlib import pyplot as plt

    _, axes = plt.subplots(*grid, figsize=size, layout="constrained", squeeze=False)
    return list(axes.ravel())


def ink() -> str:
    """Return the colour of the person's own style for lines and text."""
    from matplotlib import rcParams

    return str(rcParams["axes.edgecolor"])


def class_style(index: int) -> tuple[str, str]:
    """Return colour and marker of a class; both together differ for 64 classes."""
    shift = index // len(CLASSES)
    return CLASSES[index % len(CLASSES)], MARKERS[(index + shift) % len(MARKERS)]


def legend_above(ax: Axes, title: str = "", **options: Any) -> None:
    """Put the legend above the axes, where it hides no data."""
    handles, labels = ax.get_legend_handles_labels()
    if not handles:
        return
    if len(labels) > 6:  # many long names would leave no room for the picture
        labels = [readable(label, 14) for label in labels]
    columns = max(1, min(len(labels), 56 // (max(map(len, labels)) + 5)))
    look: dict[str, Any] = {
        "loc": "lower left",
        "bbox_to_anchor": (0, 1),
        "ncols": columns,
        "frameon": False,
        "title": title or None,
        "alignment": "left",
        "borderaxespad": 0.2,
        "handletextpad": 0.4,
        "columnspacing": 1.2,
    }
    ax.legend(handles, labels, **(look | options))


def number_axis(axis: Axis) -> None:
    """Let the numbers of an axis be written out, without a factor at its end."""
    from matplotlib.ticker import LogLocator, MaxNLocator

    if axis.get_scale() == "linear":
        axis.set_major_locator(MaxNLocator(5))
    elif axis.get_scale() == "log":
        axis.set_major_locator(LogLocator(numticks=6))
        axis.set_minor_locator(LogLocator(numticks=6))
    axis.set_major_formatter(lambda value, _: short_number(value))


def date_axis(axis: Axis) -> None:
    """Let an axis of dates have few words that do not touch each other."""
    from matplotlib.dates import MONTHLY, AutoDateLocator, ConciseDateFormatter

    locator: Any = AutoDateLocator(maxticks=5)  # type: ignore[no-untyped-call]
    # Its own steps end at half a year: of three to five it would warn that it has none.
    locator.intervald[MONTHLY] = [1, 2, 3, 6, 12, 24]
    axis.set_major_locator(locator)
    words: Any = ConciseDateFormatter(locator)  # type: ignore[no-untyped-call]
    axis.set_major_formatter(words)


def short_number(value: float, digits: int = 17) -> str:
    """Return a number of an axis in few signs, rounded to so many digits.

    Examples
    --------
    >>> short_number(1_200_000), short_number(25_000), short_number(0.25)
    ('1.2 M', '25,000', '0.25')
    >>> short_number(1234.5, 3)
    '1,230'
    """
    value = float(f"{value:.{digits}g}")
    for unit, letter in ((1e12, " T"), (1e9, " G"), (1e6, " M")):
        if unit <= abs(value) < 1e3 * unit:
            return f"{value / unit:.4g}{letter}"
    if 1 <= abs(value) < 1e6:
        return f"{value:,.6g}" if value == round(value) else f"{value:,.4g}"
    return f"{value:.4g}"


def scale_for(axis: Axis, values: NDArray[np.float64]) -> None:
    """Give an axis a logarithmic scale where most values would lie on each other."""
    values = values[np.isfinite(values)]
    low, q10, middle, q90, high = np.quantile(values, (0, 0.1, 0.5, 0.9, 1))
    is_far = high - low > _SKEWED * max(q90 - q10, 1e-300)
    is_skewed = len(values) > _FEW and (is_far or (low > 0 and high > _TIMES * middle))
    if is_skewed:
        ax: Any = axis.axes
        set_scale = ax.set_xscale if axis is ax.xaxis else ax.set_yscale
        if low > 0:
            set_scale("log")
        else:
            most = max(abs(q10), abs(q90), abs(middle)) or 1.0
            set_scale("symlog", linthresh=most)
    number_axis(axis)


def even_choice(n: int, most: int = MOST_POINTS) -> NDArray[np.int64]:
    """Return which of n rows to draw, spread evenly over all of them."""
    if n <= most:
        return np.arange(n)
    return np.linspace(0, n - 1, most).astype(np.int64)


def labels_in(*values: NDArray[Any]) -> list[Any]:
    """Return the different labels of some arrays, sorted as far as they can be."""
    labels = {label for each in values for label in np.asarray(each).tolist()}
    try:
        return sorted(labels)
    except TypeError:
        return sorted(labels, key=lambda label: (type(label).__name__, str(label)))


def indices_in(values: NDArray[Any], labels: Sequence[Any]) -> NDArray[np.int64]:
    """Return the index of each value in the labels."""
    known = {label: index for index, label in enumerate(labels)}
    try:
        return np.array([known[value] for value in values.tolist()], np.int64)
    except KeyError as error:
        message = f"every label must be one of the labels given, got {error.args[0]!r}"
        raise DataError(message) from error


def checked_pair(original: Any, predicted: Any) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return original and predicted labels, one each for the same rows."""
    original, predicted = np.asarray(original), np.asarray(predicted)
    for name, values in (("original", original), ("predicted", predicted)):
        if values.ndim != 1:
            message = f"{name} labels must have one dimension, got {values.shape}"
            raise ShapeError(message)
    if len(original) != len(predicted):
        message = (
            "original and predicted labels must be of the same rows, got "
            f"{len(original)} and {len(predicted)}"
        )
        raise ShapeError(message)
    if not len(original):
        raise DataError("there must be at least one row to draw, got none")
    return original, predicted


def checked_features(X: Any, n_rows: int, most: int = 2) -> NDArray[np.float64]:
    """Return the features to draw against: (examples, features) of finite numbers."""
    features = np.asarray(X, np.float64)
    if features.ndim != 2 or not 1 <= features.shape[1] <= most:
        message = f"X must have 1 to {most} columns to be drawn, got {features.shape}"
        raise ShapeError(message)
    if len(features) != n_rows:
        message = f"X must have a row for each label, got {len(features)} and {n_rows}"
        raise ShapeError(message)
    return features


def is_number(values: NDArray[Any]) -> bool:
    """Tell whether labels are numbers of a regression rather than classes."""
    return values.dtype.kind == "f"

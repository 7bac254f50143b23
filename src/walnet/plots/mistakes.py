"""Where predictions go wrong: confusion, residuals, reliability."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from walnet.errors import DataError, ShapeError
from walnet.plots.style import (
    DASHED,
    NEGATIVE,
    POSITIVE,
    Display,
    checked_pair,
    even_choice,
    indices_in,
    label_of,
    labels_in,
    legend_above,
    scale_for,
    short_number,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_CLOSEST = 0.03  # of two groups of probabilities that can be told apart
_DEEPEST = 0.55  # of a field's shade: text on it stays readable
_MOST_NUMBERED = 15  # classes; a larger matrix has no room for numbers


class ConfusionDisplay(Display):
    """How many rows of each class were predicted as which class.

    Right ones are shaded purple, wrong ones orange, deeper by the share of the class.

    Parameters
    ----------
    original, predicted : array_like of shape (examples,)
        Labels of the same rows.
    labels : sequence, optional
        All classes in their order; by default those that occur, sorted.

    Attributes
    ----------
    matrix : ndarray of shape (classes, classes), int64
        Rows by original label, columns by predicted label.

    Examples
    --------
    >>> ConfusionDisplay(["no", "no", "yes"], ["no", "yes", "yes"]).matrix
    array([[1, 1],
           [0, 1]])
    """

    def __init__(
        self, original: Any, predicted: Any, *, labels: Sequence[Any] | None = None
    ) -> None:
        original, predicted = checked_pair(original, predicted)
        both = (original, predicted)
        self.labels = labels_in(*both) if labels is None else list(labels)
        n = len(self.labels)
        fields = n * indices_in(original, self.labels) + indices_in(
            predicted, self.labels
        )
        self.matrix = np.bincount(fields, minlength=n * n).reshape(n, n)

    @property
    def mistakes(self) -> NDArray[np.int64]:
        """The matrix without the rows that are right."""
        return self.matrix - np.diag(np.diag(self.matrix))

    def most_confused(self, most: int = 14) -> ConfusionDisplay:
        """Return the matrix of the classes that are confused most, the others as one.

        Parameters
        ----------
        most : int, default 14
            How many classes.

        Returns
        -------
        ConfusionDisplay
            With a last class “(others)”.

        Examples
        --------
        >>> display = ConfusionDisplay(list("aabbc"), list("abbbc"))
        >>> display.most_confused(2).labels, display.most_confused(2).matrix.tolist()
        (['a', 'b', '(others)'], [[1, 1, 0], [0, 2, 0], [0, 0, 1]])
        """
        wrong = self.mistakes
        order = np.argsort(-(wrong.sum(axis=0) + wrong.sum(axis=1)), kind="stable")
        kept = np.sort(order[:most])
        place = np.full(len(self.labels), len(kept))
        place[kept] = np.arange(len(kept))
        few = object.__new__(ConfusionDisplay)
        few.labels = [*(self.labels[i] for i in kept), "(others)"]
        few.matrix = np.zeros((len(few.labels), len(few.labels)), np.int64)
        np.add.at(few.matrix, (place[:, None], place[None, :]), self.matrix)
        return few

    def size(self) -> tuple[float, float]:
        """Return the width and height in inches of a figure of its own."""
        side = 2.2 + min(0.6 * len(self.labels), 6)
        return side + 0.6, side

    def _draw(self, axes: Sequence[Axes]) -> None:
        """Draw the matrix."""
        ax, n = axes[0], len(self.labels)
        rows = self.matrix.sum(axis=1, keepdims=True)
        share = self.matrix / np.maximum(rows, 1)
        self._draw_fields(ax, share)
        names = [label_of(label, 14) for label in self.labels]
        step = -(-n // 40)  # of hundreds of names only some can be read
        positions = range(0, n, step)
        turned = 90 if sum(map(len, names)) > 30 else 0
        ax.set_xticks(positions, names[::step], rotation=turned)
        ax.set_yticks(positions, names[::step])
        ax.tick_params(length=0)
        ax.set_xlim(-0.5, n - 0.5)
        ax.set_ylim(n - 0.5, -0.5)
        ax.set_aspect("equal")
        ax.set_xlabel("predicted label")
        ax.set_ylabel("original label")

    def _draw_fields(self, ax: Axes, share: NDArray[np.float64]) -> None:
        """Draw a shaded field for each count that is not 0, with its number."""
        from matplotlib.collections import PatchCollection
        from matplotlib.colors import to_rgba
        from matplotlib.patches import Rectangle

        positions = np.argwhere(self.matrix)
        fields = [Rectangle((j - 0.48, i - 0.48), 0.96, 0.96) for i, j in positions]
        colours = [
            to_rgba(POSITIVE if i == j else NEGATIVE, 0.1 + _DEEPEST * share[i, j])
            for i, j in positions
        ]
        ax.add_collection(PatchCollection(fields, facecolor=colours, edgecolor="none"))
        if len(self.labels) > _MOST_NUMBERED:
            return
        for (i, j), number in np.ndenumerate(self.matrix):
            weight = "bold" if number and i == j else "normal"
            text = f"{number:,}" if number else "·"
            ax.text(j, i, text, ha="center", va="center", fontweight=weight)


class ResidualDisplay(Display):
    """Residuals (original less predicted) over predictions.

    The band is one root mean squared error above and below 0. A good model's points
    lie about 0 without a pattern.

    Parameters
    ----------
    original, predicted : array_like of shape (examples,)
        Numbers of the same rows.
    name : str, optional
        What the target is called.

    Attributes
    ----------
    residuals : ndarray of shape (examples,)
        Original less predicted.

    Examples
    --------
    >>> ResidualDisplay([1.0, 2.0], [1.5, 2.0]).residuals
    array([-0.5,  0. ])
    """

    def __init__(self, original: Any, predicted: Any, *, name: str = "") -> None:
        original, predicted = checked_pair(original, predicted)
        self.predicted = predicted.astype(np.float64)
        self.residuals = original.astype(np.float64) - self.predicted
        self.name = name

    def _draw(self, axes: Sequence[Axes]) -> None:
        """Draw the residuals."""
        ax = axes[0]
        error = float(np.sqrt(np.mean(self.residuals**2)))
        kept = even_choice(len(self.residuals))
        band = f"± root mean squared error, {short_number(error, 3)}"
        ax.axhspan(-error, error, color=POSITIVE, alpha=0.1, linewidth=0, label=band)
        ax.axhline(0, color=NEGATIVE, linestyle=DASHED)
        ax.scatter(
            self.predicted[kept],
            self.residuals[kept],
            s=20,
            facecolor=POSITIVE,
            alpha=0.6,
            edgecolor="none",
        )
        scale_for(ax.xaxis, self.predicted)
        scale_for(ax.yaxis, self.residuals)
        name = f"{label_of(self.name)}, " if self.name else ""
        ax.set_xlabel(f"{name}predicted")
        ax.set_ylabel("original − predicted")
        legend_above(ax)


class ReliabilityDisplay(Display):
    r"""How often predictions are right, over how sure the model is of them.

    On the diagonal a model that says 80 % is right in 80 % of the cases. Bins hold
    about the same number of rows, more where they would lie on each other; the lines
    are 95 % intervals.

    Parameters
    ----------
    original : array_like of shape (examples,)
        Labels.
    probabilities : array_like of shape (examples, classes)
        Of each class; (examples,) or (examples, 1) is that of the second of two.
    labels : sequence, optional
        The classes in the order of the columns; by default those in `original`, sorted.
    bins : int, default 10
        At most so many, and none of fewer than 10 rows.

    Attributes
    ----------
    confidence, accuracy : ndarray of shape (bins,)
        Mean probability of the predicted class, and share of right predictions.
    low, high : ndarray of shape (bins,)
        The 95 % interval of the accuracy.
    error : float
        The expected calibration error: mean distance of the two over all rows.

    Notes
    -----
    Intervals by Wilson, "Probable inference", JASA 22, 1927. Bins of equal number as
    by Nixon et al., "Measuring calibration in deep learning", CVPR Workshops, 2019.

    Examples
    --------
    >>> display = ReliabilityDisplay([0, 1, 1, 1], [[0.5, 0.5]] * 4)
    >>> display.confidence, display.accuracy
    (array([0.5]), array([0.25]))
    """

    def __init__(
        self,
        original: Any,
        probabilities: Any,
        *,
        labels: Sequence[Any] | None = None,
        bins: int = 10,
    ) -> None:
        original = np.asarray(original)
        shares = np.asarray(probabilities, np.float64).reshape(len(original), -1)
        if shares.shape[1] == 1:
            shares = np.column_stack([1 - shares, shares])
        labels = labels_in(original) if labels is None else list(labels)
        if shares.shape[1] != len(labels):
            message = f"there must be {len(labels)} columns, one for each class"
            raise ShapeError(f"{message}, got {shares.shape[1]}")
        if not len(shares) or shares.min() < 0 or shares.max() > 1:
            raise DataError("probabilities must be rows of numbers from 0 to 1")
        right = shares.argmax(axis=1) == indices_in(original, labels)
        confidence = shares.max(axis=1)
        groups = _equal_groups(confidence, max(1, min(bins, len(confidence) // 10)))
        self.confidence = np.array([confidence[group].mean() for group in groups])
        self.accuracy = np.array([right[group].mean() for group in groups])
        sizes = np.array([len(group) for group in groups])
        self.low, self.high = wilson_interval(self.accuracy, sizes)
        gaps = np.abs(self.confidence - self.accuracy)
        self.error = float((gaps * sizes).sum() / sizes.sum())

    def size(self) -> tuple[float, float]:
        """Return the width and height in inches of a figure of its own."""
        return 4.6, 4.2

    def _draw(self, axes: Sequence[Axes]) -> None:
        """Draw the bins and the diagonal."""
        from matplotlib.ticker import MaxNLocator

        ax = axes[0]
        start = min(self.confidence.min(), self.low.min(), 0.9)
        ax.plot([start, 1], [start, 1], color=NEGATIVE, label="as often as it says")
        away = [self.accuracy - self.low, self.high - self.accuracy]
        ax.errorbar(
            self.confidence,
            self.accuracy,
            np.maximum(away, 0),
            color=POSITIVE,
            marker="o",
            linestyle=DASHED,
            linewidth=1,
            capsize=3,
            label="this model",
        )
        ax.set_xlabel("probability of the predicted class")
        ax.set_ylabel("share of right predictions")
        for axis in (ax.xaxis, ax.yaxis):
            # Whole steps, and few enough that the words beside them do not touch.
            axis.set_major_locator(MaxNLocator(5, steps=[1, 2, 5, 10]))
            axis.set_major_formatter(lambda share, _: f"{100 * share:.3g} %")
        legend_above(ax)


def _equal_groups(values: NDArray[np.float64], groups: int) -> list[NDArray[np.int64]]:
    """Return rows in groups of about the same number, like values together."""
    edges = np.quantile(values, np.linspace(0, 1, groups + 1)[1:-1])
    indices = np.searchsorted(edges, values, side="right")
    found: list[NDArray[np.int64]] = []
    for index in np.unique(indices)[::-1]:  # from the surest, where most lie closest
        group = np.flatnonzero(indices == index)
        if found and values[found[-1]].mean() - values[group].mean() < _CLOSEST:
            group = np.concatenate([found.pop(), group])
        found.append(group)
    return found[::-1]


def wilson_interval(share: Any, n: Any) -> tuple[NDArray[Any], NDArray[Any]]:
    r"""Return the 95 % interval of a share of n rows.

    Parameters
    ----------
    share : float or ndarray
        In [0, 1].
    n : int or ndarray
        The number of rows, at least 1.

    Returns
    -------
    low, high : ndarray
        The ends.

    Notes
    -----
    .. math:: \frac{p + z^2/2n \pm z \sqrt{p(1 - p)/n + z^2/4n^2}}{1 + z^2/n}, \quad
              z = 1.96

    Wilson, "Probable inference", Journal of the American Statistical Association 22,
    1927.

    Examples
    --------
    >>> low, high = wilson_interval(0.5, 100)
    >>> round(float(low), 3), round(float(high), 3)
    (0.404, 0.596)
    """
    z = 1.959964
    share, n = np.asarray(share, np.float64), np.asarray(n, np.float64)
    middle = share + z**2 / (2 * n)
    reach = z * np.sqrt(share * (1 - share) / n + z**2 / (4 * n**2))
    scale = 1 + z**2 / n
    return (middle - reach) / scale, (middle + reach) / scale

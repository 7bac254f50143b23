"""How well probabilities put the rows of a class before the others."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from walnet.plots.style import (
    DASHED,
    NEGATIVE,
    POSITIVE,
    Display,
    class_style,
    indices_in,
    label_of,
    legend_above,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_MOST_LINES = 6
Numbers = NDArray[np.float64]


class Ranking(NamedTuple):
    """Rows of one class found, and others taken for it, down a list of rows.

    The list begins with the row that most probably is of the class; rows of the same
    probability are passed together.

    Attributes
    ----------
    found, mistaken : ndarray of shape (steps,), float64
        Rows of the class, and others, so far.
    """

    found: Numbers
    mistaken: Numbers

    @classmethod
    def of(cls, is_class: NDArray[np.bool_], probabilities: Numbers) -> Ranking:
        """Return the steps down the list.

        Examples
        --------
        >>> is_class, probabilities = [True, False, True], [0.9, 0.5, 0.5]
        >>> ranking = Ranking.of(np.array(is_class), np.array(probabilities))
        >>> ranking.found, ranking.mistaken, ranking.area
        (array([0., 1., 2.]), array([0., 0., 1.]), 0.75)
        """
        order = np.argsort(-probabilities, kind="stable")
        found = np.cumsum(is_class[order]).astype(np.float64)
        mistaken = np.arange(1, len(order) + 1) - found
        last = np.append(np.diff(probabilities[order]) != 0, True)
        return cls(np.append(0.0, found[last]), np.append(0.0, mistaken[last]))

    @property
    def area(self) -> float:
        r"""The area under the receiver operating characteristic.

        It is the probability that a row of the class has a higher probability than one
        of another class, ties counted half. Hanley and McNeil, 1982.
        """
        x, y = self.mistaken / self.mistaken[-1], self.found / self.found[-1]
        return float(np.sum(np.diff(x) * (y[1:] + y[:-1]) / 2))

    @property
    def precision(self) -> Numbers:
        """The share of the rows taken for the class that are of it, at each step."""
        found, mistaken = self.found[1:], self.mistaken[1:]
        return np.asarray(found / (found + mistaken))

    @property
    def average_precision(self) -> float:
        r"""The precision at each step, weighed by the recall it adds.

        .. math:: \sum_k (R_k - R_{k-1}) P_k
        """
        return float(np.sum(np.diff(self.found) / self.found[-1] * self.precision))


class _RankingDisplay(Display):
    """A line for each class, of two for the second.

    Parameters
    ----------
    original : array_like of shape (examples,)
        Labels.
    probabilities : array_like of shape (examples, classes)
        Of each class.
    labels : sequence
        The classes in the order of the columns.
    """

    _steps = "default"

    def __init__(
        self, original: Any, probabilities: Any, *, labels: Sequence[Any]
    ) -> None:
        self.labels = list(labels)
        shares = np.asarray(probabilities, np.float64)
        codes = indices_in(np.asarray(original), self.labels)
        self.rankings = {
            index: Ranking.of(codes == index, shares[:, index])
            for index in ([1] if len(self.labels) == 2 else range(len(self.labels)))
            if 0 < (codes == index).sum() < len(codes)
        }

    @abstractmethod
    def score(self, ranking: Ranking) -> float:
        """Return the figure that sums a line up."""

    @property
    def mean(self) -> float:
        """The mean of the figures of all classes; NaN if there is none."""
        scores = [self.score(each) for each in self.rankings.values()]
        return float(np.mean(scores)) if scores else float("nan")

    @property
    def shown(self) -> list[int]:
        """The classes that are drawn: of many, those that are told worst."""
        worst = sorted(self.rankings, key=lambda i: self.score(self.rankings[i]))
        return sorted(worst[:_MOST_LINES])

    def size(self) -> tuple[float, float]:
        """Return the width and height in inches of a figure of its own."""
        return 4.6, 4.0

    def _draw_lines(self, ax: Axes) -> None:
        """Draw the lines and what the axes are."""
        for number, index in enumerate(self.shown):
            ranking = self.rankings[index]
            is_few = len(self.labels) <= _MOST_LINES
            colour = class_style(index if is_few else number)[0]
            colour = POSITIVE if len(self.rankings) == 1 else colour
            dash = DASHED if number % 2 else "-"
            text = f"{label_of(self.labels[index], 18)}: {self.score(ranking):.3f}"
            x, y = self._line(ranking)
            ax.plot(
                x, y, color=colour, linestyle=dash, label=text, drawstyle=self._steps
            )
        for axis in (ax.xaxis, ax.yaxis):
            axis.set_major_formatter(lambda share, _: f"{100 * share:.3g} %")
        ax.set_xlim(-0.02, 1.02)
        ax.set_ylim(-0.02, 1.02)
        legend_above(ax)

    @abstractmethod
    def _line(self, ranking: Ranking) -> tuple[Numbers, Numbers]:
        """Return the line of a ranking."""


class RocDisplay(_RankingDisplay):
    """Rows of a class that are found, over others that are taken for it (ROC).

    Parameters
    ----------
    original : array_like of shape (examples,)
        Labels.
    probabilities : array_like of shape (examples, classes)
        Of each class.
    labels : sequence
        The classes in the order of the columns; of two, the second has its line.

    Examples
    --------
    >>> p = np.array([0.9, 0.6, 0.4, 0.2])
    >>> both = np.column_stack([1 - p, p])
    >>> RocDisplay(["y", "n", "y", "n"], both, labels=["n", "y"]).mean
    0.75
    """

    def score(self, ranking: Ranking) -> float:
        """Return the area under the line (AUC).

        Parameters
        ----------
        ranking : Ranking
            Of a class, one of ``rankings``.

        Returns
        -------
        float
            From 0 to 1.
        """
        return ranking.area

    def _line(self, ranking: Ranking) -> tuple[Numbers, Numbers]:
        found, mistaken = ranking
        return mistaken / mistaken[-1], found / found[-1]

    def _draw(self, axes: Sequence[Axes]) -> None:
        """Draw the lines and the diagonal of chance."""
        ax = axes[0]
        ax.plot([0, 1], [0, 1], color=NEGATIVE, linestyle=DASHED, linewidth=1)
        self._draw_lines(ax)
        ax.set_xlabel("of the others, taken for it (false positives)")
        ax.set_ylabel("of the class, found (recall)")


class PrecisionRecallDisplay(_RankingDisplay):
    """How many of the rows taken for a class are of it, over how many are found.

    Parameters
    ----------
    original : array_like of shape (examples,)
        Labels.
    probabilities : array_like of shape (examples, classes)
        Of each class.
    labels : sequence
        The classes in the order of the columns; of two, the second has its line.

    Examples
    --------
    >>> p = np.array([0.9, 0.6, 0.4, 0.2])
    >>> both = np.column_stack([1 - p, p])
    >>> display = PrecisionRecallDisplay(["y", "n", "y", "n"], both, labels=["n", "y"])
    >>> round(display.mean, 3)
    0.833
    """

    _steps = "steps-pre"  # as the average precision sums it up

    def score(self, ranking: Ranking) -> float:
        """Return the average precision, which is the area under the line.

        Parameters
        ----------
        ranking : Ranking
            Of a class, one of ``rankings``.

        Returns
        -------
        float
            From 0 to 1.
        """
        return ranking.average_precision

    def _line(self, ranking: Ranking) -> tuple[Numbers, Numbers]:
        recall = ranking.found / ranking.found[-1]
        return recall, np.append(ranking.precision[0], ranking.precision)

    def _draw(self, axes: Sequence[Axes]) -> None:
        """Draw the lines, and how many rows would be right by chance."""
        ax = axes[0]
        if len(self.rankings) == 1:
            (ranking,) = self.rankings.values()
            share = ranking.found[-1] / (ranking.found[-1] + ranking.mistaken[-1])
            ax.axhline(share, color=NEGATIVE, linestyle=DASHED, linewidth=1)
        self._draw_lines(ax)
        ax.set_xlabel("of the class, found (recall)")
        ax.set_ylabel("of those taken for it, right (precision)")

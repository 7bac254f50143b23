"""What a column does to the predictions, as lines or bars."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from walnet.plots.style import (
    POSITIVE,
    Display,
    class_style,
    date_axis,
    ink,
    label_of,
    legend_above,
    number_axis,
    scale_for,
)
from walnet.plots.subjects import Effects

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_MOST_LINES = 6
_MOST_BESIDE = 2  # words of a legend, where there are levels
_ROW = 0.3  # inches from level to level


class EffectDisplay(Display):
    """What is predicted over the values of one column, the others as they are.

    The line is the mean over the rows, the band the middle 80 % of them. Of classes
    each has its line; of two, the second's is drawn.

    Parameters
    ----------
    effect : Effect
        What :func:`walnet.inspection.effects.partial_dependence` returned.
    labels : sequence, optional
        The classes; none for numbers.
    name : str, optional
        What the target is called.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> from walnet.inspection.effects import Effect
    >>> up = np.array([[0.2], [0.7]])
    >>> effect = Effect("age", "number", [20, 60], up, up - 0.1, up + 0.1)
    >>> display = EffectDisplay(effect, name="cost").plot(Figure().subplots())
    >>> display.ax_.get_xlabel(), display.ax_.get_ylabel()
    ('age', 'cost, mean prediction')
    """

    def __init__(
        self, effect: Effects, labels: Sequence[Any] | None = None, *, name: str = ""
    ) -> None:
        self.effect = effect
        self.labels = list(labels or ())
        self.name = name

    @property
    def lines(self) -> list[int]:
        """Which outputs are drawn: those of many classes that move farthest."""
        if len(self.labels) == 2:
            return [1]
        moves = np.ptp(self.effect.mean, axis=0)
        order = np.argsort(-moves, kind="stable")[:_MOST_LINES]
        return sorted(int(index) for index in order)

    def size(self) -> tuple[float, float]:
        """Return the width and height in inches of a figure of its own."""
        if self.effect.kind in ("category", "boolean"):
            return 4.6, max(2.2, 1.2 + _ROW * len(self.effect.values))
        return 4.6, 3.1

    def _draw(self, axes: Sequence[Axes]) -> None:
        """Draw the effect."""
        ax = axes[0]
        what = self.name
        if len(self.labels) == 2:
            what = f"P({self.labels[1]})"
        elif self.labels:
            what = "probability"
        what = f"{label_of(what)}, mean prediction" if what else "mean prediction"
        if self.effect.kind in ("category", "boolean"):
            self._plot_levels(ax)
            ax.set_xlabel(what)
            share_axis = ax.xaxis
        else:
            self._plot_lines(ax)
            ax.set_xlabel(label_of(self.effect.name))
            ax.set_ylabel(what)
            share_axis = ax.yaxis  # type: ignore[assignment]
        if self.labels:
            share_axis.set_major_formatter(lambda share, _: f"{100 * share:.3g} %")
        else:
            number_axis(share_axis)
        if len(self.lines) > 1:
            # Names of levels leave little room beside them.
            is_narrow = share_axis is ax.xaxis and len(self.lines) > _MOST_BESIDE
            look: dict[str, Any] = {"ncols": _MOST_BESIDE} if is_narrow else {}
            legend_above(ax, **look)

    def _plot_lines(self, ax: Axes) -> None:
        """Draw a line and a band for each output over numbers or dates."""
        effect = self.effect
        x = np.array(effect.values)
        for line in self.lines:
            colour, marker = self._style(line)
            band = (effect.low[:, line], effect.high[:, line])
            if len(self.lines) == 1:
                ax.fill_between(x, *band, color=colour, alpha=0.15, linewidth=0)
            ax.plot(
                x,
                effect.mean[:, line],
                color=colour,
                marker=marker,
                markersize=3.5,
                label=self._label(line),
            )
        if effect.kind == "date":
            date_axis(ax.xaxis)
        else:
            scale_for(ax.xaxis, np.array(effect.spread or effect.values, np.float64))
        if effect.spread:
            # Where the data are: a hundredth of the rows between two of the strokes.
            strokes = ax.get_xaxis_transform()
            ax.vlines(effect.spread, 0, 0.03, ink(), transform=strokes, linewidth=0.7)

    def _plot_levels(self, ax: Axes) -> None:
        """Draw a point for each level and output, and the reach of the rows."""
        effect = self.effect
        positions = np.arange(len(effect.values))
        for line in self.lines:
            colour, marker = self._style(line)
            mean = effect.mean[:, line]
            if len(self.lines) == 1:
                reach = [mean - effect.low[:, line], effect.high[:, line] - mean]
                away = np.maximum(reach, 0)
                ax.errorbar(
                    mean, positions, xerr=away, fmt="none", color=colour, alpha=0.45
                )
            ax.plot(mean, positions, marker, color=colour, label=self._label(line))
        names = [label_of(value, 18) for value in effect.values]
        if effect.spread:
            shares = [f"{100 * share:.2g} %" for share in effect.spread]
            names = [f"{n} ({s})" for n, s in zip(names, shares, strict=True)]
        ax.set_yticks(positions, names)
        ax.set_ylim(len(positions) - 0.4, -0.6)
        ax.set_ylabel(label_of(effect.name))
        ax.grid(axis="y", alpha=0.3)
        ax.margins(x=0.08)

    def _style(self, line: int) -> tuple[str, str]:
        """Return colour and marker of an output."""
        return class_style(line) if len(self.labels) > 1 else (POSITIVE, "o")

    def _label(self, line: int) -> str:
        """Return what an output is called in the legend."""
        return label_of(self.labels[line]) if self.labels else ""

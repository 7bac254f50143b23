"""The network as a diagram: neurons, weights and biases."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np
from numpy.typing import NDArray

from walnet.errors import HyperparameterError, ShapeError
from walnet.plots.style import DASHED, NEGATIVE, POSITIVE, Display, ink, label_of
from walnet.plots.subjects import Layers

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_THICKEST = 4.0  # points
_THINNEST = 0.25
_ROW = 0.36  # inches from neuron to neuron


@dataclass(frozen=True)
class _Layer:
    """Where the neurons of one layer that are shown stand."""

    x: float
    neurons: NDArray[np.int64]
    y: NDArray[np.float64]
    size: int
    gap: float | None  # where the dots for those left out stand


class NetworkDisplay(Display):
    """The layers of a network, the size and sign of its weights and biases.

    The width of a line is the size of a weight: the thickest is the largest weight
    shown, and the legend says which that is. A solid purple line is a weight above 0,
    a dashed orange one below. The square in a neuron is its bias: filled above 0,
    hollow below. Where inputs are embedded, the first column is what they become.

    Parameters
    ----------
    network : Network
        The network, as it is now.
    input_names, output_names : sequence of str, optional
        What its inputs and outputs are called.

    Examples
    --------
    >>> import walnet
    >>> from matplotlib.figure import Figure
    >>> display = NetworkDisplay(walnet.Network([2, 4, 1]))
    >>> display.plot(Figure().subplots()).ax_.axison
    False
    """

    _most = 10  # neurons of a layer

    def __init__(
        self,
        network: Layers,
        input_names: Sequence[str] | None = None,
        output_names: Sequence[str] | None = None,
    ) -> None:
        self.network = network
        names = _names(input_names, network.n_inputs, "input")
        self.input_names = network.embedded_names(names)
        self.output_names = _names(output_names, network.n_outputs, "output")

    def plot(
        self, ax: Axes | Sequence[Axes] | None = None, *, most_neurons: int = 10
    ) -> Self:
        """Draw the diagram.

        Parameters
        ----------
        ax : matplotlib Axes, optional
            As for every display.
        most_neurons : int, default 10
            Neurons shown of one layer, at least 2; "⋮" stands for the others.

        Returns
        -------
        NetworkDisplay
            Itself, with ``ax_`` and ``figure_``.

        Raises
        ------
        HyperparameterError
            If fewer neurons are to be shown.
        """
        if most_neurons < 2:
            message = f"most_neurons must be at least 2, got {most_neurons}"
            raise HyperparameterError(message)
        self._most = most_neurons
        return super().plot(ax)

    def _draw(self, axes: Sequence[Axes]) -> None:
        """Draw the diagram."""
        ax = axes[0]
        layers = [_layer(size, x, self._most) for x, size in enumerate(self._sizes)]
        reach = max(float(layer.y.max()) for layer in layers)
        self._draw_weights(ax, layers)
        for index, layer in enumerate(layers):
            self._draw_neurons(ax, index, layer)
            # In one line above all, clear of every weight.
            ax.text(layer.x, -reach - 0.8, self._title(index), ha="center", va="bottom")
        self._draw_names(ax, layers)
        ax.set_ylim(reach + 0.6, -reach - 1.7)
        ax.axis("off")

    def size(self) -> tuple[float, float]:
        """Return the width and height in inches of a figure of its own."""
        sizes = self._sizes
        rows = max(min(size, self._most) for size in sizes)
        return max(5.0, 2.4 + 1.15 * len(sizes)), 1.2 + _ROW * max(rows, 3)

    @property
    def _sizes(self) -> list[int]:
        """Inputs of the first layer of neurons, and neurons of each."""
        return [len(self.input_names), *(len(b) for b in self.network.biases)]

    def _draw_weights(self, ax: Axes, layers: list[_Layer]) -> None:
        """Draw a line for each weight between neurons that are shown."""
        from matplotlib.collections import LineCollection
        from matplotlib.colors import to_rgba

        pairs = list(zip(self.network.weights, layers[:-1], layers[1:], strict=True))
        shown = [W[np.ix_(b.neurons, a.neurons)].ravel() for W, a, b in pairs]
        lines = [_lines(a, b) for _, a, b in pairs]
        weights, ends = np.concatenate(shown), np.concatenate(lines)
        largest = float(np.abs(weights).max()) or 1.0
        share = np.abs(weights) / largest
        for sign, colour, dash in ((1, POSITIVE, "-"), (-1, NEGATIVE, DASHED)):
            which = np.flatnonzero(np.sign(weights) == sign)
            which = which[np.argsort(share[which])]
            ax.add_collection(
                LineCollection(
                    list(ends[which]),
                    colors=[to_rgba(colour, 0.35 + 0.6 * share[i]) for i in which],
                    linestyles=[dash],
                    linewidths=_THINNEST + (_THICKEST - _THINNEST) * share[which],
                    zorder=1,
                )
            )
        self._draw_legend(ax, largest)

    def _draw_legend(self, ax: Axes, largest: float) -> None:
        """Say what line, colour, dash and square mean."""
        from matplotlib.lines import Line2D

        thick = _THICKEST / 2
        handles = [
            Line2D([], [], color=POSITIVE, linewidth=thick),
            Line2D([], [], color=NEGATIVE, linewidth=thick, linestyle=DASHED),
            Line2D([], [], color=POSITIVE, linestyle="", marker="s"),
            Line2D([], [], color=NEGATIVE, linestyle="", marker="s", fillstyle="none"),
        ]
        ax.legend(
            handles,
            ["weight above 0", "weight below 0", "bias above 0", "bias below 0"],
            loc="upper center",
            bbox_to_anchor=(0.5, 0),
            ncols=2,
            frameon=False,
            title=f"thickest line: weight of size {largest:.3g}",
        )

    def _draw_neurons(self, ax: Axes, index: int, layer: _Layer) -> None:
        """Draw the neurons of a layer and their biases."""
        ax.scatter(
            np.full(len(layer.y), layer.x),
            layer.y,
            s=190,
            facecolor=ax.get_facecolor(),
            edgecolor=ink(),
            linewidth=1.2,
            zorder=3,
        )
        if layer.gap is not None:
            ax.text(layer.x, layer.gap, "⋮", ha="center", va="center", fontsize=14)
        if index:
            self._draw_biases(ax, self.network.biases[index - 1], layer)

    def _title(self, index: int) -> str:
        """Return how many neurons of which activation a layer has."""
        size = self._sizes[index]
        if not index:
            embedded = " embedded" if size != self.network.n_inputs else ""
            return "1 input" if size == 1 else f"{size:,}{embedded} inputs"
        return f"{size:,} {self.network.activations[index - 1].replace('_', ' ')}"

    def _draw_biases(self, ax: Axes, biases: np.ndarray, layer: _Layer) -> None:
        """Draw a small square inside each neuron whose bias is not 0."""
        values = biases[layer.neurons]
        for above, colour in ((True, POSITIVE), (False, NEGATIVE)):
            which = np.flatnonzero(values > 0 if above else values < 0)
            ax.scatter(
                np.full(len(which), layer.x),
                layer.y[which],
                s=28,
                marker="s",
                facecolor=colour if above else ax.get_facecolor(),
                edgecolor=colour,
                linewidth=1.4,
                zorder=4,
            )

    def _draw_names(self, ax: Axes, layers: list[_Layer]) -> None:
        """Write the names beside inputs and outputs."""
        for layer, names, side in (
            (layers[0], self.input_names, -1),
            (layers[-1], self.output_names, 1),
        ):
            for neuron, y in zip(layer.neurons, layer.y, strict=True):
                ax.text(
                    layer.x + 0.18 * side,
                    y,
                    label_of(names[neuron], 22),
                    ha="right" if side < 0 else "left",
                    va="center",
                )
        ax.set_xlim(-1.1, len(layers) - 1 + 0.9)


def _names(names: Sequence[str] | None, n: int, what: str) -> list[str]:
    """Return the names of all inputs or outputs."""
    if names is None:
        letter = "x" if what == "input" else "y"
        return [f"{letter}{i + 1}" for i in range(n)]
    if len(names) != n:
        message = f"there must be a name for each of the {n} {what}s, got {len(names)}"
        raise ShapeError(message)
    return list(names)


def _layer(size: int, x: float, most: int) -> _Layer:
    """Return where the neurons stand: all of them, or the first ones and the last."""
    if size <= most:
        return _Layer(
            x, np.arange(size), np.arange(float(size)) - (size - 1) / 2, size, None
        )
    neurons = np.array([*range(most - 2), size - 1])
    rows = np.arange(float(most)) - (most - 1) / 2
    return _Layer(x, neurons, np.delete(rows, most - 2), size, float(rows[most - 2]))


def _lines(before: _Layer, after: _Layer) -> NDArray[np.float64]:
    """Return the ends of all lines between two layers: (lines, 2 ends, x and y)."""
    y_after, y_before = np.meshgrid(after.y, before.y, indexing="ij")
    starts = np.column_stack([np.full(y_before.size, before.x), y_before.ravel()])
    ends = np.column_stack([np.full(y_after.size, after.x), y_after.ravel()])
    return np.stack([starts, ends], axis=1)

"""The pictures: what is on the axes is what the numbers say."""

from __future__ import annotations

from io import BytesIO

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pytest
from drawing import HISTORY, NETWORK, PREDICTED, WORDS, X, Y, legend, points
from matplotlib.collections import LineCollection
from matplotlib.colors import to_hex, to_rgba
from matplotlib.figure import Figure

import walnet
from walnet import plots
from walnet.engine.layers import Dense, LevelEmbedding, NumberEmbedding
from walnet.errors import DataError, HyperparameterError, ShapeError
from walnet.inspection.importance import Importance
from walnet.plots.style import (
    CLASSES,
    NEGATIVE,
    POSITIVE,
    class_style,
    date_axis,
    even_choice,
    label_of,
)

mpl.use("agg")
HOSTILE = ["$x^$", "a\0b", "\u202eevil", "<script>", "_hidden", "", "line\nbreak"]


@pytest.fixture
def ax():
    """Axes of a figure that pyplot does not know of."""
    return Figure(layout="constrained").subplots()


@pytest.fixture(autouse=True)
def _no_figures_left():
    """Close what pyplot has opened."""
    plt.close("all")
    yield
    plt.close("all")


def png(figure):
    """Return the picture as a file; any warning is an error."""
    file = BytesIO()
    figure.savefig(file, format="png", dpi=40)
    return file.getvalue()


def luminance(colour):
    """Return the relative luminance of a colour, as WCAG 2.2 defines it."""
    rgb = np.array(to_rgba(colour)[:3])
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    return linear @ [0.2126, 0.7152, 0.0722]


DISPLAYS = {
    "cost": lambda: plots.CostDisplay(HISTORY),
    "network": lambda: plots.NetworkDisplay(NETWORK),
    "boundary": lambda: plots.DecisionBoundaryDisplay(NETWORK, X, Y),
    "pair": lambda: plots.PredictionDisplay(Y, PREDICTED, X),
    "fields": lambda: plots.PredictionDisplay(WORDS[Y], WORDS[PREDICTED]),
    "numbers": lambda: plots.PredictionDisplay(X[:, 0], X[:, 1]),
    "confusion": lambda: plots.ConfusionDisplay(Y, PREDICTED),
    "residuals": lambda: plots.ResidualDisplay(X[:, 0], X[:, 1]),
    "reliability": lambda: plots.ReliabilityDisplay(Y, NETWORK.feed_forward(X)),
    "importance": lambda: plots.ImportanceDisplay(
        Importance(("a", "b"), np.array([[0.1, 0.2], [0.0, 0.1]]), 0.9)
    ),
    "data": lambda: plots.DataDisplay(X, Y),
}


@pytest.mark.parametrize("name", DISPLAYS)
def test_a_display_draws_on_given_axes_and_leaves_pyplot_alone(name, ax):
    display = DISPLAYS[name]()
    assert display.plot(ax) is display
    assert display.ax_ is ax
    assert display.figure_ is ax.get_figure()
    assert len(png(display.figure_)) > 2000
    assert plt.get_fignums() == []


@pytest.mark.parametrize("name", DISPLAYS)
def test_a_display_opens_one_figure_where_no_axes_are_given(name):
    display = DISPLAYS[name]().plot()
    assert plt.get_fignums() == [1]
    assert display.figure_ is plt.figure(1)
    display.figure_.draw_without_rendering()


@pytest.mark.parametrize("name", DISPLAYS)
def test_a_display_can_be_drawn_in_a_dark_style(name):
    with plt.style.context("dark_background"):
        display = DISPLAYS[name]().plot(Figure(layout="constrained").subplots())
        display.figure_.draw_without_rendering()


class TestCost:
    def test_curves_are_the_history(self):
        display = plots.CostDisplay(HISTORY).plot()
        (cost,) = display.ax_.get_lines()
        assert np.array_equal(cost.get_ydata(), HISTORY.cost)
        (accuracy,) = display.accuracy_ax_.get_lines()
        assert np.array_equal(accuracy.get_ydata(), HISTORY.accuracy)
        assert display.ax_.get_xlabel() == "iteration"

    def test_validation_differs_by_colour_and_dash(self):
        network = walnet.Network([2, 3, 1], output="sigmoid")
        history = walnet.train(
            network, X, Y, epochs=3, batch_size=40, validation=(X[:20], Y[:20])
        )
        display = plots.CostDisplay(history).plot()
        training, validation = display.ax_.get_lines()
        assert np.array_equal(validation.get_ydata(), history.validation_cost)
        assert training.get_linestyle() != validation.get_linestyle()
        assert training.get_color() != validation.get_color()
        assert legend(display.ax_) == ["training", "validation"]
        assert display.ax_.get_xlabel() == "epoch"

    def test_one_axes_is_for_the_cost_only(self, ax):
        display = plots.CostDisplay(HISTORY).plot(ax)
        assert display.accuracy_ax_ is None
        assert ax.get_ylabel() == "cost"

    def test_a_long_history_keeps_its_peaks_and_stays_small(self, ax):
        history = walnet.train(
            walnet.Network([2, 3, 1], output="sigmoid"), X, Y, iterations=20_000
        )
        history.cost[12_345] = 7.0
        history.cost[17_001] = -1.0
        (line,) = plots.CostDisplay(history).plot(ax).ax_.get_lines()
        assert len(line.get_xdata()) <= 802
        drawn = dict(zip(line.get_xdata(), line.get_ydata(), strict=True))
        assert drawn[12_345] == 7.0
        assert drawn[17_001] == -1.0
        assert {0, 19_999} <= drawn.keys()

    @pytest.mark.parametrize(
        ("last", "expected"), [(0.9, "linear"), (0.01, "log"), (0.0, "linear")]
    )
    def test_the_scale_is_log_where_the_cost_falls_far(self, ax, last, expected):
        history = walnet.train(NETWORK.copy(), X, Y, iterations=2)
        history.cost[:] = [1.0, last]
        assert plots.CostDisplay(history).plot(ax).ax_.get_yscale() == expected

    def test_one_epoch_is_a_point(self, ax):
        history = walnet.train(NETWORK.copy(), X, Y, iterations=1)
        (line,) = plots.CostDisplay(history).plot(ax).ax_.get_lines()
        assert line.get_marker() == "o"

    def test_no_epoch_is_an_error(self):
        with pytest.raises(DataError, match="no epoch"):
            plots.CostDisplay(walnet.History())

    def test_history_plots_itself(self, ax):
        assert HISTORY.plot(ax) is ax
        assert len(ax.get_lines()) == 1


class TestNetwork:
    def lines(self, network, ax, **options):
        """Return width, colour, dash and ends of each line drawn."""
        plots.NetworkDisplay(network).plot(ax, **options)
        found = [c for c in ax.collections if isinstance(c, LineCollection)]
        return [
            (width, to_hex(each.get_color()[0]), each.get_linestyle()[0][1], ends)
            for each in found
            for width, ends in zip(
                each.get_linewidths(), each.get_segments(), strict=True
            )
        ]

    def test_width_is_size_and_colour_and_dash_are_sign(self, ax):
        network = walnet.Network([2, 1])
        network.weights[0][:] = [[0.5, -2.0]]
        (weak, plus, solid, above), (strong, minus, dash, below) = self.lines(
            network, ax
        )
        assert (plus, minus) == (POSITIVE, NEGATIVE)
        assert solid is None
        assert dash is not None
        assert weak == pytest.approx(0.25 + 0.25 * (strong - 0.25))
        assert above[0, 1] < below[0, 1]  # the axis points down: first input on top
        title = ax.get_legend().get_title().get_text()
        assert title == "thickest line: weight of size 2"

    def test_a_line_for_each_weight_and_none_for_zero(self, ax):
        network = walnet.Network([3, 5, 2], seed=4)
        network.weights[0][2, 1] = 0.0
        assert len(self.lines(network, ax)) == 3 * 5 + 5 * 2 - 1

    def test_a_filled_square_is_a_bias_above_0_and_a_hollow_one_below(self, ax):
        network = walnet.Network([2, 3])
        network.biases[0][:] = [0.5, 0.0, -0.5]
        plots.NetworkDisplay(network).plot(ax)
        squares = [
            (to_hex(each.get_facecolor()[0]), to_hex(each.get_edgecolor()[0]))
            for each in ax.collections
            if type(each).__name__ == "PathCollection" and len(each.get_offsets()) == 1
        ]
        assert squares == [(POSITIVE, POSITIVE), ("#ffffff", NEGATIVE)]

    def test_of_large_layers_the_first_neurons_and_the_last_are_shown(self, ax):
        network = walnet.Network([30, 2])
        names = [f"input {i}" for i in range(30)]
        plots.NetworkDisplay(network, names).plot(ax, most_neurons=5)
        texts = [text.get_text() for text in ax.texts]
        assert "⋮" in texts
        shown = [text for text in texts if text in names]
        assert shown == ["input 0", "input 1", "input 2", "input 29"]
        assert "30 inputs" in texts
        assert "2 identity" in texts
        assert sum(map(len, map(self.segments, ax.collections))) == 4 * 2

    @staticmethod
    def segments(collection):
        """Return the lines of a collection, if it is one of lines."""
        lines = isinstance(collection, LineCollection)
        return collection.get_segments() if lines else []

    def test_names_of_another_number_are_an_error(self):
        with pytest.raises(ShapeError, match="each of the 2 inputs, got 3"):
            plots.NetworkDisplay(NETWORK, ["a", "b", "c"])

    def test_fewer_than_two_neurons_cannot_stand_for_a_layer(self, ax):
        with pytest.raises(HyperparameterError, match="at least 2, got 1"):
            plots.NetworkDisplay(NETWORK).plot(ax, most_neurons=1)

    def test_embedded_inputs_are_drawn_as_what_they_become(self, ax):
        layers = [NumberEmbedding(1), LevelEmbedding((3,), 2), Dense(2, "identity")]
        network = walnet.Network(layers, seed=1)
        plots.NetworkDisplay(network, ["size", "hue"]).plot(ax)
        assert sum(len(each.get_segments()) for each in ax.collections[:2]) == 2 * 6
        texts = [text.get_text() for text in ax.texts]
        assert {"6 embedded inputs", "size", "size: wave 3", "hue: 2"} <= set(texts)

    def test_a_network_of_zeros_can_be_drawn(self, ax):
        network = walnet.Network([2, 3, 1], initializer="zeros")
        assert self.lines(network, ax) == []


class TestStyle:
    def test_64_classes_differ_by_colour_and_shape_together(self):
        assert len({class_style(index) for index in range(64)}) == 64

    def test_the_first_8_classes_differ_by_shape_alone(self):
        assert len({class_style(index)[1] for index in range(8)}) == 8

    @pytest.mark.parametrize("colour", CLASSES)
    def test_colours_stand_out_from_white(self, colour):
        assert 1.05 / (luminance(colour) + 0.05) >= 3  # WCAG 2.2, 1.4.11

    def test_large_data_are_drawn_in_part(self, ax):
        many = np.random.default_rng(0).normal(size=(50_000, 2))
        plots.DataDisplay(many, many[:, 0]).plot(ax)
        plots.ResidualDisplay(many[:, 0], many[:, 1]).plot(ax)
        assert len(points(ax)) <= 3000

    def test_an_even_choice_has_both_ends_and_no_row_twice(self):
        kept = even_choice(10_000, 1000)
        assert (kept[0], kept[-1], len(set(kept.tolist()))) == (0, 9999, 1000)

    @pytest.mark.parametrize("name", HOSTILE)
    def test_any_name_is_drawn_as_text(self, name):
        figure = Figure(layout="constrained")
        first, second, third, fourth = figure.subplots(2, 2).ravel()
        names = [name, "other"]
        labels = np.array(names, object)
        plots.NetworkDisplay(NETWORK, names, [name]).plot(first)
        plots.DecisionBoundaryDisplay(NETWORK, X, labels[Y], names=names).plot(second)
        plots.ConfusionDisplay(labels[Y], labels[PREDICTED]).plot(third)
        plots.DataDisplay(None, labels[Y], names=[name]).plot(fourth)
        figure.draw_without_rendering()
        assert label_of(name) in legend(second)


@pytest.mark.parametrize("days", [1, 30, 300, 900, 1100, 1500, 1800, 3000, 40_000])
def test_an_axis_of_dates_has_few_words_and_no_warning(days, ax):
    first = np.datetime64("1950-01-03")
    ax.plot(first + np.linspace(0, days * 86_400, 50).astype("m8[s]"), range(50))
    date_axis(ax.xaxis)
    ax.figure.canvas.draw()
    assert 2 <= len(ax.get_xticklabels()) <= 6

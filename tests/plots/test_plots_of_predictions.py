"""Labels, boundaries, mistakes and columns: what is on the axes is what was given."""

from __future__ import annotations

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pytest
from drawing import NETWORK, PREDICTED, WORDS, X, Y, legend, points
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure

import walnet
from walnet import plots
from walnet.errors import DataError, ShapeError
from walnet.inspection.importance import Importance
from walnet.plots.mistakes import wilson_interval
from walnet.plots.style import CLASSES

mpl.use("agg")


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


def level_lines(ax):
    """Return the corners of all level lines."""
    paths = [
        path.vertices
        for each in ax.collections
        if type(each).__name__ == "QuadContourSet" and not each.filled
        for path in each.get_paths()
    ]
    return np.concatenate(paths)


class TestBoundary:
    def test_two_classes_are_equally_likely_on_the_line(self, ax):
        plots.DecisionBoundaryDisplay(NETWORK, X, Y).plot(ax)
        line = level_lines(ax)
        assert len(line) > 50
        assert NETWORK.feed_forward(line)[:, 0] == pytest.approx(0.5, abs=0.02)

    def test_wrong_examples_are_crossed(self, ax):
        display = plots.DecisionBoundaryDisplay(NETWORK, X, Y).plot(ax)
        wrong = X[PREDICTED != Y]
        assert len(wrong)
        assert legend(ax) == ["0", "1", "wrong"]
        assert np.array_equal(display.ax_.collections[-1].get_offsets(), wrong)

    def test_several_classes_meet_where_two_are_best(self, ax):
        X, y = walnet.datasets.blobs(150, classes=4, seed=2)
        network = walnet.Network([2, 8, 4], output="softmax", seed=1)
        walnet.train(network, X, y, cost="categorical_cross_entropy", iterations=200)
        plots.DecisionBoundaryDisplay(network, X, y).plot(ax)
        best = np.sort(network.feed_forward(level_lines(ax)), axis=1)
        # Where three meet, the line cuts a corner of the grid.
        assert np.quantile(best[:, -1] - best[:, -2], 0.9) < 0.02

    def test_numbers_are_shaded_about_their_mean(self, ax):
        X, y = walnet.datasets.plane(100, noise=0.0)
        a, b, c = 0.8, -0.5, 0.3

        def predict(X):
            return a * X[:, 0] + b * X[:, 1] + c

        plots.DecisionBoundaryDisplay(predict, X, y).plot(ax)
        assert predict(level_lines(ax)) == pytest.approx(y.mean(), abs=1e-3)
        assert legend(ax) == [f"above {y.mean():.3g}", f"below {y.mean():.3g}"]

    def test_a_network_that_decides_the_same_everywhere_has_no_line(self, ax):
        plots.DecisionBoundaryDisplay(lambda X: np.zeros(len(X)), X, Y).plot(ax)
        with pytest.raises(ValueError, match="concatenate"):
            level_lines(ax)

    @pytest.mark.parametrize(
        ("outputs", "features", "message"),
        [(3, X, "each of the 2 classes, got 3"), (1, X[:, :1], "two columns")],
    )
    def test_what_cannot_be_drawn_is_one_sentence(self, ax, outputs, features, message):
        with pytest.raises(ShapeError, match=message):
            plots.DecisionBoundaryDisplay(
                lambda X: np.zeros((len(X), outputs)), features, Y
            ).plot(ax)


class TestPredictions:
    def test_the_examples_twice_side_by_side(self):
        display = plots.PredictionDisplay(Y, PREDICTED, X).plot()
        for ax, labels in ((display.ax_, Y), (display.predicted_ax_, PREDICTED)):
            for label, colour in enumerate(CLASSES[:2]):
                assert np.array_equal(points(ax, colour), X[labels == label])
        assert display.ax_.get_legend().get_title().get_text() == "original labels"
        last = display.predicted_ax_.collections[-1]
        assert np.array_equal(last.get_offsets(), X[Y != PREDICTED])

    def test_once_with_shape_and_fill(self, ax):
        plots.PredictionDisplay(Y, PREDICTED, X).plot(ax)
        as_predicted = {tuple(point) for point in points(ax, CLASSES[1])}
        assert as_predicted == {tuple(point) for point in X[PREDICTED == 1]}

    def test_without_features_each_row_is_in_the_field_of_its_labels(self, ax):
        plots.PredictionDisplay(WORDS[Y], WORDS[PREDICTED]).plot(ax)
        for label, colour in enumerate(CLASSES[:2]):
            cells = np.rint(points(ax, colour)).astype(int)
            assert np.array_equal(cells[:, 1], np.full((label == Y).sum(), label))
            assert np.array_equal(cells[:, 0], PREDICTED[label == Y])

    def test_numbers_lie_on_the_diagonal_where_they_are_right(self, ax):
        plots.PredictionDisplay([1.0, 2.0, 4.0], [1.0, 2.0, 3.0]).plot(ax)
        assert points(ax).tolist() == [[1, 1], [2, 2], [4, 3]]
        (line,) = ax.get_lines()
        assert list(line.get_xdata()) == list(line.get_ydata()) == [1, 4]

    def test_numbers_along_one_feature(self, ax):
        x = np.array([[3.0], [1.0], [2.0]])
        plots.PredictionDisplay([9.0, 1.0, 4.0], [8.0, 1.0, 5.0], x).plot(ax)
        assert points(ax).tolist() == [[1, 1], [2, 4], [3, 9]]
        (line,) = ax.get_lines()
        assert list(line.get_ydata()) == [1, 5, 8]

    @pytest.mark.parametrize(
        ("arguments", "error", "message"),
        [
            (([0, 1], [0]), ShapeError, "same rows, got 2 and 1"),
            (([], []), DataError, "at least one row"),
            (([[0], [1]], [0, 1]), ShapeError, r"one dimension, got \(2, 1\)"),
            (([0, 1], [0, 1], [[1.0], [2.0]]), ShapeError, "classes need two"),
            (([0.5, 1.0], [0.0, 1.0], X[:2]), ShapeError, "numbers need one"),
            (([0, 1], [0, 1], X), ShapeError, "a row for each label, got 120 and 2"),
        ],
    )
    def test_bad_input_is_one_sentence(self, arguments, error, message):
        with pytest.raises(error, match=message):
            plots.PredictionDisplay(*arguments)

    def test_a_label_that_is_not_among_those_given_is_named(self, ax):
        display = plots.PredictionDisplay(["a"], ["b"], [[0.0, 1.0]], labels=["a"])
        with pytest.raises(DataError, match="one of the labels given, got 'b'"):
            display.plot(ax)


class TestMistakes:
    def test_confusion_counts_pairs(self, ax):
        random = np.random.default_rng(0)
        original, predicted = random.integers(0, 5, (2, 300))
        display = plots.ConfusionDisplay(original, predicted).plot(ax)
        for i, j in np.ndindex(5, 5):
            count = sum((original == i) & (predicted == j))
            assert display.matrix[i, j] == count
            assert str(count) in {ax.texts[5 * i + j].get_text(), "0"}

    def test_a_class_that_does_not_occur_has_its_row(self):
        display = plots.ConfusionDisplay(["a", "b"], ["a", "a"], labels=["a", "b", "c"])
        assert display.matrix.tolist() == [[1, 0, 0], [1, 0, 0], [0, 0, 0]]

    def test_many_classes_have_no_room_for_numbers(self, ax):
        plots.ConfusionDisplay(np.arange(60), np.arange(60)).plot(ax)
        assert len(ax.texts) == 0
        assert len(ax.get_xticks()) == 30

    def test_residuals_are_original_less_predicted(self, ax):
        display = plots.ResidualDisplay([3.0, 1.0], [1.0, 2.0]).plot(ax)
        assert display.residuals.tolist() == [2, -1]
        assert points(ax).tolist() == [[1, 2], [2, -1]]
        assert legend(ax) == ["± root mean squared error, 1.58"]

    def test_reliability_of_a_fair_forecaster(self):
        random = np.random.default_rng(1)
        shares = random.uniform(size=20_000)
        original = (random.uniform(size=20_000) < shares).astype(int)
        display = plots.ReliabilityDisplay(original, shares)
        assert display.accuracy == pytest.approx(display.confidence, abs=0.04)
        assert display.error < 0.01
        assert np.all(display.low < display.accuracy)
        assert np.all(display.accuracy < display.high)

    def test_reliability_of_a_boaster(self):
        shares = np.tile([0.1, 0.9], (100, 1))
        original = np.repeat([0, 1], 50)
        display = plots.ReliabilityDisplay(original, shares)
        assert display.confidence == pytest.approx(0.9)
        assert display.error == pytest.approx(0.4)

    @pytest.mark.parametrize(
        ("right", "rows", "low", "high"),
        # Newcombe, Statistics in Medicine 17, 1998, table I, method 3.
        [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0, 0.1611)],
    )
    def test_wilson_interval_as_published(self, right, rows, low, high):
        found = wilson_interval(right / rows, rows)
        assert found == pytest.approx((low, high), abs=5e-5)

    def test_probabilities_outside_0_and_1_are_an_error(self):
        with pytest.raises(DataError, match="from 0 to 1"):
            plots.ReliabilityDisplay([0, 1], [0.5, 1.5])

    def test_columns_of_another_number_than_classes_are_an_error(self):
        with pytest.raises(ShapeError, match="2 columns, one for each class, got 3"):
            plots.ReliabilityDisplay([0, 1], np.full((2, 3), 1 / 3))


class TestColumns:
    def test_bars_are_means_and_lines_deviations(self, ax):
        losses = np.array([[0.1, 0.1], [0.2, 0.6], [-0.1, 0.1]])
        found = Importance(("a", "b", "c"), losses, 0.9, "accuracy lost")
        plots.ImportanceDisplay(found).plot(ax, most_columns=2)
        assert [bar.get_width() for bar in ax.patches] == pytest.approx([0.4, 0.1])
        assert [tick.get_text() for tick in ax.get_yticklabels()] == ["b", "a"]
        (spread,) = (c for c in ax.collections if isinstance(c, LineCollection))
        ends = np.array(spread.get_segments())[:, :, 0]
        deviation = np.std([0.2, 0.6], ddof=1)
        assert ends[0] == pytest.approx([0.4 - deviation, 0.4 + deviation])
        assert ax.get_xlabel().endswith("(1 more columns matter less)")

    def test_counts_of_classes(self, ax):
        plots.DataDisplay(None, ["b", "a", "b"]).plot(ax)
        assert [bar.get_width() for bar in ax.patches] == [1, 2]
        assert [tick.get_text() for tick in ax.get_yticklabels()] == ["a", "b"]

    def test_of_many_classes_the_largest_are_counted(self, ax):
        labels = [f"{i:02}" for i in range(30) for _ in range(i + 1)]
        plots.DataDisplay(None, labels).plot(ax)
        assert [bar.get_width() for bar in ax.patches] == list(range(30, 10, -1))

    def test_a_histogram_counts_every_row(self, ax):
        values = np.append(X[:, 0], np.nan)
        plots.DataDisplay(values).plot(ax)
        assert sum(bar.get_height() for bar in ax.patches) == len(X)

    def test_a_histogram_of_a_huge_outlier_has_few_bins(self, ax):
        plots.DataDisplay(np.append(X[:, 0], 1e9)).plot(ax)
        assert len(ax.patches) <= 40

    @pytest.mark.parametrize(
        ("X", "y", "error", "message"),
        [
            (None, None, DataError, "got neither"),
            (np.zeros((4, 3)), None, ShapeError, r"1 or 2 columns, got shape \(4, 3\)"),
            (X, Y[:5], ShapeError, "as many rows, got 120 and 5"),
        ],
    )
    def test_bad_input_is_one_sentence(self, X, y, error, message):
        with pytest.raises(error, match=message):
            plots.DataDisplay(X, y)


@pytest.mark.parametrize("labels", [["no", "yes"], ["a", "b", "c"]])
def test_areas_under_curves_are_those_of_scikit_learn(labels, ax):
    from sklearn.metrics import average_precision_score, roc_auc_score

    random = np.random.default_rng(0)
    codes = random.integers(0, len(labels), 300)
    # Two decimals: many rows have the same probability.
    shares = np.round(random.dirichlet(np.ones(len(labels)), 300), 2)
    shares[np.arange(300), codes] += 0.3
    original = np.array(labels)[codes]
    roc = plots.RocDisplay(original, shares, labels=labels)
    pr = plots.PrecisionRecallDisplay(original, shares, labels=labels)
    for index, ranking in roc.rankings.items():
        expected = roc_auc_score(codes == index, shares[:, index])
        assert ranking.area == pytest.approx(expected)
        expected = average_precision_score(codes == index, shares[:, index])
        assert ranking.average_precision == pytest.approx(expected)
    for display in (roc, pr):
        shown = display.plot(ax)
        assert len(legend(shown.ax_)) == len(display.rankings)
        ax.clear()


def test_a_class_that_is_not_there_has_no_curve():
    shares = np.array([[0.5, 0.5], [0.2, 0.8]])
    display = plots.RocDisplay(["a", "a"], shares, labels=["a", "b"])
    assert display.rankings == {}
    assert np.isnan(display.mean)


def test_of_many_classes_those_that_are_told_worst_are_drawn():
    labels = [f"c{i}" for i in range(9)]
    codes = np.repeat(np.arange(9), 10)
    shares = np.eye(9)[codes]
    shares[codes == 4] = 1 / 9
    display = plots.RocDisplay(np.array(labels)[codes], shares, labels=labels)
    assert len(display.shown) == 6
    assert 4 in display.shown


def test_large_numbers_are_written_out(ax):
    random = np.random.default_rng(0)
    y = random.uniform(0, 2e6, 50)
    for display in (
        plots.PredictionDisplay(y, y + 1e5),
        plots.ResidualDisplay(y, y + 1e5 * random.normal(size=50)),
        plots.IntervalDisplay(y, y - 1e5, y + 1e5),
        plots.DataDisplay(None, y),
    ):
        display.plot(ax)
        ax.figure.canvas.draw()
        for axis in (ax.xaxis, ax.yaxis):
            assert axis.get_offset_text().get_text() == ""
        ax.clear()

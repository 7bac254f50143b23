"""Effects of columns: partial dependence, and its picture."""

from __future__ import annotations

import numpy as np
import pytest
from drawing import legend
from matplotlib.figure import Figure

from walnet import plots
from walnet.errors import DataError, HyperparameterError
from walnet.inspection.effects import partial_dependence
from walnet.tables import as_table


@pytest.fixture
def ax():
    """Axes of a figure that pyplot does not know of."""
    return Figure(layout="constrained").subplots()


@pytest.fixture
def table():
    table = {"x": np.arange(40.0), "hue": list("rrgb") * 10, "on": [True, False] * 20}
    return as_table(table)


def test_the_effect_of_a_number_is_its_part_of_a_sum(table):
    def predict(rows):
        return 3 * rows["x"].numbers() + 100 * rows["on"].numbers()

    (effect,) = partial_dependence(predict, table, ["x"])
    others = 100 * table["on"].numbers().mean()
    assert effect.mean[:, 0] == pytest.approx(3 * np.array(effect.values) + others)
    # The band is of the rows' own predictions: half of them are 100 above.
    assert effect.high[:, 0] - effect.low[:, 0] == pytest.approx(100)
    assert 12 <= len(effect.values) <= 16


def test_the_whole_range_is_shown_and_where_the_data_are():
    x = np.r_[np.linspace(0, 1, 99), 100.0]
    day = np.datetime64("2024-01-01") + np.arange(100)
    table = as_table({"x": x, "day": day, "hue": ["r"] * 75 + ["g"] * 25})
    found = partial_dependence(lambda t: t["x"].numbers(), table, ["x", "day", "hue"])
    assert found[0].values[0] == 0
    assert found[0].values[-1] == 100
    assert found[0].spread[50] == pytest.approx(0.5, abs=0.02)
    ends = [str(found[1].values[place])[:10] for place in (0, -1)]
    assert ends == ["2024-01-01", "2024-04-09"]
    assert found[2].spread == [0.75, 0.25]


@pytest.mark.parametrize(
    ("x", "scale"),
    [
        (np.exp(np.linspace(0, 12, 60)), "log"),
        (np.linspace(0, 12, 60), "linear"),
        (np.linspace(-1, 1, 60) ** 15 * 1e6, "symlog"),
    ],
)
def test_values_that_would_lie_on_each_other_get_another_scale(x, scale, ax):
    (effect,) = partial_dependence(
        lambda t: t["x"].numbers(), as_table({"x": x}), ["x"]
    )
    assert plots.EffectDisplay(effect).plot(ax).ax_.get_xscale() == scale
    ax.figure.canvas.draw()
    assert "1e" not in "".join(each.get_text() for each in ax.get_yticklabels())


def test_levels_come_from_the_most_frequent_one(table):
    def predict(rows):
        codes = np.array(rows["hue"].levels())[rows["hue"].codes()]
        return np.column_stack([codes == "r", codes != "r"])

    hue, on = partial_dependence(predict, table, ["hue", "on"])
    assert hue.values[0] == "r"
    assert set(hue.values) == {"r", "g", "b"}
    assert hue.mean[:, 0].tolist() == [1, 0, 0]
    assert hue.reach == 1
    assert on.reach == 0
    assert on.values == [False, True]


def test_a_column_of_one_value_has_no_effect():
    table = as_table({"x": [1.0, 1.0, None], "z": [1.0, 2.0, 3.0]})
    found = partial_dependence(lambda t: t["z"].numbers(), table, ["x", "z"])
    assert [effect.name for effect in found] == ["z"]


def test_no_rows_and_too_few_points_are_one_sentence(table):
    with pytest.raises(DataError, match="at least one row"):
        partial_dependence(len, table.take(np.arange(0)), ["x"])
    with pytest.raises(HyperparameterError, match="at least 2 and 1, got 1"):
        partial_dependence(len, table, ["x"], points=1)


@pytest.mark.parametrize("name", ["x", "hue"])
def test_each_class_has_its_line_and_of_two_the_second(name, table, ax):
    def predict(rows):
        share = rows["x"].numbers() / 40
        return np.column_stack([1 - share, share / 2, share / 2])

    (effect,) = partial_dependence(predict, table, [name])
    plots.EffectDisplay(effect, ["a", "b", "c"]).plot(ax)
    assert legend(ax) == ["a", "b", "c"]
    (effect,) = partial_dependence(lambda t: predict(t)[:, :2], table, [name])
    display = plots.EffectDisplay(effect, ["a", "b"])
    assert display.lines == [1]


def test_of_very_many_classes_those_that_move_are_drawn(table):
    def predict(rows):
        moved = rows["x"].numbers()[:, None] * np.arange(20)
        return moved / moved.max()

    (effect,) = partial_dependence(predict, table, ["x"])
    assert plots.EffectDisplay(effect, list(range(20))).lines == list(range(14, 20))

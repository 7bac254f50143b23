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
    assert len(effect.values) == 16


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

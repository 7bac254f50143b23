"""The target: classes or a number, and the way back from a network's outputs."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from walnet.errors import DataError, HyperparameterError, ShapeError
from walnet.tables import Schema, as_table, infer_task, read_table
from walnet.tables.label_notes import label_notes, single_row_notes
from walnet.tables.target import drop_unlabelled, fit_target


def column(values):
    return as_table({"y": values})["y"]


@pytest.mark.parametrize(
    ("values", "task"),
    [
        (["a", "b", "a"], "classification"),
        ([True, False], "classification"),
        ([0, 1, 0, 1], "classification"),
        ([0.0, 1.0, 0.0, None, 1.0], "classification"),
        (list(range(10)) * 2, "classification"),
        (list(range(11)) * 2, "regression"),
        ([1, 2, 3], "regression"),
        ([0.5, 1, 0.5, 1], "regression"),
        ([1000, 2000, 3500], "regression"),
    ],
)
def test_the_task_is_told_from_the_values(values, task):
    assert infer_task(column(values)) == task


@pytest.mark.parametrize(
    ("values", "labels"),
    [
        (["b", "a", "b"], ["a", "b"]),
        ([True, False, True], [False, True]),
        ([3, 7, 3, 7], [3, 7]),
        (np.array([3, 7, 3, 7], np.uint8), [3, 7]),
        ([3.0, 7.0, 3.0, 7.0], [3, 7]),
        ([2**62 + 1, 2**62, 2**62 + 1, 2**62], [2**62, 2**62 + 1]),
        (["007", "07", "007"], ["007", "07"]),
        (["c", "a", "b", "a"], ["a", "b", "c"]),
    ],
)
def test_labels_keep_their_type(values, labels):
    target = fit_target(column(values))
    assert target.labels == labels
    assert [type(label) for label in target.labels] == [type(label) for label in labels]
    codes = target.encode(column(values))
    assert target.decode(codes).tolist() == list(values)
    learned = target.matrix(column(values))
    assert learned.shape == (len(values), 1 if len(labels) == 2 else len(labels))
    assert learned.dtype == np.float32
    assert target.decode(learned).tolist() == list(values)
    one_hot = target.probabilities(learned)
    assert one_hot.shape == (len(values), len(labels))
    assert target.decode(one_hot).tolist() == list(values)


def test_outputs_of_another_number_of_classes_are_refused():
    three = fit_target(column(["a", "b", "c"]))
    two = fit_target(column(["a", "b"]))
    for target, columns in ((three, 1), (three, 2), (two, 3)):
        with pytest.raises(ShapeError, match="outputs must have shape"):
            target.probabilities(np.zeros((4, columns)))


def test_the_task_may_be_given():
    numbers = [0.5, 1.5, 0.5, 2.0]
    assert fit_target(column(numbers), "classification").labels == [0.5, 1.5, 2.0]
    target = fit_target(column([0, 1, 0, 1]), "regression")
    assert (target.mean, target.deviation) == (0.5, 0.5)
    assert fit_target(column(["1", "3"]), "regression").mean == 2
    assert fit_target(column([True, False]), "regression").mean == 0.5
    with pytest.raises(
        HyperparameterError, match="task must be 'classification' or 'regre"
    ):
        fit_target(column(numbers), "cluster")
    with pytest.raises(DataError, match="'y' cannot be learned: it holds 'x' in row 2"):
        fit_target(column(["1", "x"]), "regression")


@given(st.lists(st.floats(-1e300, 1e300), min_size=2, unique=True))
def test_numbers_come_back_in_their_own_unit(values):
    try:
        target = fit_target(column(values), "regression")
    except DataError as error:
        # All the same but for the last bits.
        assert "in all rows" in str(error)  # noqa: PT017
        return
    back = target.decode(target.matrix(column(values)))
    assert np.abs(back - values).max() <= 1e-5 * np.abs(values).max()


@pytest.mark.parametrize(("offset", "scale"), [(1e6, 1), (0, 1e9), (0, 1e-9)])
def test_a_target_of_any_size_is_learned_standardised(offset, scale):
    plain = np.random.default_rng(0).normal(size=200)
    expected = fit_target(column(plain)).encode(column(plain))
    values = plain * scale + offset
    target = fit_target(column(values))
    assert np.abs(target.encode(column(values)) - expected).max() < 1e-8
    assert target.decode(expected) == pytest.approx(values, rel=1e-12)


@pytest.mark.parametrize(
    ("values", "task", "message"),
    [
        (["a", "a"], None, "cannot be learned: it has one class, 'a', in all rows"),
        ([1, 1, 1], None, "has one class, '1', in all rows; add rows of another class"),
        ([1.5, 1.5], None, "cannot be learned: it is 1.5 in all rows"),
        (
            ["2024-01-01", "2024-01-02"],
            None,
            "holds dates; turn them into numbers, such",
        ),
        (
            ["2024-01-01", "2024-01-02"],
            "regression",
            "holds dates; turn them into numbers",
        ),
        (
            [f"t{i}" for i in range(50)],
            None,
            "50 different values in 50 rows; choose a",
        ),
        (
            [str(i) if i % 3 else f"t{i}!" for i in range(40)],
            None,
            "26 of 40 are numbers, others are not, such as 't0!' in row 1",
        ),
        (list(range(20_000)), "classification", "has 20,000 different values"),
        ([1.0, float("inf")], None, "must hold finite numbers, got inf in row 2"),
    ],
)
def test_a_target_that_cannot_be_learned_is_refused(values, task, message):
    with pytest.raises(DataError, match=message):
        fit_target(column(values), task)


def test_ten_thousand_classes_of_one_number_each_are_encoded():
    values = np.repeat(np.arange(10_000), 2)
    target = fit_target(column(values), "classification")
    assert np.array_equal(target.encode(column(values)), values)


def test_an_unknown_target_is_refused_with_the_nearest_name():
    table = as_table({"size": [1, 2], "class": ["a", "b"]})
    with pytest.raises(DataError, match="no target 'clas'; did you mean 'class'"):
        Schema.fit(table, "clas")
    with pytest.raises(DataError, match=r"no target 'zzz'; there are 'size', 'class'$"):
        drop_unlabelled(table, "zzz")
    with pytest.raises(DataError, match="'a'; if the file has no names of columns, wr"):
        drop_unlabelled(as_table({"0.5": [1, 2], "a": [1, 2]}), "kind")


def test_rows_without_a_target_are_dropped_or_named():
    columns = {"a": [1, 2, 3, 4, 5], "y": ["p", None, "q", "p", "q"]}
    table = as_table(columns)
    kept, warnings = drop_unlabelled(table, "y")
    assert kept["a"].numbers().tolist() == [1, 3, 4, 5]
    assert warnings == ["1 row of 5 has no target 'y' and is left out"]
    schema = Schema.fit(kept, "y")
    with pytest.raises(DataError, match="target 'y' has no value in row 2"):
        schema.encode_target(table)
    with pytest.raises(
        DataError, match="target 'y' must be one of 'p', 'q', got 'r' in row 1"
    ):
        schema.encode_target(as_table({"y": ["r", "p"]}))
    with pytest.raises(DataError, match="target 'y' has no value in any row"):
        drop_unlabelled(as_table({"a": [1], "y": [None]}), "y")


def test_labels_that_look_like_numbers_are_read_as_text_again(tmp_path):
    path = tmp_path / "table.csv"
    path.write_text("a,y\n1,007\n2,x7\n3,007\n4,x7\n")
    schema = Schema.fit(read_table(path), "y")
    path.write_text("a,y\n1,007\n")
    again = read_table(path, schema.read_options)
    assert schema.decode(schema.encode_target(again)).tolist() == ["007"]


def test_outputs_of_another_width_are_refused():
    with pytest.raises(
        ShapeError, match=r"must have shape \(examples, 2\), got \(1, 3\)"
    ):
        fit_target(column(["a", "b"])).decode(np.zeros((1, 3)))
    with pytest.raises(
        ShapeError, match=r"must have shape \(examples, 1\), got \(1, 3\)"
    ):
        fit_target(column([1.5, 2])).decode(np.zeros((1, 3)))


def test_labels_that_may_be_one_and_classes_of_one_row_are_named():
    labels = ["no", "No", "NO", "n o", "yes", "Yes!", "-1", "1", "1.0", "10", "10 "]
    target = as_table({"y": labels * 2 + ["once"]})["y"]
    notes = label_notes(target)
    assert len(notes) == 2
    assert "labels 'NO', 'No', 'n o', 'no' differ by case, spaces or" in notes[0]
    assert "labels 'Yes!', 'yes' differ" in notes[1]
    note = "target 'y': class 'once' has a single row: it cannot be both learned and"
    assert single_row_notes(target) == [f"{note} tested"]
    several = single_row_notes(as_table({"y": ["a", "a", "b", "c"]})["y"])
    assert "2 classes have a single row each, 'b', 'c': they cannot" in several[0]


def test_numbers_have_no_labels_to_be_named():
    assert drop_unlabelled(as_table({"y": [1.5, 2.5, 3.0]}), "y")[1] == []


def test_text_that_was_to_be_learned_as_a_number_is_named_with_its_row():
    with pytest.raises(DataError, match="'y' cannot be learned: it holds 'No' in row"):
        fit_target(column(["1.5", "No", "2.5", "Yes"]), "regression")

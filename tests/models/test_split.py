"""Rows to learn from and rows to test with: by share, group, time or a second table."""

from __future__ import annotations

import numpy as np
import pytest

import walnet
from walnet.errors import DataError, HyperparameterError
from walnet.models.ensemble_model import EnsembleModel
from walnet.models.split import SplitWay, split_known, split_with
from walnet.tables import Schema, as_table, read_table

N = 40
DAYS = [f"2024-01-{1 + i % 28:02d}" for i in range(N)]
ROWS = {
    "patient": [f"p{i // 4}" for i in range(N)],
    "day": DAYS,
    "size": list(np.linspace(0.5, 20, N)),
    "kind": ["no", "yes"] * (N // 2),
}


def test_rows_of_a_group_stay_together_and_it_is_said():
    table = as_table(ROWS)
    split = split_known(table, "kind", SplitWay(group="patient"))
    patients = np.array(ROWS["patient"])
    assert not set(patients[split.train]) & set(patients[split.test])
    assert len(split.test) in (8, 12)
    assert "column 'patient' says which rows belong together" in split.notes[-1]
    other = split_known(table, "kind", SplitWay(group="patient", seed=3))
    assert not np.array_equal(other.test, split.test)


def test_a_row_without_a_group_is_a_group_of_its_own():
    groups = ["a"] * 10 + [None] * 10
    table = as_table({"g": groups, "x": range(20), "y": ["u", "v"] * 10})
    train, test = walnet.split_table(table, "y", group="g")
    assert len(train) + len(test) == 20
    assert len(test) == 5


def test_later_rows_are_to_test_with_and_rows_of_one_time_stay_together():
    train, test = walnet.split_table(ROWS, "kind", time="day")
    days = np.array(DAYS, "M8[D]")
    last = train["day"].dates().max()
    assert last < test["day"].dates().min()
    assert len(test) == (days > last).sum()
    assert abs(len(test) - N / 4) <= 1


def test_a_second_table_is_read_as_the_first_one_and_keeps_its_row_numbers(tmp_path):
    first, second = tmp_path / "a.csv", tmp_path / "b.csv"
    first.write_text("size;kind\n" + "1,5;no\n20,25;yes\n" * 10)
    second.write_text("kind;more;size\n;x;1\nyes;x;3\nno;x;1,75\n")
    table = read_table(first)
    split = split_with(table, read_table(second, expected=table.readings), "kind")
    assert split.test_table["size"].numbers().tolist() == [3, 1.75]
    assert [split.test_table["size"].row_number(i) for i in range(2)] == [2, 3]
    note = "of the table to test with, 1 row of 3 has no target 'kind' and is left out"
    assert split.notes == [note]


def test_test_rows_of_a_new_class_are_left_out_with_a_note():
    kinds = ["no", "yes"] * 15 + ["new"] * 10
    split = split_known(
        as_table(ROWS | {"kind": kinds, "day": np.arange(N)}),
        "kind",
        SplitWay(time="day", share=0.3),
    )
    assert len(split.test) == 2
    assert "10 rows to test with of a class that no row to learn" in split.notes[-1]


def test_dates_are_noted_where_rows_are_chosen_at_random():
    notes = split_known(as_table(ROWS), "kind", SplitWay()).notes
    assert "chosen at random" in notes[-1]
    assert notes[-1].endswith("split by time: 'day'")


REFUSED = {
    "no such column": ({"group": "x"}, DataError, "no column 'x'"),
    "the target": ({"time": "kind"}, DataError, "cannot be split by the target"),
    "text as time": ({"time": "patient"}, DataError, "must hold dates or numbers"),
    "two ways": ({"time": "day", "group": "day"}, HyperparameterError, "give one"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_way_that_cannot_be_is_one_sentence(case):
    options, error, message = REFUSED[case]
    with pytest.raises(error, match=message):
        walnet.split_table(ROWS, "kind", **options)


def test_gaps_and_single_values_are_named():
    gaps = ROWS | {"day": [None, *DAYS[1:]], "one": ["a"] * N}
    with pytest.raises(
        DataError, match=r"'day' has no value in row 1 \(counted from 1\); to order"
    ):
        walnet.split_table(gaps, "kind", time="day")
    with pytest.raises(DataError, match="'one': splitting by groups needs at least 2"):
        walnet.split_table(gaps, "kind", group="one")
    table = as_table(ROWS)
    with pytest.raises(DataError, match="the table to test with has no 'size'"):
        split_with(table, table.without("size"), "kind")


def notes_of(table, way, **options):
    """Return what is said of a target when rows are split, and when learned."""
    split = split_known(as_table(table), "y", way, **options)
    model = EnsembleModel.fit(split.train_table, "y", preset="fast", members=2)
    schema = Schema.fit(split.train_table, "y")
    return split.notes, model.warnings + schema.warnings


def test_what_is_to_be_known_of_labels_is_told_once_and_as_the_rows_are_split():
    table = {"a": list(range(21)), "y": ["no", "No"] * 10 + ["yes"]}
    said, again = notes_of(table, SplitWay())
    assert "labels 'No', 'no' differ" in said[0]
    assert "class 'yes' has a single row" in said[1]
    assert again == []
    assert len(notes_of(table, SplitWay(share=0))[0]) == 1
    assert "labels 'No', 'no'" in Schema.fit(as_table(table), "y").warnings[0]
    numbers = {"a": list(range(20)), "y": [1.0, 2.0] * 9 + [3.0, 2.0]}
    numbered = split_known(as_table(numbers), "y", SplitWay(), "regression")
    assert numbered.notes == []
    assert "single row" in split_known(as_table(numbers), "y", SplitWay()).notes[0]


@pytest.mark.parametrize("model", [EnsembleModel, walnet.NetworkModel])
def test_a_group_is_not_learned_from_and_new_rows_need_none(model):
    some = {"preset": "fast", "members": 2} if model is EnsembleModel else {"epochs": 2}
    train, test = walnet.split_table(ROWS, "kind", group="patient")
    fitted = model.fit(train, "kind", group="patient", **some)
    assert fitted.schema.names == ["day", "size"]
    assert len(fitted.predict(test.without("patient"))) == len(test)


def test_validation_rows_are_whole_groups_or_the_last_in_time():
    given = {"validation_share": 0.5, "epochs": 2}
    table = ROWS | {"patient": ["a"] * 10 + ["b"] * 30}
    grouped = walnet.NetworkModel.fit(table, "kind", group="patient", **given)
    assert (grouped.rows, grouped.validation_rows) == (30, 10)
    halves = ROWS | {"time": [1.0] * 10 + [2.0] * 30}
    timed = walnet.NetworkModel.fit(halves, "kind", time="time", **given)
    assert (timed.rows, timed.validation_rows) == (10, 30)

"""The schema: what training rows teach it, and what it makes of further rows."""

from __future__ import annotations

import copy
import json
import math

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from walnet.errors import DataError, FileFormatError, WalnetError
from walnet.tables import Column, Schema, Table, as_table
from walnet.tables.limits import MAX_LEVELS

BASE = {
    "size": [1.0, 2.0, 3.0, None],
    "hue": ["red", "blue", None, "red"],
    "paid": [True, None, False, True],
    "day": ["2024-01-31", None, "2024-02-01", "2025-02-28"],
    "class": ["no", "yes", "no", "yes"],
}


def changed(columns=None, **changes):
    """Return columns with some of them replaced, None to leave one out."""
    columns = {**(columns or BASE), **changes}
    return {name: values for name, values in columns.items() if values is not None}


def fit(columns=None, target="class", **options):
    return Schema.fit(as_table(columns or BASE), target, **options)


def test_each_kind_of_column_is_encoded_as_documented():
    schema = fit()
    assert schema.feature_names == [
        "size",
        "size (missing)",
        "hue=blue",
        "hue=red",
        "hue (missing)",
        "paid",
        "paid (missing)",
        "day (days)",
        "day (year)",
        "day (month)",
        "day (day)",
        "day (weekday)",
        "day (missing)",
    ]
    assert schema.names == ["size", "hue", "paid", "day"]
    inputs = schema.encode(as_table(BASE))
    assert inputs.dtype == np.float32
    third = math.sqrt(1.5)
    assert inputs[:, :7].tolist() == pytest.approx(
        np.array(
            [
                [-third, 0, 0, 1, 0, 1, 0],
                [0, 0, 1, 0, 0, 0, 1],
                [third, 0, 0, 0, 1, -1, 0],
                [0, 1, 0, 1, 0, 1, 0],
            ]
        )
    )
    months = inputs[[0, 2, 3], schema.feature_names.index("day (month)")]
    assert months == pytest.approx(np.array([-2, 1, 1]) / math.sqrt(2))
    assert inputs[:, -1].tolist() == [0, 1, 0, 0]
    assert np.isfinite(inputs).all()


# I1: shapes and values at the edges


def test_infinite_numbers_are_named_by_column_and_row():
    columns = changed(size=[1.0, 2.0, math.inf, None])
    with pytest.raises(
        DataError, match="column 'size' must hold finite numbers, got inf in"
    ):
        fit(columns)
    with pytest.raises(
        DataError,
        match=r"'size' .* got -inf in row 2 .counted from 1.; correct it or leave",
    ):
        fit().encode(as_table(changed(size=[1.0, -math.inf, 3.0, 4.0])))
    with pytest.raises(DataError, match="column 'size' must hold finite numbers"):
        fit(columns, target="size", task="regression")


def test_columns_that_teach_nothing_are_left_out_with_a_warning():
    schema = fit(
        changed(
            gap=[None] * 4,
            one=[7, 7, 7, 7],
            near=[1e6, 1e6 * (1 + 1e-16), 1e6, 1e6],
            same=["x"] * 4,
            yes=[True] * 4,
            noon=["2024-01-31 12:00"] * 4,
            nan=[math.nan] * 4,
        )
    )
    assert schema.names == ["size", "hue", "paid", "day"]
    for name, reason in {
        "gap": "has no values",
        "one": "holds only the value 7",
        "near": "holds only the value 1e+06",
        "same": "holds only the value 'x'",
        "yes": "holds only the value true",
        "noon": "holds only the date 2024-01-31T12:00",
        "nan": "has no values",
    }.items():
        text = f"column '{name}' is left out: it {reason}"
        assert any(warning.startswith(text) for warning in schema.warnings), text


def test_no_rows_one_row_and_no_columns_have_an_outcome():
    with pytest.raises(DataError, match="target 'class' has no value in any row"):
        fit({name: [] for name in BASE})
    with pytest.raises(
        DataError, match="target 'class' cannot be learned: it has one class"
    ):
        fit({name: values[:1] for name, values in BASE.items()})
    with pytest.raises(DataError, match="no column to learn 'class' from"):
        fit({"class": ["no", "yes"]})
    with pytest.raises(
        DataError, match="no column to learn 'class' from: column 'a' is left"
    ):
        fit({"a": [1, 1], "class": ["no", "yes"]})
    inputs = fit().encode(as_table({name: [] for name in BASE}))
    assert inputs.shape == (0, 13)


def test_two_rows_and_duplicate_rows_and_more_columns_than_rows():
    assert fit({"a": [1, 2], "class": ["no", "yes"]}).encode(
        as_table({"a": [1, 2, 1]})
    ).tolist() == [[-1], [1], [-1]]
    wide = {f"x{i}": [i, i + 1, i] for i in range(50)}
    assert len(fit({**wide, "class": ["a", "b", "a"]}).feature_names) == 50


def test_rows_without_a_target_are_left_out_with_a_warning():
    schema = fit(changed(**{"class": ["no", None, "no", "yes"]}))
    assert "1 row of 4 has no target 'class' and is left out" in schema.warnings
    assert schema.target.labels == ["no", "yes"]


def test_texts_that_name_single_rows_are_left_out():
    names = [f"name {i}" for i in range(40)]
    columns = {"name": names, "x": list(range(40)), "class": ["a", "b"] * 20}
    schema = fit(columns)
    assert schema.names == ["x"]
    assert (
        "40 different texts in 40 rows, such as 'name 0', too many to learn from"
        in schema.warnings[0]
    )
    mixed = [str(i) if i % 3 else f"t{i}" for i in range(40)]
    warnings = fit(changed(columns, name=mixed)).warnings
    assert "26 of 40 cells are numbers such as '1', the others" in warnings[0]
    assert "too many to learn from" in warnings[1]


def test_rows_are_counted_as_in_the_file_not_among_those_taken():
    mixed = [str(i) if i % 3 else f"t{i}" for i in range(79)] + ["abc"]
    table = as_table({"name": mixed, "x": list(range(80)), "class": ["a", "b"] * 40})
    rows = np.arange(1, 80)
    taken = table.take(rows).take(rows[39:] - 1)
    message = "26 of 40 are numbers, others are not, such as 't42' in row 43"
    with pytest.raises(DataError, match=message):
        Schema.fit(taken, "name")
    numbers = as_table({"size": [1.0, 2.0, np.inf], "class": ["a", "b", "a"]})
    with pytest.raises(DataError, match="got inf in row 3"):
        Schema.fit(numbers.take(np.array([1, 2])), "class")


def test_a_million_levels_are_left_out_and_many_share_one_input():
    n = 1_000_000
    columns = {
        "key": np.arange(n).astype(str),
        "city": (np.arange(n) % 1000).astype(str),
        "class": np.arange(n) % 2 == 0,
    }
    schema = fit(columns)
    assert "'key' is left out: it has 1,000,000 different texts" in schema.warnings[0]
    assert "'city' has many levels: the 100 most frequent" in schema.warnings[1]
    assert len(schema.feature_names) == MAX_LEVELS + 1
    table = as_table({"city": ["0", "999", "new", None], "key": ["a"] * 4})
    inputs = schema.encode(table)
    assert inputs.sum(axis=1).tolist() == [1, 1, 1, 0]
    assert inputs[:, -1].tolist() == [0, 1, 1, 0]


def test_the_most_frequent_levels_are_kept_and_ties_go_by_name():
    rare = [f"r{i:03d}" for i in range(150)]
    levels = [*rare, *rare, "often", "often", "often"]
    schema = fit({"a": levels, "class": np.arange(303) % 2 == 0})
    assert schema.feature_names[0] == "a=often"
    assert schema.feature_names[-2:] == ["a=r098", "a=(other)"]


def test_inputs_that_would_fill_the_memory_are_refused():
    many = [f"t{i % 90}" for i in range(270)]
    schema = fit({"a": many, "class": ["x", "y"] * 135})
    nulls = pa.chunked_array([pa.nulls(10**8)])
    with pytest.raises(
        DataError, match="would be 100,000,000 rows × 90 numbers, and 1,0"
    ):
        schema.encode(Table([Column("a", "empty", nulls)]))


def test_the_task_and_the_matrix_of_a_target():
    schema = fit()
    assert schema.task == "classification"
    second = [[0], [1], [0], [1]]  # of two classes
    assert schema.target_matrix(as_table(BASE)).tolist() == second
    numbers = {"a": [1, 2], "y": [1.5, 2.5]}
    schema = fit(numbers, "y")
    assert schema.task == "regression"
    assert schema.target_matrix(as_table(numbers)).tolist() == [[-1], [1]]
    assert schema.encode_target(as_table(numbers)).tolist() == [-1, 1]


# Numbers of any size


@pytest.mark.parametrize(
    ("offset", "scale"),
    [(0, 1), (0, 1e-3), (0, 1e9), (1e6, 1e-3), (-1e12, 1), (1e15, 1e3), (1e15, 1e9)],
)
def test_numbers_are_standardised_whatever_their_offset(offset, scale):
    plain = np.random.default_rng(0).normal(size=500)
    values = plain * scale + offset
    table = as_table({"a": values, "class": plain > 0})
    inputs = Schema.fit(table, "class").encode(table)[:, 0].astype(float)
    expected = (values - offset) / scale
    expected = (expected - expected.mean()) / expected.std()
    assert inputs.mean() == pytest.approx(0, abs=1e-4)
    assert inputs.std() == pytest.approx(1, rel=1e-4)
    assert np.abs(inputs - expected).max() < 1e-3


@pytest.mark.parametrize("scale", [1e-300, 1e-8, 1e38, 1e300])
def test_huge_and_tiny_numbers_stay_finite(scale):
    values = np.array([-1.0, 0.5, 1.0, 0.0, 1.5]) * scale
    table = as_table({"a": values, "class": ["x", "y", "x", "y", "x"]})
    inputs = Schema.fit(table, "class").encode(table)
    assert inputs.std() == pytest.approx(1, rel=1e-5)
    far = Schema.fit(table, "class").encode(as_table({"a": [1.7e308, -1.7e308]}))
    assert np.isfinite(far).all()


# I6: further rows that differ from the training rows


def test_unseen_levels_are_zero_and_noted():
    schema = fit()
    table = as_table(changed(hue=["green", "red", "grey", None]))
    inputs = schema.encode(table)[:, 2:5]
    assert inputs.tolist() == [[0, 0, 0], [0, 1, 0], [0, 0, 0], [0, 0, 1]]
    assert schema.drift(table) == [
        "column 'hue': 2 of 4 rows with a level not seen at training: 'green', 'grey'"
    ]
    assert schema.drift(as_table(BASE)) == []


def test_values_missing_for_the_first_time_are_the_median_and_noted():
    columns = {"a": [1, 2, 4], "b": ["x", "y", "x"], "c": [True, False, True]}
    schema = fit({**columns, "class": ["n", "m", "n"]})
    table = as_table({"a": [2, None], "b": ["x", None], "c": [True, None]})
    inputs = schema.encode(table)
    assert inputs[1].tolist() == [inputs[0, 0], 0, 0, 0]
    assert schema.drift(table) == [
        f"column '{name}': 1 row without a value, as none were at training"
        for name in "abc"
    ]


def test_numbers_far_outside_are_noted():
    table = as_table(changed(size=[0.0, 5.0, 5.1, -100.0]))
    assert fit().drift(table) == [
        "column 'size': 2 values far outside the range at training, 1 to 3"
    ]


def test_a_missing_column_is_named_with_the_nearest_name():
    schema = fit()
    with pytest.raises(
        DataError, match=r"no column 'size'; did you mean 'Size'.* trained wi"
    ):
        schema.encode(
            as_table({("Size" if k == "size" else k): v for k, v in BASE.items()})
        )
    with pytest.raises(
        DataError, match="2 columns of the training are missing: 'size', 'h"
    ):
        schema.encode(as_table(changed(size=None, hue=None)))


def test_reordered_and_further_columns_change_nothing():
    schema = fit()
    reversed_columns = {"new": [1, 2, 3, 4], **dict(reversed(BASE.items()))}
    assert np.array_equal(
        schema.encode(as_table(reversed_columns)), schema.encode(as_table(BASE))
    )


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"size": ["1", "2", "x", "y"]},
            "'size' must hold numbers as .* got 'x' in row 3",
        ),
        ({"size": BASE["day"]}, "column 'size' must hold numbers as at training, got"),
        ({"day": [1, 2, 3, 4]}, "column 'day' must hold dates as .* got '1' in row 1"),
        (
            {"day": [None, "x", "y", "x"]},
            "'day' must hold dates as .* got 'x' in row 2",
        ),
        (
            {"paid": ["no", "yes", "no", "no"]},
            "'paid' must hold true and false .* got 'no'",
        ),
        ({"paid": [0, 1, 2, 1]}, "'paid' must hold true and false .* got '2' in row 3"),
    ],
)
def test_values_of_another_kind_are_named_by_column_and_row(changes, message):
    with pytest.raises(DataError, match=message):
        fit().encode(as_table(changed(**changes)))


def test_values_that_mean_the_same_are_taken():
    schema = fit()
    expected = schema.encode(as_table(BASE))
    same = changed(size=["1", "2.0", " 3", None], paid=[1, None, 0, 1.0])
    assert np.array_equal(schema.encode(as_table(same)), expected)
    gaps = {name: [None] * 4 for name in BASE}
    assert np.isfinite(schema.encode(as_table(gaps))).all()
    numbered = fit(changed(hue=["1", "x", None, "1"]))
    inputs = numbered.encode(as_table(changed(hue=[1, None, 1, 7])))
    assert inputs[:, 2:5].tolist() == [[1, 0, 0], [0, 0, 1], [1, 0, 0], [0, 0, 0]]


# Laws

columns = st.fixed_dictionaries(
    {
        "size": st.lists(st.none() | st.floats(-1e300, 1e300), min_size=6, max_size=6),
        "hue": st.lists(st.none() | st.sampled_from("abc"), min_size=6, max_size=6),
        "paid": st.lists(st.none() | st.booleans(), min_size=6, max_size=6),
        "day": st.lists(st.none() | st.datetimes(), min_size=6, max_size=6),
        "class": st.just(["x", "y", "z", "x", "y", "z"]),
    }
)


def fit_or_none(table):
    """Return a schema, or nothing if there is nothing to learn from."""
    try:
        return Schema.fit(table, "class")
    except DataError as error:
        assert "no column to learn" in str(error)  # noqa: PT017 - the only reason allowed
        return None


@given(columns)
def test_a_row_alone_is_encoded_as_among_others(columns):
    table = as_table(columns)
    schema = fit_or_none(table)
    if schema is None:
        return
    together = schema.encode(table)
    assert np.isfinite(together).all()
    for row in range(6):
        alone = schema.encode(table.take(np.array([row])))
        assert alone.tobytes() == together[row].tobytes()


@given(columns, st.permutations(["size", "hue", "paid", "day", "class"]))
def test_the_order_of_columns_moves_inputs_and_changes_none(columns, order):
    table = as_table(columns)
    schema, moved = fit_or_none(table), fit_or_none(table.select(order))
    if schema is None:
        assert moved is None
        return
    assert sorted(moved.feature_names) == sorted(schema.feature_names)
    places = [moved.feature_names.index(name) for name in schema.feature_names]
    assert np.array_equal(moved.encode(table)[:, places], schema.encode(table))


@given(columns)
def test_a_schema_comes_back_from_JSON_to_the_last_bit(columns):
    table = as_table(columns)
    schema = fit_or_none(table)
    if schema is None:
        return
    again = Schema.from_dict(json.loads(json.dumps(schema.to_dict())))
    assert again == schema
    assert again.encode(table).tobytes() == schema.encode(table).tobytes()
    assert again.read_options == schema.read_options


# What a saved schema may not say


def damage(path, value):
    """Return the description of a schema with one entry replaced."""
    description = copy.deepcopy(fit().to_dict())
    *parents, last = path
    inner = description
    for key in parents:
        inner = inner[key]
    inner[last] = value
    return description


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (["version"], 2),
        (["encoders"], []),
        (["encoders"], {}),
        (["encoders", 0, "type"], "code"),
        (["encoders", 0, "name"], 5),
        (["encoders", 0, "name"], "hue"),
        (["encoders", 0, "name"], "class"),
        (["encoders", 0, "mean"], math.nan),
        (["encoders", 0, "median"], math.inf),
        (["encoders", 0, "deviation"], 0.0),
        (["encoders", 0, "deviation"], -1.0),
        (["encoders", 0, "deviation"], "1"),
        (["encoders", 0, "has_missing"], 1),
        (["encoders", 0, "extra"], 1),
        (["encoders", 1, "levels"], []),
        (["encoders", 1, "levels"], ["a", "a"]),
        (["encoders", 1, "levels"], [1]),
        (["encoders", 3, "parts"], {}),
        (["encoders", 3, "parts", "second"], fit().to_dict()["encoders"][0]),
        (["encoders", 3, "parts", "year"], fit().to_dict()["encoders"][0]),
        (["target"], None),
        (["target", "labels"], ["x"]),
        (["target", "labels"], ["x", "x"]),
        (["target", "labels"], ["x", 1]),
        (["target", "labels"], [0.5, math.nan]),
        (
            ["target"],
            {"type": "regression", "name": "y", "mean": 0.0, "deviation": 0.0},
        ),
        (
            ["target"],
            {"type": "regression", "name": "y", "mean": math.inf, "deviation": 1.0},
        ),
        (["warnings"], [1]),
        (["extra"], 1),
    ],
)
def test_a_description_that_is_wrong_is_refused(path, value):
    with pytest.raises(FileFormatError, match="the schema is not valid"):
        Schema.from_dict(damage(path, value))


@pytest.mark.parametrize("description", [None, [], "x", {}, {"version": 1}])
def test_what_is_no_description_is_refused(description):
    with pytest.raises(FileFormatError, match="the schema is not valid"):
        Schema.from_dict(description)


def test_no_random_description_gets_through_with_another_error():
    random = np.random.default_rng(0)
    text = json.dumps(fit().to_dict())
    refused = 0
    for _ in range(500):
        place = random.integers(len(text))
        changed_text = text[:place] + chr(random.integers(32, 127)) + text[place + 1 :]
        try:
            Schema.from_dict(json.loads(changed_text)).encode(as_table(BASE))
        except (WalnetError, json.JSONDecodeError):
            refused += 1
    assert refused > 300

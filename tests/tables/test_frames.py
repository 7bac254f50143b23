"""I5: what each type of a data frame or array becomes."""

from __future__ import annotations

import datetime as dt
import decimal

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from walnet.errors import DataError
from walnet.tables import Column, Table, as_table, read_table

date = dt.datetime.fromisoformat

SAME = {
    "whole": [1, 2, 3],
    "real": [1.5, None, -2.0],
    "text": ["a", None, "b"],
    "flag": [True, False, None],
    "day": [date("2024-01-31"), None, date("2024-02-01T12:00")],
    "gap": [None, None, None],
}
KINDS = {
    "whole": "number",
    "real": "number",
    "text": "category",
    "flag": "boolean",
    "day": "date",
    "gap": "empty",
}


def parquet(columns, folder):
    """Write columns to a Parquet file."""
    path = folder / "table.parquet"
    pq.write_table(pa.table(columns), path)
    return path


@pytest.mark.parametrize(
    "make",
    [
        lambda columns, _: columns,
        lambda columns, _: pd.DataFrame(columns, index=[7, 8, 9]),
        lambda columns, _: pl.DataFrame(columns),
        lambda columns, _: pl.LazyFrame(columns),
        lambda columns, _: pa.table(columns),
        lambda columns, _: pd.DataFrame(columns).convert_dtypes(
            dtype_backend="pyarrow"
        ),
        parquet,
    ],
    ids=["dict", "pandas", "polars", "lazy", "pyarrow", "pandas on Arrow", "Parquet"],
)
def test_the_same_columns_give_the_same_table(make, tmp_path):
    table = as_table(make(SAME, tmp_path))
    assert table.kinds == KINDS
    for name, values in SAME.items():
        assert table[name].values.to_pylist() == values


@pytest.mark.parametrize(
    ("values", "kind", "expected"),
    [
        (np.array([1, 2], np.float16), "number", [1.0, 2.0]),
        (np.array([1, -2], np.int8), "number", [1, -2]),
        (np.array([2**63, 1], np.uint64), "number", [2**63, 1]),
        (np.array([True, False]), "boolean", [True, False]),
        (np.array(["a", "b"]), "category", ["a", "b"]),
        (np.array(["a", 1.5, None], object), "category", ["a", "1.5", None]),
        (np.array([1, 2.5, None], object), "number", [1.0, 2.5, None]),
        (np.array(["2024-01-31", "NaT"], "datetime64[D]"), "date", None),
        (np.array([1500, "NaT"], "timedelta64[ms]"), "number", [1.5, None]),
        ([decimal.Decimal("1.5"), None], "number", [1.5, None]),
        ([dt.time(0, 1, 2), None], "number", [62.0, None]),
        ([dt.date(2024, 1, 31), None], "date", None),
        (["2024-01-31", None], "date", None),
        (["1", "2"], "category", ["1", "2"]),
        (["NA", " x "], "category", [None, "x"]),
        (["", None], "empty", [None, None]),
        (pa.array(["a"]).dictionary_encode(), "category", ["a"]),
        (pa.array(["a"], pa.large_string()), "category", ["a"]),
        (pa.array(["a"], pa.string_view()), "category", ["a"]),
        (pa.array([5, 5, None]).dictionary_encode(), "category", ["5", "5", None]),
        (pa.array([None, None], pa.float32()), "number", [None, None]),
    ],
)
def test_each_type_has_its_outcome(values, kind, expected):
    column = as_table({"a": values})["a"]
    assert column.kind == kind
    if expected is None:
        expected = [date("2024-01-31"), None]
    assert column.values.to_pylist()[: len(expected)] == expected


def test_pandas_categories_are_categories_whatever_they_hold():
    frame = pd.DataFrame(
        {"a": pd.Categorical([3, None, 1]), "b": pd.Categorical([None] * 3)}
    )
    table = as_table(frame)
    assert table.kinds == {"a": "category", "b": "empty"}
    assert table["a"].values.to_pylist() == ["3", None, "1"]


def test_object_columns_of_pandas_may_mix_numbers_and_text():
    frame = pd.DataFrame({"a": pd.Series([1, "x", None, 2.5], dtype=object)})
    assert as_table(frame)["a"].values.to_pylist() == ["1", "x", None, "2.5"]
    with pytest.raises(
        DataError, match=r"column 'a' must hold numbers, .* got 'object'"
    ):
        as_table(pd.DataFrame({"a": pd.Series([1, object()], dtype=object)}))


def test_a_date_out_of_range_is_named():
    far = pa.array([2**62], pa.timestamp("s"))
    with pytest.raises(DataError, match="column 'a' holds a date that is out of range"):
        as_table({"a": far})


def test_dates_with_a_zone_are_taken_to_UTC():
    table = as_table({"a": [date("2024-01-31T12:00+02:00")]})
    assert table["a"].values.to_pylist() == [date("2024-01-31T10:00")]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (
            {"a": [[1], [2]]},
            "column 'a' must hold numbers, text, booleans or dates, got",
        ),
        ({"a": [1 + 2j]}, "got 'complex'"),
        ({"a": [{"b": 1}]}, "got values of type 'struct<b: int64>'"),
        ({"a": [b"x"]}, "got values of type 'binary'"),
        ({"a": np.zeros((2, 2))}, r"column 'a' must have one dimension, got \(2, 2\)"),
        (
            {"a": [1], "b": [1, 2]},
            "every column must have 1 rows like 'a', got 2 in 'b'",
        ),
        ({"a": [1], 1: [1], "1": [2]}, "'1' comes twice"),
        (
            pd.DataFrame([[1, 2]], columns=["a", "a"]),
            "cannot be read.*unique column names",
        ),
        (np.zeros(3), r"must have 2 dimensions \(rows, columns\), got 1"),
        (
            5,
            "a path, a data frame, a dictionary of columns or .* array, got int",
        ),
    ],
)
def test_what_cannot_be_used_is_refused_by_name(data, message):
    with pytest.raises(DataError, match=message):
        as_table(data)


def test_a_matrix_gets_names():
    table = as_table(np.array([[1.0, 2.0], [3.0, 4.0]]))
    assert table.names == ("x1", "x2")
    assert as_table([[1, "a"], [2, "b"]]).kinds == {"x1": "category", "x2": "category"}
    assert as_table(table) is table


def test_an_index_of_pandas_is_not_a_column(tmp_path):
    pd.DataFrame({"a": [1.5, 2]}, index=[5, 9]).to_parquet(tmp_path / "a")
    assert read_table(tmp_path / "a").names == ("a",)


def test_a_table_hands_out_rows_and_columns():
    table = as_table(SAME)
    part = table.take(np.array([2, 0]))
    assert part["real"].values.to_pylist() == [-2, 1.5]
    assert part["text"].levels() == ["a", "b"]
    assert part["text"].codes().tolist() == [1, 0]
    assert table.select(["text", "whole"]).names == ("text", "whole")
    assert table.without("gap").without("day").names == (
        "whole",
        "real",
        "text",
        "flag",
    )
    assert "gap" in table
    assert len(table) == 3
    one = Table([Column("a", "number", pa.chunked_array([[1]]))])
    assert repr(one) == "<table: 1 row, 1 column (1 number)>"
    with pytest.raises(DataError, match="no column 'txt'; did you mean 'text'"):
        table["txt"]


def test_numbers_and_dates_as_levels_are_written_shortly():
    table = as_table({"a": [7.0, 0.5, None], "b": [True, None, False]})
    assert table["a"].levels() == ["7", "0.5"]
    assert table["a"].codes().tolist() == [0, 1, -1]
    assert table["b"].levels() == ["true", "false"]

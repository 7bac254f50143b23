"""Writing predictions."""

from __future__ import annotations

import csv
import datetime as dt

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from walnet.errors import DataError
from walnet.tables import read_table, write_table

FORMULAS = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"]


def rows_of(path, delimiter=","):
    """Return the cells of a file as another reader sees them."""
    with path.open(newline="") as file:
        return list(csv.reader(file, delimiter=delimiter))


@pytest.mark.parametrize("text", FORMULAS)
def test_text_that_would_be_a_formula_gets_a_quote(tmp_path, text):
    path = tmp_path / "out.csv"
    columns = {"note": [text, "x" + text, None], text: [-1.5, 2.0, -3.0]}
    write_table(path, columns)
    expected = [
        ["note", f"'{text}"],
        [f"'{text}", "-1.5"],
        [f"x{text}", "2"],
        ["", "-3"],
    ]
    assert rows_of(path) == expected
    write_table(path, columns, raw=True)
    assert rows_of(path)[:2] == [["note", text], [text, "-1.5"]]


def test_labels_from_a_dictionary_or_an_object_array_are_guarded_too(tmp_path):
    path = tmp_path / "out.csv"
    labels = np.array(["=1", "b"], object)
    write_table(path, {"a": labels, "b": pa.array(["=1", "b"]).dictionary_encode()})
    assert rows_of(path)[1:] == [["'=1", "'=1"], ["b", "b"]]


def test_parquet_keeps_text_as_it_is(tmp_path):
    path = tmp_path / "out.parquet"
    write_table(path, {"note": FORMULAS})
    assert pq.read_table(path)["note"].to_pylist() == FORMULAS


def test_numbers_dates_booleans_and_gaps_are_written_plainly(tmp_path):
    path = tmp_path / "out.tsv"
    write_table(
        path,
        {
            "number": [0.1, -2.0, None],
            "whole": np.array([1, 2, 3]),
            "flag": [True, False, None],
            "day": [dt.datetime.fromisoformat("2024-01-31T12:30"), None, None],
            "text": ['a"b', "c\td", ""],
        },
    )
    assert rows_of(path, "\t") == [
        ["number", "whole", "flag", "day", "text"],
        ["0.1", "1", "true", "2024-01-31 12:30:00.000000", 'a"b'],
        ["-2", "2", "false", "", "c\td"],
        ["", "3", "", "", ""],
    ]


@given(
    st.lists(
        st.tuples(
            st.floats(allow_nan=False), st.sampled_from(["a", 'b"', "c\nd", "=e"])
        ),
        min_size=1,
        max_size=10,
    )
)
def test_what_is_written_can_be_read(tmp_path_factory, rows):
    folder = tmp_path_factory.mktemp("out")
    numbers, texts = map(list, zip(*rows, strict=True))
    for name in ("out.csv", "out.parquet"):
        write_table(folder / name, {"number": numbers, "text": texts}, raw=True)
        table = read_table(folder / name)
        assert table["number"].values.to_pylist() == numbers
        assert table["text"].values.to_pylist() == texts


@pytest.mark.parametrize("name", ["out.csv", "out.parquet"])
@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"a": [1], "b": [1, 2]}, "all columns must have the same length"),
        ({"a": [object()]}, "column 'a' cannot be written"),
        ({"a": [1], 1: [1], "1": [1]}, "'1' comes twice"),
    ],
)
def test_columns_that_cannot_be_written_leave_the_old_file(
    tmp_path, name, columns, message
):
    path = tmp_path / name
    path.write_bytes(b"old")
    with pytest.raises(DataError, match=message):
        write_table(path, columns)
    assert path.read_bytes() == b"old"
    assert [each.name for each in tmp_path.iterdir()] == [name]


def test_values_that_the_format_cannot_hold_leave_the_old_file(tmp_path):
    path = tmp_path / "out.csv"
    path.write_bytes(b"old")
    with pytest.raises(DataError, match="cannot be written as CSV"):
        write_table(path, {"a": [[1, 2]]})
    assert path.read_bytes() == b"old"
    assert [each.name for each in tmp_path.iterdir()] == ["out.csv"]


def test_a_full_disk_is_one_sentence():
    with pytest.raises(DataError, match="cannot write '/dev/full': the disk is full"):
        write_table("/dev/full", {"a": np.arange(100_000)})

"""What people write in a column, and how it is read: one line a case."""

from __future__ import annotations

import csv
import datetime as dt
import math

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from written_cells import DATES, NUMBERS, SPACED, TEXT

from walnet.errors import DataError, HyperparameterError
from walnet.tables import ReadOptions, as_table, describe_columns, read_table

date = dt.datetime.fromisoformat


def in_csv(columns, folder, delimiter=","):
    """Write columns to a CSV file, every cell in quotes."""
    rows = [columns, *zip(*columns.values(), strict=True)]
    path = folder / "table.csv"
    with path.open("w", newline="") as file:
        csv.writer(file, delimiter=delimiter, quoting=csv.QUOTE_ALL).writerows(rows)
    return path


def in_semicolons(columns, folder):
    """Write columns to a CSV file with semicolons between the cells."""
    return in_csv(columns, folder, ";")


def in_parquet(columns, folder):
    """Write columns to a Parquet file, as text."""
    path = folder / "table.parquet"
    pq.write_table(pa.table(columns), path)
    return path


def in_pandas(columns, _):
    """Make a data frame of columns of text."""
    return pd.DataFrame(columns)


DOORS = [in_csv, in_semicolons, in_parquet, in_pandas]


def read(cells, door, folder, name="a", **options):
    """Return the column of cells that come through a door."""
    others = [f"t{i}" for i in range(len(cells))]
    data = door({name: list(cells), "b": others}, folder)
    return as_table(data, ReadOptions(**options))[name]


def cases(table, split=False):
    """Return the cases of a table that have values, cells apart."""
    return [
        pytest.param(cells.split() if split else cells, values, id=name)
        for name, (cells, values) in table.items()
    ]


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize(
    ("cells", "values"), [*cases(NUMBERS, split=True), *cases(SPACED)]
)
def test_numbers_as_people_write_them(cells, values, door, tmp_path):
    column = read(cells, door, tmp_path)
    assert column.kind == "number"
    expected = [math.nan if value is None else value for value in values]
    assert column.numbers() == pytest.approx(expected, rel=1e-15, nan_ok=True)


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize(("cells", "values"), cases(DATES))
def test_dates_as_people_write_them(cells, values, door, tmp_path):
    column = read(cells, door, tmp_path, name="day")
    assert column.kind == "date"
    assert column.values.to_pylist() == [v and date(v) for v in values]


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("cells", TEXT.values(), ids=TEXT)
def test_what_is_no_number_stays_text(cells, door, tmp_path):
    column = read(cells, door, tmp_path)
    assert column.kind == "category"
    assert column.values.to_pylist() == cells


def test_cells_that_are_no_numbers_count_as_missing_and_are_named(tmp_path):
    cells = [str(i + 0.5) for i in range(30)]
    cells[6], cells[20] = "abc", "12..5"
    column = read(cells, in_csv, tmp_path)
    assert column.missing().sum() == 2
    note = "2 cells that are no numbers count as missing: 'abc' in row 7, '12..5' in"
    assert column.notes == (f"{note} row 21 (rows counted from 1)",)
    cells[:4] = ["p", "q", "r", "s"]
    assert read(cells, in_csv, tmp_path).kind == "category"


def test_cells_that_are_no_dates_count_as_missing_and_are_named(tmp_path):
    cells = [f"{i}.5.2024" for i in range(1, 31)]
    cells[2] = "31.6.2024"
    column = read(cells, in_csv, tmp_path)
    note = "1 cell that is no date counts as missing: '31.6.2024' in row 3 (rows"
    assert column.notes == (f"{note} counted from 1)",)


def test_a_word_that_comes_again_among_dates_counts_as_missing(tmp_path):
    cells = [f"{1 + i % 28}.{1 + i // 28}.2024" for i in range(60)]
    cells[6] = cells[20] = "pending"
    column = read(cells, in_csv, tmp_path)
    assert column.kind == "date"
    assert column.notes[0].startswith("2 cells that are no dates count as missing")


MIXTURES = {
    "day and month first": (["13/01/2024", "14/02/2024", "05/25/2024"], "dates"),
    "two currencies": (["$5.50", "$7.25", "€3.10"], "numbers"),
    "two units": (["5 kg", "7 kg", "3 lb", "9 kg"], "numbers"),
    "percent and shares": (["12%", "5%", "7%", "0.25"], "numbers"),
    "numbers and words": ([*map(str, range(0, 60, 5)), "few", "many"], "numbers"),
}


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("case", MIXTURES)
def test_what_is_written_in_several_ways_is_text_and_a_note_says_so(
    case, door, tmp_path
):
    cells, what = MIXTURES[case]
    column = read(cells, door, tmp_path)
    assert column.kind == "category"
    assert f"cells are {what} such as" in column.notes[0]
    assert "the others are written in another way, such as" in column.notes[0]


def test_strays_are_found_in_a_later_block_of_a_large_file(tmp_path):
    lines = [f"{i}.25,{'w' * 40}\n" for i in range(400_000)]
    lines[399_990] = "abc,w\n"
    path = tmp_path / "table.csv"
    path.write_text("size,text\n" + "".join(lines))
    column = read_table(path)["size"]
    assert column.kind == "number"
    assert column.notes[0].endswith("'abc' in row 399991 (rows counted from 1)")


@pytest.mark.parametrize(
    "cells",
    [["¥1,000", "¥2,500"], ["1000 kr.", "2500 kr."], ["1 000 kr", "2 500 kr"]],
)
def test_what_cannot_be_read_in_two_ways_has_no_note(cells, tmp_path):
    assert read(cells, in_semicolons, tmp_path).notes == ()


@pytest.mark.parametrize("door", DOORS)
def test_money_of_several_currencies_or_for_each_kilogram_is_said_to_be_text(
    door, tmp_path
):
    for cells in (["$1.50", "€2.25", "£3"], ["$0.50/kg", "$2/kg", "$3.75/l"]):
        (note,) = read(cells, door, tmp_path).notes
        assert f"its cells hold money, such as '{cells[0]}', but not of one" in note


@pytest.mark.parametrize("door", DOORS)
def test_a_bound_is_noted(door, tmp_path):
    column = read(["<5", "12.5", "7"], door, tmp_path)
    assert column.notes == ("a bound such as '<5' is taken for the number itself",)


@pytest.mark.parametrize("door", DOORS)
def test_days_and_months_that_cannot_be_told_apart_are_not_guessed(door, tmp_path):
    cells = ["01/02/2024", "03/04/2024", "05/05/2024"]
    column = read(cells, door, tmp_path)
    assert column.kind == "category"
    assert "day and month cannot be told apart, as in '01/02/2024'" in column.notes[0]
    first = read(cells, door, tmp_path, kinds={"a": "D/M/Y"})
    assert first.values.to_pylist()[1] == date("2024-04-03")
    second = read(cells, door, tmp_path, kinds={"a": "M/D/Y"})
    assert second.values.to_pylist()[1] == date("2024-03-04")
    with pytest.raises(DataError, match="column 'a': day and month cannot be told"):
        read(cells, door, tmp_path, kinds={"a": "date"})


def test_eight_digits_are_dates_if_the_name_or_the_options_say_so(tmp_path):
    days = [20141013, 20150225]
    for cells in (days, list(map(str, days))):
        assert as_table({"orderDate": cells})["orderDate"].kind == "date"
        assert as_table({"size": cells})["size"].kind != "date"
        asked = as_table({"size": cells}, ReadOptions(kinds={"size": "date"}))
        assert asked["size"].values[0].as_py() == date("2014-10-13")
    assert as_table({"day": [20141013, 99999999]})["day"].kind == "number"
    assert read(["1,234", "5,678"], in_csv, tmp_path, name="time").kind == "number"


OPEN = {  # what follows a comma may be decimals or thousands
    "nothing tells": ("a,b\n'1,234',x\n'5,678',y\n", 1234, True),
    "a semicolon between cells": ("a;b\n1,234;x\n5,678;y\n", 1.234, True),
    "decimal commas in another column": ("a;b\n1,234;1,5\n5,678;2\n", 1.234, False),
    "decimal points in another column": ("a;b\n1,234;1.5\n5,678;2\n", 1234, False),
    "a zero before it": ("a,b\n'1,234',x\n'0,678',y\n", 1.234, False),
    "more groups in another cell": ("a;b\n1,234;x\n5,678,000;y\n", 1234, False),
    "points beside decimal commas": ("a;b\n1.234;1,5\n5.678;2\n", 1234, False),
    "whole numbers in another column": ("a;b\n1,234;-5\n5,678;(2)\n", 1.234, True),
    "points alone and a word": ("a;b\n" + "1.234;x\n" * 20 + "?!;y\n", 1.234, True),
    "points alone": ("a;b\n1.234;x\n5.678;y\n", 1.234, False),
}


@pytest.mark.parametrize("case", OPEN)
def test_a_comma_is_told_by_the_column_and_the_table(case, tmp_path):
    text, expected, is_noted = OPEN[case]
    path = tmp_path / "table.csv"
    path.write_text(text.replace("'", '"'))
    column = read_table(path)["a"]
    assert column.numbers()[0] == expected
    assert any("could be" in note for note in column.notes) == is_noted


def test_the_decimal_sign_may_be_given(tmp_path):
    path = tmp_path / "table.csv"
    path.write_text("a;b;c\n1,234;1.234;50\n5,678;5.678;60\n")
    read = {sign: read_table(path, decimal=sign) for sign in ",."}
    assert [read[","][name].numbers()[0] for name in "abc"] == [1.234, 1234, 50]
    assert [read["."][name].numbers()[0] for name in "abc"] == [1234, 1.234, 50]
    assert not any(read[sign]["a"].notes for sign in ",.")


def test_whole_numbers_that_somebody_made_text_stay_text():
    assert as_table({"a": ["1", "2", None]})["a"].kind == "category"
    assert as_table({"a": ["29.85", " ", "108.15"]})["a"].kind == "number"
    assert as_table({"a": ["29", "-", "108"]})["a"].kind == "number"


def test_large_whole_numbers_are_exact(tmp_path):
    path = tmp_path / "table.csv"
    path.write_text("k,y\n9007199254740992,1\n9007199254740993,2\n,3\n")
    assert read_table(path)["k"].values.to_pylist() == [2**53, 2**53 + 1, None]


def test_names_tell_codes(tmp_path):
    codes = [10115, 10117, 10119] * 4
    path = tmp_path / "table.csv"
    path.write_text("zip_code,size\n" + "".join(f"{c},1.5\n" for c in codes))
    for table in (read_table(path), as_table({"zip_code": codes})):
        assert table["zip_code"].values.to_pylist() == list(map(str, codes))
    assert read_table(path, kinds={"zip_code": "number"})["zip_code"].kind == "number"
    different = {"zip_code": list(range(10115, 10127))}
    assert as_table(different)["zip_code"].kind == "number"


KINDS = {
    "number as category": ([5, 7, 5], "category", ["5", "7", "5"]),
    "number as text": ([5, 7, 5], "text", ["5", "7", "5"]),
    "number as number": ([5, 7, 5], "number", [5, 7, 5]),
    "boolean as number": ([True, False, None], "number", [1.0, 0.0, None]),
    "text as number": (["1", "2", "x"], "number", [1.0, 2.0, None]),
    "text as category": (["1,5", "2,5", "1,5"], "category", ["1,5", "2,5", "1,5"]),
}


@pytest.mark.parametrize("case", KINDS)
def test_a_kind_may_be_asked_for(case):
    cells, kind, expected = KINDS[case]
    column = as_table({"a": cells}, ReadOptions(kinds={"a": kind}))["a"]
    assert column.values.to_pylist() == expected
    assert column.is_asked


@pytest.mark.parametrize("cells", [["x", "y"], [True, False], [date("2024-01-01")]])
def test_a_kind_that_the_cells_do_not_have_is_refused(cells):
    kind = "number" if isinstance(cells[0], (str, dt.datetime)) else "date"
    with pytest.raises(DataError, match=f"column 'a' was to be read as {kind}, but"):
        as_table({"a": cells}, ReadOptions(kinds={"a": kind}))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"kinds": {"a": "float"}}, "the kind of column 'a' must be one of 'number'"),
        ({"decimal": ";"}, "decimal must be '.' or ','"),
        ({"drop": "a"}, "drop must be a list of texts"),
        ({"missing": "a"}, "missing must be a list of texts"),
    ],
)
def test_an_option_outside_its_range_is_refused(options, message):
    with pytest.raises(HyperparameterError, match=message):
        ReadOptions(**options)


@pytest.mark.parametrize("option", [{"drop": ["size"]}, {"kinds": {"size": "text"}}])
def test_an_option_for_a_column_that_is_not_there_is_refused(option, tmp_path):
    columns = {"sizes": ["1", "2"], "b": ["x", "y"]}
    for door in DOORS:
        with pytest.raises(DataError, match="no column 'size'; did you mean 'sizes'"):
            as_table(door(columns, tmp_path), ReadOptions(**option))


def test_columns_are_left_out_and_words_mean_nothing_as_asked(tmp_path):
    columns = {"a": ["1.5", "-99", "3"], "b": ["x", "none of us", "z"], "c": ["1"] * 3}
    options = ReadOptions(drop=["c"], missing=["-99", "none of us"])
    for door in DOORS:
        table = as_table(door(columns, tmp_path), options)
        assert table.names == ("a", "b")
        assert table["a"].values.to_pylist() == [1.5, None, 3.0]
        assert table["b"].values.to_pylist() == ["x", None, "z"]


def test_what_was_read_is_described():
    cells = {"price": ["$1,200.50", "-", "$7"], "n": [1, 2, 3], "e": [None] * 3}
    described = describe_columns(as_table(cells))
    words = "numbers with commas between thousands and in $"
    assert [(d.column, d.kind, d.form, d.example, d.missing) for d in described] == [
        ("price", "number", words, "$1,200.50", 1),
        ("n", "number", "", "1", 0),
        ("e", "empty", "", "", 3),
    ]
    assert describe_columns(as_table({"hue": ["r", "g"]}))[0].words == (
        "category, 2 levels"
    )

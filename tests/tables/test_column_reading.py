"""What people write in a column, and how it is read: one line a case."""

from __future__ import annotations

import csv
import datetime as dt
import math

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

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

# Each case: the cells, and the values that they are read as.
NUMBERS = {
    "decimal comma": ("50,01 721,3 -3 4,5e3", [50.01, 721.3, -3, 4500]),
    "decimal comma and points": (
        "1.299,99 -12,50 1.234.567,8",
        [1299.99, -12.5, 1234567.8],
    ),
    "points between thousands": ("1.234.567 2.000 12", [1234567, 2000, 12]),
    "commas between thousands": ("1,234.50 99.5 1,234,567", [1234.5, 99.5, 1234567]),
    "thousands as in India": ("12,34,567 1,23,456 99.5", [1234567, 123456, 99.5]),
    "apostrophes": ("1'234.5 1’000 7", [1234.5, 1000, 7]),
    "a currency sign": ("$72,130.00 $5.50 -$7", [72130, 5.5, -7]),
    "a currency sign after it": ("5,50€ 1.200,00€ 7€", [5.5, 1200, 7]),
    "a currency in some cells": ("$5.25 6.50 $1,200.75", [5.25, 6.5, 1200.75]),
    "percent": ("12.3% 5% -0.5%", [12.3, 5, -0.5]),
    "percent with a decimal comma": ("12,3% 5% 0,25%", [12.3, 5, 0.25]),
    "accounting brackets": ("(12.30) 4.5 ($7)", [-12.3, 4.5, -7]),
    "brackets": ("(12.30) 4.5 7", [-12.3, 4.5, 7]),
    "the Unicode minus": ("−5 3 –2.5", [-5, 3, -2.5]),
    "a minus after the number": ("12.30- 5 7-", [-12.3, 5, -7]),
    "a plus": ("+5 -3 +1.5", [5, -3, 1.5]),
    "powers of ten": ("1e3 2.5E-2 1e+2", [1000, 0.025, 100]),
    "a unit": ("50.0kg 3kg 1,250kg", [50, 3, 1250]),
    "a unit with signs": ("15km/h 3.5km/h -2km/h", [15, 3.5, -2]),
    "degrees": ("20.5°C -3°C 0°C", [20.5, -3, 0]),
    "of five stars": ("4.5/5 3/5 5/5", [4.5, 3, 5]),
    "minutes and seconds": ("01:30 00:45 59:59", [90, 45, 3599]),
    "hours, minutes and seconds": ("1:02:03 0:00:30 10:00:00", [3723, 30, 36000]),
    "either": ("59:59 1:00:01 -0:30", [3599, 3601, -30]),
    "fractions of a second": ("01:02.5 00:00.25 03:00.0", [62.5, 0.25, 180]),
    "percent before the number": ("%12,5 %5 -%0,5", [12.5, 5, -0.5]),
    "times ten to the power": ("1.5×10^3 2×10^-2 7", [1500, 0.02, 7]),
    "yen": ("¥1,000 ¥2,500 ¥120", [1000, 2500, 120]),
    "a currency with a point": ("1000kr. 2500kr. 1.200,50kr.", [1000, 2500, 1200.5]),
    "words for nothing of other spreadsheets": (
        "1.5 #NV #WERT! #N/D #¡DIV/0! #VALEUR!",
        [1.5] + 5 * [None],
    ),
    "hours of a clock": ("1:30h 0:45h 12:00h", [5400, 2700, 43200]),
    "hours and minutes": ("2h50m 1h 45min 1h30", [10200, 3600, 2700, 5400]),
    "durations of ISO 8601": (
        "PT15M33S PT1H PT2H3S P1DT2H P1M",
        [933, 3600, 7203, 93600, 2629800],
    ),
    "feet and inches": ("5'11\" 6' 5'7", [71, 72, 67]),
    "fractions": ("1/2 3/4 5/8 2", [0.5, 0.75, 0.625, 2]),
    "signs of fractions": ("2½ 1¼ 3 -4¾", [2.5, 1.25, 3, -4.75]),
    "latitudes": ("57.05N 12.5S 0.25N", [57.05, -12.5, 0.25]),
    "longitudes in degrees": ("10°30'E 71°15'36\"W", [10.5, -71.26]),
    "a time of day": ("10:30PM 12:15am 1:00pm", [81000, 900, 46800]),
    "bounds": ("<5 12 >100 10+", [5, 12, 100, 10]),
    "thousands and millions": ("1.5M 200k $3M", [1.5e6, 2e5, 3e6]),
    "magnitudes": ("1.5M 200k 750", [1.5e6, 2e5, 750]),
    "magnitudes of money": ("€110.5M €500K €0", [110.5e6, 5e5, 0]),
    "words for nothing": (
        "1.5 - n.a. na <NA> missing . -- #DIV/0! #REF!",
        [1.5] + 9 * [None],
    ),
    "further words for nothing": (
        "2.5 None none NaN #VALUE! N/A ? …",
        [2.5] + 7 * [None],
    ),
}
SPACED = {
    "spaces between thousands": (["1 234,5", "12", "1 234 567"], [1234.5, 12, 1234567]),
    "narrow spaces": (
        ["1\u202f234.5", "12", "1\u00a0234\u00a0567"],
        [1234.5, 12, 1234567],
    ),
    "a currency code": (["USD 72,130.5", "USD 5", "USD -3"], [72130.5, 5, -3]),
    "a code after it": (["12.5 EUR", "7 EUR", "1,000 EUR"], [12.5, 7, 1000]),
    "rupees": (["Rs. 500.5", "Rs. 1,500", "Rs. 20"], [500.5, 1500, 20]),
    "Swiss francs": (["CHF 1'200.50", "CHF 3.00", "CHF 20.-"], [1200.5, 3, 20]),
    "a unit after a space": (["50.0 kg", "3 kg", "0.5 kg"], [50, 3, 0.5]),
    "a unit in the singular": (["2 rooms", "1 room", "3 rooms"], [2, 1, 3]),
    "years of a loan's form": (["10+ years", "2 years", "< 1 year"], [10, 2, 1]),
    "a word for nothing that nobody knew": (
        ["1.5", "2.5", "sin muestra", "4.5", "5.25", "6", "sin muestra"],
        [1.5, 2.5, None, 4.5, 5.25, 6, None],
    ),
    "metres with a decimal comma": (["1,50 m", "1,75 m", "2,00 m"], [1.5, 1.75, 2]),
    "hours and minutes apart": (
        ["2h 50m", "1h", "45 min", "1 hour, 5 minutes", "1 Std. 20 Min."],
        [10200, 3600, 2700, 3900, 4800],
    ),
    "ages of pets": (
        ["2 years", "3 weeks", "1 year", "4 months", "1 day"],
        [63115200, 1814400, 31557600, 10519200, 86400],
    ),
    "minutes only": (["45 min", "90 min"], [45, 90]),
    "feet and inches in words": (["5 ft 11 in", "6 ft", "5 ft 7 in"], [71, 72, 67]),
    "pounds and ounces": (["7 lb 5 oz", "6 lbs", "8 lbs 15 oz"], [117, 96, 143]),
    "whole numbers and fractions": (
        ["3 1/4", "1/2", "2-1/8", "-1"],
        [3.25, 0.5, 2.125, -1],
    ),
    "inches and fractions": (['3 1/4"', '1/2"', '2"'], [3.25, 0.5, 2]),
    "cups": (["1 1/2 cups", "1/4 cup", "2 cups"], [1.5, 0.25, 2]),
    "an accountant's nothing": (["$ -", "$ 12.50", "($3.00)"], [None, 12.5, -3]),
    "a currency before thousands": (
        ["R$ 1.299,99", "R$ 12,50", "-R$ 3,00"],
        [1299.99, 12.5, -3],
    ),
    "words for nothing in other languages": (
        ["1.5", "keine Angabe", "n/d", "ND", ":", "not applicable"],
        [1.5, None, None, None, None, None],
    ),
    "days and a time": (["0 days 00:01:30", "1 days 00:00:00"], [90, 86400]),
    "one tenth that is text": (
        ["1.5", *map(str, range(2, 10)), "abc"],
        [1.5, *range(2, 10), None],
    ),
}
DATES = {
    "day first with points": (["31.12.2024", "1.5.2024"], ["2024-12-31", "2024-05-01"]),
    "only points are never month first": (["1.5.2024"], ["2024-05-01"]),
    "day first with strokes": (
        ["31/12/2024", "01/05/2024"],
        ["2024-12-31", "2024-05-01"],
    ),
    "month first": (["12/31/2024", "1/5/2024"], ["2024-12-31", "2024-01-05"]),
    "month first with dashes": (
        ["12-31-2024", "01-05-2024"],
        ["2024-12-31", "2024-01-05"],
    ),
    "AM and PM": (
        ["1/5/2024 10:30 PM", "12/31/2024 12:05 am"],
        ["2024-01-05T22:30", "2024-12-31T00:05"],
    ),
    "seconds and AM": (["1/15/2024 9:05:07 AM"], ["2024-01-15T09:05:07"]),
    "year first with strokes": (
        ["2024/01/31", "2024/2/1"],
        ["2024-01-31", "2024-02-01"],
    ),
    "year first without zeros": (
        ["2013-6-4", "2013-10-11"],
        ["2013-06-04", "2013-10-11"],
    ),
    "two digits of the year": (["31.12.24", "1.1.99"], ["2024-12-31", "1999-01-01"]),
    "months": (["2024-01", "2024-12"], ["2024-01-01", "2024-12-01"]),
    "months first": (["01/2024", "12/2024"], ["2024-01-01", "2024-12-01"]),
    "nanoseconds": (["2024-01-31 10:00:00.123456789"], ["2024-01-31T10:00:00.123456"]),
    "tenths of a second": (["2024-01-31T10:00:00.5"], ["2024-01-31T10:00:00.5"]),
    "an offset": (["2024-01-31T10:00:00+02:00"], ["2024-01-31T08:00:00"]),
    "UTC without seconds": (["2024-01-31T10:00Z"], ["2024-01-31T10:00:00"]),
    "nanoseconds and a zone": (
        ["2024-01-31 10:00:00.000000001-0530"],
        ["2024-01-31T15:30"],
    ),
    "an offset after day first": (["31.01.2024 10:00 +01:00"], ["2024-01-31T09:00"]),
    "a month in words": (["31 Jan 2024", "5-Feb-24"], ["2024-01-31", "2024-02-05"]),
    "a month in words first": (
        ["January 31, 2024", "May 5 2024"],
        ["2024-01-31", "2024-05-05"],
    ),
    "as e-mails write": (["Wed, 31 Jan 2024 10:00:00 GMT"], ["2024-01-31T10:00"]),
    "in German": (["31. Dezember 2024", "1. März 2024"], ["2024-12-31", "2024-03-01"]),
    "in Spanish": (["31 de enero de 2024"], ["2024-01-31"]),
    "no date at all": (["31.12.2024", "00.00.0000", "-"], ["2024-12-31", None, None]),
    "digits only": (["20141013", "20150225"], ["2014-10-13", "2015-02-25"]),
    "as estate agents' tables write": (["20141013T101500"], ["2014-10-13T10:15"]),
    "quarters": (["2024-Q1", "2023-Q4"], ["2024-01-01", "2023-10-01"]),
    "a zone by its name": (["2024-07-31 10:00:00 CEST"], ["2024-07-31T08:00"]),
    "as C writes": (["Wed Jan 31 10:00:05 2024"], ["2024-01-31T10:00:05"]),
    "as short messages write": (
        ["Wed Jan 31 10:00:05 +0200 2024"],
        ["2024-01-31T08:00:05"],
    ),
    "a day of the week before the month": (
        ["Wednesday, January 31, 2024"],
        ["2024-01-31"],
    ),
    "nothing between the parts": (
        ["31Jan2024", "01FEB2024"],
        ["2024-01-31", "2024-02-01"],
    ),
    "a German time": (["31.01.2024 10:30 Uhr"], ["2024-01-31T10:30"]),
    "as servers log": (["31/Jan/2024:10:00:00 +0000"], ["2024-01-31T10:00"]),
    "in Japanese": (["2024年1月31日", "2024年12月1日"], ["2024-01-31", "2024-12-01"]),
    "in Korean": (["2024. 1. 31.", "2024년 12월 1일"], ["2024-01-31", "2024-12-01"]),
    "weeks of ISO 8601": (
        ["2024-W05-3", "2020-W53-7", "2026W011"],
        ["2024-01-31", "2021-01-03", "2025-12-29"],
    ),
    "weeks without a day": (["2024-W05", "2024-W52"], ["2024-01-29", "2024-12-23"]),
    "days of the year": (["2024-045", "2024-366"], ["2024-02-14", "2024-12-31"]),
    "MySQL's no date": (["2024-12-31", "0000-00-00"], ["2024-12-31", None]),
}
TEXT = {
    "one width, some led by zero": ["01067", "04109", "10115"],
    "area codes": ["030", "0351", "089"],
    "decimal commas and text": ["1,5", "a", "b"],
    "numbers of houses": ["12a", "7", "3b"],
    "units that differ": ["5 kg", "3 lb", "7 cm"],
    "hexadecimal": ["0x10", "0x1F", "0xFF"],
    "addresses of machines": ["192.168.0.1", "10.0.0.12", "10.0.0.7"],
    "versions": ["1.2.3", "1.10.0", "2.0.1"],
    "signs": ["+", "-", "+"],
    "None among words": ["None", "Insomnia", "Apnea"],
    "ranges": ["1-5", "6-10", "11-20"],
    "pressures of the blood": ["120/80", "119/79", "135/85", "128/84"],
    "results of games": ["3/1", "2/0", "1/1", "0/4"],
    "numbers of invoices": ["2024-001", "2024-045", "2024-112"],
    "rows and seats": ["12A", "7E", "3F", "14C"],
    "a letter before digits": ["A12", "A13", "B7"],
    "few numbers and a word that comes again": [*"12312312312312312312", "x", "x"],
    "more digits than are counted": [
        "12345678901234567890123",
        "5",
        "12345678901234567890124",
    ],
}


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
    assert column.notes == (f"{note} row 21",)
    cells[:4] = ["p", "q", "r", "s"]
    assert read(cells, in_csv, tmp_path).kind == "category"


def test_cells_that_are_no_dates_count_as_missing_and_are_named(tmp_path):
    cells = [f"{i}.5.2024" for i in range(1, 31)]
    cells[2] = "31.6.2024"
    column = read(cells, in_csv, tmp_path)
    assert column.notes == (
        "1 cell that is no date counts as missing: '31.6.2024' in row 3",
    )


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
    assert column.notes[0].endswith("'abc' in row 399991")


@pytest.mark.parametrize(
    "cells",
    [["¥1,000", "¥2,500"], ["1000 kr.", "2500 kr."], ["1 000 kr", "2 500 kr"]],
)
def test_what_cannot_be_read_in_two_ways_has_no_note(cells, tmp_path):
    assert read(cells, in_semicolons, tmp_path).notes == ()


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

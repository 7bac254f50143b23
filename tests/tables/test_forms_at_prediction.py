"""A model reads new rows as it read those of the training, and says what changed."""

from __future__ import annotations

import json

import numpy as np
import pytest

from walnet.errors import DataError, FileFormatError
from walnet.tables import ReadOptions, Schema, Stream, as_table, read_table
from walnet.tabular.columns.preprocessing import Preprocessor

SIZES = ["1.250,5", "2,75", "100,25", "7,5"]
DAYS = ["31.12.2024", "1.5.2024", "2.6.2023", "3.7.2024"]
TRAINED = {
    "size": SIZES,
    "share": ["12 %", "5 %", "7,5 %", "9 %"],
    "day": DAYS,
    "zip": ["01067", "10115", "01067", "10115"],
    "garage": ["None", "brick", "None", "wood"],
    "class": ["a", "b", "a", "b"],
}


def fitted(columns=TRAINED):
    """Return the schema of columns, after it was saved and loaded."""
    schema = Schema.fit(as_table(columns), "class")
    return Schema.from_dict(json.loads(json.dumps(schema.to_dict())))


def read_by(schema, **changes):
    """Return rows as the schema reads them."""
    return as_table(TRAINED | changes, schema.read_options)


def test_the_forms_are_kept_and_said():
    schema = fitted()
    assert [getattr(e, "form", None) for e in schema.encoders][3:] == [None, None]
    notes = "\n".join(schema.warnings)
    assert "'size' is read as numbers with a decimal comma and points" in notes
    assert "'share' is read as numbers with a decimal comma and in %" in notes
    assert "'day' is read as dates, day first, such as '31.12.2024'" in notes
    assert "'zip': cells such as '01067' are read as codes" in notes
    assert Preprocessor.fit(as_table(TRAINED).without("class")).warnings == [
        note for note in schema.warnings if "'class'" not in note
    ]


def test_the_same_rows_are_the_same_inputs():
    schema = fitted()
    together = schema.encode(as_table(TRAINED))
    assert np.array_equal(schema.encode(read_by(schema)), together)
    for row in range(4):
        alone = {name: [cells[row]] for name, cells in TRAINED.items()}
        table = as_table(alone, schema.read_options)
        assert np.array_equal(schema.encode(table)[0], together[row])
        assert schema.drift(table) == []
        # A table that was read without the schema says the same, as far as it can.
        if row == 1:
            assert np.array_equal(schema.encode(as_table(alone))[0], together[row])


def test_what_is_open_is_read_as_at_training():
    schema = fitted()
    table = read_by(schema, size=["1.234", "5.678", "1", "2"], day=["1/2/2024"] * 4)
    assert table["size"].numbers().tolist() == [1234, 5678, 1, 2]
    assert table["day"].values[0].as_py().month == 2


@pytest.mark.parametrize(
    ("changes", "note"),
    [
        (
            {"size": ["50.25", "7.5", "1.5", "2.5"]},
            "column 'size': the cells hold plain numbers, at training numbers with a",
        ),
        (
            {"share": ["0.12", "0.05", "0.5", "0.25"]},
            "column 'share': the cells hold plain numbers, at training numbers with a",
        ),
        (
            {"day": ["2024-01-31", "2024-02-01", "2024-03-01", "2023-01-01"]},
            "column 'day': the cells hold dates, year first, at training dates, day",
        ),
        (
            {"size": ["1,5", *["2,5"] * 19, "x"]},
            "column 'size': 1 cell that is no number counts as missing: 'x' in row 21",
        ),
    ],
)
def test_a_form_that_changes_is_said(changes, note):
    schema = fitted()
    n_rows = max(map(len, changes.values()))
    columns = {name: (cells * 6)[:n_rows] for name, cells in TRAINED.items()}
    table = as_table(columns | changes, schema.read_options)
    assert any(each.startswith(note) for each in schema.drift(table))
    preprocessor = Preprocessor.fit(as_table(TRAINED).without("class"))
    table = as_table(columns | changes, preprocessor.read_options)
    assert any(each.startswith(note) for each in preprocessor.drift(table))


MIXED = {  # new cells, and the dates and numbers that they are
    "dates as at training and of ISO 8601": (
        {"day": ["31.12.2024", "2024-05-01", "2023-06-02", "3.7.2024"]},
        {"day": DAYS},
    ),
    "dates of a further form": (
        {"day": ["31.12.2024", "2024-05-01", "6/2/2023", "3.7.2024"]},
        {"day": ["31.12.2024", "1.5.2024", "6.2.2023", "3.7.2024"]},
    ),
    "decimal commas and points": (
        {"size": ["1.250,5", "2.75", "100,25", "7.5"]},
        {"size": SIZES},
    ),
}


@pytest.mark.parametrize("case", MIXED)
def test_cells_written_in_several_ways_are_each_read_and_it_is_said(case):
    mixed, alike = MIXED[case]
    schema = fitted()
    new = read_by(schema, **mixed)
    assert np.array_equal(schema.encode(new), schema.encode(read_by(schema, **alike)))
    note = f"column '{next(iter(mixed))}': the cells are written in several ways, at"
    assert [each.startswith(note) for each in schema.drift(new)] == [True]


def test_a_cell_that_cannot_be_read_in_any_way_is_the_one_that_is_named():
    schema = fitted()
    days = ["31.12.2024", "2024-05-01", "soon", "3.7.2024"]
    message = "column 'day' must hold dates, day first as at training, got 'soon' in"
    with pytest.raises(DataError, match=message + " row 3"):
        schema.encode(read_by(schema, day=days))
    iso = fitted(TRAINED | {"day": ["2024-12-31", "2024-05-01", "2023-06-02", ""]})
    open_days = ["2024-12-31", "2024-05-01", "01/02/2024", "03/04/2024"]
    with pytest.raises(DataError, match="got '01/02/2024' in row 3"):
        iso.encode(read_by(iso, day=open_days))


def test_a_form_that_comes_is_said():
    schema = fitted({"size": [1.5, 2.5, 3.5], "class": ["a", "b", "a"]})
    new = {"size": ["1,5", "2,5"], "class": ["a", "b"]}
    table = as_table(new, schema.read_options)
    assert table["size"].numbers().tolist() == [1.5, 2.5]
    note = "column 'size': the cells hold numbers with a decimal comma, at training"
    assert schema.drift(table)[0].startswith(note)


def test_whole_numbers_have_every_form():
    schema = fitted()
    table = read_by(schema, size=["1", "2", "3", "4"])
    assert schema.drift(table) == []


def test_None_is_a_level_only_where_it_was_one():
    schema = fitted()
    assert "garage=None" in schema.feature_names
    other = fitted({"hue": ["r", "g", ""], "class": ["a", "b", "a"]})
    rows = as_table({"hue": ["None", ""]}, other.read_options)
    inputs = other.encode(rows)
    assert np.array_equal(inputs[0], inputs[1])


def test_words_for_nothing_go_with_the_schema():
    options = ReadOptions(missing=["-99"])
    columns = {"size": ["1.5", "-99", "2.5"], "class": ["a", "b", "a"]}
    schema = Schema.fit(as_table(columns, options), "class")
    again = Schema.from_dict(json.loads(json.dumps(schema.to_dict())))
    assert again.missing == ["-99"]
    assert as_table(columns, again.read_options)["size"].missing()[1]
    inputs = Preprocessor.fit(as_table(columns, options).without("class"))
    assert inputs.missing == ["-99"]


def test_the_target_has_a_form_and_its_notes_are_said_once():
    prices = [f"${1000 + 7 * i},50".replace(",", ".") for i in range(30)]
    prices[3] = "on request"
    table = as_table({"size": list(np.linspace(0.5, 9, 30)), "price": prices})
    schema = Schema.fit(table, "price")
    assert schema.task == "regression"
    stray = "column 'price': 1 cell that is no number counts as missing:"
    assert schema.warnings == [
        "column 'price' is read as numbers in $, such as '$1000.50'",
        f"{stray} 'on request' in row 4 (rows counted from 1)",
        "1 row of 30 has no target 'price' and is left out",
    ]
    new = as_table({"size": [1.5], "price": ["$1,000.50"]}, schema.read_options)
    expected = (1000.5 - schema.target.mean) / schema.target.deviation
    assert schema.encode_target(new)[0] == pytest.approx(expected)


def test_levels_not_seen_are_counted_even_where_rare_ones_share_an_input():
    shops = [f"s{i % 120}" for i in range(360)] + ["rare"]
    columns = {"shop": shops, "class": ["a", "b"] * 180 + ["a"]}
    schema = fitted(columns)
    assert schema.encoders[0].has_other
    new = as_table({"shop": ["s1", "outlet0", "rare", "outlet1"]})
    note = "column 'shop': 2 of 4 rows with a level not seen at training:"
    assert schema.drift(new) == [f"{note} 'outlet0', 'outlet1'"]


def test_rows_of_other_levels_are_counted_even_where_very_many_shared_an_input():
    shops = [f"s{i % 15_000}" for i in range(30_000)] + ["big"] * 10_000
    columns = {"shop": shops, "class": ["a", "b"] * 20_000}
    schema = fitted(columns)
    assert schema.encoders[0].rare == []
    notes = schema.drift(as_table({"shop": ["big", "outlet0", "s9999"]}))
    assert notes[0].startswith("column 'shop': 2 of 3 rows with none of the 100 levels")
    assert notes[0].endswith("where 74.5 % had none of them")


def test_a_schema_without_forms_is_as_it_always_was():
    schema = fitted({"size": [1.5, 2.5], "hue": ["r", "g"], "class": ["a", "b"]})
    description = schema.to_dict()
    assert sorted(description) == ["encoders", "target", "version", "warnings"]
    number = "type name mean deviation median least most has_missing"
    category = "type name levels has_other has_missing"
    assert [set(each) for each in description["encoders"]] == [
        set(number.split()),
        set(category.split()),
    ]


@pytest.mark.parametrize(
    ("place", "key", "value"),
    [
        (0, "form", {"decimal": ";"}),
        (0, "form", {"thousands": ",", "decimal": ","}),
        (0, "form", {"mark": "<script>"}),
        (0, "form", {"extra": 1}),
        (2, "form_name", "Y/D/M"),
        (3, "levels", ["\ud800", "01067"]),
        (3, "rare", ["\udfff"]),
        (3, "name", "\ud800"),
    ],
)
def test_a_form_that_cannot_be_is_refused(place, key, value):
    description = fitted().to_dict()
    description["encoders"][place][key] = value
    with pytest.raises(FileFormatError, match="the schema is not valid"):
        Schema.from_dict(description)


def test_streams_read_as_files_do(tmp_path):
    rows = [f"{i},5;{i % 28 + 1}.5.2024;{'ab'[i % 2]}\n" for i in range(200)]
    text = "size;day;class\n" + "".join(rows)
    for name in ("p.csv", "q.csv"):
        (tmp_path / name).write_text(text)
    stream = Stream(tmp_path)
    assert [block.kinds for block in stream.blocks()] == 2 * [
        {"size": "number", "day": "date", "class": "category"}
    ]
    schema = Schema.fit(read_table(tmp_path / "p.csv"), "class")
    blocks = Stream(tmp_path, schema.read_options).blocks()
    assert [block["size"].form for block in blocks] == 2 * [schema.encoders[0].form]

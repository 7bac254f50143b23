"""A person's own table, read in the page: what it is taken for, and what is refused."""

from __future__ import annotations

import gzip
import json

import pytest
from page_cases import HELLO, answers, table
from playing import serving


def taken(converse, *given):
    """Return what the page knows of a table after it was given one."""
    (held,) = converse([HELLO, *given, {}])
    assert answers(held, "refusal") == []
    welcome, data = answers(held, "welcome")[-1], answers(held, "data")[-1]
    columns = {each["name"]: each["kind"] for each in welcome["file_columns"]}
    return columns, welcome["state"]["data"]["file"], data


def rows(*columns, n=40):
    """Lines of a table: each column is a function of the row's number."""
    lines = [";".join(str(column(k)) for column in columns) for k in range(n)]
    return "\n".join(lines) + "\n"


def test_the_target_is_the_last_column(converse):
    text = "rooms;age;town;price\n" + rows(
        lambda k: k % 5,
        lambda k: k,
        lambda k: ("Ulm", "Bonn")[k % 2],
        lambda k: k * 3.5,
    )
    columns, choice, data = taken(converse, table(text))
    assert columns["town"] == "category"
    assert (choice["target"], choice["columns"]) == ("price", ["rooms", "age", "town"])
    assert data["task"] == "regression"
    assert data["inputs"] == ["rooms", "age", "town = Ulm"]


@pytest.mark.parametrize(
    ("cells", "kind"),
    [
        (["1,5", "2,25", "0,123"], "number"),
        (["1.299,50", "999,00", "12,00"], "number"),
        (["1,299.50", "999.00", "12.00"], "number"),
        (["1'200", "3'500", "900"], "number"),
        (["€ 12,50", "€ 7,00", "€ 1,20"], "number"),
        (["12 %", "7 %", "3 %"], "number"),
        (["(5,00)", "3,00", "−2,00"], "number"),
        (["1e3", "2.5e-1", "+7"], "number"),
        (["31.01.2024", "01.02.2024", "15.03.2024"], "date"),
        (["2024-01-31 10:30", "2024-02-01 11:00", "2024-03-01 00:00:01"], "date"),
        (["00123", "00456", "00789"], "category"),
        (["red", "green", "blue"], "category"),
        (["", "-", "n/a"], "empty"),
    ],
)
def test_columns_are_what_a_person_would_take_them_for(converse, cells, kind):
    lines = rows(lambda k: cells[k % 3], lambda k: k % 7, lambda k: k % 2)
    columns, _, _ = taken(converse, table("a;b;c\n" + lines))
    assert columns["a"] == kind


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_separators_are_told_from_the_lines(converse, separator):
    text = "x;y;class\n" + rows(lambda k: k, lambda k: k * 2, lambda k: "ab"[k % 2])
    columns, _, data = taken(converse, table(text.replace(";", separator)))
    assert list(columns) == ["x", "y", "class"]
    assert data["classes"] == ["a", "b"]


def test_quotes_encodings_and_gzip_are_read(converse):
    text = 'naïve,"a, b",class\r\n' + "".join(
        f'{k},"say ""{k}""",{"xy"[k % 2]}\r\n' for k in range(20)
    )
    for content in (
        text.encode("cp1252"),
        text.encode("utf-16"),
        ("\ufeff" + text).encode(),
        gzip.compress(text.encode()),
    ):
        columns, _, _ = taken(converse, table(content))
        assert list(columns) == ["naïve", "a, b", "class"]


def test_missing_cells_get_an_input_of_their_own(converse):
    text = "x;z;y\n" + rows(
        lambda k: "" if k % 4 == 0 else k, lambda k: k % 3, lambda k: k * 0.5
    )
    _, _, data = taken(converse, table(text))
    assert data["inputs"] == ["x", "x is missing", "z"]


def test_rows_without_a_target_are_left_out_and_said(converse):
    text = "x;y\n" + rows(lambda k: k, lambda k: "" if k < 5 else k * 1.5)
    _, _, data = taken(converse, table(text))
    assert data["n_train"] + data["n_test"] == 35
    assert any("5 rows have no y" in note for note in data["notes"])


BAD = {
    "nothing": (b"", "is empty"),
    "a program": (b"\x7fELF\x02\x01\x01\0\0\0\0\0", "is not a table"),
    "a picture": (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "is not a table"),
    "a workbook": (b"PK\x03\x04 and so on", "workbook"),
    "Parquet": (b"PAR1 and so on PAR1", "Parquet"),
    "one column": (b"a\n1\n2\n3\n", "one column"),
    "names alone": (b"a,b,c\n", "no rows"),
    "commas": (b"," * 3_000_000 + b"\n" + b"," * 3_000_000, "playground takes"),
    "too many rows": (b"a,b\n" + b"1,2\n" * 100_001, "playground takes"),
    "broken gzip": (b"\x1f\x8b\x08\0\0\0\0\0\0\x03 no", "damaged"),
    "a bomb": (gzip.compress(b"1,2\n" * 40_000_000), "unpacks to more"),
    "nothing to learn": (b"a,b\n" + b"1,1\n" * 30, "choose another"),
}


@pytest.mark.parametrize(("content", "sentence"), BAD.values(), ids=BAD)
def test_what_is_no_table_is_one_sentence(converse, content, sentence):
    (held,) = converse([HELLO, table(content), {}])
    refused = answers(held, "refusal") + answers(held, "problem")
    said = [each["message"] for each in refused]
    assert len(said) == 1
    assert sentence in said[0]
    assert said[0].count("\n") == 0
    assert {each.get("kind") for each in held["answers"]} - {None, "Refusal"} != set()


def test_a_table_that_walnet_has_read_is_taken_as_it_is(converse, tmp_path):
    path = tmp_path / "rooms.csv"
    text = "rooms;price;town\n" + rows(
        lambda k: k % 5,
        lambda k: f"1.{k:03},50",
        lambda k: ("Ulm", "Bonn", "Köln")[k % 3],
    )
    path.write_text(text, encoding="utf-8")
    with serving(str(path)) as server:
        _, _, body = server.request("GET", "/table.json")
    columns, choice, data = taken(converse, table(body, "The table", form="columns"))
    assert columns == {"rooms": "number", "price": "number", "town": "category"}
    assert choice["name"] == "rooms.csv"
    assert data["classes"] == ["Bonn", "Köln", "Ulm"]
    forged = json.dumps({"name": "x", "columns": "none"})
    (held,) = converse([HELLO, table(forged, form="columns"), {}])
    assert answers(held, "refusal") != []

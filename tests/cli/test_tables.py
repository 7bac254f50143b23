"""Tables as people have them, by the command line."""

from __future__ import annotations

import json

import pytest
from command_line import assert_refused, small_table, with_column

from walnet.tables import read_table, write_table

N = 80
SIZES = [1 + (7 * i) % 40 for i in range(N)]
KINDS = ["no" if size < 20 else "yes" for size in SIZES]
WRITTEN = {  # the same sizes, as people write them
    "a decimal comma": [f"{size},5" for size in SIZES],
    "points between thousands": [f"1.0{size:02d},5" for size in SIZES],
    "a currency": [f"$1,0{size:02d}.50" for size in SIZES],
    "percent": [f"{size}.5 %" for size in SIZES],
    "dates": [f"{1 + size % 28}.{1 + size // 28}.2024" for size in SIZES],
    "some missing": ["n.a." if i % 9 == 0 else f"{s}.5" for i, s in enumerate(SIZES)],
}


def semicolons(sizes):
    """Return a table with semicolons between the cells."""
    rows = [f"{size};{kind}\n" for size, kind in zip(sizes, KINDS, strict=True)]
    return "größe;kind\n" + "".join(rows)


@pytest.mark.parametrize("case", WRITTEN)
def test_a_table_is_learned_and_new_rows_are_read_alike(case, run, table):
    table(semicolons(WRITTEN[case]).encode("cp1252"), "german.csv")
    finished = run(
        *("train", "german.csv", "-t", "kind", "--preset", "fast", "--no-report"),
        "--json",
    )
    assert finished.returncode == 0, finished.stderr
    facts = json.loads(finished.stdout)
    assert facts["columns"] == ["größe"]
    assert facts["test"]["accuracy"] > 0.8
    # UTF-8 and fewer rows: the forms are those of the training.
    lines = semicolons(WRITTEN[case]).splitlines(keepends=True)
    table("".join(lines[:4]), "new.csv")
    finished = run("predict", "german.walnet", "new.csv", "-o", "out.xlsx")
    assert finished.returncode == 0, finished.stderr
    assert "at training" not in finished.stderr
    assert read_table("out.xlsx")["kind"].values.to_pylist() == KINDS[:3]


def test_what_the_table_does_not_tell_is_told(run, table):
    rows = with_column(small_table(), "leak", lambda i: "no" if i % 7 < 3 else "yes")
    table(with_column(rows, "code", lambda i: -99 if i % 5 == 0 else 10 + i % 2))
    options = ("--drop", "leak", "--kind", "code=category", "--missing", "-99")
    finished = run(
        *("train", "table.csv", "-t", "kind", "--preset", "fast", "--json", *options)
    )
    assert finished.returncode == 0, finished.stderr
    assert json.loads(finished.stdout)["columns"] == ["code", "size", "letter"]
    call = "read_table('table.csv', drop=['leak'], missing=['-99'], "
    page = (table("", "x").parent / "table.html").read_text()
    assert (call + "kinds={'code': 'category'})").replace("'", "&#39;") in page


def test_a_workbook_and_standard_input_are_read(run, process, table):
    rows = [line.split(",") for line in small_table().splitlines()]
    columns = dict(zip(rows[0], zip(*rows[1:], strict=True), strict=True))
    columns["size"] = list(map(float, columns["size"]))
    write_table(table("", "x").parent / "book.xlsx", columns)
    finished = run("train", "book.xlsx", "-t", "kind", "--preset", "fast")
    assert finished.returncode == 0, finished.stderr
    finished = process("predict", "book.walnet", "-", input=small_table(2))
    assert finished.stdout.splitlines()[0] == '"kind","P(no)","P(yes)"'
    assert len(finished.stdout.splitlines()) == 3


REFUSED = {
    "--drop": (["--drop", "sizes"], "there is no column 'sizes'; did you mean 'size'?"),
    "--kind": (["--kind", "size"], "--kind must be COLUMN=KIND"),
    "no such kind": (["--kind", "size=float"], "the kind of column 'size' must be one"),
    "--decimal": (["--decimal", "x"], "decimal must be '.' or ','"),
    "--encoding": (["--encoding", "x"], "encoding must be a name such as"),
    "not so": (["--kind", "letter=date"], "column 'letter' was to be read as date"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_an_option_that_cannot_be_meant_is_refused(case, run, table):
    options, message = REFUSED[case]
    table(small_table())
    finished = run("train", "table.csv", "-t", "kind", "--no-report", *options)
    assert_refused(finished, message)


def test_an_output_of_another_format_is_refused_before_anything_is_read(run, table):
    table(small_table(), "model.walnet")
    finished = run("predict", "model.walnet", "model.walnet", "-o", "out.ods")
    assert_refused(finished, "'out.ods' has the name of a format that is not written")

"""Tables as people have them, by the command line."""

from __future__ import annotations

import html
import json

import numpy as np
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
    # Without the first, whose size is not known where some are missing.
    table("".join([lines[0], *lines[2:5]]), "new.csv")
    finished = run("predict", "german.walnet", "new.csv", "-o", "out.xlsx")
    assert finished.returncode == 0, finished.stderr
    assert "at training" not in finished.stderr
    assert read_table("out.xlsx")["kind"].values.to_pylist() == KINDS[1:4]


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


def test_without_a_target_it_is_shown_how_columns_are_read_and_asked_for_one(
    run, table
):
    table(semicolons(WRITTEN["a decimal comma"]), "german.csv")
    finished = run("train", "german.csv")
    assert finished.returncode == 2
    assert finished.stderr == ""
    last = "Name it by\n    walnet train german.csv --target COLUMN\n"
    assert finished.stdout.endswith(last)
    assert_refused(run("train", "german.csv", "--json"), "give the column to learn as")
    assert "numbers with a decimal comma" in finished.stdout
    assert "category, 2 levels" in finished.stdout
    assert not list(table("", "x").parent.glob("*.walnet"))


def test_how_columns_are_read_is_said_before_training_and_in_the_report(run, table):
    rows = with_column(small_table(), "order_no", lambda i: 7000 + i)
    table(rows)
    finished = run("train", "table.csv", "-t", "kind", "--preset", "fast")
    assert finished.returncode == 0, finished.stderr
    shown = finished.stdout.index("number (left out)")
    assert shown < finished.stdout.index("rows to learn from")
    assert finished.stderr.count("column 'order_no' is left out") == 1
    page = (table("", "x").parent / "table.html").read_text()
    assert "read as" in page
    assert "column &#39;order_no&#39; is left out" in page


def test_rows_are_tested_in_another_file_by_groups_or_in_time(run, table):
    rows = with_column(small_table(), "day", lambda i: f"2024-01-{1 + i % 28:02d}")
    rows = with_column(rows, "patient", lambda i: f"p{i // 8}")
    table(rows)
    table(small_table(5), "later.csv")
    common = ("train", "table.csv", "-t", "kind", "--preset", "fast", "--json")
    for options, n_test, call in [
        (("--group", "patient"), 8, "seed=0, group='patient')"),
        (("--time", "day"), 10, "seed=0, time='day')"),
    ]:
        finished = run(*common, *options)
        assert finished.returncode == 0, finished.stderr
        facts = json.loads(finished.stdout)
        assert abs(facts["test"]["rows"] - n_test) <= 4
        assert ("patient" in facts["columns"]) == (options[0] == "--time")
        page = (table("", "x").parent / "table.html").read_text()
        assert call.replace("'", "&#39;") in page
    drop = ("--drop", "day", "--drop", "patient")
    finished = run(*common, "--test", "later.csv", *drop)
    assert finished.returncode == 0, finished.stderr
    assert json.loads(finished.stdout)["test"]["rows"] == 5
    page = (table("", "x").parent / "table.html").read_text()
    call = "test = walnet.read_table('later.csv', expected=table.readings)"
    assert call.replace("'", "&#39;") in page


def test_the_table_to_test_with_is_read_by_the_same_options(run, table):
    table(small_table().replace(",", "~"))
    table(small_table(5).replace(",", "~"), "later.csv")
    given = ("--delimiter", "~", "--missing", "zz")
    files = ("table.csv", "-t", "kind", "--test", "later.csv", "--preset", "fast")
    finished = run("train", *files, *given, "--json")
    assert finished.returncode == 0, finished.stderr
    assert json.loads(finished.stdout)["test"]["rows"] == 5
    page = html.unescape((table("", "x").parent / "table.html").read_text())
    options = "missing=['zz'], delimiter='~'"
    assert f"table = walnet.read_table('table.csv', {options})" in page
    known = "expected=table.readings"
    assert f"test = walnet.read_table('later.csv', {options}, {known})" in page


def test_a_leak_and_labels_that_may_be_one_are_named(run, table):
    leak = with_column(small_table(), "copy", lambda i: "12"[(i % 7) < 3])
    table(leak)
    finished = run("train", "table.csv", "-t", "kind", "--preset", "fast")
    assert "column 'copy' alone tells the target in 100 % of the rows" in (
        finished.stderr
    )
    assert (
        "alone tells the target" in (table("", "x").parent / "table.html").read_text()
    )
    table(small_table().replace("no\n", "No\n", 5))
    finished = run("train", "table.csv", "-t", "kind", "--preset", "fast")
    assert "labels 'No', 'no' differ by case" in finished.stderr


def test_a_model_that_is_no_better_than_a_guess_says_so_last(run, table):
    random = np.random.default_rng(1)
    lines = [
        f"{x:.3f},{'uv'[k]}\n"
        for x, k in zip(random.normal(size=60), random.integers(0, 2, 60), strict=True)
    ]
    table("size,kind\n" + "".join(lines))
    finished = run(
        *("train", "table.csv", "-t", "kind", "--preset", "fast", "--epochs", "1")
    )
    last = finished.stdout.strip().splitlines()[-1]
    assert last.startswith("No better than always guessing the most frequent class.")
    assert "rows are too few to learn from" in last


SPLIT_REFUSED = {
    "two ways": (["--group", "size", "--time", "size"], "split the rows in different"),
    "no share": (["--group", "size", "--test-share", "0"], "but --test-share is 0"),
    "no column": (["--time", "when"], "there is no column 'when'"),
    "no file": (["--test", "none.csv"], "cannot read 'none.csv'"),
}


@pytest.mark.parametrize("case", SPLIT_REFUSED)
def test_rows_that_cannot_be_split_so_are_one_sentence(case, run, table):
    options, message = SPLIT_REFUSED[case]
    table(small_table())
    finished = run("train", "table.csv", "-t", "kind", "--no-report", *options)
    assert_refused(finished, message)

"""Files that are there already: replaced with a note, or kept."""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path

from command_line import assert_refused, small_table

import walnet

TRAIN = ("train", "table.csv", "--model", "mlp", "--epochs", "2")
WRITTEN = datetime(2026, 3, 1, 9, 30)  # noqa: DTZ001 - as people's clocks show it


def make_old(path: Path) -> None:
    """Let a file be one that was written long ago."""
    os.utime(path, (WRITTEN.timestamp(),) * 2)


def test_a_model_of_before_is_replaced_with_a_note_of_its_date(run, table):
    table(small_table())
    first = run(*TRAIN, "-t", "kind", "--no-report")
    assert "will be replaced" not in first.stderr
    make_old(Path("table.walnet"))
    again = run(*TRAIN, "-t", "kind", "--no-report")
    assert again.returncode == 0, again.stderr
    note = "'table.walnet', written on 2026-03-01 at 09:30, will be replaced"
    assert f"Note: {note}\n" in again.stderr
    quiet = run(*TRAIN, "-t", "kind", "--no-report", "--quiet")
    assert (quiet.returncode, quiet.stderr) == (0, "")


def test_a_model_of_another_target_is_replaced_too(run, table):
    table(small_table())
    assert run(*TRAIN, "-t", "kind", "--no-report").returncode == 0
    finished = run(*TRAIN, "-t", "letter", "--no-report")
    assert finished.returncode == 0, finished.stderr
    assert "Note: 'table.walnet', written on" in finished.stderr
    assert walnet.load("table.walnet").target == "letter"


def test_a_page_that_is_no_report_is_kept_unless_its_name_is_given(run, table):
    table(small_table())
    page = Path("table.html")
    page.write_text("<title>My own page</title>")
    words = "'table.html' is there and is no report of walnet"
    assert_refused(run(*TRAIN, "-q", "-t", "kind"), words)
    assert page.read_text() == "<title>My own page</title>"
    finished = run(*TRAIN, "-t", "kind", "--report", "table.html")
    assert finished.returncode == 0, finished.stderr
    assert "'table.html', written on" in finished.stderr
    finished = run(*TRAIN, "-t", "kind")  # now it is a report
    assert finished.returncode == 0, finished.stderr


def test_every_command_that_writes_a_file_says_what_it_replaces(
    run, table, penguin_model
):
    rows = "island,bill_length_mm,bill_depth_mm,flipper_length_mm,body_mass_g,sex,year"
    table(f"{rows}\nBiscoe,39.1,18.7,181,3750,male,2007\n")
    commands = {
        "out.csv": ("predict", penguin_model, "table.csv", "-o", "out.csv"),
        "worksheet.html": ("worksheet", "--pupils", "1"),
        "out.onnx": ("export", penguin_model, "--onnx", "out.onnx"),
    }
    for name, words in commands.items():
        assert "will be replaced" not in run(*words).stderr
        make_old(Path(name))
        said = run(*words).stderr
        note = f"{name!r}, written on 2026-03-01 at 09:30, will be replaced"
        assert note in said, said


def test_the_demo_keeps_to_its_files(run, tmp_path):
    (tmp_path / "walnet-demo").write_text("mine")
    assert_refused(run("demo"), "there is a file of that name already")

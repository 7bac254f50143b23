"""Rows that are read in blocks: a folder, or a file that is streamed."""

from __future__ import annotations

import json

from command_line import PENGUINS, assert_refused

import walnet
from walnet.cli import sampling
from walnet.models.script import Repetition, TrainRequest, python_script


def test_a_folder_is_learned_in_blocks(run, tmp_path):
    (tmp_path / "parts").mkdir()
    header, *rows = PENGUINS.read_text().splitlines()
    for part in range(3):
        text = "\n".join([header, *rows[part::3]]) + "\n"
        (tmp_path / "parts" / f"{part}.csv").write_text(text)
    options = ("--preset", "fast", "--epochs", 30, "--json")
    finished = run("train", "parts", "-t", "species", *options)
    assert finished.returncode == 0, finished.stderr
    facts = json.loads(finished.stdout)
    assert facts["train"]["rows"] + facts["test"]["rows"] == 344
    assert facts["test"]["rows"] > 50
    assert facts["test"]["accuracy"] > 0.9
    assert walnet.load(tmp_path / "parts.walnet").rows == facts["train"]["rows"]
    request = TrainRequest(
        file="parts",
        target="species",
        model_file="again.walnet",
        stream=True,
        options={"preset": "fast", "epochs": 30},
    )
    exec(python_script(request, "EnsembleModel", Repetition()), {})  # noqa: S102 - our own program
    again = (tmp_path / "again.walnet").read_bytes()
    assert again == (tmp_path / "parts.walnet").read_bytes()
    finished = run("train", "parts", "-q", "-t", "species", "--model", "mlp")
    assert_refused(finished, "a plain network needs a table that fits into memory")
    finished = run("train", "parts", "-q", "-t", "species", "--group", "island")
    assert_refused(finished, "--group and --time need a table that fits into memory")


def test_a_folder_is_tested_with_another_one(run, tmp_path):
    header, *rows = PENGUINS.read_text().replace(",", "~").strip().split("\n")
    for name, some in {"old": rows[::2], "new": rows[1::2]}.items():
        (tmp_path / name).mkdir()
        text = "\n".join([header, *some]) + "\n"
        (tmp_path / name / "part.csv").write_text(text)
    options = ("--preset", "fast", "--epochs", 30, "--delimiter", "~")
    finished = run("train", "old", "-t", "species", "--test", "new", "--json", *options)
    assert finished.returncode == 0, finished.stderr
    facts = json.loads(finished.stdout)
    assert facts["train"]["rows"] == facts["test"]["rows"] == 172
    assert facts["test"]["accuracy"] > 0.9
    request = TrainRequest(
        file="old",
        target="species",
        model_file="again.walnet",
        reading={"delimiter": "~"},
        test="new",
        stream=True,
        options={"preset": "fast", "epochs": 30},
    )
    exec(python_script(request, "EnsembleModel", Repetition()), {})  # noqa: S102 - our own program
    again = (tmp_path / "again.walnet").read_bytes()
    assert again == (tmp_path / "old.walnet").read_bytes()


def test_a_file_can_be_streamed_and_has_a_report(run, tmp_path, monkeypatch):
    monkeypatch.setattr(sampling, "_MOST_SHOWN", 60)
    options = ("--stream", "--epochs", 2, "--preset", "fast", "--test-share", 0)
    finished = run("train", PENGUINS, "-t", "body_mass_g", *options)
    assert finished.returncode == 0, finished.stderr
    assert "2 rows without a target 'body_mass_g' left out" in finished.stderr
    assert "of the 342 rows that were learned from, 60 are" in finished.stderr
    assert "12 networks learned from 342 rows in" in finished.stdout
    page = (tmp_path / "penguins.html").read_text(encoding="utf-8")
    assert "walnet.EnsembleModel.fit_stream(" in page
    assert "Original" in page

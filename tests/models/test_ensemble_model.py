"""Tabular models of a column, in files and on the command line."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from walnet.errors import DataError, FileFormatError
from walnet.models.ensemble_model import EnsembleModel
from walnet.models.model_file import load, save
from walnet.tables import read_table

PENGUINS = Path(__file__).parents[2] / "examples" / "penguins.csv"


def walnet(*arguments):
    """Run the command line in a process of its own."""
    command = [sys.executable, "-m", "walnet", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("target", ["species", "body_mass_g"])
def test_a_saved_model_answers_the_same_to_the_bit(target, tmp_path):
    table = read_table(PENGUINS)
    model = EnsembleModel.fit(table, target, preset="fast", epochs=20)
    save(model, tmp_path / "m.walnet")
    loaded = load(tmp_path / "m.walnet")
    assert (loaded.predict(table) == model.predict(table)).all()
    assert loaded.evaluate(table) == model.evaluate(table)
    measures = model.evaluate(table)
    name = measures.measure
    if target == "species":
        assert measures.measures[name] > 0.9
        assert np.allclose(model.predict_proba(table).sum(axis=1), 1)
        with pytest.raises(DataError, match="intervals"):
            model.predict_interval(table)
    else:
        assert measures.measures[name] < measures.trivial[name] / 2
        low, high = model.predict_interval(table)
        assert (low < high).all()
        with pytest.raises(DataError, match="no classes"):
            model.predict_proba(table)


def test_a_file_whose_parts_do_not_belong_together_is_refused():
    model = EnsembleModel.fit(read_table(PENGUINS), "species", preset="fast", epochs=2)
    _, header, arrays = model.to_saved()
    for change in ({"rows": 7}, {"class_counts": [1]}, {"more": 1}, {"target": {}}):
        with pytest.raises(FileFormatError):
            EnsembleModel.from_saved(header | change, arrays)


def test_the_command_line_trains_and_predicts(tmp_path):
    file = tmp_path / "m.walnet"
    options = ["--preset", "fast", "--no-report", "--model-out", file]
    told = walnet("train", PENGUINS, "--target", "species", *options, "--json")
    assert told.returncode == 0, told.stderr
    facts = json.loads(told.stdout)
    assert facts["test"]["accuracy"] > 0.9
    answers = walnet("predict", file, PENGUINS, "--json")
    assert answers.returncode == 0, answers.stderr
    assert len(json.loads(answers.stdout)["columns"]["species"]) == 344

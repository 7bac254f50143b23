"""``walnet export``: what `walnet train` writes, run by onnxruntime."""

from __future__ import annotations

import numpy as np
import onnxruntime
import pytest
from command_line import PENGUINS, assert_refused

import walnet


def answers(path, table, names):
    """Return the outputs of an ONNX file for the columns of a table."""
    session = onnxruntime.InferenceSession(path)
    assert [each.name for each in session.get_inputs()] == names
    feed = {}
    for name in names:
        column = table[name]
        if column.kind == "number":
            feed[name] = column.numbers()[:, None]
        else:
            texts = np.append(np.array(column.levels(), object), "")
            feed[name] = texts[column.codes()][:, None]
    return session.run(None, feed)


@pytest.mark.parametrize("model", ["tabular", "mlp"])
@pytest.mark.parametrize("target", ["species", "body_mass_g"])
def test_a_trained_table_runs_without_walnet(run, tmp_path, model, target):
    how = ["--preset", "fast"] if model == "tabular" else ["--epochs", 20]
    words = [PENGUINS, "-t", target, "--no-report", "--model", model, *how]
    assert run("train", *words).returncode == 0
    finished = run("export", "penguins.walnet", "--onnx", "penguins.onnx")
    assert finished.returncode == 0, finished.stderr
    said = finished.stdout
    assert "Wrote penguins.onnx: takes " in said
    gives = "label, probabilities" if target == "species" else "prediction"
    assert f"gives {gives}." in said
    loaded = walnet.load(tmp_path / "penguins.walnet")
    table = walnet.read_table(PENGUINS)
    names = [encoder.name for encoder in loaded.schema.encoders]
    given = answers(tmp_path / "penguins.onnx", table, names)
    wanted = loaded.predict(table)
    if target == "species":
        assert (given[0] == wanted).all()
        assert abs(given[1] - loaded.predict_proba(table)).max() <= 1e-5
    else:
        np.testing.assert_allclose(given[0], wanted, rtol=1e-5)


def test_the_opset_is_that_asked_for(run, penguin_model, tmp_path):
    onnx = pytest.importorskip("onnx", reason="onnx reads the version of its file")
    finished = run("export", penguin_model, "--onnx", "out.onnx", "--opset", 15)
    assert finished.returncode == 0, finished.stderr
    (version,) = [
        each.version
        for each in onnx.load(tmp_path / "out.onnx").opset_import
        if not each.domain
    ]
    assert version == 15


def test_what_cannot_be_exported_writes_nothing(run, penguin_model, tmp_path):
    refusals = [
        (["nowhere.walnet", "--onnx", "out.onnx"], "nowhere.walnet"),
        ([PENGUINS, "--onnx", "out.onnx"], "penguins.csv"),
        ([penguin_model, "--onnx", "out.onnx", "--opset", 9], "from 13 to 25, got 9"),
        ([penguin_model, "--onnx", penguin_model], "penguins.walnet"),
    ]
    for words, expected in refusals:
        assert_refused(run("export", *words), expected)
    assert not list(tmp_path.iterdir())


def test_export_needs_to_know_where_to_write(run, penguin_model):
    finished = run("export", penguin_model)
    assert finished.returncode == 2
    assert "--onnx" in finished.stderr

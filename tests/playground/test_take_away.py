"""What the page gives away: scripts that repeat its runs, models, tables of numbers."""

from __future__ import annotations

import base64
import csv
import io
import subprocess
import sys

import numpy as np
import pytest
from page_cases import HELLO, HIDDEN, at, layers, table

import walnet

POINTS = [[0.1 * k, (k % 5) - 2.5, k % 3] for k in range(30)]
COLOURS, TASTES = ("red", "green", "blue"), ("sour", "sweet")
LINES = "".join(
    f"{k % 7},5;{k % 11};{COLOURS[k % 3]};{TASTES[k % 2]}\n" for k in range(60)
)
FRUIT = table(f"size;weight;colour;taste\n{LINES}", "fruit.csv")


def floats(count):
    """Parameters as the page takes them: float32 values in base64."""
    return base64.b64encode(np.linspace(-1, 1, count, dtype="<f4").tobytes()).decode()


def file_of(answers, kind):
    (found,) = [each for each in answers if each.get("type") == "file"][-1:]
    assert found["kind"] == kind
    return found


RUNS = {
    "circles": {},
    "blobs": {"data": {"source": "blobs", "classes": 4}},
    "numbers": {"data": {"source": "bumpy"}, "training": {"optimizer": "adam"}},
    "drawn": {"data": {"source": "drawn", "points": POINTS}},
    "drawn numbers": {
        "data": {
            "source": "drawn",
            "points": [[x, y, x * 0.37] for x, y, _ in POINTS],
            "drawn_task": "regression",
        }
    },
    "derived": {"data": {"derived": ["square 1", "product 1 2", "sine 2"]}},
    "dropout and decay": {
        "network": {
            "layers": [
                {"neurons": 5, "activation": "relu", "dropout": 0.2},
                {"neurons": 3, "activation": "gelu", "dropout": 0.0},
            ]
        },
        "training": {"optimizer": "adamw", "weight_decay": 0.05, "l1": 0.001},
    },
}
CHANGES = {
    "a rate, a weight, a penalty": [
        {"kind": "learning_rate", "value": 0.3},
        {"kind": "parameter", "index": 3, "value": 0.5},
        {"kind": "training", "training": {"l2": 0.01}},
    ],
    "batches and the update rule": [
        {"kind": "training", "training": {"batch_size": 32}},
        {"kind": "training", "training": {"optimizer": "momentum"}},
    ],
    "neurons, layers, activations": [
        {"kind": "network", "layers": layers(6, 2)},
        {"kind": "network", "layers": layers(6, 3, 2)},
        {"kind": "network", "layers": layers(6, 3, 2, activation="relu")},
        {"kind": "network", "layers": layers(3)},
    ],
    "one example": [{"kind": "row", "row": 7}],
    "all parameters, of a network and of another": [
        {"kind": "parameters", "values": floats(25)},
        {"kind": "network", "layers": layers(3)},
        {"kind": "parameters", "values": floats(13)},
    ],
}


def run_script(folder, answers):
    """Save what the page gives, and run it as a person would."""
    script = file_of([a for a in answers if a.get("kind") == "python"], "python")
    (folder / script["name"]).write_text(script["content"])
    for beside in [a for a in answers if a.get("kind") == "examples"]:
        (folder / beside["name"]).write_text(beside["content"])
    done = subprocess.run(
        [sys.executable, script["name"]],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def exports(*kinds):
    return [{"type": "export", "kind": kind} for kind in kinds]


@pytest.mark.parametrize("run", RUNS.values(), ids=RUNS)
def test_the_script_repeats_a_run_to_the_last_bit(converse, default, run, tmp_path):
    steps = [HELLO, at(default, 130, **run), {}, *exports("python", "examples")]
    said = run_script(tmp_path, converse(steps)[0]["answers"])
    assert "the same bits as in the playground: True" in said


@pytest.mark.parametrize("changes", CHANGES.values(), ids=CHANGES)
def test_the_script_repeats_what_was_changed_on_the_way(
    converse, default, changes, tmp_path
):
    steps = [HELLO, at(default, 40), {}]
    for change in changes:
        steps += [{"type": "change", **change}, {"type": "step", "unit": "epoch"}, {}]
    held = converse([*steps, *exports("python")])[0]
    assert len(held["state"]["run"]["events"]) == len(changes)
    said = run_script(tmp_path, held["answers"])
    assert "the same bits as in the playground: True" in said


def test_the_script_of_an_own_table_reads_its_examples_from_a_file(converse, tmp_path):
    steps = [HELLO, FRUIT, {}, {"type": "step", "unit": "epoch"}, {}]
    held = converse([*steps, *exports("python", "examples")])[0]
    assert file_of(held["answers"][:-1], "python")["beside"] == "examples"
    said = run_script(tmp_path, held["answers"])
    assert "the same bits as in the playground: True" in said


def test_the_model_file_is_the_one_that_walnet_writes(converse, default, tmp_path):
    steps = [HELLO, at(default, 50), {}, *exports("model")]
    held = converse(steps)[0]
    path = tmp_path / "network.walnet"
    path.write_bytes(base64.b64decode(file_of(held["answers"], "model")["content"]))
    network = walnet.load(path)
    assert network.parameters.tolist() == held["parameters"]
    again = tmp_path / "again.walnet"
    walnet.save(network, again)
    assert again.read_bytes() == path.read_bytes()


@pytest.mark.parametrize("activation", HIDDEN)
def test_the_onnx_file_predicts_as_the_network_does(
    converse, default, activation, tmp_path
):
    onnxruntime = pytest.importorskip("onnxruntime")
    wide = {"layers": layers(5, 4, activation=activation)}
    source = {"source": "blobs", "classes": 3}
    state = at(default, 30, network=wide, data=source)
    held = converse([HELLO, state, {}, *exports("onnx", "model")])[0]
    files = {a["kind"]: base64.b64decode(a["content"]) for a in held["answers"][-2:]}
    path = tmp_path / "network.walnet"
    path.write_bytes(files["model"])
    X = np.random.default_rng(0).normal(size=(20, 2)).astype(np.float32)
    session = onnxruntime.InferenceSession(files["onnx"])
    (found,) = session.run(None, {"inputs": X})
    assert np.allclose(found, walnet.load(path).feed_forward(X), atol=1e-5)


def test_history_and_curve_are_tables_of_numbers(converse, default):
    steps = [HELLO, at(default, 250), {}, *exports("history", "curve")]
    *_, history, curve = converse(steps)[0]["answers"]
    rows = list(csv.DictReader(io.StringIO(history["content"])))
    assert [int(row["epoch"]) for row in rows] == list(range(1, 11))
    assert float(rows[-1]["cost"]) < float(rows[0]["cost"])
    points = list(csv.DictReader(io.StringIO(curve["content"])))
    assert float(points[0]["iteration"]) == 0
    assert set(points[0]) == {
        "iteration",
        "train_cost",
        "test_cost",
        "train_accuracy",
        "test_accuracy",
    }

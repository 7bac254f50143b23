"""What a person takes away from the page, and the own table that came to it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from playing import Page, at, steps
from walnet.playground.epochs import EpochLog
from walnet.playground.messages import LOGGED_EPOCHS

import walnet

pytestmark = pytest.mark.timeout(300)

PENGUINS = Path(__file__).parents[2] / "examples" / "penguins.csv"


def export(server, page, kind: str) -> bytes:
    own = {"Cookie": server.cookie, "X-Walnet-Session": page.session}
    status, _, body = server.request("GET", f"/export/{kind}", own)
    assert status == 200, body
    return body


def run_script(code: bytes, folder: Path) -> str:
    script = folder / "run.py"
    script.write_bytes(code)
    done = subprocess.run(
        [sys.executable, script],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"data": {"source": "blobs", "classes": 4, "test_share": 0.2}},
        {"data": {"source": "sine", "noise": 0.3}},
        {"training": {"optimizer": "adamw", "weight_decay": 0.05}},
        {
            "network": {
                "layers": [
                    {"neurons": 6, "activation": "tanh", "dropout": 0.25},
                    {"neurons": 3, "activation": "relu", "dropout": 0.0},
                ]
            }
        },
        {"training": {"batch_size": 0, "l2": 0.01, "cost": "mse"}},
        {
            "data": {
                "source": "drawn",
                "points": [[i % 3, i / 7, i % 2] for i in range(9)],
            }
        },
    ],
    ids=["default", "blobs", "sine", "adamw", "dropout", "full-batch", "drawn"],
)
def test_the_python_taken_away_gives_the_same_bits(server, page, tmp_path, change):
    state = page.welcome["state"]
    merged = {key: value | change.get(key, {}) for key, value in state.items()}
    page.send(type="set_state", state=merged)
    steps(page, 3)
    page.send(type="change", kind="learning_rate", value=0.3)
    page.send(type="change", kind="parameter", index=1, value=0.123)
    steps(page, 2)
    printed = run_script(export(server, page, "python"), tmp_path)
    assert "the same bits as in the playground: True" in printed


def test_an_own_table_is_learned_and_its_python_gives_the_same_bits(
    server, page, tmp_path
):
    own = server.own(
        **{
            "Content-Type": "application/octet-stream",
            "X-Walnet-Session": page.session,
            "X-Walnet-Name": "penguins.csv",
        }
    )
    status, _, body = server.request("POST", "/upload", own, PENGUINS.read_bytes())
    assert status == 200, body
    welcome = page.hear("welcome")
    file = welcome["state"]["data"]["file"] | {"target": "species"}
    names = [column["name"] for column in welcome["file_columns"]]
    file["columns"] = [name for name in names if name != "species"]
    data = welcome["state"]["data"] | {"file": file}
    page.send(type="set_state", state=welcome["state"] | {"data": data})
    info = page.hear("data")
    while info["target"] != "species":
        info = page.hear("data")
    assert info["task"] == "classification"
    assert len(info["classes"]) == 3
    header, _ = steps(page, 30)
    assert header["test_accuracy"] > 0.9
    (tmp_path / "penguins.csv").write_bytes(PENGUINS.read_bytes())
    printed = run_script(export(server, page, "python"), tmp_path)
    assert "the same bits as in the playground: True" in printed


def test_a_second_page_learns_from_the_table_of_the_first(server, page):
    own = server.own(
        **{
            "Content-Type": "application/octet-stream",
            "X-Walnet-Session": page.session,
            "X-Walnet-Name": "penguins.csv",
        }
    )
    server.request("POST", "/upload", own, PENGUINS.read_bytes())
    state = page.hear("welcome")["state"]
    with server.socket() as socket:
        second = Page(socket, state=state)
        assert second.welcome["file_columns"]
        assert second.hear("data")["target"] == state["data"]["file"]["target"]
        header, _ = steps(second, 3)
        mine, _ = steps(page, 3)
        assert header["train_cost"] == mine["train_cost"]


def test_a_table_that_no_page_has_is_asked_for_in_one_sentence(server):
    file = {"name": "gone.csv", "sha256": "0" * 64, "target": "y", "columns": ["x"]}
    with server.socket() as socket:
        page = Page(socket, state={"data": {"source": "file", "file": file}})
        assert "gone.csv" in page.hear("problem")["message"]


def test_the_model_taken_away_predicts_the_same(server, page, tmp_path):
    _, arrays = steps(page, 5)
    path = tmp_path / "network.walnet"
    path.write_bytes(export(server, page, "model"))
    network = walnet.load(path)
    assert network.parameters.tobytes() == arrays["parameters"].tobytes()


def rows_of(content: bytes) -> tuple[list[str], np.ndarray]:
    names, *lines = content.decode().splitlines()
    values = [[float(cell or "nan") for cell in line.split(",")] for line in lines]
    return names.split(","), np.array(values)


def test_the_history_taken_away_has_every_epoch(server, page):
    steps(page, 30)
    page.send(type="seek", iteration=0)
    page.frame(at(0))
    page.send(type="seek", iteration=700)
    page.frame(at(700))
    names, rows = rows_of(export(server, page, "history"))
    code = export(server, page, "python").decode()
    assert "training.advance(700)" in code
    run: dict = {}
    exec(code, run)  # noqa: S102 - it is walnet's own
    assert names[:3] == ["epoch", "iteration", "cost"]
    assert rows[:, 0].tolist() == list(range(1, 29))
    assert rows[:, 1].tolist() == list(range(25, 701, 25))
    history = run["training"].history.to_dict()
    np.testing.assert_array_equal(rows[:, 2:].T, [history[name] for name in names[2:]])


def test_the_curve_taken_away_is_the_one_that_is_drawn(server, page):
    steps(page, 4)
    names, rows = rows_of(export(server, page, "curve"))
    assert names[:3] == ["iteration", "train_cost", "test_cost"]
    assert (np.diff(rows[:, 0]) > 0).all()
    assert rows[[0, -1], 0].tolist() == [0, 100]


def test_of_very_many_epochs_every_second_one_is_kept():
    log = EpochLog()
    rows = np.arange(3.0 * LOGGED_EPOCHS)[:, None] * np.ones(6)
    for first in range(0, len(rows), 50_000):
        log.note(first, rows[first : first + 50_000])
    numbers, kept = log.until(len(rows) - 100_000)
    assert log.stride == 4
    assert len(numbers) == (len(rows) - 100_000 + 3) // 4
    np.testing.assert_array_equal(kept[:, 0], numbers - 1)


def test_a_link_holds_the_whole_run(server, page):
    steps(page, 3)
    page.send(type="change", kind="parameter", index=0, value=1.5)
    _, arrays = steps(page, 3)
    state = json.loads(export(server, page, "state"))
    with server.socket() as socket:
        other = Page(socket, state=state)
        _, again = other.frame(at(150))
    assert again["parameters"].tobytes() == arrays["parameters"].tobytes()


@pytest.mark.parametrize(
    "data",
    [{}, {"source": "blobs", "classes": 3}, {"source": "bumpy"}],
    ids=["two-classes", "three-classes", "numbers"],
)
def test_the_onnx_file_taken_away_predicts_as_the_page_does(
    server, page, tmp_path, data
):
    onnxruntime = pytest.importorskip("onnxruntime")
    pytest.importorskip("onnx")
    state = page.welcome["state"]
    page.send(type="set_state", state=state | {"data": state["data"] | data})
    page.hear("data")
    _, arrays = steps(page, 5)
    path = tmp_path / "network.onnx"
    path.write_bytes(export(server, page, "onnx"))
    inference = onnxruntime.InferenceSession(path)
    source = data.get("source", "circles")
    options = {"classes": 3} if source == "blobs" else {}
    X, _ = getattr(walnet.datasets, source)(n=500, noise=0.1, seed=0, **options)
    [output] = inference.run(None, {"X": X.astype(np.float32)})
    shown = arrays["predictions"].reshape(output.shape)
    np.testing.assert_allclose(output, shown, atol=1e-5)

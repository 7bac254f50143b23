"""Ctrl-C and SIGTERM: what was learned so far is kept, and can be repeated."""

from __future__ import annotations

import html
import json
import os
import pty
import re
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest
from command_line import PENGUINS
from processes import started

import walnet
from walnet.cli.interruption import Interruption
from walnet.engine.training import Training

WALNET = (sys.executable, "-m", "walnet")
TRAIN = ("train", str(PENGUINS), "-t", "species")
LONG = ("--model", "mlp", "--epochs", "100000000", "--set", "schedule=constant")


class Terminal:
    """A process whose messages go to a terminal, so that it shows its progress."""

    def __init__(self, process: subprocess.Popen[str], screen: int):
        self.process, self.screen = process, screen
        self.seen = ""

    def wait_for(self, words: str, seconds: float = 90) -> None:
        """Read until the words have been shown."""
        end = time.monotonic() + seconds
        while words not in self.seen:
            assert time.monotonic() < end, self.seen[-2000:]
            if select.select([self.screen], [], [], 1.0)[0]:
                self.seen += os.read(self.screen, 65536).decode(errors="replace")

    def finish(self) -> tuple[int, str]:
        """Return exit code and standard output; nothing is left running."""
        children = psutil.Process(self.process.pid).children(recursive=True)
        stdout, _ = self.process.communicate(timeout=60)
        assert not any(child.is_running() for child in children)
        return self.process.returncode, stdout


@contextmanager
def terminal(folder: Path, *arguments: str, **options: Any) -> Iterator[Terminal]:
    """Start ``walnet`` in a folder, with a terminal for its messages."""
    screen, slave = pty.openpty()
    environment = os.environ | {"TERM": "xterm", "COLUMNS": "100"}
    options = {"cwd": folder, "env": environment, "stdout": subprocess.PIPE} | options
    try:
        with started(*WALNET, *arguments, stderr=slave, **options) as process:
            os.close(slave)
            yield Terminal(process, screen)
    finally:
        os.close(screen)


def repeated(page: Path, folder: Path) -> walnet.NetworkModel:
    """Run the report's code in a folder and return the model that it saves."""
    text = page.read_text(encoding="utf-8")
    blocks = [
        html.unescape(code)
        for code in re.findall(r"<pre[^>]*>(.*?)</pre>", text, re.DOTALL)
    ]
    code = next(re.sub(r"<[^>]+>", "", each) for each in blocks if "Model.fit" in each)
    subprocess.run([sys.executable, "-c", code], cwd=folder, check=True, timeout=90)
    return walnet.load(folder / re.search(r"save\(model, '(.*)'\)", code)[1])


@pytest.mark.parametrize(
    ("number", "name"), [(signal.SIGINT, "Ctrl-C"), (signal.SIGTERM, "SIGTERM")]
)
def test_a_signal_keeps_what_was_learned(number, name, tmp_path):
    with terminal(tmp_path, *TRAIN, *LONG) as shown:
        shown.wait_for("epochs")
        shown.process.send_signal(number)
        code, stdout = shown.finish()
    assert code == 128 + number
    assert f"stopped by {name}, what was learned so far is kept" in stdout
    model = walnet.load(tmp_path / "penguins.walnet")
    assert model.facts.stopped == f"stopped by {name}"
    assert model.facts.epochs > 0
    assert model.evaluate(PENGUINS).measures["accuracy"] > 0.9
    again = tmp_path / "again"
    again.mkdir()
    model_again = repeated(tmp_path / "penguins.html", again)
    np.testing.assert_array_equal(
        model_again.network.parameters, model.network.parameters
    )
    assert model_again.facts == model.facts


def test_a_signal_keeps_the_networks_that_have_begun(tmp_path):
    options = ("--epochs", "1000000", "--set", "threads=2")
    with terminal(tmp_path, *TRAIN, *options) as shown:
        shown.wait_for("0/28 networks")
        shown.process.send_signal(signal.SIGINT)
        code, stdout = shown.finish()
    assert code == 130
    assert "stopped by Ctrl-C, what was learned so far is kept" in stdout
    model = walnet.load(tmp_path / "penguins.walnet")
    assert model.estimator.n_members_ == 2
    assert "2 of 28 networks had begun and are kept" in model.warnings[-1]
    assert len(model.predict(PENGUINS)) == 344
    page = (tmp_path / "penguins.html").read_text(encoding="utf-8")
    assert "but for one thing: the run was stopped by Ctrl-C" in page


@pytest.mark.parametrize("iteration", [2, 7])
def test_a_signal_ends_the_training_where_its_epoch_ends(iteration, monkeypatch):
    stretch = Training._stretch

    def press(self, _):
        if self.iteration == iteration:
            signal.raise_signal(signal.SIGINT)
        stretch(self, 1)

    monkeypatch.setattr(Training, "_stretch", press)
    X = np.arange(20.0).reshape(10, 2)
    network = walnet.Network([2, 1])
    options = {"learning_rate": 0, "batch_size": 2, "epochs": 9}
    with Interruption() as interruption:
        history = walnet.train(network, X, X[:, 0], callback=interruption, **options)
    assert history.stopped == "stopped by Ctrl-C"
    assert len(history) == iteration // 5 + 1
    assert interruption.exit_code == 130


DEAF = """
import sys, time
from walnet.cli import interruption
interruption.PATIENCE = 0.2
with interruption.Interruption():
    print("ready", flush=True)
    if sys.argv[1] == "loop":
        while True:
            pass
    import fcntl
    files = [open(sys.argv[2], "w") for _ in range(2)]
    fcntl.flock(files[0], fcntl.LOCK_EX)
    fcntl.flock(files[1], fcntl.LOCK_EX)
"""


@pytest.mark.parametrize("where", ["loop", "wait"])
def test_sigterm_ends_what_does_not_look_for_it(where, tmp_path):
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    command = (sys.executable, "-c", DEAF, where, tmp_path / "lock")
    with started(*command, **pipes) as process:
        assert process.stdout.readline() == "ready\n"
        process.send_signal(signal.SIGTERM)
        _, stderr = process.communicate(timeout=60)
    assert process.returncode == 128 + signal.SIGTERM
    assert stderr == ""


def ignore_ctrl_c():
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def test_in_the_background_of_a_script_ctrl_c_is_not_for_the_training(tmp_path):
    with terminal(tmp_path, *TRAIN, *LONG, preexec_fn=ignore_ctrl_c) as shown:
        shown.wait_for("epochs")
        shown.process.send_signal(signal.SIGINT)
        shown.process.send_signal(signal.SIGTERM)
        code, stdout = shown.finish()
    assert code == 128 + signal.SIGTERM
    assert "stopped by SIGTERM" in stdout


def test_json_says_that_it_was_interrupted(run, tmp_path, monkeypatch):
    called = Interruption.__call__

    def press(self, training):
        if training.epoch == 3:
            signal.raise_signal(signal.SIGINT)
        called(self, training)

    monkeypatch.setattr(Interruption, "__call__", press)
    finished = run(*TRAIN, "--json", "--no-report", *LONG)
    assert finished.returncode == 130, finished.stderr
    assert json.loads(finished.stdout)["interrupted"] is True
    assert walnet.load(tmp_path / "penguins.walnet").facts.epochs == 4


def test_before_the_training_nothing_is_written(tmp_path):
    os.mkfifo(tmp_path / "table.csv")
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    command = (*WALNET, "train", "table.csv", "-t", "x")
    table = tmp_path / "table.csv"
    # It opens once the process waits for it.
    with started(*command, cwd=tmp_path, **pipes) as process, table.open("w"):
        process.send_signal(signal.SIGINT)
        _, stderr = process.communicate(timeout=60)
    assert process.returncode == 130
    assert stderr == ""
    assert [path.name for path in tmp_path.iterdir()] == ["table.csv"]


@pytest.mark.parametrize(
    "options",
    [
        "--model mlp --hidden-layers 16,8 --set dropout=0.1 --seed 5 --epochs 9",
        "--preset fast --seed 5 --epochs 9 --set members=3",
    ],
    ids=["mlp", "tabular"],
)
def test_the_report_s_code_repeats_the_run_to_the_same_bits(options, run, tmp_path):
    options = options.split()
    finished = run("train", PENGUINS, "-t", "species", "-q", *options)
    assert finished.returncode == 0, finished.stderr
    first = (tmp_path / "penguins.walnet").read_bytes()
    again = tmp_path / "again"
    again.mkdir()
    repeated(tmp_path / "penguins.html", again)
    assert (again / "penguins.walnet").read_bytes() == first

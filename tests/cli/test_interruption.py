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
from pathlib import Path

import numpy as np
import psutil
import pytest
from command_line import PENGUINS

import walnet
from walnet.cli.interruption import Interruption
from walnet.engine.training import Training

LONG = ("--model", "mlp", "--epochs", "100000000", "--set", "schedule=constant")


class Terminal:
    """A process whose messages go to a terminal, so that it shows its progress."""

    def __init__(self, folder: Path, *arguments: str):
        self.master, slave = pty.openpty()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "walnet", *arguments],
            cwd=folder,
            env=os.environ | {"TERM": "xterm", "COLUMNS": "100"},
            stdout=subprocess.PIPE,
            stderr=slave,
            text=True,
        )
        os.close(slave)
        self.seen = ""

    def wait_for(self, words: str, seconds: float = 90) -> None:
        """Read until the words have been shown."""
        end = time.monotonic() + seconds
        while words not in self.seen:
            assert time.monotonic() < end, self.seen[-2000:]
            if select.select([self.master], [], [], 1.0)[0]:
                self.seen += os.read(self.master, 65536).decode(errors="replace")

    def finish(self) -> tuple[int, str]:
        """Return exit code and standard output; nothing is left running."""
        children = psutil.Process(self.process.pid).children(recursive=True)
        reader = os.dup(self.master)
        stdout, _ = self.process.communicate(timeout=60)
        os.close(reader)
        os.close(self.master)
        assert not any(child.is_running() for child in children)
        return self.process.returncode, stdout


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
def test_R4_a_signal_keeps_what_was_learned(number, name, tmp_path):
    terminal = Terminal(tmp_path, "train", str(PENGUINS), "-t", "species", *LONG)
    terminal.wait_for("epochs")
    terminal.process.send_signal(number)
    code, stdout = terminal.finish()
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


def test_R4_a_signal_keeps_the_networks_that_have_begun(tmp_path):
    options = ("--epochs", "1000000", "--set", "threads=2")
    terminal = Terminal(tmp_path, "train", str(PENGUINS), "-t", "species", *options)
    terminal.wait_for("0/12 networks")
    terminal.process.send_signal(signal.SIGINT)
    code, stdout = terminal.finish()
    assert code == 130
    assert "stopped by Ctrl-C, what was learned so far is kept" in stdout
    model = walnet.load(tmp_path / "penguins.walnet")
    assert model.estimator.n_members_ == 2
    assert "2 of 12 networks had begun and are kept" in model.warnings[-1]
    assert len(model.predict(PENGUINS)) == 344
    page = (tmp_path / "penguins.html").read_text(encoding="utf-8")
    assert "but for one thing: the run was stopped by Ctrl-C" in page


@pytest.mark.parametrize("iteration", [2, 7])
def test_R4_a_signal_ends_the_training_where_its_epoch_ends(iteration, monkeypatch):
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


def test_R4_json_says_that_it_was_interrupted(tmp_path):
    arguments = ("train", str(PENGUINS), "-t", "species", "--json", "--no-report")
    process = subprocess.Popen(
        [sys.executable, "-m", "walnet", *arguments, *LONG],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        text=True,
    )
    # Without a terminal nothing tells when the training has begun.
    while sum(psutil.Process(process.pid).cpu_times()[:2]) < 3.0:
        time.sleep(0.1)
    process.send_signal(signal.SIGINT)
    stdout, _ = process.communicate(timeout=90)
    assert process.returncode == 130
    if stdout:  # it had
        assert json.loads(stdout)["interrupted"] is True
    assert bool(stdout) == (tmp_path / "penguins.walnet").exists()


def test_R4_before_the_training_nothing_is_written(tmp_path):
    os.mkfifo(tmp_path / "table.csv")
    process = subprocess.Popen(
        [sys.executable, "-m", "walnet", "train", "table.csv", "-t", "x"],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with (tmp_path / "table.csv").open("w"):  # opens once the process waits for it
        process.send_signal(signal.SIGINT)
        _, stderr = process.communicate(timeout=60)
    assert process.returncode == 130
    assert stderr == ""
    assert [path.name for path in tmp_path.iterdir()] == ["table.csv"]


@pytest.mark.parametrize(
    "options",
    [
        "--model mlp --hidden 16,8 --set dropout=0.1 --seed 5 --epochs 9",
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

"""Trainings that are killed, interrupted and gone on with: always the same bits."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import kernel_calls as engine
import numpy as np
import pytest

import walnet
from walnet.engine import checkpoint
from walnet.engine.checkpoint import Checkpoint
from walnet.engine.driver import train
from walnet.engine.kernels.optimizers import OPTIMIZERS
from walnet.engine.settings import Settings
from walnet.engine.training import Training
from walnet.errors import DataError, FileFormatError
from walnet.models.model_file import save
from walnet.saving.container import read_model_file

# All that a continuation has to remember: moments, early stopping, plateaus, masks.
OPTIONS = {
    "optimizer": "adam",
    "learning_rate": 0.02,
    "batch_size": 7,
    "dropout": 0.1,
    "schedule": "plateau",
    "schedule_every": 4,
    "patience": 200,
    "snapshots": 20,
}


def data(rows=30, seed=0):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(rows, 3))
    return X, np.sin(2 * X[:, 0]) + X[:, 1]


def run(path=None, *, network=None, rows=30, **options):
    """Return a trained network and its history."""
    network = network or walnet.Network([3, 5, 1], seed=1)
    options = OPTIONS | {"checkpoint": path, "validation": data(20, 5)} | options
    return network, train(network, *data(rows), **options)


def same(one, other):
    """Say whether network and history agree to the last bit."""
    (network, history), (network_2, history_2) = one, other
    return (
        engine.bits(network.parameters) == engine.bits(network_2.parameters)
        and engine.bits(history.rows()) == engine.bits(history_2.rows())
        and history.best_epoch == history_2.best_epoch
        and history.stopped == history_2.stopped
        and list(history.snapshots) == list(history_2.snapshots)
        and engine.bits(*history.snapshots.values())
        == engine.bits(*history_2.snapshots.values())
    )


# Gone on with


def test_3_and_4_epochs_are_7_epochs(tmp_path):
    run(tmp_path / "a", epochs=3)
    parts = run(tmp_path / "a", epochs=4 + 3)
    whole = run(tmp_path / "b", epochs=7)
    assert same(parts, whole)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    assert same(whole, run(epochs=7))  # and a checkpoint changes nothing


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("first", [0, 1, 7, 13])
def test_any_iteration_can_be_the_last_for_now(tmp_path, optimizer, first):
    run(tmp_path / "a", iterations=first, optimizer=optimizer)
    parts = run(tmp_path / "a", iterations=20, optimizer=optimizer)
    assert same(parts, run(iterations=20, optimizer=optimizer))


def test_snapshots_come_back_in_their_order(tmp_path):
    run(tmp_path / "a", epochs=11, snapshots=1)
    _, history = run(tmp_path / "a", epochs=12, snapshots=1)
    assert list(history.snapshots) == list(range(1, 13))


def test_the_best_parameters_come_back_and_the_last_are_gone_on_with(tmp_path):
    options = {"learning_rate": 0.3, "dropout": 0.0}
    first, history = run(tmp_path / "a", epochs=30, **options)
    assert history.best_epoch < 29  # so the best are not the last
    arrays, _ = read_model_file(tmp_path / "a")
    assert engine.bits(arrays["best"]) == engine.bits(first.parameters)
    assert engine.bits(arrays["parameters"]) != engine.bits(first.parameters)
    parts = run(tmp_path / "a", epochs=60, **options)
    assert same(parts, run(epochs=60, **options))


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"patience": 3, "learning_rate": 0.3}, "no improvement for 3 epochs"),
        ({"stop_cost": 0.3}, "the cost fell below 0.3"),
    ],
)
def test_a_training_that_is_over_stays_over(tmp_path, options, words):
    once = run(tmp_path / "a", epochs=500, **options)
    assert once[1].stopped.startswith(words)
    assert len(once[1]) < 500
    again = run(tmp_path / "a", epochs=500, **options)
    assert same(once, again)


def test_a_callbacks_learning_rate_is_remembered(tmp_path):
    def lower(training):
        training.learning_rate *= 0.9

    run(tmp_path / "a", epochs=3, callback=lower)
    parts = run(tmp_path / "a", epochs=8, callback=lower)
    assert same(parts, run(epochs=8, callback=lower))


def test_a_file_is_written_no_oftener_than_asked(tmp_path, monkeypatch):
    written = []
    write = Checkpoint.write

    def note(self):
        written.append(self.training.epoch)
        write(self)

    monkeypatch.setattr(Checkpoint, "write", note)
    run(tmp_path / "a", epochs=5)
    assert written == [5]
    monkeypatch.setattr(checkpoint, "SECONDS_BETWEEN", 0)
    run(tmp_path / "b", epochs=3)
    assert written == [5, 1, 2, 3, 3]


# R1, R2: killed

KILLED = """
import os, random, signal, sys, time
import test_resume
from walnet.engine import checkpoint

path, kills, epochs = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
folder = os.path.dirname(path)
checkpoint.SECONDS_BETWEEN = 0  # a file after each epoch


def stamp(path):
    return os.stat(path).st_mtime_ns if os.path.exists(path) else 0


started = time.perf_counter()
whole = test_resume.run(path + ".whole", epochs=epochs)
seconds = time.perf_counter() - started
draw, inside, epochs_seen = random.Random(int(sys.argv[4])), 0, set()
for kill in range(kills):
    child = os.fork()
    if child == 0:
        test_resume.run(path, epochs=epochs)
        os._exit(0)
    # Twice in a row before anything can have been written, then after some epochs
    # and at any moment of the next: counted in files, so that a busy machine, which
    # starts the child late, changes nothing.
    ahead = 0 if kill < 2 else draw.randint(1, 2 * epochs // kills)
    written = stamp(path)
    while ahead and os.waitpid(child, os.WNOHANG) == (0, 0):
        now = stamp(path)
        ahead -= now != written
        written = now
        time.sleep(0.0005)
    if ahead:
        break  # it got to its end
    time.sleep(0 if kill < 2 else draw.uniform(0, seconds / epochs))
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    for name in os.listdir(folder):
        if name not in ("c", "c.whole"):
            inside += 1
            os.unlink(os.path.join(folder, name))
    if os.path.exists(path):
        epochs_seen.add(checkpoint.read_model_file(path)[1]["epochs"])
parts = test_resume.run(path, epochs=epochs)
print(len(epochs_seen), inside, int(test_resume.same(parts, whole)))
"""


@contextmanager
def python(script, *arguments):
    """Start a Python process that can import this folder, and leave none behind."""
    here = Path(__file__).parent
    folders = [str(here), str(here.parent / "support")]
    path = os.pathsep.join([*folders, os.environ.get("PYTHONPATH", "")])
    command = [sys.executable, "-c", script, *map(str, arguments)]
    environment = os.environ | {"PYTHONPATH": path}
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def killed(folder, kills, epochs, seed):
    """Return in how many different epochs, and inside how many files, kills came."""
    with python(KILLED, folder / "c", kills, epochs, seed) as process:
        out, _ = process.communicate()
    assert process.returncode == 0
    different, inside, equal = map(int, out.split())
    print(f"{kills} kills in {different} different epochs, {inside} inside a file")
    assert equal == 1
    assert (folder / "c").read_bytes() == (folder / "c.whole").read_bytes()
    return different, inside


def test_killed_eight_times_is_as_never_killed(tmp_path):
    different, _ = killed(tmp_path, 8, 80, 0)
    assert different >= 2


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_killed_fifty_times_is_as_never_killed(tmp_path):
    different, inside = killed(tmp_path, 50, 250, 1)
    assert different >= 15
    assert inside >= 3


# R4: Ctrl-C and termination

INTERRUPTED = """
import json, sys, warnings
import test_resume
from walnet.engine.training import Training

path = sys.argv[1] or None
options = json.loads(sys.argv[2])

def begun(training):
    if training.epoch == 20:
        print("ready", flush=True)

with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    network, history = test_resume.run(path, callback=begun, **options)
again, other = test_resume.run(**options | {"epochs": len(history)})
print(json.dumps({
    "stopped": history.stopped,
    "warned": [str(each.message) for each in caught],
    "epochs": len(history),
    "best": history.best_epoch,
    "bits": network.parameters.tobytes().hex(),
    "same": history.rows().tobytes() == other.rows().tobytes(),
    "same network": network == again,
    "same best": history.best_epoch == other.best_epoch,
}))
"""


def interrupted(number, path="", **options):
    """Return exit code and answer of a training that gets a signal."""
    options = {"epochs": 10**9, "snapshots": None, "patience": 10**9} | options
    with python(INTERRUPTED, path, json.dumps(options)) as process:
        assert process.stdout.readline() == "ready\n"
        process.send_signal(number)
        out, _ = process.communicate(timeout=100)
    return process.returncode, json.loads(out) if out.strip() else None


@pytest.mark.parametrize("options", [{}, {"batch_size": None}], ids=str)
def test_Ctrl_C_keeps_what_was_learned(options):
    code, found = interrupted(signal.SIGINT, **options)
    assert code == 0
    assert found["stopped"] == "stopped by Ctrl-C"
    assert "what was learned so far is kept" in found["warned"][0]
    assert found["epochs"] > 10
    # The history is whole, and the best parameters came back.
    assert found["same"]
    assert found["same best"]
    assert found["same network"]


def test_Ctrl_C_leaves_a_checkpoint_to_go_on_from(tmp_path):
    path = tmp_path / "a"
    code, found = interrupted(signal.SIGINT, path)
    assert code == 0
    _, header = read_model_file(path)
    assert header["epochs"] == found["epochs"]
    options = {"snapshots": None, "patience": 10**9, "epochs": found["epochs"] + 5}
    assert same(run(path, **options), run(**options))


def test_termination_leaves_a_checkpoint_and_says_so(tmp_path):
    path = tmp_path / "a"
    code, found = interrupted(signal.SIGTERM, path)
    assert (code, found) == (143, None)
    arrays, header = read_model_file(path)
    assert header["epochs"] > 0
    assert arrays["counters"][0] % 5 == 0  # between two of the 30/7 batches' epochs
    options = {"snapshots": None, "patience": 10**9, "epochs": header["epochs"] + 5}
    assert same(run(path, **options), run(**options))


def test_without_a_checkpoint_termination_ends_the_process():
    assert interrupted(signal.SIGTERM) == (-signal.SIGTERM, None)


def test_Ctrl_C_in_a_callback_comes_when_the_callback_is_done():
    def press(training):
        if training.epoch == 3:
            signal.raise_signal(signal.SIGINT)
        done.append(training.epoch)

    done = []
    with pytest.warns(UserWarning, match="Ctrl-C after 15 iterations"):
        _, history = run(epochs=50, callback=press)
    assert done == [1, 2, 3]
    assert len(history) == 3
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_a_second_Ctrl_C_does_not_wait():
    def press_twice(training):
        signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGINT)
        done.append(training.epoch)

    done = []
    with pytest.warns(UserWarning, match="Ctrl-C"):
        run(epochs=50, callback=press_twice)
    assert done == []
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_advance_by_hand_is_interrupted_between_two_iterations():
    training = Training(walnet.Network([3, 5, 1]), *data(), Settings(**OPTIONS))
    stretch = training._stretch

    def pressed(iterations):
        signal.raise_signal(signal.SIGINT)
        stretch(iterations)

    training._stretch = pressed
    with pytest.raises(KeyboardInterrupt):
        training.advance(50)
    assert training.iteration == len(training.history) * 5 == 5


def test_a_handler_that_does_not_raise_lets_training_go_on(monkeypatch):
    stretch = Training._stretch

    def press(self, iterations):
        if self.iteration == 7:
            signal.raise_signal(signal.SIGINT)
        stretch(self, min(iterations, 2))

    monkeypatch.setattr(Training, "_stretch", press)
    came = []
    before = signal.signal(signal.SIGINT, lambda number, _: came.append(number))
    try:
        parts = run(epochs=6, patience=None, schedule="constant")
    finally:
        signal.signal(signal.SIGINT, before)
    monkeypatch.undo()
    assert came == [signal.SIGINT]
    assert same(parts, run(epochs=6, patience=None, schedule="constant"))


# R5: another training's file


def test_other_data_settings_or_networks_are_refused(tmp_path):
    path = tmp_path / "a"
    run(path, epochs=2)
    kept = path.read_bytes()
    changes = (
        {"rows": 29},
        {"learning_rate": 0.03},
        {"batch_size": 8},
        {"seed": 1},
        {"network": walnet.Network([3, 6, 1], seed=1)},
        {"network": walnet.Network([3, 5, 1], seed=2)},
        {"network": walnet.Network([3, 5, 1], dtype="float64", seed=1)},
        {"validation": data(20, 6)},
        {"validation": None},
        {"sample_weight": np.ones(30)},
    )
    for change in changes:
        with pytest.raises(DataError, match="belongs to other data, another network"):
            run(path, epochs=4, **change)
        assert path.read_bytes() == kept
    X, y = data()
    X[17, 1] += 1e-3
    network = walnet.Network([3, 5, 1], seed=1)
    with pytest.raises(DataError, match="belongs to other data"):
        train(network, X, y, **OPTIONS, validation=data(20, 5), checkpoint=path)


def test_length_threads_and_goals_may_change(tmp_path):
    run(tmp_path / "a", epochs=2)
    parts = run(tmp_path / "a", epochs=5, threads=2, stop_cost=-1.0)
    assert same(parts, run(epochs=5))


def test_a_cosine_may_not_change_its_end(tmp_path):
    run(tmp_path / "a", epochs=2, schedule="cosine")
    with pytest.raises(DataError, match="other settings"):
        run(tmp_path / "a", epochs=4, schedule="cosine")


def test_a_damaged_file_or_a_model_is_refused(tmp_path):
    run(tmp_path / "a", epochs=2)
    content = bytearray((tmp_path / "a").read_bytes())
    content[-3] ^= 1
    (tmp_path / "a").write_bytes(content)
    with pytest.raises(FileFormatError):
        run(tmp_path / "a", epochs=4)
    save(walnet.Network([3, 5, 1], seed=1), tmp_path / "m")
    with pytest.raises(DataError, match="a model file, not a checkpoint"):
        run(tmp_path / "m", epochs=4)


def test_a_training_that_diverged_leaves_its_last_good_file(tmp_path, monkeypatch):
    monkeypatch.setattr(checkpoint, "SECONDS_BETWEEN", 0)
    options = {"optimizer": "gradient_descent", "learning_rate": 1e4, "patience": None}
    options["batch_size"] = None  # so that a few epochs end before
    with pytest.raises(walnet.DivergedError):
        run(tmp_path / "a", epochs=400, **options)
    arrays, header = read_model_file(tmp_path / "a")
    assert header["epochs"] >= 2
    assert np.isfinite(arrays["parameters"]).all()

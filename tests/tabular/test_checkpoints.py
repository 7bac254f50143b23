"""Ensembles that are killed, stopped and gone on with: always the same bits."""

from __future__ import annotations

import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import walnet
from walnet.engine import checkpoint as engine_checkpoint
from walnet.errors import DataError, HyperparameterError
from walnet.models.ensemble_model import EnsembleModel
from walnet.tabular import TabularClassifier, TabularRegressor
from walnet.tabular.columns import row_store
from walnet.tabular.ensemble import out_of_core

OPTIONS = {"preset": "fast", "max_iter": 120, "n_jobs": 1}


def rows(n=150, seed=0):
    """Return a table with a column of many rare levels, a number and a class."""
    rng = np.random.default_rng(seed)
    size, level = rng.normal(size=n), rng.integers(0, 40, n)
    table = {"size": size.tolist(), "shop": [f"shop {each}" for each in level]}
    number = size + 0.3 * (level % 3) + 0.1 * rng.normal(size=n)
    return table, number, np.where(number > 0.3, "yes", "no")


def target_of(model):
    """Return what an estimator is to learn."""
    _, number, label = rows()
    return label if isinstance(model, TabularClassifier) else number


def learned(model):
    """Return all numbers that an estimator has learned."""
    table = rows(60, 1)[0]
    predict = getattr(model, "predict_proba", model.predict)
    return [
        *(bag.parameters for bag in model.bags_),
        predict(table),
        model.validation_loss_,
    ]


def assert_same(one, other):
    """Check that two estimators agree to the last bit."""
    for a, b in zip(learned(one), learned(other), strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.fixture
def always(monkeypatch):
    """Write checkpoints after each few epochs, not after seconds."""
    monkeypatch.setattr(engine_checkpoint, "SECONDS_BETWEEN", 0.0)


KILLED = """
import sys, time
sys.path.insert(0, {tests!r})
import test_checkpoints as tests
from walnet.engine import checkpoint
from walnet.tabular import {kind}
checkpoint.SECONDS_BETWEEN = 0.0

def wait(training):
    if training.done == 1 and training.shares[1] > 0.2:
        print("one and a half", flush=True)
        time.sleep(1000)

model = {kind}(**tests.OPTIONS, callbacks=wait)
model.fit(tests.rows()[0], tests.target_of(model), checkpoint={folder!r})
"""


@pytest.mark.parametrize("kind", [TabularClassifier, TabularRegressor])
def test_a_killed_fit_goes_on_to_the_same_bits(kind, tmp_path):
    folder = tmp_path / "checkpoints"
    names = {
        "tests": str(Path(__file__).parent),
        "kind": kind.__name__,
        "folder": str(folder),
    }
    code = textwrap.dedent(KILLED).format(**names)
    command = [sys.executable, "-c", code]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "one and a half\n"
        process.send_signal(signal.SIGKILL)
    assert {each.name for each in folder.iterdir()} == {
        "ensemble.json",
        "member-1",
        "member-2",
    }
    shares = []

    def watch(training):
        shares.append(training.shares.copy())

    model, whole = kind(**OPTIONS, callbacks=watch), kind(**OPTIONS)
    model.fit(rows()[0], target_of(model), checkpoint=folder)
    assert set(np.array(shares)[:, 0]) == {1.0}  # the first one was not trained again
    begun = np.array(shares)[:, 1]
    assert begun[begun > 0].min() > 1 / OPTIONS["max_iter"]  # nor the other from anew
    whole.fit(rows()[0], target_of(whole))
    assert_same(model, whole)
    names = {each.name for each in folder.iterdir()}
    assert names == {"ensemble.json", *(f"member-{n}" for n in range(1, 13))}


@pytest.mark.usefixtures("always")
def test_a_stopped_fit_goes_on_as_if_it_had_not_been_stopped(tmp_path):
    def stop(training):
        if training.done == 2 and training.shares[2] > 0.2:
            training.stop("enough")

    table, _, label = rows()
    options = {"checkpoint": tmp_path / "folder"}
    model = TabularClassifier(**OPTIONS, callbacks=stop)
    model.fit(table, label, **options)
    assert model.stop_reason_ == "callback"
    assert model.n_members_ == 3
    assert model.stopped_ == "enough"
    model.set_params(callbacks=None).fit(table, label, **options)
    assert model.stop_reason_ == "max_iter"
    whole = TabularClassifier(**OPTIONS).fit(table, label)
    assert_same(model, whole)
    assert not model.stopped_


def test_a_finished_fit_is_not_done_again_on_any_number_of_threads(tmp_path):
    table, number, _ = rows()
    model = TabularRegressor(**OPTIONS).fit(table, number, checkpoint=tmp_path)
    before = {each.name: each.stat().st_mtime_ns for each in tmp_path.iterdir()}
    seen = []
    again = TabularRegressor(**OPTIONS | {"n_jobs": 2})
    again.set_params(callbacks=lambda training: seen.extend(training.shares))
    again.fit(table, number, checkpoint=str(tmp_path))
    assert_same(again, model)
    assert set(seen) == {0.0, 1.0}
    assert {each.name for each in tmp_path.iterdir()} == set(before)


@pytest.mark.usefixtures("always")
def test_a_member_that_diverged_goes_on_at_its_slower_rate(tmp_path):
    table, number, _ = rows()
    wild = OPTIONS | {"recipe": {"optimizer": "gradient_descent", "learning_rate": 8.0}}

    def stop(training):
        if training.shares[0] > 0.3:
            raise ValueError("a crash")

    with pytest.raises(ValueError, match="a crash"):
        TabularRegressor(**wild, callbacks=stop).fit(table, number, checkpoint=tmp_path)
    assert any("retry" in each.name for each in tmp_path.iterdir())
    model = TabularRegressor(**wild).fit(table, number, checkpoint=tmp_path)
    assert_same(model, TabularRegressor(**wild).fit(table, number))


OTHERS = {
    "data": {"n": 140},
    "recipe": {"recipe": {"dropout": 0.3}},
    "seed": {"random_state": 1},
    "epochs": {"max_iter": 121},
    "own cost": {
        "recipe": {"cost": (lambda y, a: abs(y - a)[:, 0], lambda y, a: np.sign(a - y))}
    },
}


@pytest.mark.parametrize("other", OTHERS)
def test_the_folder_of_another_ensemble_is_refused_in_a_sentence(other, tmp_path):
    table, number, _ = rows()

    def square(y, a):
        return (y - a)[:, 0] ** 2

    own = {"recipe": {"cost": (square, lambda y, a: 2 * (a - y))}}
    first = (
        OPTIONS | {"members": 1, "max_iter": 2} | (own if other == "own cost" else {})
    )
    TabularRegressor(**first).fit(table, number, checkpoint=tmp_path)
    changed = dict(OTHERS[other])
    table, number, _ = rows(changed.pop("n", 150))
    with pytest.raises(DataError, match="belong to other data, another recipe"):
        TabularRegressor(**first | changed).fit(table, number, checkpoint=tmp_path)


def test_a_folder_that_is_none_is_one_sentence(tmp_path):
    table, number, _ = rows()
    (tmp_path / "file").write_text("")
    for path, words in (
        (tmp_path / "file", "must be a folder, and .*file' is a file"),
        (tmp_path / "none" / "deep", "no such file or folder"),
    ):
        with pytest.raises(DataError, match=words):
            TabularRegressor(**OPTIONS).fit(table, number, checkpoint=path)
    with pytest.raises(HyperparameterError, match="the path of a folder, got 3"):
        TabularRegressor(**OPTIONS).fit(table, number, checkpoint=3)
    with pytest.raises(HyperparameterError, match="cannot be given together"):
        TabularRegressor(time_limit=9).fit(table, number, checkpoint=tmp_path / "new")
    (tmp_path / "ensemble.json").write_text("{")
    with pytest.raises(DataError, match="take another folder, or delete it"):
        TabularRegressor(**OPTIONS).fit(table, number, checkpoint=tmp_path)


@pytest.mark.usefixtures("always")
def test_a_stream_goes_on_to_the_same_bits(tmp_path, monkeypatch):
    monkeypatch.setattr(row_store, "GROUP_ROWS", 128)
    monkeypatch.setattr(out_of_core, "GROUP_ROWS", 128)
    monkeypatch.setattr(out_of_core, "BUFFER_BYTES", 0)
    table, _, label = rows(3000)
    pq.write_table(pa.table(table | {"kind": label}), tmp_path / "a.parquet")
    options = {"preset": "fast", "epochs": 6, "members": 2}

    def fit(**more):
        path = tmp_path / "a.parquet"
        return EnsembleModel.fit_stream(path, "kind", **options, **more).estimator

    def crash(training):
        if training.share > 0.4:
            raise ValueError("a crash")

    def stop(training):
        if training.share > 0.7:
            training.stop("enough")

    folder = {"checkpoint": tmp_path / "folder"}
    with pytest.raises(ValueError, match="a crash"):
        fit(callback=crash, **folder)
    assert fit(callback=stop, **folder).stopped_ == "enough"
    assert_same(fit(**folder), fit())
    with pytest.raises(DataError, match="belong to other data"):
        fit(learning_rate=0.01, **folder)


def test_the_command_line_goes_on_from_a_folder(tmp_path):
    table, number, _ = rows()
    pq.write_table(pa.table(table | {"price": number}), tmp_path / "a.parquet")
    words = "train a.parquet -t price --preset fast --epochs 3 --no-report -q"
    command = [sys.executable, "-m", "walnet", *words.split()]
    for name in ("1", "2"):
        more = ["--checkpoint", "folder", "-o", f"{name}.walnet"]
        subprocess.run(command + more, cwd=tmp_path, check=True)
    assert (tmp_path / "folder" / "member-4").exists()
    one, two = (walnet.load(tmp_path / f"{name}.walnet") for name in "12")
    assert_same(one.estimator, two.estimator)
    answer = subprocess.run(
        [*command, "--checkpoint", "folder", "--learning-rate", "0.1"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert answer.returncode == 2
    assert answer.stderr.startswith("Error: the checkpoints in 'folder' belong to")

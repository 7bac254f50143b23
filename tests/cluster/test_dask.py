"""Members and trials on a Dask cluster: the same bits, whatever dies there."""

from __future__ import annotations

import sys

import joblib
import numpy as np
import pytest
from command_line import PENGUINS
from dask_workers import kill_one, two_workers

import walnet
from walnet.cluster.dask import dask_cluster
from walnet.errors import DataError
from walnet.tabular import TabularClassifier, TabularRegressor

pytest.importorskip("distributed")
QUICK = {"preset": "fast", "max_iter": 20, "members": 4}


@pytest.fixture(scope="module")
def address():
    """Return the address of a cluster of two worker processes."""
    with two_workers() as address:
        yield address


def rows(n=600):
    """Return numbers, a class and a sum."""
    X = np.random.default_rng(0).normal(size=(n, 6))
    return X, np.where(X[:, 0] * X[:, 1] > 0, "same", "other"), X.sum(axis=1)


def assert_same(one, other):
    """Check that two estimators agree to the last bit."""
    for a, b in zip(one.bags_, other.bags_, strict=True):
        np.testing.assert_array_equal(a.parameters, b.parameters)
    assert one.validation_loss_ == other.validation_loss_
    assert one.n_iter_ == other.n_iter_


def test_members_of_two_workers_have_the_bits_of_one_process(address):
    X, kind, number = rows()
    with dask_cluster(address):
        there = [
            TabularClassifier(**QUICK).fit(X, kind),
            TabularRegressor(**QUICK).fit(X, number),
        ]
    assert_same(there[0], TabularClassifier(**QUICK).fit(X, kind))
    assert_same(there[1], TabularRegressor(**QUICK).fit(X, number))
    assert len(there[0].course_) == QUICK["max_iter"]


def test_a_member_whose_worker_is_killed_is_done_again(address):
    import distributed

    X, kind, _ = rows()
    killed = []

    def watch(training):
        if training.done == 1 and not killed:
            killed.append(True)
            with distributed.Client(address, set_as_default=False) as client:
                kill_one(client)

    with dask_cluster(address):
        there = TabularClassifier(**QUICK, callbacks=watch).fit(X, kind)
    assert killed
    assert_same(there, TabularClassifier(**QUICK).fit(X, kind))


def test_processes_of_loky_go_on_from_checkpoints(tmp_path):
    X, kind, _ = rows()
    model = TabularClassifier(**QUICK)
    with joblib.parallel_config("loky", n_jobs=2):
        model.fit(X, kind, checkpoint=tmp_path / "fit")
        assert len(list((tmp_path / "fit").iterdir())) == 5
        shares = []
        again = TabularClassifier(
            **QUICK, callbacks=lambda training: shares.append(training.share)
        )
        again.fit(X, kind, checkpoint=tmp_path / "fit")
    assert_same(model, again)
    assert shares[-1] == 1


def test_an_error_of_a_member_is_raised_as_it_is():
    X, kind, _ = rows(60)
    options = QUICK | {"recipe": {"learning_rate": 1e30, "optimizer": "momentum"}}
    with (
        joblib.parallel_config("loky", n_jobs=2),
        pytest.raises(walnet.DivergedError, match="NaN or infinite"),
    ):
        TabularClassifier(**options).fit(X, kind)


def test_a_stop_keeps_the_members_that_have_come_back(address):
    X, kind, _ = rows()
    options = QUICK | {"members": 8}
    with dask_cluster(address):
        model = TabularClassifier(
            **options, callbacks=lambda training: training.stop("enough")
        ).fit(X, kind)
    assert 1 <= model.n_members_ < 8
    assert model.stopped_ == "enough"
    assert (model.predict(X) == kind).mean() > 0.6


def test_trials_of_two_workers_find_what_one_process_finds(address, tmp_path):
    from walnet.tuning import tune

    table = walnet.read_table(PENGUINS)
    options = {"preset": "fast", "epochs": 3, "seconds": None}
    with dask_cluster(address):
        there = tune(table, "species", trials=3, storage=tmp_path / "a", **options)
    here = tune(table, "species", trials=1, storage=tmp_path / "b", **options)
    losses = {each.number: each.loss for each in there.attempts}
    assert len(losses) == 3
    assert losses[0] == here.best.loss
    best = there.model.estimator.validation_loss_
    assert best == there.best.loss == min(losses.values())


def test_dask_that_is_not_installed_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(DataError, match=r"walnet\[dask\]"), dask_cluster("a:1"):
        pass

"""Members stop by goals and patience, keep their best, and normalise over the batch."""

from __future__ import annotations

import os
import signal
import time

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import walnet
from walnet.engine import checkpoint as engine_checkpoint
from walnet.errors import HyperparameterError
from walnet.models.ensemble_model import EnsembleModel
from walnet.tabular import TabularClassifier, TabularRegressor
from walnet.tabular.columns import row_store
from walnet.tabular.ensemble import member, out_of_core
from walnet.tabular.ensemble.member import MemberRows, new_network, train_member
from walnet.tabular.recipes.recipe import REGRESSION, Widths
from walnet.tabular.rows import new_rows, take

QUICK = {"preset": "fast", "members": 2, "n_jobs": 1, "max_iter": 400}
SMALL = {"hidden_layers": [16], "numbers": "plain", "learning_rate": 0.05}


def rows(n=240, seed=0):
    """Return inputs, and a noisy number and class that depend on them."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, 3))
    number = X[:, 0] * X[:, 1] + 0.5 * rng.normal(size=n)
    return X, number, np.digitize(number, [-0.5, 0.5])


def examples(n=240, seed=0):
    """Return rows as a member takes them."""
    X, number, _ = rows(n, seed)
    codes = np.empty((n, 0), np.int32)
    return new_rows(X.astype(np.float32), codes, number, np.ones(n))


def shares_of(kind, y, **options):
    """Fit, and return the estimator with the shares that a callback has seen."""
    seen = []
    X = rows(len(y))[0]
    model = kind(
        **QUICK | options, callbacks=lambda each: seen.append(each.shares.copy())
    )
    model.fit(X, y)
    return model, np.array(seen)


@pytest.mark.parametrize("kind", [TabularClassifier, TabularRegressor])
def test_patience_ends_members_early_and_brings_their_best_parameters_back(kind):
    _, number, label = rows()
    y = number if kind is TabularRegressor else label
    model, shares = shares_of(kind, y, recipe=SMALL | {"patience": 20})
    assert (shares.max(axis=0) == 1.0).all()  # all of their work is done
    before = np.sort(np.unique(shares[:, 0]))[-2]
    assert 0.02 < before < 0.9  # long before the schedule's end
    assert not model.stopped_
    assert not any("time limit" in each for each in model.warnings_)


def test_what_a_member_keeps_is_best_for_rows_that_it_does_not_see():
    data = examples()
    learned, unseen = take(data, slice(0, 160)), take(data, slice(160, 240))
    recipe = REGRESSION.changed(SMALL | {"patience": 10, "batch_size": 32})
    network = new_network(Widths(3, 0, (), 1), recipe)
    made = []

    class Kept(member.Supervision):
        def watch(self, training):
            made.append(training)
            super().watch(training)

    done = train_member(network, recipe, MemberRows(learned, unseen), [1], 500, Kept())
    history = made[-1].history
    assert done == 1.0
    assert history.stopped.startswith("no improvement for 10 epochs")
    assert len(history) == history.best_epoch + 11 < 500
    assert history.validation_cost[history.best_epoch] == history.validation_cost.min()
    cost = np.mean((network.outputs(unseen.X, unseen.codes) - unseen.Y) ** 2)
    assert cost == pytest.approx(history.validation_cost.min(), rel=1e-5)


def test_a_goal_ends_a_member():
    X, number, label = rows()
    model, shares = shares_of(TabularRegressor, number, recipe={"stop_cost": 0.5})
    assert (shares.max(axis=0) == 1.0).all()
    assert np.sort(np.unique(shares[:, 0]))[-2] < 0.5
    assert model.score(X, number) > 0.3
    _, shares = shares_of(TabularClassifier, label, recipe={"stop_accuracy": 0.5})
    assert np.sort(np.unique(shares[:, 0]))[-2] < 0.5
    with pytest.raises(HyperparameterError, match="stop_accuracy needs labels"):
        shares_of(TabularRegressor, number, recipe={"stop_accuracy": 0.5})


def test_patience_goes_on_from_a_checkpoint_to_the_same_bits(tmp_path, monkeypatch):
    monkeypatch.setattr(engine_checkpoint, "SECONDS_BETWEEN", 0.0)
    X, number, _ = rows()
    model = TabularRegressor(**QUICK, recipe=SMALL | {"patience": 20})

    def crash(training):
        if training.shares[0] > 0.02:
            raise ValueError("a crash")

    with pytest.raises(ValueError, match="a crash"):
        model.set_params(callbacks=crash).fit(X, number, checkpoint=tmp_path)
    model.set_params(callbacks=None)
    again = model.fit(X, number, checkpoint=tmp_path).bags_[0].parameters
    np.testing.assert_array_equal(again, model.fit(X, number).bags_[0].parameters)


def test_patience_counts_passes_of_rows_in_a_file(tmp_path, monkeypatch):
    monkeypatch.setattr(row_store, "GROUP_ROWS", 128)
    monkeypatch.setattr(out_of_core, "GROUP_ROWS", 128)
    monkeypatch.setattr(out_of_core, "BUFFER_BYTES", 0)
    X, number, _ = rows(2000)
    table = {"a": X[:, 0], "b": X[:, 1], "price": number}
    pq.write_table(pa.table(table), tmp_path / "a.parquet")
    trainings, shares = [], []
    driver = out_of_core.Driver

    def noted(training, *rest):
        trainings.append(training)
        return driver(training, *rest)

    monkeypatch.setattr(out_of_core, "Driver", noted)
    options = SMALL | {"preset": "fast", "members": 2, "epochs": 200, "patience": 4}
    model = EnsembleModel.fit_stream(
        tmp_path / "a.parquet",
        "price",
        callback=lambda each: shares.append(each.shares.copy()),
        **options,
    )
    assert (np.array(shares)[-1] == 1.0).all()
    assert np.sort(np.unique(np.array(shares)[:, 0]))[-2] < 0.9
    for training in trainings:
        per_epoch, history = 4, training.history  # buffers of 512 rows of 1,800
        assert len(history) == history.best_epoch + 1 + 4 * per_epoch
        assert (
            history.validation_cost.min() == history.validation_cost[history.best_epoch]
        )
    assert not model.stopped


@pytest.mark.parametrize("kind", [TabularClassifier, TabularRegressor])
def test_batch_normalisation_is_learned_with_and_taken_in(kind, tmp_path):
    X, _, _ = rows(400)
    number = X[:, 0] + np.sin(2 * X[:, 1])
    y = number if kind is TabularRegressor else np.digitize(number, [-0.7, 0.7])
    options = QUICK | {"max_iter": 64, "recipe": {"batch_norm": True}}
    model = kind(**options).fit(X[:300], y[:300])
    assert model.score(X[300:], y[300:]) > 0.85
    other = kind(**options | {"recipe": {}}).fit(X[:300], y[:300])
    assert not np.array_equal(model.bags_[0].parameters, other.bags_[0].parameters)
    assert model.n_parameters == other.n_parameters  # nothing of it is left
    walnet.save(model, tmp_path / "m.walnet")
    np.testing.assert_array_equal(
        walnet.load(tmp_path / "m.walnet").predict(X), model.predict(X)
    )
    assert model.explain(X, 0) is not None


def test_factors_on_the_rates_of_kinds_of_parameters_are_taken():
    X, number, _ = rows()
    options = QUICK | {"max_iter": 4, "members": 1}
    still = dict.fromkeys(("weights", "biases", "slopes", "scale", "numbers"), 0.0)
    model = TabularRegressor(
        **options, recipe={"rate_factors": still, "hidden_layers": [4]}
    ).fit(X, number)
    once = model.bags_[0].parameters
    model.set_params(max_iter=8).fit(X, number)
    np.testing.assert_array_equal(model.bags_[0].parameters, once)


def test_a_second_Ctrl_C_ends_at_once_in_the_middle_of_an_epoch(monkeypatch):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(60_000, 2))  # an epoch, each row by itself, takes seconds
    recipe = {"batch_size": 1, "hidden_layers": [256, 256]}
    model = TabularRegressor(preset="fast", members=1, n_jobs=1, recipe=recipe)
    trainings, new_training = [], member.new_training

    def interrupted(*arguments, **options):
        trainings.append(new_training(*arguments, **options))
        os.kill(os.getpid(), signal.SIGINT)
        while signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
            pass  # the first one is not dealt with yet
        # Python sees a signal late that comes just before it begins to wait.
        time.sleep(0.1)
        os.kill(os.getpid(), signal.SIGINT)
        return trainings[-1]

    monkeypatch.setattr(member, "new_training", interrupted)
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with pytest.raises(KeyboardInterrupt):
            model.fit(X, X[:, 0])
        assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    finally:
        signal.signal(signal.SIGINT, before)
    assert trainings[-1].epoch == 0
    assert trainings[-1].history.stopped == "nobody waits for it"

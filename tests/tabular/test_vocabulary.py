"""The estimators of tables have scikit-learn's words, and their old ones warn."""

from __future__ import annotations

import inspect
import pickle
from importlib.util import find_spec

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone

import walnet
from walnet.errors import HyperparameterError

QUICK = {"preset": "fast", "members": 2, "max_iter": 3}
KINDS = [walnet.TabularClassifier, walnet.TabularRegressor]
X = np.random.default_rng(0).normal(size=(60, 2))


def learned(kind, y=X[:, 0] > 0, **options):
    """Return a fitted estimator."""
    return kind(**QUICK | options).fit(X, y.astype(int))


def test_all_four_estimators_share_their_words():
    kinds = [*KINDS, walnet.MLPClassifier, walnet.MLPRegressor]
    shared = {"max_iter", "n_jobs", "callbacks", "verbose", "random_state"}
    for kind in kinds:
        assert shared <= inspect.signature(kind).parameters.keys()
        assert hasattr(kind, "set_callbacks") == (
            find_spec("sklearn.callback") is not None
        )
    for model in (
        learned(KINDS[0]),
        walnet.MLPClassifier(max_iter=300, tol=0.1).fit(
            X, X[:, 0] > 0, X_val=X, y_val=X[:, 0] > 0
        ),
    ):
        assert isinstance(model.validation_loss_, float)
        assert isinstance(model.stop_reason_, str)
        assert isinstance(model.n_iter_, int)


@pytest.mark.parametrize("kind", KINDS)
def test_former_names_do_the_same_and_warn(kind):
    model = learned(kind)
    with pytest.warns(FutureWarning, match="epochs will be .* parameter max_iter"):
        old = learned(kind, max_iter=None, epochs=3)
    with pytest.warns(FutureWarning, match="threads will be .* parameter n_jobs"):
        assert learned(kind, threads=None).n_iter_ == 3
    np.testing.assert_array_equal(old.predict(X), model.predict(X))
    seen = []
    with pytest.warns(FutureWarning, match="callback will be .* parameter callbacks"):
        kind(**QUICK).fit(X, X[:, 0] > 0, callback=seen.append)
    assert seen
    with pytest.warns(FutureWarning, match="loss_ will be .* validation_loss_"):
        assert model.loss_ == model.validation_loss_
    assert clone(kind(epochs=7)).epochs == 7
    with pytest.raises(HyperparameterError, match="max_iter must be"):
        learned(kind, max_iter=0)


@pytest.mark.parametrize("n_jobs", [None, 1, 2, -1, -2, np.int64(2)])
def test_jobs_are_counted_as_joblib_does_and_files_keep_them(n_jobs, tmp_path):
    model = learned(KINDS[0], n_jobs=n_jobs)
    np.testing.assert_array_equal(model.predict(X), learned(KINDS[0]).predict(X))
    walnet.save(model, tmp_path / "m")
    loaded = walnet.load(tmp_path / "m").get_params()
    assert loaded["n_jobs"] == (1 if n_jobs is None else n_jobs)
    assert loaded["max_iter"] == 3
    for wrong in (0, 1.5, True, "2"):
        with pytest.raises(HyperparameterError, match="n_jobs must be a whole number"):
            learned(KINDS[0], n_jobs=wrong)


@pytest.mark.parametrize("kind", KINDS)
def test_callbacks_see_the_training_and_stop_it(kind):
    shares, more = [], []

    def watch(training):
        shares.append(training.share)

    def stop(training):
        more.append(training.done)
        if training.share > 0.3:
            training.stop("enough")

    model = learned(kind, max_iter=40, callbacks=[watch, stop])
    assert len(shares) == len(more) > 2
    assert (model.stopped_, model.stop_reason_) == ("enough", "callback")
    assert learned(kind).stop_reason_ == "max_iter"
    with pytest.raises(TypeError, match="callbacks must be functions"):
        learned(kind, callbacks=3)


def test_a_time_limit_is_told_as_a_reason():
    with pytest.warns(UserWarning, match="is short"):
        model = learned(KINDS[1], max_iter=None, time_limit=1e-3)
    assert model.stop_reason_ == "time_limit"


@pytest.mark.parametrize("kind", KINDS)
def test_scikit_learns_callbacks_are_told_of_members(kind):
    callback = pytest.importorskip("sklearn.callback")
    scoring = "accuracy" if kind is KINDS[0] else "r2"
    monitor = callback.ScoringMonitor(scoring=scoring)

    class Count:
        begun = ended = 0

        def setup(self, estimator, context):
            pass

        teardown = setup

        def on_fit_task_begin(self, estimator, context):
            del estimator, context
            self.begun += 1

        def on_fit_task_end(self, estimator, context):
            del estimator
            self.ended += 1
            return context.task_name == "member"

    count = Count()
    model = kind(**QUICK | {"n_jobs": 1, "max_iter": 30}).set_callbacks(count, monitor)
    model.fit(X, X[:, 0] > 0)
    assert count.begun == count.ended == 1 + model.n_members_
    assert model.stop_reason_ == "callback"
    assert monitor.get_logs()


def test_verbose_shows_how_far_it_is(capsys):
    learned(KINDS[0], verbose=True)
    lines = capsys.readouterr().out.splitlines()
    assert lines[-1].startswith("2/2 networks, 100% of the epochs, cost ")
    assert 1 < len(lines) <= 10
    learned(KINDS[0])
    assert not capsys.readouterr().out


def test_pickles_know_their_version():
    for model in (
        learned(KINDS[0]),
        walnet.MLPRegressor(max_iter=1000, tol=1.0).fit(X, X[:, 0]),
    ):
        same = pickle.loads(pickle.dumps(model))
        np.testing.assert_array_equal(same.predict(X), model.predict(X))
        state = model.__getstate__()
        for other in (
            {**state, "_walnet_version": "0.0.1"},
            {k: v for k, v in state.items() if k != "_walnet_version"},
        ):
            with pytest.warns(UserWarning, match="was pickled by walnet .*walnet.save"):
                clone(model).__setstate__(other)


def test_columns_that_numbers_count_have_no_names():
    frame = pd.DataFrame(X)
    model = KINDS[0](**QUICK).fit(frame, X[:, 0] > 0)
    assert not hasattr(model, "feature_names_in_")
    np.testing.assert_array_equal(model.predict(X), model.predict(frame))
    named = KINDS[0](**QUICK).fit(frame.rename(columns=str), X[:, 0] > 0)
    assert named.feature_names_in_.tolist() == ["0", "1"]


def test_huge_weights_are_weights():
    for kind in KINDS:
        plain = kind(**QUICK).fit(X, X[:, 0] > 0, np.full(60, 0.5))
        heavy = kind(**QUICK).fit(X, X[:, 0] > 0, np.full(60, 1e308))
        np.testing.assert_array_equal(plain.predict(X), heavy.predict(X))


@pytest.mark.parametrize("kind", KINDS)
def test_the_target_s_column_can_be_named_in_fit_and_score(kind):
    frame = pd.DataFrame({"a": X[:, 0], "b": X[:, 1], "y": (X[:, 0] > 0).astype(int)})
    model = kind(**QUICK).fit(frame, "y")
    assert model.score(frame, "y") == model.score(frame[["a", "b"]], frame["y"])
    with pytest.raises(walnet.DataError, match=r"there is no .*'z'"):
        model.score(frame, "z")

"""scikit-learn's contract: its checks, its tools, its callbacks."""

from __future__ import annotations

import copy
import pickle
import subprocess
import sys
from pathlib import Path

import joblib
import numpy as np
import pandas as pd
import pytest
import sklearn
import sklearn.neural_network
from sklearn.base import clone
from sklearn.inspection import DecisionBoundaryDisplay, PartialDependenceDisplay
from sklearn.metrics import ConfusionMatrixDisplay, RocCurveDisplay
from sklearn.model_selection import GridSearchCV, LearningCurveDisplay, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import (
    check_estimator,
    estimator_checks_generator,
)

from walnet import MLPClassifier, MLPRegressor

# The numbers of checks and tests are those of this version; others have other ones.
IS_COUNTED = sklearn.__version__ == "1.9.1"
# 63 of any classifier, 4 of one that takes several labels, 1 of
# one that has class_weight; 60 of a regressor.
CHECKS = {MLPClassifier: 68, MLPRegressor: 60}
# Weights stand for repeated rows only where a batch holds all rows. It is one check,
# called under two names: for dense rows, and for sparse ones where they are taken.
REPETITION = [
    "check_sample_weight_equivalence_on_dense_data",
    "check_sample_weight_equivalence_on_sparse_data",
]
FULL = [{"solver": "lbfgs"}, {}, {"solver": "sgd", "batch_size": 10_000}]


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("kind", CHECKS)
@pytest.mark.parametrize("options", [*FULL, {"batch_size": 12}], ids=str)
def test_every_check_of_scikit_learn_passes(kind, options):
    results = check_estimator(kind(**options), on_fail=None)
    assert len(results) == CHECKS[kind] or not IS_COUNTED
    failed = [each["check_name"] for each in results if each["status"] == "failed"]
    assert failed == (REPETITION if options.get("batch_size") == 12 else [])
    skipped = {each["check_name"] for each in results if each["status"] == "skipped"}
    assert skipped <= {
        "check_array_api_input",
        "check_classifiers_multilabel_output_format_decision_function",
    }


@pytest.mark.parametrize("kind", CHECKS)
def test_the_checks_are_those_of_scikit_learns_own_estimator(kind):
    ours, theirs = (
        [check.func.__name__ for _, check in estimator_checks_generator(each())]
        for each in (kind, getattr(sklearn.neural_network, kind.__name__))
    )
    more = {"check_class_weight_classifiers"} if kind is MLPClassifier else set()
    assert set(ours) - set(theirs) == more
    assert set(theirs) <= set(ours)
    assert len(ours) == len(theirs) + len(more)
    assert len(ours) == CHECKS[kind] or not IS_COUNTED


def test_scikit_learns_own_tests_of_its_perceptrons_pass_on_ours():
    tool = Path(__file__).parents[2] / "tools" / "peer_tests.py"
    finished = subprocess.run(
        [sys.executable, tool], capture_output=True, text=True, check=False
    )
    assert finished.returncode == 0, finished.stdout + finished.stderr
    assert "tested: <class 'walnet.estimators." in finished.stdout
    assert "left out: test_gradient calls" in finished.stdout
    assert "58 passed" in finished.stdout or not IS_COUNTED


@pytest.mark.parametrize("kind", CHECKS)
def test_the_same_seed_gives_the_same_bits(data, kind):
    options = {"max_iter": 5, "random_state": 0, "dropout": 0.2, "batch_norm": True}
    models = [kind(**options).fit(data.X, data.three) for _ in range(2)]
    assert models[0].loss_curve_ == models[1].loss_curve_


def test_one_or_two_threads_give_the_same_bits():
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(1024, 128)).astype("f4"), rng.integers(0, 2, 1024)
    options = {"hidden_layer_sizes": 512, "batch_size": 1024, "random_state": 0}
    models = [
        MLPClassifier(max_iter=2, n_jobs=n, **options).fit(X, y) for n in (None, 2)
    ]
    np.testing.assert_array_equal(models[0].coefs_[0], models[1].coefs_[0])


@pytest.mark.parametrize("options", [{}, {"solver": "lbfgs"}, {"batch_size": 31}])
def test_weights_of_one_change_no_bit(data, options):
    model = MLPClassifier(max_iter=5, random_state=0, **options)
    without = clone(model).fit(data.X, data.two)
    ones = clone(model).fit(data.X, data.two, np.ones(240))
    for mine, other in zip(without.coefs_, ones.coefs_, strict=True):
        np.testing.assert_array_equal(mine, other)


@pytest.mark.parametrize("options", [{"shuffle": False}, {"solver": "lbfgs"}])
def test_rows_of_weight_zero_are_rows_left_out(data, options):
    w = np.where(np.arange(240) % 3 == 0, 0.0, 1.0)
    model = MLPRegressor(max_iter=8, random_state=0, batch_size=240, **options)
    dropped = (
        clone(model).set_params(batch_size=160).fit(data.X[w > 0], data.numbers[w > 0])
    )
    weighted = clone(model).fit(data.X, data.numbers, w)
    for mine, other in zip(weighted.coefs_, dropped.coefs_, strict=True):
        np.testing.assert_allclose(mine, other, atol=1e-7)


@pytest.mark.parametrize("dtype", ["f4", "f8"])
def test_balanced_is_the_explicit_weights(data, dtype):
    labels, counts = np.unique(data.three, return_counts=True)
    weights = 240 / (3 * counts)
    X, model = data.X.astype(dtype), MLPClassifier(max_iter=5, random_state=0)
    balanced = clone(model).set_params(class_weight="balanced").fit(X, data.three)
    table = dict(zip(labels.tolist(), weights.tolist(), strict=True))
    by_dict = clone(model).set_params(class_weight=table).fit(X, data.three)
    by_rows = clone(model).fit(X, data.three, weights[data.three])
    assert balanced.loss_curve_ == by_dict.loss_curve_ == by_rows.loss_curve_


@pytest.mark.parametrize("several", [False, True])
def test_balanced_classes_count_weights_of_rows_as_repetitions(data, several):
    y = data.several if several else data.three
    w = np.arange(240) % 4
    options = {"class_weight": "balanced", "solver": "lbfgs", "max_iter": 8}
    model = MLPClassifier(random_state=0, **options)
    weighted = clone(model).fit(data.X, y, w).predict_proba(data.X)
    repeated = clone(model).fit(np.repeat(data.X, w, 0), np.repeat(y, w, 0))
    np.testing.assert_allclose(weighted, repeated.predict_proba(data.X), atol=1e-6)


@pytest.mark.parametrize("kind", CHECKS)
def test_copies_predict_the_same_and_learn_on(data, kind, tmp_path):
    model = kind(max_iter=5, random_state=0, batch_norm=True, standardize=True)
    model.fit(data.X, data.three)
    joblib.dump(model, tmp_path / "model.joblib")
    twins = [
        pickle.loads(pickle.dumps(model)),
        copy.deepcopy(model),
        joblib.load(tmp_path / "model.joblib"),
    ]
    for twin in twins:
        np.testing.assert_array_equal(twin.predict(data.X), model.predict(data.X))
        twin.partial_fit(data.X, data.three)
        assert len(twin.loss_curve_) == len(model.loss_curve_) + 1
    assert clone(model).get_params() == model.get_params()
    assert not hasattr(clone(model), "coefs_")


def test_coefs_are_views_and_may_be_replaced(data):
    model = MLPRegressor(max_iter=3, random_state=0).fit(data.X, data.numbers)
    before = model.predict(data.X)
    model.intercepts_[-1] += 1.0
    np.testing.assert_allclose(model.predict(data.X), before + 1)
    model.coefs_ = [np.zeros_like(coef) for coef in model.coefs_]
    np.testing.assert_allclose(model.predict(data.X), model.intercepts_[-1][0])


def test_scikit_learns_callbacks_score_stop_and_show(data, capsys):
    callback = pytest.importorskip("sklearn.callback")  # it came with 1.9

    class Stop:
        def setup(self, estimator, context):
            pass

        teardown = on_fit_task_begin = setup

        def on_fit_task_end(self, estimator, context, *, fitted_estimator=None):
            del estimator, context
            seen.append(fitted_estimator.score(data.X, data.two))
            return len(seen) == 4

    seen: list[float] = []
    monitor = callback.ScoringMonitor(scoring="accuracy")
    model = MLPClassifier(max_iter=9, random_state=0)
    model.set_callbacks(monitor, Stop(), callback.ProgressBar()).fit(data.X, data.two)
    assert model.n_iter_ == 4
    assert model.stopped_ == "stopped by a callback"
    rows = [row for row in monitor.get_logs().data if row["task_name"] == "epoch"]
    assert [row["accuracy"] for row in rows] == seen[:4]  # the fifth is the fit's
    assert seen[3] == model.score(data.X, data.two)
    assert "MLPClassifier" in capsys.readouterr().out


def test_pipelines_searches_and_parallel_folds(data):
    pipeline = make_pipeline(StandardScaler(), MLPClassifier(max_iter=5))
    search = GridSearchCV(pipeline, {"mlpclassifier__alpha": [0.1, 1.0]}, cv=2)
    assert search.fit(data.X, data.two).best_score_ > 0.3
    scores = cross_val_score(pipeline, data.X, data.two, cv=2, n_jobs=2)
    assert scores.shape == (2,)


def test_metadata_is_routed(data):
    with sklearn.config_context(enable_metadata_routing=True):
        model = MLPClassifier(max_iter=5, random_state=0)
        model.set_fit_request(sample_weight=True)
        scaler = StandardScaler().set_fit_request(sample_weight=False)
        pipeline = make_pipeline(scaler, model)
        routed = pipeline.fit(data.X, data.two, sample_weight=data.w)
    direct = clone(model).fit(StandardScaler().fit_transform(data.X), data.two, data.w)
    assert routed[-1].loss_curve_ == direct.loss_curve_


def test_set_output_names_the_columns_that_arrive(data):
    frame = pd.DataFrame(data.X, columns=list("abcde"))
    pipeline = make_pipeline(StandardScaler(), MLPClassifier(max_iter=2))
    pipeline.set_output(transform="pandas").fit(frame, data.two)
    assert pipeline[-1].feature_names_in_.tolist() == list("abcde")
    assert pipeline.predict(frame).shape == (240,)


@pytest.mark.filterwarnings("ignore")
def test_every_display_draws(data):
    import matplotlib as mpl

    mpl.use("agg")
    model = MLPClassifier(max_iter=3).fit(data.X, data.two)
    ConfusionMatrixDisplay.from_estimator(model, data.X, data.two)
    RocCurveDisplay.from_estimator(model, data.X, data.two)
    PartialDependenceDisplay.from_estimator(model, data.X, [0])
    LearningCurveDisplay.from_estimator(model, data.X, data.two, cv=2)
    pair = MLPClassifier(max_iter=3).fit(data.X[:, :2], data.two)
    DecisionBoundaryDisplay.from_estimator(pair, data.X[:, :2])
    assert "MLPClassifier" in model._repr_html_()

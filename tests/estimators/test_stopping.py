"""Why a fit ended, in a word, and what the rows that are only scored say of it."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from sklearn.metrics import log_loss, mean_squared_error

import walnet
from walnet.errors import DivergedError
from walnet.estimators import MLPClassifier, MLPRegressor
from walnet.estimators.fit_state import STOP_REASONS


def stop(training):
    training.stop("enough")


def interrupt(training):
    raise KeyboardInterrupt


REASONS = {
    "tol": {"tol": 0.1, "n_iter_no_change": 2},
    "early_stopping": {"tol": 0.1, "n_iter_no_change": 2, "early_stopping": True},
    "max_iter": {"max_iter": 2},
    "callback": {"callbacks": stop},
    "interrupted": {"callbacks": interrupt},
    "max_iter of lbfgs": {"max_iter": 2, "solver": "lbfgs"},
    "max_fun": {"max_fun": 3, "solver": "lbfgs"},
    "callback of lbfgs": {"callbacks": stop, "solver": "lbfgs"},
    "tol of lbfgs": {"tol": 1.0, "solver": "lbfgs"},
}


@pytest.mark.parametrize("estimator", [MLPClassifier, MLPRegressor])
@pytest.mark.parametrize("case", REASONS)
def test_the_reason_why_a_fit_ended_is_a_word(case, estimator, data, tmp_path):
    model = estimator(hidden_layer_sizes=(4,), random_state=0, **REASONS[case])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model.fit(data.X, data.two if estimator is MLPClassifier else data.numbers)
    assert model.stop_reason_ == case.partition(" ")[0]
    assert model.stop_reason_ in STOP_REASONS
    walnet.save(model.set_params(callbacks=None), tmp_path / "m")
    assert walnet.load(tmp_path / "m").stop_reason_ == model.stop_reason_


def test_a_fit_that_diverges_says_so(data):
    options = {"learning_rate_init": 1e30, "solver": "sgd", "random_state": 0}
    model = MLPRegressor(**options)
    with pytest.raises(DivergedError):
        model.fit(data.X, data.numbers)
    assert model.stop_reason_ == "diverged"


def losses(model, X, y):
    """Return the loss of rows in the units of the loss curve, without penalties."""
    if hasattr(model, "classes_"):
        return log_loss(y, model.predict_proba(X), labels=model.classes_)
    return mean_squared_error(y, model.predict(X)) / 2


@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
@pytest.mark.parametrize("kind", ["two", "three", "numbers", "several"])
def test_the_validation_curve_is_the_loss_of_rows_not_learned_from(
    kind, solver, data, tmp_path
):
    y = data.numbers if kind == "numbers" else data.two
    if kind == "three":
        y = np.digitize(data.numbers, [-0.5, 0.5])
    if kind == "several":
        y = np.c_[data.numbers, data.numbers**2]
    estimator = MLPClassifier if kind in {"two", "three"} else MLPRegressor
    seen = []
    model = estimator(
        hidden_layer_sizes=(8,),
        solver=solver,
        early_stopping=True,
        max_iter=9,
        random_state=0,
        callbacks=lambda training: seen.append(training.network.copy()),
    )
    X, X_val, y, y_val = data.X[:160], data.X[160:], y[:160], y[160:]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model.fit(X, y, X_val=X_val, y_val=y_val)
    curve, kept = model.validation_loss_curve_, model.network_
    np.testing.assert_allclose(model.history_.validation_cost, curve)
    assert len(curve) == len(model.loss_curve_) == len(seen)
    assert model.validation_loss_ == pytest.approx(losses(model, X_val, y_val))
    assert model.validation_loss_ == curve[model.best_iter_ - 1]
    for network, loss in zip(seen, curve, strict=True):
        kept.parameters[:] = network.parameters
        assert loss == pytest.approx(losses(model, X_val, y_val))
    walnet.save(model.set_params(callbacks=None), tmp_path / "m")
    loaded = walnet.load(tmp_path / "m")
    assert loaded.validation_loss_curve_ == curve
    assert loaded.validation_loss_ == model.validation_loss_
    np.testing.assert_array_equal(
        loaded.history_.validation_cost, model.history_.validation_cost
    )


def test_a_resumed_fit_has_the_same_validation_curve(data, tmp_path):
    options = {"early_stopping": True, "random_state": 0, "hidden_layer_sizes": (4,)}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        whole = MLPClassifier(max_iter=9, **options).fit(data.X, data.two)
        options["checkpoint"] = tmp_path / "checkpoint"
        MLPClassifier(max_iter=4, **options).fit(data.X, data.two)
        resumed = MLPClassifier(max_iter=9, **options).fit(data.X, data.two)
    assert resumed.validation_loss_curve_ == whole.validation_loss_curve_
    assert resumed.validation_loss_ == whole.validation_loss_

"""The linear model beside the networks: exact where a table is, and in time."""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np
import pytest
from scipy.special import log_softmax
from sklearn.linear_model import LogisticRegression
from traces import assert_works_out, lines_of_stages

import walnet
from walnet import TabularClassifier, TabularRegressor
from walnet.tabular.columns.preprocessing import LARGEST, Scale, unclipped
from walnet.tabular.ensemble.linear import fit_linear, seconds_of_linear
from walnet.tabular.ensemble.penalized import (
    OutOfTime,
    Ridge,
    cross_entropy,
    logistic,
)
from walnet.tabular.rows import new_rows
from walnet.tracing.lines import Limits

QUICK = {"preset": "fast", "max_iter": 4}


def linear_rows(n, n_inputs, noise, seed=0):
    """Return rows of a plane with noise, some to learn from and 2,000 others."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n + 2000, n_inputs))
    y = X @ rng.normal(size=n_inputs) + 5 + noise * rng.normal(size=len(X))
    return (X[:n], y[:n]), (X[n:], y[n:])


def off_of_least_squares(learned, new):
    """Return the root mean squared error of ordinary least squares on new rows."""
    (X, y), (X_new, y_new) = learned, new
    W = np.linalg.lstsq(np.c_[X, np.ones(len(X))], y, rcond=None)[0]
    return rms(np.c_[X_new, np.ones(len(X_new))] @ W - y_new)


def rms(off):
    return float(np.sqrt(np.mean(off**2)))


def encoded(n=120, n_inputs=4, n_classes=0, seed=0):
    """Return rows as the partner takes them, and the parts that it does not see."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, n_inputs)).astype(np.float32)
    y = X @ np.arange(1.0, n_inputs + 1) + 0.1 * rng.normal(size=n)
    if n_classes:
        y = rng.integers(0, n_classes, n)
    data = new_rows(X, np.empty((n, 0), np.int32), y, np.ones(n))
    hidden = np.arange(n) % 4 == np.arange(4)[:, None]
    return data, np.zeros(1, np.int64), hidden


@pytest.mark.parametrize("shape", [(40, 3), (10, 30)])
def test_ridge_is_least_squares_with_a_row_for_each_penalty(shape):
    rng = np.random.default_rng(1)
    X, y, w = rng.normal(size=shape), rng.normal(size=shape[0]), rng.random(shape[0])
    A = np.c_[X, np.ones(len(X))]
    for penalty in (100.0, 0.01):
        root = np.sqrt(w)[:, None]
        rows = np.sqrt(penalty) * np.eye(A.shape[1])[:-1]  # the bias has none
        wanted = np.linalg.lstsq(
            np.vstack([root * A, rows]),
            np.concatenate([root[:, 0] * y, np.zeros(len(rows))]),
            rcond=None,
        )[0]
        found = Ridge(A, y, w).weights(penalty)
        np.testing.assert_allclose(found[:, 0], wanted, rtol=1e-7, atol=1e-10)


def test_a_penalty_too_weak_for_the_precision_gives_no_number():
    A = np.ones((5, 3)) * 1e9
    A[:, -1] = 1
    A[0, 0] = A[0, 1] = 0
    found = Ridge(A, np.arange(5.0), np.ones(5)).weights(-1e19)
    assert np.isnan(found).all()


def test_the_cross_entropy_and_its_derivative_are_right():
    rng = np.random.default_rng(2)
    A, W = np.c_[rng.normal(size=(30, 2)), np.ones(30)], rng.normal(size=(3, 4))
    y, w = rng.integers(0, 4, 30), rng.random(30)

    def total(W):
        return -(w * log_softmax(A @ W, axis=1)[np.arange(30), y]).sum()

    found, gradient = cross_entropy(A, y, w, W)
    assert found == pytest.approx(total(W))
    for place in np.ndindex(W.shape):
        step = np.zeros_like(W)
        step[place] = 1e-6
        slope = (total(W + step) - total(W - step)) / 2e-6
        assert gradient[place] == pytest.approx(slope, abs=1e-6)


def test_the_logistic_regression_is_scikit_learns():
    rng = np.random.default_rng(3)
    X, w = rng.normal(size=(200, 3)), rng.random(200) + 0.5
    y = (X @ [1, -1, 0.5] + rng.normal(size=200) > 0).astype(np.int64)
    y[::9] = 2
    A, start = np.c_[X, np.ones(200)], np.zeros((4, 3))
    found = logistic(A, y, w, 2.0, start)
    theirs = LogisticRegression(C=0.5, tol=1e-8).fit(X, y, w)
    np.testing.assert_allclose(found[:-1].T, theirs.coef_, atol=5e-3)


def test_a_scaled_number_is_unclipped_as_far_as_thirty_ranges():
    values = np.array([0.0, 1.0, -2.5, 12.0, -29.0, 100.0, 1e20])
    x = Scale(0.0, 0.5)(values).astype(np.float32).astype(np.float64)
    wanted = np.clip(values, -LARGEST, LARGEST)
    np.testing.assert_allclose(unclipped(x), wanted, rtol=3e-4)
    np.testing.assert_allclose(unclipped(x)[:3], wanted[:3], rtol=1e-6)


@pytest.mark.parametrize(
    ("n", "n_inputs", "noise", "most"),
    [(300, 10, 0.01, 1.1), (1000, 20, 0.1, 1.05), (300, 3, 2.0, 1.05)],
)
def test_a_plane_is_learned_as_well_as_by_least_squares(n, n_inputs, noise, most):
    learned, new = linear_rows(n, n_inputs, noise)
    model = TabularRegressor(**QUICK).fit(*learned)
    assert model.linear_.unclips
    off = rms(model.predict(new[0]) - new[1])
    assert off <= most * off_of_least_squares(learned, new)


def test_a_value_that_means_unknown_does_not_wreck_the_plane():
    (X, y), (X_new, y_new) = linear_rows(600, 4, 0.01)
    holed = X.copy()
    holed[::50, 0] = 1e12
    off = {
        name: rms(TabularRegressor(preset="fast").fit(rows, y).predict(X_new) - y_new)
        for name, rows in (("whole", X), ("holed", holed))
    }
    assert off["whole"] < 0.02
    assert off["holed"] < 0.25 * np.std(y)


def test_numbers_beyond_the_training_are_predicted_where_the_table_is_a_plane():
    time_of = np.arange(400.0)
    y = 3 * time_of + 20 * np.random.default_rng(0).normal(size=400)
    model = TabularRegressor(**QUICK).fit({"time": time_of}, y)
    new = np.arange(400.0, 500.0)
    assert rms(model.predict({"time": new}) - 3 * new) < 10
    low, high = model.range_
    width = y.max() - y.min()
    assert (low, high) == pytest.approx((y.min() - width, y.max() + width))
    far = model.predict({"time": [-1e6, 1e6]})
    np.testing.assert_allclose(far, [low, high])


def test_counts_stay_counts_beyond_the_training():
    x = np.random.default_rng(0).uniform(-2, 2, 500)
    y = np.maximum(0.0, np.round(4 * x))
    model = TabularRegressor(preset="fast").fit({"x": x}, y)
    assert model.range_[0] == 0.0
    assert model.predict({"x": [-9.0, -3.0]}).min() >= 0.0


def test_what_levels_off_is_not_gone_on_with():
    x = np.random.default_rng(0).uniform(-3, 3, 500)
    y = np.tanh(2 * x) + 0.01 * x
    model = TabularRegressor(**QUICK).fit({"x": x}, y)
    if model.linear_ is not None:
        assert model.range_ == (y.min(), y.max())


@pytest.mark.parametrize("unclips", [False, True])
@pytest.mark.parametrize("kind", [TabularRegressor, TabularClassifier])
def test_files_and_traces_hold_what_the_linear_model_reads(kind, unclips, tmp_path):
    (X, y), (X_new, _) = linear_rows(300, 3, 2.0)
    X_new[:9] *= 10
    y = y if kind is TabularRegressor else np.where(y > 5, "high", "low")
    model = kind(**QUICK).fit(X, y)
    model.linear_ = replace(model.linear_, unclips=unclips)
    answer = getattr(model, "predict_proba", model.predict)(X_new)
    walnet.save(model, tmp_path / "model.walnet")
    again = walnet.load(tmp_path / "model.walnet")
    assert again.linear_.unclips == unclips
    found = getattr(again, "predict_proba", again.predict)(X_new)
    assert found.tobytes() == answer.tobytes()
    explained = model.explain(X_new, 3)
    assert explained.prediction == model.predict(X_new)[3]
    written = "of the same inputs before they are clipped (t, at most 30)"
    assert (written in " ".join(str(explained).split())) == unclips
    for line in lines_of_stages(explained.stages(Limits(neurons=60, terms=60))):
        precise = isinstance(line.name.number, np.float32)
        assert_works_out(line, "float32" if precise else "float64")


def test_without_time_no_linear_model_is_begun():
    for n_classes in (0, 3):
        data, starts, hidden = encoded(n_classes=n_classes)
        needed = seconds_of_linear(data, starts, len(hidden), n_classes)
        assert needed > 0
        now = time.monotonic()
        assert fit_linear(data, starts, hidden, n_classes, now) is None
        assert fit_linear(data, starts, hidden, n_classes, now + 100) is not None


def test_a_logistic_regression_that_is_late_is_given_up():
    data, _, _ = encoded(n_classes=3)
    A, y = np.c_[data.X, np.ones(120)], data.Y[:, 0].astype(np.int64)
    with pytest.raises(OutOfTime):
        logistic(A, y, np.ones(120), 1.0, np.zeros((5, 3)), time.monotonic() - 1)


def test_what_is_said_of_a_row_is_of_a_fit_that_has_not_seen_it():
    data, starts, hidden = encoded()
    found = fit_linear(data, starts, hidden, 0)
    y = data.Y.copy()
    y[hidden[0], 0] += 100.0  # the first part's numbers change what the others say
    other = fit_linear(data._replace(Y=y), starts, hidden, 0)
    A = found.model.inputs(data, starts)
    seen = ~hidden[0]
    W = Ridge(A[seen], data.Y[seen, 0].astype(float), np.ones(seen.sum()))
    wanted = A[hidden[0]] @ W.weights(found.penalty)
    np.testing.assert_allclose(found.unseen[hidden[0]], wanted[:, 0])
    assert not np.allclose(other.unseen[hidden[1]], found.unseen[hidden[1]])

"""What scikit-learn's estimators do not have: each option does what it says."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.base import clone

from walnet import MLPClassifier, MLPRegressor

QUICK = {"hidden_layer_sizes": (6,), "max_iter": 6, "random_state": 0}


@pytest.mark.parametrize(
    "option",
    [
        ("dropout", 0.5),
        ("batch_norm", True),
        ("weight_decay", 0.1),
        ("clip_norm", 1.0),
        ("learning_rate", "cosine"),
        ("learning_rate", float),
        ("warm_up", 2),
        ("checkpoint", "fit.checkpoint"),
    ],
    ids=str,
)
def test_lbfgs_refuses_what_it_would_leave_out(data, option):
    name, value = option
    with pytest.raises(ValueError, match=f"^{name} needs a stochastic solver"):
        MLPRegressor(solver="lbfgs", **{name: value}, **QUICK).fit(data.X, data.numbers)


def test_lbfgs_says_that_early_stopping_needs_rows_to_score(data):
    model = MLPRegressor(solver="lbfgs", early_stopping=True, **QUICK)
    with pytest.warns(UserWarning, match="early_stopping has no effect"):
        model.fit(data.X, data.numbers)
    assert not hasattr(model, "validation_scores_")  # as scikit-learn's


def test_lbfgs_calls_callbacks_and_scores_rows(data):
    seen = []

    def look(training):
        seen.append(training.history.cost[-1])
        if training.iteration == 5:
            training.stop("five are enough")

    model = MLPClassifier(solver="lbfgs", callbacks=look, **QUICK)
    model.set_params(max_iter=20).fit(
        data.X[:200], data.three[:200], X_val=data.X[200:], y_val=data.three[200:]
    )
    assert model.stopped_ == model.history_.stopped == "five are enough"
    assert model.n_iter_ == len(model.validation_scores_) == len(seen) == 5
    assert model.loss_ == pytest.approx(seen[-1], rel=1e-12)
    assert sorted(seen, reverse=True) == seen == model.history_.cost.tolist()
    assert model.validation_scores_[-1] == model.score(data.X[200:], data.three[200:])
    model.set_params(callbacks=lambda training: setattr(training, "learning_rate", 1))
    with pytest.raises(AttributeError, match="finds each step by itself"):
        model.fit(data.X, data.three)


def test_lbfgs_stops_by_the_score_and_brings_the_best_back(data):
    noise = np.random.default_rng(0).integers(0, 2, 240)
    rows = {"X_val": data.X[120:], "y_val": noise[120:]}
    model = MLPClassifier(solver="lbfgs", early_stopping=True, random_state=0)
    model.fit(data.X[:120], noise[:120], **rows)
    assert 0 < model.best_iter_ < model.n_iter_
    assert model.score(*rows.values()) == max(model.validation_scores_)
    when = f"iteration {model.n_iter_}. The parameters of epoch {model.best_iter_}"
    assert model.stopped_.endswith(f"{when} are kept.")


def test_what_a_loss_or_a_method_has_not_is_refused(data):
    X, y = data.X, data.numbers
    for loss in ("squared_error", (np.subtract, np.subtract)):
        with pytest.raises(ValueError, match="loss_parameter is Huber's delta"):
            MLPRegressor(loss, loss_parameter=2.0, **QUICK).fit(X, y)
    for solver in ("adam", "lbfgs"):
        model = MLPRegressor("quantile", loss_parameter=1.0, solver=solver, **QUICK)
        with pytest.raises(ValueError, match=r"must be in \(0, 1\) for loss"):
            model.fit(X, y)
    model = MLPRegressor((np.add,), **QUICK)
    with pytest.raises(ValueError, match="loss must be a name, or two functions"):
        model.fit(X, y)
    assert not hasattr(model, "coefs_")
    with pytest.raises(ValueError, match="checkpoint is of fit, got it with partial"):
        MLPRegressor(checkpoint="fit.checkpoint").partial_fit(X, y)
    with pytest.raises(ValueError, match="needs y_val ≥ 0, got a negative target: -"):
        MLPRegressor("poisson", **QUICK).fit(X, abs(y), X_val=X, y_val=y)


def test_early_stopping_that_finds_nothing_better_keeps_what_was(data):
    rows = {"X_val": data.X[200:], "y_val": data.numbers[200:]}
    model = MLPRegressor(early_stopping=True, warm_start=True, **QUICK)
    model.set_params(max_iter=60, learning_rate_init=0.02)
    model.fit(data.X[:200], data.numbers[:200], **rows)
    before, best = model.predict(data.X), model.best_validation_score_
    model.set_params(learning_rate_init=10.0, max_iter=5)
    model.fit(data.X[:200], data.numbers[:200], **rows)
    assert (model.best_iter_, model.best_validation_score_) == (0, best)
    np.testing.assert_array_equal(model.predict(data.X), before)
    expected = "all 5 epochs done. The parameters it began with are kept."
    assert model.stopped_ == model.history_.stopped == expected
    # Another way to stop, or to learn, may follow.
    model.set_params(learning_rate_init=1e-4)
    for change in ({"early_stopping": False}, {"solver": "lbfgs"}, {"solver": "sgd"}):
        model.set_params(**change).fit(data.X, data.numbers)
    model.set_params(early_stopping=True).fit(data.X, data.numbers)


def test_standardising_learns_from_rows_that_count(data):
    X = data.X + 100.0 * (np.arange(240) >= 200)[:, None]
    w = np.where(np.arange(240) < 200, data.w + 0.1, 0.0)
    model = MLPRegressor(standardize=True, **QUICK)
    by_weights = clone(model).fit(X, data.numbers, w)
    left_out = clone(model).fit(X[:200], data.numbers[:200], w[:200])
    for mine, other in zip(by_weights._scales, left_out._scales, strict=True):
        np.testing.assert_array_equal(mine, other)
    mean = np.average(X[:200], axis=0, weights=w[:200])
    np.testing.assert_allclose(by_weights._scales[0], mean, rtol=1e-12)
    spread = np.sqrt(np.average((X[:200] - mean) ** 2, axis=0, weights=w[:200]))
    np.testing.assert_allclose(by_weights._scales[1], spread, rtol=1e-12)
    model.set_params(early_stopping=True, validation_fraction=0.5).fit(X, data.numbers)
    assert abs(model._scales[0] - X.mean(axis=0)).min() > 0.01  # of half of the rows


def test_replaced_coefs_are_where_batch_normalisation_goes_on(data):
    # Nothing is learned at this rate, but the running statistics come in.
    model = MLPRegressor(batch_norm=True, learning_rate_init=1e-12, **QUICK)
    model.fit(data.X, data.numbers)
    for change in ("replaced", "written to"):
        coefs = [0.5 * coef for coef in model.coefs_]
        if change == "replaced":
            model.coefs_ = coefs
        else:
            for mine, new in zip(model.coefs_, coefs, strict=True):
                mine[:] = new
        before = model.predict(data.X)
        assert model._learner().folded() == model.network_
        np.testing.assert_array_equal(model.predict(data.X), before)
        model.partial_fit(data.X, data.numbers)
        assert np.isfinite(model.predict(data.X)).all()
        np.testing.assert_allclose(model._normalized.weights[0], coefs[0].T, rtol=1e-6)


def test_a_diverged_epoch_is_in_every_curve(data):
    model = MLPRegressor(
        solver="sgd",
        early_stopping=True,
        learning_rate=lambda epoch: 0.01 if epoch < 3 else 1e30,
        random_state=0,
    )
    with pytest.warns(UserWarning, match="The parameters of epoch 3 are kept"):
        model.fit(data.X, data.numbers)
    assert len(model.loss_curve_) == len(model.validation_scores_) == model.n_iter_
    assert np.isnan(model.loss_curve_[-1])
    assert np.isfinite(model.loss_)

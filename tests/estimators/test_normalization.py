"""Batch normalisation: predictions by the running statistics."""

from __future__ import annotations

import pytest

from walnet import MLPClassifier, MLPRegressor


@pytest.mark.parametrize("dtype", ["f4", "f8"])
def test_it_learns_and_predicts_by_its_running_statistics(data, dtype):
    options = {"batch_norm": True, "max_iter": 200, "random_state": 0}
    options["batch_size"] = 240
    X = (1e3 + 50 * data.X).astype(dtype)
    model = MLPClassifier(hidden_layer_sizes=(20, 20), **options).fit(X, data.two)
    assert model.score(X, data.two) > 0.9
    one_by_one = [model.predict(row[None])[0] for row in X[:20]]
    assert (model.predict(X[:20]) == one_by_one).all()
    assert MLPRegressor(**options).fit(X, data.both).predict(X).dtype == dtype


def test_lbfgs_cannot_normalise_or_drop(data):
    for option in ({"batch_norm": True}, {"dropout": 0.5}):
        with pytest.raises(ValueError, match="needs a stochastic solver"):
            MLPClassifier(solver="lbfgs", **option).fit(data.X, data.two)


def test_early_stopping_brings_the_best_statistics_back(data):
    model = MLPClassifier(
        batch_norm=True,
        early_stopping=True,
        learning_rate_init=0.5,  # so large that the last epochs are worse
        max_iter=60,
        random_state=0,
    )
    X, y = data.X[:120], data.three[:120]
    X_val, y_val = data.X[120:], data.three[120:]
    model.fit(X, y, X_val=X_val, y_val=y_val)
    assert model.best_iter_ < model.n_iter_
    assert model.validation_scores_[-1] < model.best_validation_score_
    assert model.score(X_val, y_val) == model.best_validation_score_

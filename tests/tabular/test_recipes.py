"""Recipes: every setting of a training is one of an ensemble's networks, too."""

from __future__ import annotations

import os
import signal
import threading

import numpy as np
import pytest
from sklearn.base import clone

import walnet
from walnet.engine.kernels.optimizers import OPTIMIZERS
from walnet.errors import DataError, HyperparameterError
from walnet.models.ensemble_model import EnsembleModel
from walnet.tabular import TabularClassifier, TabularRegressor
from walnet.tabular.recipes.options import estimator_parameters
from walnet.tabular.recipes.recipe import CLASSIFICATION, TUNABLE

QUICK = {"preset": "fast", "max_iter": 64, "n_jobs": 1}
# Of rules that do not divide by the gradient's size.
RATES = {"gradient_descent": 1.0, "momentum": 0.2, "nesterov": 0.2}


def rows(n=400, seed=0):
    """Return inputs, and a number and a class that depend on them."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, 3))
    number = X[:, 0] + np.sin(2 * X[:, 1]) + 0.1 * rng.normal(size=n)
    return X, number, np.digitize(number, [-0.7, 0.7])


def squares(y, predicted):
    """Return the squared error of each row."""
    return ((predicted - y) ** 2)[:, 0]


def slopes_of_squares(y, predicted):
    """Return its derivative."""
    return 2 * (predicted - y)


def cross_entropies(y, predicted):
    """Return the cross-entropy of each row."""
    return -(y * np.log(predicted + 1e-9)).sum(axis=1)


def slopes_of_cross_entropies(y, predicted):
    """Return its derivative."""
    return -y / (predicted + 1e-9)


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_members_learn_by_every_update_rule(optimizer):
    X, number, _ = rows()
    recipe = {"optimizer": optimizer, "learning_rate": RATES.get(optimizer, 0.05)}
    options = QUICK | {"random_state": 3}
    model = TabularRegressor(recipe=recipe, **options).fit(X[:300], number[:300])
    assert model.score(X[300:], number[300:]) > 0.85
    others = TabularRegressor(**options).fit(X[:300], number[:300])
    assert not np.array_equal(model.bags_[0].parameters, others.bags_[0].parameters)


@pytest.mark.parametrize("level", [0.1, 0.9])
def test_a_quantile_is_learned_where_the_mean_draws_nothing_to_it(level):
    X, number, _ = rows(900)
    recipe = {"cost": "quantile", "cost_parameter": level}
    model = TabularRegressor(recipe=recipe, **QUICK).fit(X[:600], number[:600])
    assert model.linear_ is None
    assert model.shares_ == (1.0, 0.0)
    below = np.mean(number[600:] < model.predict(X[600:]))
    assert abs(below - level) < 0.12


@pytest.mark.parametrize(
    "recipe", [{"cost": "mae"}, {"cost": "huber", "cost_parameter": 0.1}]
)
def test_costs_that_outliers_do_not_rule(recipe):
    X, number, _ = rows()
    spoiled = number[:300].copy()
    spoiled[::20] += 60
    # By its formula, squares are learned of the target itself, not of a logarithm.
    squared = {"cost": (squares, slopes_of_squares)}
    scores = [
        TabularRegressor(recipe=each, **QUICK)
        .fit(X[:300], spoiled)
        .score(X[300:], number[300:])
        for each in (squared, recipe)
    ]
    assert scores[1] > max(scores[0], 0.7)


def test_an_own_cost_learns_what_the_same_cost_by_its_name_does(tmp_path):
    X, number, label = rows()
    pairs = [
        (TabularRegressor, number, (squares, slopes_of_squares), "mse"),
        (
            TabularClassifier,
            label,
            (cross_entropies, slopes_of_cross_entropies),
            "categorical_cross_entropy",
        ),
    ]
    for kind, y, functions, name in pairs:
        recipes = [{"cost": functions}, {"cost": name, "smoothing": 0.0}]
        own, known = (
            kind(recipe=each, **QUICK).fit(X[:300], y[:300]) for each in recipes
        )
        assert own.score(X[300:], y[300:]) > 0.8
        assert own.score(X[300:], y[300:]) == pytest.approx(
            known.score(X[300:], y[300:]), abs=0.06
        )
        expected = own.predict(X)
        with pytest.raises(DataError, match=r"recipe holds function.* is ever code"):
            walnet.save(own, tmp_path / "m.walnet")
        walnet.save(own.set_params(recipe=None), tmp_path / "m.walnet")
        loaded = walnet.load(tmp_path / "m.walnet")
        np.testing.assert_array_equal(loaded.predict(X), expected)


def test_what_an_own_cost_sees_is_of_the_documented_units():
    X, number, label = rows(200)
    seen = []

    def cost(y, predicted):
        seen.append((y.copy(), predicted.copy()))
        return np.zeros(len(y))

    def slope(y, _):
        return np.zeros_like(y)

    quick = QUICK | {"max_iter": 1, "members": 1, "recipe": {"cost": (cost, slope)}}
    TabularRegressor(**quick).fit(X, 1000 + 50 * number)
    y, predicted = map(np.concatenate, zip(*seen, strict=True))
    assert y.shape == predicted.shape == (len(y), 1)
    assert y.dtype == np.float32
    assert abs(y.mean()) < 0.1
    assert abs(y.std() - 1) < 0.1
    seen.clear()
    TabularClassifier(**quick).fit(X, label)
    y, predicted = map(np.concatenate, zip(*seen, strict=True))
    assert y.shape == predicted.shape == (len(y), 3)
    assert set(y.ravel()) == {0.0, 1.0}
    np.testing.assert_allclose(predicted.sum(axis=1), 1.0, rtol=1e-5)


WRONG = [
    ({"learning_rate": -1.0}, r"learning_rate must be a number in \[0, inf\)"),
    ({"dropout": 1.0}, r"dropout must be a number in \[0, 1\), got 1.0"),
    ({"optimizer": "adm"}, "adam"),
    ({"batch_size": 0}, "batch_size must be a whole number of at least 1"),
    ({"cost": 3}, "cost must be one of mse, .* or a pair of functions"),
    ({"cost": (1, 2)}, "or a pair of functions of y and y_pred"),
    ({"cost": "quantile", "cost_parameter": 2.0}, "in .0, 1. for the quantile"),
    ({"hidden_layers": [8] * 21}, "hidden_layers must be a list of 0 to 20"),
    ({"numbers": "stairs"}, "numbers must be one of waves, ramps, plain"),
    ({"activation": ["relu", "tanh"]}, "activation must be one of identity"),
    ({"activation": "softmax"}, "activation must be one of identity"),
    ({"patience": 0}, "patience must be a whole number of at least 1, got 0"),
    ({"batch_norm": 1}, "batch_norm must be true or false, got 1"),
    ({"rate_factors": {"bias": 1.0}}, "must name kinds of parameters, .* got 'bias'"),
    ({"depth": 3}, "recipe must hold names of hidden_layers, .*, got 'depth'"),
    ({"epochs": 3}, "recipe cannot hold epochs: set epochs of the estimator"),
    ({"snapshots": 3}, "cannot hold snapshots: they are kept in a History"),
]


@pytest.mark.parametrize(("changes", "words"), WRONG)
def test_values_outside_a_setting_s_range_are_refused(changes, words):
    with pytest.raises(HyperparameterError, match=words):
        CLASSIFICATION.changed(changes)


def test_a_cost_that_a_number_cannot_have_is_one_sentence():
    X, number, _ = rows(60)
    with pytest.raises(HyperparameterError, match="'poisson' needs an output layer"):
        TabularRegressor(recipe={"cost": "poisson"}, **QUICK).fit(X, number)


def test_options_of_a_fit_are_parameters_or_settings_of_every_bag():
    X, number, _ = rows(120)
    table = {"a": X[:, 0], "b": X[:, 1], "price": number}
    options = {"learning_rate": 0.02, "optimizer": "nesterov", "dropout": 0.0}
    options |= {"hidden_layers": [8, 8], "epochs": 2, "members": 3, "batch_size": 32}
    estimator = EnsembleModel.fit(table, "price", **options).estimator
    assert [len(bag.parameters) for bag in estimator.bags_] == [1, 1, 1]
    for bag in estimator.bags_:
        assert bag.recipe.hidden_layers == (8, 8)
        assert bag.recipe.settings.optimizer == "nesterov"
        assert bag.recipe.settings.learning_rate == 0.02
        assert bag.recipe.settings.batch_size == 32
    assert set(TUNABLE) >= {"l2", "clip_norm", "schedule", "smoothing", "warm_up"}
    with pytest.raises(HyperparameterError, match="did you mean learning_rate"):
        EnsembleModel.fit(table, "price", lerning_rate=0.1)
    with pytest.raises(HyperparameterError, match="has no option 'snapshots': they"):
        EnsembleModel.fit(table, "price", snapshots=3)
    with pytest.raises(HyperparameterError, match="give dropout within the recipe"):
        estimator_parameters({"recipe": {}, "dropout": 0.1})
    with pytest.raises(HyperparameterError, match="preset must be one of"):
        estimator_parameters({"preset": "great", "dropout": 0.1})


def test_Ctrl_C_keeps_what_was_learned_and_says_so():
    X, number, _ = rows()
    model = TabularRegressor(preset="fast", max_iter=200_000, n_jobs=1)
    before = signal.getsignal(signal.SIGINT)
    signal.signal(signal.SIGINT, signal.default_int_handler)

    def interrupt(training):
        assert threading.current_thread() is not threading.main_thread()
        if not training.stopped:
            os.kill(os.getpid(), signal.SIGINT)

    try:
        with pytest.warns(UserWarning, match="stopped by Ctrl-C; what was learned"):
            model.set_params(callbacks=interrupt).fit(X, number)
        assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    finally:
        signal.signal(signal.SIGINT, before)
    assert model.stopped_ == "stopped by Ctrl-C"
    assert model.stop_reason_ == "interrupted"
    assert model.n_members_ == 1
    assert np.isfinite(model.predict(X)).all()
    assert "stopped by Ctrl-C: 1 of 12 networks" in model.warnings_[-1]


def test_a_member_that_diverges_learns_at_a_quarter_of_the_rate():
    X, number, _ = rows()
    wild = {"optimizer": "gradient_descent", "learning_rate": 1.0}
    model = TabularRegressor(recipe=wild, **QUICK).fit(X, number)
    tamed = clone(model).set_params(recipe=wild | {"learning_rate": 0.25})
    assert np.isfinite(model.predict(X)).all()
    same = [
        np.array_equal(one, other)
        for one, other in zip(
            model.bags_[0].parameters,
            tamed.fit(X, number).bags_[0].parameters,
            strict=True,
        )
    ]
    assert any(same)  # those that diverged at 1 but not at 0.25

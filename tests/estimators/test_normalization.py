"""Batch normalisation: right gradients, and predictions by the running statistics."""

from __future__ import annotations

import numpy as np
import pytest

from walnet import MLPClassifier, MLPRegressor
from walnet.engine.kernels import stages
from walnet.engine.kernels.types import Examples
from walnet.engine.normalization import EPSILON, NormalizedNetwork
from walnet.engine.plan import cost_rule, make_workspace


def cost_and_gradient(network, X, Y):
    m, rule = len(X), cost_rule("mse", 1.0, "identity", Y.shape[1])
    work, norms = make_workspace(network.plan, m, network.dtype), network.norms(m)
    span = (0, m, 0, float(rule["cost_scale"]) / m, np.uint64(0))
    examples, order = Examples(X, Y, np.empty(0)), np.arange(m)
    plan, parameters = network.plan, network.parameters
    stages.feed_forward(plan, norms, parameters, examples, order, span, work)
    J, _ = stages.cost(plan, rule, m, work, span[3])
    gradient = np.empty_like(parameters)
    stages.back_propagate(plan, norms, parameters, gradient, m, work, span[4])
    return J, gradient


@pytest.mark.parametrize("activation", ["tanh", "relu", "gelu", "softplus"])
def test_G1_gradients_are_central_differences(activation):
    rng = np.random.default_rng(1)
    network = NormalizedNetwork([3, 5, 4, 2], activation=activation, dtype="float64")
    network.parameters[:] = rng.normal(size=network.n_parameters)
    X, Y, h = rng.normal(size=(7, 3)), rng.normal(size=(7, 2)), 1e-6
    _, gradient = cost_and_gradient(network, X, Y)
    numeric = np.empty_like(gradient)
    for place, start in enumerate(network.parameters.copy()):
        J = []
        for nudged in (start + h, start - h):
            network.parameters[place] = nudged
            J.append(cost_and_gradient(network, X, Y)[0])
        network.parameters[place] = start
        numeric[place] = (J[0] - J[1]) / (2 * h)
    assert abs(gradient - numeric).max() <= 1e-7 * abs(gradient).max()


def test_the_folded_network_is_the_formula():
    rng = np.random.default_rng(2)
    network = NormalizedNetwork([3, 4, 1], activation="tanh", dtype="float64")
    network.parameters[:] = rng.normal(size=network.n_parameters)
    network.mean[:], network.variance[:] = rng.normal(size=8), rng.uniform(1, 2, 8)
    X, (W, V), (b, c) = rng.normal(size=(6, 3)), network.weights, network.biases
    hat = (X @ W.T - network.mean[3:7]) / np.sqrt(network.variance[3:7] + EPSILON)
    expected = np.tanh(network.gammas[0] * hat + b) @ V.T + c
    np.testing.assert_allclose(network.folded().feed_forward(X), expected, rtol=1e-12)


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

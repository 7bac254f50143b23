"""Batch normalisation: right gradients, and what folding gives."""

from __future__ import annotations

import numpy as np
import pytest

from walnet.engine.arrays import as_examples
from walnet.engine.kernels import stages
from walnet.engine.kernels.normalization import EPSILON
from walnet.engine.layers import Dense
from walnet.engine.layout import make_workspace, neurons_view
from walnet.engine.network import Network
from walnet.engine.normalization import folded, normalized
from walnet.engine.plan import cost_plan, cost_rule


def network_of(*hidden, activation="tanh", outputs=1):
    layers = [Dense(n, activation, norm=True) for n in hidden]
    return Network([3, *layers, outputs], dtype="float64")


def cost_and_gradient(network, X, Y):
    """Return both of a batch, which is normalised by its own mean and variance."""
    rule = cost_rule("mse", 1.0, network.output_layer)
    m, plan = len(X), cost_plan(network.layout, rule)
    examples = as_examples(X, np.empty((m, 0), np.int32), Y, np.empty(0))
    span, gradient = (0, m, 0, 1 / Y.size), np.empty_like(network.parameters)
    state, work = network.still_state(), make_workspace(network.layout, m, X.dtype)
    order, dropout = np.arange(m), (np.uint64(0), 0.0)
    J, _ = stages.shard_gradient(
        plan, state, gradient, examples, order, span, dropout, work
    )
    return J, gradient


@pytest.mark.parametrize("activation", ["tanh", "relu", "gelu", "softplus"])
def test_gradients_are_central_differences(activation):
    rng = np.random.default_rng(1)
    network = network_of(5, 4, activation=activation, outputs=2)
    network.parameters[:] = rng.normal(size=network.n_parameters)
    X, Y, h = rng.normal(size=(7, 3)), rng.normal(size=(7, 2)), 1e-6
    _, gradient = cost_and_gradient(network, X, Y)
    numeric = np.empty_like(gradient)
    for index, start in enumerate(network.parameters.copy()):
        J = []
        for nudged in (start + h, start - h):
            network.parameters[index] = nudged
            J.append(cost_and_gradient(network, X, Y)[0])
        network.parameters[index] = start
        numeric[index] = (J[0] - J[1]) / (2 * h)
    assert abs(gradient - numeric).max() <= 1e-7 * abs(gradient).max()


def test_the_folded_network_is_the_formula():
    rng = np.random.default_rng(2)
    network = network_of(4)
    network.parameters[:] = rng.normal(size=network.n_parameters)
    network.statistics[:] = rng.normal(size=8), rng.uniform(1, 2, 8)
    mean, variance = network.statistics[:, 3:7]
    gamma = neurons_view(network.layout.dense[0], "gammas", network.parameters)
    X, (W, V), (b, c) = rng.normal(size=(6, 3)), network.weights, network.biases
    hat = (X @ W.T - mean) / np.sqrt(variance + EPSILON)
    expected = np.tanh(gamma * hat + b) @ V.T + c
    np.testing.assert_allclose(folded(network).feed_forward(X), expected, rtol=1e-12)
    np.testing.assert_allclose(network.feed_forward(X), expected, rtol=1e-12)


def test_a_normalised_twin_predicts_the_same():
    network = Network([3, 5, 4, 2], dtype="float64", seed=3)
    twin = normalized(network)
    assert [layer.norm for layer in twin.layers[1:]] == [True, True, False]
    X = np.random.default_rng(3).normal(size=(6, 3))
    expected = network.feed_forward(X)
    np.testing.assert_allclose(twin.feed_forward(X), expected, rtol=1e-12)
    np.testing.assert_allclose(folded(twin).feed_forward(X), expected, rtol=1e-12)

"""Back-propagation against central differences, and rows alone and together."""

from __future__ import annotations

import kernel_calls as engine
import naive
import numpy as np
import pytest

from walnet.engine.network import Network


@pytest.mark.parametrize(("activation", "cost", "depth"), engine.combinations())
def test_central_differences_agree(activation, cost, depth):
    network, X, Y = engine.draw(4, cost, activation, depth)
    parameter = engine.PARAMETERS.get(cost, 1.0)
    check = network.check_gradients(X, Y, cost, cost_parameter=parameter)
    assert check.error <= 1e-7
    assert check.passed
    assert check.analytic.shape == check.numeric.shape == network.parameters.shape
    assert abs(check.numeric).max() > 0


@pytest.mark.parametrize("wrong", ["one derivative", "one layer", "a sign"])
def test_a_wrong_derivative_is_caught(monkeypatch, wrong):
    right = Network.back_propagate

    def back_propagate(self, *arguments, **options):
        gradients = right(self, *arguments, **options)
        if wrong == "one derivative":
            gradients.flat[7] *= 1.001
        elif wrong == "one layer":
            gradients.dW[0][:] *= 1.001
        else:
            gradients.db[1][:] *= -1
        return gradients

    monkeypatch.setattr(Network, "back_propagate", back_propagate)
    network, X, Y = engine.draw(4, "mse", "tanh", 3)
    check = network.check_gradients(X, Y)
    assert not check.passed
    assert check.error > 1e-5
    assert "WRONG" in repr(check)


def test_a_wrong_activations_derivative_is_caught_by_the_oracle(monkeypatch):
    monkeypatch.setitem(naive.SLOPES, "tanh", lambda z: 1 - np.tanh(z))
    network, X, Y = engine.draw(4, "mse", "tanh", 3)
    got = network.back_propagate(X, Y).flat
    assert abs(got - engine.oracle_gradient(network, X, Y, "mse")).max() > 1e-2


def test_a_check_says_so_in_words_and_leaves_the_network_alone():
    network, X, Y = engine.draw(4, "mse", "tanh", 2, dtype="float32")
    before = engine.bits(network.parameters)
    assert "gradients right" in repr(network.check_gradients(X, Y))
    assert engine.bits(network.parameters) == before
    assert network.dtype == np.float32


def test_gradients_are_views_of_one_vector():
    network, X, Y = engine.draw(4, "mse", "tanh", 3)
    got = network.back_propagate(X, Y)
    pairs = list(zip(got.dW, got.db, strict=True))
    assert engine.bits(naive.flat(pairs)) == engine.bits(got.flat)
    for W, b, (dW, db) in zip(network.weights, network.biases, pairs, strict=True):
        assert (W.shape, b.shape) == (dW.shape, db.shape)
        assert np.shares_memory(dW, got.flat)


@pytest.mark.parametrize(("dtype", "bound"), [("float64", 1e-14), ("float32", 2e-6)])
@pytest.mark.parametrize("sizes", [(2, 4, 1), (30, 100, 2), (5, 64, 64, 3)])
def test_a_row_alone_is_a_row_among_a_thousand(sizes, dtype, bound):
    network = Network(sizes, dtype=dtype, output="sigmoid", seed=3)
    X = np.random.default_rng(0).normal(size=(1000, sizes[0])).astype(dtype)
    together = network.feed_forward(X)
    for row in (0, 1, 255, 256, 257, 511, 999):
        alone = network.feed_forward(X[row : row + 1])
        assert abs(alone[0] - together[row]).max() <= bound


def test_layer_outputs_end_in_the_prediction():
    network, X, _ = engine.draw(4, "mse", "gelu", 3)
    outputs = network.layer_outputs(X)
    wanted = naive.layer_outputs(engine.layers(network), X)
    for (Z, A), (Z_slow, A_slow) in zip(outputs, wanted, strict=True):
        np.testing.assert_allclose(Z, Z_slow, atol=1e-14)
        np.testing.assert_allclose(A, A_slow, atol=1e-14)
    np.testing.assert_allclose(outputs[-1][1], network.feed_forward(X), atol=1e-15)

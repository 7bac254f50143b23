"""Two small networks worked out by hand: every number below can be checked on paper."""

from __future__ import annotations

import math

import numpy as np
import pytest

import walnet


@pytest.fixture
def network():
    """Two inputs, two relu neurons, one output."""
    network = walnet.Network([2, 2, 1], activation="relu", dtype="float64")
    network.weights[0][:] = [[1.0, -1.0], [0.5, 0.5]]
    network.biases[0][:] = [0.0, -0.5]
    network.weights[1][:] = [[2.0, 3.0]]
    network.biases[1][:] = [0.5]
    return network


X, Y = [[1.0, 2.0]], [3.0]


def test_feed_forward_by_hand(network):
    (Z_1, A_1), (Z_2, A_2) = network.layer_outputs(X)
    # z = 1·1 - 1·2 + 0 = -1 and 0.5·1 + 0.5·2 - 0.5 = 1; relu makes 0 and 1
    assert Z_1.tolist() == [[-1.0, 1.0]]
    assert A_1.tolist() == [[0.0, 1.0]]
    # 2·0 + 3·1 + 0.5 = 3.5
    assert Z_2.tolist() == A_2.tolist() == [[3.5]]
    assert network.feed_forward(X).tolist() == [[3.5]]


def test_back_propagation_by_hand(network):
    gradients = network.back_propagate(X, Y)
    # J = (3 - 3.5)² = 0.25; dZ₂ = 2·(3.5 - 3) = 1
    assert gradients.cost == 0.25
    # dW₂ = dZ₂·A₁ = (0, 1); db₂ = 1
    assert gradients.dW[1].tolist() == [[0.0, 1.0]]
    assert gradients.db[1].tolist() == [1.0]
    # dA₁ = W₂ᵀ·dZ₂ = (2, 3); relu' is (0, 1): dZ₁ = (0, 3)
    # dW₁ = dZ₁·xᵀ: a row of zeros, and 3·1, 3·2; db₁ = (0, 3)
    assert gradients.dW[0].tolist() == [[0.0, 0.0], [3.0, 6.0]]
    assert gradients.db[0].tolist() == [0.0, 3.0]


def test_one_iteration_by_hand(network):
    history = walnet.train(network, X, Y, learning_rate=0.125, iterations=1)
    # W₁[1] = 0.5 - 3/8, 0.5 - 6/8; b₁[1] = -0.5 - 3/8
    assert network.weights[0].tolist() == [[1.0, -1.0], [0.125, -0.25]]
    assert network.biases[0].tolist() == [0.0, -0.875]
    # W₂ = 2 - 0, 3 - 1/8; b₂ = 0.5 - 1/8
    assert network.weights[1].tolist() == [[2.0, 2.875]]
    assert network.biases[1].tolist() == [0.375]
    assert history.cost.tolist() == [0.25]
    # |∇J|² = 1 + 1 + 9 + 36 + 9
    assert history.gradient_norm[0] == pytest.approx(math.sqrt(56))


def test_a_batch_is_the_mean_of_its_examples(network):
    # The second example: z₁ = (2, 0.5), y = 2·2 + 3·0.5 + 0.5 = 6, J = (6 - 3)² = 9
    gradients = network.back_propagate([[1.0, 2.0], [2.0, 0.0]], [3.0, 3.0])
    assert gradients.cost == (0.25 + 9) / 2
    # dZ₂ = 2·3 = 6, so dW₂ = 6·(2, 0.5); its mean with (0, 1) from above
    assert gradients.dW[1].tolist() == [[6.0, 2.0]]


def test_a_label_by_hand():
    network = walnet.Network([1, 1, 1], output="sigmoid", dtype="float64")
    network.parameters[:] = 0.0, 0.0, 2.0, 0.0  # W₁, b₁, W₂, b₂
    gradients = network.back_propagate([[1.0]], [1.0], "binary_cross_entropy")
    # z₁ = 0, tanh 0 = 0; z₂ = 0, σ(0) = 1/2; J = -log 1/2
    assert gradients.cost == pytest.approx(math.log(2), rel=1e-15)
    # dZ₂ = 1/2 - 1; dW₂ = dZ₂·0; dA₁ = 2·dZ₂ = -1; tanh' = 1; dW₁ = -1·1
    assert gradients.flat.tolist() == [-1.0, -1.0, 0.0, -0.5]


def test_three_classes_by_hand():
    network = walnet.Network([1, 3], output="softmax", dtype="float64")
    network.parameters[:] = 0.0
    gradients = network.back_propagate([[2.0]], [1], "categorical_cross_entropy")
    # Equal inputs make thirds; dZ = (1/3, 1/3 - 1, 1/3); dW = 2·dZ
    assert gradients.cost == pytest.approx(math.log(3), rel=1e-15)
    np.testing.assert_allclose(gradients.db[0], [1 / 3, -2 / 3, 1 / 3], rtol=1e-15)
    np.testing.assert_allclose(gradients.dW[0].ravel(), [2 / 3, -4 / 3, 2 / 3])

"""Feed-forward, costs and back-propagation of whole networks against the oracle."""

from __future__ import annotations

import kernel_calls as engine
import naive
import numpy as np
import pytest

from walnet.engine.kernels.costs import COSTS
from walnet.engine.kernels.inference import first_not_finite
from walnet.engine.network import Network

COMBINATIONS = engine.combinations()


def back_propagated(network, X, Y, cost, **options):
    parameter = engine.PARAMETERS.get(cost, 1.0)
    return network.back_propagate(X, Y, cost, cost_parameter=parameter, **options)


@pytest.mark.parametrize(("activation", "cost", "depth"), COMBINATIONS)
def test_gradients_match_oracle_and_complex_step(activation, cost, depth):
    network, X, Y = engine.draw(1, cost, activation, depth)
    got = back_propagated(network, X, Y, cost)
    oracle = engine.oracle_gradient(network, X, Y, cost)
    J, exact = engine.exact_gradient(network, X, Y, cost)
    largest = abs(exact).max()
    assert got.cost == pytest.approx(J, rel=1e-12)
    assert abs(got.flat - exact).max() <= 1e-13 * largest
    assert abs(got.flat - oracle).max() <= 1e-12 * largest


@pytest.mark.parametrize(("activation", "cost", "depth"), COMBINATIONS)
def test_float32_gradients_are_those_of_float64(activation, cost, depth):
    network, X, Y = engine.draw(1, cost, activation, depth)
    double = back_propagated(network, X, Y, cost)
    single = back_propagated(network.astype("float32"), X, Y, cost)
    assert single.flat.dtype == np.float32
    assert abs(single.flat - double.flat).max() <= 1e-6 * abs(double.flat).max()
    assert single.cost == pytest.approx(double.cost, rel=1e-5)


# Sizes on each side of every switch: one example, one neuron, tiles, BLAS, remainders.
SIZES = [
    ((1, 1), 1),
    ((1, 1, 1), 2),
    ((5, 7, 1), 1),
    ((2, 3, 5, 4), 17),
    ((6, 1, 3), 33),
    ((30, 40, 3), 40),
    ((64, 33, 9), 65),
    ((3, 4, 4), 12),
    ((2, 4, 5), 23),
    ((4, 5, 7, 6), 24),
    ((5, 6, 9), 37),
    ((160, 150, 50), 200),
]


def sized(sizes, examples, dtype):
    rng = np.random.default_rng(5)
    network = Network(sizes, dtype=dtype, seed=5)
    network.parameters[:] = engine.single(rng.normal(0, 0.3, network.n_parameters))
    X = engine.single(rng.normal(size=(examples, sizes[0])))
    return network, X, engine.single(rng.normal(size=(examples, sizes[-1])))


def vectorised(network, X, Y):
    """Return outputs and gradient by whole matrices: loops would take too long here."""
    A, Zs = [X], []
    layers = engine.layers(network)
    for W, b, activation, *_ in layers:
        Zs.append(A[-1] @ W.T + b)
        A.append(naive.ACTIVATIONS[activation](Zs[-1]))
    dA, pairs = 2 * (A[-1] - Y) / Y.size, []
    for number in reversed(range(len(layers))):
        W, _, activation, *_ = layers[number]
        dZ = dA * naive.SLOPES[activation](Zs[number])
        pairs.insert(0, (dZ.T @ A[number], dZ.sum(axis=0)))
        dA = dZ @ W
    return A[-1], naive.flat(pairs)


@pytest.mark.parametrize(("dtype", "bound"), [("float64", 1e-12), ("float32", 2e-6)])
@pytest.mark.parametrize(("sizes", "examples"), SIZES)
def test_every_size_matches_NumPy(sizes, examples, dtype, bound):
    network, X, Y = sized(sizes, examples, dtype)
    outputs, gradient = vectorised(network, X, Y)
    got = network.back_propagate(X, Y)
    assert abs(network.feed_forward(X) - outputs).max() <= bound * abs(outputs).max()
    assert abs(got.flat - gradient).max() <= bound * abs(gradient).max()


def test_the_two_oracles_agree():
    network, X, Y = sized((2, 3, 5, 4), 5, "float64")
    outputs, gradient = vectorised(network, X, Y)
    np.testing.assert_allclose(outputs, naive.feed_forward(engine.layers(network), X))
    slow = engine.oracle_gradient(network, X, Y, "mse")
    np.testing.assert_allclose(gradient, slow, atol=1e-15)


@pytest.mark.parametrize("cost", COSTS)
def test_weights_of_examples_are_weights_in_the_mean(cost):
    network, X, Y = engine.draw(2, cost, "tanh", 2, examples=5)
    w = np.array([0.5, 0.0, 2.0, 1.0, 3.0])
    got = back_propagated(network, X, Y, cost, sample_weight=w)
    oracle = engine.oracle_gradient(network, X, Y, cost, w)
    assert got.cost == pytest.approx(engine.oracle_cost(network, X, Y, cost, w))
    np.testing.assert_allclose(got.flat, oracle, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("cost", COSTS)
def test_cost_alone_is_the_cost_of_back_propagation(cost):
    # 300 examples: more than one chunk of the evaluation
    network, X, Y = engine.draw(3, cost, "tanh", 2, examples=300)
    parameter = engine.PARAMETERS.get(cost, 1.0)
    alone = network.cost(X, Y, cost, cost_parameter=parameter)
    assert alone == pytest.approx(back_propagated(network, X, Y, cost).cost, rel=1e-12)


@pytest.mark.parametrize("cost", naive.CROSS_ENTROPIES)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_cross_entropies_of_huge_logits_are_finite(cost, dtype):
    output = engine.suited_output(cost)
    network = Network([2, 2], output=output, dtype=dtype)
    network.parameters[:] = 1, 0, 0, 1, 0, 0
    X = [[1e4, -1e4], [-1e4, 1e4], [1e4, 1e4], [0, 0]]
    Y = [[1, 0], [1, 0], [0, 1], [0, 1]]
    got = network.back_propagate(X, Y, cost)
    assert np.isfinite(got.flat).all()
    # Second example: the label's logit is 20,000 behind, and so is log softmax.
    wanted = {
        "binary_cross_entropy": (2e4 + 1e4 + 2 * np.log(2)) / 4,
        "categorical_cross_entropy": (2e4 + 2 * np.log(2)) / 4,
    }
    assert got.cost == pytest.approx(wanted[cost], rel=1e-6)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_the_first_number_that_is_not_finite_is_found(dtype, bad):
    X = np.ones((7, 3), dtype)
    assert first_not_finite(X) == (-1, -1)
    X[5, 1] = X[6, 0] = bad
    assert first_not_finite(X) == (5, 1)
    large = np.full((700, 3), np.finfo(dtype).max)  # whose sum is not finite
    assert first_not_finite(large) == (-1, -1)
    large[650, 2] = large[699, 0] = bad
    assert first_not_finite(large) == (650, 2)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_NaN_parameters_make_a_NaN_cost(dtype):
    for activation in ("relu", "tanh", "gelu"):
        network = Network([2, 3, 1], activation=activation, dtype=dtype)
        network.weights[0][1, 0] = np.nan
        assert np.isnan(network.cost([[1.0, 1.0]], [0.0]))

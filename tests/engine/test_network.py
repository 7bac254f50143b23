"""Networks: how they are made, described, copied and compared, and their beginnings."""

from __future__ import annotations

import kernel_calls as engine
import numpy as np
import pytest

from walnet.engine.initializers import INITIALIZERS
from walnet.engine.layers import (
    Dense,
    LevelEmbedding,
    NumberEmbedding,
    embedded_names,
)
from walnet.engine.network import Network
from walnet.errors import DataError, HyperparameterError, ShapeError


def test_the_layers_are_counted_as_the_field_does():
    network = Network([2, 4, 3, 1], activation=["tanh", "relu"], output="sigmoid")
    assert network.n_layers == 3
    assert (network.n_inputs, network.n_outputs) == (2, 1)
    assert network.n_parameters == (2 * 4 + 4) + (4 * 3 + 3) + (3 * 1 + 1)
    assert network.activations == ("tanh", "relu", "sigmoid")
    assert [W.shape for W in network.weights] == [(4, 2), (3, 4), (1, 3)]
    assert [b.shape for b in network.biases] == [(4,), (3,), (1,)]
    layers = "2 inputs → 4 tanh → 3 relu → 1 sigmoid"
    assert repr(network) == f"Network: {layers}; 3 layers, 31 parameters, float32"


def test_one_of_each_is_not_many():
    text = "Network: 1 input → 1 identity; 1 layer, 2 parameters, float64"
    assert repr(Network([1, 1], dtype="float64")) == text


def test_embeddings_are_named_with_what_they_make_of_an_input():
    layers = [NumberEmbedding(1), NumberEmbedding(2, "ramps"), LevelEmbedding((3,), 1)]
    assert repr(Network([*layers, Dense(1, "identity")])).startswith(
        "Network: 1 number embedded by waves → 2 numbers embedded by ramps → 1 column "
        "of levels → 1 identity; 1 layer, "
    )
    names = embedded_names(tuple(layers), ["age", "size", "fee", "hue"])
    assert names[2:7] == ["age: wave 2", "age: wave 3", "size", *names[5:7]]
    assert names[5:9] == ["size: ramp 1", "size: ramp 2", "size: ramp 3", "fee"]


def test_weights_and_biases_are_views_of_one_vector():
    network = Network([2, 3, 1])
    for place, view in enumerate([*network.weights, *network.biases]):
        view[:] = place
    numbers = [0] * 6 + [2] * 3 + [1] * 3 + [3]
    assert network.parameters.tolist() == numbers


@pytest.mark.parametrize("initializer", INITIALIZERS)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_the_same_seed_is_the_same_network(initializer, dtype):
    def make(seed):
        return Network([3, 5, 2], initializer=initializer, dtype=dtype, seed=seed)

    assert engine.bits(make(4).parameters) == engine.bits(make(4).parameters)
    different = engine.bits(make(4).parameters) != engine.bits(make(5).parameters)
    assert different == (initializer != "zeros")


@pytest.mark.parametrize("initializer", INITIALIZERS)
def test_both_precisions_begin_with_the_same_numbers(initializer):
    kind = engine.KINDS["all"]
    single = Network(kind, initializer=initializer, seed=4)
    double = Network(kind, initializer=initializer, seed=4, dtype="float64")
    rounded = double.parameters.astype(np.float32)
    assert engine.bits(single.parameters) == engine.bits(rounded)


def test_a_layer_begins_alike_whatever_stands_behind_it():
    one = Network([3, 4, 1], seed=2, initializer="normal")
    other = Network([3, 6, 2, 1], seed=2, initializer="normal")
    assert one.weights[0].tolist() == other.weights[0][:4].tolist()
    assert one.weights[1].ravel().tolist() != one.weights[0].ravel()[:4].tolist()


def drawn(initializer, activation="tanh", n_in=300, n_out=200):
    """Return W and b of a large layer."""
    network = Network(
        [n_in, n_out, 1], activation=activation, initializer=initializer, seed=9
    )
    return network.weights[0].astype(float), network.biases[0].astype(float)


@pytest.mark.parametrize(
    ("initializer", "variance", "limit"),
    [
        ("glorot", 2 / 500, np.sqrt(6 / 500)),
        ("he", 2 / 300, None),
        ("lecun", 1 / 300, None),
        ("normal", 1, None),
        ("uniform", 1 / 3, 1),
    ],
)
def test_initial_weights_have_the_papers_mean_and_variance(
    initializer, variance, limit
):
    W, b = drawn(initializer)
    n = W.size
    assert abs(W.mean()) < 5 * np.sqrt(variance / n)
    # The variance of a sample's variance is at most (that of a normal) 2 σ⁴ / n.
    assert abs(W.var() - variance) < 5 * variance * np.sqrt(2 / n)
    if limit is None:
        assert abs(W).max() > 3.5 * np.sqrt(variance)  # a normal has tails
    else:
        assert 0.99 * limit < abs(W).max() <= limit * (1 + 1e-6)
    assert (b == 0).all() == (initializer not in {"normal", "uniform"})


@pytest.mark.parametrize(
    ("activation", "variance"),
    [("tanh", 2 / 500), ("sigmoid", 2 / 500), ("relu", 2 / 300), ("selu", 1 / 300)],
)
def test_auto_suits_the_activation(activation, variance):
    W, _ = drawn("auto", activation)
    assert W.var() == pytest.approx(variance, rel=0.05)


def test_relu_layers_keep_the_size_of_what_goes_through():
    network = Network([400] * 6, activation="relu", output="relu", seed=1)
    X = np.random.default_rng(0).normal(size=(50, 400))
    sizes = [np.mean(Z**2) for Z, _ in network.layer_outputs(X)]
    assert max(sizes) / min(sizes) < 2


def test_zeros_are_zero():
    assert not Network([3, 2], initializer="zeros").parameters.any()


def test_a_copy_is_equal_and_independent():
    network = Network([2, 3, 1], activation="gelu", dtype="float64", seed=3)
    twin = network.copy()
    assert twin == network
    twin.parameters[0] += 1
    assert twin != network
    assert network != "a network"


def test_networks_differ_by_what_they_compute():
    network = Network([2, 3, 1])
    assert network == Network([2, 3, 1])
    assert network != Network([2, 3, 1], seed=1)
    assert network != network.astype("float64")
    others = (Network([2, 3, 1], activation="relu"), Network([2, 4, 1]))
    for other in others:
        assert network != other
    with pytest.raises(TypeError):
        hash(network)


def test_a_description_makes_the_same_network():
    network = Network(
        [2, 3, 3, 1], activation=("relu", "tanh"), initializer="normal", seed=6
    )
    assert Network.from_config(network.config()) == network
    network.parameters[:] = 0.5
    assert Network.from_config(network.config(), network.parameters) == network
    with pytest.raises(ShapeError, match=r"\(25,\), got \(3,\)"):
        Network.from_config(network.config(), np.zeros(3))


def test_new_random_weights_in_place():
    network = Network([2, 3, 1], seed=1)
    before = network.parameters
    network.initialize(2)
    assert network.parameters is before
    assert network == Network([2, 3, 1], seed=2)


def test_precision_is_the_parameters_and_the_predictions():
    for dtype in ("float32", "float64"):
        network = Network([2, 3, 1], dtype=dtype)
        assert network.parameters.dtype == network.feed_forward([[1, 2]]).dtype == dtype
    single = Network([2, 3, 1], seed=1)
    assert engine.bits(single.astype("float64").astype("float32").parameters) == (
        engine.bits(single.parameters)
    )


def test_a_network_of_identities_is_a_product_of_matrices():
    network = Network([3, 4, 2], activation="identity", dtype="float64", seed=2)
    (W_1, W_2), (b_1, b_2) = network.weights, network.biases
    X = np.random.default_rng(1).normal(size=(6, 3))
    product = (X @ W_1.T + b_1) @ W_2.T + b_2
    np.testing.assert_allclose(network.feed_forward(X), product, rtol=1e-13)


@pytest.mark.parametrize(
    ("sizes", "words"),
    [
        ([2], "at least the input and the output"),
        ([], "at least the input and the output"),
        (3, "at least the input and the output"),
        (None, "at least the input and the output"),
        ([2, 0, 1], "at least 1, got 0"),
        ([2, -4, 1], "at least 1, got -4"),
        ([2, 4.0, 1], "got 4.0"),
        ([2, float("nan"), 1], "got nan"),
        ([2, True, 1], "got True"),
        ("241", "got '2'"),
        ([2, 10**9, 1], "at most 500,000,000"),
    ],
)
def test_sizes_that_are_none(sizes, words):
    with pytest.raises(HyperparameterError, match=words):
        Network(sizes)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"activation": "reLU"}, "activation must be one of identity"),
        ({"activation": ["tanh", "relu"]}, "each of the 1 hidden layers; got 2"),
        ({"activation": None}, "got None"),
        ({"activation": [3]}, "got 3"),
        ({"output": "linear"}, "got 'linear'"),
        ({"initializer": "xavier"}, "initializer must be one of auto"),
        ({"dtype": "float16"}, "float32 or float64, got 'float16'"),
        ({"dtype": "text"}, "float32 or float64, got 'text'"),
        ({"dtype": None}, "float32 or float64, got None"),
        ({"seed": -1}, r"seed must be a whole number from 0 to 2\^63 - 1, got -1"),
        ({"seed": 1.5}, "got 1.5"),
        ({"seed": None}, "got None"),
    ],
)
def test_options_that_are_none(options, words):
    with pytest.raises(HyperparameterError, match=words):
        Network([2, 3, 1], **options)


@pytest.mark.parametrize(
    ("cost", "words"),
    [
        ("binary_cross_entropy", "activation sigmoid; this network's is identity"),
        ("categorical_cross_entropy", "activation softmax; this network's is identity"),
        ("poisson", "exponential or softplus or sigmoid"),
        ("log_loss", "cost must be one of mse"),
    ],
)
def test_a_cost_says_which_output_it_needs(cost, words):
    with pytest.raises(HyperparameterError, match=words):
        Network([2, 1]).back_propagate([[1, 2]], [1], cost)


@pytest.mark.parametrize(
    ("cost", "output", "Y", "words"),
    [
        ("binary_cross_entropy", "sigmoid", [[1, -1], [0, 1]], "from 0 to 1 in y"),
        ("binary_cross_entropy", "sigmoid", [[1, 0], [0, 2]], "row 1"),
        ("categorical_cross_entropy", "softmax", [[1, 0], [1, 1]], "sum to 1 in y"),
        ("categorical_cross_entropy", "softmax", [[2, -1], [1, 0]], "row 0"),
        ("poisson", "exponential", [[1, 0], [3, -1]], "at least 0 in y"),
    ],
)
def test_a_cost_says_which_targets_it_needs(cost, output, Y, words):
    network = Network([2, 2], output=output)
    with pytest.raises(DataError, match=words):
        network.back_propagate(np.eye(2), Y, cost)


def test_labels_become_rows_with_one_one():
    network = Network([2, 3], output="softmax", dtype="float64")
    cost = "categorical_cross_entropy"
    by_label = network.back_propagate(np.eye(2), [2, 0], cost)
    by_row = network.back_propagate(np.eye(2), [[0, 0, 1], [1, 0, 0]], cost)
    assert engine.bits(by_label.flat) == engine.bits(by_row.flat)

"""Laws that hold for every network and every data set, tried on drawn ones."""

from __future__ import annotations

import kernel_calls as engine
import naive
import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from walnet.engine.driver import train
from walnet.engine.kernels.activations import ACTIVATIONS
from walnet.engine.kernels.optimizers import OPTIMIZERS
from walnet.engine.network import Network
from walnet.engine.settings import Settings
from walnet.engine.training import Training

HIDDEN = [name for name in ACTIVATIONS if name not in {"exponential", "softmax"}]


@st.composite
def networks(draw, dtype="float64", output="identity"):
    """Draw a network of one to three layers."""
    sizes = draw(st.lists(st.integers(1, 6), min_size=2, max_size=4))
    hidden = draw(st.lists(st.sampled_from(HIDDEN), min_size=2, max_size=2))
    hidden = tuple((hidden * 2)[: len(sizes) - 2])
    seed = draw(st.integers(0, 1000))
    return Network(sizes, activation=hidden, output=output, dtype=dtype, seed=seed)


def data_for(network, rows, seed):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(rows, network.n_inputs))
    return X, rng.normal(size=(rows, network.n_outputs))


ROWS, SEEDS = st.integers(1, 20), st.integers(0, 1000)


@given(networks(), ROWS, SEEDS)
def test_each_row_is_predicted_for_itself(network, rows, seed):
    X, _ = data_for(network, rows, seed)
    together = network.feed_forward(X)
    one_by_one = np.vstack([network.feed_forward(row[np.newaxis]) for row in X])
    np.testing.assert_allclose(together, one_by_one, rtol=1e-12, atol=1e-13)
    order = np.random.default_rng(seed).permutation(rows)
    np.testing.assert_allclose(network.feed_forward(X[order]), together[order])


@given(networks(), ROWS, SEEDS)
def test_predictions_are_the_oracles(network, rows, seed):
    X, _ = data_for(network, rows, seed)
    wanted = naive.feed_forward(engine.layers(network), X)
    np.testing.assert_allclose(network.feed_forward(X), wanted, rtol=1e-11, atol=1e-12)


@given(networks(), ROWS, SEEDS)
def test_a_batchs_gradient_is_the_mean_of_its_examples(network, rows, seed):
    X, Y = data_for(network, rows, seed)
    whole = network.back_propagate(X, Y)
    each = [network.back_propagate(X[i : i + 1], Y[i : i + 1]) for i in range(rows)]
    mean = np.mean([one.flat for one in each], axis=0)
    np.testing.assert_allclose(whole.flat, mean, rtol=1e-9, atol=1e-11)
    np.testing.assert_allclose(whole.cost, np.mean([one.cost for one in each]))


@given(networks(), ROWS, SEEDS)
def test_the_batch_twice_is_the_batch_once(network, rows, seed):
    X, Y = data_for(network, rows, seed)
    once = network.back_propagate(X, Y)
    twice = network.back_propagate(np.vstack([X, X]), np.vstack([Y, Y]))
    np.testing.assert_allclose(once.flat, twice.flat, rtol=1e-9, atol=1e-11)


@given(SEEDS, st.integers(2, 8), st.sampled_from(HIDDEN))
def test_the_order_of_hidden_neurons_does_not_matter(seed, hidden, activation):
    network = Network([3, hidden, 2], activation=activation, dtype="float64", seed=seed)
    X, Y = data_for(network, 9, seed)
    order = np.random.default_rng(seed).permutation(hidden)
    other = network.copy()
    other.weights[0][:] = network.weights[0][order]
    other.biases[0][:] = network.biases[0][order]
    other.weights[1][:] = network.weights[1][:, order]
    np.testing.assert_allclose(other.feed_forward(X), network.feed_forward(X))
    train(network, X, Y, iterations=5, learning_rate=0.01)
    train(other, X, Y, iterations=5, learning_rate=0.01)
    wanted = network.weights[0][order]
    np.testing.assert_allclose(other.weights[0], wanted, rtol=1e-7, atol=1e-9)


@given(networks(output="softmax"), ROWS, SEEDS, st.floats(-50, 50))
def test_softmax_rows_sum_to_one_and_ignore_shifts(network, rows, seed, shift):
    X, _ = data_for(network, rows, seed)
    before = network.feed_forward(X)
    np.testing.assert_allclose(before.sum(axis=1), 1, rtol=1e-12)
    assert (before >= 0).all()
    network.biases[-1][:] += shift
    np.testing.assert_allclose(network.feed_forward(X), before, rtol=1e-9, atol=1e-15)


@given(networks("float32"), ROWS, SEEDS, st.sampled_from(list(OPTIMIZERS)))
def test_learning_rate_zero_moves_nothing(network, rows, seed, optimizer):
    before = engine.bits(network.parameters)
    X, Y = data_for(network, rows, seed)
    train(network, X, Y, learning_rate=0, iterations=3, optimizer=optimizer)
    assert engine.bits(network.parameters) == before


@given(networks("float32"), ROWS, SEEDS)
def test_a_small_enough_step_lowers_the_cost(network, rows, seed):
    X, Y = data_for(network, rows, seed)
    gradients = network.astype("float64").back_propagate(X, Y)
    if np.linalg.norm(gradients.flat) < 1e-3:
        return
    twin = network.astype("float64")
    train(twin, X, Y, learning_rate=1e-6, iterations=1)
    assert twin.cost(X, Y) < gradients.cost


OPTIONS = st.fixed_dictionaries(
    {
        "optimizer": st.sampled_from(list(OPTIMIZERS)),
        "batch_size": st.integers(1, 12),
        "shuffle": st.booleans(),
        "dropout": st.sampled_from([0.0, 0.3]),
        "schedule": st.sampled_from(["constant", "step", "cosine", "plateau"]),
        "schedule_every": st.integers(1, 3),
        "warm_up": st.integers(0, 2),
        "patience": st.sampled_from([None, 2, 5]),
        "l2": st.sampled_from([0.0, 0.01]),
        "seed": st.integers(0, 5),
    }
)


def training_of(network, rows, options, **more):
    X, Y = data_for(network, rows, 0)
    settings = Settings(**{"learning_rate": 1e-3, "epochs": 6} | options | more)
    return Training(network.copy(), X, Y, settings, validation=(X[:3], Y[:3]))


@given(networks("float32"), OPTIONS, st.lists(st.integers(0, 9), max_size=8))
def test_however_a_training_is_split_the_bits_are_the_same(network, options, pieces):
    whole = training_of(network, 10, options)
    whole.advance(whole.total)
    split = training_of(network, 10, options)
    for piece in pieces:
        split.advance(min(piece, split.total - split.iteration))
    split.advance(split.total - split.iteration)
    assert engine.end_of(split) == engine.end_of(whole)


@given(networks("float32"), OPTIONS)
def test_the_same_seed_is_the_same_training(network, options):
    one, other = (training_of(network, 10, options) for _ in range(2))
    for training in (one, other):
        training.advance(training.total)
    assert engine.end_of(one) == engine.end_of(other)


@given(networks("float32"), OPTIONS, st.integers(0, 7))
def test_going_back_and_on_again_is_as_never_having_left(network, options, where):
    training = training_of(network, 10, options)
    training.advance(where)
    moment = training.state()
    training.advance(training.total - training.iteration)
    end = engine.end_of(training)
    training.restore(moment)
    training.advance(training.total - training.iteration)
    assert engine.end_of(training) == end

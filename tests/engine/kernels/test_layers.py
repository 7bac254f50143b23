"""Every kind of layer against the oracle: predictions, gradients, precision."""

from __future__ import annotations

import kernel_calls as engine
import naive
import numpy as np
import pytest

from walnet.engine.kernels.machine.cosine import cos_turns
from walnet.engine.layers import Dense, LevelEmbedding
from walnet.engine.network import Network
from walnet.engine.settings import Settings

# The oracle of these two takes complex parameters and real codes of levels.
KINDS = list(engine.KINDS)


@pytest.mark.parametrize("kind", KINDS)
def test_gradients_of_a_kind_are_the_complex_steps(kind):
    network, X, Y = engine.kind_of(kind)
    cost = engine.cost_of(network)
    got = network.back_propagate(X, Y, cost)
    J, exact = engine.exact_gradient(network, X, Y, cost)
    assert got.cost == pytest.approx(J, rel=1e-12)
    assert abs(got.flat - exact).max() <= 1e-12 * abs(exact).max()


@pytest.mark.parametrize("kind", KINDS)
def test_float32_gradients_of_a_kind_are_those_of_float64(kind):
    network, X, Y = engine.kind_of(kind)
    cost = engine.cost_of(network)
    double = network.back_propagate(X, Y, cost)
    single = network.astype("float32").back_propagate(X, Y, cost)
    assert single.flat.dtype == np.float32
    assert abs(single.flat - double.flat).max() <= 1e-5 * abs(double.flat).max()
    assert single.cost == pytest.approx(double.cost, rel=1e-5)


@pytest.mark.parametrize(("dtype", "bound"), [("float64", 1e-12), ("float32", 1e-5)])
@pytest.mark.parametrize("kind", KINDS)
def test_predictions_of_a_kind_are_the_oracles(kind, dtype, bound):
    network, X, _ = engine.kind_of(kind, rows=19, dtype=dtype)
    rng = np.random.default_rng(0)
    network.statistics[:] = rng.uniform(0.5, 2, network.statistics.shape)
    statistics = engine.running(network)
    wanted = naive.layer_outputs(engine.layers(network), X, statistics=statistics)
    np.testing.assert_allclose(
        network.feed_forward(X), wanted[-1][1], rtol=bound, atol=bound
    )
    for (Z, A), (Z_wanted, A_wanted) in zip(
        network.layer_outputs(X), wanted, strict=True
    ):
        np.testing.assert_allclose(Z, Z_wanted, rtol=bound, atol=bound)
        np.testing.assert_allclose(A, A_wanted, rtol=bound, atol=bound)


@pytest.mark.parametrize("kind", ["numbers", "ramps", "levels", "norm", "all"])
def test_outputs_before_a_softmax_are_the_weighted_inputs(kind):
    network, X, _ = engine.kind_of(kind)
    weighted = network.outputs(*network.inputs(X), weighted=True)
    np.testing.assert_allclose(weighted, network.layer_outputs(X)[-1][0], rtol=1e-12)


# Batch normalisation


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_batch_moves_the_running_mean_and_the_unbiased_variance(dtype):
    network, X, Y = engine.kind_of("norm", dtype=dtype)
    start = network.statistics.copy()
    layers, (first, *_) = engine.layers(network), network.layout.dense
    settings = Settings(iterations=1, learning_rate=0)
    engine.training_on(network, X, Y, settings).advance(1)
    Z = X @ layers[0].W.T
    columns = slice(first["target"], first["target"] + first["n_out"])
    moved = network.statistics[:, columns]
    wanted = 0.9 * start[:, columns] + 0.1 * np.array([Z.mean(0), Z.var(0, ddof=1)])
    np.testing.assert_allclose(
        moved, wanted, rtol=1e-5 if dtype == "float32" else 1e-12
    )


def test_a_look_at_gradients_moves_no_running_mean():
    network, X, Y = engine.kind_of("norm")
    before = engine.bits(network.statistics)
    network.back_propagate(X, Y)
    network.check_gradients(X, Y)
    assert engine.bits(network.statistics) == before


# Embeddings


@pytest.mark.parametrize(("real", "bound"), [(np.float32, 4e-7), (np.float64, 1e-13)])
def test_the_cosine_of_turns_is_the_cosine(real, bound):
    u = np.linspace(-50, 50, 4001).astype(real)
    got = np.array([cos_turns(x) for x in u])
    assert abs(got - np.cos(2 * np.pi * u.astype(np.float64))).max() < bound


def test_each_table_of_levels_is_looked_up_by_itself():
    layers = [LevelEmbedding((2, 3), 1), LevelEmbedding((4,), 2), Dense(1, "identity")]
    network = Network(layers, initializer="zeros", dtype="float64")
    network.parameters[:5] = 1, 2, 10, 20, 30
    network.parameters[5:13] = np.arange(100, 900, 100)
    network.weights[0][:] = 1
    rows = [[0, 0, 0], [1, 2, 3]]
    assert network.feed_forward(rows).tolist() == [[1 + 10 + 300], [2 + 30 + 1500]]
    gradients = network.back_propagate(rows, [0.0, 0.0]).flat[:13]
    assert (gradients != 0).tolist() == [
        *(True, True, True, False, True),  # levels 0, 1 of two, 0, 2 of three
        *(True, True, False, False, False, False, True, True),
    ]


# Dropout


@pytest.mark.parametrize("kind", ["dropout", "all"])
def test_dropout_multiplies_by_its_masks_forwards_and_backwards(kind):
    network, X, Y = engine.kind_of(kind, rows=9)
    cost, start = engine.cost_of(network), network.copy()
    settings = Settings(iterations=3, learning_rate=1.0, cost=cost, shuffle=False)
    training = engine.training_on(network, X, Y, settings)
    masks = engine.masks_of(training, 0, 1.0, 9)
    assert any(mask is not None and (mask == 0).any() for mask in masks)
    J, exact = engine.exact_gradient(start, X, Y, cost, masks=masks)
    training.advance(1)
    assert training.history.cost[0] == pytest.approx(J, rel=1e-12)
    state, *_ = training.arrays
    np.testing.assert_allclose(
        state.gradients[0], exact, rtol=1e-11, atol=1e-13 * abs(exact).max()
    )


# Labels


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("cost", naive.CROSS_ENTROPIES)
def test_smoothed_labels(cost, dtype):
    network, X, Y = engine.draw(5, cost, "tanh", 2, dtype=dtype)
    J, exact = engine.exact_gradient(network, X, Y, cost, smoothing=0.2)
    settings = Settings(iterations=1, cost=cost, smoothing=0.2, shuffle=False)
    training = engine.training_on(network, X, Y, settings)
    training.advance(1)
    bound = 1e-12 if dtype == "float64" else 1e-5
    assert training.history.cost[0] == pytest.approx(J, rel=bound)
    state, *_ = training.arrays
    np.testing.assert_allclose(state.gradients[0], exact, rtol=bound, atol=bound)


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_the_number_of_a_class_is_its_row_with_one_one(smoothing):
    network, X, Y = engine.kind_of("all", dtype="float32")
    ends = []
    for targets in (Y, Y.argmax(axis=1)[:, None]):
        settings = Settings(
            cost="categorical_cross_entropy",
            smoothing=smoothing,
            epochs=3,
            batch_size=3,
        )
        training = engine.training_on(network.copy(), X, targets, settings)
        training.advance(training.total)
        ends.append((*engine.end_of(training), training.evaluate()))
    assert ends[0] == ends[1]

"""Where the ramps of numbers stand: between quantiles of the data, and they stay."""

from __future__ import annotations

import kernel_calls as engine
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import walnet
from walnet import Dense, Inputs, LevelEmbedding, Network, NumberEmbedding
from walnet.engine.kernels.embeddings import LEARNED, STEPS
from walnet.engine.kernels.optimizers import OPTIMIZERS
from walnet.engine.knots import knots_of, ramps_between


def ramps_of(network, n=1):
    """Return w1 and b1 of n numbers that come first, each (n, STEPS)."""
    return network.parameters[: 2 * n * STEPS].reshape(2, n, STEPS)


# Knots


def test_few_values_are_all_knots():
    values = np.repeat([3.0, -1.0, 0.5], [50, 1, 2])
    assert knots_of(values).tolist() == [-1.0, 0.5, 3.0]
    values = np.tile(np.arange(STEPS + 1.0), 3)
    assert knots_of(values).tolist() == list(range(STEPS + 1))


def test_many_values_have_knots_at_their_quantiles():
    values = np.random.default_rng(0).permutation(np.arange(32 * 100 + 1.0))
    assert knots_of(values).tolist() == [100.0 * k for k in range(STEPS + 1)]


def test_a_value_of_many_rows_is_a_knot_and_takes_none_of_the_others_quantiles():
    rng = np.random.default_rng(0)
    rest = rng.permutation(np.arange(1, 33 * 100 + 1) / 100)
    values = np.concatenate([np.zeros(70_000), np.full(9000, 7.005), rest])
    knots = knots_of(values)
    assert len(knots) == STEPS + 1
    assert {0.0, 7.005, 0.01, 33.0} <= set(knots)
    assert (knots > 0).sum() == STEPS  # 0 itself, and 32 where the others are
    usual = np.sort(knots[(knots > 0) & (knots != 7.005)])
    np.testing.assert_allclose(np.diff(usual), 33 / 30, atol=0.02)


@given(
    st.lists(st.floats(width=32, allow_nan=False, allow_infinity=False), min_size=1),
    st.integers(1, 200),
    st.randoms(use_true_random=False),
)
def test_knots_rise_from_the_least_to_the_largest_whatever_the_order(
    drawn, repeated, random
):
    values = [*drawn, *drawn[:1] * repeated]
    knots = knots_of(np.array(values))
    assert 1 <= len(knots) <= STEPS + 1
    assert (knots[1:] > knots[:-1]).all()
    assert set(knots) <= set(values)
    assert (knots[0], knots[-1]) == (min(values), max(values))
    random.shuffle(values)
    assert np.array_equal(knots, knots_of(np.array(values)))


@given(st.lists(st.floats(width=32, allow_nan=False, allow_infinity=False), min_size=1))
def test_ramps_are_finite_and_numbers_between_0_and_1(values):
    X = np.array(values, np.float32)
    w1, b1 = ramps_between(knots_of(X.astype(float)), X.dtype)
    assert w1.dtype == b1.dtype == np.float32
    assert np.isfinite(w1).all()
    assert np.isfinite(b1).all()
    network = Network([NumberEmbedding(1, "ramps"), Dense(1, "identity")])
    network.set_knots(X[:, None])
    network.parameters[2 * STEPS :] = 0
    network.parameters[2 * STEPS : 3 * STEPS] = 1 / STEPS  # the first mixture
    network.weights[0][0, 1] = 1
    answers = network.feed_forward(X[:, None])
    assert (answers >= 0).all()
    assert (answers <= 1 + 1e-6).all()


# Networks


def test_before_the_data_is_known_ramps_stand_evenly_from_minus_3_to_3():
    network = Network([NumberEmbedding(2, "ramps"), Dense(1, "identity")])
    w1, b1 = ramps_of(network, 2)
    begins, ends = -b1 / w1, (1 - b1) / w1
    edges = np.linspace(-3, 3, STEPS + 1)
    for number in range(2):
        np.testing.assert_allclose(begins[number], edges[:-1], atol=1e-6)
        np.testing.assert_allclose(ends[number], edges[1:], atol=1e-6)


def test_any_curve_of_straight_pieces_between_the_knots_is_a_mixture():
    rng = np.random.default_rng(0)
    X = rng.lognormal(size=(5000, 1)).round(2)
    X[:2000] = 0
    network = Network(
        [NumberEmbedding(1, "ramps"), Dense(1, "identity")], dtype="float64"
    )
    network.set_knots(X)
    knots = knots_of(X[:, 0])
    heights = rng.normal(size=len(knots))
    network.parameters[2 * STEPS :] = 0
    network.parameters[2 * STEPS : 2 * STEPS + len(knots) - 1] = np.diff(heights)
    network.parameters[(2 + LEARNED) * STEPS] = heights[0]
    network.weights[0][0, 1] = 1
    wanted = np.interp(X[:, 0], knots, heights)
    np.testing.assert_allclose(network.feed_forward(X)[:, 0], wanted, atol=1e-10)
    beyond = network.feed_forward([[-1e6], [1e6]])[:, 0]
    np.testing.assert_allclose(beyond, heights[[0, -1]], atol=1e-10)


def test_each_number_has_the_knots_of_its_own_column():
    layers = [
        LevelEmbedding((3,), 2),
        NumberEmbedding(1),
        Inputs(1),
        NumberEmbedding(2, "ramps"),
        Dense(1, "identity"),
    ]
    network = Network(layers, dtype="float64", seed=2)
    drawn = network.copy()
    X = np.array([[0, 5, 6, 10, 20], [1, 5, 6, 12, 28], [2, 5, 6, 16, 20]], float)
    network.set_knots(X)
    [knots] = [each for each in network.layout.stretches if each.kind == "knots"]
    moved = network.parameters[knots.start : knots.start + knots.size]
    w1, b1 = moved.reshape(2, 2, STEPS)
    assert w1[:, :3].tolist() == [[1 / 2, 1 / 4, 0], [1 / 8, 0, 0]]
    assert b1[:, :3].tolist() == [[-5, -3, 0], [-2.5, 0, 0]]
    assert not w1[:, 3:].any()
    assert not b1[:, 3:].any()
    moved[:] = drawn.parameters[knots.start : knots.start + knots.size]
    assert engine.bits(network.parameters) == engine.bits(drawn.parameters)


def test_a_constant_column_has_no_ramp():
    network = Network([NumberEmbedding(1, "ramps"), Dense(1, "identity")])
    network.set_knots([[4.0]] * 9)
    assert not ramps_of(network).any()


@pytest.mark.parametrize(
    "values",
    [
        [-3e38, 3e38],
        [1e-45, 0.0, 2.0],  # the slope of the first ramp is infinite
        [1e30, np.nextafter(np.float32(1e30), np.float32(2e30))],
        [0.0, *np.logspace(-44, 38, 100)],
    ],
)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_huge_and_tiny_numbers_give_finite_ramps(values, dtype):
    X = np.array(values, np.float32)[:, None].astype(dtype)
    network = Network([NumberEmbedding(1, "ramps"), Dense(1, "tanh")], dtype=dtype)
    network.set_knots(X)
    assert np.isfinite(ramps_of(network)).all()
    assert np.isfinite(network.feed_forward(X)).all()


def test_what_is_no_data_is_refused():
    network = Network([NumberEmbedding(2, "ramps"), Dense(1, "identity")])
    before = engine.bits(network.parameters)
    with pytest.raises(walnet.ShapeError, match="at least one row"):
        network.set_knots(np.empty((0, 2)))
    with pytest.raises(walnet.ShapeError, match="2"):
        network.set_knots([[1.0, 2.0, 3.0]])
    with pytest.raises(walnet.DataError, match="finite"):
        network.set_knots([[1.0, np.nan]])
    assert engine.bits(network.parameters) == before


def test_a_network_without_ramps_has_nothing_to_set():
    network = Network([NumberEmbedding(1), Inputs(1), Dense(1, "identity")])
    before = engine.bits(network.parameters)
    network.set_knots([[1.0, 2.0], [3.0, 4.0]])
    assert engine.bits(network.parameters) == before


def test_there_are_no_other_shapes():
    with pytest.raises(walnet.HyperparameterError, match="shape must be one of"):
        NumberEmbedding(1, "bumps")


# Learning


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_training_moves_all_but_the_knots(optimizer):
    network, X, Y = engine.kind_of("ramps", rows=30)
    network.set_knots(X)
    start = network.copy()
    walnet.train(
        network, X, Y, optimizer=optimizer, epochs=3, batch_size=7, learning_rate=0.01,
        weight_decay=0.1, l1=0.01, l2=0.01, rate_factors={"ramps": 0.5},
    )  # fmt: skip
    n = 2 * 2 * STEPS
    assert engine.bits(network.parameters[:n]) == engine.bits(start.parameters[:n])
    ramps = (start.parameters[n:] != network.parameters[n:])[: 2 * LEARNED * STEPS]
    used = network.back_propagate(X, Y).flat[n:][: 2 * LEARNED * STEPS] != 0
    assert ramps[used].all()
    assert used.sum() > 2 * LEARNED * 10


def test_ramps_can_learn_at_a_rate_of_their_own_and_knots_cannot():
    network, X, Y = engine.kind_of("ramps")
    still, n = network.copy(), 2 * (2 + LEARNED) * STEPS + 2 * LEARNED
    walnet.train(still, X, Y, iterations=3, rate_factors={"ramps": 0.0})
    assert engine.bits(still.parameters[:n]) == engine.bits(network.parameters[:n])
    assert (still.parameters[n:] != network.parameters[n:]).any()
    with pytest.raises(walnet.HyperparameterError, match="got 'knots'"):
        walnet.Settings(rate_factors={"knots": 1.0})


def test_derivatives_by_ramps_are_right_and_those_by_knots_are_0():
    network, X, Y = engine.kind_of("ramps")
    network.set_knots(X)
    check = network.check_gradients(X, Y)
    assert check.passed
    knots = 2 * 2 * STEPS
    assert not check.analytic[:knots].any()
    assert not check.numeric[:knots].any()
    assert abs(check.numeric[knots:]).max() > 0
    assert check.checked == network.n_parameters - knots
    assert f"over {check.checked} parameters" in repr(check)


def test_ramps_learn_a_jump_that_waves_do_not():
    rng = np.random.default_rng(1)
    X = rng.normal(size=(600, 1))
    X[:200] = 0  # as many columns of amounts are
    y = np.where(X == 0, 1.0, 0.0)
    errors = {}
    for shape in ("waves", "ramps"):
        network = Network([NumberEmbedding(1, shape), Dense(1, "identity")], seed=1)
        network.set_knots(X)
        history = walnet.train(
            network, X, y, optimizer="adam", learning_rate=0.02, iterations=600
        )
        errors[shape] = history.cost[-1]
    assert errors["ramps"] < 0.3 * errors["waves"]


def test_copies_and_other_precisions_keep_the_ramps():
    network = Network([NumberEmbedding(1, "ramps"), Dense(1, "identity")])
    network.set_knots([[0.0], [1.0], [3.0]])
    for twin in (network.copy(), network.astype("float64")):
        assert twin.layers[0] == NumberEmbedding(1, "ramps")
        assert np.array_equal(ramps_of(twin), ramps_of(network))

"""Whole epochs in one call against a training loop of plain Python."""

from __future__ import annotations

import kernel_calls as engine
import naive
import numpy as np
import pytest

from walnet.engine.kernels.machine.randomness import keep_or_drop, shuffle, stream
from walnet.engine.network import Network
from walnet.engine.settings import Settings
from walnet.engine.training import Training

ROWS, SIZES = 7, (3, 4, 2)


def data():
    rng = np.random.default_rng(11)
    return rng.normal(size=(ROWS, SIZES[0])), rng.normal(size=(ROWS, SIZES[-1]))


def training_of(**options):
    X, Y = data()
    settings = Settings(**{"epochs": 4, "batch_size": 3, "seed": 5} | options)
    return Training(Network(SIZES, dtype="float64", seed=2), X, Y, settings)


def penalised(layers, gradients, l1, l2):
    """Return the gradient with that of l1 Σ|W| + l2/2 ΣW² added, and their cost."""
    pairs, extra = [], 0.0
    for (W, _, _), (dW, db) in zip(layers, gradients, strict=True):
        pairs.append((dW + l1 * np.sign(W) + l2 * W, db))
        extra += l1 * abs(W).sum() + l2 / 2 * (W**2).sum()
    return naive.flat(pairs), extra


class Loop:
    """The training loop, spelt out."""

    def __init__(self, training):
        self.network, self.settings = training.network, training.settings
        self.key = training.rule["key"]
        self.rules = naive.UpdateRules(self.network.parameters)
        self.costs, self.norms = [], []

    def order(self, epoch):
        order = np.arange(ROWS)
        if self.settings.shuffle:
            shuffle(order, self.key, epoch)
        return order

    def gradient(self, theta, rows):
        X, Y = data()
        layers = naive.layers_of(SIZES, self.network.activations, theta)
        cost = naive.cost(layers, X[rows], Y[rows])
        pairs = naive.back_propagate(layers, X[rows], Y[rows])
        flat, extra = penalised(layers, pairs, self.settings.l1, self.settings.l2)
        self.costs.append((cost + extra) * len(rows))
        norm = np.sqrt((flat**2).sum())
        self.norms.append(norm)
        longest = self.settings.clip_norm or np.inf
        return flat * min(1.0, longest / norm)

    def epoch(self, number):
        """Do one epoch; return its mean cost and mean length of the gradient."""
        order, self.costs, self.norms = self.order(number), [], []
        s = self.settings
        for lo in range(0, ROWS, s.batch_size):
            rows = order[lo : lo + s.batch_size]
            options = {"mu": s.momentum} if s.optimizer == "momentum" else {}
            step = getattr(self.rules, s.optimizer)
            step(lambda theta, rows=rows: self.gradient(theta, rows), 0.1, **options)
        return sum(self.costs) / ROWS, np.mean(self.norms)


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"shuffle": False},
        {"batch_size": ROWS},
        {"batch_size": 1},
        {"optimizer": "momentum", "momentum": 0.5},
        {"optimizer": "adam"},
        {"optimizer": "rmsprop"},
        {"l1": 0.01, "l2": 0.1},
        {"clip_norm": 0.5},
    ],
    ids=str,
)
def test_epochs_are_what_the_loop_does(options):
    training = training_of(**options)
    loop = Loop(training)
    rows = [loop.epoch(number) for number in range(4)]
    training.advance(training.total)
    np.testing.assert_allclose(
        training.network.parameters, loop.rules.theta, rtol=1e-10
    )
    np.testing.assert_allclose(training.history.cost, [c for c, _ in rows], rtol=1e-11)
    norms = [norm for _, norm in rows]
    np.testing.assert_allclose(training.history.gradient_norm, norms, rtol=1e-11)


def test_weight_decay_shrinks_weights_and_no_biases():
    plain, decayed = training_of(), training_of(weight_decay=0.3)
    start = plain.network.copy()
    for training in (plain, decayed):
        training.advance(1)
    pairs = zip(plain.network.weights, decayed.network.weights, strict=True)
    for (W, W_decayed), W_start in zip(pairs, start.weights, strict=True):
        np.testing.assert_allclose(W_decayed, W - 0.1 * 0.3 * W_start, rtol=1e-12)
    for b, b_decayed in zip(plain.network.biases, decayed.network.biases, strict=True):
        assert engine.bits(b) == engine.bits(b_decayed)


def test_dropout_multiplies_by_its_mask_forwards_and_backwards():
    training = training_of(dropout=0.5, batch_size=ROWS, learning_rate=1.0)
    X, Y = data()
    theta = training.network.parameters.copy()
    mask = np.empty((SIZES[1], ROWS))
    start = stream(training.rule["key"], np.int64(-1))  # of iteration 0
    keep_or_drop(np.ones_like(mask), mask, 0.5, start, 0)
    assert 0 < (mask == 0).mean() < 1

    def J(theta):
        hidden, last = naive.layers_of(SIZES, training.network.activations, theta)
        A = naive.feed_forward([hidden], X) * mask.T
        return naive.cost([last], A, Y)

    training.advance(1)
    step = theta - training.network.parameters
    np.testing.assert_allclose(step, naive.complex_step(J, theta), atol=1e-14)
    assert training.history.cost[0] == pytest.approx(J(theta), rel=1e-12)


@pytest.mark.parametrize("optimizer", ["gradient_descent", "adam"])
def test_a_gradient_that_is_not_finite_moves_nothing(optimizer):
    # y - a = 1e12 and x = 1e10: the cost, 1e24, is finite; the square of its
    # derivative, 4e44, is none in float32.
    network = Network([1, 1], dtype="float32")
    network.parameters[:] = 0, 0
    settings = Settings(iterations=1, optimizer=optimizer, learning_rate=1e-30)
    training = Training(network, [[1e10]], [1e12], settings)
    with pytest.raises(ArithmeticError, match="iteration 0"):
        training.advance(1)
    assert network.parameters.tolist() == [0, 0]
    assert training.iteration == len(training.history) == 0


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_cost_that_is_not_finite_moves_nothing(dtype):
    network = Network([1, 1], dtype=dtype)
    huge = np.finfo(dtype).max / 4
    network.parameters[:] = huge, 0
    training = Training(network, [[2.0]], [0.0], Settings(iterations=5))
    with pytest.raises(ArithmeticError, match="iteration 0"):
        training.advance(5)
    assert network.parameters[0] == network.dtype.type(huge)
    assert training.iteration == 0

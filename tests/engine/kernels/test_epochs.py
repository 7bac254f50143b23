"""Whole epochs in one call against a training loop of plain Python."""

from __future__ import annotations

import kernel_calls as engine
import naive
import numpy as np
import pytest

from walnet.engine.kernels.machine.randomness import shuffle
from walnet.engine.network import Network
from walnet.engine.settings import Settings

ROWS = 7


def training_of(kind="plain", **options):
    network, X, Y = engine.kind_of(kind, rows=ROWS)
    defaults = {
        "epochs": 4,
        "batch_size": 3,
        "seed": 5,
        "cost": engine.cost_of(network),
    }
    settings = Settings(**defaults | options)
    return engine.training_on(network, X, Y, settings), X, Y


class Loop:
    """The training loop, spelt out."""

    def __init__(self, training, X, Y):
        self.training, self.network = training, training.network.copy()
        self.settings, self.X, self.Y = training.settings, X, Y
        self.key = training.plan.rule["key"]
        groups = training.plan.groups
        factors = [
            np.repeat(groups[n], groups["n"]) for n in ("rate", "decay", "epsilon")
        ]
        self.rules = naive.UpdateRules(self.network.parameters, *factors)
        self.rows, self.total = [], training.total

    def order(self, epoch):
        order = np.arange(ROWS)
        if self.settings.shuffle:
            shuffle(order, self.key, epoch)
        return order

    def batches(self, epoch):
        """Return the rows of each batch: equal ones, or the last one smaller."""
        order, size = self.order(epoch), self.settings.batch_size
        if self.settings.equal_batches:
            n = max(1, round(ROWS / size))
            return np.split(order[: n * (ROWS // n)], n)
        return [order[lo : lo + size] for lo in range(0, ROWS, size)]

    def penalties(self, theta):
        """Return l1 Σ|W| + l2/2 ΣW² and their gradient: of weights alone."""
        s, W = self.settings, np.zeros_like(theta)
        for kind, start, size, _ in self.network.layout.stretches:
            if kind == "weights":
                W[start : start + size] = theta[start : start + size]
        cost = s.l1 * abs(W).sum() + s.l2 / 2 * (W**2).sum()
        return cost, s.l1 * np.sign(W) + s.l2 * W

    def gradient(self, theta, rows, masks):
        self.network.parameters[:] = theta
        J, flat = engine.exact_gradient(
            self.network, self.X[rows], self.Y[rows], self.settings.cost, masks=masks,
            smoothing=self.settings.smoothing,
        )  # fmt: skip
        extra, slopes = self.penalties(theta)
        flat = flat + slopes
        norm = np.sqrt((flat**2).sum())
        self.seen = (J + extra) * len(rows), norm
        return flat * min(1.0, (self.settings.clip_norm or np.inf) / norm)

    def iteration(self, number, rows):
        """Do one update, with all that changes in the course of training."""
        s, t = self.settings, number / self.total
        fade = naive.flat_cosine(t) if s.fade == "flat_cosine" else 1.0
        factor = naive.coslog4(t) if s.schedule == "coslog4" else 1.0
        masks = None
        if self.training.plan.rule["dropout"] and fade > 1 / 150:
            masks = engine.masks_of(self.training, number, fade, len(rows))
        options = {"mu": s.momentum} if s.optimizer == "momentum" else {}
        self.rules.step(
            s.optimizer,
            lambda theta: self.gradient(theta, rows, masks),
            s.learning_rate * factor,
            decay=s.weight_decay * fade,
            **options,
        )

    def run(self):
        """Train; return each epoch's mean cost and mean length of the gradient."""
        number, epochs = 0, []
        for epoch in range(self.settings.epochs):
            batches, seen = self.batches(epoch), []
            for rows in batches:
                self.iteration(number, rows)
                number += 1
                seen.append(self.seen)
            costs, norms = zip(*seen, strict=True)
            epochs.append((sum(costs) / sum(map(len, batches)), np.mean(norms)))
        return np.array(epochs)


LOOPS = [
    ("plain", {}),
    ("plain", {"shuffle": False, "batch_size": 1}),
    ("plain", {"batch_size": ROWS, "optimizer": "rmsprop", "learning_rate": 0.01}),
    ("plain", {"optimizer": "momentum", "momentum": 0.5}),
    ("plain", {"l1": 0.01, "l2": 0.1, "weight_decay": 0.2}),
    ("plain", {"clip_norm": 0.5, "equal_batches": True}),
    ("plain", {"equal_batches": True, "batch_size": 100, "epochs": 2}),
    ("dropout", {"fade": "flat_cosine", "weight_decay": 0.1, "optimizer": "adam"}),
    ("norm", {"optimizer": "adam", "learning_rate": 0.01}),
    ("ntk", {"optimizer": "gradient_descent"}),
    ("ramps", {"optimizer": "adam", "learning_rate": 0.01, "weight_decay": 0.1}),
    (
        "all",
        {
            "optimizer": "adamw",
            "learning_rate": 0.02,
            "schedule": "coslog4",
            "fade": "flat_cosine",
            "smoothing": 0.1,
            "equal_batches": True,
            "rate_factors": {"scale": 6.0, "biases": 0.1, "numbers": 0.3},
            "l2": 0.01,
        },
    ),
]


@pytest.mark.parametrize(("kind", "options"), LOOPS, ids=str)
def test_epochs_are_what_the_loop_does(kind, options):
    training, X, Y = training_of(kind, **options)
    loop = Loop(training, X, Y)
    rows = loop.run()
    training.advance(training.total)
    # Adam divides by the root of v: where a gradient is near nought, the order of
    # a sum (which the processor's BLAS decides) is seen in the eighth digit.
    np.testing.assert_allclose(
        training.network.parameters, loop.rules.theta, rtol=1e-6, atol=1e-10
    )
    np.testing.assert_allclose(training.history.cost, rows[:, 0], rtol=1e-9)
    np.testing.assert_allclose(training.history.gradient_norm, rows[:, 1], rtol=1e-9)


def test_weight_decay_shrinks_weights_and_no_biases():
    (plain, *_), (decayed, *_) = training_of(), training_of(weight_decay=0.3)
    start = plain.network.copy()
    for training in (plain, decayed):
        training.advance(1)
    pairs = zip(plain.network.weights, decayed.network.weights, strict=True)
    for (W, W_decayed), W_start in zip(pairs, start.weights, strict=True):
        np.testing.assert_allclose(W_decayed, W - 0.1 * 0.3 * W_start, rtol=1e-12)
    for b, b_decayed in zip(plain.network.biases, decayed.network.biases, strict=True):
        assert engine.bits(b) == engine.bits(b_decayed)


@pytest.mark.parametrize("optimizer", ["gradient_descent", "adam"])
def test_a_gradient_that_is_not_finite_moves_nothing(optimizer):
    # y - a = 1e12 and x = 1e10: the cost, 1e24, is finite; the square of its
    # derivative, 4e44, is none in float32.
    network = Network([1, 1], dtype="float32")
    network.parameters[:] = 0, 0
    settings = Settings(iterations=1, optimizer=optimizer, learning_rate=1e-30)
    training = engine.training_on(network, [[1e10]], [[1e12]], settings)
    with pytest.raises(ArithmeticError, match="iteration 0"):
        training.advance(1)
    assert network.parameters.tolist() == [0, 0]
    assert training.iteration == len(training.history) == 0


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_cost_that_is_not_finite_moves_nothing(dtype):
    network = Network([1, 1], dtype=dtype)
    huge = np.finfo(dtype).max / 4
    network.parameters[:] = huge, 0
    training = engine.training_on(network, [[2.0]], [[0.0]], Settings(iterations=5))
    with pytest.raises(ArithmeticError, match="iteration 0"):
        training.advance(5)
    assert network.parameters[0] == network.dtype.type(huge)
    assert training.iteration == 0

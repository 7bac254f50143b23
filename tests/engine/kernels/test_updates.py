"""Update rules against their papers, and the gradient's length."""

from __future__ import annotations

import math

import naive
import numpy as np
import pytest

from walnet.engine.kernels import optimizers as updates
from walnet.engine.kernels.epochs import sum_shards
from walnet.engine.plan import OPTIMIZERS, cost_rule

# Small enough that none arrives: at the minimum a sign decides, and rounding the sign.
RATES = {"gradient_descent": 0.1, "momentum": 0.02, "nesterov": 0.02}
MATRIX = np.array([[2.0, 0.3, 0.0], [0.3, 1.0, -0.2], [0.0, -0.2, 0.5]])
START = np.array([1.0, -2.0, 0.5])


def gradient(theta):
    """Return that of θᵀ M θ / 2 - Σ θ / 2."""
    return MATRIX @ theta - 0.5


def rule_of(optimizer):
    rule = cost_rule("mse", 1.0, "identity", 1)
    rule["optimizer"] = OPTIMIZERS[optimizer]
    rule["momentum"], rule["beta_1"], rule["epsilon"] = 0.9, 0.9, 1e-8
    rule["beta_2"] = 0.9 if optimizer == "rmsprop" else 0.999
    return rule


def trajectory(optimizer, dtype, steps):
    """Return the parameters after each update by the kernel."""
    theta, rule = START.astype(dtype), rule_of(optimizer)
    first, second, path = np.zeros_like(theta), np.zeros_like(theta), []
    for t in range(1, steps + 1):
        g = gradient(theta).astype(dtype)
        rate = RATES.get(optimizer, 0.005)
        updates.update(rule, t, rate, theta, g, first, second)
        path.append(theta.copy())
    return np.array(path)


def oracle_trajectory(optimizer, steps):
    rules, path = naive.UpdateRules(START), []
    # The kernels' share of adamw is adam: the decay of weights is a step of its own.
    options = {"decay": 0.0} if optimizer == "adamw" else {}
    for _ in range(steps):
        getattr(rules, optimizer)(gradient, RATES.get(optimizer, 0.005), **options)
        # The kernel keeps Nesterov's point of view, one velocity ahead.
        ahead = 0.9 * rules.v if optimizer == "nesterov" else 0
        path.append(rules.theta + ahead)
    return np.array(path)


@pytest.mark.parametrize(("dtype", "bound"), [("float64", 1e-12), ("float32", 1e-5)])
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_fifty_updates_match_the_papers_formulas(optimizer, dtype, bound):
    got, want = trajectory(optimizer, dtype, 50), oracle_trajectory(optimizer, 50)
    np.testing.assert_allclose(got, want, rtol=bound, atol=bound)
    assert abs(got[-1] - START).max() > 0.1  # it did move


def test_the_other_epsilon_of_adam_is_added_before_the_correction():
    rule, theta = rule_of("adam"), np.array([1.0])
    rule["epsilon"], rule["epsilon_hat"] = 0.5, 1
    updates.update(rule, 1, 0.1, theta, np.array([2.0]), np.zeros(1), np.zeros(1))
    m, s = 0.1 * 2, 0.001 * 4
    step = 0.1 * math.sqrt(0.001) / 0.1 * m / (math.sqrt(s) + 0.5)
    assert theta[0] == pytest.approx(1 - step, rel=1e-12)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("n", [1, 17, 4096, 9001])
def test_the_length_of_the_gradient(dtype, n):
    g = np.random.default_rng(n).normal(size=n).astype(dtype)
    want = math.sqrt((g.astype(np.float64) ** 2).sum())
    assert updates.gradient_norm(g) == pytest.approx(want, rel=1e-6)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_a_gradient_that_is_not_finite_has_no_finite_length(bad):
    g = np.ones(5000, np.float32)
    g[4321] = bad
    assert not math.isfinite(updates.gradient_norm(g))


@pytest.mark.parametrize("shards", [1, 2, 4, 8])
def test_shards_are_summed_as_a_binary_tree(shards):
    rows = np.random.default_rng(shards).normal(size=(8, 100)).astype(np.float32)
    tree = list(rows[:shards].copy())
    while len(tree) > 1:
        tree = [tree[i] + tree[i + 1] for i in range(0, len(tree), 2)]
    sum_shards(rows, shards)
    assert (rows[0] == tree[0]).all()

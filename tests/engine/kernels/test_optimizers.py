"""Update rules against their papers, and the gradient's length."""

from __future__ import annotations

import math

import kernel_calls as engine
import naive
import numpy as np
import pytest

from walnet.engine import plan as kernel_plan
from walnet.engine.kernels import epochs
from walnet.engine.kernels.epochs import ITERATION
from walnet.engine.kernels.machine.compile import kernel
from walnet.engine.kernels.optimizers import OPTIMIZERS, gradient_norm
from walnet.engine.kernels.shards import sum_shards
from walnet.engine.kernels.types import State
from walnet.engine.layout import Stretch
from walnet.engine.network import Network
from walnet.engine.plan import parameter_groups, training_plan
from walnet.engine.settings import PARAMETER_KINDS, Settings


@kernel
def step(plan, rate, decay, share, state):
    """Do an update as iterations do."""
    return epochs.step(plan, rate, decay, share, state)


# Small enough that none arrives: at the minimum a sign decides, and rounding the sign.
RATES = {"gradient_descent": 0.1, "momentum": 0.02, "nesterov": 0.02}
MATRIX = np.array([[2.0, 0.3, 0.0], [0.3, 1.0, -0.2], [0.0, -0.2, 0.5]])
START = np.array([1.0, -2.0, 0.5])


def gradient(theta):
    """Return that of θᵀ M θ / 2 - Σ θ / 2."""
    return MATRIX @ theta - 0.5


def training_of(optimizer, theta, factors, **rule):
    """Return plan and state of a training of parameters that no network has."""
    settings = Settings(optimizer=optimizer)
    plan = training_plan(settings, NETWORK.layers, NETWORK.layout, EXAMPLES)
    for name, value in rule.items():
        plan.rule[name] = value
    groups = [(i, 1, *each) for i, each in enumerate(zip(*factors, strict=True))]
    plan = plan._replace(groups=np.array(groups, kernel_plan.GROUP))
    n, memory = len(theta), OPTIMIZERS[optimizer].memory
    room, none = np.zeros(memory * n, theta.dtype), np.zeros((1, n), theta.dtype)
    counters = np.zeros(4, np.int64)
    state = State(theta, np.zeros((2, 0)), room, none, counters, np.zeros(5))
    return plan, state


NETWORK = Network([1, 1])
EXAMPLES = NETWORK.examples([[1.0]], [1.0], None, "mse")
ALIKE = ((1.0,) * 3,) * 3
# rate, decay and epsilon: one group a parameter
APART = ((1.0, 0.5, 0.25), (1.0, 0.0, 2.0), (1.0, 3.0, 100.0))


def trajectory(optimizer, dtype, steps, factors, decay):
    """Return the parameters after each update by the kernels."""
    plan, state = training_of(optimizer, START.astype(dtype), factors)
    path = []
    for _ in range(steps):
        state.gradients[0] = gradient(state.parameters).astype(dtype)
        step(plan, RATES.get(optimizer, 0.005), decay, 1.0, state)
        state.counters[ITERATION] += 1
        path.append(state.parameters.copy())
    return np.array(path)


def oracle_trajectory(optimizer, steps, factors, decay):
    rules, path = naive.UpdateRules(START, *map(np.array, factors)), []
    for _ in range(steps):
        rules.step(optimizer, gradient, RATES.get(optimizer, 0.005), decay=decay)
        # The kernel keeps Nesterov's point of view, one velocity ahead.
        ahead = 0.9 * rules.v if optimizer == "nesterov" else 0
        path.append(rules.theta + ahead)
    return np.array(path)


@pytest.mark.parametrize(("dtype", "bound"), [("float64", 1e-12), ("float32", 1e-5)])
@pytest.mark.parametrize("factors", [ALIKE, APART], ids=["alike", "apart"])
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_fifty_updates_match_the_papers_formulas(optimizer, factors, dtype, bound):
    # Looking ahead and decay together no paper has.
    decay = 0.0 if optimizer == "nesterov" else 0.1
    got = trajectory(optimizer, dtype, 50, factors, decay)
    want = oracle_trajectory(optimizer, 50, factors, decay)
    np.testing.assert_allclose(got, want, rtol=bound, atol=bound)
    assert abs(got[-1] - START).max() > 0.1  # it did move


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_an_optimizer_uses_the_memory_that_it_declares_and_no_more(optimizer):
    plan, state = training_of(optimizer, START.copy(), ALIKE)
    n, used = len(START), state.memory.size
    room = np.full(4 * n, np.nan)
    room[:used] = 0.0
    state = state._replace(memory=room)
    for _ in range(2):
        state.gradients[0] = gradient(state.parameters)
        step(plan, 0.01, 0.0, 1.0, state)
        state.counters[ITERATION] += 1
    assert (room[:used] != 0).all()
    assert np.isfinite(state.parameters).all()  # nothing beyond was read
    assert np.isnan(room[used:]).all()  # or written


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_the_last_memory_is_of_squares_where_an_optimizer_says_so(optimizer):
    plan, state = training_of(optimizer, START.copy(), ALIKE)
    n, last = len(START), []
    for sign in (1.0, -1.0):
        state.memory[:] = 0.0
        state.gradients[0] = sign * np.array([1.0, 2.0, 3.0])
        step(plan, 0.01, 0.0, 1.0, state)
        last.append(state.memory[-n:].copy())
    is_even = bool(last[0].size) and np.array_equal(*last)
    assert is_even == OPTIMIZERS[optimizer].squares


def test_the_other_epsilon_of_adam_is_added_before_the_correction():
    options = {"epsilon": 0.5, "epsilon_hat": 1}
    plan, state = training_of("adam", np.array([1.0]), ((1.0,),) * 3, **options)
    state.gradients[0] = 2.0
    step(plan, 0.1, 0.0, 1.0, state)
    m, s = 0.1 * 2, 0.001 * 4
    moved = 0.1 * math.sqrt(0.001) / 0.1 * m / (math.sqrt(s) + 0.5)
    assert state.parameters[0] == pytest.approx(1 - moved, rel=1e-12)


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_a_weight_in_the_ntk_learns_as_if_it_stood_for_another(optimizer):
    """W = w/√n, where w learns at the full rate: two trainings, one path."""
    n, w = 16, np.array([3.0, -1.0, 2.0])
    factors = parameter_groups(
        (Stretch("weights", 0, 3, n),), Settings(optimizer=optimizer)
    )
    ((_, _, rate, _, epsilon),) = factors.tolist()
    rules = naive.UpdateRules(w / 4, rate=rate, epsilon=epsilon)
    full = naive.UpdateRules(w)
    for _ in range(30):
        rules.step(optimizer, gradient, 0.01)
        full.step(optimizer, lambda theta: gradient(theta / 4) / 4, 0.01)
        np.testing.assert_allclose(rules.theta, full.theta / 4, rtol=1e-9)


def test_kinds_of_parameters_learn_at_rates_of_their_own():
    network, X, Y = engine.kind_of("all")
    factors = {kind: 0.1 * (1 + i) for i, kind in enumerate(PARAMETER_KINDS)}
    settings = Settings(
        optimizer="adam", rate_factors=factors, weight_decay=0.3, learning_rate=0.01,
        iterations=1, cost=engine.cost_of(network), epsilon=1e-3,
    )  # fmt: skip
    training = engine.training_on(network, X, Y, settings)
    before = network.parameters.copy()
    training.advance(1)
    g, moved = training.arrays[0].gradients[0], network.parameters - before
    for kind, start, size, fan_in in network.layout.stretches:
        part, root = slice(start, start + size), math.sqrt(fan_in)
        # In the first step both moments are the gradient's, whatever the betas are.
        wanted = -g[part] / (abs(g[part]) + 1e-3 * root) / root
        if kind not in {"biases", "gammas"}:
            wanted -= 0.3 * before[part]
        np.testing.assert_allclose(
            moved[part], 0.01 * factors[kind] * wanted, rtol=1e-9, atol=1e-15
        )


def test_groups_cover_every_parameter_once():
    for kind in engine.KINDS:
        network, *_ = engine.kind_of(kind)
        for factors in (None, {"biases": 0.5}):
            settings = Settings(rate_factors=factors, weight_decay=0.1)
            groups = parameter_groups(network.layout.stretches, settings)
            ends = groups["start"] + groups["n"]
            assert groups["start"].tolist() == [0, *ends[:-1]]
            assert ends[-1] == network.n_parameters


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("n", [1, 17, 4096, 9001])
def test_the_length_of_the_gradient(dtype, n):
    g = np.random.default_rng(n).normal(size=n).astype(dtype)
    want = math.sqrt((g.astype(np.float64) ** 2).sum())
    assert gradient_norm(g) == pytest.approx(want, rel=1e-6)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_a_gradient_that_is_not_finite_has_no_finite_length(bad):
    g = np.ones(5000, np.float32)
    g[4321] = bad
    assert not math.isfinite(gradient_norm(g))


@pytest.mark.parametrize("shards", [1, 2, 4, 8])
def test_shards_are_summed_as_a_binary_tree(shards):
    rows = np.random.default_rng(shards).normal(size=(8, 100)).astype(np.float32)
    tree = list(rows[:shards].copy())
    while len(tree) > 1:
        tree = [tree[i] + tree[i + 1] for i in range(0, len(tree), 2)]
    sum_shards(rows, shards)
    assert (rows[0] == tree[0]).all()

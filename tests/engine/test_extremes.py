"""Where numbers are extreme or a rule is half written: no garbage, no crash."""

from __future__ import annotations

import numpy as np
import pytest

import walnet
from walnet.engine.kernels.activations import ACTIVATIONS
from walnet.engine.kernels.costs import COSTS
from walnet.engine.kernels.optimizers import MOST_MEMORY, OPTIMIZERS, gradient_norm
from walnet.errors import DivergedError

PRECISIONS = ("float32", "float64")


def one_neuron(output, bias, dtype, cost="poisson"):
    network = walnet.Network([1, 1], output=output, dtype=dtype)
    network.parameters[:] = 0.0, bias
    return network


@pytest.mark.parametrize("dtype", PRECISIONS)
@pytest.mark.parametrize("target", [0.0, 1.0, 50.0])
@pytest.mark.parametrize("output", COSTS["poisson"].outputs)
def test_the_poisson_cost_stays_finite_where_the_output_is_0(output, target, dtype):
    gradients = one_neuron(output, -800.0, dtype).back_propagate(
        [[1.0]], [target], "poisson"
    )
    # e^-800 is 0 in both precisions; its logarithm is -800.
    cost = target * (np.log(target) + 800) - target if target else 0.0
    assert gradients.cost == pytest.approx(cost, rel=1e-6)
    assert gradients.db[0][0] == pytest.approx(-target, abs=1e-30)


@pytest.mark.parametrize("z", [-45.0, -39.0, -3.0, 0.0, 4.0])
@pytest.mark.parametrize("output", COSTS["poisson"].outputs)
def test_the_poisson_cost_by_its_definition(output, z):
    slope = {
        "exponential": np.exp(z),
        "softplus": 1 / (1 + np.exp(-z)),
        "sigmoid": np.exp(-z) / (1 + np.exp(-z)) ** 2,
    }[output]
    a = {
        "exponential": np.exp(z),
        "softplus": np.log1p(np.exp(z)),
        "sigmoid": 1 / (1 + np.exp(-z)),
    }[output]
    got = one_neuron(output, z, "float64").back_propagate([[1.0]], [2.5], "poisson")
    assert got.cost == pytest.approx(2.5 * np.log(2.5 / a) - 2.5 + a, rel=1e-12)
    assert got.db[0][0] == pytest.approx((1 - 2.5 / a) * slope, rel=1e-12)


def test_each_of_several_sigmoids_smooths_between_two_classes():
    X, Y = np.zeros((1, 2)), np.array([[1.0, 0.0, 0.0]])
    network = walnet.Network([2, 3], output="sigmoid", dtype="float64")
    settings = walnet.Settings(
        cost="binary_cross_entropy", smoothing=0.2, epochs=1, batch_size=1
    )
    training = walnet.Training(network, X, Y, settings)
    training.advance(1)
    work = training.arrays[1]
    assert work.Y.tolist() == pytest.approx([0.9, 0.1, 0.1])


def test_new_random_parameters_come_with_new_running_means():
    X, y = walnet.datasets.moons(50, seed=0)
    layers = [2, walnet.Dense(4, norm=True), walnet.Dense(1, "sigmoid")]
    network, fresh = walnet.Network(layers, seed=1), walnet.Network(layers, seed=2)
    walnet.train(network, X, y, epochs=2)
    network.initialize(2)
    assert network.parameters.tolist() == fresh.parameters.tolist()
    assert network.statistics.tolist() == fresh.statistics.tolist()


def test_a_batch_that_diverges_leaves_finite_running_means():
    layers = [2, walnet.Dense(3, "exponential"), walnet.Dense(2, norm=True), 1]
    network = walnet.Network(layers, seed=1)
    training = walnet.Training(network, [[200.0, 200.0]], [1.0])
    network.weights[0][:] = 1.0  # e^400 is infinite in float32
    before = network.statistics.copy()
    with pytest.raises(DivergedError):
        training.advance(1)
    assert np.isfinite(before).all()
    assert network.statistics.tolist() == before.tolist()


@pytest.mark.parametrize("size", [3e25, 3e-25])
def test_the_length_of_a_gradient_is_right_where_its_squares_are_not_numbers(size):
    gradient = np.full(10_000, size, np.float32)
    assert gradient_norm(gradient) == pytest.approx(100 * np.float64(np.float32(size)))


def test_penalties_of_a_batch_without_weight_move_nothing():
    network = walnet.Network([1, 1], seed=3)
    before = network.parameters.copy()
    settings = walnet.Settings(l2=0.5, epochs=1)
    examples = network.examples([[1.0], [2.0]], [1.0, 2.0], None, "mse")
    examples = examples._replace(w=np.zeros(2, np.float32))
    rule = {"penalty_per_example": 1}
    training = walnet.Training.on(network, examples, settings, rule=rule)
    training.advance(1)
    assert network.parameters.tolist() == before.tolist()


def half_written(training, field):
    """Give a training the number of a row of a table that no kernel knows."""
    if field == "activation":
        training.plan.layers["activation"][0] = 1 + max(
            row.code for row in ACTIVATIONS.values()
        )
    else:
        table = {"cost": COSTS, "optimizer": OPTIMIZERS}[field]
        training.plan.rule[field] = 1 + max(row.code for row in table.values())


@pytest.mark.parametrize("field", ["activation", "cost", "optimizer"])
def test_a_row_of_a_table_without_arithmetic_is_noticed(field):
    X, y = walnet.datasets.moons(40, seed=0)
    training = walnet.Training(walnet.Network([2, 3, 1]), X, y)
    half_written(training, field)
    with pytest.raises(DivergedError):
        training.advance(2)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_an_update_rule_keeps_as_much_as_it_says(name):
    X, y = walnet.datasets.moons(40, seed=0)
    network = walnet.Network([2, 3, 1])
    training = walnet.Training(network, X, y, walnet.Settings(optimizer=name))
    training.advance(3)
    memory, n = training.arrays[0].memory, network.n_parameters
    first = memory.ctypes.data - memory.base.ctypes.data
    size = MOST_MEMORY * n * memory.itemsize
    whole = memory.base[first : first + size].view(memory.dtype)
    laid_out = whole.reshape(MOST_MEMORY, n)
    used = [bool(each.any()) for each in laid_out]
    assert memory.size == OPTIMIZERS[name].memory * n
    assert used == [k < OPTIMIZERS[name].memory for k in range(MOST_MEMORY)]

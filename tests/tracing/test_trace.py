"""One iteration written out: its numbers are those of training, and its sums add up."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from traces import (
    EXTRAS,
    OPTIMIZERS,
    SURE,
    all_lines,
    assert_works_out,
    by_hand,
    data,
    example_network,
    training_under_way,
)

import walnet
from walnet.engine.kernels.activations import ACTIVATIONS
from walnet.engine.kernels.costs import COSTS
from walnet.engine.kernels.optimizers import OPTIMIZERS as ENGINE_OPTIMIZERS
from walnet.tracing.activations import ACTIVATIONS as FORMULAS
from walnet.tracing.costs import COSTS as COST_FORMULAS
from walnet.tracing.expressions import Name
from walnet.tracing.updates import UPDATES

# The numbers are those of training.


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("extra", EXTRAS)
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_after_a_traces_update_the_parameters_are_those_of_training(
    optimizer, extra, dtype
):
    X, y = data()
    options = EXTRAS[extra] | {"optimizer": optimizer, "learning_rate": 0.1}
    network = example_network(dtype=dtype)
    start = network.parameters.copy()
    trace = walnet.trace(network, X, y, 3, **options)
    np.testing.assert_array_equal(network.parameters, start)
    np.testing.assert_array_equal(trace.before, start)
    walnet.train(network, X, y, iterations=1, **options)
    assert trace.after.tobytes() == network.parameters.tobytes()
    assert trace.after.dtype == dtype
    assert not np.array_equal(trace.after, start)


@pytest.mark.parametrize("extra", EXTRAS)
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_trace_of_a_training_under_way_is_its_next_iteration(optimizer, extra):
    training = training_under_way(optimizer=optimizer, **EXTRAS[extra])
    traces = []
    for _ in range(4):
        traces.append(walnet.Trace.of(training, 3))
        before = training.network.parameters.copy()
        np.testing.assert_array_equal(traces[-1].before, before)
        training.advance(1)
        assert traces[-1].after.tobytes() == training.network.parameters.tobytes()
    assert [trace.number for trace in traces] == [6, 7, 8, 9]


@pytest.mark.parametrize("extra", EXTRAS)
def test_tracing_does_not_disturb_a_training(extra):
    traced, alone = (
        training_under_way(optimizer="adam", **EXTRAS[extra]) for _ in range(2)
    )
    for _ in range(6):
        str(walnet.Trace.of(traced, 0))
        traced.advance(1)
        alone.advance(1)
    assert traced.network == alone.network
    assert traced.history.to_dict() == alone.history.to_dict()


def test_cost_and_learning_rate_are_those_of_the_history():
    options = {"l2": 0.1, "schedule": "step", "schedule_every": 2}
    training = training_under_way(**options)
    trace = walnet.Trace.of(training)
    training.advance(1)
    assert trace.cost == pytest.approx(training.history.cost[-1], rel=1e-12)
    assert trace.learning_rate == training.history.learning_rate[-1]
    assert trace.iteration.penalty > 0


def test_arrays_are_those_the_kernels_of_training_left():
    training = training_under_way(batch_size=7, dropout=0.3)
    iteration = walnet.Trace.of(training, None).iteration
    training.advance(1)
    _, work, _ = training.arrays
    m = len(iteration.batch.numbers)
    for layer, held in zip(iteration.records, iteration.layers, strict=True):
        start = layer["target"] * work.capacity
        part = slice(start, start + layer["n_out"] * m)
        pairs = [(held.Z, work.Z), (held.A, work.A), (held.dZ, work.dZ)]
        if layer["dropout"]:
            pairs += [(held.mask, work.masks), (held.G, work.G)]
        for found, buffer in pairs:
            expected = buffer[part].reshape(-1, m).T
            np.testing.assert_array_equal(found, expected)


def test_Z_is_what_the_activations_were_made_from():
    X, y = data()
    network = example_network()
    trace = walnet.trace(network, X, y, 4)
    for held, (Z, A) in zip(
        trace.iteration.layers, network.layer_outputs(X), strict=True
    ):
        np.testing.assert_allclose(held.Z[0], Z[4], rtol=1e-6)
        np.testing.assert_allclose(held.A[0], A[4], rtol=1e-6)


def test_gradient_is_that_of_back_propagation():
    X, y = data()
    network = example_network(dtype="float64")
    trace = walnet.trace(network, X, y)
    found = network.back_propagate(X, y)
    np.testing.assert_allclose(trace.gradient, found.flat, rtol=1e-12)
    assert trace.cost == pytest.approx(found.cost, rel=1e-12)


def test_a_batch_that_is_split_in_shards_is_traced_shard_by_shard():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(3000, 50)).astype(np.float32)
    y = rng.normal(size=3000)
    network = walnet.Network([50, 150, 20, 1], activation="relu")
    trace = walnet.trace(network, X, y, 2900)
    (held, _, _) = trace.iteration.layers
    np.testing.assert_allclose(
        held.Z[0], network.layer_outputs(X)[0][0][2900], rtol=1e-4, atol=1e-5
    )
    walnet.train(network, X, y, iterations=1)
    assert trace.after.tobytes() == network.parameters.tobytes()


# What is written adds up.


def test_whatever_the_engine_knows_has_a_formula():
    assert {*FORMULAS, "softmax"} == set(ACTIVATIONS)
    assert set(COST_FORMULAS) == set(COSTS)
    kept = {name: len(update.memory) for name, update in UPDATES.items()}
    assert kept == {name: row.memory for name, row in ENGINE_OPTIMIZERS.items()}


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("extra", EXTRAS)
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_every_line_works_out_to_the_number_of_training(optimizer, extra, dtype):
    # Where m and v are nearly 0, Adam divides rounding by rounding.
    options = EXTRAS[extra] | {"optimizer": optimizer, "epsilon": 1e-4}
    training = training_under_way(dtype=dtype, **options)
    rows = walnet.Trace.of(training, None).rows
    for line in all_lines(walnet.Trace.of(training, int(rows[1]))):
        assert_works_out(line, dtype)


@pytest.mark.parametrize("cost", COSTS)
@pytest.mark.parametrize("outputs", [1, 3])
def test_every_cost_works_out(cost, outputs):
    X, y = data(6, 3, outputs)
    if cost == "categorical_cross_entropy":
        y /= y.sum(axis=1, keepdims=True)
    output = (
        "softmax" if cost == "categorical_cross_entropy" else SURE.get(cost, "tanh")
    )
    network = example_network(outputs, "float64", output=output)
    weights = np.linspace(0.5, 2, 6)
    for sample_weight in (None, weights):
        trace = walnet.trace(
            network, X, y, 2, cost=cost, cost_parameter=0.3, sample_weight=sample_weight
        )
        for line in all_lines(trace):
            assert_works_out(line, "float64")


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_every_activation_works_out_as_hidden_and_as_output(name):
    X, y = data(6, 3, 2)
    network = walnet.Network(  # of which e to the power of e … is no large number
        [3, 4, 4, 2], activation=name, output=name, dtype="float64", seed=4
    )
    trace = walnet.trace(network, X, y, 1)
    for line in all_lines(trace):
        assert_works_out(line, "float64")
    for layer in (1, 2, 3):
        assert trace.nudge(layer, 1, 2).agrees


@pytest.mark.parametrize("name", FORMULAS)
@given(z=st.floats(-20, 20))
def test_formulas_of_activation_and_slope_are_those_of_the_kernel(name, z):
    network = walnet.Network([1, 1], output=name, dtype="float64")
    network.parameters[:] = 1, 0
    [(Z, A)] = network.layer_outputs([[z]])
    z_name = Name("z", float(Z[0, 0]))
    formula = FORMULAS[name]
    found = formula.value(z_name).value()
    assert found == pytest.approx(A[0, 0], rel=1e-9, abs=1e-12)
    up, down = (formula.value(Name("z", z + h)).value() for h in (1e-6, -1e-6))
    if abs(z) > 1e-5:  # away from the corners
        gradient = formula.slope(z_name, Name("a", float(A[0, 0]))).value()
        assert gradient == pytest.approx((up - down) / 2e-6, rel=1e-4, abs=1e-7)


@pytest.mark.parametrize("size", [60.0, 2000.0])
@pytest.mark.parametrize(
    ("output", "cost"),
    [("sigmoid", "binary_cross_entropy"), ("softmax", "categorical_cross_entropy")],
)
def test_certain_predictions_are_written_without_a_logarithm_of_zero(
    output, cost, size
):
    outputs = 1 if output == "sigmoid" else 3
    network = walnet.Network([1, outputs], output=output, dtype="float64")
    network.parameters[:] = np.linspace(size, -size, network.n_parameters)
    y = [[0.0]] if outputs == 1 else [[0.0, 0.0, 1.0]]
    trace = walnet.trace(network, [[1.0]], y, cost=cost)
    for line in all_lines(trace):
        assert_works_out(line, "float64")
    assert "nan" not in str(trace)
    assert "inf" not in str(trace)


def test_an_example_outside_the_batch_is_followed_and_has_no_part_in_dW():
    X, y = data()
    network = example_network(dtype="float64")
    options = {"batch_size": 4, "learning_rate": 0.1}
    rows = walnet.trace(network, X, y, None, **options).rows
    outside = next(row for row in range(20) if row not in rows)
    trace = walnet.trace(network, X, y, outside, **options)
    assert not trace.iteration.in_batch
    assert f"Example {outside} is not among the 4 examples" in str(trace)
    assert trace.to_dict()["examples"][0]["in_batch"] is False
    for line in all_lines(trace):
        assert_works_out(line, "float64")
    [(Z, A), *_] = network.layer_outputs(X[[outside]])
    np.testing.assert_array_equal(trace.iteration.layers[0].Z, Z)
    np.testing.assert_array_equal(trace.iteration.layers[0].A, A)


# Check by nudging.


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("extra", EXTRAS)
def test_nudging_any_parameter_agrees_with_back_propagation(extra, dtype):
    training = training_under_way(dtype=dtype, **EXTRAS[extra])
    trace = walnet.Trace.of(training, 3)
    sizes = training.network.layer_sizes
    for layer in range(1, len(sizes)):
        for neuron in range(1, sizes[layer] + 1):
            for source in (None, *range(1, sizes[layer - 1] + 1)):
                nudge = trace.nudge(layer, neuron, source)
                assert nudge.agrees, str(nudge)
                tolerance = 1e-4 if dtype == "float32" else 1e-8
                assert nudge.difference < tolerance


def test_nudging_notices_a_wrong_derivative():
    trace = by_hand()
    trace.iteration.data_gradient[0] *= 1.001
    wrong = trace.nudge(layer=1, neuron=1, input=1)
    assert not wrong.agrees
    assert "do NOT agree" in str(wrong)
    assert trace.nudge(layer=1, neuron=1).agrees


def test_nudge_tells_its_numbers():
    nudge = by_hand().nudge(layer=1, neuron=1, input=1)
    found = json.loads(json.dumps(nudge.to_dict()))
    assert found["name"] == "w₁₁ of layer 1"
    slope_of_cost = (found["cost_up"] - found["cost_down"]) / (2 * found["h"])
    assert found["numeric"] == slope_of_cost
    assert found["agrees"]
    assert "they agree" in str(nudge)


def test_nudging_counts_sample_weights():
    X, y = data(6)
    weights = np.linspace(0, 2, 6)
    trace = walnet.trace(example_network(dtype="float64"), X, y, sample_weight=weights)
    assert trace.nudge(2, 1, 2).difference < 1e-9


# Errors.


@pytest.mark.parametrize("example", [20, -1, 1.5, True, "3"])
def test_an_example_that_is_not_there_is_named(example):
    X, y = data()
    with pytest.raises(
        walnet.HyperparameterError, match="0 to 19, counted from 0, or None"
    ) as raised:
        walnet.trace(example_network(), X, y, example)
    assert repr(example) in str(raised.value)


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"decimals": 0}, "decimals must be a whole number from 1 to 17, got 0"),
        ({"decimals": 2.5}, "decimals must be a whole number from 1 to 17, got 2.5"),
        ({"neurons": 0}, "neurons must be a whole number of at least 1, got 0"),
        ({"terms": -1}, "terms must be a whole number of at least 1, got -1"),
    ],
)
def test_limits_out_of_range_are_named(options, expected):
    for write in (by_hand().text, by_hand().to_html):
        with pytest.raises(walnet.HyperparameterError, match=expected):
            write(**options)


@pytest.mark.parametrize(
    ("place", "expected"),
    [
        ((0, 1), "layer must be 1 to 2, got 0"),
        ((3, 1), "layer must be 1 to 2, got 3"),
        ((1, 2), "neuron of layer 1 must be 1 to 1, got 2"),
        ((1, 1, 2), "input of layer 1 must be 1 to 1, got 2"),
    ],
)
def test_a_parameter_that_is_not_there_is_named(place, expected):
    with pytest.raises(walnet.HyperparameterError, match=expected):
        by_hand().nudge(*place)


def test_names_for_another_number_of_things_are_refused():
    X, y = data()
    with pytest.raises(walnet.ShapeError, match="features must name 3 inputs"):
        walnet.trace(example_network(), X, y, features=["a"])
    with pytest.raises(walnet.ShapeError, match="classes must name 2 labels"):
        walnet.trace(example_network(), X, y, classes=["a"])


def test_an_iteration_that_diverges_says_so():
    network = walnet.Network([1, 1], dtype="float64")
    network.parameters[:] = 1e200, 0
    with pytest.raises(walnet.DivergedError, match="NaN or infinite"):
        walnet.trace(network, [[1e200]], [0.0])

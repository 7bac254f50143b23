"""Each kind of layer written out: its lines work out, its numbers are the engine's."""

from __future__ import annotations

import json

import numpy as np
import pytest
from layers_of_kinds import LAYERS, MEMBER_SETTINGS, network_of, rows_of
from traces import assert_works_out, lines_of_all_items

import walnet
from walnet import Dense, NumberEmbedding
from walnet.engine.kernels.embeddings import STEPS
from walnet.tracing.passes import forward_pass


def under_way(name, dtype="float64", **options):
    network = network_of(name, dtype)
    X, y = rows_of(network)
    settings = {"learning_rate": 0.05, "iterations": 40, "batch_size": 7} | options
    if name == "all of a member":
        settings = MEMBER_SETTINGS | {"iterations": 40, "batch_size": 7} | options
    training = walnet.Training(network, X, y, walnet.Settings(**settings))
    training.advance(28)  # beyond the middle: weight decay and dropout fade
    return training


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", LAYERS)
def test_every_line_works_out_to_the_number_of_training(name, dtype):
    training = under_way(name, dtype, optimizer="adam", epsilon=1e-4)
    row = int(walnet.Trace.of(training, None).rows[1])
    trace = walnet.Trace.of(training, row)
    for line in lines_of_all_items(trace):
        assert_works_out(line, dtype)
    training.advance(1)
    assert trace.after.tobytes() == training.network.parameters.tobytes()


@pytest.mark.parametrize("name", LAYERS)
def test_every_parameter_is_written_once_with_the_gradient_used(name):
    trace = walnet.Trace.of(under_way(name, optimizer="adam"), None)
    found = json.loads(trace.to_json())
    assert found == trace.to_dict()
    parameters = []

    def collect(value):
        if isinstance(value, dict) and "before" in value:
            parameters.append(value)
        elif isinstance(value, dict):
            list(map(collect, value.values()))
        elif isinstance(value, list):
            list(map(collect, value))

    collect([found["front"], found["layers"]])
    n = trace.before.size
    if not any(
        isinstance(x, walnet.engine.layers.LevelEmbedding) for x in LAYERS[name]
    ):
        assert len(parameters) == n  # of levels only the rows of the example
    for key, array in (("before", trace.before), ("gradient", trace.gradient)):
        assert {each[key] for each in parameters} <= set(array.tolist())
    for each in parameters:
        [derivative] = [value for key, value in each.items() if key.startswith("d")]
        assert derivative == pytest.approx(each["gradient"], abs=1e-15)
        total = sum(each["terms"]) + each["rest"]
        assert total == pytest.approx(derivative, abs=1e-12)
        assert each["rest"] == pytest.approx(0.0, abs=1e-12)  # all seven are shown


@pytest.mark.parametrize("name", LAYERS)
def test_gradients_are_those_of_back_propagation(name):
    network = network_of(name)
    X, y = rows_of(network)
    cost = "mse" if network.n_outputs == 1 else "categorical_cross_entropy"
    layers = [getattr(each, "dropout", 0.0) for each in network.layers]
    trace = walnet.trace(network, X, y, cost=cost)
    if not any(layers):
        found = network.back_propagate(X, y, cost)
        np.testing.assert_allclose(trace.gradient, found.flat, rtol=1e-9, atol=1e-15)
        assert trace.cost == pytest.approx(found.cost, rel=1e-12)
    assert trace.nudge(1, 2, 1).agrees
    assert trace.nudge(1, 1).agrees


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", LAYERS)
def test_a_prediction_is_traced_to_its_bits(name, dtype):
    network = under_way(name, dtype).network
    X, _ = rows_of(network, 1, seed=5)
    numbers, codes = network.inputs(X)
    passed = forward_pass(network, numbers, codes)
    last = passed.layers[-1]
    assert last.A.tobytes() == network.feed_forward(X).tobytes()
    weighted = network.outputs(numbers, codes, weighted=True)
    assert last.Z.tobytes() == weighted.tobytes()
    for line in lines_of_all_items(walnet.trace(network, X)):
        assert_works_out(line, dtype)


def test_ramps_are_written_out_and_stay_where_they_are():
    layers = [NumberEmbedding(1, "ramps"), Dense(1, "identity")]
    network = walnet.Network(layers, dtype="float64", seed=3)
    network.set_knots([[0.0], [1.0], [5.0]])
    n = 2 * STEPS  # slopes and offsets
    network.parameters[n:] = 0
    network.parameters[n : n + 2] = 3, -2  # of the first mixture
    network.weights[0][:] = 1
    found = walnet.trace(
        network, [[2.0]], [[0.0]], learning_rate=0.1, optimizer="adamw"
    )
    text = " ".join(found.text(decimals=2, terms=2).split())
    for part in (
        "3 mixtures of 32 ramps r = min(1, max(0, f·x + p)) e = Σ u·r + k x₁",
        "r₁₁ = min(1, max(0, f₁₁·x₁ + p₁₁)) = min(1, max(0, 1·2 + 0)) = 1",
        "r₁₂ = min(1, max(0, f₁₂·x₁ + p₁₂)) = min(1, max(0, 0.25·2 + (−0.25))) = 0.25",
        "= 3·1 + (−2)·0.25 + (30 more terms: 0) + 0 = 2.5",
        "dU₁₁₁ = ∂J/∂u₁₁₁ = dE₁₁·r₁₁ = 9·1 = 9",
        "dK₁₁ = ∂J/∂k₁₁ = dE₁₁ = 9",
        "… and 97 more parameters",
        "These are not learned but set",
    ):
        assert part in text
    assert found.after[:n].tobytes() == found.before[:n].tobytes()
    [number] = found.to_dict()["front"][0]["neurons"]
    for still in (*number["slopes"], *number["offsets"]):
        assert still["gradient"] == 0
        assert still["before"] == still["after"]
    [shown] = found.to_dict()["examples"][0]["front"][0]["neurons"]
    assert shown["ramps"] == [1, 0.25, *[0] * 30]


def test_an_example_outside_a_normalised_batch_is_refused():
    training = under_way("norm")
    rows = walnet.Trace.of(training, None).rows
    outside = next(row for row in range(20) if row not in rows)
    with pytest.raises(walnet.HyperparameterError, match=f"example {outside} is not"):
        walnet.Trace.of(training, outside)


def squares(y, a):
    """Return the squared error of each row."""
    return ((y - a) ** 2).sum(axis=1)


def slopes_of_squares(y, a):
    """Return its derivative."""
    return 2 * (a - y)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("output", ["identity", "softmax"])
def test_a_users_own_cost_is_written_out_by_its_numbers(output, dtype):
    network = walnet.Network([2, 3, 2], output=output, dtype=dtype, seed=1)
    X, y = [[1.0, -2.0], [0.5, 0.3], [0.2, 0.7]], [[0.0, 1.0], [1.0, 0.0], [0.5, 0.5]]
    weights, own = [1.0, 2.0, 0.5], (squares, slopes_of_squares)
    how = {"cost": own, "l2": 0.1, "sample_weight": weights}
    found = walnet.trace(network, X, y, **how)
    trained = network.copy()
    walnet.train(trained, X, y, iterations=1, **how)
    assert found.after.tobytes() == trained.parameters.tobytes()
    for line in lines_of_all_items(found):
        assert_works_out(line, dtype)
    text = " ".join(found.text().split())
    assert "The cost is the user's own" in text
    assert "c = cost(y, a) = " in text
    assert found.nudge(layer=1, neuron=1, input=1).agrees
    # Twice the mean over two outputs, the same cost as a formula.
    same = walnet.trace(network, X, y, cost="mse", sample_weight=weights)
    assert found.iteration.cost == pytest.approx(2 * same.iteration.cost, rel=1e-6)


def test_what_the_settings_do_to_each_kind_of_parameter_is_said():
    text = walnet.Trace.of(under_way("all of a member"), None).text(terms=2)
    assert max(map(len, text.splitlines())) <= 80
    text = " ".join(text.split())
    for part in (
        "Embedding of numbers: 2 numbers, each itself and 3 mixtures of 16 cosines",
        "Embedding of levels: 2 columns, rows of a learned table of 7 × 4",
        "Scale: 17 inputs, each times a learned number",
        "selu with learned slopes",
        "ỹ₁ = (1 − ε)·y₁ + ε/K",
        "learning rate η = 0.04·",
        "(schedule coslog4)",
        "faded by flat_cosine",
        "η_scale = η·6 = ",
        "η_weights = η/√(n) = ",
        "In the neural tangent parametrisation",
    ):
        assert part in text

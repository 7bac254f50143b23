"""The arithmetic that the page writes out: line by line what `walnet.trace` writes."""

from __future__ import annotations

import numpy as np
import pytest
from built_kernels import need_wasm
from node import by_node
from page_cases import HIDDEN, SETTINGS, network_of, settings_of

import walnet
from walnet.engine.kernels.optimizers import OPTIMIZERS
from walnet.tracing import Trace
from walnet.tracing.notation import MathML

TERMS = 10
COSTS = {
    "mse": ("sigmoid", 1),
    "mae": ("identity", 1),
    "huber": ("identity", 2),
    "binary_cross_entropy": ("sigmoid", 1),
    "categorical_cross_entropy": ("softmax", 3),
}


def case(cost="binary_cross_entropy", activation="tanh", **settings):
    output, outputs = COSTS[cost]
    rng = np.random.default_rng(5)
    X = rng.normal(size=(40, 3)).astype(np.float32)
    Y = (X[:, :1] > 0).astype(np.float32)
    if outputs > 1:
        Y = np.eye(outputs, dtype=np.float32)[rng.integers(0, outputs, 40)]
    sizes = [3, 4, 3, outputs]
    network = {"sizes": sizes, "activations": [activation] * 2, "output": output}
    return {
        "network": network | {"initializer": "auto", "seed": 1},
        "X": X.tolist(),
        "Y": Y.tolist(),
        "settings": SETTINGS | {"cost": cost, "batchSize": 8} | settings,
        "iterations": 13,
    }


def by_page(given, asked):
    module = need_wasm("wasm32")
    (found,) = by_node("written_out.mjs", module, given=[given | {"asked": asked}])
    return found


def by_python(given):
    made, chosen = network_of(given), settings_of(given)
    training = walnet.Training(made, given["X"], given["Y"], chosen)
    training.advance(given["iterations"])
    return training


def lines_of(trace, layer, neuron, decimals):
    stages = trace.lines(layer, neuron, terms=TERMS)
    return {
        name: [printed(line.pieces(MathML, decimals)) for line in lines]
        for name, lines in stages.items()
    }


def printed(pieces):
    left, symbols, numbers = pieces
    # Between the factors of a chain rule Python leaves spaces, which MathML has not.
    return [left, symbols, [list(pair) for pair in numbers]]


def same_lines(given, asked):
    training = by_python(given)
    for each, found in zip(asked, by_page(given, asked), strict=True):
        trace = Trace.of(training, found["example"])
        expected = lines_of(trace, each["layer"], each["neuron"], each["decimals"])
        lines = {
            stage["name"]: [
                [line["left"], line["symbols"], line["numbers"]]
                for line in stage["lines"]
            ]
            for stage in found["stages"]
        }
        for name in expected:
            assert lines[name] == expected[name], (name, each)


def asks(decimals=3):
    places = [(1, 1), (1, 4), (2, 2), (3, 1)]
    return [
        {"example": None, "layer": layer, "neuron": neuron, "decimals": decimals}
        for layer, neuron in places
    ]


@pytest.mark.parametrize("cost", COSTS)
def test_every_cost_is_written_as_in_a_trace(cost):
    same_lines(case(cost), asks())


@pytest.mark.parametrize("activation", HIDDEN)
def test_every_activation_is_written_as_in_a_trace(activation):
    same_lines(case(activation=activation), asks(6))


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_every_update_is_written_as_in_a_trace(optimizer):
    same_lines(case(optimizer=optimizer), asks(6))


OTHER_SETTINGS = {
    "penalties": {"l1": 0.01, "l2": 0.1},
    "dropout": {"dropout": [0.3, 0.3]},
    "weight decay": {"optimizer": "momentum", "weightDecay": 0.1},
    "one example": {"batchSize": 1},
    "all examples": {"batchSize": 0},
}


@pytest.mark.parametrize("settings", OTHER_SETTINGS.values(), ids=OTHER_SETTINGS)
def test_settings_are_written_as_in_a_trace(settings):
    same_lines(case(**settings), asks())


def test_every_digit_is_written_as_in_a_trace():
    same_lines(case(), asks(17))


def test_an_example_that_is_not_in_the_batch_is_followed_alone():
    given = case()
    training = by_python(given)
    batch = set(Trace.of(training, None).iteration.batch.numbers.tolist())
    outside = min(set(range(40)) - batch)
    asked = [{"example": outside, "layer": 1, "neuron": 2, "decimals": 3}]
    same_lines(given, asked)

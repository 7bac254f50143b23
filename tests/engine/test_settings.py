"""Settings: each value checked, nothing lost on the way to JSON and back."""

from __future__ import annotations

import json
import math
from itertools import product

import numpy as np
import pytest

import walnet
from walnet.engine.kernels.costs import COSTS
from walnet.engine.kernels.optimizers import OPTIMIZERS
from walnet.engine.network import Network
from walnet.engine.settings import SCHEDULES, TABLE, Settings
from walnet.errors import HyperparameterError

# name: (values that are allowed, values that are not)
NUMBERS = {
    "learning_rate": ((0, 1e-9, 5.0), (-0.1,)),
    "cost_parameter": ((0.5, 3), (0, -1)),
    "momentum": ((0, 0.99), (-0.1, 1, 1.5)),
    "beta_1": ((0, 0.99), (-0.1, 1)),
    "beta_2": ((0, 0.999), (-0.1, 1)),
    "epsilon": ((1e-12, 1), (0, -1e-8)),
    "l1": ((0, 0.5), (-1e-9,)),
    "l2": ((0, 0.5), (-1e-9,)),
    "weight_decay": ((0, 0.5), (-1e-9,)),
    "dropout": ((0, 0.5), (-0.1, 1, 2)),
    "clip_norm": ((0.1, 10), (0, -1)),
    "schedule_factor": ((0.1, 1), (0, -0.5, 1.1)),
    "stop_cost": ((-5.0, 0, 0.1), ()),
    "stop_accuracy": ((0.5, 1), (0, -0.1, 1.1)),
    "min_improvement": ((0, 0.1), (-0.1,)),
}
WHOLE = {
    "iterations": 0,
    "epochs": 0,
    "batch_size": 1,
    "seed": 0,
    "schedule_every": 1,
    "warm_up": 0,
    "patience": 1,
    "snapshots": 1,
    "threads": 1,
}
OPTIONAL = {"iterations", "epochs", "batch_size", "clip_norm", "stop_cost"}
OPTIONAL |= {"stop_accuracy", "patience", "snapshots", "beta_2", "weight_decay"}
NO_NUMBERS = ["0.5", True, [], {}, 1j, math.nan, math.inf, -math.inf, 10**400]


@pytest.mark.parametrize("name", NUMBERS)
def test_numbers_are_checked(name):
    good, bad = NUMBERS[name]
    for value in good:
        assert getattr(Settings(**{name: value}), name) == value
    wrong = [value for value in NO_NUMBERS if (name, value) != ("dropout", [])]
    for value in [*bad, *wrong]:
        with pytest.raises(HyperparameterError, match=name):
            Settings(**{name: value})


@pytest.mark.parametrize("name", WHOLE)
def test_whole_numbers_are_checked(name):
    lowest = WHOLE[name]
    for value in (lowest, lowest + 1, 1000):
        assert getattr(Settings(**{name: value}), name) == value
    for value in [lowest - 1, -7, 2.0, 0.5, *NO_NUMBERS]:
        with pytest.raises(HyperparameterError, match=f"{name} must be a whole number"):
            Settings(**{name: value})


@pytest.mark.parametrize("name", [*NUMBERS, *WHOLE])
def test_None_is_allowed_where_it_means_something(name):
    if name in OPTIONAL:
        Settings(**{name: None})
    else:
        with pytest.raises(HyperparameterError, match=f"{name} must be"):
            Settings(**{name: None})


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"cost": "l2"}, "cost must be one of mse, mae"),
        ({"cost": None}, "got None"),
        ({"optimizer": "sgd"}, "optimizer must be one of gradient_descent"),
        ({"schedule": "linear"}, "schedule must be one of constant"),
        ({"shuffle": 1}, "shuffle must be True or False, got 1"),
        ({"iterations": 3, "epochs": 2}, "not both"),
        ({"cost": "quantile"}, r"in \(0, 1\) for the quantile cost, got 1.0"),
        ({"dropout": (0.1, None)}, "dropout must be a number"),
        ({"dropout": ["a"]}, "dropout must be a number"),
        ({"dropout": [0.1, 1.0]}, "got 1.0"),
    ],
)
def test_values_that_are_none(options, words):
    with pytest.raises(HyperparameterError, match=words):
        Settings(**options)


def test_an_unknown_setting_names_the_nearest():
    with pytest.raises(HyperparameterError, match="did you mean learning_rate"):
        walnet.train(walnet.Network([1, 1]), [[1.0]], [1.0], learnin_rate=1)
    with pytest.raises(HyperparameterError, match="did you mean validation"):
        walnet.train(walnet.Network([1, 1]), [[1.0]], [1.0], validaton=1)
    with pytest.raises(HyperparameterError, match="did you mean example"):
        walnet.trace(walnet.Network([1, 1]), [[1.0]], [1.0], exampel=0)
    with pytest.raises(HyperparameterError, match="'zzz'; see `walnet settings`"):
        Settings.from_dict({"zzz": 1})


def test_settings_survive_JSON():
    settings = Settings(
        learning_rate=np.float32(0.3),
        epochs=np.int64(7),
        dropout=np.array([0.1, 0.25]),
        shuffle=np.bool_(False),
        optimizer="adamw",
        schedule="step",
    )
    text = json.dumps(settings.to_dict())
    assert Settings.from_dict(json.loads(text)) == settings
    assert settings.learning_rate == float(np.float32(0.3))
    assert settings.dropout == (0.1, 0.25)


def test_every_cost_optimizer_and_schedule_go_together():
    for cost, optimizer, schedule in product(COSTS, OPTIMIZERS, SCHEDULES):
        names = {"cost": cost, "optimizer": optimizer, "schedule": schedule}
        settings = Settings(cost_parameter=0.5, **names)
        assert settings.to_dict().items() >= names.items()


def test_defaults_that_belong_to_an_optimizer():
    assert Settings().iterations == 1000
    assert Settings(optimizer="adam").beta_2 == 0.999
    assert Settings(optimizer="rmsprop").beta_2 == 0.9
    assert Settings(optimizer="adamw").weight_decay == 0.01
    assert Settings(optimizer="adam").weight_decay == 0


def test_another_optimizer_brings_its_own_defaults():
    plain = Settings(learning_rate=0.3)
    assert plain.replace(optimizer="adamw") == Settings(
        learning_rate=0.3, optimizer="adamw"
    )
    assert plain.replace(optimizer="rmsprop").beta_2 == 0.9
    given = Settings(optimizer="adam", beta_2=0.5).replace(optimizer="rmsprop")
    assert given.beta_2 == 0.5


def test_options_of_train_are_settings_from_the_start():
    X, y = np.ones((4, 2)), np.ones(4)
    one, other = (walnet.Network([2, 3, 1], seed=1) for _ in range(2))
    walnet.train(one, X, y, optimizer="adamw", iterations=5)
    settings = Settings(optimizer="adamw", iterations=5, weight_decay=0.01)
    walnet.train(other, X, y, settings)
    assert one == other
    without = walnet.Network([2, 3, 1], seed=1)
    walnet.train(without, X, y, settings, weight_decay=0.0)
    assert without != one


def test_epochs_take_the_place_of_iterations():
    assert Settings(iterations=5).replace(epochs=2).iterations is None
    assert Settings(epochs=5).replace(iterations=2).epochs is None
    with pytest.raises(HyperparameterError, match="not both"):
        Settings().replace(epochs=2, iterations=3)


def test_one_rate_of_dropout_a_layer():
    two, three = Network([1, 2, 2, 1]).layers, Network([1, 2, 2, 2, 1]).layers
    assert Settings(dropout=0.2).dropout_rates(three) == (0.2, 0.2, 0.2)
    assert Settings(dropout=[0.1, 0.2]).dropout_rates(two) == (0.1, 0.2)
    with pytest.raises(HyperparameterError, match="each of the 3 hidden layers; got 2"):
        Settings(dropout=[0.1, 0.2]).dropout_rates(three)


def test_settings_cannot_be_changed_by_accident():
    with pytest.raises(AttributeError):
        Settings().learning_rate = 3  # type: ignore[misc]


def test_kernels_read_the_settings_that_the_table_says():
    read = {name for name, each in TABLE.items() if each.read_by}
    given = dict.fromkeys(read - {"smoothing"}, 0.5) | {"cost": "quantile"}
    network, X, Y = Network([2, 1]), np.zeros((4, 2)), np.array([[0.0], [1], [1], [0]])
    training = walnet.Training(network, X, Y, Settings(**given, iterations=1))
    cross = Settings(cost="binary_cross_entropy", smoothing=0.5, iterations=1)
    network = Network([2, 1], output="sigmoid")
    smoothed = walnet.Training(network, X, Y, cross)
    for name in read:
        rule = (smoothed if name == "smoothing" else training).plan.rule
        assert rule[name] == 0.5


def test_a_setting_that_is_not_given_has_no_effect_in_kernels():
    training = walnet.Training(Network([2, 1]), np.zeros((4, 2)), np.zeros(4))
    for name, each in TABLE.items():
        if each.read_by and each.optional:
            assert training.plan.rule[name] == each.off

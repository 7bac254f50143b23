"""Networks of every kind of layer, and data for them."""

from __future__ import annotations

import numpy as np

from walnet.engine.layers import (
    Dense,
    Inputs,
    LevelEmbedding,
    NumberEmbedding,
    Scale,
)
from walnet.engine.network import Network

LEVELS = (3, 4)
LAYERS = {
    "numbers": [NumberEmbedding(2), Dense(4, "tanh"), Dense(1, "sigmoid")],
    "ramps": [NumberEmbedding(2, "ramps"), Dense(4, "tanh"), Dense(1, "sigmoid")],
    "levels": [LevelEmbedding(LEVELS, 3), Dense(4, "tanh"), Dense(1, "sigmoid")],
    "two tables of levels": [
        Inputs(1),
        LevelEmbedding((3,), 2),
        LevelEmbedding((4,), 3),
        Dense(3, "tanh"),
        Dense(1, "sigmoid"),
    ],
    "scale": [Inputs(3), Scale(), Dense(4, "tanh"), Dense(1, "sigmoid")],
    "slopes": [Inputs(3), Dense(4, "selu", slopes=True), Dense(1, "sigmoid")],
    "slopes and dropout": [
        Inputs(3),
        Dense(6, "mish", slopes=True, dropout=0.4),
        Dense(1, "sigmoid"),
    ],
    "norm": [
        Inputs(3),
        Dense(4, "tanh", norm=True),
        Dense(3, "relu", norm=True),
        Dense(1, "sigmoid"),
    ],
    "norm, slopes and dropout": [
        Inputs(3),
        Dense(5, "tanh", norm=True, slopes=True, dropout=0.3),
        Dense(1, "sigmoid"),
    ],
    "norm of a softmax": [
        Inputs(3),
        Dense(4, "softmax", norm=True),
        Dense(1, "sigmoid"),
    ],
    "ntk": [
        Inputs(3),
        Dense(4, "tanh", parametrization="ntk"),
        Dense(1, "sigmoid", parametrization="ntk"),
    ],
    "all of a member": [
        NumberEmbedding(2),
        Inputs(1),
        LevelEmbedding(LEVELS, 4),
        Scale(),
        Dense(6, "selu", slopes=True, dropout=0.15, parametrization="ntk"),
        Dense(5, "selu", slopes=True, dropout=0.15, parametrization="ntk"),
        Dense(3, "softmax", parametrization="ntk"),
    ],
}
MEMBER_SETTINGS = {
    "optimizer": "adam",
    "learning_rate": 0.04,
    "schedule": "coslog4",
    "fade": "flat_cosine",
    "beta_2": 0.95,
    "weight_decay": 0.02,
    "epsilon": 1e-4,
    "smoothing": 0.1,
    "cost": "categorical_cross_entropy",
    "rate_factors": {"biases": 0.1, "slopes": 0.1, "numbers": 0.1, "scale": 6.0},
}


def network_of(name, dtype="float64"):
    """Return a network whose parameters are all drawn at random."""
    network = Network(LAYERS[name], dtype=dtype, seed=1)
    rng = np.random.default_rng(3)
    network.parameters[:] += rng.normal(0, 0.3, network.n_parameters)
    return network


def rows_of(network, n=20, seed=0):
    """Return inputs and targets in [0, 1]."""
    rng = np.random.default_rng(seed)
    layout = network.layout
    X = rng.normal(size=(n, network.n_inputs))
    counts = np.diff(layout.level_starts)
    for column, count in zip(layout.code_columns, counts, strict=True):
        X[:, column] = rng.integers(count, size=n)
    if network.n_outputs > 1:
        return X, rng.integers(network.n_outputs, size=n)
    return X, rng.uniform(size=(n, 1))

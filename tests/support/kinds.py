"""Networks of every kind of layer, and rows to run them on."""

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

LAYERS = {
    "dense": [Inputs(3), Dense(5), Dense(2, "softmax")],
    "numbers": [NumberEmbedding(3), Dense(4, "elu"), Dense(1, "identity")],
    "ramps": [NumberEmbedding(3, "ramps"), Dense(4, "elu"), Dense(1, "identity")],
    "levels": [LevelEmbedding((3, 4), 2), Dense(5), Dense(2, "identity")],
    "two tables": [
        LevelEmbedding((3,), 4),
        LevelEmbedding((2, 5), 2),
        Dense(1, "sigmoid"),
    ],
    "inputs apart": [Inputs(2), LevelEmbedding((4,)), Inputs(1), Dense(2, "softplus")],
    "scale": [Inputs(3), Scale(), Dense(4, "gelu"), Dense(2, "identity")],
    "slopes": [Inputs(3), Dense(5, "silu", slopes=True), Dense(2, "identity")],
    "normalised": [
        Inputs(3),
        Dense(5, "relu", norm=True),
        Dense(4, "tanh", norm=True, slopes=True),
        Dense(1, "identity"),
    ],
    "dropout": [Inputs(3), Dense(5, dropout=0.5), Dense(1, "exponential")],
    "all": [
        NumberEmbedding(2),
        Inputs(1),
        LevelEmbedding((3, 4), 8),
        Scale(),
        Dense(6, "selu", slopes=True, dropout=0.1, parametrization="ntk"),
        Dense(5, "mish", norm=True),
        Dense(3, "softmax"),
    ],
}


def network_of_kind(kind, dtype):
    """Return a network whose every parameter counts, as a training leaves it."""
    rng = np.random.default_rng(1)
    network = Network(LAYERS[kind], dtype=dtype, seed=1)
    network.parameters[:] += rng.normal(0, 0.3, network.n_parameters)
    mean, variance = network.statistics
    mean[:], variance[:] = rng.normal(size=len(mean)), rng.uniform(0.5, 2, len(mean))
    return network


def rows_for(network, rows=40, spread=3.0):
    """Return rows that a network reads: numbers, and levels of which each is there."""
    rng = np.random.default_rng(2)
    X = rng.normal(0, spread, (rows, network.n_inputs))
    layout = network.layout
    counts = np.diff(layout.level_starts)
    for column, count in zip(layout.code_columns, counts, strict=True):
        X[:, column] = rng.permutation(np.arange(rows) % count)
    return X.astype(network.dtype)

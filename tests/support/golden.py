"""What has known bits, the same on every processor, thread and system.

Data and first parameters of trainings are made of whole random numbers, so that no
library's logarithm has a say in them; those that walnet draws itself have bits of their
own. ``python tests/support/golden.py`` writes the bits down anew; only a change of the
arithmetic itself is a reason to.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import numpy as np

import walnet
from walnet.engine.initializers import INITIALIZERS
from walnet.engine.kernels.activations import ACTIVATIONS
from walnet.engine.kernels.costs import COSTS
from walnet.engine.kernels.optimizers import OPTIMIZERS
from walnet.engine.layers import (
    Dense,
    Inputs,
    LevelEmbedding,
    NumberEmbedding,
    Scale,
)

FILE = Path(__file__).with_name("golden_bits.json")
PRECISIONS = "float32", "float64"
RATES = {"gradient_descent": 0.05, "momentum": 0.02, "nesterov": 0.02}
ROWS = 77  # no multiple of anything
KINDS = [
    NumberEmbedding(2),
    Inputs(1),
    LevelEmbedding((3, 4), 2),
    Scale(),
    Dense(17, "selu", slopes=True, parametrization="ntk"),
    Dense(9, "gelu", norm=True, dropout=0.2),
    Dense(3, "softmax"),
]


def uniform(rng: np.random.Generator, *shape: int) -> np.ndarray:
    """Return numbers in [-1, 1) that float32 holds exactly."""
    whole = rng.integers(-(2**20), 2**20, shape)
    return whole / 2**20


def _works() -> dict[str, tuple[list, dict[str, object]]]:
    """Return layers and settings of every work by its name."""
    works = {}
    for activation in ACTIVATIONS:
        layers = [3, Dense(7, activation), Dense(2, "identity")]
        works[f"activation {activation}"] = layers, {}
    for name, cost in COSTS.items():
        output = cost.outputs[0] if cost.outputs else "identity"
        works[f"cost {name}"] = (
            [3, 5, Dense(2, output)],
            {"cost": name, "cost_parameter": 0.5},
        )
    for name in OPTIMIZERS:
        layers = [3, 8, Dense(2, "softmax")]
        settings = {"optimizer": name, "cost": "categorical_cross_entropy"}
        works[f"optimizer {name}"] = layers, settings
    entropy = {"cost": "categorical_cross_entropy", "optimizer": "adam"}
    course = {"schedule": "coslog4", "smoothing": 0.1, "l1": 1e-3, "l2": 1e-2}
    works["layers of kinds"] = KINDS, entropy | course | {"batch_size": 20}
    ramps = [NumberEmbedding(2, "ramps"), Inputs(1), Dense(5), Dense(2, "identity")]
    works["ramps"] = ramps, {"optimizer": "adam", "batch_size": 20}
    wide = [30, Dense(100, "relu"), Dense(40, "tanh"), Dense(2, "softmax")]
    works["wide"] = wide, entropy | {"batch_size": 32, "clip_norm": 0.5}
    large = [64, Dense(300, "relu"), Dense(300, "relu"), Dense(2, "softmax")]
    works["shards"] = large, entropy | {"epochs": 1, "batch_size": 1024}
    return works


WORKS = _works()


def _data(
    network: walnet.Network, rows: int, rng: np.random.Generator, cost: object
) -> tuple[np.ndarray, np.ndarray]:
    """Return inputs, levels among them, and targets that suit the cost."""
    X = uniform(rng, rows, network.n_inputs)
    for column in network.layout.code_columns:
        X[:, column] = rng.integers(0, 3, rows)
    y = uniform(rng, rows, network.n_outputs)
    if cost == "categorical_cross_entropy":
        return X, rng.integers(0, network.n_outputs, rows).astype(float)
    return X, abs(y) if cost in ("poisson", "binary_cross_entropy") else y


def bits_of(name: str, dtype: str, threads: int = 1) -> str:
    """Return a hash of all that a work has learned, and of its predictions."""
    layers, settings = WORKS[name]
    rng = np.random.default_rng(sum(name.encode()))
    network = walnet.Network(layers, dtype=dtype)
    network.parameters[:] = 0.5 * uniform(rng, network.n_parameters)
    rows = 1024 if name == "shards" else ROWS
    X, y = _data(network, rows, rng, settings.get("cost"))
    rate = RATES.get(str(settings.get("optimizer")), 0.01)
    options = {"epochs": 10, "learning_rate": rate, "threads": threads} | settings
    history = walnet.train(network, X, y, **options)
    found = hashlib.sha256(network.parameters.tobytes())
    found.update(network.statistics.tobytes())
    found.update(network.feed_forward(X).tobytes())
    found.update(history.cost.tobytes())
    return found.hexdigest()[:16]


def drawn_bits(dtype: str) -> dict[str, str]:
    """Return hashes of first parameters by each rule, and of each data set."""
    found = {}
    for rule in INITIALIZERS:
        network = walnet.Network(KINDS, initializer=rule, dtype=dtype, seed=7)
        found[f"weights {rule}"] = network.parameters.tobytes()
    ramps = walnet.Network(WORKS["ramps"][0], dtype=dtype, seed=7)
    found["weights of ramps"] = ramps.parameters.tobytes()
    for name in walnet.datasets.NAMES:
        X, y = walnet.datasets.make(name, 77, 0.3, 7)
        found[f"data {name}"] = X.tobytes() + y.tobytes()
    return {name: hashlib.sha256(each).hexdigest()[:16] for name, each in found.items()}


def all_bits(dtype: str) -> dict[str, str]:
    """Return the hashes of everything, by name."""
    return {name: bits_of(name, dtype) for name in WORKS} | drawn_bits(dtype)


if __name__ == "__main__":
    bits = {dtype: all_bits(dtype) for dtype in PRECISIONS}
    FILE.write_text(json.dumps(bits, indent=2) + "\n", encoding="utf-8")

"""Networks, trainings and checks that the tests of traces share."""

from __future__ import annotations

import numpy as np

import walnet
from walnet.engine.kernels.optimizers import OPTIMIZERS as REGISTRY
from walnet.tracing.lines import Limits
from walnet.tracing.notation import Text
from walnet.tracing.stages import Writer

OPTIMIZERS = tuple(REGISTRY)
EXTRAS = {
    "plain": {},
    "mini-batches": {"batch_size": 7},
    "penalties": {"l1": 0.01, "l2": 0.1},
    "clipping": {"clip_norm": 0.05, "l2": 0.1, "batch_size": 7},
    "dropout": {"dropout": 0.3, "batch_size": 7},
    "decay": {"weight_decay": 0.1},
    "schedule": {"schedule": "exponential", "warm_up": 2, "batch_size": 7},
}
SURE = {"poisson": "exponential", "binary_cross_entropy": "sigmoid"}


def data(rows=20, inputs=3, outputs=1, seed=0):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(rows, inputs)), rng.uniform(size=(rows, outputs))


def example_network(outputs=1, dtype="float32", **options):
    options = {"activation": ["tanh", "relu"], "output": "sigmoid"} | options
    return walnet.Network([3, 4, 3, outputs], dtype=dtype, seed=1, **options)


def training_under_way(iterations=5, dtype="float32", **options):
    X, y = data()
    settings = walnet.Settings(**({"learning_rate": 0.2, "iterations": 50} | options))
    training = walnet.Training(example_network(dtype=dtype), X, y, settings)
    training.advance(iterations)
    return training


def all_lines(trace):
    """Return every line of every neuron."""
    sizes = trace.iteration.network.layer_sizes
    return [
        line
        for layer in range(1, len(sizes))
        for neuron in range(1, sizes[layer] + 1)
        for lines in trace.lines(layer, neuron, terms=50).values()
        for line in lines
    ]


def lines_of_all_items(traced):
    """Return every line of every item of every layer, embeddings included.

    Of a prediction, those of the way forward.
    """
    passed = traced.passed
    writer = Writer(passed, Limits(terms=50))
    stages = writer.lines if writer.chain.loss else writer.forward_lines
    return [
        line
        for layer in writer.chain.layers
        for j in range(layer.size)
        for lines in stages(layer, j).values()
        for line in lines
    ]


def assert_works_out(line, dtype):
    """The line's formula, worked out in full, is the number that training computed."""
    found = (line.numbers or line.formula).value()
    rtol, atol = (2e-4, 3e-6) if dtype == "float32" else (1e-9, 1e-13)
    np.testing.assert_allclose(
        found, float(line.name.number), rtol, atol, err_msg=str(line.pieces(Text, 9))
    )


def by_hand():
    """1 input, 1 tanh neuron, 1 output: y = 0.5·tanh(0.25·x + 0.5) - 1."""
    network = walnet.Network([1, 1, 1], dtype="float64")
    network.parameters[:] = 0.25, 0.5, 0.5, -1.0
    return walnet.trace(network, [[2.0]], [1.0], learning_rate=0.1)


def lines_of_stages(stages):
    """Return every line of stages."""
    return [
        line
        for stage in stages
        for group in stage.groups
        for item in group.items
        for line in item.lines
    ]

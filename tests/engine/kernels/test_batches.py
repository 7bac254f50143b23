"""A batch in the workspace: rows turned feature-major, right predictions counted."""

from __future__ import annotations

import kernel_calls as engine
import numpy as np
import pytest

from walnet.engine.kernels import stages
from walnet.engine.kernels.machine.views import matrix
from walnet.engine.layers import Dense, Inputs, LevelEmbedding
from walnet.engine.network import Network
from walnet.engine.settings import Settings


def fed_forward(network, X, Y, m, **settings):
    """Return a training whose workspace holds the first m examples, and the hits."""
    training = engine.training_on(network, X, Y, Settings(batch_size=m, **settings))
    order = np.random.default_rng(5).permutation(len(X))
    state, work, _ = training.arrays
    span, nothing = (0, m, 0, 1.0), (np.uint64(0), 0.0)
    arguments = (training.plan, state, training.examples, order, span, nothing, work)
    return training, order[:m], stages.feed_forward(*arguments)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("m", [1, 7, 8, 15, 16, 17, 37])
@pytest.mark.parametrize("n", [1, 3, 4, 7, 8, 9, 16, 29])
def test_a_batch_is_turned_feature_major(n, m, dtype):
    X = np.random.default_rng(n).normal(size=(40, n)).astype(dtype)
    network = Network((n, 1), dtype=dtype, seed=0)
    training, rows, _ = fed_forward(network, X, X[:, :1], m)
    work = training.arrays[1]
    assert engine.bits(matrix(work.A, 0, n, m)) == engine.bits(X[rows].T)


@pytest.mark.parametrize("m", [5, 16, 21])
@pytest.mark.parametrize("columns", [2, 8, 11])
def test_the_codes_of_levels_are_turned_too(columns, m):
    rng = np.random.default_rng(columns)
    counts = tuple(int(n) for n in rng.integers(2, 6, columns))
    codes = np.stack([rng.integers(0, n, 30) for n in counts], axis=1)
    X = np.concatenate([rng.normal(size=(30, 1)), codes], axis=1)
    kinds = [Inputs(1), LevelEmbedding(counts, 2), Dense(1, "identity")]
    training, rows, _ = fed_forward(Network(kinds, seed=0), X, X[:, :1], m)
    found = matrix(training.arrays[1].codes, 0, columns, m)
    assert np.array_equal(found, training.examples.codes[rows].T)


@pytest.mark.parametrize("classes", [2, 3, 10])
def test_the_first_of_the_largest_outputs_is_the_prediction(classes):
    rng = np.random.default_rng(classes)
    # Whole numbers: many outputs are equal.
    outputs = rng.integers(0, 3, (50, classes)).astype(float)
    labels = rng.integers(0, classes, 50)
    network = Network((classes, classes), output="identity", seed=0)
    network.parameters[:] = np.r_[np.eye(classes).ravel(), np.zeros(classes)]
    Y = np.eye(classes)[labels]
    _, rows, hits = fed_forward(network, outputs, Y, 50)
    assert hits == (outputs.argmax(axis=1) == labels)[rows].sum()

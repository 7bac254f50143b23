"""One network trained by several processes, in whose place are threads here."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from walnet import Dense, Network, Settings
from walnet.engine.communicator import ALONE, thread_communicators
from walnet.engine.distributed import DistributedTraining, ShardRows
from walnet.errors import DataError, HyperparameterError, ProcessLostError

SIZES = np.random.default_rng(0).integers(1, 60, 16)
SETTINGS = Settings(
    batch_size=100,
    epochs=4,
    cost="categorical_cross_entropy",
    optimizer="adam",
    learning_rate=0.01,
    dropout=0.2,
)


def in_each(communicators, work):
    """Return what the work of each thread gives."""
    with ThreadPoolExecutor(len(communicators)) as pool:
        return list(pool.map(work, communicators))


def rows_of(network, communicator, sizes=SIZES):
    """Return what a process has of rows that are dealt to shards."""
    rng = np.random.default_rng(1)
    X = rng.normal(size=(sizes.sum(), 8)).astype(np.float32)
    y = rng.integers(0, 3, len(X))
    own = len(sizes) // communicator.world
    shards = range(communicator.rank * own, (communicator.rank + 1) * own)
    starts = np.cumsum([0, *sizes])
    lo, hi = starts[shards.start], starts[shards.stop]
    order = [
        starts[s] - lo + np.random.default_rng([2, s]).permutation(sizes[s])
        for s in shards
    ]
    examples = network.examples(X[lo:hi], y[lo:hi], None, SETTINGS.cost)
    return ShardRows(examples, np.concatenate(order), sizes)


def learned(communicator, **options):
    """Train in one process; return what it has learned, and its history."""
    network = Network([8, 32, 16, 3], output="softmax", dtype="float32", seed=0)
    rows, settings = rows_of(network, communicator), SETTINGS.replace(**options)
    training = DistributedTraining(network, rows, settings, communicator)
    training.advance(training.total)
    training.close()
    return network.parameters, training.history.cost, training.history.accuracy


@pytest.mark.parametrize("world", [2, 4, 8, 16])
def test_any_number_of_processes_gives_the_same_bits(world):
    alone = learned(ALONE)
    assert alone[1][-1] < alone[1][0]
    for found in in_each(thread_communicators(world), learned):
        for ours, one in zip(found, alone, strict=True):
            np.testing.assert_array_equal(ours, one)


def test_threads_within_a_process_change_nothing():
    for ours, one in zip(learned(ALONE, threads=3), learned(ALONE), strict=True):
        np.testing.assert_array_equal(ours, one)


def test_a_pass_has_every_row_once():
    network = Network([8, 3], output="softmax", dtype="float64", seed=0)
    rows = rows_of(network, ALONE)
    settings = SETTINGS.replace(dropout=0.0, optimizer="gradient_descent")
    training = DistributedTraining(network, rows, settings, ALONE)
    width = -(-SETTINGS.batch_size // len(SIZES))
    assert training.iterations_per_epoch == -(-SIZES.max() // width)
    before = network.parameters.copy()
    whole = settings.replace(batch_size=10**6, learning_rate=1e-3)
    training = DistributedTraining(network, rows, whole, ALONE)
    training.advance(1)
    moved = (before - network.parameters) / 1e-3
    other = Network([8, 3], output="softmax", dtype="float64", seed=0)
    examples = rows.examples
    exact = other.back_propagate(examples.X, examples.Y, cost=SETTINGS.cost).flat
    np.testing.assert_allclose(moved, exact, atol=1e-10)


def test_the_sum_has_the_order_of_the_tree():
    parts = np.random.default_rng(3).normal(size=(8, 50)).astype(np.float32)
    parts[::3] *= 1e6

    def work(communicator):
        array = parts[communicator.rank].copy()
        communicator.allreduce(array)
        return array

    level = list(parts)
    while len(level) > 1:
        level = [a + b for a, b in zip(level[::2], level[1::2], strict=True)]
    for found in in_each(thread_communicators(8), work):
        np.testing.assert_array_equal(found, level[0])


def test_an_error_of_one_process_is_raised_in_all():
    def work(communicator):
        def part():
            if communicator.rank in (1, 2):
                raise DataError(f"process {communicator.rank} cannot read")
            return communicator.rank

        with pytest.raises(DataError, match="process 1 cannot read"):
            communicator.together(part)
        return communicator.together(lambda: communicator.rank * 10)

    assert in_each(thread_communicators(4), work) == [[0, 10, 20, 30]] * 4


def test_a_process_that_does_not_come_is_lost():
    def work(communicator):
        if communicator.rank != 1:
            with pytest.raises(ProcessLostError, match="start the same command"):
                communicator.barrier()

    in_each(thread_communicators(4, patience=0.2), work)


@pytest.mark.parametrize(
    ("hidden", "options", "world", "words"),
    [
        ([Dense(4, norm=True)], {}, 1, "batch normalisation"),
        ([4], {"time_limit": 1.0}, 1, "no clock in common"),
        ([4], {"patience": 3}, 1, "patience needs rows to watch"),
        ([4], {}, 32, "at most 16 processes"),
        ([4], {}, 3, "1, 2, 4, 8"),
    ],
)
def test_what_processes_cannot_do_together_is_one_sentence(
    hidden, options, world, words
):
    network = Network([8, *hidden, 3], output="softmax", seed=0)
    rows, settings = rows_of(network, ALONE), SETTINGS.replace(**options)

    def begin():
        communicator = thread_communicators(world)[0]
        DistributedTraining(network, rows, settings, communicator)

    with pytest.raises(HyperparameterError, match=words):
        begin()

"""What rows come as: sparse, some of them, in shards, weighted by a user's own cost."""

from __future__ import annotations

import sys

import kernel_calls as engine
import numpy as np
import pytest
import scipy.sparse

from walnet.engine.kernels.optimizers import OPTIMIZERS
from walnet.engine.settings import Settings
from walnet.errors import DivergedError

OPTIONS = {"epochs": 3, "batch_size": 4, "optimizer": "adam", "learning_rate": 0.01}


def trained(network, X, Y, *, pieces=(), **more):
    """Return what a training leaves behind, done in pieces and to its end."""
    rule = more.pop("rule", {})
    names = ("changes", "own_cost", "w", "validation")
    extras = {name: more.pop(name) for name in names if name in more}
    settings = Settings(**OPTIONS | {"cost": engine.cost_of(network)} | more)
    training = engine.training_on(network, X, Y, settings, rule=rule, **extras)
    for piece in pieces:
        training.advance(piece)
    training.advance(training.total - training.iteration)
    training.close()
    return training


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("kind", ["plain", "numbers", "ramps", "norm", "dropout"])
def test_sparse_rows_are_dense_rows_to_the_bit(kind, dtype):
    network, X, Y = engine.kind_of(kind, rows=11, dtype=dtype)
    X[np.random.default_rng(0).random(X.shape) < 0.6] = 0
    X[4] = 0  # a row of nothing
    w = np.linspace(0.5, 2, 11)
    sparse = scipy.sparse.csr_array(X.astype(dtype))
    changes = {
        "X": np.empty((0, X.shape[1]), dtype),
        "values": sparse.data,
        "columns": sparse.indices.astype(np.int32),
        "pointers": sparse.indptr.astype(np.int64),
    }
    dense = trained(network.copy(), X, Y, w=w)
    other = trained(network.copy(), X, Y, w=w, changes=changes)
    assert engine.end_of(other) == engine.end_of(dense)
    assert other.evaluate() == dense.evaluate()


@pytest.mark.parametrize("shuffle", [True, False])
def test_some_rows_are_those_rows_alone(shuffle):
    network, X, Y = engine.kind_of("all", rows=14)
    rows = np.array([2, 3, 5, 7, 8, 11, 13])
    alone = trained(network.copy(), X[rows], Y[rows], shuffle=shuffle)
    among = trained(
        network.copy(), X, Y, shuffle=shuffle, changes={"rows": rows.astype(np.int64)}
    )
    assert engine.end_of(among) == engine.end_of(alone)
    np.testing.assert_allclose(among.evaluate(), alone.evaluate(), rtol=1e-12)


@pytest.mark.parametrize("kind", ["plain", "dropout", "levels", "numbers", "ramps"])
@pytest.mark.parametrize("shards", [2, 4])
def test_any_number_of_threads_gives_the_same_bits(kind, shards):
    network, X, Y = engine.kind_of(kind, rows=19, dtype="float32")
    ends = []
    for threads in (1, 2, 4):
        training = trained(
            network.copy(), X, Y, rule={"shards": shards}, batch_size=9,
            threads=threads, pieces=(1, 3), dropout=0.3,
        )  # fmt: skip
        assert len(training._workspaces) == min(threads, shards)
        ends.append(engine.end_of(training))
    assert ends[0] == ends[1] == ends[2]


def test_shards_together_are_the_batch():
    network, X, Y = engine.kind_of("plain", rows=18)
    one = trained(network.copy(), X, Y, batch_size=9)
    four = trained(network.copy(), X, Y, batch_size=9, rule={"shards": 4})
    np.testing.assert_allclose(
        four.network.parameters, one.network.parameters, rtol=1e-9
    )


def squares(y, predicted):
    return ((y - predicted) ** 2).mean(axis=1)


def slopes_of_squares(y, predicted):
    return 2 * (predicted - y) / y.shape[1]


@pytest.mark.parametrize("kind", ["plain", "norm", "dropout", "two tables"])
def test_a_cost_of_ones_own_is_the_built_in_one(kind):
    network, X, Y = engine.kind_of(kind, rows=11)
    w = np.linspace(0.5, 2, 11)
    options = {"w": w, "l2": 0.01}
    built_in = trained(network.copy(), X, Y, **options)
    own = trained(
        network.copy(),
        X,
        Y,
        own_cost=(squares, slopes_of_squares),
        pieces=(2, 5, 1),
        **options,
    )
    np.testing.assert_allclose(
        own.network.parameters, built_in.network.parameters, rtol=1e-8, atol=1e-11
    )
    np.testing.assert_allclose(own.history.cost, built_in.history.cost, rtol=1e-9)
    np.testing.assert_allclose(own.evaluate(), built_in.evaluate(), rtol=1e-9)


def test_patience_looks_at_the_cost_of_ones_own():
    network, X, Y = engine.kind_of("plain", rows=11)

    def worse_and_worse(y, predicted):
        calls.append(len(y))
        return np.full(len(y), float(len(calls)))

    calls = []
    training = trained(
        network,
        X,
        Y,
        own_cost=(worse_and_worse, slopes_of_squares),
        epochs=50,
        patience=3,
    )
    assert training.history.stopped.startswith("no improvement for 3 epochs")
    assert training.epoch == 4


def test_a_cost_of_ones_own_of_another_shape_is_refused():
    network, X, Y = engine.kind_of("plain", rows=11)
    with pytest.raises(ValueError, match=r"must give \(4,\) costs and \(4, 2\)"):
        trained(network, X, Y, own_cost=(squares, lambda y, _: y[:, :1]))


def test_other_rows_are_gone_on_with():
    network, X, Y = engine.kind_of("dropout", rows=20)
    settings = Settings(**OPTIONS | {"epochs": 5})
    rule = {"shuffle": 0}
    first = engine.training_on(network, X[:8], Y[:8], settings, rule=rule)
    again = first.copy()
    first.advance(2)
    second = engine.training_on(network.copy(), X[8:], Y[8:], settings).examples
    first.learn_from(second)
    assert first.at_epoch_end
    assert (first.iteration, first.iterations_per_epoch) == (2, 3)
    first.advance(3)
    # By hand: the same batches in the same order, one training of all rows.
    again.learn_from(engine.training_on(network.copy(), X, Y, settings).examples)
    again.advance(5)
    assert engine.bits(again.network.parameters) == engine.bits(network.parameters)
    assert first.plan.rule["shuffle"] == 0


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("kind", ["all", "dropout"])
def test_going_back_and_on_again_gives_the_same_bits(kind, optimizer):
    network, X, Y = engine.kind_of(kind, rows=11, dtype="float32")
    settings = Settings(
        optimizer=optimizer,
        learning_rate=0.01,
        batch_size=4,
        epochs=6,
        patience=3,
        snapshots=1,
        schedule="plateau",
        schedule_every=1,
        cost=engine.cost_of(network),
    )
    training = engine.training_on(network, X, Y, settings)
    training.advance(8)  # in the middle of an epoch
    moment, twin = training.state(), training.copy()
    training.advance(10)
    end = engine.end_of(training)
    assert end != engine.end_of(twin)
    training.restore(moment)
    assert training.iteration == 8
    for each in (training, twin):
        each.advance(10)
        assert engine.end_of(each) == end


def test_kernels_count_no_references_and_leak_none():
    network, X, Y = engine.kind_of("all", rows=9, dtype="float32")
    settings = Settings(**OPTIONS | {"cost": engine.cost_of(network), "epochs": 10**6})
    training = engine.training_on(network, X, Y, settings)
    state, work, order = training.arrays
    arrays = [*training.examples, *state, *work[1:], order, training.plan.layers]
    training.advance(3)
    network.outputs(*training.examples[:2])
    before = [sys.getrefcount(array) for array in arrays]
    for _ in range(300):
        training.advance(1)
        training.evaluate()
        network.outputs(*training.examples[:2])
    assert [sys.getrefcount(array) for array in arrays] == before


def test_a_divergence_on_other_rows_goes_back_to_where_they_came():
    network, X, Y = engine.kind_of("plain", rows=8)
    settings = Settings(**OPTIONS)
    training = engine.training_on(network, X, Y, settings)
    training.advance(5)
    before = network.parameters.copy()
    huge = engine.training_on(network.copy(), X, Y * 1e200, settings).examples
    training.learn_from(huge)
    with pytest.raises(DivergedError, match="at iteration 5 "):
        training.advance(1)
    assert training.iteration == 5
    assert engine.bits(network.parameters) == engine.bits(before)

"""Training: history, schedules, stopping, callbacks, snapshots, divergence, weights."""

from __future__ import annotations

import kernel_calls as engine
import numpy as np
import pytest

import walnet
from walnet.engine.driver import train
from walnet.engine.kernels.optimizers import OPTIMIZERS
from walnet.engine.settings import Settings
from walnet.engine.training import Training
from walnet.errors import DataError, DivergedError, HyperparameterError, ShapeError


def regression(rows=40, seed=0):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(rows, 3))
    return X, np.sin(X[:, 0]) + X[:, 1] * X[:, 2] + 0.1 * rng.normal(size=rows)


def network_of(dtype="float64", **options):
    return walnet.Network([3, 6, 1], dtype=dtype, seed=1, **options)


def trained(network=None, *, rows=40, **options):
    """Return a network trained on the regression, and its history."""
    network = network or network_of()
    X, y = regression(rows)
    return network, train(network, X, y, **options)


# History


def test_the_first_cost_is_the_random_networks():
    start, (X, y) = network_of(), regression()
    network, history = trained(iterations=20)
    assert history.cost[0] == pytest.approx(start.cost(X, y), rel=1e-12)
    gradients = start.back_propagate(X, y)
    norm = np.linalg.norm(gradients.flat)
    assert history.gradient_norm[0] == pytest.approx(norm, rel=1e-12)
    assert len(history) == len(history.cost) == len(history.learning_rate) == 20
    assert network.cost(X, y) < history.cost[-1] < history.cost[0]


def test_a_history_reads_as_a_sentence():
    _, history = trained(iterations=30)
    assert repr(history).startswith("History: 30 epochs, cost ")
    assert repr(history).endswith("; all 30 iterations done")
    columns = history.to_dict()
    assert set(columns) == {"cost", "gradient_norm", "learning_rate"}
    assert columns["cost"] == history.cost.tolist()
    assert repr(walnet.History()) == "History: nothing trained yet"


def test_numbers_have_no_accuracy_and_labels_have():
    _, history = trained(iterations=3)
    assert history.accuracy is None
    assert history.validation_cost is history.validation_accuracy is None
    X, y = walnet.datasets.moons(60, seed=0)
    network = walnet.Network([2, 4, 1], output="sigmoid", seed=0)
    before = ((network.feed_forward(X)[:, 0] > 0.5) == y).mean()
    history = train(network, X, y, iterations=1)
    assert history.accuracy[0] == pytest.approx(before)


def test_the_accuracy_of_classes_is_that_of_the_largest_output():
    X, labels = np.eye(3), [0, 1, 1]
    network = walnet.Network([3, 3], output="softmax", initializer="zeros")
    network.weights[0][:] = np.eye(3)
    cost = "categorical_cross_entropy"
    history = train(network, X, labels, cost=cost, iterations=1)
    assert history.accuracy[0] == pytest.approx(2 / 3)


def test_an_epochs_cost_is_the_mean_over_its_batches():
    X, y = regression(10)
    start = network_of()
    options = {"batch_size": 4, "shuffle": False, "learning_rate": 0.0}
    _, history = trained(start, rows=10, epochs=1, **options)
    assert history.iterations_per_epoch == 3
    assert history.cost[0] == pytest.approx(start.cost(X, y), rel=1e-12)


def test_validation_is_looked_at_after_the_epoch_and_never_learned():
    X, y = regression(30, seed=5)
    network, history = trained(iterations=7, validation=(X, y))
    assert len(history.validation_cost) == 7
    assert history.validation_cost[-1] == pytest.approx(network.cost(X, y), rel=1e-12)
    without, _ = trained(iterations=7)
    assert without == network


# Learning rates


SCHEDULED = {
    # name: (settings, the factor at iteration t of two an epoch, 16 in all)
    "constant": ({}, lambda t: t**0.0),
    "step": ({"schedule": "step"}, lambda t: 0.5 ** (t // 2 // 3)),
    "exponential": ({"schedule": "exponential"}, lambda t: 0.5 ** (t / 2 / 3)),
    "cosine": ({"schedule": "cosine"}, lambda t: (1 + np.cos(np.pi * t / 16)) / 2),
    "warm-up": ({"warm_up": 4}, lambda t: min(1, (t + 1) / 8)),
    "step after a warm-up": (
        {"schedule": "step", "warm_up": 2},
        lambda t: 0.5 ** (t // 2 // 3) * min(1, (t + 1) / 4),
    ),
}


@pytest.mark.parametrize("name", SCHEDULED)
def test_schedules_are_their_formulas(name):
    options, formula = SCHEDULED[name]
    _, history = trained(
        batch_size=20, epochs=8, learning_rate=0.3, schedule_every=3, **options
    )
    last_iterations = np.arange(1, 16, 2)  # of two an epoch
    wanted = [0.3 * formula(t) for t in last_iterations]
    np.testing.assert_allclose(history.learning_rate, wanted, rtol=1e-12)


def test_a_plateau_lowers_the_rate():
    # Validation data that learning makes worse: no epoch after the first is better.
    X, y = regression()
    _, history = trained(
        iterations=8,
        learning_rate=0.1,
        schedule="plateau",
        schedule_every=3,
        schedule_factor=0.1,
        validation=(X, -50 * y),
        min_improvement=1e9,
    )
    rates = [0.1, 0.1, 0.1, 0.1, 0.01, 0.01, 0.01, 0.001]
    np.testing.assert_allclose(history.learning_rate, rates, rtol=1e-12)


def test_a_callback_changes_the_learning_rate():
    def halve(training):
        seen.append((training.epoch, len(training.history)))
        training.learning_rate /= 2

    seen = []
    network, history = trained(
        epochs=4, batch_size=20, learning_rate=0.4, callback=halve
    )
    np.testing.assert_allclose(history.learning_rate, [0.4, 0.2, 0.1, 0.05])
    assert seen == [(1, 1), (2, 2), (3, 3), (4, 4)]
    by_hand = Training(network_of(), *regression(), Settings(epochs=4, batch_size=20))
    for rate in (0.4, 0.2, 0.1, 0.05):
        by_hand.learning_rate = rate
        by_hand.advance(2)
    assert by_hand.network == network


@pytest.mark.parametrize("rate", [-0.1, np.nan, np.inf, "fast", None])
def test_a_callback_cannot_set_a_rate_that_is_none(rate):
    def change(training):
        training.learning_rate = rate

    with pytest.raises(HyperparameterError, match=r"learning_rate must be .*, got"):
        trained(epochs=3, callback=change)


def test_learning_rate_zero_changes_nothing():
    for optimizer in OPTIMIZERS:
        network, _ = trained(iterations=5, learning_rate=0, optimizer=optimizer)
        assert network == network_of()


# Stopping


def test_training_stops_below_a_cost():
    _, long = trained(iterations=60)
    goal = (long.cost[29] + long.cost[30]) / 2
    _, history = trained(iterations=60, stop_cost=goal)
    assert len(history) == 31
    assert history.stopped == f"the cost fell below {goal:g}"
    assert engine.bits(history.cost) == engine.bits(long.cost[:31])


def test_training_stops_at_an_accuracy():
    X, y = walnet.datasets.moons(100, noise=0.05, seed=0)
    network = walnet.Network([2, 8, 1], output="sigmoid", seed=0)
    options = {"learning_rate": 2.0, "iterations": 3000, "stop_accuracy": 0.95}
    history = train(network, X, y, **options)
    assert history.stopped == "the accuracy reached 0.95"
    assert history.accuracy[-1] >= 0.95
    assert (history.accuracy[:-1] < 0.95).all()


def test_early_stopping_waits_and_brings_the_best_back():
    X, y = regression(15, seed=9)
    options = {"learning_rate": 0.3, "validation": (X, y)}
    network, history = trained(iterations=3000, patience=20, **options)
    best = int(np.argmin(history.validation_cost))
    assert history.best_epoch == best
    assert len(history) == best + 1 + 20 < 3000
    assert history.stopped == (
        f"no improvement for 20 epochs; the parameters of epoch {best} are kept"
    )
    assert network.cost(X, y) == pytest.approx(history.validation_cost[best], rel=1e-12)
    again, _ = trained(iterations=best + 1, **options)
    assert again == network


def test_early_stopping_without_validation_data_looks_at_the_cost():
    _, history = trained(
        iterations=500, patience=3, min_improvement=1e9, learning_rate=0.01
    )
    assert len(history) == 4
    assert history.best_epoch == 0


def test_the_best_parameters_are_those_of_the_lowest_cost():
    # A rate at which the cost goes up and down.
    X, y = regression()
    network, history = trained(iterations=200, patience=10, learning_rate=0.5)
    costs = history.cost[1:]  # of the parameters after each epoch but the last
    assert (np.diff(costs) > 0).any()
    assert network.cost(X, y) == pytest.approx(costs.min(), rel=1e-12)
    assert history.best_epoch == costs.argmin()


def test_a_callback_stops():
    def stop(training):
        if training.epoch == 3:
            training.stop("seen enough")

    _, history = trained(iterations=100, callback=stop)
    assert len(history) == 3
    assert history.stopped == "seen enough"
    assert repr(history).endswith("; seen enough")


def test_an_error_in_a_callback_comes_through():
    def fail(training):
        raise LookupError(training.epoch)

    with pytest.raises(LookupError, match="1"):
        trained(iterations=10, callback=fail)


# Snapshots and going back


def test_snapshots_are_the_parameters_after_so_many_epochs():
    _, history = trained(epochs=7, batch_size=10, snapshots=3)
    assert list(history.snapshots) == [3, 6]
    for epochs, parameters in history.snapshots.items():
        network, _ = trained(epochs=epochs, batch_size=10)
        assert engine.bits(network.parameters) == engine.bits(parameters)


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_rewind_and_replay_gives_the_same_bits(optimizer):
    settings = Settings(
        optimizer=optimizer,
        learning_rate=0.01,
        batch_size=7,
        epochs=6,
        dropout=0.2,
        patience=2,
        snapshots=1,
    )
    training = Training(network_of(), *regression(), settings)
    training.advance(9)  # in the middle of an epoch
    moment = training.state()
    training.advance(12)
    end = engine.bits(training.network.parameters, training.history.rows())
    training.restore(moment)
    assert training.iteration == 9
    assert len(training.history) == 1
    training.advance(12)
    assert engine.bits(training.network.parameters, training.history.rows()) == end


# Divergence


def diverging(**options):
    X, y = regression()
    network = network_of(activation="relu", **options)
    return network, X * 3, y * 10


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("batch_size", [40, 15])
@pytest.mark.parametrize("callback", [None, id])
def test_divergence_names_the_iteration_and_keeps_the_last_good(
    dtype, batch_size, callback
):
    network, X, y = diverging(dtype=dtype)
    options = {"learning_rate": 1e3, "batch_size": batch_size}
    with pytest.raises(DivergedError) as caught:
        train(network, X, y, iterations=500, callback=callback, **options)
    bad = caught.value.iteration
    assert bad > 0
    assert 1 <= caught.value.layer <= 2
    message = str(caught.value)
    assert f"at iteration {bad} (layer {caught.value.layer} of 2)" in message
    assert "learning rate of 1000" in message
    assert "try a learning rate of 100" in message
    again, _, _ = diverging(dtype=dtype)
    train(again, X, y, iterations=bad - 1, **options)
    assert engine.bits(network.parameters) == engine.bits(again.parameters)
    assert np.isfinite(network.parameters).all()


def test_a_training_that_diverged_stays_where_it_was():
    network, X, y = diverging()
    settings = Settings(learning_rate=1e3, iterations=500, snapshots=1)
    training = Training(network, X, y, settings)
    with pytest.raises(DivergedError) as caught:
        training.advance(500)
    assert training.finished
    assert training.history.diverged
    assert training.history.stopped == str(caught.value)
    kept = caught.value.iteration - 1
    assert training.iteration == len(training.history) == kept
    assert training.history.iterations == kept
    assert list(training.history.snapshots) == list(range(1, kept + 1))
    assert np.isfinite(training.history.rows()[:, :4]).all()
    training.advance(10)
    assert training.iteration == kept


def test_a_first_cost_that_is_infinite_changes_nothing():
    network = network_of(dtype="float32")
    before = engine.bits(network.parameters)
    with pytest.raises(DivergedError, match="at iteration 0"):
        train(network, np.ones((4, 3)), np.full(4, 1e38), iterations=5)
    assert engine.bits(network.parameters) == before


def test_the_layer_is_that_of_the_batch_that_failed():
    X = np.ones((40, 3))
    X[25:30] = 1e30  # its square, the cost, is too large for float32
    X[33] = 3e38
    settings = Settings(batch_size=10, shuffle=False, learning_rate=0, epochs=2)
    network = walnet.Network([3, 4, 1], activation="identity")
    network.parameters[:] = 1
    training = Training(network, X[:30], np.ones(30), settings)
    with pytest.raises(DivergedError, match="at iteration 2 ") as caught:
        training.advance(3)
    assert caught.value.layer == 2  # the last one: only the cost has overflowed
    training = Training(network, X[[*range(20), *range(30, 40)]], np.ones(30), settings)
    with pytest.raises(DivergedError, match="at iteration 2 ") as caught:
        training.advance(3)
    assert caught.value.layer == 1


def test_the_last_update_of_all_is_watched_too():
    # An update's cost is that of the next iteration, which the last one has not.
    network, X, y = diverging(dtype="float32")
    before = engine.bits(network.parameters)
    with pytest.raises(DivergedError, match="at iteration 1 "):
        train(network, X, y, iterations=1, learning_rate=1e38)
    assert engine.bits(network.parameters) == before


def test_a_gradient_can_be_shortened_before_it_diverges():
    network, X, y = diverging()
    history = train(network, X, y, learning_rate=0.05, clip_norm=1.0, iterations=200)
    assert np.isfinite(history.cost).all()
    assert history.cost[-1] < history.cost[0]
    assert history.gradient_norm.max() > 1  # what is recorded is not shortened


# Weights of examples


def test_weights_of_one_are_no_weights_to_the_bit():
    for options in ({}, {"batch_size": 7, "optimizer": "adam"}):
        plain, history = trained(epochs=5, **options)
        weighted, other = trained(epochs=5, sample_weight=np.ones(40), **options)
        assert engine.bits(plain.parameters) == engine.bits(weighted.parameters)
        assert engine.bits(history.cost) == engine.bits(other.cost)


@pytest.mark.parametrize(("dtype", "bound"), [("float64", 1e-12), ("float32", 1e-6)])
def test_weight_zero_is_an_absent_row(dtype, bound):
    X, y = regression()
    w = np.ones(40)
    w[[0, 7, 39]] = 0
    weighted, without = network_of(dtype), network_of(dtype)
    history = train(weighted, X, y, sample_weight=w, iterations=50)
    other = train(without, X[w > 0], y[w > 0], iterations=50)
    difference = abs(weighted.parameters - without.parameters).max()
    assert difference <= bound * abs(without.parameters).max()
    np.testing.assert_allclose(history.cost, other.cost, rtol=10 * bound)


def test_a_whole_weight_is_as_many_copies():
    X, y = regression(10)
    w = np.arange(1, 11)
    weighted, copied = network_of(), network_of()
    train(weighted, X, y, sample_weight=w, iterations=30)
    train(copied, np.repeat(X, w, axis=0), np.repeat(y, w), iterations=30)
    np.testing.assert_allclose(weighted.parameters, copied.parameters, rtol=1e-9)


@pytest.mark.parametrize(
    ("weights", "words"),
    [
        (np.full(40, -1.0), "not negative, got -1.0 for example 0"),
        (np.where(np.arange(40) == 5, np.nan, 1), "got nan for example 5"),
        (np.where(np.arange(40) == 9, np.inf, 1), "got inf for example 9"),
        (np.zeros(40), "must not be zero for every example"),
        (["a"] * 40, "sample_weight must hold numbers"),
    ],
)
def test_what_is_no_weight_is_refused(weights, words):
    with pytest.raises(DataError, match=words):
        trained(sample_weight=weights, iterations=1)


def test_one_weight_an_example():
    with pytest.raises(ShapeError, match=r"shape \(40,\), one weight for each"):
        trained(sample_weight=np.ones(39), iterations=1)


def test_a_batch_of_weight_zero_is_no_harm():
    w = np.r_[np.zeros(10), np.ones(30)]
    options = {"batch_size": 10, "shuffle": False, "epochs": 3}
    network, history = trained(sample_weight=w, **options)
    assert np.isfinite(network.parameters).all()
    assert np.isfinite(history.cost).all()


# Dropout


def test_dropout_changes_training_and_no_prediction():
    X, _ = regression()
    plain, _ = trained(iterations=5)
    dropped, _ = trained(iterations=5, dropout=0.5)
    again, _ = trained(iterations=5, dropout=0.5)
    other_seed, _ = trained(iterations=5, dropout=0.5, seed=1)
    none, _ = trained(iterations=5, dropout=0.0)
    assert dropped == again != other_seed
    assert dropped != plain == none
    assert engine.bits(dropped.feed_forward(X)) == engine.bits(dropped.feed_forward(X))


def test_dropout_means_the_same_in_expectation():
    # One identity layer: the cost's part that is linear in the mask has mean zero, so
    # the mean of the updates over many masks is that of ridge-like noise, never biased
    # in the output bias, whose gradient is linear in the mask.
    X, y = regression()
    start = walnet.Network([3, 6, 1], activation="identity", dtype="float64", seed=1)
    wanted = start.back_propagate(X, y).db[1][0]
    steps = []
    for seed in range(200):
        network = start.copy()
        options = {"dropout": 0.3, "learning_rate": 1.0, "iterations": 1, "seed": seed}
        train(network, X, y, **options)
        steps.append(start.biases[1][0] - network.biases[1][0])
    error = np.std(steps) / np.sqrt(len(steps))
    assert abs(np.mean(steps) - wanted) < 5 * error
    assert error > 0


def test_one_rate_of_dropout_for_each_hidden_layer():
    with pytest.raises(HyperparameterError, match="each of the 1 hidden layers; got 2"):
        trained(dropout=(0.1, 0.2), iterations=1)


# Sizes and threads


def test_a_batch_larger_than_the_data_is_all_of_it():
    whole, _ = trained(epochs=3)
    larger, history = trained(epochs=3, batch_size=1000)
    assert whole == larger
    assert history.iterations_per_epoch == 1


def test_no_iterations_are_no_iterations():
    network, history = trained(iterations=0)
    assert network == network_of()
    assert len(history) == 0
    assert history.stopped == "all 0 iterations done"


@pytest.mark.parametrize("options", [{}, {"batch_size": 850}, {"dropout": 0.5}])
def test_one_thread_or_two_give_the_same_bits(options):
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(1800, 100)), rng.integers(0, 10, 1800)
    networks, histories = [], []
    for threads in (1, 2):
        network = walnet.Network([100, 300, 10], output="softmax", seed=0)
        settings = Settings(
            cost="categorical_cross_entropy",
            optimizer="adam",
            learning_rate=0.01,
            epochs=2,
            threads=threads,
            **options,
        )
        training = Training(network, X, y, settings)
        assert len(training._workspaces) == threads
        assert training.plan.rule["shards"] > 1
        training.advance(training.total)
        training.close()
        networks.append(network)
        histories.append(training.history.rows()[:, :4])
    assert engine.bits(networks[0].parameters) == engine.bits(networks[1].parameters)
    assert engine.bits(histories[0]) == engine.bits(histories[1])


def test_a_copy_goes_its_own_way():
    training = Training(network_of(), *regression(), Settings(batch_size=9))
    training.advance(7)
    twin = training.copy()
    twin.advance(5)
    assert (training.iteration, twin.iteration) == (7, 12)
    training.advance(5)
    assert training.network == twin.network
    assert engine.bits(training.history.cost) == engine.bits(twin.history.cost)


def test_an_accuracy_to_stop_at_needs_labels():
    X, y = np.eye(3), [1.0, 2.5, 3.0]
    with pytest.raises(HyperparameterError, match="stop_cost instead"):
        Training(walnet.Network([3, 1]), X, y, Settings(stop_accuracy=0.9))

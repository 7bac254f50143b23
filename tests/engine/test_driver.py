"""Who watches a training sees every epoch begin and end, once."""

from __future__ import annotations

import signal

import numpy as np
import pytest

import walnet
from walnet.engine.driver import Driver, Watcher


class Notes(Watcher):
    """Writes down what it sees; a signal comes where it is asked to send one."""

    def __init__(self, send_at: str = "") -> None:
        self.seen, self.send_at = [], send_at

    def note(self, what, training):
        self.seen.append((what, training.epoch))
        if what == self.send_at:
            signal.raise_signal(signal.SIGINT)

    def resume(self, training):
        self.note("resume", training)

    def begin_epoch(self, training):
        self.note("begin", training)

    def end_epoch(self, training):
        self.note("end", training)
        if training.epoch == 4:
            training.stop("four are enough")


def training_of(iterations=100):
    X, y = walnet.datasets.moons(60, seed=0)
    network = walnet.Network([2, 4, 1], output="sigmoid", seed=0)
    settings = walnet.Settings(iterations=iterations, batch_size=20)
    return walnet.Training(network, X, y, settings)


@pytest.fixture
def _signals_are_noted():
    """SIGINT raises nothing, as where a program has a handler of its own."""
    before = signal.signal(signal.SIGINT, lambda *_: None)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("_signals_are_noted")
@pytest.mark.parametrize("send_at", ["", "begin", "end"])
def test_each_epoch_begins_and_ends_once_whatever_signals_come(send_at):
    watcher, training = Notes(send_at), training_of()
    Driver(training, watcher).run()
    assert watcher.seen[0] == ("resume", 0)
    assert watcher.seen[1::2] == [("begin", epoch) for epoch in range(4)]
    assert watcher.seen[2::2] == [("end", epoch) for epoch in range(1, 5)]
    assert training.history.stopped == "four are enough"
    undisturbed = training_of()
    Driver(undisturbed, Notes()).run()
    mine, other = training.network, undisturbed.network
    np.testing.assert_array_equal(mine.parameters, other.parameters)


def test_a_function_is_called_after_each_epoch():
    epochs, training = [], training_of(iterations=8)
    Driver(training, lambda each: epochs.append(each.epoch)).run()
    assert epochs == [1, 2]  # the third is not complete
    assert training.iteration == 8

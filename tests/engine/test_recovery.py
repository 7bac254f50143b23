"""What is held to bring a training back that has diverged."""

from __future__ import annotations

import kernel_calls as engine
import numpy as np

import walnet
from walnet.engine.recovery import Recovery
from walnet.engine.settings import Settings
from walnet.engine.training import Training


def small_training():
    X, y = walnet.datasets.moons(100, seed=0)
    network = walnet.Network([2, 3, 1], output="sigmoid", seed=0)
    settings = Settings(optimizer="adam", learning_rate=0.1, iterations=20)
    return Training(network, X, y, settings)


def test_a_state_can_be_written_to_the_memory_of_an_earlier_one():
    training = small_training()
    first = training.state()
    training.advance(3)
    kept, moment = (first.parameters, first.memory), training.state(spare=first)
    assert moment.parameters is kept[0]
    assert moment.memory is kept[1]
    after = engine.end_of(training)
    training.advance(3)
    training.restore(moment)
    assert engine.end_of(training) == after


def test_the_older_of_two_states_is_given_away():
    training, recovery, states = small_training(), Recovery(), []
    for _ in range(3):
        states.append(training.state(recovery.spare()))
        recovery.hold(states[-1], np.zeros((2, 3)))
        training.advance(2)
    assert states[2].parameters is states[0].parameters
    assert states[1].parameters is not states[0].parameters
    found, _ = recovery.before(4)
    assert found is states[1]

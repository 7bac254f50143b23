"""What is waited for is said: once, by the outermost wait, in Python as elsewhere."""

from __future__ import annotations

import threading
import time

import numpy as np
import pytest

import walnet
from walnet import waiting
from walnet.inspection.importance import permutation_importance
from walnet.waiting import known_wait, waiting_for

ROWS = {"size": list(np.linspace(0, 1, 40)), "kind": ["nut", "egg"] * 20}


@pytest.fixture
def at_once(monkeypatch):
    """Let it be said at once what is waited for."""
    monkeypatch.setattr(waiting, "_LONG", 0.0)


def test_the_outermost_wait_is_said_once(at_once):
    said, outer = [], threading.Event()

    def say(what):
        said.append(what)
        outer.set()

    with waiting_for("one", say):
        with waiting_for("two", say):
            assert outer.wait(60)
        with waiting_for("three", say):
            pass
    assert said == ["one"]


def test_nothing_is_said_where_it_is_known_what_is_waited_for(at_once):
    with known_wait(), waiting_for("one", pytest.fail):
        threads = [each.name for each in threading.enumerate()]
        assert not any("Timer" in name for name in threads)


@pytest.mark.parametrize("verbose", [False, True])
def test_an_ensemble_says_that_it_learns_unless_it_shows_how_far(
    at_once, capsys, verbose
):
    text = ""

    def look(training):
        nonlocal text
        if not training.finished and not verbose and not text:
            deadline = time.monotonic() + 60
            while not text and time.monotonic() < deadline:
                text += capsys.readouterr().err

    model = walnet.TabularClassifier(preset="fast", max_iter=2, verbose=verbose)
    model.set_params(callbacks=look).fit(ROWS, "kind")
    text += capsys.readouterr().err
    said = "walnet: TabularClassifier learns (verbose=True shows how far) …\n"
    assert (said in text) is (not verbose)


def test_a_search_for_what_matters_is_said(at_once, capsys):
    def predict(_):
        while not said:
            said.append(capsys.readouterr().err)
            said[:] = filter(None, said)
        return np.zeros(40)

    said = []
    permutation_importance(predict, np.zeros((40, 2)), np.zeros(40), repeats=1)
    assert said[0].startswith("walnet: working out which columns matter")

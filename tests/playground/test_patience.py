"""What takes long is said, and taken back when it is over."""

from __future__ import annotations

import threading

import pytest
from walnet.playground.slow_notice import notify_when_slow


def test_what_takes_long_is_said_and_taken_back():
    said, heard = [], threading.Event()

    def say(sentence):
        said.append(sentence)
        heard.set()

    with notify_when_slow(say, "Wait.", seconds=0.01):
        assert heard.wait(30)
        assert said == ["Wait."]
    assert said == ["Wait.", ""]


def test_what_is_quick_is_not_spoken_of():
    said = []
    with notify_when_slow(said.append, "Wait.", seconds=600):
        pass
    assert said == []


def test_what_fails_is_taken_back_too():
    said, heard = [], threading.Event()

    def say(sentence):
        said.append(sentence)
        heard.set()

    def fail():
        assert heard.wait(30)
        raise ValueError("broken")

    with (
        pytest.raises(ValueError, match="broken"),
        notify_when_slow(say, "Wait.", 0.01),
    ):
        fail()
    assert said == ["Wait.", ""]

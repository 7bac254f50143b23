"""Saying what is going on when something takes longer than a moment."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from walnet.waiting import later

PATIENCE_SECONDS = 0.7


@contextmanager
def notify_when_slow(
    say: Callable[[str], None], sentence: str, seconds: float = PATIENCE_SECONDS
) -> Iterator[None]:
    """Say a sentence if the block takes long, and take it back at its end then."""
    said = threading.Event()

    def begin() -> None:
        said.set()
        say(sentence)

    try:
        with later(seconds, begin) as timer:
            yield
    finally:
        timer.join()  # or what it says could come after the end
        if said.is_set():
            say("")

"""Saying what is waited for, where that takes longer than two seconds."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

LONG = 2.0
"""Seconds of waiting after which it is said what for."""


@contextmanager
def later(seconds: float, call: Callable[[], object]) -> Iterator[threading.Timer]:
    """Call a function after some seconds, in a thread, unless the block ends before.

    Examples
    --------
    >>> with later(60.0, lambda: print("still waiting ...")):
    ...     pass
    """
    timer = threading.Timer(seconds, call)
    timer.daemon = True
    timer.start()
    try:
        yield timer
    finally:
        timer.cancel()


def _print(text: str) -> None:
    """Print a sentence where it is no part of what a program puts out."""
    sys.stderr.write(f"{text}\n")


class Notice:
    """A sentence that is said once, if what it is about takes long.

    Parameters
    ----------
    text : str
        The sentence.

    Attributes
    ----------
    say : callable
        Who says it: by default it goes to the standard error output.

    Examples
    --------
    >>> notice = Notice("Looking for walnuts …")
    >>> notice.say = print
    >>> notice.begin(0.0)
    >>> notice.wait()
    Looking for walnuts …
    >>> notice.end()
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self.say: Callable[[str], None] = _print
        self._under_way, self._is_said = 0, False
        self._lock = threading.Lock()
        self._timer: threading.Timer | None = None

    def begin(self, seconds: float = LONG) -> None:
        """Note that something has begun, which may be one of several at a time."""
        with self._lock:
            self._under_way += 1
            if self._timer is None and not self._is_said:
                self._timer = threading.Timer(seconds, self._say_if_under_way)
                self._timer.daemon = True
                self._timer.start()

    def end(self) -> None:
        """Note that it is over."""
        with self._lock:
            self._under_way = max(self._under_way - 1, 0)

    def wait(self) -> None:
        """Wait until the sentence has been said, or need not be."""
        if self._timer is not None:
            self._timer.join()

    def _say_if_under_way(self) -> None:
        """Say it, unless all is over; what follows is timed anew."""
        with self._lock:
            self._timer = None
            is_due = self._under_way > 0 and not self._is_said
            self._is_said |= is_due
        if is_due:
            self.say(self.text)


compiling = Notice("Compiling the kernels, once on this machine: some forty seconds …")
"""Said while kernels are compiled, and not while they are loaded."""

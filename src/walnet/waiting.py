"""Saying what is waited for, where that takes long."""

from __future__ import annotations

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

"""Saying what is waited for, where that takes long."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_LONG = 2.0  # seconds of waiting after which it is said what for
_under_way: ContextVar[bool] = ContextVar("under_way", default=False)


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


@contextmanager
def known_wait() -> Iterator[None]:
    """Let nothing be said within the block: whoever waits is told in another way."""
    token = _under_way.set(True)
    try:
        yield
    finally:
        _under_way.reset(token)


@contextmanager
def waiting_for(
    what: str, say: Callable[[str], object] | None = None
) -> Iterator[None]:
    """Say what is waited for, if the block takes longer than two seconds.

    Of waits within each other the outermost one is said, and nothing within
    `known_wait`.

    Parameters
    ----------
    what : str
        What is done.
    say : callable, optional
        Takes the text; by default it is printed on the standard error output.

    Examples
    --------
    >>> with waiting_for("counting"):
    ...     total = sum(range(1000))
    """
    if _under_way.get():
        yield
        return
    with known_wait(), later(_LONG, lambda: (say or _print)(what)):
        yield


def _print(what: str) -> None:
    """Print what is waited for."""
    print(f"walnet: {what} …", file=sys.stderr, flush=True)  # noqa: T201

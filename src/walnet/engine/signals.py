"""Ctrl-C and its like, held back while something is half done."""

from __future__ import annotations

import os
import signal
import sys
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType

_HELD_BACK: tuple[int, ...] = (signal.SIGINT, signal.SIGTERM)
_blocks: list[list[int]] = []  # what has come in each block of the main thread


@contextmanager
def signals_wait() -> Iterator[list[int]]:
    """Hold signals back until the end of the block; yields those that came.

    Python would run their handlers, and so raise KeyboardInterrupt, in the middle of
    the block: between the update of the parameters and that of the history, say. The
    same signal a second time does not wait. Only the main thread gets signals.
    """
    arrived: list[int] = []
    handlers = {}
    if _in_main_thread():
        found = {number: signal.getsignal(number) for number in _HELD_BACK}
        handlers = {n: handler for n, handler in found.items() if callable(handler)}

    def hold(number: int, frame: FrameType | None) -> None:
        if number in arrived:
            handlers[number](number, frame)
        arrived.append(number)

    try:
        for number in handlers:
            signal.signal(number, hold)
        _blocks.append(arrived)
        yield arrived
    finally:
        _blocks[:] = [block for block in _blocks if block is not arrived]
        for number, handler in handlers.items():
            signal.signal(number, handler)
        for number in arrived:
            handlers[number](number, None)


def until_signalled(goes_on: Callable[[], bool], step: Callable[[], object]) -> None:
    """Do steps as long as it goes on; stop between two of them where a signal comes.

    Its handler runs when the last step is done, and may raise.
    """
    with signals_wait() as arrived:
        while goes_on() and not arrived:
            step()


@contextmanager
def first_ctrl_c(stop: Callable[[], object]) -> Iterator[None]:
    """Let the first Ctrl-C in the block call a function; the next ones interrupt.

    What the main thread waits for goes on meanwhile. Where Ctrl-C is dealt with
    already, that stays.
    """
    default = signal.default_int_handler
    if not _in_main_thread() or signal.getsignal(signal.SIGINT) is not default:
        yield
        return

    def first(_number: int, _frame: FrameType | None) -> None:
        signal.signal(signal.SIGINT, default)
        stop()

    signal.signal(signal.SIGINT, first)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, default)


def signals_pending() -> bool:
    """Tell whether a signal has come that a block around the caller holds back."""
    return _in_main_thread() and any(_blocks)


@contextmanager
def termination_raises() -> Iterator[None]:
    """Let SIGTERM raise SystemExit(143) in the block, unless it is dealt with already.

    By itself it ends the process at once, with no time to write anything.
    """
    if not _in_main_thread() or signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL:
        yield
        return
    signal.signal(signal.SIGTERM, _leave)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)


def is_process(number: int) -> bool:
    """Tell whether there is a process of a number on this machine."""
    try:
        os.kill(number, 0)  # which is no signal
    except ProcessLookupError:
        return False
    except PermissionError:
        pass  # it is somebody else's
    return True


def _in_main_thread() -> bool:
    return threading.current_thread() is threading.main_thread()


def _leave(number: int, _: FrameType | None) -> NoReturn:
    """Leave with the exit code that shells show for a process ended by a signal."""
    sys.exit(128 + number)

"""Turns at the processor: as many threads work at once as there are cores to work on.

Where many pages train at once, each thread waits for its turn in the order of asking,
so that every page keeps moving and the server's own thread is never crowded out.
"""

from __future__ import annotations

import os
import threading
from collections import deque
from types import TracebackType


class Turns:
    """A context that so many threads are in at once, first come, first served.

    Parameters
    ----------
    places : int, optional
        How many; as many as the machine has cores where not given.
    """

    def __init__(self, places: int | None = None) -> None:
        self._free = places or os.cpu_count() or 1
        self._guard = threading.Lock()
        self._waiting: deque[threading.Event] = deque()

    @property
    def waiting(self) -> int:
        """How many wait for their turn."""
        return len(self._waiting)

    def __enter__(self) -> None:
        with self._guard:
            if self._free > 0:
                self._free -= 1
                return
            turn = threading.Event()
            self._waiting.append(turn)
        turn.wait()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with self._guard:
            # The place is handed on: who comes later cannot slip in between.
            if self._waiting:
                self._waiting.popleft().set()
            else:
                self._free += 1

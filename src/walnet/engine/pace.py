"""How long epochs take, and how many of them a time limit leaves."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

_EPOCHS_TO_COOL = 3


@dataclass
class Pace:
    """Epochs against the clock.

    Attributes
    ----------
    epochs : int
        Epochs of the whole training, as planned.
    deadline : float or None
        The time, of `time.monotonic`, to have finished by.
    """

    epochs: int
    deadline: float | None = None
    _seconds: float = 0.0  # of an epoch
    _done: int = 0
    _last: float = field(default_factory=time.monotonic)

    def cool_down(self, done: int) -> None:
        """Plan for a few more epochs only, in which the schedule comes to its end."""
        self.epochs = min(self.epochs, done + _EPOCHS_TO_COOL)

    def begin(self) -> None:
        """Note that training goes on now."""
        self._last = time.monotonic()

    def epochs_left(self, done: int) -> int:
        """Return how many epochs can follow, after one that has just ended.

        An epoch is expected to take as long as the last ones, or almost as long as the
        longest.
        """
        now = time.monotonic()
        took = (now - self._last) / max(done - self._done, 1)
        self._last, self._done = now, done
        self._seconds = max(took, 0.8 * self._seconds + 0.2 * took)
        left = self.epochs - done
        if self.deadline is None:
            return left
        return min(left, int((self.deadline - now) / max(self._seconds, 1e-9)))

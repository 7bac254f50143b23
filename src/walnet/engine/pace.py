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
    seconds : float
        That an epoch is expected to take; 0 before that is known.
    """

    epochs: int
    deadline: float | None = None
    seconds: float = 0.0
    _last: float = field(default_factory=time.monotonic)
    _first: int = 0

    def cool_down(self, done: int) -> None:
        """Plan for a few more epochs only, in which the schedule comes to its end."""
        self.epochs = min(self.epochs, done + _EPOCHS_TO_COOL)

    def begin(self, iteration: int) -> None:
        """Note that training goes on now, from an iteration on."""
        self._last, self._first = time.monotonic(), iteration

    def end_epochs(self, epochs: int, iteration: int) -> None:
        """Note how long some epochs took that have just ended.

        The next is expected to take as long, or almost as long as the longest.
        """
        took = (time.monotonic() - self._last) / epochs
        self.seconds = max(took, 0.8 * self.seconds + 0.2 * took)
        self.begin(iteration)

    def epochs_left(self, done: int) -> int:
        """Return how many epochs can follow on those that are done."""
        left = self.epochs - done
        if self.deadline is None or not self.seconds:
            return left
        return min(left, int((self.deadline - time.monotonic()) / self.seconds))

    def iterations_left(self, iteration: int) -> int:
        """Return how many iterations there is time for, in the middle of an epoch.

        Each is expected to take as long as those since the epoch or the call began.
        """
        now = time.monotonic()
        if self.deadline is None or now >= self.deadline:
            return 0
        took = max(now - self._last, 1e-9)
        return int((self.deadline - now) * (iteration - self._first) / took)

"""What training recorded of every epoch of a run, wherever the run stands now."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from walnet.engine.history import COLUMNS
from walnet.playground.messages import LOGGED_EPOCHS

Doubles = NDArray[np.float64]
RECORDED = COLUMNS[:4]


class EpochLog:
    """Rows of `RECORDED` by epoch: of every one, or of every 2nd, 4th … of many.

    A run is gone back and forth in, so rows are kept by their epoch and those of epochs
    that are trained again are overwritten.

    Attributes
    ----------
    stride : int
        Of so many epochs one is kept.
    """

    def __init__(self) -> None:
        self.stride = 1
        self._rows = np.full((16, len(RECORDED)), np.nan)

    def note(self, first: int, rows: Doubles) -> None:
        """Take down the rows of consecutive epochs, the first of which is given."""
        epochs = first + np.arange(len(rows))
        while len(epochs) and epochs[-1] // self.stride >= LOGGED_EPOCHS:
            self._rows = self._rows[::2].copy()
            self.stride *= 2
        kept = epochs % self.stride == 0
        places = epochs[kept] // self.stride
        if len(places):
            self._make_room(int(places[-1]) + 1)
            self._rows[places] = rows[kept, : len(RECORDED)]

    def until(self, epochs: int) -> tuple[NDArray[np.int64], Doubles]:
        """Return the numbers, from 1, of the epochs kept of so many, and their rows."""
        count = min(-(-epochs // self.stride), len(self._rows))
        numbers = 1 + self.stride * np.arange(count)
        return numbers, self._rows[:count]

    def _make_room(self, length: int) -> None:
        if length > len(self._rows):
            grown = np.full((max(length, 2 * len(self._rows)), len(RECORDED)), np.nan)
            grown[: len(self._rows)] = self._rows
            self._rows = grown

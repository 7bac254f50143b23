"""One moment of a training."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from walnet.engine.early_stopping import Best, EarlyStopping
    from walnet.engine.schedules import Clock


@dataclass
class TrainingState:
    """One moment of a training, to go back to or go on from.

    Attributes
    ----------
    parameters : ndarray of shape (n_parameters,)
        All that is learned.
    statistics : ndarray of shape (2, neurons)
        Running means and variances, where the network normalises its layers.
    memory : ndarray of shape (memory · n_parameters,)
        The optimizer's.
    counters : ndarray of shape (4,)
        Iterations, epochs and batches done; the epoch whose order is laid out.
    sums : ndarray of shape (5,)
        Cost, hits, weight, gradient norm and iterations of the epoch under way.
    epochs : int
        Epochs recorded in the history.
    learning_rate : float
        Before any schedule.
    plateau : float
        The factor of a plateau schedule.
    clock : Clock
        Training time.
    stopping : EarlyStopping
        Lowest cost, and epochs without improvement.
    best : Best or None
        Parameters of the best epoch, where `patience` is set.
    """

    parameters: np.ndarray
    statistics: np.ndarray
    memory: np.ndarray
    counters: np.ndarray
    sums: np.ndarray
    epochs: int
    learning_rate: float
    plateau: float
    clock: Clock
    stopping: EarlyStopping
    best: Best | None = None

    @property
    def iteration(self) -> int:
        """Updates done."""
        return int(self.counters[0])


def copied(array: np.ndarray, spare: np.ndarray | None) -> np.ndarray:
    """Return a copy, written to an array of the same shape if there is one to spare.

    New memory of a megabyte takes the machine as long as ten copies.
    """
    if spare is None:
        return array.copy()
    np.copyto(spare, array)
    return spare

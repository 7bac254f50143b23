"""One moment of a training."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np


@dataclass
class TrainingState:
    """One moment of a training, to go back to or go on from.

    Attributes
    ----------
    parameters : ndarray of shape (n_parameters,)
        Weights and biases.
    first, second : ndarray of shape (n_parameters,) or (0,)
        The optimizer's memory.
    iteration, epochs : int
        Updates done and epochs recorded.
    sums : ndarray of shape (5,)
        Cost, hits, weight, gradient norm and iterations of the epoch under way.
    learning_rate : float
        Before any schedule.
    watch : dict
        Best cost and epoch, epochs without improvement, plateau's factor.
    best : ndarray of shape (n_parameters,) or None
        Parameters of the best epoch, where `patience` is set.
    statistics : ndarray or None
        Running means and variances, where the network normalises its layers.
    """

    parameters: np.ndarray
    first: np.ndarray
    second: np.ndarray
    iteration: int
    epochs: int
    sums: np.ndarray
    learning_rate: float
    watch: dict[str, Any]
    best: np.ndarray | None
    statistics: np.ndarray | None = None

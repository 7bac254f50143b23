"""When training stops getting better, and the best parameters of all."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np

    from walnet.engine.history import History
    from walnet.engine.network import Network
    from walnet.engine.settings import Settings


@dataclass
class EarlyStopping:
    """Counts the epochs without improvement of a cost.

    Attributes
    ----------
    min_improvement : float
        The least fall that counts.
    cost : float
        The lowest so far that was an improvement.
    epoch : int
        The epoch (from 0) it belongs to; -1 before the first.
    waited : int
        Epochs since.
    gradual : bool
        Whether every fall lowers the cost that the next epochs have to beat, and a fall
        by exactly `min_improvement` counts: scikit-learn's way. Otherwise many small
        falls count together.

    Examples
    --------
    >>> stopping = EarlyStopping(min_improvement=0.1)
    >>> [stopping.improves(cost, epoch) for epoch, cost in enumerate([1.0, 0.95, 0.8])]
    [True, False, True]
    >>> stopping.epoch, stopping.waited
    (2, 0)
    """

    min_improvement: float = 0.0
    cost: float = math.inf
    epoch: int = -1
    waited: int = 0
    gradual: bool = False

    def improves(self, cost: float, epoch: int) -> bool:
        """Note the cost of an epoch; return whether it is the best so far."""
        bar = self.cost - self.min_improvement
        best = cost < (self.cost if self.gradual else bar)
        # A cost that is not a number is no reason to stop: somebody else looks for it.
        counts = not cost > bar if self.gradual else best
        if best:
            self.cost, self.epoch = float(cost), epoch
        self.waited = 0 if counts else self.waited + 1
        return best


def reason_to_stop(
    settings: Settings, history: History, stopping: EarlyStopping
) -> str:
    """Return which goal the last epoch reached, or the end of `patience`; else nothing.

    Of several the last one is named: what patience keeps is worth knowing.
    """
    why = ""
    if not len(history):
        return why
    cost, accuracy = history.last()[[0, 5 if history.validated else 1]]
    lowest, goal, patience = (
        settings.stop_cost,
        settings.stop_accuracy,
        settings.patience,
    )
    if lowest is not None and cost < lowest:
        why = f"the cost fell below {lowest:g}"
    if goal is not None and history.labelled and accuracy >= goal:
        why = f"the accuracy reached {goal:g}"
    if patience is not None and stopping.waited >= patience:
        why = (
            f"no improvement for {patience} epochs; "
            f"the parameters of epoch {stopping.epoch} are kept"
        )
    return why


@dataclass
class Best:
    """Parameters (and running statistics) held to come back to."""

    parameters: np.ndarray
    statistics: np.ndarray

    @classmethod
    def of(cls, network: Network) -> Best:
        """Return a copy of a network's present ones."""
        return cls(network.parameters.copy(), network.statistics.copy())

    def bring_back(self, network: Network) -> None:
        """Put them in the place of what is there."""
        network.parameters[:] = self.parameters
        network.statistics[:] = self.statistics

    def copy(self) -> Any:
        """Return an independent copy."""
        return Best(self.parameters.copy(), self.statistics.copy())

"""One fit of an estimator: what is learned from what, and who looks on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from walnet.engine.history import History
from walnet.engine.network import Network
from walnet.engine.threads import OwnCost
from walnet.errors import DivergedError
from walnet.estimators.callbacks import FitCallbacks
from walnet.estimators.fit_state import FitState
from walnet.estimators.parameters import Parameters
from walnet.estimators.rows import Rows


class FitDivergedError(DivergedError, ValueError):
    """The cost became NaN or infinite in `fit`: a ValueError, as in scikit-learn."""

    def __init__(self, what: str, iteration: int, layer: int) -> None:
        super().__init__(
            "Solver produced non-finite parameter weights. The input data may contain "
            f"large values and need to be preprocessed. {what}",
            iteration,
            layer,
        )


@dataclass(frozen=True)
class Cost:
    """What is made small.

    Attributes
    ----------
    name : str
        walnet's name of the cost; of an own pair of functions it is "mse".
    parameter : float
        Huber's delta, the quantile's level.
    scale : float
        Factor of the cost in the gradient: scikit-learn's squared error is halved.
    recorded_share : float
        Share of that in the loss curve: scikit-learn's squared error is a mean over
        outputs there, while its gradient is not.
    own : tuple of two functions or None
        The pair of functions.
    """

    name: str
    parameter: float = 1.0
    scale: float = 1.0
    recorded_share: float = 1.0
    own: OwnCost | None = None


@dataclass
class Fit:
    """One fit under way: what the solvers read, and what they write.

    Attributes
    ----------
    params : Parameters
        The estimator's.
    network : Network
        What learns, in place.
    rows : Rows
        What it learns from, scaled.
    scored : Rows or None
        What is only scored, scaled.
    cost : Cost
        What is made small.
    state : FitState
        How far the estimator's fits have come; written.
    random : numpy.random.RandomState
        Where the order of the rows comes from.
    incremental : bool
        Whether it is one epoch of `partial_fit`.
    callbacks : FitCallbacks
        scikit-learn's callbacks.
    score : callable or None
        Returns the score of the rows that are only scored.
    show : callable
        Writes the state into the estimator's attributes.
    fitted : callable
        Returns the attributes of an estimator that is fitted up to now.
    """

    params: Parameters
    network: Network
    rows: Rows
    scored: Rows | None
    cost: Cost
    state: FitState
    random: np.random.RandomState
    incremental: bool
    callbacks: FitCallbacks
    score: Callable[[], float] | None
    show: Callable[[], None]
    fitted: Callable[[], dict[str, Any]]

    def begin(self, history: History, *, counted: bool) -> None:
        """Begin the account of this fit."""
        self.state.begin_fit()
        self.state.history = history
        if counted:
            self.state.begin_counting(self.params)
        else:
            self.state.loss_curve = None

    def seed(self) -> int:
        """Return where dropout masks come from, leaving scikit-learn's draws alone."""
        given = self.params.random_state
        if isinstance(given, (int, np.integer)):
            return int(given)
        if not np.any(self.params.dropout):
            return 0
        return int(self.random.randint(np.iinfo(np.int32).max))

"""A training in scikit-learn's terms: its order of rows, its penalty, its cost."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from walnet.engine.kernels.types import Examples
from walnet.engine.network import Network
from walnet.engine.normalization import NormalizedNetwork
from walnet.engine.plan import COSTS
from walnet.engine.settings import Settings
from walnet.engine.training import Training
from walnet.engine.training_state import TrainingState
from walnet.errors import DivergedError
from walnet.estimators.parameters import OPTIMIZERS, SMOOTH, dropout_rates, thread_count
from walnet.estimators.staged_run import OwnCost, StagedRun


class FitDivergedError(DivergedError, ValueError):
    """The cost became NaN or infinite in `fit`: a ValueError, as in scikit-learn."""


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


@dataclass(frozen=True)
class FitData:
    """Rows to learn from: dense or sparse X, targets (examples, outputs), weights."""

    X: Any
    Y: np.ndarray
    w: np.ndarray | None

    @property
    def n_rows(self) -> int:
        """Number of examples."""
        return int(self.X.shape[0])

    @property
    def weights(self) -> np.ndarray:
        """The weights as kernels take them: empty where there are none."""
        return np.empty(0, self.Y.dtype) if self.w is None else self.w

    def examples(self) -> Examples:
        """Return what the kernels read; sparse rows are left to `StagedRun`."""
        X = np.empty((self.n_rows, 0), self.Y.dtype) if self.is_sparse else self.X
        return Examples(X, self.Y, self.weights)

    @property
    def is_sparse(self) -> bool:
        """Whether X is a SciPy sparse matrix."""
        return not isinstance(self.X, np.ndarray)

    def arrays(self) -> list[np.ndarray]:
        """Return all that the rows are made of."""
        X = [self.X]
        if self.is_sparse:
            rows = self.X.tocsr()
            X = [rows.data, rows.indices, rows.indptr, np.array(rows.shape)]
        return [*X, self.Y, self.weights]


@dataclass
class Optimizer:
    """What the next `partial_fit` goes on from.

    Attributes
    ----------
    learning_rate : float
        The present one, before schedules that change it within an epoch.
    updates : int
        Number of updates done.
    first, second : ndarray of shape (n_parameters,) or (0,)
        The optimizer's memory.
    """

    learning_rate: float
    updates: int
    first: np.ndarray
    second: np.ndarray

    @property
    def is_finite(self) -> bool:
        """Whether it can be gone on from."""
        return bool(np.isfinite(self.first).all() and np.isfinite(self.second).all())


class EstimatorTraining(Training):
    """A training whose rows are ordered by the estimator, epoch by epoch.

    Parameters
    ----------
    network : Network
        A `NormalizedNetwork` normalises its hidden layers.
    data : FitData
        The rows.
    settings : Settings
        From `settings_for`.
    cost : Cost
        What is made small.

    Attributes
    ----------
    also : list of ndarray
        What else a fit that goes on from a checkpoint must have in common with its
        start.
    """

    def __init__(
        self, network: Network, data: FitData, settings: Settings, cost: Cost
    ) -> None:
        self._data, self._cost = data, cost
        self.also: list[np.ndarray] = []
        super().__init__(network, data.X, data.Y, settings)

    def _taken(self, X: Any, y: Any, sample_weight: Any) -> Examples:  # noqa: ARG002
        return self._data.examples()

    def _make_arrays(self, batch: int) -> None:
        """Set the rule as scikit-learn has it, before the arrays are allocated."""
        rule, cost = self.rule, self._cost
        normalized = isinstance(self.network, NormalizedNetwork)
        staged = normalized or self._data.is_sparse or cost.own is not None
        rule["shuffle"] = 0
        rule["epsilon_hat"] = 1
        rule["penalty_per_example"] = 1
        rule["count_rows"] = 1
        rule["cost_scale"] = cost.scale
        rule["recorded_share"] = cost.recorded_share
        rule["cost"] = COSTS[cost.name]
        if staged:
            rule["shards"] = 1
        super()._make_arrays(batch)
        if staged:
            norms = None
            if isinstance(self.network, NormalizedNetwork):
                norms = self.network.norms(self._workspaces[0].capacity)
            self._sharded = StagedRun(
                self.plan,
                self.rule,
                self.examples,
                self._workspaces,
                self._data.X if self._data.is_sparse else None,
                norms,
                cost.own,
            )

    def one_epoch(self, order: np.ndarray) -> float:
        """Do one pass over the rows in the given order; return its mean cost.

        A pass that was interrupted is brought to its end.

        Raises
        ------
        DivergedError
            If the cost becomes NaN or infinite; the last finite parameters are back.
        """
        self._order[:] = order
        self.advance(
            self.iterations_per_epoch - self.iteration % self.iterations_per_epoch
        )
        return float(self.history.cost[-1])

    def remember(self, optimizer: Optimizer) -> None:
        """Go on with an optimizer's memory, unless it is of another kind."""
        state = self._state
        for mine, its in (
            (state.first, optimizer.first),
            (state.second, optimizer.second),
        ):
            if mine.shape != its.shape:
                return
        state.first[:], state.second[:] = optimizer.first, optimizer.second
        self.rule["updates_before"] = optimizer.updates
        self.learning_rate = optimizer.learning_rate

    def optimizer(self) -> Optimizer:
        """Return the optimizer's memory."""
        updates = int(self.rule["updates_before"]) + self.iteration
        return Optimizer(
            self.learning_rate, updates, self._state.first, self._state.second
        )

    @property
    def notes(self) -> dict[str, Any]:
        """What a checkpoint keeps beside the arrays."""
        return self._watch

    def keep_best(self) -> None:
        """Hold the present parameters, and running statistics, to come back to."""
        parts = [self.network.parameters]
        if isinstance(self.network, NormalizedNetwork):
            parts.append(self.network.statistics.ravel())
        self._best = np.concatenate(parts)

    def bring_best_back(self) -> None:
        """Put what is held in the place of what is there."""
        if self._best is None:
            return
        n = self.network.n_parameters
        self.network.parameters[:] = self._best[:n]
        if isinstance(self.network, NormalizedNetwork):
            self.network.statistics[:] = self._best[n:].reshape(2, -1)

    def state(self) -> TrainingState:
        """Return a copy of this moment, running statistics included."""
        state = super().state()
        if isinstance(self.network, NormalizedNetwork):
            state.statistics = self.network.statistics.copy()
        return state

    def restore(self, state: TrainingState) -> None:
        """Go to a moment, running statistics included."""
        super().restore(state)
        if isinstance(self.network, NormalizedNetwork) and state.statistics is not None:
            self.network.statistics[:] = state.statistics

    def data_arrays(self) -> list[np.ndarray]:
        """Return all that the course depends on: the rows, and all of `also`."""
        return [*self._data.arrays(), *self.also]

    def _diverged(self) -> None:
        """Go back to the newest parameters known to have a finite cost, and raise."""
        bad, epoch = self.iteration, self.epoch
        states = [state for state, _ in self._saved if state.iteration < bad]
        if states:
            self.restore(states[-1])
        self.history.diverged = True
        raise FitDivergedError(
            "Solver produced non-finite parameter weights. The input data may contain "
            "large values and need to be preprocessed. The cost became NaN or infinite "
            f"in epoch {epoch + 1} with a learning rate of {self.learning_rate:g}; the "
            "parameters of the last finite cost are kept: standardise the inputs "
            "(standardize=True), or lower learning_rate_init",
            bad,
            self.network.n_layers,
        )


def settings_for(model: Any, cost: Cost, n_rows: int, seed: int) -> Settings:
    """Return the settings of an estimator's stochastic solver.

    Parameters
    ----------
    model : estimator
        Whose parameters are read.
    cost : Cost
        What is made small.
    n_rows : int
        Rows to learn from.
    seed : int
        Where dropout masks come from.
    """
    n_hidden = model.n_layers_ - 2
    optimizer = OPTIMIZERS[model.solver]
    if model.solver == "sgd" and not model.nesterovs_momentum:
        optimizer = "momentum"
    batch_size = min(200 if model.batch_size == "auto" else model.batch_size, n_rows)
    schedule = model.learning_rate if model.learning_rate in SMOOTH else "constant"
    return Settings(
        cost=cost.name,
        cost_parameter=cost.parameter,
        optimizer=optimizer,
        learning_rate=float(model.learning_rate_init),
        epochs=model.max_iter,
        batch_size=int(batch_size),
        # scikit-learn allows 1, which settings do not: the estimator writes it later.
        momentum=min(float(model.momentum), float(np.nextafter(1.0, 0.0))),
        beta_1=float(model.beta_1),
        beta_2=float(model.beta_2),
        epsilon=float(model.epsilon),
        l2=float(model.alpha),
        weight_decay=float(model.weight_decay),
        dropout=dropout_rates(model.dropout, n_hidden),
        clip_norm=model.clip_norm,
        schedule=schedule,
        schedule_every=model.schedule_every,
        schedule_factor=float(model.schedule_factor),
        warm_up=model.warm_up,
        seed=seed,
        threads=thread_count(model.n_jobs),
    )

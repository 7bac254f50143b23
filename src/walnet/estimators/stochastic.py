"""The stochastic solvers: epoch by epoch, as scikit-learn's stop and slow down."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.exceptions import ConvergenceWarning

from walnet.engine.driver import BY_CTRL_C, Driver, Watcher
from walnet.engine.early_stopping import Best
from walnet.engine.settings import Settings
from walnet.engine.training import Training
from walnet.errors import DataError, DivergedError, HyperparameterError, warn_caller
from walnet.estimators.fit import FitDivergedError
from walnet.estimators.fit_state import OptimizerMemory
from walnet.estimators.parameters import (
    SMOOTH,
    batch_size_for,
    check_checkpoint,
    dropout_rates,
    optimizer_of,
    own_callbacks,
    thread_count,
)
from walnet.estimators.progress import Progress

if TYPE_CHECKING:
    from walnet.estimators.fit import Fit

_SMALLEST_RATE = 1e-6  # at which "adaptive" stops instead of slowing down
# Parameters that may change between a fit and its continuation. Functions have no
# content to compare: a loss is compared by its values, a rate epoch by epoch.
_MAY_CHANGE = {"max_iter", "verbose", "n_jobs", "callbacks", "checkpoint"}


def fit_stochastic(fit: Fit) -> None:
    """Train a network by gradient descent, in place.

    Raises
    ------
    FitDivergedError
        If the loss becomes NaN or infinite, and no earlier epoch is kept.
    """
    training = _training(fit)
    watcher = EpochWatcher(fit, training)
    try:
        with watcher.progress:
            Driver(training, watcher, fit.params.checkpoint).run()
    except DivergedError as error:
        watcher.end_diverged(training, error)
    finally:
        training.close()
    watcher.finish(training)


def _training(fit: Fit) -> Training:
    """Return the training of a fit, in scikit-learn's conventions."""
    params, cost, network = fit.params, fit.cost, fit.network
    training = Training.on(
        network,
        fit.rows.examples(network.dtype),
        _settings(fit),
        own_cost=cost.own,
        rule={
            "shuffle": 0,  # the rows are ordered by the fit
            "epsilon_hat": 1,
            "penalty_per_example": 1,
            "count_rows": 1,
            "cost_scale": cost.scale,
            "recorded_share": cost.recorded_share,
            "momentum": params.momentum,  # 1 is allowed, which settings do not
        },
    )
    if fit.incremental and fit.state.optimizer is not None:
        fit.state.optimizer.hand_over(training)
    if params.checkpoint is not None:
        check_checkpoint(params)
        training.facts = _facts(fit)
    return training


def _settings(fit: Fit) -> Settings:
    """Return the settings of a fit."""
    params, cost = fit.params, fit.cost
    rate = params.learning_rate
    return Settings(
        cost=cost.name,
        cost_parameter=cost.parameter,
        optimizer=optimizer_of(params),
        learning_rate=float(params.learning_rate_init),
        epochs=params.max_iter,
        batch_size=batch_size_for(params, fit.rows.n_rows),
        beta_1=float(params.beta_1),
        beta_2=float(params.beta_2),
        epsilon=float(params.epsilon),
        l2=float(params.alpha),
        weight_decay=float(params.weight_decay),
        dropout=dropout_rates(params.dropout, fit.network.n_layers - 1),
        clip_norm=params.clip_norm,
        schedule=rate if isinstance(rate, str) and rate in SMOOTH else "constant",
        schedule_every=params.schedule_every,
        schedule_factor=float(params.schedule_factor),
        warm_up=params.warm_up,
        seed=fit.seed(),
        threads=thread_count(params.n_jobs),
    )


def _facts(fit: Fit) -> tuple[np.ndarray, ...]:
    """Return what a fit and its continuation have in common beside the rows."""
    params, own, dtype = fit.params, fit.cost.own, fit.network.dtype
    apart = set(_MAY_CHANGE)
    apart |= {"loss"} if own is not None else set()
    apart |= {"learning_rate"} if callable(params.learning_rate) else set()
    given: dict[str, Any] = params.get_params(deep=False)
    plain = sorted(f"{k}={v!r}" for k, v in given.items() if k not in apart)
    arrays = [np.frombuffer("\n".join(plain).encode(), np.uint8)]
    if fit.scored is not None:
        arrays += fit.scored.examples(dtype)
    if own is not None:
        y = fit.rows.Y[:8]
        predicted = np.linspace(0.1, 0.9, y.size, dtype=y.dtype).reshape(y.shape)
        arrays += [np.asarray(function(y, predicted)) for function in own]
    return tuple(arrays)


class EpochWatcher(Watcher):
    """Orders the rows before each epoch; scores it, slows down and stops after it.

    Parameters
    ----------
    fit : Fit
        Its state is written.
    training : Training
        What is watched.
    """

    def __init__(self, fit: Fit, training: Training) -> None:
        self.fit = fit
        fit.begin(training.history, counted=True)
        self.order = np.arange(fit.rows.n_rows)
        self.progress = Progress(fit.params.verbose, fit.params.max_iter)
        self.own_callbacks = own_callbacks(fit.params.callbacks)
        self.scored: Any = fit.scored and fit.scored.examples(fit.network.dtype)
        training.history.validated = fit.scored is not None
        self.reason = "callback"  # where nothing below is
        self.begun = 0  # epochs
        self.best: Best | None = None
        self.converged = True
        if fit.params.early_stopping:
            self.best = training.best = Best.of(fit.network)  # until one is better

    # What the driver calls.

    def resume(self, training: Training) -> None:
        """Go through the epochs that a checkpoint file has recorded.

        The order of the rows, and all that is counted between epochs, follow from the
        generator and from what was recorded.
        """
        losses = training.history.cost.tolist()
        scores = training.notes.setdefault("scores", [])
        rates = training.notes.setdefault("rates", [])
        if not losses and training.at_epoch_end:
            return
        state, stopped = training.state(), ""
        for epoch, loss in enumerate(losses):
            self._prepare(training, rates[epoch] if epoch < len(rates) else None)
            if self.fit.score is not None and epoch == len(scores):
                training.restore(state)  # interrupted before it was scored
                stopped = self._look_at(training, loss)
                state = training.state()
            else:
                score = float.fromhex(scores[epoch]) if scores else None
                validation = float(training.history.rows()[epoch, 4])
                stopped = self._record(training, loss, score, validation)
        training.restore(state)
        self.best = training.best
        if not training.at_epoch_end:
            self.begin_epoch(training)
        self._stop(training, stopped)

    def begin_epoch(self, training: Training) -> None:
        """Lay out the rows of the next epoch and set its learning rate."""
        if self.begun > training.epoch:
            return  # a signal came before its first update
        self.fit.callbacks.begin_epoch()
        self._prepare(training)

    def end_epoch(self, training: Training) -> None:
        """Score an epoch, note what follows from it, and call the callbacks."""
        stopped = self._look_at(training, float(training.history.last()[0]))
        self.fit.show()
        for callback in self.own_callbacks:
            callback(training)
        asked = training.history.stopped
        if self.fit.callbacks.end_epoch(self.fit.fitted) and not asked:
            asked = "stopped by a callback"
        self._stop(training, stopped or asked)

    # What there is to do for an epoch.

    def _prepare(self, training: Training, rate: float | None = None) -> None:
        """Order the rows of the next epoch, and set its rate where it is given."""
        self.begun += 1
        self._shuffle()
        training.arrays[2][:] = self.order
        self._set_given_rate(training, rate)

    def _shuffle(self) -> None:
        """Shuffle the order of the rows, from epoch to epoch as scikit-learn does."""
        if self.fit.params.shuffle:
            permutation = np.arange(len(self.order))
            self.fit.random.shuffle(permutation)
            self.order = self.order[permutation]

    def _set_given_rate(self, training: Training, before: float | None) -> None:
        """Ask a learning rate given as a function for that of the epoch.

        Raises
        ------
        HyperparameterError
            If it gives no rate.
        DataError
            If the epoch had another rate before an interruption.
        """
        rate_of, epoch = self.fit.params.learning_rate, self.fit.state.n_iter
        if isinstance(rate_of, str):
            return
        rate = _checked_rate(rate_of(epoch), epoch)
        if before is not None and rate != before:
            raise DataError(
                f"the checkpoint {self.fit.params.checkpoint} belongs to another "
                f"function learning_rate: in epoch {epoch} it gave {before:g}, now "
                f"{rate:g}; take another file, or delete it to begin anew"
            )
        training.learning_rate = rate

    def _look_at(self, training: Training, loss: float) -> str:
        """Score an epoch and note all that follows; return why to stop, or nothing."""
        score, validation = None, np.nan
        if self.fit.score is not None:
            score, validation = self.fit.score(), self._validate(training)
            training.notes["scores"].append(float(score).hex())
        if callable(self.fit.params.learning_rate):
            training.notes["rates"].append(training.learning_rate)
        return self._record(training, loss, score, validation)

    def _validate(self, training: Training) -> float:
        """Return the loss of the rows that are only scored, in the units of the curve.

        Penalties are left out: they are of the parameters, not of the rows.
        """
        cost, accuracy = training.evaluate(self.scored)
        row = training.history.last()
        row[4:6] = cost * self.fit.cost.recorded_share, accuracy
        return float(row[4])

    def _record(
        self, training: Training, loss: float, score: float | None, validation: float
    ) -> str:
        """Note loss and score of an epoch; return why to stop, or nothing."""
        params, state = self.fit.params, self.fit.state
        best = state.record(loss, score, validation)
        state.t += len(self.order)
        self.progress.epoch(state.n_iter, loss, score)
        if best:
            self.best = training.best = Best.of(self.fit.network)
        if params.solver == "sgd" and params.learning_rate == "invscaling":
            rate = float(params.learning_rate_init) / (state.t + 1) ** params.power_t
            training.learning_rate = rate
        why = state.waited_for_too_long(params)
        return self._stop_or_slow_down(training, why) if why else ""

    def _stop_or_slow_down(self, training: Training, why: str) -> str:
        """Return why to stop; or take a fifth of the rate where it is adaptive."""
        params, state = self.fit.params, self.fit.state
        adaptive = params.solver == "sgd" and params.learning_rate == "adaptive"
        if adaptive and training.learning_rate > _SMALLEST_RATE:
            training.learning_rate /= 5.0
            self.progress.say(
                f"{why} Setting learning rate to {training.learning_rate:f}"
            )
            state.stopping.waited = 0
            return ""
        why = f"{why} Stopping after epoch {state.n_iter}."
        self.progress.say(why)
        self.reason = state.waiting_reason
        return why

    def _stop(self, training: Training, why: str) -> None:
        """Stop a training where there is a reason, or no epoch left."""
        last = self.fit.incremental and self.fit.state.n_iter > 0
        if not why and (last or training.iteration >= training.total):
            why, self.converged = f"all {self.fit.state.n_iter} epochs done", False
            self.reason = "max_iter"
        if why:
            training.stop(why)

    # The end.

    def end_diverged(self, training: Training, error: DivergedError) -> None:
        """End a training that diverged: with the best epoch, or with an error.

        Raises
        ------
        FitDivergedError
            If no epoch is kept.
        """
        state = self.fit.state
        epoch = error.iteration // training.iterations_per_epoch + 1
        diverged = FitDivergedError(
            f"The cost became NaN or infinite in epoch {epoch} with a learning rate of "
            f"{training.learning_rate:g}; the parameters of the last finite cost are "
            "kept: standardise the inputs (standardize=True), or lower "
            "learning_rate_init",
            error.iteration,
            error.layer,
        )
        self.reason = "diverged"
        if self.best is None or not np.isfinite(state.stopping.cost):
            state.finish(
                f"the loss became NaN or infinite in epoch {epoch}", "diverged"
            )
            raise diverged from error
        self.best.bring_back(self.fit.network)
        why = f"the loss became NaN or infinite in epoch {state.n_iter + 1}"
        state.record(np.nan, np.nan)
        warn_caller(f"{why}. {state.kept} ({diverged})", ConvergenceWarning)
        training.stop(why)

    def finish(self, training: Training) -> None:
        """Note why the fit ended, and what the next one goes on from."""
        fit = self.fit
        why = training.history.stopped
        if why != BY_CTRL_C and not self.converged and not fit.incremental:
            warn_caller(
                "Stochastic Optimizer: Maximum iterations "
                f"({fit.params.max_iter}) reached and the optimization hasn't "
                "converged yet.",
                ConvergenceWarning,
            )
        fit.state.finish(why, "interrupted" if why == BY_CTRL_C else self.reason)
        fit.state.optimizer = OptimizerMemory.of(training)


def _checked_rate(given: Any, epoch: int) -> float:
    """Return the learning rate that a function gave.

    Raises
    ------
    HyperparameterError
        If it is none.
    """
    try:
        rate = float(given)
    except (TypeError, ValueError):
        rate = np.nan
    if not 0 <= rate < np.inf:
        raise HyperparameterError(
            "learning_rate, a function of the epoch, must give a finite number >= 0, "
            f"got {given!r} for epoch {epoch}"
        )
    return rate

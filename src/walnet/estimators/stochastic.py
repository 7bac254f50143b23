"""Epoch by epoch, as scikit-learn's stochastic solvers stop, slow down and report."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.exceptions import ConvergenceWarning

from walnet.engine.checkpoint import Checkpoint
from walnet.engine.signals import signals_wait, termination_raises
from walnet.errors import DataError, HyperparameterError
from walnet.estimators.early_stopping import Improvement
from walnet.estimators.fitting import FitDivergedError
from walnet.estimators.parameters import own_callbacks
from walnet.estimators.progress import Progress

if TYPE_CHECKING:
    from walnet.estimators.callbacks import FitCallbacks
    from walnet.estimators.fitting import EstimatorTraining

SMALLEST_RATE = 1e-6


@dataclass
class Watch:
    """Whom the fit reports to, and what it looks at between epochs.

    Attributes
    ----------
    score : callable or None
        Returns the score of the validation data, where there are some.
    callbacks : FitCallbacks
        scikit-learn's callbacks.
    fitted : callable
        Returns the attributes of an estimator fitted up to here.
    """

    score: Callable[[], float] | None
    callbacks: FitCallbacks
    fitted: Callable[[], dict[str, Any]]


class StochasticFit:
    """Runs the epochs of one fit and keeps the estimator's attributes up to date.

    Parameters
    ----------
    model : estimator
        Its `loss_curve_`, `n_iter_`, `t_`, … are written.
    training : EstimatorTraining
        What is run.
    watch : Watch
        Scores and callbacks.
    """

    def __init__(self, model: Any, training: EstimatorTraining, watch: Watch) -> None:
        self.model, self.training, self.watch = model, training, watch
        self.order = np.arange(len(training.examples.Y))
        self.stopped = ""
        self.keeper: Checkpoint | None = None
        self.progress = Progress(model.verbose, model.max_iter)
        model.n_iter_ = 0
        self.improvement = Improvement(model, training.keep_best)
        if model.early_stopping:
            training.keep_best()  # until an epoch is better
        self.own_callbacks = own_callbacks(model)

    def go_on_from(self, path: Any) -> None:
        """Keep a checkpoint file; go on from it if it is there.

        The order of the rows and all that is counted between epochs follow from the
        generator and from what the file recorded, so they are gone through again.
        """
        training = self.training
        self.keeper = Checkpoint(path, training)
        scores = training.notes.setdefault("scores", [])
        rates = training.notes.setdefault("rates", [])
        state = training.state()
        for epoch, loss in enumerate(training.history.cost.tolist()):
            self.model._next_order(self.order)  # noqa: SLF001
            self._set_given_rate(rates[epoch] if epoch < len(rates) else None)
            if self.watch.score is not None and epoch == len(scores):
                training.restore(state)  # interrupted before it was scored
                self._look_at(loss)
                return
            self._record(loss, scores[epoch] if scores else None)
        training.restore(state)

    def run(self, *, incremental: bool) -> None:
        """Do all epochs, or one where the fit is incremental.

        Asked to end, a process writes the checkpoint first, if there is one.
        """
        model = self.model
        waiting = nullcontext() if self.keeper is None else termination_raises()
        try:
            with self.progress, waiting:
                self._all_epochs(1 if incremental else model.max_iter)
        except SystemExit:
            self._write()
            raise
        except KeyboardInterrupt:
            warnings.warn(
                f"Training interrupted by user after {model.n_iter_} epochs; "
                "what was learned so far is kept.",
                stacklevel=6,
            )
            self.stopped = "stopped by Ctrl-C"
        else:
            if not self.stopped and not incremental:
                self._warn_not_converged()
        self._write()
        self._finish()

    def _write(self) -> None:
        """Write the checkpoint, if there is one to be kept."""
        if self.keeper is not None:
            self.keeper.write()

    def _finish(self) -> None:
        """Bring the best parameters back, and say why the fit ended."""
        model = self.model
        if model.early_stopping:
            self.training.bring_best_back()
        why = self.stopped or f"all {model.n_iter_} epochs done"
        kept = self.improvement.kept()
        if kept:
            why = f"{why.removesuffix('.')}. {kept}"
        model.stopped_ = self.training.history.stopped = why
        self.training.history.best_epoch = self.improvement.best_epoch

    def _all_epochs(self, epochs: int) -> None:
        """Do epochs until one of them is the last."""
        while self.model.n_iter_ < epochs and not self.stopped:
            self._epoch()

    def _epoch(self) -> None:
        """Do one epoch and all that follows from it."""
        model, watch = self.model, self.watch
        watch.callbacks.begin_epoch()
        model._next_order(self.order)  # noqa: SLF001  (it owns the generator)
        self._set_given_rate()
        loss = self._loss_of_epoch()
        if loss is None:
            return
        with signals_wait():  # an epoch is noted as a whole
            self._look_at(loss)
        for callback in self.own_callbacks:
            callback(self.training)
        asked = self.training.history.stopped
        if asked and not self.stopped:
            self.stopped = asked
        if watch.callbacks.end_epoch(watch.fitted) and not self.stopped:
            self.stopped = "stopped by a callback"

    def _look_at(self, loss: float) -> None:
        """Score an epoch and note all that comes of it."""
        score = self.watch.score() if self.watch.score is not None else None
        self._record(loss, score)
        self._keep(score)

    def _keep(self, score: float | None) -> None:
        """Note what a resumed fit could not compute again; write the file if due."""
        if self.keeper is None:
            return
        notes = self.training.notes
        if score is not None:
            notes["scores"] = [*notes["scores"], score]
        if callable(self.model.learning_rate):
            notes["rates"] = [*notes["rates"], self.training.learning_rate]
        self.keeper.write_when_due()

    def _loss_of_epoch(self) -> float | None:
        """Return an epoch's loss; None where it diverged and a best epoch is kept.

        Raises
        ------
        FitDivergedError
            If it diverged and no earlier epoch is kept.
        """
        model = self.model
        try:
            return self.training.one_epoch(self.order)
        except FitDivergedError as error:
            if not model.early_stopping or model.best_validation_score_ == -np.inf:
                raise
            model.n_iter_ += 1
            model.loss_curve_.append(float("nan"))
            model.validation_scores_.append(float("nan"))
            self.stopped = f"the loss became NaN or infinite in epoch {model.n_iter_}"
            told = f"{self.stopped}. {self.improvement.kept()} ({error})"
            warnings.warn(told, ConvergenceWarning, stacklevel=9)
            return None

    def _set_given_rate(self, before: float | None = None) -> None:
        """Ask a learning rate given as a function for that of the epoch.

        Raises
        ------
        HyperparameterError
            If it gives no rate.
        DataError
            If the epoch had another rate before an interruption.
        """
        model = self.model
        if not callable(model.learning_rate):
            return
        given = model.learning_rate(model.n_iter_)
        try:
            rate = float(given)
        except (TypeError, ValueError):
            rate = np.nan
        if not 0 <= rate < np.inf:
            raise HyperparameterError(
                "learning_rate, a function of the epoch, must give a finite number "
                f">= 0, got {given!r} for epoch {model.n_iter_}"
            )
        if before is not None and rate != before:
            raise DataError(
                f"the checkpoint {self.model.checkpoint} belongs to another function "
                f"learning_rate: in epoch {model.n_iter_} it gave {before:g}, now "
                f"{rate:g}; take another file, or delete it to begin anew"
            )
        self.training.learning_rate = rate

    def _record(self, loss: float, score: float | None) -> None:
        """Note an epoch's loss and score, and see whether to stop or slow down."""
        model = self.model
        model.n_iter_ += 1
        model.loss_ = loss
        model.t_ += len(self.order)
        model.loss_curve_.append(loss)
        self.progress.epoch(model.n_iter_, loss, score)
        self.improvement.count(loss, score)
        self._slow_down()
        if self.improvement.over:
            self._stop_or_slow_down()

    def _slow_down(self) -> None:
        """Lower the rate of sgd as "invscaling" asks for."""
        model = self.model
        if model.solver == "sgd" and model.learning_rate == "invscaling":
            rate = float(model.learning_rate_init) / (model.t_ + 1) ** model.power_t
            self.training.learning_rate = rate

    def _stop_or_slow_down(self) -> None:
        """Stop, or go on with a fifth of the rate where it is adaptive."""
        model, training = self.model, self.training
        message = self.improvement.why()
        adaptive = model.solver == "sgd" and model.learning_rate == "adaptive"
        if adaptive and training.learning_rate > SMALLEST_RATE:
            training.learning_rate /= 5.0
            self.progress.say(
                f"{message} Setting learning rate to {training.learning_rate:f}"
            )
            model._no_improvement_count = 0  # noqa: SLF001
            return
        self.stopped = f"{message} Stopping after epoch {model.n_iter_}."
        self.progress.say(self.stopped)

    def _warn_not_converged(self) -> None:
        """Say that the iterations ended before the fit did."""
        warnings.warn(
            f"Stochastic Optimizer: Maximum iterations ({self.model.max_iter}) reached "
            "and the optimization hasn't converged yet.",
            ConvergenceWarning,
            stacklevel=7,
        )

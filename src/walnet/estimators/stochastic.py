"""Epoch by epoch, as scikit-learn's stochastic solvers stop, slow down and report."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.exceptions import ConvergenceWarning

from walnet.checkpoint import Checkpoint
from walnet.estimators.fitting import FitDivergedError
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
        given = model.callbacks or ()
        self.own_callbacks = [given] if callable(given) else list(given)

    def go_on_from(self, path: Any) -> None:
        """Keep a checkpoint file; go on from it if it is there.

        The order of the rows and all that is counted between epochs follow from the
        generator and from what the file recorded, so they are gone through again.
        """
        training = self.training
        self.keeper = Checkpoint(path, training)
        scores = training.notes.setdefault("scores", [])
        state = training.state()
        for epoch, loss in enumerate(training.history.cost.tolist()):
            self.model._next_order(self.order)  # noqa: SLF001
            self._record(loss, scores[epoch] if scores else None)
        training.restore(state)

    def run(self, *, incremental: bool) -> None:
        """Do all epochs, or one where the fit is incremental."""
        model = self.model
        try:
            with self.progress:
                self._all_epochs(1 if incremental else model.max_iter)
        except KeyboardInterrupt:
            warnings.warn(
                f"Training interrupted by user after {model.n_iter_} epochs; "
                "what was learned so far is kept.",
                stacklevel=5,
            )
            self.stopped = "stopped by Ctrl-C"
        else:
            if not self.stopped and not incremental:
                self._warn_not_converged()
        if self.keeper is not None:
            self.keeper.write()
        if model.early_stopping:
            self.training.bring_best_back()
        model.stopped_ = self.training.history.stopped = (
            self.stopped or f"all {model.n_iter_} epochs done"
        )

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
        score = watch.score() if watch.score is not None else None
        self._record(loss, score)
        if self.keeper is not None:
            if score is not None:
                notes = self.training.notes
                notes["scores"] = [*notes["scores"], score]
            self.keeper.write_when_due()
        for callback in self.own_callbacks:
            callback(self.training)
        asked = self.training.history.stopped
        if asked and not self.stopped:
            self.stopped = asked
        if watch.callbacks.end_epoch(watch.fitted) and not self.stopped:
            self.stopped = "stopped by a callback"

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
            if not (model.early_stopping and model.best_iter_):
                raise
            model.n_iter_ += 1
            model.validation_scores_.append(float("nan"))
            self.stopped = (
                f"the loss became NaN or infinite in epoch {model.n_iter_}; "
                f"the parameters of epoch {model.best_iter_} are kept"
            )
            warnings.warn(f"{self.stopped} ({error})", ConvergenceWarning, stacklevel=9)
            return None

    def _set_given_rate(self) -> None:
        """Ask a learning rate given as a function for that of the epoch."""
        rate = self.model.learning_rate
        if callable(rate):
            self.training.learning_rate = float(rate(self.model.n_iter_))

    def _record(self, loss: float, score: float | None) -> None:
        """Note an epoch's loss and score, and see whether to stop or slow down."""
        model = self.model
        model.n_iter_ += 1
        model.loss_ = loss
        model.t_ += len(self.order)
        model.loss_curve_.append(loss)
        self.progress.epoch(model.n_iter_, loss, score)
        improved = (
            self._count_score(score) if model.early_stopping else self._count(loss)
        )
        model._no_improvement_count = (  # noqa: SLF001  (kept between fits)
            0 if improved else model._no_improvement_count + 1  # noqa: SLF001
        )
        if not model.early_stopping and score is not None:
            model.validation_scores_ = [*(model.validation_scores_ or []), score]
        self._slow_down()
        if model._no_improvement_count > model.n_iter_no_change:  # noqa: SLF001
            self._stop_or_slow_down()

    def _count(self, loss: float) -> bool:
        """Return whether the loss fell by `tol`; note the best one."""
        model = self.model
        improved = not loss > model.best_loss_ - model.tol
        model.best_loss_ = min(loss, model.best_loss_)
        return improved

    def _count_score(self, score: float | None) -> bool:
        """Return whether the score rose by `tol`; keep the best parameters."""
        model = self.model
        value = np.nan if score is None else score
        model.validation_scores_.append(value)
        improved = not value < model.best_validation_score_ + model.tol
        if value > model.best_validation_score_:
            model.best_validation_score_ = value
            model.best_iter_ = model.n_iter_
            self.training.keep_best()
        return improved

    def _slow_down(self) -> None:
        """Lower the rate of sgd as "invscaling" asks for."""
        model = self.model
        if model.solver == "sgd" and model.learning_rate == "invscaling":
            rate = float(model.learning_rate_init) / (model.t_ + 1) ** model.power_t
            self.training.learning_rate = rate

    def _stop_or_slow_down(self) -> None:
        """Stop, or go on with a fifth of the rate where it is adaptive."""
        model, training = self.model, self.training
        what = "Validation score" if model.early_stopping else "Training loss"
        message = (
            f"{what} did not improve more than tol={model.tol:f} for "
            f"{model.n_iter_no_change} consecutive epochs."
        )
        adaptive = model.solver == "sgd" and model.learning_rate == "adaptive"
        if adaptive and training.learning_rate > SMALLEST_RATE:
            training.learning_rate /= 5.0
            self.progress.say(
                f"{message} Setting learning rate to {training.learning_rate:f}"
            )
            model._no_improvement_count = 0  # noqa: SLF001
            return
        self.stopped = f"{message} Stopping after epoch {model.n_iter_}."
        if model.early_stopping:
            self.stopped += f" The parameters of epoch {model.best_iter_} are kept."
        self.progress.say(self.stopped)

    def _warn_not_converged(self) -> None:
        """Say that the iterations ended before the fit did."""
        warnings.warn(
            f"Stochastic Optimizer: Maximum iterations ({self.model.max_iter}) reached "
            "and the optimization hasn't converged yet.",
            ConvergenceWarning,
            stacklevel=6,
        )

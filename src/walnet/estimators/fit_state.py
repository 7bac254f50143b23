"""How far an estimator's fits have come: curves, counts, and the optimizer's memory.

It is what `partial_fit` and `warm_start` go on from, and what a model file keeps.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np

from walnet.engine.early_stopping import EarlyStopping
from walnet.engine.history import History
from walnet.engine.kernels.optimizers import OPTIMIZERS
from walnet.engine.training import Training

if TYPE_CHECKING:
    from walnet.estimators.parameters import Parameters


STOP_REASONS = {
    "tol": "the training loss improves no more; of lbfgs, its gradient is flat",
    "early_stopping": "the validation score improves no more",
    "max_iter": "all epochs are done; of lbfgs, all iterations",
    "max_fun": "lbfgs has evaluated the loss that often",
    "line_search": "lbfgs finds no step that makes the loss smaller",
    "callback": "a callback stopped it",
    "interrupted": "Ctrl-C stopped it",
    "diverged": "the loss became NaN or infinite",
}
"""What `stop_reason_` of an estimator can be, and what it means."""


@dataclass
class OptimizerMemory:
    """What the next `partial_fit` goes on from.

    Attributes
    ----------
    optimizer : str
        walnet's name of the update rule.
    learning_rate : float
        The present one, before schedules that change it within an epoch.
    updates : int
        Number of updates done.
    memory : ndarray of shape (memory · n_parameters,)
        As in `walnet.engine.kernels.types.State`.
    """

    optimizer: str
    learning_rate: float
    updates: int
    memory: np.ndarray

    @classmethod
    def of(cls, training: Training) -> Self:
        """Return the memory of a training, not copied."""
        return cls(
            training.settings.optimizer,
            float(training.learning_rate),
            int(training.plan.rule["updates_before"]) + training.iteration,
            training.arrays[0].memory,
        )

    def hand_over(self, training: Training) -> None:
        """Let a training go on with this memory, unless its optimizer has another."""
        memory = training.arrays[0].memory
        same = _kind(training.settings.optimizer) == _kind(self.optimizer)
        if same and memory.shape == self.memory.shape:
            memory[:] = self.memory
            training.plan.rule["updates_before"] = self.updates
            training.learning_rate = self.learning_rate


def _kind(optimizer: str) -> int:
    """Return what kind of memory an optimizer keeps: momentum's is Nesterov's."""
    return OPTIMIZERS["momentum" if optimizer == "nesterov" else optimizer].code


@dataclass
class FitState:
    """How far the fits of an estimator have come, in scikit-learn's terms.

    Attributes
    ----------
    n_iter : int
        Epochs of the last fit; of lbfgs, iterations.
    t : int
        Rows seen by all fits.
    loss : float or None
        Of the last epoch; None before the first.
    loss_curve : list of float or None
        Of all epochs; None where nothing is counted: lbfgs without rows to score.
    validation_scores : list of float or None
        Of all epochs that were scored.
    validation_curve : list of float or None
        Loss of the rows that are only scored, after each epoch, without penalties.
    validation_loss : float or None
        That of the parameters that are kept.
    stopping : EarlyStopping
        The best loss, or the best score times -1, and the epochs since.
    by_score : bool
        Which of them: whether scores stop the fit.
    best_iter : int
        The epoch of the last fit, from 1, with the best score of all; 0 for none.
    stopped : str
        Why the last fit ended, in a sentence.
    stop_reason : str
        The same in a word, one of `STOP_REASONS`.
    history : History or None
        The course of the last fit.
    optimizer : OptimizerMemory or None
        Where the last fit was stochastic.
    """

    # The attributes of an estimator in which it is kept.
    NAMES: ClassVar = (
        "n_iter_",
        "t_",
        "best_iter_",
        "stopped_",
        "loss_",
        "history_",
        "_optimizer",
        "loss_curve_",
        "validation_scores_",
        "best_loss_",
        "best_validation_score_",
        "_no_improvement_count",
        "validation_loss_curve_",
        "validation_loss_",
        "stop_reason_",
    )

    n_iter: int = 0
    t: int = 0
    loss: float | None = None
    loss_curve: list[float] | None = None
    validation_scores: list[float] | None = None
    stopping: EarlyStopping = field(default_factory=lambda: EarlyStopping(gradual=True))
    by_score: bool = False
    best_iter: int = 0
    stopped: str = ""
    history: History | None = None
    optimizer: OptimizerMemory | None = None
    validation_curve: list[float] | None = None
    validation_loss: float | None = None
    stop_reason: str = ""

    @classmethod
    def of_attributes(cls, known: dict[str, Any]) -> Self:
        """Return the state that an estimator's attributes say."""
        score, loss = known.get("best_validation_score_"), known.get("best_loss_")
        lowest = -score if score is not None else np.inf if loss is None else loss
        waited = known.get("_no_improvement_count", 0)
        curve, scores = known.get("loss_curve_"), known.get("validation_scores_")
        losses = known.get("validation_loss_curve_")
        return cls(
            known.get("n_iter_", 0),
            known.get("t_", 0),
            known.get("loss_"),
            None if curve is None else list(curve),
            None if scores is None else list(scores),
            EarlyStopping(cost=lowest, waited=waited, gradual=True),
            score is not None,
            known.get("best_iter_", 0),
            known.get("stopped_", ""),
            known.get("history_"),
            known.get("_optimizer"),
            None if losses is None else list(losses),
            known.get("validation_loss_"),
            known.get("stop_reason_", ""),
        )

    def attributes(self) -> dict[str, Any]:
        """Return the estimator's attributes; those that there are not are left out."""
        found = {
            "n_iter_": self.n_iter,
            "t_": self.t,
            "best_iter_": self.best_iter,
            "stopped_": self.stopped,
            "stop_reason_": self.stop_reason,
            "validation_loss_": self.validation_loss,
            "loss_": self.loss,
            "history_": self.history,
            "_optimizer": self.optimizer,
        }
        found = {name: value for name, value in found.items() if value is not None}
        if self.loss_curve is None:
            return found
        return found | {
            "loss_curve_": self.loss_curve,
            "validation_scores_": self.validation_scores,
            "validation_loss_curve_": self.validation_curve,
            "best_loss_": None if self.by_score else self.stopping.cost,
            "best_validation_score_": -self.stopping.cost if self.by_score else None,
            "_no_improvement_count": self.stopping.waited,
        }

    def begin_fit(self) -> None:
        """Set all that is of the last fit alone."""
        self.n_iter, self.best_iter, self.history = 0, 0, None
        self.stopped = self.stop_reason = ""

    def begin_counting(self, params: Parameters) -> None:
        """Count from now on, or go on where an earlier fit did.

        That one may have stopped by another criterion: then the best is not known.
        """
        if self.loss_curve is None:
            self.loss_curve, self.validation_scores = [], None
            self.validation_curve = self.validation_loss = None
            self.stopping = EarlyStopping(gradual=True)
        if self.by_score != params.early_stopping:
            self.stopping.cost = np.inf
        self.by_score = params.early_stopping
        self.stopping.min_improvement = params.tol
        if self.by_score and self.validation_scores is None:
            self.validation_scores = []

    def record(
        self, loss: float, score: float | None, validation: float = np.nan
    ) -> bool:
        """Note an epoch; return whether its score is the best.

        Parameters
        ----------
        loss : float
            Of the rows that are learned from.
        score, validation : float or None, float
            Score and loss of the rows that are only scored, if there are any.
        """
        self.n_iter += 1
        if not np.isnan(loss):
            self.loss = loss
        if self.loss_curve is None:
            return False
        self.loss_curve.append(loss)
        if score is not None:
            self.validation_scores = self.validation_scores or []
            self.validation_scores.append(score)
            self.validation_curve = self.validation_curve or []
            self.validation_curve.append(validation)
        if score is not None and not self.by_score:
            self.validation_loss = validation
        if not self.by_score:
            self.stopping.improves(loss, self.n_iter)
            return False
        best = self.stopping.improves(-np.nan if score is None else -score, self.n_iter)
        if best:
            self.best_iter, self.validation_loss = self.n_iter, validation
        return best

    def waited_for_too_long(self, params: Parameters) -> str:
        """Return a sentence where more epochs without improvement passed than may be.

        Otherwise an empty text.
        """
        limit = params.n_iter_no_change
        if self.loss_curve is None or not self.stopping.waited > limit:
            return ""
        what = "Validation score" if self.by_score else "Training loss"
        return (
            f"{what} did not improve more than tol={params.tol:f} for "
            f"{limit} consecutive epochs."
        )

    @property
    def waiting_reason(self) -> str:
        """The word for too many epochs without improvement."""
        return "early_stopping" if self.by_score else "tol"

    def finish(self, why: str, reason: str) -> None:
        """Note why the fit ended, and which parameters early stopping keeps.

        They are those from before the fit where none of its epochs was better.
        """
        self.stop_reason = reason
        if self.by_score and self.loss_curve is not None:
            why = f"{why.removesuffix('.')}. {self.kept}"
        self.stopped = why
        if self.history is not None:
            self.history.stopped = why
            if self.by_score and self.best_iter:
                self.history.best_epoch = self.best_iter - 1
            else:
                self.history.best_epoch = None

    @property
    def kept(self) -> str:
        """Which parameters early stopping keeps, in a sentence."""
        best = f"of epoch {self.best_iter}" if self.best_iter else "it began with"
        return f"The parameters {best} are kept."

"""Whether a fit gets better: what is counted between epochs, and the best kept."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np


def begin_counting(model: Any, *, fresh: bool) -> None:
    """Set what a fit counts: anew, or only what an earlier one did not count.

    An earlier fit may have stopped by another criterion, or been done by L-BFGS.
    """
    if fresh or "loss_curve_" not in model.__dict__:
        model.loss_curve_ = []
        model._no_improvement_count = 0  # noqa: SLF001  (written for the estimator)
        model.validation_scores_ = None
        model.best_loss_ = model.best_validation_score_ = None
    model.best_iter_ = 0
    if not model.early_stopping:
        model.best_loss_ = np.inf if model.best_loss_ is None else model.best_loss_
        model.best_validation_score_ = None
        return
    model.best_loss_ = None
    if model.best_validation_score_ is None:
        model.best_validation_score_ = -np.inf
    model.validation_scores_ = model.validation_scores_ or []


class Improvement:
    """Counts the epochs without improvement, and keeps the best one's parameters.

    Parameters
    ----------
    model : estimator
        Its `best_loss_`, or `best_validation_score_`, `best_iter_` and
        `validation_scores_` are written.
    keep : callable
        Holds the present parameters.
    """

    def __init__(self, model: Any, keep: Callable[[], None]) -> None:
        self.model, self.keep = model, keep

    def count(self, loss: float, score: float | None) -> None:
        """Note the loss and score of the epoch `n_iter_`."""
        model = self.model
        if model.early_stopping:
            improved = self._count_score(np.nan if score is None else score)
        else:
            improved = not loss > model.best_loss_ - model.tol
            model.best_loss_ = min(loss, model.best_loss_)
            if score is not None:
                model.validation_scores_ = [*(model.validation_scores_ or []), score]
        waited = 0 if improved else model._no_improvement_count + 1  # noqa: SLF001
        model._no_improvement_count = waited  # noqa: SLF001  (kept between fits)

    def _count_score(self, score: float) -> bool:
        """Return whether the score rose by `tol`; keep the best parameters."""
        model = self.model
        model.validation_scores_.append(score)
        improved = not score < model.best_validation_score_ + model.tol
        if score > model.best_validation_score_:
            model.best_validation_score_ = score
            model.best_iter_ = model.n_iter_
            self.keep()
        return bool(improved)

    @property
    def over(self) -> bool:
        """Whether there were more epochs without improvement than may be."""
        waited: int = self.model._no_improvement_count  # noqa: SLF001
        return waited > float(self.model.n_iter_no_change)

    @property
    def best_epoch(self) -> int | None:
        """The epoch that is kept, from 0 as a history counts them; None for none."""
        best: int = self.model.best_iter_
        return best - 1 if self.model.early_stopping and best else None

    def why(self) -> str:
        """Return the sentence that says so."""
        what = "Validation score" if self.model.early_stopping else "Training loss"
        return (
            f"{what} did not improve more than tol={self.model.tol:f} for "
            f"{self.model.n_iter_no_change} consecutive epochs."
        )

    def kept(self) -> str:
        """Return which parameters early stopping keeps, after a full stop; or nothing.

        They are those of before the fit where none of its epochs was better.
        """
        model = self.model
        if not model.early_stopping:
            return ""
        best = f"of epoch {model.best_iter_}" if model.best_iter_ else "it began with"
        return f"The parameters {best} are kept."

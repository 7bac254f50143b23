"""A trial that another process runs: it sends back what it found."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from typing import Any

import numpy as np

from walnet.errors import DivergedError
from walnet.models.ensemble_model import EnsembleModel
from walnet.tables import Table
from walnet.tables.target import Task
from walnet.tabular.ensemble.calibration import (
    fit_sharpness,
    mean_log_loss,
    right_probabilities,
)
from walnet.tabular.ensemble.training import EnsembleTraining, HeldOut


class OutOfTime(Exception):  # noqa: N818 - it is a way out, not an error
    """Raised within a trial that is not worth its rest."""


@dataclass(frozen=True)
class TrialJob:
    """A trial that has to be run.

    Attributes
    ----------
    table, target, task, seed
        What is learned.
    recipe : mapping or list
        That of the estimator.
    options : dict
        Its other parameters.
    is_class : bool
        Whether the target is classes.
    """

    table: Table
    target: str
    task: Task | None
    seed: int
    recipe: Any
    options: dict[str, Any]
    is_class: bool

    def learn(self, callback: Any = None, **options: Any) -> EnsembleModel:
        """Learn, with a callback and further parameters."""
        return EnsembleModel.fit(
            self.table,
            self.target,
            task=self.task,
            seed=self.seed,
            callback=callback,
            recipe=self.recipe,
            **self.options | options,
        )


@dataclass(frozen=True)
class Tried:
    """What came of a trial.

    Attributes
    ----------
    losses : dict of int to float
        The loss of each member that has come through.
    model : EnsembleModel or None
        None if the trial did not come through.
    seconds : float
        How long it took.
    """

    losses: dict[int, float]
    model: EnsembleModel | None
    seconds: float


def run_apart(job: TrialJob, seconds: float | None, has_to_end_well: bool) -> Tried:
    """Run a trial: what a worker does.

    Parameters
    ----------
    job : TrialJob
        The trial.
    seconds : float or None
        How long it may take.
    has_to_end_well : bool
        Whether it is cut short where the time is over, not given up.
    """
    import joblib

    losses: dict[int, float] = {}
    started = time.monotonic()

    def watch(training: EnsembleTraining) -> None:
        for number, unseen in enumerate(training.unseen):
            if unseen is not None and number not in losses and len(unseen.y):
                losses[number] = loss_of(unseen, is_class=job.is_class)
        if seconds is None or time.monotonic() - started < seconds:
            return
        if not has_to_end_well:
            raise OutOfTime
        training.stop("the time is up")

    model = None
    try:
        # The worker's own core: the others are busy with other trials.
        with joblib.parallel_config("threading"):
            model = job.learn(watch, threads=1)
    except (DivergedError, OutOfTime):
        pass
    return Tried(losses, model, time.monotonic() - started)


def loss_of(unseen: HeldOut, *, is_class: bool) -> float:
    """Return the calibrated log-loss, or the root mean squared error, of a member."""
    w = unseen.w.astype(np.float64)
    if not is_class:
        off = (unseen.outputs[:, 0] - unseen.y) ** 2
        return float(math.sqrt(np.average(off, weights=w)))
    y = unseen.y.astype(np.int64)
    sharpness = fit_sharpness(unseen.outputs, y, w)
    return mean_log_loss(right_probabilities(unseen.outputs, y, sharpness), w)

"""Members that learn side by side, each from its own rows and its own seed."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from dataclasses import dataclass
from os import PathLike
from threading import Event, Lock

import numpy as np
from numpy.typing import NDArray

from walnet.engine.driver import ctrl_c_stops
from walnet.engine.kernels.types import Examples
from walnet.engine.network import Network
from walnet.engine.normalization import folded
from walnet.engine.signals import termination_raises
from walnet.tabular.ensemble.checkpoints import CheckpointFolder, fingerprint
from walnet.tabular.ensemble.course import Course, unseen_cost
from walnet.tabular.ensemble.folds import all_folds, choose_share
from walnet.tabular.ensemble.member import (
    MemberRows,
    Supervision,
    new_network,
    outputs,
    train_member,
)
from walnet.tabular.ensemble.plan import EnsemblePlan
from walnet.tabular.ensemble.result import Ensemble, MemberResult
from walnet.tabular.ensemble.unseen_levels import forget_unseen_levels
from walnet.tabular.recipes.recipe import Recipe, Widths
from walnet.tabular.rows import Together, take, target_of

_WATCHED = 500  # rows that a member has not seen, looked at while it learns


@dataclass(frozen=True)
class HeldOut:
    """The outputs of a member for rows that it has not seen.

    Attributes
    ----------
    outputs : ndarray of shape (rows, outputs), float64
        Before a softmax; of a number, the standardised one.
    y, w : ndarray of shape (rows,), float32
        The target as members learn it, and the weights.
    """

    outputs: NDArray[np.float64]
    y: NDArray[np.floating]
    w: NDArray[np.floating]


class EnsembleTraining:
    """An ensemble while it learns: what a callback sees, and how it ends it.

    Parameters
    ----------
    members : int
        How many members there are.
    callback : callable, optional
        Called with this object after each epoch of a member, by one thread at a time.

    Attributes
    ----------
    shares : ndarray of shape (members,), float64
        The share of its schedule that each member has come through.
    costs : ndarray of shape (members,), float64
        The mean cost of each member's last epoch; NaN before the first.
    unseen : list of HeldOut or None
        The outputs of each member that has come through for rows it has not seen.
    stopped : str
        Why the training was ended early; empty if it was not.
    """

    def __init__(
        self, members: int, callback: Callable[[EnsembleTraining], object] | None
    ) -> None:
        self.members = members
        self.shares = np.zeros(members)
        self.costs = np.full(members, np.nan)
        self.unseen: list[HeldOut | None] = [None] * members
        self.stopped = ""
        self.cool = Event()
        self._callback, self._lock = callback, Lock()

    @property
    def share(self) -> float:
        """The share of all work that is done."""
        return float(self.shares.mean())

    @property
    def done(self) -> int:
        """How many members have come through."""
        return int((self.shares >= 1.0).sum())

    @property
    def cost(self) -> float:
        """The mean of the members' last costs; NaN before there is one."""
        known = self.costs[np.isfinite(self.costs)]
        return float(known.mean()) if len(known) else math.nan

    @property
    def finished(self) -> bool:
        """Whether all members have come through."""
        return self.done == self.members

    def stop(self, reason: str) -> None:
        """Let the members under way cool down in a few epochs, and begin no other.

        Parameters
        ----------
        reason : str
            Why; kept as `stopped`.
        """
        if not self.stopped:
            self.stopped = reason
            self.cool.set()

    def progress_of(
        self, number: int, note: Callable[[float, float], None] | None = None
    ) -> Callable[[float, float], None]:
        """Return what a member calls after each of its epochs, which calls `note`."""

        def report(share: float, cost: float) -> None:
            if note is not None:
                note(share, cost)
            with self._lock:
                self.shares[number], self.costs[number] = share, cost
                if self._callback is not None:
                    self._callback(self)

        return report

    def report_held_out(self, number: int, unseen: HeldOut) -> None:
        """Note a member's outputs for rows that it has not seen."""
        with self._lock:
            self.unseen[number] = unseen
            if self._callback is not None:
                self._callback(self)


def train_ensemble(
    widths: Widths,
    data: Examples,
    plan: EnsemblePlan,
    together: Together | None = None,
    *,
    callback: Callable[[EnsembleTraining], object] | None = None,
    checkpoint: str | PathLike[str] | None = None,
) -> Ensemble:
    """Train the members of an ensemble.

    Every member is a pure function of the data, its recipe, the seed and its number:
    the number of threads changes nothing. Ctrl-C lets those under way cool down.

    Parameters
    ----------
    widths : Widths
        How wide both ends of a member are.
    data : Examples
        The rows.
    plan : EnsemblePlan
        How many members learn from them how long.
    together : Together, optional
        Which rows belong together; by default equal ones.
    callback : callable, optional
        Called after each epoch of each member with the `EnsembleTraining`.
    checkpoint : path, optional
        A folder, for a file of each member to go on from.

    Returns
    -------
    Ensemble

    Raises
    ------
    DivergedError
        If the parameters become infinite.
    DataError
        If the folder cannot be used, or belongs to another ensemble.
    """
    training = EnsembleTraining(len(plan.members), callback)
    folder = None
    if checkpoint is not None:
        known = [*data, *([] if together is None else [together.codes])]
        folder = CheckpointFolder(checkpoint, fingerprint(widths, plan, known))
    classes = widths.outputs > 1
    apart = [
        all_folds(data, spec, plan.seed, together, classes=classes)
        for spec in plan.specs
    ]
    jobs = _Jobs(widths, data, plan, apart, training, folder)
    waiting = nullcontext() if folder is None else termination_raises()
    with (
        waiting,
        ctrl_c_stops(training),
        ThreadPoolExecutor(plan.threads, "walnet") as pool,
    ):
        try:
            results = list(pool.map(jobs.run, range(len(plan.members))))
        except BaseException:
            jobs.abandon()  # nobody waits for the others
            raise
    return Ensemble.of(plan, results, training.stopped, jobs.course)


class _Jobs:
    """The members of an ensemble that have to learn, each a job of its own."""

    def __init__(
        self,
        widths: Widths,
        data: Examples,
        plan: EnsemblePlan,
        apart: list[NDArray[np.bool_]],
        training: EnsembleTraining,
        folder: CheckpointFolder | None,
    ) -> None:
        self.widths, self.data, self.plan, self.apart = widths, data, plan, apart
        self.training, self.folder = training, folder
        self.is_abandoned, self.started = False, time.monotonic()
        self.deadlines = plan.deadlines()
        self.course = Course(len(plan.members), max(spec.epochs for spec in plan.specs))
        self.supervisions = [self._supervision(i) for i in range(len(plan.members))]
        self.watching: list[Callable[[], float]] = [_unknown] * len(plan.members)

    def run(self, index: int) -> MemberResult | None:
        """Train a member; None if nobody waits for it any more."""
        if self.is_abandoned or (self.training.stopped and index):
            return None
        try:
            return self._learn(index)
        except BaseException:
            self.abandon()  # nobody waits for the others
            raise

    def abandon(self) -> None:
        """End all members at once, also in the middle of an epoch."""
        self.is_abandoned = True
        for each in self.supervisions:
            each.abandon()

    def _learn(self, index: int) -> MemberResult | None:
        """Train a member, and have it predict the rows that it has not seen."""
        bag, number = self.plan.members[index]
        spec, apart = self.plan.specs[bag], self.apart[bag][number]
        others = np.flatnonzero(apart)
        watched = spec.recipe.watches_unseen and len(others)
        unseen = take(self.data, others) if watched else None
        seed = [self.plan.seed, 8, index]
        rows = choose_share(np.flatnonzero(~apart), spec.share, seed)
        network = new_network(self.widths, spec.recipe)
        self.watching[index] = self._watch(network, spec.recipe, others[:_WATCHED])
        done = train_member(
            network,
            spec.recipe,
            MemberRows(self.data._replace(rows=rows), unseen),
            [self.plan.seed, 1, index],
            spec.epochs,
            self.supervisions[index],
            None if self.folder is None else self.folder.file(index),
        )
        if self.is_abandoned:
            return None
        # After a continuation, too: a checkpoint holds what was learned, no more.
        forget_unseen_levels(network, self.data.codes[rows])
        if spec.recipe.batch_norm:
            network = folded(network)
        exact = new_network(self.widths, spec.recipe.learned, np.float64)
        exact.parameters[:] = network.parameters
        predicted = outputs(exact, self.data, others)
        y, w = target_of(self.data)[others], self.data.w[others]
        self.training.report_held_out(index, HeldOut(predicted, y, w))
        return MemberResult(network.parameters, others, predicted, done)

    def _supervision(self, index: int) -> Supervision:
        """Return when a member has to end before its schedule does."""
        deadline = None
        if self.plan.seconds is not None:
            deadline = self.started + self.plan.seconds * self.deadlines[index]
        progress = self.training.progress_of(index, self._noting(index))
        return Supervision(deadline, self.training.cool, progress)

    def _noting(self, index: int) -> Callable[[float, float], None]:
        """Return what notes the cost of a member after each of its epochs."""

        def note(share: float, cost: float) -> None:
            self.course.note(index, share, cost, self.watching[index])

        return note

    def _watch(
        self, network: Network, recipe: Recipe, rows: NDArray[np.int64]
    ) -> Callable[[], float]:
        """Return what works out the cost of rows that a member does not learn from."""
        if not len(rows):
            return _unknown
        exact = new_network(self.widths, recipe.learned, np.float64)
        y = target_of(self.data)[rows].astype(np.float64)
        w = self.data.w[rows].astype(np.float64)

        def cost() -> float:
            plain = folded(network) if recipe.batch_norm else network
            exact.parameters[:] = plain.parameters
            return unseen_cost(outputs(exact, self.data, rows), y, w)

        return cost


def _unknown() -> float:
    """Return the cost of rows that there are none of."""
    return math.nan

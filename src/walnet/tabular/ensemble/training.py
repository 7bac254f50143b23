"""Members that learn side by side, each from its own rows and its own seed."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager, nullcontext
from dataclasses import dataclass
from os import PathLike
from threading import Event, Lock

import numpy as np
from numpy.typing import NDArray

from walnet.cluster import jobs
from walnet.engine.driver import ctrl_c_stops
from walnet.engine.kernels.types import Examples
from walnet.engine.signals import termination_raises
from walnet.tabular.ensemble.checkpoints import CheckpointFolder, fingerprint
from walnet.tabular.ensemble.course import Course, Curve
from walnet.tabular.ensemble.elsewhere import learn_apart
from walnet.tabular.ensemble.folds import all_folds
from walnet.tabular.ensemble.job import MemberJob, Reads
from walnet.tabular.ensemble.member import Supervision
from walnet.tabular.ensemble.plan import EnsemblePlan
from walnet.tabular.ensemble.result import Ensemble, MemberResult
from walnet.tabular.recipes.recipe import Widths
from walnet.tabular.rows import Together, target_of


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

    def progress_of(self, number: int) -> Callable[[float, float], None]:
        """Return what a member calls after each of its epochs."""

        def report(share: float, cost: float) -> None:
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


@contextmanager
def stopped_by_signals(
    training: EnsembleTraining, folder: CheckpointFolder | None
) -> Iterator[None]:
    """Let Ctrl-C stop a training in the block, and SIGTERM where it has checkpoints."""
    waiting = nullcontext() if folder is None else termination_raises()
    with waiting, ctrl_c_stops(training):
        yield


def train_ensemble(
    widths: Widths,
    data: Examples,
    plan: EnsemblePlan,
    together: Together | None = None,
    *,
    reads: Reads | None = None,
    callback: Callable[[EnsembleTraining], object] | None = None,
    checkpoint: str | PathLike[str] | None = None,
) -> Ensemble:
    """Train the members of an ensemble, each of them in a thread of its own.

    Every member is a pure function of the data, its recipe, the seed and its number:
    the number of threads changes nothing, nor where it learns: where
    ``joblib.parallel_config`` has chosen other processes, each goes to one of them.
    Ctrl-C lets those under way cool down.

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
    reads : mapping, optional
        Which inputs each member reads, see `MemberJob`; by default all.
    callback : callable, optional
        Called after each epoch of each member with the `EnsembleTraining`; of members
        that learn in other processes, when each has come through.
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
        If the folder cannot be used, or belongs to another ensemble; or if other
        processes were to do the work and cannot.
    """
    training = EnsembleTraining(len(plan.members), callback)
    folder = None
    if checkpoint is not None:
        known = [*data, *([] if together is None else [together.codes])]
        folder = CheckpointFolder(checkpoint, fingerprint(widths, plan, known))
    classes = widths.outputs > 1
    folds = [
        all_folds(data, spec, plan.seed, together, classes=classes)
        for spec in plan.specs
    ]
    apart = [folds[bag][number] for bag, number in plan.members]
    work = _Work(widths, data, plan, apart, training, folder, reads or {})
    with stopped_by_signals(training, folder):
        results = work.elsewhere() if jobs.sends_work() else work.here()
    return Ensemble.of(plan, results, training.stopped, work.course)


class _Work:
    """The members of an ensemble that have to learn, each a job of its own."""

    def __init__(
        self,
        widths: Widths,
        data: Examples,
        plan: EnsemblePlan,
        apart: list[NDArray[np.bool_]],
        training: EnsembleTraining,
        folder: CheckpointFolder | None,
        reads: Reads,
    ) -> None:
        self.data, self.plan, self.training = data, plan, training
        self.apart = apart
        self.is_abandoned, self.started = False, time.monotonic()
        self.course = Course(len(plan.members), max(spec.epochs for spec in plan.specs))
        self.jobs = [
            MemberJob(
                widths,
                plan.specs[bag],
                plan.seed,
                index,
                None if folder is None else folder.file(index),
                reads.get((plan.specs[bag].folds, number)),
            )
            for index, (bag, number) in enumerate(plan.members)
        ]
        self.supervisions = [
            self._supervision(index, end) for index, end in enumerate(plan.deadlines())
        ]

    def here(self) -> list[MemberResult | None]:
        """Train them in threads of this process."""
        with ThreadPoolExecutor(self.plan.threads, "walnet") as pool:
            try:
                return list(pool.map(self._run, range(len(self.jobs))))
            except BaseException:
                self.abandon()  # nobody waits for the others
                raise

    def elsewhere(self) -> list[MemberResult | None]:
        """Train them where joblib sends them."""
        results: list[MemberResult | None] = [None] * len(self.jobs)
        seconds, of_first_bag = self.plan.seconds, self.plan.specs[0].members
        calls = {
            job.index: (
                job,
                None if seconds is None else seconds * share,
                apart,
                *self.data,
            )
            for job, share, apart in zip(
                self.jobs, self.plan.shares(), self.apart, strict=True
            )
        }
        came = jobs.answers(learn_apart, calls, self.plan.threads, "network")
        with closing(came) as members:
            for index, (result, curve) in members:
                results[index], self.course.curves[index] = result, curve
                self._report(index, result, curve)
                first = results[:of_first_bag]
                if self.training.stopped and any(each is not None for each in first):
                    break
        return results

    def _run(self, index: int) -> MemberResult | None:
        """Train a member; None if nobody waits for it any more."""
        if self.is_abandoned or (self.training.stopped and index):
            return None
        try:
            result = self.jobs[index].learn(
                self.data,
                self.apart[index],
                self.supervisions[index],
                self.course.curves[index],
            )
        except BaseException:
            self.abandon()  # nobody waits for the others
            raise
        if self.is_abandoned:
            return None
        self._report_held_out(index, result)
        return result

    def _report(self, index: int, result: MemberResult, curve: Curve) -> None:
        """Note that a member has come back."""
        costs = curve.costs[0][np.isfinite(curve.costs[0])]
        cost = float(costs[-1]) if len(costs) else math.nan
        self.training.progress_of(index)(1.0, cost)
        self._report_held_out(index, result)

    def _report_held_out(self, index: int, result: MemberResult) -> None:
        """Note what a member says of rows that it has not seen."""
        y, w = target_of(self.data)[result.unseen], self.data.w[result.unseen]
        self.training.report_held_out(index, HeldOut(result.outputs, y, w))

    def abandon(self) -> None:
        """End all members at once, also in the middle of an epoch."""
        self.is_abandoned = True
        for each in self.supervisions:
            each.abandon()

    def _supervision(self, index: int, end: float) -> Supervision:
        """Return when a member has to end before its schedule does."""
        deadline = None
        if self.plan.seconds is not None:
            deadline = self.started + self.plan.seconds * end
        return Supervision(
            deadline, self.training.cool, self.training.progress_of(index)
        )

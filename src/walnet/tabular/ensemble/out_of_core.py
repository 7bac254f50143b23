"""Members that learn from rows in a file, buffer by buffer."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from os import PathLike
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from walnet.engine.driver import Driver, Watcher
from walnet.engine.kernels.types import Examples
from walnet.engine.network import Network
from walnet.engine.normalization import folded
from walnet.engine.pace import Pace
from walnet.engine.schedules import Clock
from walnet.engine.settings import TABLE
from walnet.engine.training import Training
from walnet.tabular.columns.row_store import GROUP_ROWS, StoredRows
from walnet.tabular.ensemble.checkpoints import CheckpointFolder, fingerprint
from walnet.tabular.ensemble.initial import initialize_by_rows
from walnet.tabular.ensemble.member import (
    MemberRows,
    new_network,
    new_training,
    outputs,
    share_done,
)
from walnet.tabular.ensemble.plan import EnsemblePlan
from walnet.tabular.ensemble.result import Ensemble, MemberResult
from walnet.tabular.ensemble.training import (
    EnsembleTraining,
    HeldOut,
    stopped_by_signals,
)
from walnet.tabular.ensemble.unseen_levels import replace_levels
from walnet.tabular.recipes.recipe import Recipe, Widths
from walnet.tabular.rows import target_of

STOPPED_ELSEWHERE = "stopped by another process"
BUFFER_BYTES = 16 * 2**20
_LEAST_GROUPS = 4  # of a buffer, among which rows are mixed


@dataclass(frozen=True)
class Buffers:
    """The rows in the file, as they are learned from: buffer after buffer.

    Attributes
    ----------
    stored : StoredRows or StoredShards
        The rows.
    plan : EnsemblePlan
        How often all of them are read, in which order.
    groups : int
        Groups of rows of a file in a buffer.
    first : Examples or ShardRows
        The first buffer.
    apart : Examples
        The rows that are kept apart.
    """

    stored: Any
    plan: EnsemblePlan
    groups: int
    first: Any
    apart: Examples

    @classmethod
    def of(cls, stored: Any, plan: EnsemblePlan, least: int, files: int = 1) -> Self:
        """Return buffers of so many bytes of all files, of few where time is short."""
        groups = least
        if plan.seconds is None:
            row = stored.shape.width * 4 * files
            groups = max(groups, BUFFER_BYTES // (GROUP_ROWS * row))
        first = next(stored.buffers(plan.seed, 0, groups))
        return cls(stored, plan, groups, first, stored.apart)

    @property
    def per_epoch(self) -> int:
        """Buffers of a pass over all rows."""
        return int(self.stored.per_epoch(self.groups))

    def ahead(self, pool: ThreadPoolExecutor) -> Iterator[Any]:
        """Yield those of all epochs, each read while the one before is used."""

        def in_order() -> Iterator[Any]:
            for epoch in range(self.plan.epochs):
                yield from self.stored.buffers(self.plan.seed, epoch, self.groups)

        buffers = in_order()
        under_way = pool.submit(next, buffers, None)
        while (rows := under_way.result()) is not None:
            under_way = pool.submit(next, buffers, None)
            yield rows


class Member:
    """A member, which learns from buffer after buffer: an epoch of its training each.

    Parameters
    ----------
    widths, recipe
        Its network, and how it learns.
    buffers : Buffers
        What it learns from.
    seed : list of int
        Where its random numbers come from.
    checkpoint : Path or None
        Its file.
    """

    def __init__(
        self,
        widths: Widths,
        recipe: Recipe,
        buffers: Buffers,
        seed: list[int],
        checkpoint: Path | None,
    ) -> None:
        rng = np.random.default_rng(seed)
        watched = buffers.apart if recipe.watches_unseen else None
        self.training = self._begin(
            new_network(widths, recipe),
            counted_in_buffers(recipe, buffers.per_epoch),
            MemberRows(buffers.first, watched),
            buffers.plan.epochs * buffers.per_epoch,
            rng,
        )
        self.driver = self._driver(checkpoint)

    def _begin(
        self,
        network: Network,
        recipe: Recipe,
        rows: MemberRows,
        epochs: int,
        rng: np.random.Generator,
    ) -> Training:
        """Return its training, which has not begun."""
        initialize_by_rows(network, rows.learned, rng)  # which suit these rows
        return new_training(network, recipe, rows, epochs, int(rng.integers(2**62)))

    def _driver(self, checkpoint: Path | None) -> Driver:
        """Return what drives it, from its checkpoint on."""
        return Driver(self.training, Watcher(), checkpoint)

    def learn(self, number: int, rows: Examples, begin: float, end: float) -> None:
        """Learn from a buffer once, unless that is done or it has stopped before."""
        training = self.training
        if training.history.stopped or number < training.epoch:
            return
        training.learn_from(rows)
        batches, now = training.iterations_per_epoch, training.iteration
        left = round(batches * (1.0 - begin) / (end - begin))
        training.clock = Clock(now + left, now, begin)
        self.driver.advance()

    def finish(self, counts: NDArray[np.int64], apart: Examples) -> MemberResult:
        """Return what it learned, once unseen levels have a value."""
        done = share_done(self.training)
        self.driver.finish()
        replace_levels(self.training.network, counts)
        network = folded(self.training.network)
        indices = np.arange(len(apart.Y))
        predicted = outputs(network.astype("float64"), apart)
        return MemberResult(network.parameters, indices, predicted, done)


def counted_in_buffers(recipe: Recipe, per_epoch: int) -> Recipe:
    """Return a recipe whose epochs are buffers: its settings count them."""
    settings = recipe.settings
    counts = {
        name: per_epoch * getattr(settings, name)
        for name in TABLE
        if TABLE[name].unit == "epochs" and getattr(settings, name) is not None
    }
    return replace(recipe, settings=settings.replace(**counts))


def train_stored(
    widths: Widths,
    stored: StoredRows,
    plan: EnsemblePlan,
    *,
    callback: Callable[[EnsembleTraining], object] | None = None,
    checkpoint: str | PathLike[str] | None = None,
) -> Ensemble:
    """Train the members of an ensemble on rows in a file.

    All members learn from the same buffer at the same time, so that each is read once;
    the next one is read meanwhile. What they learn is a function of the file, the
    recipes and the seed.

    Parameters
    ----------
    widths, plan, callback, checkpoint
        As for `train_ensemble`; the callback is called after each buffer.
    stored : StoredRows
        The rows.

    Returns
    -------
    Ensemble

    Raises
    ------
    DivergedError, DataError
        As for `train_ensemble`.
    """
    folder = None
    if checkpoint is not None:
        folder = CheckpointFolder(checkpoint, _fingerprint(widths, plan, stored))
    training = EnsembleTraining(len(plan.members), callback)
    with (
        stopped_by_signals(training, folder),
        ThreadPoolExecutor(plan.threads + 1, "walnet") as pool,
    ):
        buffers = Buffers.of(stored, plan, _LEAST_GROUPS)
        members = members_of(Member, widths, buffers, folder)
        results = train_members(members, buffers, training, pool, pool.map)
    return ensemble_of(results, buffers, training)


def members_of(
    kind: type[Member],
    widths: Widths,
    buffers: Buffers,
    folder: CheckpointFolder | None,
) -> list[Member]:
    """Return the members of the plan, which have not begun."""
    plan = buffers.plan
    return [
        kind(
            widths,
            plan.specs[bag].recipe,
            buffers,
            [plan.seed, 1, index],
            None if folder is None else folder.file(index),
        )
        for index, (bag, _) in enumerate(plan.members)
    ]


def train_members(
    members: list[Member],
    buffers: Buffers,
    training: EnsembleTraining,
    pool: ThreadPoolExecutor,
    each: Callable[..., Iterator[Any]],
) -> list[MemberResult]:
    """Let all members learn, and return what they have learned.

    Parameters
    ----------
    members, buffers, training
        Who learns from what, and who is told of it.
    pool : ThreadPoolExecutor
        Reads the next buffer.
    each : callable
        Does something with all members: ``map``, or a pool's.
    """
    try:
        _learn(members, buffers, training, pool, each)
    except BaseException:
        for member in members:  # at once, also in the middle of a buffer
            member.training.stop("nobody waits for it")
        raise
    counts = buffers.stored.level_counts
    finish = partial(Member.finish, counts=counts, apart=buffers.apart)
    return list(each(finish, members))


def _learn(
    members: list[Member],
    buffers: Buffers,
    training: EnsembleTraining,
    pool: ThreadPoolExecutor,
    each: Callable[..., Iterator[Any]],
) -> None:
    """Let all members learn from one buffer after the other."""
    reports = [training.progress_of(index) for index in range(len(members))]
    course, stored = Course(buffers), buffers.stored
    for number, rows in enumerate(buffers.ahead(pool)):
        # Whoever is asked to stop tells other processes here, and nowhere else.
        if stored.communicator.any(training.cool.is_set()):
            training.stop(STOPPED_ELSEWHERE)
            course.pace.cool_down(number)
            for member in members:
                member.training.cool_down()
        begin, end = course.next(number, stored.rows_in(rows))
        lesson = partial(Member.learn, number=number, rows=rows, begin=begin, end=end)
        done = each(lesson, members)
        for member, report, _ in zip(members, reports, done, strict=True):
            share = 1.0 if member.training.reached() else end
            report(share, float(member.training.history.cost[-1]))
        if end >= 1.0 or all(member.training.reached() for member in members):
            break


def ensemble_of(
    results: list[MemberResult], buffers: Buffers, training: EnsembleTraining
) -> Ensemble:
    """Return an ensemble, and tell what its members say of the rows kept apart."""
    apart = buffers.apart
    for number, result in enumerate(results):
        unseen = HeldOut(result.outputs, target_of(apart), apart.w)
        training.report_held_out(number, unseen)
    return Ensemble.of(buffers.plan, results, training.stopped)


def _fingerprint(widths: Widths, plan: EnsemblePlan, stored: StoredRows) -> str:
    """Return a hash of all that a continuation must have in common with its start."""
    facts = np.array([stored.checksum, stored.n_rows])
    return fingerprint(widths, plan, [facts, *stored.apart])


class Course:
    """Where the schedule is: by rows, or by time where that is short."""

    def __init__(self, buffers: Buffers) -> None:
        plan, n_rows = buffers.plan, buffers.stored.n_rows
        self.done = 0.0
        self._left = n_rows * plan.epochs  # rows: a buffer has at least one
        self.pace = Pace(self._left)
        if plan.seconds is not None:
            self.pace.deadline = time.monotonic() + plan.seconds
            costs = sum(each.cost * each.members for each in plan.specs) / plan.threads
            self.pace.seconds = costs * len(buffers.first.Y)

    def next(self, number: int, n_rows: int) -> tuple[float, float]:
        """Return begin and end of a buffer in the schedule, from 0 to 1."""
        if number:
            self.pace.end_epochs(1, number)
        buffers = min(self._left / n_rows, self.pace.epochs_left(number))
        begin = self.done
        # The last one may be smaller than the others: what is left is its.
        self.done = 1.0 if buffers <= 1.0 else begin + (1.0 - begin) / buffers
        self._left -= n_rows
        return begin, self.done

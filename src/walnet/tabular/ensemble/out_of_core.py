"""Members that learn from rows in a file, buffer by buffer."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from os import PathLike
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from walnet.engine.checkpoint import Checkpoint
from walnet.engine.kernels.types import Examples
from walnet.engine.schedules import Clock
from walnet.engine.training import Training
from walnet.errors import DivergedError
from walnet.tabular.columns.row_store import GROUP_ROWS, StoredRows
from walnet.tabular.ensemble.checkpoints import CheckpointFolder, fingerprint
from walnet.tabular.ensemble.initial import initialize_by_rows
from walnet.tabular.ensemble.member import new_network, new_training, outputs
from walnet.tabular.ensemble.plan import EnsemblePlan
from walnet.tabular.ensemble.result import Ensemble, MemberResult
from walnet.tabular.ensemble.training import (
    EnsembleTraining,
    HeldOut,
    ctrl_c_stops,
)
from walnet.tabular.ensemble.unseen_levels import replace_levels
from walnet.tabular.recipes.recipe import Recipe, Widths
from walnet.tabular.rows import target_of

BUFFER_BYTES = 16 * 2**20
_LEAST_GROUPS = 4  # of a buffer, among which rows are mixed
_BUFFERS_TO_COOL = 3
_BUFFERS = "buffers"  # the note of a checkpoint: how many were learned from


class _Learner:
    """One member, which learns from buffer after buffer."""

    def __init__(
        self,
        widths: Widths,
        recipe: Recipe,
        rows: Examples,
        seed: list[int],
        checkpoint: Path | None,
    ) -> None:
        rng = np.random.default_rng(seed)
        network = new_network(widths, recipe)
        initialize_by_rows(network, rows, rng)  # which suit these rows
        self.training: Training = new_training(
            network, recipe, rows, 1, int(rng.integers(2**62))
        )
        self.keeper: Checkpoint | None = None
        if checkpoint is not None:
            self.keeper = Checkpoint(checkpoint, self.training)
        # Buffers that it had learned from before an interruption.
        self._known = int(self.training.notes.get(_BUFFERS, 0))

    def learn(self, number: int, rows: Examples, begin: float, end: float) -> float:
        """Learn from a buffer once; return the mean cost."""
        training = self.training
        if number >= self._known:
            training.learn_from(rows)
            batches, now = training.iterations_per_epoch, training.iteration
            left = round(batches * (1.0 - begin) / (end - begin))
            training.clock = Clock(now + left, now, begin)
            training.advance(batches)
            training.notes[_BUFFERS] = number + 1
            if self.keeper is not None:
                self.keeper.write_when_due()
        return float(training.history.cost[-1])

    def close_checkpoint(self) -> None:
        """Write the checkpoint a last time, if there is one."""
        if self.keeper is not None:
            self.keeper.write()
            self.keeper = None

    def predict(
        self, counts: NDArray[np.int64], apart: Examples
    ) -> NDArray[np.float64]:
        """Return its outputs for rows kept apart, once unseen levels have a value."""
        network = self.training.network
        replace_levels(network, counts)
        return outputs(network.astype("float64"), network.parameters, apart)


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
        ctrl_c_stops(training),
        ThreadPoolExecutor(plan.threads + 1, "walnet") as pool,
    ):
        learners = _learn(widths, stored, plan, training, pool, folder)
        apart = stored.apart
        predicted = list(
            pool.map(lambda each: each.predict(stored.level_counts, apart), learners)
        )
    y, indices = target_of(apart), np.arange(len(apart.Y))
    for number, values in enumerate(predicted):
        training.report_held_out(number, HeldOut(values, y, apart.w))
    results = [
        MemberResult(each.training.network.parameters, indices, values, share)
        for each, values, share in zip(
            learners, predicted, training.shares.tolist(), strict=True
        )
    ]
    return Ensemble.of(plan, results, training.stopped)


def _learn(
    widths: Widths,
    stored: StoredRows,
    plan: EnsemblePlan,
    training: EnsembleTraining,
    pool: ThreadPoolExecutor,
    folder: CheckpointFolder | None,
) -> list[_Learner]:
    """Return the members, once they have learned from all buffers."""
    groups = _groups_of_a_buffer(stored) if plan.seconds is None else _LEAST_GROUPS
    first = next(stored.buffers(plan.seed, 0, groups))
    files = [
        None if folder is None else folder.file(i) for i in range(len(plan.members))
    ]
    learners = [
        _Learner(widths, plan.specs[bag].recipe, first, [plan.seed, 1, index], file)
        for index, ((bag, _), file) in enumerate(zip(plan.members, files, strict=True))
    ]
    report = [training.progress_of(index) for index in range(len(learners))]
    clock = _Clock(plan, stored.n_rows)
    for number, rows in enumerate(_ahead(pool, stored, plan, groups)):
        is_cooling = training.cool.is_set()
        if is_cooling:  # the files keep the schedule as planned
            _close_checkpoints(learners)
        begin, end = clock.next(len(rows.Y), cool=is_cooling)
        jobs = [pool.submit(each.learn, number, rows, begin, end) for each in learners]
        for index, job in enumerate(jobs):
            report[index](end, job.result())
        if end >= 1.0:
            break
    _close_checkpoints(learners)
    networks = [each.training.network for each in learners]
    if not all(np.isfinite(each.parameters).all() for each in networks):
        message = "the networks' parameters became infinite; try a smaller rate"
        raise DivergedError(message, learners[0].training.iteration, 1)
    return learners


def _close_checkpoints(learners: list[_Learner]) -> None:
    """Write the members' checkpoints a last time."""
    for each in learners:
        each.close_checkpoint()


def _fingerprint(widths: Widths, plan: EnsemblePlan, stored: StoredRows) -> str:
    """Return a hash of all that a continuation must have in common with its start."""
    facts = np.array([stored.checksum, stored.n_rows])
    return fingerprint(widths, plan, [facts, *stored.apart])


def _groups_of_a_buffer(stored: StoredRows) -> int:
    """Return how many groups are in memory at a time."""
    return max(_LEAST_GROUPS, BUFFER_BYTES // (GROUP_ROWS * stored.shape.width * 4))


def _ahead(
    pool: ThreadPoolExecutor, stored: StoredRows, plan: EnsemblePlan, groups: int
) -> Iterator[Examples]:
    """Yield the buffers of all epochs, each read while the one before is used."""

    def in_order() -> Iterator[Examples]:
        for epoch in range(plan.epochs):
            yield from stored.buffers(plan.seed, epoch, groups)

    buffers = in_order()
    under_way = pool.submit(next, buffers, None)
    while (rows := under_way.result()) is not None:
        under_way = pool.submit(next, buffers, None)
        yield rows


class _Clock:
    """Where the schedule is: by rows, or by time where that is short."""

    def __init__(self, plan: EnsemblePlan, n_rows: int) -> None:
        self.done = 0.0
        self._left = n_rows * plan.epochs  # rows
        self._started = self._last = time.monotonic()
        self._deadline = None if plan.seconds is None else self._started + plan.seconds
        costs = sum(each.cost * each.members for each in plan.specs) / plan.threads
        self._seconds_a_row = 0.0 if plan.seconds is None else costs
        self._cooling = 0
        self._before = 0

    def next(self, n_rows: int, *, cool: bool) -> tuple[float, float]:
        """Return begin and end of the next buffer in the schedule, from 0 to 1."""
        now = time.monotonic()
        if self._before:
            seconds = (now - self._last) / self._before
            self._seconds_a_row = max(seconds, 0.8 * self._seconds_a_row)
        buffers = self._left / n_rows
        if self._deadline is not None and self._seconds_a_row:
            in_time = (self._deadline - now) / (self._seconds_a_row * n_rows)
            buffers = min(buffers, math.floor(in_time))
        if cool:
            self._cooling = (self._cooling or _BUFFERS_TO_COOL + 1) - 1
            buffers = min(buffers, self._cooling)
        begin = self.done
        # The last one may be smaller than the others: what is left is its.
        self.done = 1.0 if buffers <= 1.0 else begin + (1.0 - begin) / buffers
        self._left -= n_rows
        self._last, self._before = now, n_rows
        return begin, self.done

"""Members that learn from rows in a file, buffer by buffer."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numpy.typing import NDArray

from walnet.engine.kernels.machine.blas import single_blas_thread
from walnet.engine.kernels.types import Examples
from walnet.engine.schedules import Clock
from walnet.engine.training import Training
from walnet.errors import DivergedError
from walnet.tabular.columns.row_store import GROUP_ROWS, StoredRows
from walnet.tabular.ensemble.initial import initialize_by_rows
from walnet.tabular.ensemble.member import new_network, new_training, outputs
from walnet.tabular.ensemble.training import (
    Ensemble,
    EnsemblePlan,
    EnsembleTraining,
    HeldOut,
    MemberResult,
    replace_levels,
)
from walnet.tabular.recipes.recipe import Recipe, Widths
from walnet.tabular.rows import target_of

BUFFER_BYTES = 16 * 2**20
_LEAST_GROUPS = 4  # of a buffer, among which rows are mixed
_BUFFERS_TO_COOL = 3


class _Learner:
    """One member, which learns from buffer after buffer."""

    def __init__(
        self, widths: Widths, recipe: Recipe, rows: Examples, seed: list[int]
    ) -> None:
        rng = np.random.default_rng(seed)
        network = new_network(widths, recipe)
        initialize_by_rows(network, rows, rng)  # which suit these rows
        self.training: Training = new_training(
            network, recipe, rows, 1, int(rng.integers(2**62))
        )

    def learn(self, rows: Examples, begin: float, end: float) -> float:
        """Learn from a buffer once; return the mean cost."""
        training = self.training
        training.learn_from(rows)
        batches, now = training.iterations_per_epoch, training.iteration
        left = batches * (1.0 - begin) / (end - begin)
        training.clock = Clock(now + left, now, begin)
        training.advance(batches)
        return float(training.history.cost[-1])

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
) -> Ensemble:
    """Train the members of an ensemble on rows in a file.

    All members learn from the same buffer at the same time, so that each is read once;
    the next one is read meanwhile. What they learn is a function of the file, the
    recipes and the seed.
    """
    groups = _groups_of_a_buffer(stored) if plan.seconds is None else _LEAST_GROUPS
    members = plan.members
    training = EnsembleTraining(len(members), callback)
    report = [training.progress_of(number) for number in range(len(members))]
    with single_blas_thread(), ThreadPoolExecutor(plan.threads + 1, "walnet") as pool:
        first = next(stored.buffers(plan.seed, 0, groups))
        learners = [
            _Learner(widths, plan.specs[bag].recipe, first, [plan.seed, 1, place])
            for place, (bag, _) in enumerate(members)
        ]
        clock = _Clock(plan, stored.n_rows)
        for rows in _ahead(pool, stored, plan, groups):
            begin, end = clock.next(len(rows.Y), cool=training.cool.is_set())
            jobs = [pool.submit(each.learn, rows, begin, end) for each in learners]
            for number, job in enumerate(jobs):
                report[number](end, job.result())
            if end >= 1.0:
                break
        networks = [each.training.network for each in learners]
        if not all(np.isfinite(each.parameters).all() for each in networks):
            message = "the networks' parameters became infinite; try a smaller rate"
            raise DivergedError(message, learners[0].training.iteration, 1)
        apart = stored.apart
        predicted = list(
            pool.map(lambda each: each.predict(stored.level_counts, apart), learners)
        )
    y, indices = target_of(apart), np.arange(len(apart.Y))
    for number, values in enumerate(predicted):
        training.report_held_out(number, HeldOut(values, y, apart.w))
    results = [
        MemberResult(network.parameters, indices, values, clock.done)
        for network, values in zip(networks, predicted, strict=True)
    ]
    return Ensemble(plan.in_bags(results), training.stopped)


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

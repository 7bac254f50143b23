"""Members that learn from rows in a file, buffer by buffer."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from walnet.engine.kernels.machine.blas import single_blas_thread
from walnet.engine.kernels.tabular_training import run_epoch
from walnet.engine.kernels.tabular_types import Buffers, Member, Rows
from walnet.errors import DivergedError
from walnet.tabular.columns.row_store import GROUP_ROWS, StoredRows
from walnet.tabular.ensemble.layout import Layout, Widths, lay_out, new_buffers
from walnet.tabular.ensemble.member import (
    kernel_recipe,
    new_member,
    outputs,
    set_first_parameters,
)
from walnet.tabular.ensemble.training import (
    Ensemble,
    EnsembleTraining,
    Learned,
    Plan,
    Unseen,
    replace_levels,
)
from walnet.tabular.recipes.recipe import Recipe

BUFFER_BYTES = 16 * 2**20
_LEAST_GROUPS = 4  # of a buffer, among which rows are mixed
_BUFFERS_TO_COOL = 3


@dataclass
class _Learner:
    """One member and what its epochs are run with."""

    layout: Layout
    recipe: Recipe
    member: Member
    key: int
    classes: bool
    buffers: dict[int, tuple[NDArray[np.void], Buffers]] = field(default_factory=dict)

    @classmethod
    def new(
        cls, widths: Widths, recipe: Recipe, rows: Rows, seed: list[int]
    ) -> _Learner:
        """Return a member whose first parameters suit some rows."""
        rng, layout = np.random.default_rng(seed), lay_out(widths, recipe)
        member = new_member(layout, np.arange(len(rows.y)), np.float32)
        set_first_parameters(layout, member, rows, rng)
        classes = widths.outputs > 1
        return cls(layout, recipe, member, int(rng.integers(2**63)), classes)

    def learn(self, rows: Rows, begin: float, end: float) -> float:
        """Learn from a buffer once; return the mean cost."""
        n = len(rows.y)
        if n not in self.buffers:
            rule = kernel_recipe(self.recipe, n, self.key, classes=self.classes)
            room = new_buffers(self.layout, int(rule[0]["batch_size"]))
            self.buffers[n] = (rule, room)
        rule, room = self.buffers[n]
        member = self.member._replace(rows=np.arange(n), order=np.zeros(n, np.int64))
        cost: float = run_epoch(
            self.layout.model, rule[0], rows, member, room, begin, end
        )
        return cost

    def said(self, counts: NDArray[np.int64], apart: Rows) -> NDArray[np.float64]:
        """Return what it says of rows kept apart, with a place for unseen levels."""
        replace_levels(self.layout, self.member.parameters, counts)
        places = np.arange(len(apart.y))
        return outputs(self.layout, self.member.parameters, apart, places)


def train_stored(
    widths: Widths,
    stored: StoredRows,
    plan: Plan,
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
    tell = [training.told(number) for number in range(len(members))]
    with single_blas_thread(), ThreadPoolExecutor(plan.threads + 1, "walnet") as pool:
        first = next(stored.buffers(plan.seed, 0, groups))
        learners = [
            _Learner.new(widths, plan.efforts[bag].recipe, first, [plan.seed, 1, place])
            for place, (bag, _) in enumerate(members)
        ]
        clock = _Clock(plan, stored.n_rows)
        for rows in _ahead(pool, stored, plan, groups):
            begin, end = clock.next(len(rows.y), cool=training.cool.is_set())
            jobs = [pool.submit(each.learn, rows, begin, end) for each in learners]
            for number, job in enumerate(jobs):
                tell[number](end, job.result())
            if end >= 1.0:
                break
        parameters = [each.member.parameters for each in learners]
        if not all(np.isfinite(each).all() for each in parameters):
            message = "the networks' parameters became infinite; try a smaller rate"
            raise DivergedError(message, int(learners[0].member.counters[0]), 1)
        apart = stored.apart
        said = list(
            pool.map(lambda each: each.said(stored.level_counts, apart), learners)
        )
    places = np.arange(len(apart.y))
    for number, words in enumerate(said):
        training.judged(number, Unseen(words, apart.y, apart.w))
    learned = [
        Learned(values, places, words, clock.done)
        for values, words in zip(parameters, said, strict=True)
    ]
    return Ensemble(plan.in_bags(learned), training.stopped)


def _groups_of_a_buffer(stored: StoredRows) -> int:
    """Return how many groups are in memory at a time."""
    return max(_LEAST_GROUPS, BUFFER_BYTES // (GROUP_ROWS * stored.shape.width * 4))


def _ahead(
    pool: ThreadPoolExecutor, stored: StoredRows, plan: Plan, groups: int
) -> Iterator[Rows]:
    """Yield the buffers of all epochs, each read while the one before is used."""

    def in_order() -> Iterator[Rows]:
        for epoch in range(plan.epochs):
            yield from stored.buffers(plan.seed, epoch, groups)

    buffers = in_order()
    under_way = pool.submit(next, buffers, None)
    while (rows := under_way.result()) is not None:
        under_way = pool.submit(next, buffers, None)
        yield rows


class _Clock:
    """Where the schedule is: by rows, or by time where that is short."""

    def __init__(self, plan: Plan, n_rows: int) -> None:
        self.done = 0.0
        self._left = n_rows * plan.epochs  # rows
        self._started = self._last = time.monotonic()
        self._deadline = None if plan.seconds is None else self._started + plan.seconds
        costs = sum(each.cost * each.members for each in plan.efforts) / plan.threads
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

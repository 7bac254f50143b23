"""Members that learn side by side, each from its own rows and its own seed."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise
from threading import Event

import numpy as np
from numpy.typing import NDArray

from walnet.blas import single_blas_thread
from walnet.errors import DivergedError
from walnet.kernels.tabular_types import Rows
from walnet.tabular.layout import Layout
from walnet.tabular.member import (
    Until,
    kernel_recipe,
    new_member,
    outputs,
    set_first_parameters,
    train_member,
)
from walnet.tabular.recipe import Recipe

_ATTEMPTS = 4


@dataclass(frozen=True)
class Plan:
    """How an ensemble is trained.

    Attributes
    ----------
    members : int
        How many members there are.
    folds : int
        Into how many parts the rows are cut: a member does not see one of them, and
        tells how well it predicts those rows. 0: every member sees every row.
    epochs : int
        Passes of each member over its rows.
    seed : int
        Where all that is random comes from.
    threads : int
        Members that learn at the same time.
    seconds : float or None
        When to have finished.
    """

    members: int
    folds: int
    epochs: int
    seed: int
    threads: int = 1
    seconds: float | None = None


@dataclass(frozen=True)
class Ensemble:
    """What was learned.

    Attributes
    ----------
    parameters : list of ndarray of shape (parameters,), float32
        One a member.
    unseen : list of ndarray of int64
        The rows that each member has not seen.
    outputs : list of ndarray of shape (rows, outputs), float64
        What each member says of the rows that it has not seen.
    done : float
        The smallest share of its schedule that a member came through.
    """

    parameters: list[NDArray[np.float32]]
    unseen: list[NDArray[np.int64]]
    outputs: list[NDArray[np.float64]]
    done: float


def train_ensemble(
    layout: Layout,
    recipe: Recipe,
    data: Rows,
    plan: Plan,
    *,
    classes: bool,
    progress: Callable[[int], object] | None = None,
) -> Ensemble:
    """Train the members of an ensemble.

    Every member is a pure function of the data, the recipe, the seed and its number:
    threads change nothing but the time.
    """
    folds = all_folds(data.y, plan, classes=classes)
    started, stop = time.monotonic(), Event()

    def learn(number: int) -> tuple[NDArray[np.float32], NDArray[np.float64], float]:
        rows = np.flatnonzero(folds[number] == 0)
        until = Until(_deadline(plan, number, started), stop)
        job = _Job(layout, recipe, data, rows, classes)
        parameters, done = job.run([plan.seed, 1, number], plan.epochs, until)
        forget_unseen_levels(layout, parameters, data, rows)
        said = outputs(layout, parameters, data, np.flatnonzero(folds[number]))
        if progress is not None:
            progress(number)
        return parameters, said, done

    with single_blas_thread(), ThreadPoolExecutor(plan.threads, "walnet") as pool:
        try:
            results = list(pool.map(learn, range(plan.members)))
        finally:
            stop.set()  # after Ctrl-C the other members end with their epoch
    return Ensemble(
        [result[0] for result in results],
        [np.flatnonzero(fold) for fold in folds],
        [result[1] for result in results],
        min(result[2] for result in results),
    )


@dataclass(frozen=True)
class _Job:
    """What one member has to learn."""

    layout: Layout
    recipe: Recipe
    data: Rows
    rows: NDArray[np.int64]
    classes: bool

    def run(
        self, seed: list[int], epochs: int, until: Until
    ) -> tuple[NDArray[np.float32], float]:
        """Train a member; where it diverges, again at a quarter of the rate."""
        for attempt in range(_ATTEMPTS):
            rng = np.random.default_rng(seed)
            member = new_member(self.layout, self.rows, np.float32)
            set_first_parameters(self.layout, member, self.data, rng)
            key, n = int(rng.integers(2**63)), len(self.rows)
            rule = kernel_recipe(self.recipe, n, key, classes=self.classes)
            rule["learning_rate"] *= 0.25**attempt
            done = train_member(self.layout, rule, self.data, member, epochs, until)
            if np.isfinite(member.parameters).all():
                return member.parameters, done
        message = "the networks' parameters became infinite; look for extreme weights"
        raise DivergedError(message, int(member.counters[0]), 1)


def _deadline(plan: Plan, number: int, started: float) -> float | None:
    """Return when a member has to be done, so that all are done in time."""
    if plan.seconds is None:
        return None
    rounds = -(-plan.members // plan.threads)
    share = (number // plan.threads + 1) / rounds
    return started + plan.seconds * share


def all_folds(
    y: NDArray[np.floating], plan: Plan, *, classes: bool
) -> NDArray[np.bool_]:
    """Return which rows each member does not see, (members, rows).

    The parts are alike in the target: rows are sorted by it, and each run of as many
    rows as there are parts is dealt out at random. A class of one row is seen by all.
    """
    hidden = np.zeros((plan.members, len(y)), bool)
    if plan.folds < 2:
        return hidden
    for number in range(plan.members):
        turn, part = divmod(number, plan.folds)
        rng = np.random.default_rng([plan.seed, 2, turn])
        hidden[number] = deal(y, plan.folds, rng) == part
    if classes:
        counts = np.bincount(y.astype(np.int64))
        hidden[:, counts[y.astype(np.int64)] < 2] = False
    return hidden


def deal(
    y: NDArray[np.floating], parts: int, rng: np.random.Generator
) -> NDArray[np.int64]:
    """Return to which part each row belongs."""
    order = np.lexsort((rng.random(len(y)), y))
    whole = -(-len(y) // parts)
    dealt = rng.random((whole, parts)).argsort(axis=1).ravel()[: len(y)]
    result = np.empty(len(y), np.int64)
    result[order] = dealt
    return result


def forget_unseen_levels(
    layout: Layout,
    parameters: NDArray[np.float32],
    data: Rows,
    rows: NDArray[np.int64],
) -> None:
    """Give levels that no row had the mean of those that rows had."""
    record = layout.input[0]
    width, starts = int(record["n_embedding"]), layout.level_starts()
    lo = int(record["levels"])
    table = parameters[lo : lo + int(record["n_levels"]) * width].reshape(-1, width)
    for c, (first, last) in enumerate(pairwise(starts)):
        counts = np.bincount(data.codes[c, rows] - first, minlength=last - first)
        mean = counts @ table[first:last] / counts.sum()
        table[first:last][counts == 0] = mean

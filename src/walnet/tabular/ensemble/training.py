"""Members that learn side by side, each from its own rows and its own seed."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from itertools import pairwise
from threading import Event, Lock

import numpy as np
from numpy.typing import NDArray

from walnet.engine.kernels.machine.blas import single_blas_thread
from walnet.engine.kernels.tabular_types import Rows
from walnet.errors import DivergedError
from walnet.tabular.ensemble.layout import Layout, Widths, lay_out
from walnet.tabular.ensemble.member import (
    Until,
    kernel_recipe,
    new_member,
    outputs,
    set_first_parameters,
    train_member,
)
from walnet.tabular.ensemble.rows import distinct
from walnet.tabular.recipes.presets import Effort
from walnet.tabular.recipes.recipe import Recipe

_ATTEMPTS = 4


@dataclass(frozen=True)
class Plan:
    """How an ensemble is trained.

    Attributes
    ----------
    efforts : tuple of Effort
        What goes into each bag. A member does not see one of its folds, and tells how
        well it predicts those rows; with 0 folds, every member sees every row.
    seed : int
        Where all that is random comes from.
    threads : int
        Members that learn at the same time.
    seconds : float or None
        When to have finished.
    """

    efforts: tuple[Effort, ...]
    seed: int
    threads: int = 1
    seconds: float | None = None

    @property
    def members(self) -> list[tuple[int, int]]:
        """The bag of each member, and its number in the bag."""
        return [
            (bag, number)
            for bag, effort in enumerate(self.efforts)
            for number in range(effort.members)
        ]

    @property
    def epochs(self) -> int:
        """The epochs of the first bag."""
        return self.efforts[0].epochs

    def in_bags(self, learned: Sequence[Learned | None]) -> list[list[Learned]]:
        """Return what members learned, bag by bag; None of one that did not begin."""
        bags: list[list[Learned]] = [[] for _ in self.efforts]
        for (bag, _), result in zip(self.members, learned, strict=True):
            if result is not None:
                bags[bag].append(result)
        return bags

    def deadlines(self) -> list[float]:
        """Return the share of the time after which each member has to be done."""
        efforts = [self.efforts[bag] for bag, _ in self.members]
        costs = [each.cost * each.epochs for each in efforts]
        n = self.threads
        rounds = [max(costs[at : at + n]) for at in range(0, len(costs), n)]
        ends = np.cumsum(rounds) / np.sum(rounds)
        return [float(ends[place // n]) for place in range(len(costs))]


@dataclass(frozen=True)
class Learned:
    """What a member learned.

    Attributes
    ----------
    parameters : ndarray of shape (parameters,), float32
        What it predicts with.
    unseen : ndarray of int64
        The rows that it has not seen.
    outputs : ndarray of shape (rows, outputs), float64
        What it says of them.
    done : float
        The share of its schedule that it came through.
    """

    parameters: NDArray[np.float32]
    unseen: NDArray[np.int64]
    outputs: NDArray[np.float64]
    done: float


@dataclass(frozen=True)
class Ensemble:
    """What was learned.

    Attributes
    ----------
    bags : list of list of Learned
        The members of each bag that began to learn.
    stopped : str
        Why not all members learned, or not as long as planned; empty if they did.
    """

    bags: list[list[Learned]]
    stopped: str = ""

    @property
    def done(self) -> float:
        """The smallest share of its schedule that a member came through."""
        return min(member.done for bag in self.bags for member in bag)


def whole_bags(plan: Plan, ensemble: Ensemble) -> tuple[Plan, Ensemble]:
    """Return the first bag, and of the others those of which every member learned.

    A bag that was ended early knows too little of the rows to be compared with others.
    """
    kept = [
        (effort, bag)
        for place, (effort, bag) in enumerate(
            zip(plan.efforts, ensemble.bags, strict=True)
        )
        if place == 0 or len(bag) == effort.members
    ]
    efforts = tuple(effort for effort, _ in kept)
    return replace(plan, efforts=efforts), replace(
        ensemble, bags=[bag for _, bag in kept]
    )


@dataclass(frozen=True)
class Unseen:
    """What a member says of the rows that it has not seen.

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
    unseen : list of Unseen or None
        What each member that has come through says of the rows it has not seen.
    stopped : str
        Why the training was ended early; empty if it was not.
    """

    def __init__(
        self, members: int, callback: Callable[[EnsembleTraining], object] | None
    ) -> None:
        self.members = members
        self.shares = np.zeros(members)
        self.costs = np.full(members, np.nan)
        self.unseen: list[Unseen | None] = [None] * members
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

    def told(self, number: int) -> Callable[[float, float], None]:
        """Return what a member calls after each of its epochs."""

        def tell(share: float, cost: float) -> None:
            with self._lock:
                self.shares[number], self.costs[number] = share, cost
                if self._callback is not None:
                    self._callback(self)

        return tell

    def judged(self, number: int, unseen: Unseen) -> None:
        """Note what a member says of rows that it has not seen."""
        with self._lock:
            self.unseen[number] = unseen
            if self._callback is not None:
                self._callback(self)


def train_ensemble(
    widths: Widths,
    data: Rows,
    plan: Plan,
    *,
    classes: bool,
    callback: Callable[[EnsembleTraining], object] | None = None,
) -> Ensemble:
    """Train the members of an ensemble.

    Every member is a pure function of the data, its recipe, the seed and its number:
    threads change nothing but the time.
    """
    hidden = [
        all_folds(data, each, plan.seed, classes=classes) for each in plan.efforts
    ]
    layouts = [lay_out(widths, each.recipe) for each in plan.efforts]
    started, stop, deadlines = time.monotonic(), Event(), plan.deadlines()
    training = EnsembleTraining(len(plan.members), callback)

    def learn(place: int) -> Learned | None:
        try:
            return learned(place)
        except BaseException:
            stop.set()  # nobody waits for the others
            raise

    def learned(place: int) -> Learned | None:
        if stop.is_set() or (training.stopped and place):
            return None
        bag, number = plan.members[place]
        effort, layout, apart = plan.efforts[bag], layouts[bag], hidden[bag][number]
        others = np.flatnonzero(apart)
        rows = _share(np.flatnonzero(~apart), effort.share, [plan.seed, 8, place])
        deadline = plan.seconds and started + plan.seconds * deadlines[place]
        until = Until(deadline, stop, training.cool, training.told(place))
        job = _Job(layout, effort.recipe, data, rows, classes)
        parameters, done = job.run([plan.seed, 1, place], effort.epochs, until)
        forget_unseen_levels(layout, parameters, data, rows)
        said = outputs(layout, parameters, data, others)
        training.judged(place, Unseen(said, data.y[others], data.w[others]))
        return Learned(parameters, others, said, done)

    with single_blas_thread(), ThreadPoolExecutor(plan.threads, "walnet") as pool:
        try:
            results = list(pool.map(learn, range(len(plan.members))))
        finally:
            stop.set()  # after Ctrl-C the other members end with their epoch
    return Ensemble(plan.in_bags(results), training.stopped)


def _share(rows: NDArray[np.int64], share: float, seed: list[int]) -> NDArray[np.int64]:
    """Return a share of rows, chosen at random; all of them if it is 1."""
    if share >= 1.0:
        return rows
    few = max(1, int(share * len(rows)))
    return np.sort(np.random.default_rng(seed).choice(rows, few, replace=False))


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


def all_folds(
    data: Rows, effort: Effort, seed: int, *, classes: bool
) -> NDArray[np.bool_]:
    """Return which rows each member does not see, (members, rows).

    The parts are alike in the target: rows are sorted by it, and each run of as many
    rows as there are parts is dealt out at random. Equal rows are in the same part. A
    class of one distinct row is seen by all.
    """
    hidden = np.zeros((effort.members, len(data.y)), bool)
    if effort.folds < 2:
        return hidden
    places = distinct(data)
    y = data.y[np.unique(places, return_index=True)[1]]
    for number in range(effort.members):
        turn, part = divmod(number, effort.folds)
        rng = np.random.default_rng([seed, 2, turn])
        hidden[number] = (deal(y, effort.folds, rng) == part)[places]
    if classes:
        counts = np.bincount(y.astype(np.int64))
        hidden[:, counts[data.y.astype(np.int64)] < 2] = False
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
    counts = np.bincount(
        data.codes[:, rows].ravel(), minlength=int(layout.input[0]["n_levels"])
    )
    replace_levels(layout, parameters, counts)


def replace_levels(
    layout: Layout, parameters: NDArray[np.float32], counts: NDArray[np.int64]
) -> None:
    """Give levels that no row had the mean of those that rows had.

    Parameters
    ----------
    layout : Layout
        Where the table of levels is.
    parameters : ndarray of float32
        Of a member; overwritten.
    counts : ndarray of int64
        How many rows have each level.
    """
    record = layout.input[0]
    width, starts = int(record["n_embedding"]), layout.level_starts()
    lo = int(record["levels"])
    table = parameters[lo : lo + int(record["n_levels"]) * width].reshape(-1, width)
    for first, last in pairwise(starts):
        each = counts[first:last]
        mean = each @ table[first:last] / each.sum()
        table[first:last][each == 0] = mean

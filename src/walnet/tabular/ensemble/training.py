"""Members that learn side by side, each from its own rows and its own seed."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from threading import Event, Lock

import numpy as np
from numpy.typing import NDArray

from walnet.engine.kernels.machine.blas import single_blas_thread
from walnet.engine.kernels.types import Examples
from walnet.engine.network import Network
from walnet.tabular.ensemble.member import (
    StopSignal,
    new_network,
    outputs,
    train_member,
)
from walnet.tabular.recipes.presets import BagSpec
from walnet.tabular.recipes.recipe import Widths
from walnet.tabular.rows import distinct, target_of


@dataclass(frozen=True)
class EnsemblePlan:
    """How an ensemble is trained.

    Attributes
    ----------
    specs : tuple of BagSpec
        What goes into each bag. A member does not see one of its folds, and tells how
        well it predicts those rows; with 0 folds, every member sees every row.
    seed : int
        Where all that is random comes from.
    threads : int
        Members that learn at the same time.
    seconds : float or None
        When to have finished.
    """

    specs: tuple[BagSpec, ...]
    seed: int
    threads: int = 1
    seconds: float | None = None

    @property
    def members(self) -> list[tuple[int, int]]:
        """The bag of each member, and its number in the bag."""
        return [
            (bag, number)
            for bag, spec in enumerate(self.specs)
            for number in range(spec.members)
        ]

    @property
    def epochs(self) -> int:
        """The epochs of the first bag."""
        return self.specs[0].epochs

    def in_bags(
        self, learned: Sequence[MemberResult | None]
    ) -> list[list[MemberResult]]:
        """Return what members learned, bag by bag; None of one that did not begin."""
        bags: list[list[MemberResult]] = [[] for _ in self.specs]
        for (bag, _), result in zip(self.members, learned, strict=True):
            if result is not None:
                bags[bag].append(result)
        return bags

    def deadlines(self) -> list[float]:
        """Return the share of the time after which each member has to be done."""
        specs = [self.specs[bag] for bag, _ in self.members]
        costs = [each.cost * each.epochs for each in specs]
        n = self.threads
        rounds = [max(costs[at : at + n]) for at in range(0, len(costs), n)]
        ends = np.cumsum(rounds) / np.sum(rounds)
        return [float(ends[place // n]) for place in range(len(costs))]


@dataclass(frozen=True)
class MemberResult:
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
    bags : list of list of MemberResult
        The members of each bag that began to learn.
    stopped : str
        Why not all members learned, or not as long as planned; empty if they did.
    """

    bags: list[list[MemberResult]]
    stopped: str = ""

    @property
    def done(self) -> float:
        """The smallest share of its schedule that a member came through."""
        return min(member.done for bag in self.bags for member in bag)


def whole_bags(plan: EnsemblePlan, ensemble: Ensemble) -> tuple[EnsemblePlan, Ensemble]:
    """Return the first bag, and of the others those of which every member learned.

    A bag that was ended early knows too little of the rows to be compared with others.
    """
    kept = [
        (spec, bag)
        for place, (spec, bag) in enumerate(zip(plan.specs, ensemble.bags, strict=True))
        if place == 0 or len(bag) == spec.members
    ]
    specs = tuple(spec for spec, _ in kept)
    return replace(plan, specs=specs), replace(ensemble, bags=[bag for _, bag in kept])


@dataclass(frozen=True)
class HeldOut:
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
    unseen : list of HeldOut or None
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

        def tell(share: float, cost: float) -> None:
            with self._lock:
                self.shares[number], self.costs[number] = share, cost
                if self._callback is not None:
                    self._callback(self)

        return tell

    def report_held_out(self, number: int, unseen: HeldOut) -> None:
        """Note what a member says of rows that it has not seen."""
        with self._lock:
            self.unseen[number] = unseen
            if self._callback is not None:
                self._callback(self)


def train_ensemble(
    widths: Widths,
    data: Examples,
    plan: EnsemblePlan,
    *,
    callback: Callable[[EnsembleTraining], object] | None = None,
    checkpoint: Path | None = None,
) -> Ensemble:
    """Train the members of an ensemble.

    Every member is a pure function of the data, its recipe, the seed and its number:
    the number of threads changes nothing.

    Parameters
    ----------
    widths : Widths
        How wide both ends of a member are.
    data : Examples
        The rows.
    plan : EnsemblePlan
        How many members learn from them how long.
    callback : callable, optional
        Called after each epoch of each member with the `EnsembleTraining`.
    checkpoint : Path, optional
        A folder, for a file of each member to go on from.

    Returns
    -------
    Ensemble

    Raises
    ------
    DivergedError
        If the parameters become infinite.
    """
    training = EnsembleTraining(len(plan.members), callback)
    jobs = _Jobs(widths, data, plan, training, checkpoint)
    with single_blas_thread(), ThreadPoolExecutor(plan.threads, "walnet") as pool:
        try:
            results = list(pool.map(jobs.run, range(len(plan.members))))
        finally:
            jobs.stop.set()  # after Ctrl-C the other members end with their epoch
    return Ensemble(plan.in_bags(results), training.stopped)


class _Jobs:
    """What the members of an ensemble have to learn, each a job of its own."""

    def __init__(
        self,
        widths: Widths,
        data: Examples,
        plan: EnsemblePlan,
        training: EnsembleTraining,
        checkpoint: Path | None,
    ) -> None:
        self.widths, self.data, self.plan = widths, data, plan
        self.training, self.checkpoint = training, checkpoint
        self.stop, self.started = Event(), time.monotonic()
        self.deadlines = plan.deadlines()
        classes = widths.outputs > 1
        y = target_of(data)
        self.hidden = [
            all_folds(data, y, spec, plan.seed, classes=classes) for spec in plan.specs
        ]

    def run(self, index: int) -> MemberResult | None:
        """Train a member; None if nobody waits for it any more."""
        if self.stop.is_set() or (self.training.stopped and index):
            return None
        try:
            return self._learn(index)
        except BaseException:
            self.stop.set()  # nobody waits for the others
            raise

    def _learn(self, index: int) -> MemberResult:
        """Train a member, and have it predict the rows that it has not seen."""
        bag, number = self.plan.members[index]
        spec, apart = self.plan.specs[bag], self.hidden[bag][number]
        others = np.flatnonzero(apart)
        seed = [self.plan.seed, 8, index]
        rows = _share(np.flatnonzero(~apart), spec.share, seed)
        network = new_network(self.widths, spec.recipe)
        done = train_member(
            network,
            spec.recipe,
            self.data._replace(rows=rows),
            [self.plan.seed, 1, index],
            spec.epochs,
            self._signal(index),
            None if self.checkpoint is None else self.checkpoint / f"member {index}",
        )
        forget_unseen_levels(network, self.data.codes[rows])
        exact = network.astype("float64")
        predicted = outputs(exact, network.parameters, self.data, others)
        y, w = target_of(self.data)[others], self.data.w[others]
        self.training.report_held_out(index, HeldOut(predicted, y, w))
        return MemberResult(network.parameters, others, predicted, done)

    def _signal(self, index: int) -> StopSignal:
        """Return when a member has to end before its schedule does."""
        deadline = None
        if self.plan.seconds is not None:
            deadline = self.started + self.plan.seconds * self.deadlines[index]
        progress = self.training.progress_of(index)
        return StopSignal(deadline, self.stop, self.training.cool, progress)


def _share(rows: NDArray[np.int64], share: float, seed: list[int]) -> NDArray[np.int64]:
    """Return a share of rows, chosen at random; all of them if it is 1."""
    if share >= 1.0:
        return rows
    few = max(1, int(share * len(rows)))
    return np.sort(np.random.default_rng(seed).choice(rows, few, replace=False))


def all_folds(
    data: Examples,
    y: NDArray[np.floating],
    spec: BagSpec,
    seed: int,
    *,
    classes: bool,
) -> NDArray[np.bool_]:
    """Return which rows each member does not see, (members, rows).

    The parts are alike in the target: rows are sorted by it, and each run of as many
    rows as there are parts is dealt out at random. Equal rows are in the same part. A
    class of one distinct row is seen by all.
    """
    hidden = np.zeros((spec.members, len(y)), bool)
    if spec.folds < 2:
        return hidden
    groups = distinct(data)
    firsts = y[np.unique(groups, return_index=True)[1]]
    for number in range(spec.members):
        turn, part = divmod(number, spec.folds)
        rng = np.random.default_rng([seed, 2, turn])
        hidden[number] = (deal(firsts, spec.folds, rng) == part)[groups]
    if classes:
        counts = np.bincount(firsts.astype(np.int64))
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


def forget_unseen_levels(network: Network, codes: NDArray[np.int32]) -> None:
    """Give levels that no row had the mean of those that rows had.

    Parameters
    ----------
    network : Network
        Its table of levels is overwritten.
    codes : ndarray of shape (rows, categories), int32
        The rows that the network learned from.
    """
    n_levels = int(network.layout.level_starts[-1])
    replace_levels(network, np.bincount(codes.ravel(), minlength=n_levels))


def replace_levels(network: Network, counts: NDArray[np.int64]) -> None:
    """Give levels that no row had the mean of those that rows had.

    Parameters
    ----------
    network : Network
        Its table of levels is overwritten.
    counts : ndarray of int64
        How many rows have each level.
    """
    tables = [each for each in network.layout.stretches if each.kind == "levels"]
    for _, start, size, _ in tables:
        table = network.parameters[start : start + size].reshape(len(counts), -1)
        for first, last in pairwise(network.layout.level_starts):
            each = counts[first:last]
            mean = each @ table[first:last] / each.sum()
            table[first:last][each == 0] = mean

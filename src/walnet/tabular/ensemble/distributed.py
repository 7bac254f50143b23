"""Members that several processes train together, one member after the other."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from os import PathLike
from pathlib import Path

import numpy as np

from walnet.cluster.launch import cores
from walnet.engine.blas import single_blas_thread
from walnet.engine.communicator import Communicator
from walnet.engine.distributed import DistributedTraining, ShardRows
from walnet.engine.driver import Driver, Watcher, ctrl_c_stops
from walnet.engine.network import Network
from walnet.engine.signals import termination_raises
from walnet.errors import HyperparameterError
from walnet.tabular.columns.shards import StoredShards
from walnet.tabular.ensemble.checkpoints import CheckpointFolder, fingerprint
from walnet.tabular.ensemble.initial import initialize_by_rows
from walnet.tabular.ensemble.member import MemberRows
from walnet.tabular.ensemble.out_of_core import Buffers, Course, Member
from walnet.tabular.ensemble.plan import EnsemblePlan
from walnet.tabular.ensemble.result import Ensemble
from walnet.tabular.ensemble.training import EnsembleTraining, HeldOut
from walnet.tabular.recipes.recipe import Recipe, Widths
from walnet.tabular.rows import target_of

STOPPED_ELSEWHERE = "stopped by another process"


def train_shards(
    widths: Widths,
    stored: StoredShards,
    plan: EnsemblePlan,
    *,
    callback: Callable[[EnsembleTraining], object] | None = None,
    checkpoint: str | PathLike[str] | None = None,
) -> Ensemble:
    """Train the members of an ensemble, each in all processes at the same time.

    Each process computes the gradients of its own shards. What is learned is the same
    in all of them, and on any number of them.

    Parameters
    ----------
    widths, plan, callback
        As for `train_ensemble`; the callback is called after each buffer.
    stored : StoredShards
        The rows.
    checkpoint : path, optional
        A folder that process 0 reads and writes.

    Returns
    -------
    Ensemble

    Raises
    ------
    DivergedError, DataError, HyperparameterError
        As for `train_ensemble`, in every process.
    ProcessLostError
        If another process has ended.
    """
    training = EnsembleTraining(len(plan.members), callback)
    folder = _folder(widths, stored, plan, checkpoint)
    waiting = nullcontext() if folder is None else termination_raises()
    with waiting, ctrl_c_stops(training), ThreadPoolExecutor(1, "walnet") as pool:
        buffers = Buffers.of(stored, plan, 1, len(stored.sizes))
        members = [
            _Shared(
                widths,
                plan.specs[bag].recipe,
                buffers,
                [plan.seed, 1, index],
                None if folder is None else folder.file(index),
            )
            for index, (bag, _) in enumerate(plan.members)
        ]
        _learn(members, buffers, training, pool)
        apart, counts = stored.apart, stored.level_counts
        results = [each.finish(counts, apart) for each in members]
    for number, result in enumerate(results):
        unseen = HeldOut(result.outputs, target_of(apart), apart.w)
        training.report_held_out(number, unseen)
    return Ensemble.of(plan, results, training.stopped)


class _Shared(Member):
    """A member that learns in all processes."""

    training: DistributedTraining

    def __init__(
        self,
        widths: Widths,
        recipe: Recipe,
        buffers: Buffers,
        seed: list[int],
        checkpoint: Path | None,
    ) -> None:
        if recipe.own_cost is not None:
            raise HyperparameterError(
                "a cost that is a pair of functions is computed by one process; leave "
                "it out, or train with one"
            )
        self._stored = buffers.stored
        self._threads = min(buffers.plan.threads, cores())
        super().__init__(widths, recipe, buffers, seed, checkpoint)

    @property
    def _communicator(self) -> Communicator:
        communicator: Communicator = self._stored.communicator
        return communicator

    def _begin(
        self,
        network: Network,
        recipe: Recipe,
        rows: MemberRows,
        epochs: int,
        rng: np.random.Generator,
    ) -> DistributedTraining:
        """Return its training, which has not begun."""
        shards: ShardRows = rows.learned  # type: ignore[assignment]
        seed = int(rng.integers(2**62))
        self._initialize(network, shards, rng)
        settings = recipe.settings.replace(
            epochs=epochs, seed=seed, threads=self._threads
        )
        return DistributedTraining(
            network,
            shards,
            settings,
            self._communicator,
            validation=rows.unseen,
            facts=_facts(self._stored),
        )

    def _initialize(
        self, network: Network, rows: ShardRows, rng: np.random.Generator
    ) -> None:
        """Draw parameters that suit the first shard with rows, for all processes."""
        first, own = int(np.flatnonzero(rows.sizes)[0]), self._stored.shared.own
        if first in own:
            start = int(rows.sizes[own.start : first].sum())
            few = np.arange(start, start + int(rows.sizes[first]))
            with single_blas_thread():
                initialize_by_rows(network, rows.examples._replace(rows=few), rng)
        owner = first // len(own)
        network.parameters[:] = self._communicator.broadcast(network.parameters, owner)

    def _driver(self, checkpoint: Path | None) -> Driver:
        """Return what drives it; process 0 has the checkpoint, the others follow."""
        if self._communicator.rank:
            checkpoint = None
        driver: list[Driver] = []

        def begin() -> None:
            driver.append(Driver(self.training, Watcher(), checkpoint))

        self._communicator.together(begin)
        self.training.follow()
        return driver[0]


def _learn(
    members: list[_Shared],
    buffers: Buffers,
    training: EnsembleTraining,
    pool: ThreadPoolExecutor,
) -> None:
    """Let all members learn from one buffer after the other."""
    reports = [training.progress_of(index) for index in range(len(members))]
    course, communicator = Course(buffers), buffers.stored.communicator
    for number, rows in enumerate(buffers.ahead(pool)):
        # Whoever is asked to stop tells the others here, and nowhere else.
        if communicator.any(training.cool.is_set()):
            training.stop(STOPPED_ELSEWHERE)
            course.pace.cool_down(number)
            for each in members:
                each.training.cool_down()
        begin, end = course.next(number, int(rows.sizes.sum()))
        for member, report in zip(members, reports, strict=True):
            member.learn(number, rows, begin, end)
            share = 1.0 if member.training.reached() else end
            report(share, float(member.training.history.cost[-1]))
        if end >= 1.0 or all(each.training.reached() for each in members):
            break


def _folder(
    widths: Widths,
    stored: StoredShards,
    plan: EnsemblePlan,
    checkpoint: str | PathLike[str] | None,
) -> CheckpointFolder | None:
    """Return the folder of checkpoints, which process 0 makes."""
    communicator = stored.communicator
    if checkpoint is None:
        return None
    mark = fingerprint(widths, plan, [*_facts(stored), *stored.apart])

    def make() -> CheckpointFolder | None:
        return None if communicator.rank else CheckpointFolder(checkpoint, mark)

    return communicator.together(make)[0]


def _facts(stored: StoredShards) -> tuple[np.ndarray, ...]:
    """Return what a continuation must have in common with its start."""
    return stored.sizes, stored.checksums

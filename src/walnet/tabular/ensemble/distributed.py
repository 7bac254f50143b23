"""Members that several processes train together, one member after the other."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from os import PathLike
from pathlib import Path

import numpy as np

from walnet.cluster.launch import cores
from walnet.engine.blas import single_blas_thread
from walnet.engine.communicator import Communicator
from walnet.engine.distributed import DistributedTraining, ShardRows
from walnet.engine.driver import Driver, Watcher
from walnet.engine.network import Network
from walnet.errors import HyperparameterError
from walnet.tabular.columns.shards import StoredShards
from walnet.tabular.ensemble.checkpoints import CheckpointFolder, fingerprint
from walnet.tabular.ensemble.initial import initialize_by_rows
from walnet.tabular.ensemble.member import MemberRows
from walnet.tabular.ensemble.out_of_core import (
    Buffers,
    Member,
    ensemble_of,
    members_of,
    train_members,
)
from walnet.tabular.ensemble.plan import EnsemblePlan
from walnet.tabular.ensemble.result import Ensemble
from walnet.tabular.ensemble.training import EnsembleTraining, stopped_by_signals
from walnet.tabular.recipes.recipe import Recipe, Widths


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
    with (
        stopped_by_signals(training, folder),
        ThreadPoolExecutor(1, "walnet") as pool,
    ):
        buffers = Buffers.of(stored, plan, 1, len(stored.sizes))
        members = members_of(_Shared, widths, buffers, folder)
        # One after the other: all processes work on the same one.
        results = train_members(members, buffers, training, pool, map)
    return ensemble_of(results, buffers, training)


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

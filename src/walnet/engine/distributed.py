"""One network trained by several processes, each of which has some of the rows.

The rows are dealt to shards, whose number does not depend on that of the processes. Of
each batch every shard gives the same share; its gradient is a pure function of the
parameters and its rows, and they are summed in a fixed binary tree: so 1, 2 and 4
processes give the same bits.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from walnet.engine.communicator import Communicator
from walnet.engine.kernels import epochs, stages
from walnet.engine.kernels.types import Examples
from walnet.engine.layout import make_workspace
from walnet.engine.threads import Batch, ShardedGradient
from walnet.engine.training import Training
from walnet.errors import HyperparameterError

if TYPE_CHECKING:
    from walnet.engine.kernels.types import Dropout, Plan, Span, State, Workspace
    from walnet.engine.network import Network
    from walnet.engine.settings import Settings

SHARDS = 16
"""Into how many shards rows are dealt: so many processes can share a training."""
_NOTHING = np.zeros(0, np.int64)


class ShardRows(NamedTuple):
    """The rows of a pass: what one process has of them, and how many all have.

    Attributes
    ----------
    examples : Examples
        Those of the process's own shards, one shard after the other.
    order : ndarray of int64
        In which order they are learned from: within each shard another one.
    sizes : ndarray of shape (shards,), int64
        How many rows each shard has, of all processes.
    """

    examples: Examples
    order: np.ndarray
    sizes: np.ndarray

    @property
    def shards(self) -> int:
        """How many shards there are."""
        return len(self.sizes)


class DistributedTraining(Training):
    """A training of which each process computes the gradients of its own shards.

    All processes have the same parameters at any time, to the last bit.

    Parameters
    ----------
    network : Network
        Its parameters, which must be the same in all processes, are overwritten.
    rows : ShardRows
        The rows of the first pass.
    settings : Settings
        How to train.
    communicator : Communicator
        The other processes.
    facts : sequence of ndarray
        What a continuation must have in common with its start: the same on any number
        of processes.

    Raises
    ------
    HyperparameterError
        If a layer normalises its neurons over the batch, there is a time limit, or
        there are more processes than shards.

    Examples
    --------
    >>> import walnet
    >>> from walnet.engine.communicator import ALONE
    >>> X, y = walnet.datasets.moons(320, seed=0)
    >>> network = walnet.Network([2, 4, 1], output="sigmoid", seed=0)
    >>> sizes = np.full(SHARDS, 20)
    >>> settings = walnet.Settings(batch_size=64, epochs=3)
    >>> examples = network.examples(X, y, None, settings.cost)
    >>> rows = ShardRows(examples, np.arange(320), sizes)
    >>> training = DistributedTraining(network, rows, settings, ALONE)
    >>> training.advance(training.total)
    >>> training.iteration, training.epoch
    (15, 3)
    """

    _gradient: _Gradient

    def __init__(
        self,
        network: Network,
        rows: ShardRows,
        settings: Settings,
        communicator: Communicator,
        *,
        validation: Examples | None = None,
        facts: tuple[np.ndarray, ...] = (),
    ) -> None:
        _check(network, settings, communicator, rows.shards)
        if settings.patience is not None and validation is None:
            raise HyperparameterError(
                "patience needs rows to watch where several processes train a network; "
                "leave it out"
            )
        self.own_cost, self.communicator = None, communicator
        self.rows = rows
        self._deal(settings)
        self._prepare(network, rows.examples, settings, validation)
        self.facts = facts
        self._make_arrays()

    def _deal(self, settings: Settings) -> None:
        """Note how many batches the rows of a pass are."""
        sizes, shards = self.rows.sizes, self.rows.shards
        share = (
            -(-settings.batch_size // shards) if settings.batch_size else sizes.max()
        )
        is_label = settings.cost == "categorical_cross_entropy"
        self.conventions = {
            "batch_size": int(share * shards),
            "batches": max(int(-(-sizes.max() // share)), 1),
            "shuffle": 0,
            # What the rows of one process say may not be true of all.
            "task": 2 if is_label else 0,
            "threshold": 0.0,
        }

    def _set_conventions(self) -> None:
        """Write other values into the rule than the settings' own."""
        super()._set_conventions()
        self.plan.rule["shards"] = self.rows.shards // self.communicator.world

    def _make_workspaces(self, threads: int) -> None:
        """Make room for a shard's part of a batch on each thread."""
        capacity = self.conventions["batch_size"] // self.rows.shards
        self._order = self.rows.order
        self._workspaces = [
            make_workspace(
                self.network.layout,
                capacity,
                self.network.dtype,
                drops=bool(self.plan.rule["dropout"]),
            )
            for _ in range(threads)
        ]
        self._gradient = _Gradient(self._workspaces, self.rows, self.communicator)

    def learn_from(self, rows: ShardRows) -> None:  # type: ignore[override]
        """Go on with other rows: the next epoch is a pass over them."""
        self.rows, self.examples, self._order = rows, rows.examples, rows.order
        self._deal(self.settings)
        self._set_conventions()
        self._gradient.rows = rows
        self._begin_pass()

    def follow(self) -> None:
        """Go to where process 0 is: it alone has read the checkpoint."""
        moment = (self.state(), self.history.rows().copy(), self.notes)
        state, rows, notes = self.communicator.broadcast(moment, 0)
        if self.communicator.rank:
            self.history.room(len(rows))[:] = rows
            self.history.add(len(rows))
            self.notes.update(notes)
            self.restore(state)
        self.stop_if_reached()

    def data_arrays(self) -> list[np.ndarray]:
        """Return what the course of the training depends on, in any process."""
        return [*(self.validation or ()), *self.facts]


class _Gradient(ShardedGradient):
    """The gradient of a batch, of which each process computes a part."""

    def __init__(
        self, workspaces: list[Workspace], rows: ShardRows, communicator: Communicator
    ) -> None:
        super().__init__(workspaces)
        self.rows, self.communicator = rows, communicator

    def begin(
        self, plan: Plan, state: State, examples: Examples, order: np.ndarray
    ) -> Batch:
        """Return the next batch, of all processes."""
        del order  # its rows are counted here: it is that of one process
        *_, bits = stages.begin(plan, state, examples, _NOTHING)
        n = int(self._counts(plan, state).sum())
        return 0, n, float(n), float(plan.rule["cost_scale"]) / n, bits

    def _counts(self, plan: Plan, state: State) -> np.ndarray:
        """Return how many rows each shard gives to the next batch."""
        left: np.ndarray = self.rows.sizes - self._done(plan, state)
        return left.clip(0, self._share(plan))

    def _done(self, plan: Plan, state: State) -> int:
        """Return how many rows a shard has given to the batches before."""
        return self._share(plan) * int(state.counters[epochs.BATCH])

    def _share(self, plan: Plan) -> int:
        """Return how many rows a shard gives to a batch that is complete."""
        return int(plan.rule["batch_size"]) // self.rows.shards

    def __call__(
        self,
        plan: Plan,
        state: State,
        examples: Examples,
        order: np.ndarray,
        span: Span,
        dropout: Dropout,
    ) -> tuple[float, float]:
        """Fill the first of the state's gradients; return the batch's cost and hits."""
        parts = self._parts(plan, state, span[3])
        pairs = np.array(self.each(plan, state, examples, order, parts, dropout))
        stages.sum_shards(state.gradients, len(parts))
        self.communicator.allreduce(state.gradients[0])
        while len(pairs) > 1:
            pairs = pairs[::2] + pairs[1::2]
        self.communicator.allreduce(pairs[0])
        return float(pairs[0, 0]), float(pairs[0, 1])

    def _parts(self, plan: Plan, state: State, scale: float) -> list[Span]:
        """Return the rows that the process's own shards give to the batch."""
        sizes, rank = self.rows.sizes, self.communicator.rank
        own = len(sizes) // self.communicator.world
        counts, done = self._counts(plan, state), self._done(plan, state)
        share = self._share(plan)
        parts, start = [], 0
        for shard in range(rank * own, (rank + 1) * own):
            first = start + min(done, int(sizes[shard]))
            # The place in the batch is that of the shard: dropout is a function of it.
            parts.append(
                (first, first + int(counts[shard]), first - shard * share, scale)
            )
            start += int(sizes[shard])
        return parts


def _check(
    network: Network, settings: Settings, communicator: Communicator, shards: int
) -> None:
    """Refuse what several processes cannot do together."""
    if network.layout.room.normalizes:
        raise HyperparameterError(
            "batch normalisation needs the mean of the whole batch, of which each "
            "process has a part; leave it out, or train with one process"
        )
    if settings.time_limit is not None:
        raise HyperparameterError(
            "several processes have no clock in common; set epochs, not time_limit"
        )
    if communicator.world > shards:
        raise HyperparameterError(
            f"the rows are dealt to {shards} shards, so at most {shards} processes can "
            f"share them, got {communicator.world}"
        )

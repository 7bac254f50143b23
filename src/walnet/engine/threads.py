"""Iterations whose batches are large: each split in shards, shards spread over threads.

The number of shards is fixed by the work, each shard's gradient is a pure function of
the parameters and its examples, and they are summed in a fixed binary tree: one thread
or eight give the same bits.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import numpy as np

from walnet.engine.kernels import epochs

if TYPE_CHECKING:
    from walnet.engine.kernels.types import Examples, Record, State, Workspace


class ShardedRun:
    """Runs iterations with the gradient of each batch computed by several threads.

    Parameters
    ----------
    plan, rule : ndarray
        As for `walnet.engine.kernels.epochs.run`.
    examples : Examples
        The training data.
    workspaces : list of Workspace
        One a thread, each large enough for one shard.
    """

    def __init__(
        self,
        plan: np.ndarray,
        rule: Record,
        examples: Examples,
        workspaces: list[Workspace],
    ) -> None:
        self.plan, self.rule, self.examples = plan, rule, examples
        self.workspaces = workspaces
        self.pool = ThreadPoolExecutor(len(workspaces) - 1 or 1, "walnet-shard")

    def __call__(
        self,
        state: State,
        rates: np.ndarray,
        history: np.ndarray,
        order: np.ndarray,
    ) -> tuple[int, int]:
        """Do ``rates.size`` iterations, as `walnet.engine.kernels.epochs.run` does."""
        closed = 0
        for rate in rates:
            batch = epochs.begin(self.rule, state, self.examples, order)
            cost, right = self._gradient(state, order, batch)
            rows = batch[:3]
            if not epochs.end(self.plan, self.rule, rate, state, rows, cost, right):
                return closed, epochs.DIVERGED
            if batch[1] == len(order):
                epochs.close_epoch(state, rate, history[closed])
                closed += 1
                if history[closed - 1, 0] < self.rule["stop_cost"]:
                    return closed, epochs.COST_REACHED
        return closed, epochs.DONE

    def _gradient(
        self,
        state: State,
        order: np.ndarray,
        batch: tuple[int, int, float, float, int],
    ) -> tuple[float, float]:
        """Fill the first of the state's gradients; return the batch's cost and hits."""
        lo, hi, _, scale, stream = batch
        shards = epochs.shards_of(self.rule, hi - lo)
        threads = min(len(self.workspaces), shards)

        def work(thread: int) -> list[tuple[float, float]]:
            done = []
            for shard in range(thread, shards, threads):
                first, last = epochs.shard_bounds(lo, hi, shard, shards)
                span = (first, last, lo, scale, np.uint64(stream))
                done.append(
                    epochs.shard_gradient(
                        self.plan,
                        self.rule,
                        state.parameters,
                        state.gradients[shard],
                        self.examples,
                        order,
                        span,
                        self.workspaces[thread],
                    )
                )
            return done

        others = [self.pool.submit(work, thread) for thread in range(1, threads)]
        results = [work(0), *(future.result() for future in others)]
        epochs.sum_shards(state.gradients, shards)
        # By the shard's number, so that the sum has one order on any number of threads.
        pairs = [results[s % threads][s // threads] for s in range(shards)]
        return sum(cost for cost, _ in pairs), sum(right for _, right in pairs)

    def close(self) -> None:
        """End the threads."""
        self.pool.shutdown()

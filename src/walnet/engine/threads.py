"""Iterations that Python takes part in: batches in shards, and a user's own cost.

Of large batches each is split in shards, and shards are spread over threads. The number
of shards is fixed by the work, each shard's gradient is a pure function of the
parameters and its examples, and they are summed in a fixed binary tree: one thread or
eight give the same bits.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from walnet.engine.kernels import epochs, inference, stages
from walnet.engine.kernels.machine.views import matrix
from walnet.engine.kernels.shards import shard_bounds, shards_of
from walnet.errors import ShapeError

if TYPE_CHECKING:
    from walnet.engine.kernels.types import (
        Dropout,
        Examples,
        Plan,
        Span,
        State,
        Workspace,
    )

# cost(y, y_pred), one number an example, and its derivative, (examples, outputs).
OwnCost: TypeAlias = tuple[Callable[..., Any], Callable[..., Any]]
# A batch as (lo, hi, weight, scale, stream): see `epochs.begin_iteration`.
Batch: TypeAlias = tuple[int, int, float, float, Any]


class Gradient(ABC):
    """What computes the gradient of a batch."""

    def begin(
        self, plan: Plan, state: State, examples: Examples, order: np.ndarray
    ) -> Batch:
        """Return the batch of the next iteration."""
        return stages.begin(plan, state, examples, order)

    @abstractmethod
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

    @abstractmethod
    def close(self) -> None:
        """Leave nothing behind; another iteration may follow."""


def run_in_python(  # noqa: PLR0913, PLR0917 - as the kernel
    plan: Plan,
    state: State,
    examples: Examples,
    course: np.ndarray,
    history: np.ndarray,
    order: np.ndarray,
    gradient: Gradient,
) -> tuple[int, int]:
    """Do iterations as `walnet.engine.kernels.epochs.run` does, each by a gradient.

    ``gradient.begin(plan, state, examples, order)`` says which rows are next, and
    ``gradient(plan, state, examples, order, span, dropout)`` fills the first of the
    state's gradients and returns cost and hits.
    """
    closed, how = 0, epochs.DONE
    for row in course:
        lo, hi, weight, scale, bits = gradient.begin(plan, state, examples, order)
        dropout = (np.uint64(bits if row[2] > 0 else 0), float(row[2]))
        span = (lo, hi, lo, scale)
        cost, right = gradient(plan, state, examples, order, span, dropout)
        batch = (lo, hi, weight)
        new, how = stages.end(plan, row, state, batch, cost, right, history[closed])
        closed += new
        if how != epochs.DONE:
            break
    return closed, how


class ShardedGradient(Gradient):
    """The gradient of a batch, computed by several threads.

    Parameters
    ----------
    workspaces : list of Workspace
        One a thread, each large enough for one shard.
    """

    def __init__(self, workspaces: list[Workspace]) -> None:
        self.workspaces = workspaces
        self._pool: ThreadPoolExecutor | None = None

    @property
    def pool(self) -> ThreadPoolExecutor:
        """The threads, which begin when they are needed."""
        if self._pool is None:
            helpers = max(len(self.workspaces) - 1, 1)
            self._pool = ThreadPoolExecutor(helpers, "walnet-shard")
        return self._pool

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
        lo, hi, _, scale = span
        shards = int(shards_of(plan.rule, lo, hi))
        bounds = [shard_bounds(lo, hi, shard, shards) for shard in range(shards)]
        parts: list[Span] = [(first, last, lo, scale) for first, last in bounds]
        pairs = self.each(plan, state, examples, order, parts, dropout)
        stages.sum_shards(state.gradients, shards)
        # By the shard's number, so that the sum has one order on any number of threads,
        # and one by one: what sum() makes of floats depends on Python's version.
        cost = right = 0.0
        for part in pairs:
            cost, right = cost + part[0], right + part[1]
        return cost, right

    def each(
        self,
        plan: Plan,
        state: State,
        examples: Examples,
        order: np.ndarray,
        parts: list[Span],
        dropout: Dropout,
    ) -> list[tuple[float, float]]:
        """Fill a gradient of the state for each part; return their costs and hits."""
        shards, threads = len(parts), min(len(self.workspaces), len(parts))

        def work(thread: int) -> list[tuple[float, float]]:
            return [
                stages.shard_gradient(
                    plan,
                    state,
                    state.gradients[shard],
                    examples,
                    order,
                    parts[shard],
                    dropout,
                    self.workspaces[thread],
                )
                for shard in range(thread, shards, threads)
            ]

        others = [self.pool.submit(work, thread) for thread in range(1, threads)]
        results = [work(0), *(future.result() for future in others)]
        return [results[s % threads][s // threads] for s in range(shards)]

    def close(self) -> None:
        """End the threads; another iteration begins new ones."""
        if self._pool is not None:
            self._pool.shutdown()
            self._pool = None


class OwnGradient(Gradient):
    """The gradient of a batch by a cost that is a pair of functions of Python.

    Parameters
    ----------
    cost : tuple of two functions
        ``cost(y, y_pred)`` gives (examples,) costs, the other (examples, outputs)
        derivatives of them.
    workspace : Workspace
        Large enough for a batch.
    """

    def __init__(self, cost: OwnCost, workspace: Workspace) -> None:
        self.cost, self.work = cost, workspace

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
        m, work, last = span[1] - span[0], self.work, plan.layers[-1]
        right = stages.feed_forward(plan, state, examples, order, span, dropout, work)
        n = int(last["n_out"])
        A = matrix(work.A, int(last["target"]) * work.capacity, n, m)
        Y = matrix(work.Y, 0, n, m)
        weights = span[3] * work.w[:m].astype(np.float64)
        cost, dA = cost_and_slope(self.cost, Y.T.copy(), A.T.copy(), weights)
        gradient = state.gradients[0]
        stages.back_propagate(plan, state, gradient, m, dA, dropout, work)
        return cost, right

    def evaluate(
        self, plan: Plan, state: State, examples: Examples, order: np.ndarray
    ) -> tuple[float, float]:
        """Return mean cost and share of right predictions, as `inference.evaluate`."""
        work, last = self.work, plan.layers[-1]
        n, total, right, weight = int(last["n_out"]), 0.0, 0.0, 0.0
        for lo in range(0, len(order), work.capacity):
            rows = order[lo : lo + work.capacity]
            m = len(rows)
            _, share = inference.evaluate(plan, state, examples, rows, work)
            A = matrix(work.A, int(last["target"]) * work.capacity, n, m)
            Y, w = matrix(work.Y, 0, n, m), work.w[:m].astype(np.float64)
            cost, _ = cost_and_slope(self.cost, Y.T.copy(), A.T.copy(), w)
            total, right = total + cost, right + share * w.sum()
            weight += w.sum()
        return total / weight, right / weight

    def close(self) -> None:
        """Leave nothing behind: there are no threads."""


def gradient_of_span(  # noqa: PLR0913, PLR0917 - as the kernel
    own_cost: OwnCost | None,
    plan: Plan,
    state: State,
    examples: Examples,
    order: np.ndarray,
    span: Span,
    dropout: Dropout,
    work: Workspace,
) -> float:
    """Fill the first of the state's gradients by some rows; return their cost."""
    arguments = (examples, order, span, dropout)
    if own_cost is not None:
        return OwnGradient(own_cost, work)(plan, state, *arguments)[0]
    gradient = state.gradients[0]
    return stages.shard_gradient(plan, state, gradient, *arguments, work)[0]


def cost_and_slope(
    own_cost: OwnCost, y: np.ndarray, predicted: np.ndarray, weights: np.ndarray
) -> tuple[float, np.ndarray]:
    """Return the weighted sum of a user's cost and its dA, (outputs, examples).

    Raises
    ------
    ShapeError
        If a function gives an array of another shape.
    """
    costs = np.asarray(own_cost[0](y, predicted))
    slopes = np.asarray(own_cost[1](y, predicted))
    if costs.shape != (len(y),) or slopes.shape != y.shape:
        raise ShapeError(
            f"the pair of functions in loss must give ({len(y)},) costs and "
            f"{y.shape} derivatives for {len(y)} examples, "
            f"got {costs.shape} and {slopes.shape}"
        )
    total = float(weights @ costs.astype(np.float64))
    dA = (slopes * weights[:, None]).astype(y.dtype)
    return total, np.ascontiguousarray(dA.T)

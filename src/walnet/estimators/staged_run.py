"""Iterations that need Python between the kernels.

They are for sparse rows, batch normalisation and costs that are functions of Python.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from walnet.engine.kernels import epochs, stages
from walnet.engine.kernels.types import Examples
from walnet.engine.threads import ShardedRun
from walnet.errors import ShapeError

if TYPE_CHECKING:
    from walnet.engine.kernels.types import Record, Span, State, Workspace

OwnCost = tuple[Callable[..., Any], Callable[..., Any]]


class StagedRun(ShardedRun):
    """Runs iterations in stages: gather, feed forward, cost, back-propagate, update.

    Parameters
    ----------
    plan, rule, examples, workspaces
        As for `ShardedRun`; one workspace, as large as a batch.
    sparse : scipy.sparse matrix or None
        The rows, where the examples have no columns.
    norms : Norms or None
        Batch normalisation of the hidden layers.
    own_cost : tuple of two functions or None
        ``cost(y, y_pred)`` (examples,) and its derivative (examples, outputs).
    """

    def __init__(
        self,
        plan: np.ndarray,
        rule: Record,
        examples: Examples,
        workspaces: list[Workspace],
        sparse: Any,
        norms: stages.Norms | None,
        own_cost: OwnCost | None,
    ) -> None:
        super().__init__(plan, rule, examples, workspaces)
        self.sparse = sparse
        self.norms = norms
        self.own_cost = own_cost

    def _gradient(
        self,
        state: State,
        order: np.ndarray,
        batch: tuple[int, int, float, float, int],
    ) -> tuple[float, float]:
        """Fill the first of the state's gradients; return the batch's cost and hits."""
        lo, hi, _, scale, stream = batch
        examples, places = self._gathered(order[lo:hi])
        span = (0, hi - lo, 0, scale, np.uint64(stream))
        taken = (examples, places, span)
        if self.norms is None and self.own_cost is None:
            return epochs.shard_gradient(
                self.plan,
                self.rule,
                state.parameters,
                state.gradients[0],
                *taken,
                self.workspaces[0],
            )
        return self._staged(state, *taken)

    def _staged(
        self, state: State, examples: Examples, places: np.ndarray, span: Span
    ) -> tuple[float, float]:
        """Feed forward, take the cost, go back."""
        plan, rule, work = self.plan, self.rule, self.workspaces[0]
        norms = self.norms or no_norms(plan, examples.Y.dtype)
        m, scale, stream = span[1], span[3], span[4]
        parameters, gradient = state.parameters, state.gradients[0]
        stages.feed_forward(plan, norms, parameters, examples, places, span, work)
        if self.own_cost is None:
            cost, right = stages.cost(plan, rule, m, work, scale)
        else:
            y, w = examples.Y[places], examples.w
            predicted = stages.output_of(plan, m, work)
            weights = scale * (w[places] if w.size else np.ones(m, y.dtype))
            cost, dA = own_cost_and_slope(self.own_cost, y, predicted.T, weights)
            right = stages.own_cost(plan, rule, m, work, dA)
        stages.back_propagate(plan, norms, parameters, gradient, m, work, stream)
        return cost, right

    def _gathered(self, rows: np.ndarray) -> tuple[Examples, np.ndarray]:
        """Return examples that hold the given rows, and where in them they are."""
        if self.sparse is None:
            return self.examples, rows
        _, Y, w = self.examples
        X = np.ascontiguousarray(self.sparse[rows].toarray(), Y.dtype)
        return Examples(X, Y[rows], w[rows] if w.size else w), np.arange(len(rows))


def no_norms(plan: np.ndarray, dtype: np.dtype[Any]) -> stages.Norms:
    """Return norms that normalise no layer."""
    none, nothing = np.empty(0), np.empty(0, dtype)
    gammas = np.full(plan.size, -1)
    return stages.Norms(gammas, 0.0, 0.0, nothing, none, none, none, nothing)


def own_cost_and_slope(
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
    total = float(weights.astype(np.float64) @ costs.astype(np.float64))
    dA = (slopes * weights[:, None]).astype(y.dtype)
    return total, np.ascontiguousarray(dA.T)

"""The stages of one iteration, for a loop in Python: `walnet.engine.threads` has it.

Shards that are spread over threads, and costs that are functions of Python, need what
`epochs.run` does in one call piece by piece; the pieces are the same.
"""

from __future__ import annotations

from walnet.engine.kernels import epochs, passes, penalties
from walnet.engine.kernels.activations import back_through
from walnet.engine.kernels.dense import block
from walnet.engine.kernels.gather import take_examples
from walnet.engine.kernels.hits import hits
from walnet.engine.kernels.machine.entries import entry
from walnet.engine.kernels.machine.records import (
    Bits,
    DoubleVector,
    Matrix,
    Vector,
    WholeVector,
)
from walnet.engine.kernels.shards import sum_gradients
from walnet.engine.kernels.types import (
    RATE,
    Dropout,
    Examples,
    Plan,
    Span,
    State,
    Workspace,
)


@entry
def begin(
    plan: Plan, state: State, examples: Examples, order: WholeVector
) -> tuple[int, int, float, float, Bits]:
    """Return the batch of an iteration: `epochs.begin_iteration`."""
    return epochs.begin_iteration(plan.rule, state, examples, order)


@entry
def shard_gradient(
    plan: Plan,
    state: State,
    gradient: Vector,
    examples: Examples,
    order: WholeVector,
    span: Span,
    dropout: Dropout,
    work: Workspace,
) -> tuple[float, float]:
    """Write the gradient of one shard of a batch; return its cost and its hits."""
    take_examples(plan.layers, plan.rule, examples, order, span[0], span[1], work)
    return epochs.gradient_of(plan, state, gradient, span, dropout, work)


@entry
def feed_forward(
    plan: Plan,
    state: State,
    examples: Examples,
    order: WholeVector,
    span: Span,
    dropout: Dropout,
    work: Workspace,
) -> float:
    """Fill Z and A of the examples of a batch; return the hits."""
    layers, m = plan.layers, span[1] - span[0]
    take_examples(layers, plan.rule, examples, order, span[0], span[1], work)
    passes.feed_forward(layers, state.parameters, state.statistics, m, work, dropout, 1)
    return hits(layers, plan.rule, m, work)


@entry
def back_propagate(
    plan: Plan,
    state: State,
    gradient: Vector,
    m: int,
    dA: Matrix,
    dropout: Dropout,
    work: Workspace,
) -> None:
    """Fill the gradient from the outputs' dA, (outputs, examples)."""
    last = plan.layers[plan.layers.size - 1]
    Z = block(work.Z, last.target, last.n_out, m, work.capacity)
    A = block(work.A, last.target, last.n_out, m, work.capacity)
    dZ = block(work.dZ, last.target, last.n_out, m, work.capacity)
    back_through(last.activation, Z, A, dA, dZ)
    passes.back_propagate(plan.layers, state.parameters, gradient, m, work, dropout)


@entry
def end(
    plan: Plan,
    course: DoubleVector,
    state: State,
    batch: tuple[int, int, float],
    cost: float,
    right: float,
    row: DoubleVector,
) -> tuple[int, int]:
    """Update, and close the epoch with its last batch; return epochs closed, and how.

    As `epochs.run` does: DONE, COST_REACHED or DIVERGED.
    """
    if not epochs.end_iteration(plan, course, state, batch, cost, right):
        return 0, epochs.DIVERGED
    if state.counters[epochs.BATCH] != plan.rule.batches:
        return 0, epochs.DONE
    epochs.close_epoch(state, course[RATE], row)
    reached = row[epochs.MEAN_COST] < plan.rule.stop_cost
    return 1, epochs.COST_REACHED if reached else epochs.DONE


@entry
def penalty(plan: Plan, share: float, parameters: Vector, gradient: Vector) -> float:
    """Add the penalties' part to a gradient and return their part of the cost."""
    return penalties.penalty(plan.layers, plan.rule, share, parameters, gradient)


@entry
def sum_shards(gradients: Matrix, shards: int) -> None:
    """Sum the shards' gradients into the first: `shards.sum_gradients`."""
    sum_gradients(gradients, shards)

"""Many iterations of training in one compiled call."""

from __future__ import annotations

import numpy as np

from walnet.engine.kernels.machine.compile import entry, kernel, part
from walnet.engine.kernels.machine.elementary import is_finite
from walnet.engine.kernels.machine.randomness import shuffle, stream
from walnet.engine.kernels.optimizers import gradient_norm, scale_in_place, update
from walnet.engine.kernels.passes import (
    back_propagate,
    feed_forward,
    hits,
    output_delta,
    penalty,
    take_examples,
)
from walnet.engine.kernels.types import Bits, Examples, Record, Span, State, Workspace

COST, HITS, WEIGHT, NORM, ITERATIONS = 0, 1, 2, 3, 4

# How a run ended.
DONE, COST_REACHED, DIVERGED = 0, 1, 2


@part
def weight_of(examples: Examples, order: np.ndarray, lo: int, hi: int) -> float:
    """Return the sum of the weights of a batch (its size where there are none)."""
    if examples.w.size == 0:
        return np.float64(hi - lo)
    total = 0.0
    for i in range(lo, hi):
        total += np.float64(examples.w[order[i]])
    return total


@kernel
def shard_bounds(lo: int, hi: int, shard: int, shards: int) -> tuple[int, int]:
    """Return the first and last + 1 of a shard's places in the batch."""
    m = hi - lo
    return lo + m * shard // shards, lo + m * (shard + 1) // shards


@part
def gradient_of(
    plan: np.ndarray,
    rule: Record,
    parameters: np.ndarray,
    gradient: np.ndarray,
    span: Span,
    work: Workspace,
) -> tuple[float, float]:
    """Write the gradient of the examples in the workspace; return cost and hits.

    ``span`` is (lo, hi, lo of the batch, scale, dropout stream): the gradient of a
    shard is a pure function of it, of the parameters and of the data.
    """
    lo, hi, batch_lo, scale, dropout_stream = span
    m = hi - lo
    feed_forward(plan, parameters, m, work, dropout_stream, lo - batch_lo)
    right = hits(plan, rule, m, work)
    cost = output_delta(plan, rule, m, work, scale)
    back_propagate(plan, parameters, gradient, m, work, dropout_stream, lo - batch_lo)
    return cost, right


@kernel
def shard_gradient(
    plan: np.ndarray,
    rule: Record,
    parameters: np.ndarray,
    gradient: np.ndarray,
    examples: Examples,
    order: np.ndarray,
    span: Span,
    work: Workspace,
) -> tuple[float, float]:
    """Write the gradient of one shard of a batch; return its cost and its hits."""
    take_examples(examples, order, span[0], span[1], work)
    return gradient_of(plan, rule, parameters, gradient, span, work)


@kernel
def sum_shards(gradients: np.ndarray, shards: int) -> None:
    """Sum the shards' gradients into the first, pair by pair in a fixed binary tree."""
    step = 1
    while step < shards:
        for s in range(0, shards - step, 2 * step):
            for i in range(gradients.shape[1]):
                gradients[s, i] += gradients[s + step, i]
        step *= 2


@part
def step(
    plan: np.ndarray, rule: Record, learning_rate: float, share: float, state: State
) -> tuple[float, float]:
    """Finish an iteration whose summed gradient is known: penalties, clipping, update.

    Returns the penalties' cost and the gradient's norm. A gradient that is not finite
    moves nothing.
    """
    gradient = state.gradients[0]
    extra = penalty(plan, rule, share, state.parameters, gradient)
    norm = gradient_norm(gradient)
    if not is_finite(norm + extra):
        return np.nan, norm
    if norm > rule.clip_norm:
        scale_in_place(gradient, rule.clip_norm / norm)
    if rule.weight_decay > 0.0:
        decay_weights(plan, learning_rate * rule.weight_decay, state.parameters)
    t = rule.updates_before + state.counters[0] + 1
    update(
        rule, t, learning_rate, state.parameters, gradient, state.first, state.second
    )
    return extra, norm


@part
def decay_weights(plan: np.ndarray, amount: float, parameters: np.ndarray) -> None:
    """Shrink the weights (not the biases) by a share: Loshchilov, Hutter (2019)."""
    for l in range(plan.size):
        start = plan[l].weights
        n = plan[l].n_in * plan[l].n_out
        scale_in_place(parameters[start : start + n], 1.0 - amount)


@part
def begin_iteration(
    rule: Record, state: State, examples: Examples, order: np.ndarray
) -> tuple[int, int, float, float, Bits]:
    """Lay out the epoch's order; return the batch as (lo, hi, weight, scale, stream).

    ``order[lo:hi]`` are its rows, weight is the sum of their weights, scale makes the
    cost a mean, and stream feeds the dropout masks (0: no dropout).
    """
    m = examples.X.shape[0]
    t = state.counters[0]
    batches = (m + rule.batch_size - 1) // rule.batch_size
    epoch, batch = t // batches, t % batches
    if rule.shuffle == 1 and state.counters[1] != epoch:
        shuffle(order, rule.key, epoch)
        state.counters[1] = epoch
    lo = batch * rule.batch_size
    hi = min(lo + rule.batch_size, m)
    weight = weight_of(examples, order, lo, hi)
    scale = rule.cost_scale / weight if weight > 0.0 else 0.0
    dropout_stream = np.uint64(0)
    if rule.dropout == 1:
        dropout_stream = stream(rule.key, -1 - t - rule.updates_before)
    return lo, hi, weight, scale, dropout_stream


@part
def end_iteration(
    plan: np.ndarray,
    rule: Record,
    learning_rate: float,
    state: State,
    rows: tuple[int, int, float],
    cost: float,
    right: float,
) -> bool:
    """Update the parameters and add to the epoch's sums; return whether all is finite.

    ``rows`` is the batch's (lo, hi, weight). Where the cost or the gradient is not
    finite, nothing is changed.
    """
    if not is_finite(cost):
        return False
    lo, hi, weight = rows
    share = 1.0
    if rule.penalty_per_example == 1 and weight > 0.0:
        share = 1.0 / weight
    extra, norm = step(plan, rule, learning_rate, share, state)
    total = rule.recorded_share * cost + extra
    if not is_finite(total):
        return False
    if rule.count_rows == 1 and weight > 0.0:
        right *= (hi - lo) / weight
        weight = np.float64(hi - lo)
    state.counters[0] += 1
    state.sums[COST] += total * weight
    state.sums[HITS] += right
    state.sums[WEIGHT] += weight
    state.sums[NORM] += norm
    state.sums[ITERATIONS] += 1.0
    return True


@kernel
def close_epoch(state: State, learning_rate: float, row: np.ndarray) -> None:
    """Write an epoch's means into a row of the history and begin new sums."""
    sums = state.sums
    weight = sums[WEIGHT] if sums[WEIGHT] > 0.0 else 1.0
    row[0] = sums[COST] / weight
    row[1] = sums[HITS] / weight
    row[2] = sums[NORM] / sums[ITERATIONS]
    row[3] = learning_rate
    sums[:] = 0.0


@kernel
def shards_of(rule: Record, m: int) -> int:
    """Return how many shards a batch has: an incomplete one is not split."""
    return rule.shards if m == rule.batch_size else 1


@kernel
def begin(
    rule: Record, state: State, examples: Examples, order: np.ndarray
) -> tuple[int, int, float, float, Bits]:
    """Do :func:`begin_iteration` as a kernel of its own."""
    return begin_iteration(rule, state, examples, order)


@kernel
def end(
    plan: np.ndarray,
    rule: Record,
    learning_rate: float,
    state: State,
    rows: tuple[int, int, float],
    cost: float,
    right: float,
) -> bool:
    """Do :func:`end_iteration` as a kernel of its own."""
    return end_iteration(plan, rule, learning_rate, state, rows, cost, right)


@entry
def run(
    plan: np.ndarray,
    rule: Record,
    state: State,
    examples: Examples,
    rates: np.ndarray,
    history: np.ndarray,
    order: np.ndarray,
    work: Workspace,
) -> tuple[int, int]:
    """Do ``rates.size`` iterations; return the number of epochs closed, and the end.

    Batches are not split in shards here: `walnet.engine.threads` runs those that are.

    ``history`` takes one row an epoch. A run ends early where an epoch's cost falls
    below ``rule.stop_cost`` (COST_REACHED) or where cost or gradient are no longer
    finite (DIVERGED; the parameters are those that gave it).
    """
    m = examples.X.shape[0]
    closed = 0
    for done in range(rates.size):
        batch = begin_iteration(rule, state, examples, order)
        lo, hi, weight, scale, dropout_stream = batch
        span = (lo, hi, lo, scale, dropout_stream)
        if done == 0 or hi - lo < m:  # a full batch stays where it was put
            take_examples(examples, order, lo, hi, work)
        gradient = state.gradients[0]
        cost, right = gradient_of(plan, rule, state.parameters, gradient, span, work)
        rows = (lo, hi, weight)
        if not end_iteration(plan, rule, rates[done], state, rows, cost, right):
            return closed, DIVERGED
        if batch[1] == m:
            close_epoch(state, rates[done], history[closed])
            closed += 1
            if history[closed - 1, 0] < rule.stop_cost:
                return closed, COST_REACHED
    return closed, DONE

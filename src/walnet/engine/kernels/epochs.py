"""Many iterations of training in one compiled call: read `run` first.

Each iteration is begin_iteration → take_examples → gradient_of → end_iteration, of
which gradient_of is feed_forward → cost → back_propagate, and end_iteration is
penalties → clipping → update; after the last batch of an epoch comes close_epoch. A
large batch is split in shards, whose gradients are summed.
"""

from __future__ import annotations

import numpy as np

from walnet.engine.kernels.gather import take_examples, weight_of
from walnet.engine.kernels.hits import hits
from walnet.engine.kernels.machine.compile import kernel, part, shared
from walnet.engine.kernels.machine.elementary import is_finite
from walnet.engine.kernels.machine.entries import entry
from walnet.engine.kernels.machine.randomness import shuffle, stream
from walnet.engine.kernels.machine.records import Bits, DoubleMatrix, WholeVector
from walnet.engine.kernels.optimizers import gradient_norm, scale_in_place, update
from walnet.engine.kernels.passes import back_propagate, feed_forward, output_delta
from walnet.engine.kernels.penalties import penalty
from walnet.engine.kernels.shards import (
    of_shard,
    shard_bounds,
    shards_of,
    sum_gradients,
)
from walnet.engine.kernels.types import (
    DECAY,
    DROPOUT,
    RATE,
    Dropout,
    Examples,
    Plan,
    Record,
    Span,
    State,
    Workspace,
)

# Of the state's counters: iterations done, epochs done, batches done of the epoch
# under way, and the epoch whose order is laid out.
ITERATION, EPOCH, BATCH, LAID_OUT = 0, 1, 2, 3
# Of the state's sums over the epoch under way; the first, second and fourth, as means,
# are also columns of the history, with the learning rate.
COST, HITS, WEIGHT, NORM, ITERATIONS = 0, 1, 2, 3, 4
MEAN_COST, ACCURACY, MEAN_NORM, LEARNING_RATE = 0, 1, 2, 3

# How a run ended.
DONE, COST_REACHED, DIVERGED = 0, 1, 2


@shared
def begin_iteration(
    rule: Record, state: State, examples: Examples, order: np.ndarray
) -> tuple[int, int, float, float, Bits]:
    """Lay out the epoch's order; return the batch as (lo, hi, weight, scale, stream).

    ``order[lo:hi]`` are its rows, weight is the sum of their weights, scale makes the
    cost a mean, and stream feeds the dropout masks (0: no dropout).
    """
    epoch = state.counters[EPOCH]
    if rule.shuffle == 1 and state.counters[LAID_OUT] != epoch:
        shuffle(order, rule.key, epoch)
        if examples.rows.size > 0:
            for i in range(order.size):
                order[i] = examples.rows[order[i]]
        state.counters[LAID_OUT] = epoch
    lo = state.counters[BATCH] * rule.batch_size
    hi = min(lo + rule.batch_size, order.size)
    weight = weight_of(examples, order, lo, hi)
    scale = rule.cost_scale / weight if weight > 0.0 else 0.0
    dropout_stream = np.uint64(0)
    if rule.dropout == 1:
        t = state.counters[ITERATION] + rule.updates_before
        # Shuffles have the streams of the epochs, 0, 1, 2 …; masks -1, -2, -3 …
        dropout_stream = stream(rule.key, -1 - t)
    return lo, hi, weight, scale, dropout_stream


@kernel
def gradient_of(
    plan: Plan,
    state: State,
    gradient: np.ndarray,
    span: Span,
    dropout: Dropout,
    work: Workspace,
) -> tuple[float, float]:
    """Write the gradient of the examples in the workspace; return cost and hits.

    The gradient of a shard is a pure function of its span, of the parameters and of the
    data.
    """
    layers, parameters, m = plan.layers, state.parameters, span[1] - span[0]
    # Each shard of a batch has masks of its own.
    dropout = (of_shard(dropout[0], span), dropout[1])
    feed_forward(layers, parameters, state.statistics, m, work, dropout, 1)
    right = hits(layers, plan.rule, m, work)
    cost = output_delta(layers, plan.rule, m, work, span[3])
    back_propagate(layers, parameters, gradient, m, work, dropout)
    return cost, right


@part
def step(
    plan: Plan, learning_rate: float, weight_decay: float, share: float, state: State
) -> tuple[float, float]:
    """Finish an iteration whose summed gradient is known: penalties, clipping, update.

    Returns the penalties' cost and the gradient's norm. A gradient whose square is not
    finite moves nothing.
    """
    gradient = state.gradients[0]
    extra = penalty(plan.layers, plan.rule, share, state.parameters, gradient)
    norm = gradient_norm(gradient)
    # Adam and its kin keep squares, which must be numbers in the arrays' precision.
    if not is_finite(gradient.dtype.type(norm * norm) + extra):
        return np.nan, norm
    if norm > plan.rule.clip_norm:
        scale_in_place(gradient, plan.rule.clip_norm / norm)
    t = plan.rule.updates_before + state.counters[ITERATION] + 1
    update(plan, t, learning_rate, weight_decay, state)
    return extra, norm


@shared
def end_iteration(
    plan: Plan,
    course: np.ndarray,
    state: State,
    batch: tuple[int, int, float],
    cost: float,
    right: float,
) -> bool:
    """Update the parameters and add to the epoch's sums; return whether all is finite.

    ``course`` is the iteration's row; ``batch`` is (lo, hi, weight). Where the cost or
    the gradient is not finite, nothing is changed.
    """
    if not is_finite(cost):
        return False
    lo, hi, weight = batch
    share = 1.0
    if plan.rule.penalty_per_example == 1:
        share = 1.0 / weight if weight > 0.0 else 0.0
    extra, norm = step(plan, course[RATE], course[DECAY], share, state)
    total = plan.rule.recorded_share * cost + extra
    if not is_finite(total):
        return False
    if plan.rule.count_rows == 1 and weight > 0.0:
        right *= (hi - lo) / weight
        weight = np.float64(hi - lo)
    state.counters[ITERATION] += 1
    state.counters[BATCH] += 1
    state.sums[COST] += total * weight
    state.sums[HITS] += right
    state.sums[WEIGHT] += weight
    state.sums[NORM] += norm
    state.sums[ITERATIONS] += 1.0
    return True


@part
def close_epoch(state: State, learning_rate: float, row: np.ndarray) -> None:
    """Write an epoch's means into a row of the history and begin new sums."""
    sums = state.sums
    weight = sums[WEIGHT] if sums[WEIGHT] > 0.0 else 1.0
    row[MEAN_COST] = sums[COST] / weight
    row[ACCURACY] = sums[HITS] / weight
    row[MEAN_NORM] = sums[NORM] / sums[ITERATIONS]
    row[LEARNING_RATE] = learning_rate
    sums[:] = 0.0
    state.counters[EPOCH] += 1
    state.counters[BATCH] = 0


@entry
def run(
    plan: Plan,
    state: State,
    examples: Examples,
    course: DoubleMatrix,
    history: DoubleMatrix,
    order: WholeVector,
    work: Workspace,
) -> tuple[int, int]:
    """Do an iteration for each row of ``course``; return epochs closed, and the end.

    The row holds what changes in the course of training: learning rate, weight decay
    and a factor on the dropout rates. The shards of a batch come one after the other:
    `walnet.engine.threads` spreads them over threads.

    ``history`` takes one row an epoch. A run ends early where an epoch's cost falls
    below ``rule.stop_cost`` (COST_REACHED) or where cost or gradient are no longer
    finite (DIVERGED; the parameters are those that gave it).
    """
    rule = plan.rule
    stays = rule.batches == 1 and rule.shuffle == 0 and rule.shards == 1
    closed = 0
    for done in range(course.shape[0]):
        lo, hi, weight, scale, bits = begin_iteration(rule, state, examples, order)
        factor = course[done, DROPOUT]
        dropout = (bits if factor > 0.0 else np.uint64(0), factor)
        shards, cost, right = shards_of(rule, lo, hi), 0.0, 0.0
        for s in range(shards):
            first, last = shard_bounds(lo, hi, s, shards)
            if done == 0 or not stays:  # a full batch stays where it was put
                take_examples(plan.layers, rule, examples, order, first, last, work)
            span, gradient = (first, last, lo, scale), state.gradients[s]
            found = gradient_of(plan, state, gradient, span, dropout, work)
            cost, right = cost + found[0], right + found[1]
        sum_gradients(state.gradients, shards)
        batch = (lo, hi, weight)
        if not end_iteration(plan, course[done], state, batch, cost, right):
            return closed, DIVERGED
        if state.counters[BATCH] == rule.batches:
            close_epoch(state, course[done, RATE], history[closed])
            closed += 1
            if history[closed - 1, MEAN_COST] < rule.stop_cost:
                return closed, COST_REACHED
    return closed, DONE

"""An epoch of a tabular network in one compiled call, and its outputs."""

from __future__ import annotations

import math

import numpy as np

from walnet.engine.kernels.machine.compile import kernel, part
from walnet.engine.kernels.machine.elementary import ONE, ZERO
from walnet.engine.kernels.machine.randomness import mix, shuffle, stream
from walnet.engine.kernels.machine.views import flat, matrix
from walnet.engine.kernels.tabular_passes import (
    back_propagate,
    feed_forward,
    gather,
    output_delta,
)
from walnet.engine.kernels.tabular_types import Buffers, Member, Rows
from walnet.engine.kernels.types import Bits, Record

COSLOG4, COSINE = 0, 1
_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_LANE = np.uint64(0xFFFF)


@kernel
def learning_rate_at(schedule: int, t: float) -> float:
    """Return the factor on the learning rate at t in [0, 1) of the training.

    coslog4 is ``(1 - cos(2π log2(1 + 15 t))) / 2``, four cycles from 0 to 0, each twice
    as long as the one before; cosine is ``(1 + cos πt) / 2``.
    """
    if schedule == COSLOG4:
        return 0.5 * (1.0 - math.cos(2.0 * math.pi * math.log2(1.0 + 15.0 * t)))
    return 0.5 * (1.0 + math.cos(math.pi * t))


@kernel
def flat_cosine(t: float) -> float:
    """Return 1 up to t = 1/2, then a half cosine down to 0 at 1."""
    return 1.0 if t <= 0.5 else 0.5 * (1.0 + math.cos(math.pi * (2.0 * t - 1.0)))


@kernel
def draw_mask(mask: np.ndarray, rate: float, start: Bits) -> None:
    """Fill a flat mask with 0 or 1/(1 - rate), four numbers from each 64 bits.

    Inverted dropout, Srivastava et al. (2014); a pure function of `start` and place.
    """
    threshold = np.uint64(rate * 65536.0)
    keep = mask.dtype.type(1.0 / (1.0 - np.float64(threshold) / 65536.0))
    n = mask.size
    for i in range(n // 4):
        bits = mix(start + np.uint64(i) * _GOLDEN)
        for lane in range(4):
            part_bits = (bits >> np.uint64(16 * lane)) & _LANE
            mask[4 * i + lane] = keep if part_bits >= threshold else ZERO
    for i in range(n - n % 4, n):
        bits = mix(start + np.uint64(i) * _GOLDEN) & _LANE
        mask[i] = keep if bits >= threshold else ZERO


@kernel
def adam_by_group(
    groups: np.ndarray,
    recipe: Record,
    learning_rate: float,
    weight_decay: float,
    member: Member,
) -> None:
    """Shrink the parameters, then move them by Adam, each group at its own rate.

    Kingma, Ba (2015), algorithm 1; decay as in Loshchilov, Hutter (2019).
    """
    real = member.parameters.dtype.type
    t = member.counters[0] + 1
    root = math.sqrt(1.0 - recipe.beta_2**t)
    correction = root / (1.0 - recipe.beta_1**t)
    beta_1, beta_2 = real(recipe.beta_1), real(recipe.beta_2)
    for g in range(groups.size):
        group = groups[g]
        lo, hi = group.start, group.start + group.size
        step = real(learning_rate * group.rate * correction)
        kept = real(1.0 - learning_rate * group.decay * weight_decay)
        epsilon = real(recipe.epsilon * group.epsilon * root)
        p, dp = member.parameters[lo:hi], member.gradient[lo:hi]
        first, second = member.first[lo:hi], member.second[lo:hi]
        for i in range(p.size):
            d = dp[i]
            first[i] = beta_1 * first[i] + (ONE - beta_1) * d
            second[i] = beta_2 * second[i] + (ONE - beta_2) * d * d
            p[i] = kept * p[i] - step * first[i] / (np.sqrt(second[i]) + epsilon)


@part
def shuffle_rows(recipe: Record, member: Member) -> None:
    """Lay out the rows of the epoch in an order that is a function of key and epoch."""
    shuffle(member.order, recipe.key, member.counters[1])
    for i in range(member.order.size):
        member.order[i] = member.rows[member.order[i]]


@part
def draw_masks(
    layers: np.ndarray, rate: float, start: Bits, m: int, buffers: Buffers
) -> None:
    """Draw the masks of all hidden layers."""
    for l in range(layers.size - 1):
        layer = layers[l]
        mask = matrix(buffers.masks, layer.before * buffers.capacity, layer.n_out, m)
        draw_mask(flat(mask), rate, mix(start + np.uint64(l + 1)))


@kernel
def run_epoch(
    model: tuple[Record, np.ndarray, np.ndarray],
    recipe: Record,
    rows: Rows,
    member: Member,
    buffers: Buffers,
    begin: float,
    end: float,
) -> float:
    """Learn from the rows of a member once; return the mean cost.

    `model` is the input's record, the layers and the groups. The schedules run from
    `begin` to `end`, two times in [0, 1].
    """
    inp, layers, groups = model
    shuffle_rows(recipe, member)
    m = recipe.batch_size
    total = 0.0
    for batch in range(recipe.batches):
        t = begin + (end - begin) * batch / recipe.batches
        fade = flat_cosine(t)
        rate = recipe.dropout * fade
        masked = 1 if rate > 0.001 else 0
        if masked == 1:
            start = stream(recipe.key, -1 - member.counters[0])
            draw_masks(layers, rate, start, m, buffers)
        gather(rows, member.order, batch * m, m, buffers)
        feed_forward(inp, layers, member.parameters, m, masked, buffers)
        cost = output_delta(layers, recipe.classes, recipe.smoothing, m, buffers)
        total += np.float64(cost)
        back_propagate(
            inp, layers, member.parameters, member.gradient, m, masked, buffers
        )
        eta = recipe.learning_rate * learning_rate_at(recipe.schedule, t)
        adam_by_group(groups, recipe, eta, recipe.weight_decay * fade, member)
        member.counters[0] += 1
    member.counters[1] += 1
    mean: float = total / recipe.batches
    return mean


@kernel
def cost_and_gradient(
    model: tuple[Record, np.ndarray, np.ndarray],
    recipe: Record,
    rows: Rows,
    member: Member,
    buffers: Buffers,
    masked: int,
) -> float:
    """Write the gradient of the first batch of ``member.order`` and return its cost."""
    inp, layers, _ = model
    m = recipe.batch_size
    gather(rows, member.order, 0, m, buffers)
    feed_forward(inp, layers, member.parameters, m, masked, buffers)
    cost = output_delta(layers, recipe.classes, recipe.smoothing, m, buffers)
    back_propagate(inp, layers, member.parameters, member.gradient, m, masked, buffers)
    return np.float64(cost)


@kernel
def outputs_of(
    model: tuple[Record, np.ndarray, np.ndarray],
    parameters: np.ndarray,
    rows: Rows,
    order: np.ndarray,
    buffers: Buffers,
    outputs: np.ndarray,
) -> None:
    """Write the outputs, (rows, outputs), of the rows ``order``, block by block."""
    inp, layers, _ = model
    last = layers[layers.size - 1]
    for lo in range(0, order.size, buffers.capacity):
        m = min(buffers.capacity, order.size - lo)
        gather(rows, order, lo, m, buffers)
        feed_forward(inp, layers, parameters, m, 0, buffers)
        Z = matrix(buffers.Z, last.before * buffers.capacity, last.n_out, m)
        for i in range(m):
            for k in range(last.n_out):
                outputs[lo + i, k] = Z[k, i]

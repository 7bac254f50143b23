"""Shards of a large batch, each of which has a gradient of its own."""

from __future__ import annotations

import numpy as np

from walnet.engine.kernels.machine.compile import kernel, shared
from walnet.engine.kernels.machine.records import Bits
from walnet.engine.kernels.types import Record, Span


@kernel
def shards_of(rule: Record, lo: int, hi: int) -> int:
    """Return into how many shards a batch is split: one that is not full into none."""
    count: int = rule.shards if hi - lo == rule.batch_size else 1
    return count


@kernel
def shard_bounds(lo: int, hi: int, shard: int, shards: int) -> tuple[int, int]:
    """Return the first index and the last + 1 of a shard's rows in the order."""
    if shards == 1:  # most batches: two divisions take as long as a small layer
        return lo, hi
    m = hi - lo
    return lo + m * shard // shards, lo + m * (shard + 1) // shards


@kernel
def of_shard(dropout_stream: Bits, span: Span) -> Bits:
    """Return the random stream of a shard; 0 stays 0."""
    if dropout_stream == 0:
        return dropout_stream
    return dropout_stream + (np.uint64(span[0] - span[2]) << np.uint64(32))


@shared
def sum_gradients(gradients: np.ndarray, shards: int) -> None:
    """Sum the shards' gradients into the first, pair by pair in a fixed binary tree."""
    step = 1
    while step < shards:
        for s in range(0, shards - step, 2 * step):
            for i in range(gradients.shape[1]):
                gradients[s, i] += gradients[s + step, i]
        step *= 2

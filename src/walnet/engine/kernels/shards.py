"""Shards of a large batch, each of which has a gradient of its own."""

from __future__ import annotations

import numpy as np

from walnet.engine.kernels.machine.compile import kernel
from walnet.engine.kernels.machine.records import Bits
from walnet.engine.kernels.types import Span


def shard_bounds(lo: int, hi: int, shard: int, shards: int) -> tuple[int, int]:
    """Return the first index and the last + 1 of a shard's rows in the order."""
    m = hi - lo
    return lo + m * shard // shards, lo + m * (shard + 1) // shards


@kernel
def of_shard(dropout_stream: Bits, span: Span) -> Bits:
    """Return the random stream of a shard; 0 stays 0."""
    if dropout_stream == 0:
        return dropout_stream
    return dropout_stream + (np.uint64(span[0] - span[2]) << np.uint64(32))

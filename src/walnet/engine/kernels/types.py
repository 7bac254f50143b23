"""The arrays and records that kernels pass around."""

from __future__ import annotations

from typing import Any, NamedTuple, TypeAlias

import numpy as np

# One record of LAYER or RULE: in a kernel its fields are attributes.
Record: TypeAlias = Any
# A number in the precision of the arrays: float32 or float64.
Real: TypeAlias = Any
# 64 random bits: unsigned in kernels, a plain int where Python sees them.
Bits: TypeAlias = Any
# Where a batch is: lo, hi, lo of the whole batch, scale of the cost, dropout's stream.
Span: TypeAlias = tuple[int, int, int, float, Bits]

# A *plan* is an array of these, one a layer.
LAYER = np.dtype(
    [
        ("n_in", np.int64),
        ("n_out", np.int64),
        ("activation", np.int64),
        ("weights", np.int64),  # where W begins in the parameters
        ("biases", np.int64),  # where b begins in the parameters
        ("neurons_before", np.int64),  # of this and all layers before, the input first
        ("dropout", np.float64),  # of the layer's activations, in [0, 1)
    ],
    align=True,
)

# The settings of training that kernels read.
RULE = np.dtype(
    [
        ("batch_size", np.int64),
        ("shuffle", np.int64),  # 1 or 0
        ("key", np.uint64),  # where all randomness comes from
        ("dropout", np.int64),  # 1 if any layer drops
        ("shards", np.int64),  # of a full batch
        ("cost", np.int64),
        ("cost_parameter", np.float64),  # Huber's delta, the quantile's level
        ("cost_scale", np.float64),  # 1/outputs where the cost is a mean over outputs
        ("recorded_share", np.float64),  # of the cost, without penalties, in history
        ("count_rows", np.int64),  # 1: an epoch's mean counts rows, not their weights
        ("updates_before", np.int64),  # of earlier trainings, which count for adam
        ("task", np.int64),  # 0 regression, 1 outputs on a threshold, 2 largest output
        ("threshold", np.float64),
        ("optimizer", np.int64),
        ("momentum", np.float64),
        ("beta_1", np.float64),
        ("beta_2", np.float64),
        ("epsilon", np.float64),
        ("epsilon_hat", np.int64),  # 1 or 0
        ("l1", np.float64),
        ("l2", np.float64),
        ("penalty_per_example", np.int64),  # 1: penalties are divided by the batch
        ("weight_decay", np.float64),
        ("clip_norm", np.float64),  # infinity: no clipping
        ("stop_cost", np.float64),  # training stops at an epoch below it
    ],
    align=True,
)


class Examples(NamedTuple):
    """Data to learn from."""

    X: np.ndarray  # (examples, features)
    Y: np.ndarray  # (examples, outputs)
    w: np.ndarray  # weights of the examples, (examples,), or empty for ones


class Workspace(NamedTuple):
    """Flat buffers for batches of at most `capacity` examples."""

    capacity: int
    A: np.ndarray  # each layer's activations, the input's first
    Z: np.ndarray  # weighted inputs
    dZ: np.ndarray  # and the error in them
    D: np.ndarray  # activations after dropout
    dA: np.ndarray  # the error in one layer's activations, wide enough for any
    Y: np.ndarray  # the targets of the batch
    w: np.ndarray  # the weights of the batch


class State(NamedTuple):
    """What an iteration changes."""

    parameters: np.ndarray
    first: np.ndarray  # the optimizer's memory: velocity or mean gradient
    second: np.ndarray  # and mean squared gradient
    gradients: np.ndarray  # (shards, parameters); the first row ends as the sum
    counters: np.ndarray  # [iterations done, epoch whose order is laid out]
    sums: np.ndarray  # of the epoch under way, see COST … ITERATIONS in epochs

"""The arrays and records that kernels pass around."""

from __future__ import annotations

from typing import Any, NamedTuple, TypeAlias

import numpy as np

# One record of LAYER or GROUP, or a plan's rule: in a kernel its fields are attributes.
Record: TypeAlias = Any
# A number in the precision of the arrays: float32 or float64.
Real: TypeAlias = Any
# 64 random bits: unsigned in kernels, a plain int where Python sees them.
Bits: TypeAlias = Any
# A part of a batch: its first index in `order` and last + 1, the batch's first index,
# and what makes the cost a mean.
Span: TypeAlias = tuple[int, int, int, float]
# Dropout: the iteration's random stream (0: none), and a factor on the layers' rates.
Dropout: TypeAlias = tuple[Bits, float]

# Kinds of layers. All but DENSE and SCALE read the inputs.
DENSE, SCALE, COPY, NUMBERS, LEVELS = 0, 1, 2, 3, 4

# A network is an array of these, one a layer, in the order of feed-forward. Layers that
# read the inputs write into rows of one block, side by side.
LAYER = np.dtype(
    [
        ("kind", np.int64),
        ("n_in", np.int64),  # neurons, inputs or (LEVELS) columns of codes it reads
        ("n_out", np.int64),  # neurons it writes
        ("source", np.int64),  # first neuron of the block it reads, in the buffers
        ("source_row", np.int64),  # first row of that block, or column of codes
        ("target", np.int64),  # first neuron of the block it writes
        ("target_row", np.int64),  # first row of that block
        ("activation", np.int64),
        ("weights", np.int64),  # where they begin in the parameters
        ("n_weights", np.int64),
        ("biases", np.int64),
        ("slopes", np.int64),  # one a neuron: A = Z + (g(Z) - Z) a; -1: none
        ("gammas", np.int64),  # one a neuron, of batch normalisation; -1: none
        ("dropout", np.float64),  # of the layer's activations, in [0, 1)
    ],
    align=True,
)

# Parameters that learn alike, a stretch of the flat vector.
GROUP = np.dtype(
    [
        ("start", np.int64),
        ("n", np.int64),
        ("rate", np.float64),  # factor on the learning rate
        ("decay", np.float64),  # factor on learning rate times weight decay
        ("epsilon", np.float64),  # factor on the optimizer's epsilon
    ],
    align=True,
)

# How the iterations of a call differ: one row each, with these columns.
RATE, DECAY, DROPOUT = 0, 1, 2


class Plan(NamedTuple):
    """What a training reads and never changes."""

    layers: np.ndarray  # of LAYER
    groups: np.ndarray  # of GROUP
    rule: Record  # of walnet.engine.plan.RULE: settings, and what follows from them


class Examples(NamedTuple):
    """Data to learn from: dense rows, or (where there are `pointers`) sparse ones."""

    X: np.ndarray  # (examples, inputs); of sparse rows (0, inputs)
    codes: np.ndarray  # (examples, columns of levels), int32
    Y: np.ndarray  # (examples, outputs), or the number of the class, (examples, 1)
    w: np.ndarray  # weights of the examples, (examples,), or empty for ones
    rows: np.ndarray  # which of them are learned from, or empty for all
    values: np.ndarray  # of sparse rows: those that are not 0,
    columns: np.ndarray  # their columns, int32,
    pointers: np.ndarray  # and where each row begins among them, int64


class Workspace(NamedTuple):
    """Flat buffers for batches of at most `capacity` examples.

    A layer's part of a buffer begins at ``target · capacity``.
    """

    capacity: int
    A: np.ndarray  # what each layer gives to the next, the inputs first
    Z: np.ndarray  # weighted inputs
    G: np.ndarray  # g(Z) of layers with slopes or dropout; of others it is A
    dZ: np.ndarray  # the error in the weighted inputs
    masks: np.ndarray  # of dropout
    hat: np.ndarray  # normalised weighted inputs
    cosines: np.ndarray  # of number embeddings
    dA: np.ndarray  # the error in one layer's activations, wide enough for any
    deviation: np.ndarray  # of each normalised neuron in the batch; float64
    zeros: np.ndarray  # as many as the widest layer has neurons
    codes: np.ndarray  # of the batch, int32
    Y: np.ndarray  # the targets of the batch
    w: np.ndarray  # the weights of the batch


class State(NamedTuple):
    """What an iteration changes."""

    parameters: np.ndarray
    statistics: np.ndarray  # running mean and variance, (2, neurons), float64
    memory: np.ndarray  # the optimizer's: as many numbers a parameter as it keeps
    gradients: np.ndarray  # (shards, parameters); the first row ends as the sum
    counters: np.ndarray  # see ITERATION … LAID_OUT in epochs
    sums: np.ndarray  # of the epoch under way, see COST … ITERATIONS in epochs

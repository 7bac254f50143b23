"""The arrays and records that kernels pass around."""

from __future__ import annotations

from typing import Annotated, Any, NamedTuple, TypeAlias

import numpy as np

from walnet.engine.kernels.machine.records import (
    Array,
    Bits,
    CodeMatrix,
    CodeVector,
    DoubleMatrix,
    DoubleVector,
    Fields,
    Matrix,
    Vector,
    WholeVector,
    structure,
)

# One record of LAYER or GROUP, or a plan's rule: in a kernel its fields are attributes.
Record: TypeAlias = Any
# A part of a batch: its first index in `order` and last + 1, the batch's first index,
# and what makes the cost a mean.
Span: TypeAlias = tuple[int, int, int, float]
# Dropout: the iteration's random stream (0: none), and a factor on the layers' rates.
Dropout: TypeAlias = tuple[Bits, float]


def _record(fields: list[tuple[str, Any]]) -> np.dtype[Any]:
    """Return a dtype of records whose fields are attributes, as in kernels."""
    return np.dtype((np.record, np.dtype(fields, align=True)))


# Kinds of layers. All but DENSE and SCALE read the inputs.
DENSE, SCALE, COPY, NUMBERS, LEVELS, RAMPS = 0, 1, 2, 3, 4, 5

# A network is an array of these, one a layer, in the order of feed-forward. Layers that
# read the inputs write into rows of one block, side by side.
LAYER = _record(
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
    ]
)

# Parameters that learn alike, a stretch of the flat vector.
GROUP = _record(
    [
        ("start", np.int64),
        ("n", np.int64),
        ("rate", np.float64),  # factor on the learning rate
        ("decay", np.float64),  # factor on learning rate times weight decay
        ("epsilon", np.float64),  # factor on the optimizer's epsilon
    ]
)

# The settings of training that kernels read, and what follows from settings and data.
# Machine code knows the record by heart, so it stands here, not above the kernels.
RULE = _record(
    [
        ("batch_size", np.int64),
        ("batches", np.int64),  # of an epoch
        ("shuffle", np.int64),  # 1 or 0
        ("key", np.uint64),  # where all randomness comes from
        ("dropout", np.int64),  # 1 if any layer drops
        ("shards", np.int64),  # of a full batch
        ("cost", np.int64),
        ("cost_parameter", np.float64),  # Huber's delta, the quantile's level
        ("smoothing", np.float64),  # of labels, in the cross-entropies
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
        ("clip_norm", np.float64),  # infinity: no clipping
        ("stop_cost", np.float64),  # training stops at an epoch below it
    ]
)

# How the iterations of a call differ: one row each, with these columns.
RATE, DECAY, DROPOUT = 0, 1, 2

Layers = Annotated[np.ndarray, Array(1, LAYER)]
Groups = Annotated[np.ndarray, Array(1, GROUP)]
Rule = Annotated[Any, Fields(RULE)]


@structure
class Plan(NamedTuple):
    """What a training reads and never changes."""

    layers: Layers
    groups: Groups
    rule: Rule


@structure
class Forward(NamedTuple):
    """What feed-forward reads of a network."""

    layers: Layers
    parameters: Vector
    statistics: DoubleMatrix  # running mean and variance, (2, neurons)


@structure
class Examples(NamedTuple):
    """Data to learn from: dense rows, or (where there are `pointers`) sparse ones."""

    X: Matrix  # (examples, inputs); of sparse rows (0, inputs)
    codes: CodeMatrix  # (examples, columns of levels)
    Y: Matrix  # (examples, outputs), or the number of the class, (examples, 1)
    w: Vector  # weights of the examples, (examples,), or empty for ones
    rows: WholeVector  # which of them are learned from, or empty for all
    values: Vector  # of sparse rows: those that are not 0,
    columns: CodeVector  # their columns,
    pointers: WholeVector  # and where each row begins among them


@structure
class Workspace(NamedTuple):
    """Flat buffers for batches of at most `capacity` examples.

    A layer's part of a buffer begins at ``target · capacity``.
    """

    capacity: int
    A: Vector  # what each layer gives to the next, the inputs first
    Z: Vector  # weighted inputs
    G: Vector  # g(Z) of layers with slopes or dropout; of others it is A
    dZ: Vector  # the error in the weighted inputs
    masks: Vector  # of dropout
    hat: Vector  # normalised weighted inputs
    cosines: Vector  # of number embeddings
    dA: Vector  # the error in one layer's activations, wide enough for any
    panels: Vector  # copies of what products read, in the order that they read it
    deviation: DoubleVector  # of each neuron in the batch, where it is normalised
    zeros: Vector  # as many as the widest layer has neurons
    codes: CodeVector  # of the batch
    Y: Vector  # the targets of the batch
    w: Vector  # the weights of the batch


@structure
class State(NamedTuple):
    """What an iteration changes."""

    parameters: Vector
    statistics: DoubleMatrix  # running mean and variance, (2, neurons)
    memory: Vector  # the optimizer's: as many numbers a parameter as it keeps
    gradients: Matrix  # (shards, parameters); the first row ends as the sum
    counters: WholeVector  # see ITERATION … LAID_OUT in epochs
    sums: DoubleVector  # of the epoch under way, see COST … ITERATIONS in epochs

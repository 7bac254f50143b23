"""The records and arrays of a tabular network: see `tabular_passes`."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

# What a number becomes: itself and LEARNED mixtures of FREQUENCIES cosines of it.
FREQUENCIES, LEARNED = 16, 3
PER_NUMBER = LEARNED + 1

# The input side of a network, one record: where its parameters begin.
INPUT = np.dtype(
    [
        ("n_numbers", np.int64),  # the first rows of X: each gets an embedding
        ("n_plain", np.int64),  # the other rows of X
        ("n_categories", np.int64),  # rows of codes
        ("n_embedding", np.int64),  # numbers that a level becomes
        ("n_inputs", np.int64),  # of the scale layer
        ("frequencies", np.int64),  # w1, (numbers, FREQUENCIES)
        ("phases", np.int64),  # b1, of the same shape
        ("mixtures", np.int64),  # W2, (numbers, LEARNED, FREQUENCIES)
        ("shifts", np.int64),  # b2, (numbers, LEARNED)
        ("levels", np.int64),  # (levels of all categories, n_embedding)
        ("n_levels", np.int64),
        ("scale", np.int64),  # s, (n_inputs,)
        ("activation", np.int64),
        ("embed_numbers", np.int64),  # 1, or 0: numbers stay as they are
    ],
    align=True,
)

# The dense layers, one record each.
DENSE = np.dtype(
    [
        ("n_in", np.int64),
        ("n_out", np.int64),
        ("weights", np.int64),
        ("biases", np.int64),
        ("slopes", np.int64),  # a, (n_out,): of the parametric activation
        ("before", np.int64),  # neurons of the layers before, in the buffers
    ],
    align=True,
)

# Parameters that learn at one rate, a stretch of the flat vector.
GROUP = np.dtype(
    [
        ("start", np.int64),
        ("size", np.int64),
        ("rate", np.float64),  # factor on the learning rate
        ("decay", np.float64),  # factor on learning rate times weight decay
        ("epsilon", np.float64),  # factor on Adam's epsilon
    ],
    align=True,
)

# What an epoch is run with.
RECIPE = np.dtype(
    [
        ("batch_size", np.int64),
        ("batches", np.int64),  # of an epoch
        ("key", np.uint64),
        ("learning_rate", np.float64),
        ("beta_1", np.float64),
        ("beta_2", np.float64),
        ("epsilon", np.float64),
        ("dropout", np.float64),
        ("weight_decay", np.float64),
        ("classes", np.int64),  # 1: cross-entropy, 0: squared error
        ("smoothing", np.float64),
        ("schedule", np.int64),  # COSLOG4 or COSINE
    ],
    align=True,
)


class Rows(NamedTuple):
    """Encoded rows, feature-major."""

    X: np.ndarray  # (numbers + plain inputs, rows)
    codes: np.ndarray  # (categories, rows), int32: places in the levels of all
    y: np.ndarray  # (rows,): place of the class, or the standardised target
    w: np.ndarray  # (rows,): weights, one on average


class Buffers(NamedTuple):
    """What a pass of at most `capacity` rows needs; all are flat but `chosen`."""

    capacity: int
    X: np.ndarray
    codes: np.ndarray
    y: np.ndarray
    w: np.ndarray
    cosines: np.ndarray
    embedded: np.ndarray  # the input before the scale layer
    scaled: np.ndarray  # and after it
    Z: np.ndarray
    G: np.ndarray  # g(Z)
    A: np.ndarray  # after the parametric activation and dropout
    masks: np.ndarray
    dA: np.ndarray  # the error on its way back
    dZ: np.ndarray


class Member(NamedTuple):
    """What an iteration changes."""

    parameters: np.ndarray
    gradient: np.ndarray
    first: np.ndarray
    second: np.ndarray
    rows: np.ndarray  # which rows it learns from
    order: np.ndarray  # the same, shuffled: of the epoch under way
    counters: np.ndarray  # [iterations done, epochs done]

"""Whether one model is better than another on the same rows, or chance made it so."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from walnet.tables import Schema, Table
from walnet.tables.target import ClassTarget

Numbers = NDArray[np.float64]

LEVEL = 0.05
"""A difference that chance makes more often than this may be chance."""

_FLIPS = 999
_MANY = 2000  # rows, from which on the sums of flipped differences are normal
_LARGEST = 1e150  # an error, of which ten thousand million squares have a sum
_NORMAL = 1.96  # standard deviations that a normal sum passes in 5 % of all cases


def row_errors(schema: Schema, table: Table, outputs: NDArray[Any]) -> Numbers:
    """Return what each row adds to a model's error.

    Parameters
    ----------
    schema : Schema
        What the outputs stand for.
    table : Table
        Rows that have a target.
    outputs : ndarray of shape (rows, outputs)
        What is predicted for them.

    Returns
    -------
    ndarray of shape (rows,), float64
        Of classes 1 where the wrong one is predicted and 0 elsewhere; of numbers the
        squared error.
    """
    original = schema.decode(schema.encode_target(table))
    predicted = schema.decode(outputs)
    if isinstance(schema.target, ClassTarget):
        return np.asarray(original != predicted, np.float64)
    errors = np.asarray(original - predicted, np.float64)
    # A model's errors may be so large that their squares are not numbers any more.
    return np.minimum(np.abs(errors), _LARGEST) ** 2


def may_be_chance(ours: Numbers, theirs: Numbers, *, seed: int = 0) -> bool:
    """Tell whether chance makes a difference as large as that between two models.

    Parameters
    ----------
    ours, theirs : ndarray of shape (rows,), float64
        The errors of each on the same rows.
    seed : int, default 0
        Where the flips come from.

    Returns
    -------
    bool
        Whether, if both were equally good, the mean errors would be as far apart in
        more than one case of twenty.

    Notes
    -----
    A sign-flip test [1]_: of two equally good models either is as likely to be the
    better one on a row, so that each row's difference could as well have had the other
    sign. It takes rows in pairs, which tells more than two intervals that overlap: what
    is hard for both models is no difference.

    References
    ----------
    .. [1] R. A. Fisher, *The Design of Experiments*, 1935, section 21.

    Examples
    --------
    >>> wrong = np.zeros(86)
    >>> wrong[:3] = 1  # three rows of 86 more than the other model
    >>> may_be_chance(wrong, np.zeros(86))
    True
    >>> wrong[:12] = 1
    >>> may_be_chance(wrong, np.zeros(86))
    False
    """
    differences = ours - theirs
    differences = differences[differences != 0]
    if not len(differences):
        return True
    differences = differences / np.abs(differences).max()
    total = abs(differences.sum())
    if len(differences) > _MANY:
        return bool(total <= _NORMAL * math.sqrt((differences**2).sum()))
    signs = np.random.default_rng(seed).choice([-1.0, 1.0], (_FLIPS, len(differences)))
    # What rounding alone tells apart is as large.
    as_large = np.abs(signs @ differences) >= total * (1 - 1e-12)
    return bool((1 + as_large.sum()) / (1 + _FLIPS) > LEVEL)

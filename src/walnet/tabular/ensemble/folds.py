"""Which rows each member of an ensemble learns from, and which it does not see."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from walnet.engine.kernels.types import Examples
from walnet.tabular.recipes.presets import BagSpec
from walnet.tabular.rows import Together, distinct, target_of


def choose_share(
    rows: NDArray[np.int64], share: float, seed: list[int]
) -> NDArray[np.int64]:
    """Return a share of rows, chosen at random; all of them if it is 1."""
    if share >= 1.0:
        return rows
    few = max(1, int(share * len(rows)))
    return np.sort(np.random.default_rng(seed).choice(rows, few, replace=False))


def all_folds(
    data: Examples,
    spec: BagSpec,
    seed: int,
    together: Together | None = None,
    *,
    classes: bool,
) -> NDArray[np.bool_]:
    """Return which rows each member does not see, (members, rows).

    Rows that belong together are in the same part; where nothing is said of that, equal
    rows. The parts are alike in the target: groups are sorted by its mean, and each run
    of as many groups as there are parts is dealt out at random. Where rows are ordered
    in time, each part is a stretch of it. A class of one group is seen by all.
    """
    y = target_of(data)
    hidden = np.zeros((spec.members, len(y)), bool)
    if spec.folds < 2:
        return hidden
    together = together or distinct(data)
    codes = together.codes if together.is_ordered else _in_order(together.codes)
    _, codes, sizes = np.unique(codes, return_inverse=True, return_counts=True)
    means = np.bincount(codes, weights=y) / sizes
    for number in range(spec.members):
        turn, part = divmod(number, spec.folds)
        rng = np.random.default_rng([seed, 2, turn])
        if together.is_ordered:
            parts = _stretches(sizes, spec.folds, rng.random() if turn else 0.0)
        else:
            parts = deal(means, spec.folds, rng)
        hidden[number] = (parts == part)[codes]
    if classes:
        pairs = np.unique(np.stack([codes, y.astype(np.int64)]), axis=1)
        groups_of_class = np.bincount(pairs[1])
        hidden[:, groups_of_class[y.astype(np.int64)] < 2] = False
    return hidden


def _in_order(codes: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return groups numbered in the order in which they come."""
    _, first, codes = np.unique(codes, return_index=True, return_inverse=True)
    return np.argsort(np.argsort(first))[codes]


def _stretches(sizes: NDArray[np.int64], parts: int, shift: float) -> NDArray[np.int64]:
    """Return the part of each time, of stretches with about as many rows each.

    They are moved by a share of one; what is moved out at the end begins the first.
    """
    middles = (np.cumsum(sizes) - sizes / 2) / sizes.sum()
    places: NDArray[np.int64] = np.floor(middles * parts + shift).astype(np.int64)
    return places % parts


def deal(
    y: NDArray[np.floating], parts: int, rng: np.random.Generator
) -> NDArray[np.int64]:
    """Return to which part each row belongs."""
    order = np.lexsort((rng.random(len(y)), y))
    whole = -(-len(y) // parts)
    dealt = rng.random((whole, parts)).argsort(axis=1).ravel()[: len(y)]
    result = np.empty(len(y), np.int64)
    result[order] = dealt
    return result

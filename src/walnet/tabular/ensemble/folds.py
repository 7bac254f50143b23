"""Which rows each member of an ensemble learns from, and which it does not see."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from walnet.engine.kernels.types import Examples
from walnet.tabular.recipes.presets import BagSpec
from walnet.tabular.rows import distinct


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
    y: NDArray[np.floating],
    spec: BagSpec,
    seed: int,
    *,
    classes: bool,
) -> NDArray[np.bool_]:
    """Return which rows each member does not see, (members, rows).

    The parts are alike in the target: rows are sorted by it, and each run of as many
    rows as there are parts is dealt out at random. Equal rows are in the same part. A
    class of one distinct row is seen by all.
    """
    hidden = np.zeros((spec.members, len(y)), bool)
    if spec.folds < 2:
        return hidden
    groups = distinct(data)
    firsts = y[np.unique(groups, return_index=True)[1]]
    for number in range(spec.members):
        turn, part = divmod(number, spec.folds)
        rng = np.random.default_rng([seed, 2, turn])
        hidden[number] = (deal(firsts, spec.folds, rng) == part)[groups]
    if classes:
        counts = np.bincount(firsts.astype(np.int64))
        hidden[:, counts[y.astype(np.int64)] < 2] = False
    return hidden


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

"""Values for levels that none of a member's rows had."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from walnet.engine.network import Network


def forget_unseen_levels(network: Network, codes: NDArray[np.int32]) -> None:
    """Give levels that no row had the mean of those that rows had.

    Parameters
    ----------
    network : Network
        Its table of levels is overwritten.
    codes : ndarray of shape (rows, categories), int32
        The rows that the network learned from.
    """
    n_levels = int(network.layout.level_starts[-1])
    replace_levels(network, np.bincount(codes.ravel(), minlength=n_levels))


def replace_levels(network: Network, counts: NDArray[np.int64]) -> None:
    """Give levels that no row had the mean of those that rows had.

    Parameters
    ----------
    network : Network
        Its table of levels is overwritten.
    counts : ndarray of int64
        How many rows have each level.
    """
    tables = [each for each in network.layout.stretches if each.kind == "levels"]
    for _, start, size, _ in tables:
        table = network.parameters[start : start + size].reshape(len(counts), -1)
        for first, last in pairwise(network.layout.level_starts):
            each = counts[first:last]
            mean = each @ table[first:last] / each.sum()
            table[first:last][each == 0] = mean

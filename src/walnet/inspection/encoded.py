"""Rows as a model's networks take them, so that a column can change without reading."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

Places = Mapping[str, tuple[NDArray[np.int64], ...]]


@dataclass(frozen=True, eq=False)
class EncodedRows:
    """The inputs of rows: reading and encoding them takes longer than predicting.

    Attributes
    ----------
    arrays : tuple of ndarray, each of shape (rows, …)
        The inputs.
    places : dict of str to tuple of ndarray of int64
        For each column of the table, which columns of each array come from it.

    Examples
    --------
    >>> rows = EncodedRows((np.eye(2),), {"a": (np.array([0]),), "b": (np.array([1]),)})
    >>> rows.shuffled("a", np.array([1, 0])).arrays[0].tolist()
    [[0.0, 0.0], [1.0, 1.0]]
    """

    arrays: tuple[NDArray[Any], ...]
    places: Places

    @property
    def names(self) -> list[str]:
        """The columns of the table."""
        return list(self.places)

    def __len__(self) -> int:
        return len(self.arrays[0])

    def take(self, rows: NDArray[np.int64]) -> EncodedRows:
        """Return some of the rows."""
        return replace(self, arrays=tuple(array[rows] for array in self.arrays))

    def shuffled(self, name: str, order: NDArray[np.int64]) -> EncodedRows:
        """Return the rows with the values of one column in another order."""
        arrays = list(self.arrays)
        for index, places in enumerate(self.places[name]):
            if len(places):
                array = arrays[index].copy()
                array[:, places] = array[np.ix_(order, places)]
                arrays[index] = array
        return replace(self, arrays=tuple(arrays))

"""The rows of a table as members take them; how their target is learned comes later."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from walnet.engine.kernels.types import Examples
from walnet.errors import DataError
from walnet.tabular.columns.preprocessing import Preprocessor
from walnet.tabular.rows import (
    Together,
    canonical_order,
    new_rows,
    rows_to_learn,
    take,
)
from walnet.tabular.table_input import RowsToLearn
from walnet.words import count


@dataclass(frozen=True)
class InputsToLearn:
    """Encoded rows without a target.

    Attributes
    ----------
    rows : ndarray of shape (rows,), int64
        Which rows of the table they are: one of weight 3 may come three times.
    X : ndarray of shape (rows, inputs), float32
        Numbers and plain inputs.
    codes : ndarray of shape (rows, categories), int32
        Rows of levels in the table of all.
    w : ndarray of shape (rows,), float64
        Weights, one on average.
    together : Together or None
        Which of them belong together, where something is said of that.
    notes : list of str
        What is to be known of the table.
    """

    rows: NDArray[np.int64]
    X: NDArray[np.float32]
    codes: NDArray[np.int32]
    w: NDArray[np.float64]
    together: Together | None
    notes: list[str]

    def with_target(
        self, y: NDArray[Any]
    ) -> tuple[Examples, Together | None, NDArray[np.int64]]:
        """Return the rows with a target, in their canonical order.

        Parameters
        ----------
        y : ndarray
            The target of each row of the table.

        Returns
        -------
        data : Examples
            The rows.
        together : Together or None
            Which of them belong together.
        rows : ndarray of int64
            Which row of the table each of them is.
        """
        data = new_rows(self.X, self.codes, y[self.rows], self.w)
        order = canonical_order(data, self.together)
        together = self.together and self.together.take(order)
        return take(data, order), together, self.rows[order]


def inputs_to_learn(
    given: RowsToLearn, weights: NDArray[np.float64]
) -> tuple[Preprocessor, InputsToLearn]:
    """Return what encodes a table, and its rows that are learned from, encoded.

    Raises
    ------
    DataError
        If there are fewer than two, or all of them belong together.
    """
    table, (rows, w) = given.table, rows_to_learn(weights)
    if len(rows) < 2:
        message = f"learning needs at least 2 rows, got {count(len(rows), 'row')}"
        raise DataError(f"{message} (n_samples = {len(rows)})")
    is_each_once = np.array_equal(rows, np.arange(len(table)))
    seen = table if is_each_once else table.take(rows)
    preprocessor = Preprocessor.fit(seen)
    X, codes = preprocessor.transform(seen)
    together = _of_two(given.together, rows)
    return preprocessor, InputsToLearn(rows, X, codes, w, together, given.notes)


def _of_two(together: Together | None, rows: NDArray[np.int64]) -> Together | None:
    """Return which of some rows belong together, if they are two groups at least."""
    if together is None:
        return None
    taken = together.take(rows)
    if len(np.unique(taken.codes)) < 2:
        what = "times" if together.is_ordered else "groups"
        raise DataError(f"{what} must hold at least 2 different values, got 1")
    return taken

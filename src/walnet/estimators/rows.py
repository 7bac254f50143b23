"""The rows of one fit: those that are learned from, and those that are only scored."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from walnet.engine.arrays import as_examples, kernel_array, sparse_examples
from walnet.estimators.scaling import Scaling, network_inputs

if TYPE_CHECKING:
    from walnet.engine.kernels.types import Examples
    from walnet.engine.network import Network

_SPARSE_ROWS_AT_ONCE = 4096  # made dense for the network to read


@dataclass(frozen=True)
class Rows:
    """Checked rows: dense or sparse X, targets (rows, outputs), weights or none."""

    X: Any
    Y: np.ndarray
    w: np.ndarray | None

    @property
    def n_rows(self) -> int:
        """Number of rows."""
        return int(self.X.shape[0])

    @property
    def is_sparse(self) -> bool:
        """Whether X is a SciPy sparse matrix."""
        return not isinstance(self.X, np.ndarray)

    def scaled(self, scaling: Scaling | None) -> Self:
        """Return the rows as the network learns them, in the precision of X."""
        dtype = self.X.dtype
        if self.is_sparse:
            return type(self)(self.X.tocsr(), kernel_array(self.Y, dtype), self.w)
        Y = self.Y if scaling is None else scaling.of_targets(self.Y)
        X = network_inputs(self.X, scaling, dtype)
        return type(self)(X, kernel_array(Y, dtype), self.w)

    def examples(self, dtype: np.dtype[Any]) -> Examples:
        """Return what the kernels read; no copies where the precision is theirs."""
        Y = kernel_array(self.Y, dtype)
        w = np.empty(0, dtype) if self.w is None else kernel_array(self.w, dtype)
        if self.is_sparse:
            return sparse_examples(self.X, Y, w, dtype)
        codes = np.empty((self.n_rows, 0), np.int32)
        return as_examples(kernel_array(self.X, dtype), codes, Y, w)

    def split(self, share: float, random: Any, *, by_label: bool) -> tuple[Self, Self]:
        """Return the rows to learn from and a random share of them to score.

        Parameters
        ----------
        share : float
            Of the rows to score, in (0, 1).
        random : numpy.random.RandomState
            Where the choice comes from.
        by_label : bool
            Whether labels are to be as frequent in both.

        Raises
        ------
        ValueError
            If there are too few rows.
        """
        from sklearn.model_selection import train_test_split

        # Booleans, so that a class is named as scikit-learn names it.
        labels = self.Y.astype(bool) if by_label else None
        arrays = [self.X, self.Y] + ([] if self.w is None else [self.w])
        try:
            parts = train_test_split(
                *arrays, random_state=random, test_size=share, stratify=labels
            )
        except ValueError as error:
            raise ValueError(
                f"early_stopping=True sets {share:g} of the rows aside for validation, "
                f"which failed: {error}"
            ) from error
        if parts[1].shape[0] < 2:
            raise ValueError(
                "The validation set is too small. Increase 'validation_fraction' or "
                "the size of your dataset."
            )
        w, w_val = (None, None) if self.w is None else parts[4:]
        mine, scored = (parts[0], parts[2], w), (parts[1], parts[3], w_val)
        return type(self)(*mine), type(self)(*scored)


def outputs_of(network: Network, X: Any, scaling: Scaling | None = None) -> np.ndarray:
    """Return the network's outputs, (rows, outputs), of checked rows in their units."""
    if not isinstance(X, np.ndarray):
        starts = range(0, X.shape[0], _SPARSE_ROWS_AT_ONCE)
        parts = [X[lo : lo + _SPARSE_ROWS_AT_ONCE].toarray() for lo in starts]
        return np.concatenate([outputs_of(network, part, scaling) for part in parts])
    inputs = network_inputs(X, scaling, network.dtype)
    return network.outputs(inputs, np.empty((len(inputs), 0), np.int32))

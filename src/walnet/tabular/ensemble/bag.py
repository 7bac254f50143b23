"""A bag: members that learned by one recipe, each from other rows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from walnet.engine.kernels.machine.blas import single_blas_thread
from walnet.engine.kernels.tabular_types import Rows
from walnet.tabular.ensemble.layout import Layout, Widths, lay_out
from walnet.tabular.ensemble.member import BLOCK, outputs
from walnet.tabular.recipes.recipe import Recipe

BLOCK_ROWS = 64 * BLOCK


@dataclass(frozen=True)
class Bag:
    """Members of one recipe.

    Attributes
    ----------
    recipe : Recipe
        What they learned by.
    widths : Widths
        Their inputs and outputs.
    parameters : ndarray of shape (members, parameters), float32
        What they learned.
    sharpness : float
        The factor on the outputs that calibrates the probabilities of classes.
    """

    recipe: Recipe
    widths: Widths
    parameters: NDArray[np.float32]
    sharpness: float = 1.0

    @cached_property
    def layout(self) -> Layout:
        """Where the parameters of a member stand."""
        return lay_out(self.widths, self.recipe)

    def __getstate__(self) -> dict[str, Any]:
        """Return the state without the kernels' records, which follow from it."""
        return {k: v for k, v in self.__dict__.items() if k != "layout"}

    def describe(self) -> str:
        """Return how many members there are, and their layers.

        Examples
        --------
        >>> widths = Widths(numbers=2, plain=0, levels=(), outputs=3)
        >>> Bag(Recipe(hidden=(64,)), widths, np.zeros((8, 10), np.float32)).describe()
        '8 of 8 → 64 → 3, selu'
        """
        layout = self.layout
        sizes = [int(layout.input[0]["n_inputs"]), *layout.layers["n_out"].tolist()]
        layers = " → ".join(f"{size:,}" for size in sizes)
        return f"{len(self.parameters)} of {layers}, {self.recipe.activation}"


def outputs_of_bags(
    bags: list[Bag], data: Rows, threads: int
) -> list[NDArray[np.float64]]:
    """Return what all members say of rows, (members, rows, outputs) for each bag."""
    rows = np.arange(len(data.y))
    with single_blas_thread(), ThreadPoolExecutor(threads) as pool:
        jobs = [
            [
                pool.submit(outputs, bag.layout, each, data, rows)
                for each in bag.parameters
            ]
            for bag in bags
        ]
        return [np.stack([job.result() for job in group]) for group in jobs]


def blocks_of(data: Rows) -> Iterator[Rows]:
    """Yield rows, not too many at a time for what all members say of them."""
    for start in range(0, max(len(data.y), 1), BLOCK_ROWS):
        some = slice(start, start + BLOCK_ROWS)
        yield Rows(
            np.ascontiguousarray(data.X[:, some]),
            np.ascontiguousarray(data.codes[:, some]),
            data.y[some],
            data.w[some],
        )


def mean_by_row(
    rows: NDArray[np.int64], values: NDArray[np.float64], n_rows: int
) -> NDArray[np.float64]:
    """Return the mean of what was said of each row; NaN where nothing was.

    Examples
    --------
    >>> mean_by_row(np.array([0, 0, 2]), np.array([[1.0], [3.0], [5.0]]), 3).T
    array([[ 2., nan,  5.]])
    """
    sums = np.zeros((n_rows, values.shape[1]))
    np.add.at(sums, rows, values)
    counts = np.bincount(rows, minlength=n_rows)[:, None]
    means = np.full_like(sums, np.nan)
    np.divide(sums, counts, out=means, where=counts > 0)
    return means


def mixed(
    parts: Iterable[NDArray[np.float64]], shares: Sequence[float]
) -> NDArray[np.float64]:
    """Return the sum of parts, each times its share; shares of no part are left out.

    Examples
    --------
    >>> mixed([np.ones(2), np.full(2, 3.0)], [0.5, 0.25, 0.0])
    array([1.25, 1.25])
    """
    products = [share * part for part, share in zip(parts, shares, strict=False)]
    return np.asarray(sum(products[1:], start=products[0]))

"""A bag: members that learned by one recipe, each from other rows."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from walnet.engine.kernels.types import Examples
from walnet.engine.layout import lay_out
from walnet.engine.network import Network
from walnet.tabular.ensemble.member import new_network, outputs
from walnet.tabular.recipes.recipe import Recipe, Widths
from walnet.tabular.rows import take

BLOCK_ROWS = 8192  # that all members predict at a time


@dataclass(frozen=True)
class Bag:
    """Members of one recipe.

    Attributes
    ----------
    recipe : Recipe
        What they learned by, see `Recipe.learned`.
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

    def network(self, number: int) -> Network:
        """Return a member as a network of its own, float64: what it predicts with.

        Its outputs, before the softmax, are to be multiplied by `sharpness`.
        """
        network = new_network(self.widths, self.recipe, np.float64)
        network.parameters[:] = self.parameters[number]
        return network

    @property
    def n_parameters(self) -> int:
        """How many parameters a member has, by its layers."""
        return lay_out(tuple(self.recipe.layers(self.widths))).n_parameters

    @property
    def layer_sizes(self) -> list[int]:
        """Inputs of the first dense layer, and neurons of each."""
        dense = lay_out(tuple(self.recipe.layers(self.widths))).dense
        return [int(dense[0]["n_in"]), *dense["n_out"].tolist()]

    def describe(self) -> str:
        """Return how many members there are, and their layers.

        Examples
        --------
        >>> from walnet.tabular.recipes.recipe import CLASSIFICATION
        >>> widths = Widths(numbers=2, plain=0, levels=(), outputs=3)
        >>> recipe = CLASSIFICATION.changed({"hidden_layers": (64,)})
        >>> Bag(recipe, widths, np.zeros((8, 10), np.float32)).describe()
        '8 of 8 → 64 → 3, selu, numbers by waves'
        >>> recipe = recipe.changed({"hidden_layers": (), "numbers": "ramps"})
        >>> Bag(recipe, widths, np.zeros((4, 10), np.float32)).describe()
        '4 of 8 → 3, a sum of one curve a number'
        """
        layers = " → ".join(f"{size:,}" for size in self.layer_sizes)
        text = f"{len(self.parameters)} of {layers}"
        if not self.recipe.hidden_layers:
            return f"{text}, a sum of one curve a number"
        text += f", {self.recipe.activation}"
        by = f", numbers by {self.recipe.numbers}"
        return text + by * (self.recipe.numbers != "plain" and self.widths.numbers > 0)


def outputs_of_bags(
    bags: list[Bag], data: Examples, threads: int
) -> list[NDArray[np.float64]]:
    """Return the outputs of all members, (members, rows, outputs) for each bag."""

    def predict(bag: Bag, number: int) -> NDArray[np.float64]:
        return outputs(bag.network(number), data)

    # `threads` may be all cores of a cluster; what predicts is this machine.
    with ThreadPoolExecutor(min(threads, os.cpu_count() or 1)) as pool:
        jobs = [
            [pool.submit(predict, bag, n) for n in range(len(bag.parameters))]
            for bag in bags
        ]
        return [np.stack([job.result() for job in group]) for group in jobs]


def blocks_of(data: Examples) -> Iterator[Examples]:
    """Yield rows, some at a time: all members have outputs for each of them."""
    for start in range(0, max(len(data.Y), 1), BLOCK_ROWS):
        yield take(data, slice(start, start + BLOCK_ROWS))


def mean_by_row(
    rows: NDArray[np.int64], values: NDArray[np.float64], n_rows: int
) -> NDArray[np.float64]:
    """Return the mean of the values of each row; NaN of a row without any.

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

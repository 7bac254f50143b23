"""How an ensemble is trained: its bags, its seed, its time."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from walnet.tabular.recipes.presets import BagSpec


@dataclass(frozen=True)
class EnsemblePlan:
    """How an ensemble is trained.

    Attributes
    ----------
    specs : tuple of BagSpec
        What goes into each bag. A member does not see one of its folds, and is
        measured on those rows; with 0 folds, every member sees every row.
    seed : int
        Where all that is random comes from.
    threads : int
        Members that learn at the same time.
    seconds : float or None
        When to have finished.
    """

    specs: tuple[BagSpec, ...]
    seed: int
    threads: int = 1
    seconds: float | None = None

    @property
    def members(self) -> list[tuple[int, int]]:
        """The bag of each member, and its number in the bag."""
        return [
            (bag, number)
            for bag, spec in enumerate(self.specs)
            for number in range(spec.members)
        ]

    @property
    def epochs(self) -> int:
        """The epochs of the first bag."""
        return self.specs[0].epochs

    def deadlines(self) -> list[float]:
        """Return the share of the time after which each member has to be done."""
        specs = [self.specs[bag] for bag, _ in self.members]
        costs = [each.cost * each.epochs for each in specs]
        n = self.threads
        rounds = [max(costs[at : at + n]) for at in range(0, len(costs), n)]
        ends = np.cumsum(rounds) / np.sum(rounds)
        return [float(ends[index // n]) for index in range(len(costs))]

    def shares(self) -> list[float]:
        """Return the share of the time that each member may take for itself."""
        ends = self.deadlines()
        before = [max((e for e in ends if e < end), default=0.0) for end in ends]
        return [end - start for end, start in zip(ends, before, strict=True)]

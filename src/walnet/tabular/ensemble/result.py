"""What the members of an ensemble have learned."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from numpy.typing import NDArray

from walnet.tabular.ensemble.course import Course
from walnet.tabular.ensemble.plan import EnsemblePlan


@dataclass(frozen=True)
class MemberResult:
    """What a member learned.

    Attributes
    ----------
    parameters : ndarray of shape (parameters,), float32
        What it predicts with.
    unseen : ndarray of int64
        The rows that it has not seen.
    outputs : ndarray of shape (rows, outputs), float64
        Its outputs for them.
    done : float
        The share of its schedule that it came through.
    """

    parameters: NDArray[np.float32]
    unseen: NDArray[np.int64]
    outputs: NDArray[np.float64]
    done: float


@dataclass(frozen=True)
class Ensemble:
    """What was learned.

    Attributes
    ----------
    bags : list of list of MemberResult
        The members of each bag that began to learn.
    stopped : str
        Why not all members learned, or not as long as planned; empty if they did.
    course : Course or None
        How their cost fell, if that is known.
    """

    bags: list[list[MemberResult]]
    stopped: str = ""
    course: Course | None = None

    @classmethod
    def of(
        cls,
        plan: EnsemblePlan,
        results: Sequence[MemberResult | None],
        stopped: str,
        course: Course | None = None,
    ) -> Self:
        """Return the results of a plan's members; None is one that did not begin."""
        bags: list[list[MemberResult]] = [[] for _ in plan.specs]
        for (bag, _), result in zip(plan.members, results, strict=True):
            if result is not None:
                bags[bag].append(result)
        return cls(bags, stopped, course)

    def hidden(self, n_parts: int, n_rows: int) -> NDArray[np.bool_]:
        """Return which rows the first members have not seen, (at most n_parts, rows).

        As many members of the first bag as there are parts have not seen one each.
        """
        members = self.bags[0][:n_parts]
        hidden = np.zeros((len(members), n_rows), bool)
        for part, member in zip(hidden, members, strict=True):
            part[member.unseen] = True
        return hidden

    @property
    def done(self) -> float:
        """The smallest share of its schedule that a member came through."""
        return min(member.done for bag in self.bags for member in bag)


def whole_bags(plan: EnsemblePlan, ensemble: Ensemble) -> tuple[EnsemblePlan, Ensemble]:
    """Return the first bag, and of the others those of which every member learned.

    A bag that was ended early knows too little of the rows to be compared with others.
    """
    pairs = list(zip(plan.specs, ensemble.bags, strict=True))
    whole = [(spec, bag) for spec, bag in pairs[1:] if len(bag) == spec.members]
    kept = [pairs[0], *whole]
    specs = tuple(spec for spec, _ in kept)
    return replace(plan, specs=specs), replace(ensemble, bags=[bag for _, bag in kept])

"""What one member has to learn, wherever it learns it."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from walnet.engine.kernels.types import Examples
from walnet.engine.network import Network
from walnet.engine.normalization import folded
from walnet.tabular.ensemble.closed_inputs import close_inputs, without_closed
from walnet.tabular.ensemble.course import Curve, unseen_cost
from walnet.tabular.ensemble.folds import choose_share
from walnet.tabular.ensemble.member import (
    MemberRows,
    Supervision,
    new_network,
    outputs,
    train_member,
)
from walnet.tabular.ensemble.result import MemberResult
from walnet.tabular.ensemble.unseen_levels import forget_unseen_levels
from walnet.tabular.recipes.presets import BagSpec
from walnet.tabular.recipes.recipe import Widths
from walnet.tabular.rows import take, target_of

Reads = Mapping[tuple[int, int], NDArray[np.bool_]]
"""What members read, by the parts of their bag and their number there."""
_WATCHED = 500  # rows that a member has not seen, looked at while it learns


@dataclass(frozen=True)
class MemberJob:
    """A member that has to learn: a pure function of what stands here and the rows.

    Attributes
    ----------
    widths : Widths
        How wide both ends of its network are.
    spec : BagSpec
        How it learns.
    seed : int
        That of the ensemble.
    index : int
        Its index among all members.
    checkpoint : Path or None
        A file to go on from.
    reads : ndarray of shape (inputs + categories,), bool, or None
        Which inputs it reads; None for all.
    """

    widths: Widths
    spec: BagSpec
    seed: int
    index: int
    checkpoint: Path | None
    reads: NDArray[np.bool_] | None = None

    def learn(
        self,
        data: Examples,
        apart: NDArray[np.bool_],
        supervision: Supervision,
        curve: Curve,
    ) -> MemberResult:
        """Train the member, and have it predict the rows that it has not seen.

        Parameters
        ----------
        data : Examples
            All rows.
        apart : ndarray of shape (rows,), bool
            Those that it does not see.
        supervision : Supervision
            When to end before its schedule does; it is told of each few epochs.
        curve : Curve
            Notes its costs.
        """
        spec, others = self.spec, np.flatnonzero(apart)
        if self.reads is not None:
            data = without_closed(data, self.reads, self.widths.level_starts)
        unseen = None
        if spec.recipe.watches_unseen and len(others):
            unseen = take(data, others)
        rows = choose_share(
            np.flatnonzero(~apart), spec.share, [self.seed, 8, self.index]
        )
        network = new_network(self.widths, spec.recipe)
        watch = self._watch(network, data, others[:_WATCHED])
        told = supervision.report_progress

        def report(share: float, cost: float) -> None:
            curve.note(share, cost, watch)
            if told is not None:
                told(share, cost)

        supervision.report_progress = report
        done = train_member(
            network,
            spec.recipe,
            MemberRows(data._replace(rows=rows), unseen),
            [self.seed, 1, self.index],
            spec.epochs,
            supervision,
            self.checkpoint,
        )
        # After a continuation, too: a checkpoint holds what was learned, no more.
        forget_unseen_levels(network, data.codes[rows])
        if spec.recipe.batch_norm:
            network = folded(network)
        if self.reads is not None:
            close_inputs(network, data, self.reads)
        exact = new_network(self.widths, spec.recipe.learned, np.float64)
        exact.parameters[:] = network.parameters
        predicted = outputs(exact, data, others)
        return MemberResult(network.parameters, others, predicted, done)

    def _watch(
        self, network: Network, data: Examples, rows: NDArray[np.int64]
    ) -> Callable[[], float]:
        """Return what works out the cost of rows that the member does not see."""
        if not len(rows):
            return _unknown
        recipe = self.spec.recipe
        exact = new_network(self.widths, recipe.learned, np.float64)
        y = target_of(data)[rows].astype(np.float64)
        w = data.w[rows].astype(np.float64)

        def cost() -> float:
            plain = folded(network) if recipe.batch_norm else network
            exact.parameters[:] = plain.parameters
            return unseen_cost(outputs(exact, data, rows), y, w)

        return cost


def _unknown() -> float:
    """Return the cost of rows that there are none of."""
    return math.nan

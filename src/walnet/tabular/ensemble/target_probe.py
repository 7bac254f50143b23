"""Whether the logarithm of a target is better learned than the target: by a trial."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from walnet.engine.kernels.types import Examples
from walnet.errors import DivergedError
from walnet.tabular.columns.association import p_values
from walnet.tabular.columns.preprocessing import Preprocessor
from walnet.tabular.columns.screening import is_very_wide, of_columns
from walnet.tabular.ensemble.course import Curve
from walnet.tabular.ensemble.folds import all_folds
from walnet.tabular.ensemble.job import MemberJob, Reads
from walnet.tabular.ensemble.member import Supervision
from walnet.tabular.ensemble.penalized import OutOfTime
from walnet.tabular.ensemble.plan import EnsemblePlan
from walnet.tabular.ensemble.screened import screened
from walnet.tabular.ensemble.target_scale import TargetScale
from walnet.tabular.recipes.presets import BagSpec
from walnet.tabular.recipes.recipe import REGRESSION, Recipe, Widths
from walnet.tabular.rows import Together, new_rows, take

Floats = NDArray[np.float64]
_ROWS, _EPOCHS, _PARTS, _BATCH_SIZE, _WIDTH = 1500, 24, 4, 64, 64
_CLEARLY = 0.9
_OF_TIME = 0.15  # of what is left, at most
_MEASURED_COLUMNS = 50


@dataclass(frozen=True)
class TargetProbe:
    """Networks that learn some rows for a short time, once for each way to learn them.

    Attributes
    ----------
    preprocessor : Preprocessor
        The columns. Of a very wide table each network reads those that its own rows
        speak for, as the members do.
    recipe : Recipe
        That of the members: only its cost is taken, so that the searches for a better
        recipe all learn the same target.
    epochs : int
        Those of the members: no network learns longer.
    threads : int
        Networks that learn at the same time.
    deadline : float or None
        The time, of `time.monotonic`, when the whole fit has to be over.
    """

    preprocessor: Preprocessor
    recipe: Recipe
    epochs: int
    threads: int
    deadline: float | None

    def gain(
        self,
        data: Examples,
        together: Together | None,
        y: Floats,
        scales: tuple[TargetScale, TargetScale],
    ) -> float | None:
        r"""Return how far errors become smaller by the second way to learn a target.

        Parameters
        ----------
        data : Examples
            Rows in their canonical order, which is as good as random.
        together : Together or None
            Which of them belong together.
        y : ndarray of shape (rows,), float64
            Their targets, in the target's unit.
        scales : tuple of two TargetScale
            The usual way, and the one that has to prove itself.

        Returns
        -------
        float or None
            The mean absolute error (of a quantile, its cost) for rows that networks had
            not seen, over that of the usual way; None where it is not clearly better.

        Notes
        -----
        Four networks a way, the same first weights and the same parts of at most 1,500
        rows, each leaving one part out. Errors are compared in the target's own unit.
        In every part the mean absolute error must be smaller; and over all of them its
        ratio, times that of the mean squared errors, at most 0.9. Squares alone would
        be decided by the few largest rows, which is chance. Absolute errors alone would
        turn means into medians, which are lower where the tail is above: a tenth less
        of them is no gain where the squares grow as much. Of the costs mae and quantile
        nobody wants squares: their own ratio is all that counts.
        """
        rows = slice(0, _ROWS)
        few, y = take(data, rows), y[rows]
        together = together and together.take(np.arange(len(y)))
        spec, end = self._spec(), self._end()
        is_wide = is_very_wide(len(self.preprocessor.features), len(data.Y))
        if is_wide and end is not None and self._seconds_to_screen(few) > _left(end):
            return None
        widths, few, together, reads = self._columns(is_wide, few, together, spec)
        hidden = all_folds(few, spec, 0, together, classes=False)
        if hidden.all(axis=1).any() or not hidden.any(axis=1).all():
            return None
        try:
            jobs = [
                MemberJob(
                    widths, spec, 0, number, None, reads.get((spec.folds, number))
                )
                for number in range(_PARTS)
            ]
            outputs = self._outputs(few, y, scales, hidden, jobs, end)
        except (DivergedError, OutOfTime):
            return None
        unit = scales[0].deviation  # squares may overflow
        errors = [
            [
                self._errors((y[out] - scale.in_unit(z)) / unit, few.w[out])
                for z, out in pairs
            ]
            for scale, pairs in zip(scales, outputs, strict=True)
        ]
        return self._verdict(np.array(errors))

    def _spec(self) -> BagSpec:
        """Return what the networks learn by."""
        settings, recipe = self.recipe.settings, REGRESSION
        cost = {"cost": settings.cost, "cost_parameter": settings.cost_parameter}
        recipe = replace(recipe, hidden_layers=(_WIDTH,) * 3)
        recipe = recipe.changed({"batch_size": _BATCH_SIZE} | cost)
        return BagSpec(recipe, _PARTS, _PARTS, min(_EPOCHS, self.epochs))

    def _columns(
        self, is_wide: bool, few: Examples, together: Together | None, spec: BagSpec
    ) -> tuple[Widths, Examples, Together | None, Reads]:
        """Return what networks read of a few rows: of a very wide table, no more."""
        found, reads = self.preprocessor, None
        if is_wide:
            plan = EnsemblePlan((spec,), seed=0)
            found, few, together, reads = screened(found, few, plan, together, 1)
        widths = Widths(found.n_numbers, found.n_plain, found.level_counts, 1)
        return widths, few, together, reads or {}

    def _outputs(
        self,
        data: Examples,
        y: Floats,
        scales: Sequence[TargetScale],
        hidden: NDArray[np.bool_],
        jobs: Sequence[MemberJob],
        end: float | None,
    ) -> list[list[tuple[Floats, NDArray[np.int64]]]]:
        """Return the outputs of each way's networks for rows they have not seen."""
        ways = [
            new_rows(data.X, data.codes, each.learned(y), data.w) for each in scales
        ]
        pairs = [(way, number) for way in ways for number in range(_PARTS)]
        watches = [Supervision(end) for end in self._deadlines(len(pairs), end)]

        def learn(index: int) -> tuple[Floats, NDArray[np.int64]]:
            way, number = pairs[index]
            if end is not None and time.monotonic() > end:
                raise OutOfTime
            job, curve = jobs[number], Curve(jobs[number].spec.epochs)
            done = job.learn(way, hidden[number], watches[index], curve)
            return done.outputs[:, 0], done.unseen

        with ThreadPoolExecutor(self.threads, "walnet") as pool:
            try:
                found = list(pool.map(learn, range(len(pairs))))
            except BaseException:
                for each in watches:
                    each.abandon()  # nobody waits for the others
                raise
        return [found[:_PARTS], found[_PARTS:]]

    def _end(self) -> float | None:
        """Return when the trial has to be over, with the choice of its columns."""
        if self.deadline is None:
            return None
        now = time.monotonic()
        return now + _OF_TIME * max(self.deadline - now, 0.0)

    def _seconds_to_screen(self, few: Examples) -> float:
        """Return how long the choice of columns takes, by that of some of them."""
        n_columns = len(self.preprocessor.features)
        some = np.arange(n_columns) % max(1, n_columns // _MEASURED_COLUMNS) == 0
        began = time.monotonic()
        preprocessor, rows = of_columns(self.preprocessor, few, some)
        hidden = [np.arange(len(rows.Y)) % _PARTS == part for part in range(_PARTS)]
        p_values(preprocessor, rows, hidden, 0)
        return (time.monotonic() - began) * n_columns / int(some.sum())

    def _deadlines(self, n: int, end: float | None) -> list[float | None]:
        """Return when each of n networks has to be done."""
        if end is None:
            return [None] * n
        now, seconds = time.monotonic(), _left(end)
        rounds = -(-n // self.threads)
        return [
            now + seconds * (index // self.threads + 1) / rounds for index in range(n)
        ]

    def _errors(self, off: Floats, w: Floats) -> tuple[float, float, float]:
        """Return weight, mean absolute and mean squared error; of a quantile, its cost.

        The second is 1 where the cost is not one of squares.
        """
        settings, costs = self.recipe.settings, np.abs(off)
        if settings.cost == "quantile":
            level = settings.cost_parameter
            costs = np.maximum(level * off, (level - 1.0) * off)
        squares = off**2 if settings.cost in {"mse", "huber"} else np.ones(len(off))
        return (
            float(w.sum()),
            float(np.average(costs, weights=w)),
            float(np.average(squares, weights=w)),
        )

    @staticmethod
    def _verdict(errors: Floats) -> float | None:
        """Return the ratio of absolute errors where the second way is clearly better.

        Errors are those of `_errors`: (ways, parts, 3).
        """
        weights = errors[0, :, 0]
        usual, other = np.average(errors[:, :, 1:], axis=1, weights=weights)
        if not (np.isfinite(errors).all() and usual.all()):
            return None
        absolute, squared = (other / usual).tolist()
        everywhere = bool((errors[1, :, 1] < errors[0, :, 1]).all())
        clearly = everywhere and absolute * squared <= _CLEARLY
        return absolute if clearly and math.isfinite(absolute) else None


def _left(end: float) -> float:
    """Return the seconds until a moment."""
    return max(end - time.monotonic(), 0.0)

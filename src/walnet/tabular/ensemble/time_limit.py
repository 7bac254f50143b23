"""How many members and epochs fit in a time limit."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from walnet.engine.kernels.types import Examples
from walnet.tabular.ensemble.initial import ROWS_TO_START, initialize_by_rows
from walnet.tabular.ensemble.linear import seconds_of_linear
from walnet.tabular.ensemble.member import (
    MemberRows,
    new_network,
    new_training,
    outputs,
)
from walnet.tabular.ensemble.plan import EnsemblePlan
from walnet.tabular.recipes.presets import BagSpec
from walnet.tabular.recipes.recipe import Widths
from walnet.tabular.rows import take

# A schedule shorter than that teaches little: of few rows an epoch is one update.
_LEAST_EPOCHS, _LEAST_SHARE = 24, 1 / 3
_PROBED_ROWS, _PROBED_CELLS = 512, 2**18
_SAFETY = 0.95
_PENALTIES = 3  # of the linear partner that time is kept for
_OF_PROBES = 0.2  # of the time, after which no further spec is measured
_OF_LINEAR = 0.2  # of the time, at most: where it takes more it is left out


def fit_to_time(
    widths: Widths,
    data: Examples,
    plan: EnsemblePlan,
    seconds: float,
    n_rows: int | None = None,
) -> EnsemblePlan:
    """Return a plan with as many members as come through a short schedule in time.

    Each spec gets of the time what it would take of all the time that the whole plan
    needs. Where that is too little for a member of each, those that cost most are left
    out; where it is too little for one, it learns for fewer passes, and where it is too
    little for one pass, from some of its rows; so where networks are so wide that to
    measure what a row costs takes the time. Epochs are then fitted to the time that
    they take while they learn. Some of the time is kept for first parameters, the
    predictions that calibrate, and the linear partner.
    """
    started, n_rows = time.monotonic(), n_rows or len(data.Y)
    probes = _probes(widths, data, plan, started + _OF_PROBES * seconds)
    specs = [
        replace(each, cost=probe.learning)
        for each, probe in zip(plan.specs, probes, strict=False)
    ]
    seconds = (seconds - (time.monotonic() - started)) * _SAFETY
    first = _in_time(specs, seconds, plan, n_rows)
    pairs = [(each, probe) for each, probe in zip(first, probes, strict=True) if each]
    after = sum(
        probe.predicting * n_rows / each.folds * each.members
        for each, probe in pairs
        if each.folds
    )
    seconds -= after / plan.threads + _seconds_of_linear(widths, data, plan, seconds)
    seconds = max(seconds, 1e-3)
    to_start = min(n_rows, ROWS_TO_START)
    starting = sum(probe.starting * to_start * each.members for each, probe in pairs)
    # With fewer rows to learn from they take less.
    learning = seconds - min(starting / plan.threads, seconds / 2)
    fitted = [each for each in _in_time(specs, learning, plan, n_rows) if each]
    threads = min(plan.threads, sum(each.members for each in fitted))
    return replace(plan, specs=tuple(fitted), threads=threads, seconds=seconds)


def _seconds_of_linear(
    widths: Widths, data: Examples, plan: EnsemblePlan, seconds: float
) -> float:
    """Return the time to be kept for the linear partner; 0 if it takes too much."""
    n_parts = plan.specs[0].folds
    if n_parts < 2:
        return 0.0
    n_classes = widths.outputs if widths.outputs > 1 else 0
    needed = _PENALTIES * seconds_of_linear(
        data, widths.level_starts, n_parts, n_classes
    )
    return needed if needed < _OF_LINEAR * seconds else 0.0


def _in_time(
    specs: list[BagSpec], seconds: float, plan: EnsemblePlan, n_rows: int
) -> list[BagSpec | None]:
    """Return what of the specs can be done in so many seconds, at least one."""
    seconds *= plan.threads
    kept, fitted = _first_left_out(specs), dict[int, BagSpec | None]()
    while not fitted or not all(fitted.values()):
        kept = kept[1:] if fitted else kept
        wanted = {k: specs[k].cost * specs[k].members * specs[k].epochs for k in kept}
        each_wanted, is_last = seconds / sum(wanted.values()), len(kept) == 1
        fitted = {
            k: _fitted(specs[k], wanted[k] * each_wanted, n_rows, least=int(is_last))
            for k in kept
        }
    return [fitted.get(k) for k in range(len(specs))]


def _first_left_out(specs: list[BagSpec]) -> list[int]:
    """Return in what order specs are left out where time is short.

    What costs most goes first. The cheapest network stays to the end: a sum of one
    curve a number is cheaper, but does not see how columns act together.
    """
    costs = [each.cost * each.epochs for each in specs]
    order = sorted(range(len(specs)), key=lambda k: -costs[k])
    networks = [k for k in order if specs[k].recipe.hidden_layers]
    last = (networks or order)[-1]
    return [*(k for k in order if k != last), last]


def _fitted(
    spec: BagSpec, seconds: float, n_rows: int, *, least: int = 0
) -> BagSpec | None:
    """Return a spec of as many members as come through in time, if there are any."""
    epochs = seconds / max(spec.cost * n_rows, 1e-9)
    fewest = min(spec.epochs, max(_LEAST_EPOCHS, round(_LEAST_SHARE * spec.epochs)))
    members = max(least, min(spec.members, int(epochs / fewest)))
    if not members:
        return None
    most = max(1, min(spec.epochs, int(epochs / members)))
    share = min(1.0, epochs / members)
    return replace(spec, members=members, epochs=most, share=share)


class _Probe(NamedTuple):
    """What a row costs, in seconds: learning from it once, predicting it, starting."""

    learning: float
    predicting: float
    starting: float


def _probes(
    widths: Widths, data: Examples, plan: EnsemblePlan, end: float
) -> list[_Probe]:
    """Return what a row costs by the first spec, and by others while there is time."""
    probes = [_probe(widths, plan.specs[0], data)]
    for spec in plan.specs[1:]:
        if time.monotonic() > end:
            break
        probes.append(_probe(widths, spec, data))
    return probes


def _probe(widths: Widths, spec: BagSpec, data: Examples) -> _Probe:
    """Measure what a row costs on a few rows, fewer of them where they are wide."""
    most = _PROBED_CELLS // max(data.X.shape[1] + data.codes.shape[1], 1)
    n = min(max(most, spec.recipe.settings.batch_size or 1), _PROBED_ROWS, len(data.Y))
    few, some = take(data, slice(0, n)), np.arange(-(-n // 4))
    network = new_network(widths, spec.recipe)
    initialize_by_rows(network, take(few, some[:2]), np.random.default_rng(0))
    began = time.monotonic()  # kernels are loaded before
    initialize_by_rows(network, few, np.random.default_rng(0))
    starting = time.monotonic() - began
    exact, first = network.astype("float64"), np.arange(1)
    training = new_training(network, spec.recipe, MemberRows(few), 2, 0)
    training.advance(training.iterations_per_epoch)  # loads its kernels
    outputs(exact, few, first)
    started = time.monotonic()
    training.advance(training.iterations_per_epoch)
    between = time.monotonic()
    outputs(exact, few, some)
    predicting = time.monotonic() - between
    return _Probe((between - started) / n, predicting / len(some), starting / n)

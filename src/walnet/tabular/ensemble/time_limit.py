"""How many members and epochs fit in a time limit."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from walnet.engine.kernels.machine.blas import single_blas_thread
from walnet.engine.kernels.tabular_types import Rows
from walnet.tabular.ensemble.layout import Layout, Widths, lay_out
from walnet.tabular.ensemble.member import (
    kernel_recipe,
    new_member,
    outputs,
    set_first_parameters,
    train_member,
)
from walnet.tabular.ensemble.training import Plan
from walnet.tabular.recipes.presets import Effort

_LEAST_EPOCHS = 24  # a schedule shorter than that teaches little
_PROBED_ROWS = 512
_SAFETY = 0.95


def fit_to_time(
    widths: Widths, data: Rows, plan: Plan, seconds: float, n_rows: int | None = None
) -> Plan:
    """Return a plan with as many members as come through a short schedule in time.

    Each effort gets of the time what it would take of all the time that the whole plan
    needs. Where that is too little for a member of each, the first gets it all; where
    it is too little for one pass, the member learns from some of its rows. Epochs are
    then fitted to the time that they take while they learn.
    """
    started, n_rows = time.monotonic(), n_rows or len(data.y)
    probes = [_probe(lay_out(widths, each.recipe), each, data) for each in plan.efforts]
    efforts = [
        replace(each, cost=probe.learning)
        for each, probe in zip(plan.efforts, probes, strict=True)
    ]
    seconds = (seconds - (time.monotonic() - started)) * _SAFETY
    after = sum(
        probe.saying * n_rows / each.folds * each.members
        for each, probe in zip(
            _in_time(efforts, seconds, plan, n_rows), probes, strict=False
        )
        if each.folds
    )
    seconds = max(seconds - after / plan.threads, 1e-3)
    fitted = _in_time(efforts, seconds, plan, n_rows)
    threads = min(plan.threads, sum(each.members for each in fitted))
    return replace(plan, efforts=tuple(fitted), threads=threads, seconds=seconds)


def _in_time(
    efforts: list[Effort], seconds: float, plan: Plan, n_rows: int
) -> list[Effort]:
    """Return what of the efforts can be done in so many seconds."""
    wanted = np.array([each.cost * each.members * each.epochs for each in efforts])
    shares = seconds * plan.threads * wanted / wanted.sum()
    fitted = [_fitted(*each, n_rows) for each in zip(efforts, shares, strict=True)]
    if not all(fitted):
        fitted = [_fitted(efforts[0], seconds * plan.threads, n_rows, least=1)]
    return [each for each in fitted if each]


def _fitted(
    effort: Effort, seconds: float, n_rows: int, *, least: int = 0
) -> Effort | None:
    """Return an effort of as many members as come through in time, if there are any."""
    epochs = seconds / max(effort.cost * n_rows, 1e-9)
    members = int(epochs / min(effort.epochs, _LEAST_EPOCHS))
    members = max(least, min(effort.members, members))
    if not members:
        return None
    most = max(1, min(effort.epochs, int(epochs / members)))
    share = min(1.0, epochs / members)
    return replace(effort, members=members, epochs=most, share=share)


class _Probe(NamedTuple):
    """What a row costs, in seconds: learning from it once, and saying its outputs."""

    learning: float
    saying: float


def _probe(layout: Layout, effort: Effort, data: Rows) -> _Probe:
    """Measure what a row costs on a few rows."""
    rows = np.arange(min(len(data.y), _PROBED_ROWS))
    member = new_member(layout, rows, np.float32)
    set_first_parameters(layout, member, data, np.random.default_rng(0))
    rule = kernel_recipe(effort.recipe, len(rows), 0, classes=layout.widths.outputs > 1)
    with single_blas_thread():
        train_member(layout, rule, data, member, 1)  # kernels are loaded here
        outputs(layout, member.parameters, data, rows[:1])
        started = time.monotonic()
        train_member(layout, rule, data, member, 1)
        between = time.monotonic()
        outputs(layout, member.parameters, data, rows)
        ended = time.monotonic()
    return _Probe((between - started) / len(rows), (ended - between) / len(rows))

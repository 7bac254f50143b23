"""How many members and epochs fit in a time limit."""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np

from walnet.blas import single_blas_thread
from walnet.kernels.tabular_types import Rows
from walnet.tabular.ensemble import Plan
from walnet.tabular.layout import Layout, Widths, lay_out
from walnet.tabular.member import (
    kernel_recipe,
    new_member,
    outputs,
    set_first_parameters,
    train_member,
)
from walnet.tabular.presets import Effort

_LEAST_EPOCHS = 24  # a schedule shorter than that teaches little
_PROBED_ROWS = 512
_SAFETY = 0.95


def fit_to_time(widths: Widths, data: Rows, plan: Plan, seconds: float) -> Plan:
    """Return a plan with as many members as come through a short schedule in time.

    Each effort gets of the time what it would take of all the time that the whole plan
    needs. Where that is too little for a member of each, the first gets it all. Their
    epochs are then fitted to the time that they take while they learn.
    """
    started = time.monotonic()
    efforts = [
        replace(each, cost=_seconds_a_row(lay_out(widths, each.recipe), each, data))
        for each in plan.efforts
    ]
    seconds = (seconds - (time.monotonic() - started)) * _SAFETY
    wanted = np.array([each.cost * each.members * each.epochs for each in efforts])
    shares = seconds * plan.threads * wanted / wanted.sum()
    fitted = [_fitted(*each, len(data.y)) for each in zip(efforts, shares, strict=True)]
    if not all(fitted):
        fitted = [_fitted(efforts[0], seconds * plan.threads, len(data.y), least=1)]
    return replace(
        plan,
        efforts=tuple(each for each in fitted if each),
        threads=min(plan.threads, sum(each.members for each in fitted if each)),
        seconds=max(seconds, 1e-3),
    )


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
    return replace(effort, members=members, epochs=most)


def _seconds_a_row(layout: Layout, effort: Effort, data: Rows) -> float:
    """Return what learning from one row once costs, measured on a few rows."""
    rows = np.arange(min(len(data.y), _PROBED_ROWS))
    member = new_member(layout, rows, np.float32)
    set_first_parameters(layout, member, data, np.random.default_rng(0))
    rule = kernel_recipe(effort.recipe, len(rows), 0, classes=layout.widths.outputs > 1)
    with single_blas_thread():
        train_member(layout, rule, data, member, 1)  # kernels are loaded here
        outputs(layout, member.parameters, data, rows[:1])
        started = time.monotonic()
        train_member(layout, rule, data, member, 1)
        took = time.monotonic() - started
    return took / len(rows)

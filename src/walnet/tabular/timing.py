"""How many members and epochs fit in a time limit."""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np

from walnet.blas import single_blas_thread
from walnet.kernels.tabular_types import Rows
from walnet.tabular.ensemble import Plan
from walnet.tabular.layout import Layout
from walnet.tabular.member import (
    kernel_recipe,
    new_member,
    outputs,
    set_first_parameters,
    train_member,
)
from walnet.tabular.recipe import Recipe

_LEAST_EPOCHS = 24  # a schedule shorter than that teaches little
_PROBED_ROWS = 512
_SAFETY = 0.95


def fit_to_time(
    layout: Layout, recipe: Recipe, data: Rows, plan: Plan, seconds: float
) -> Plan:
    """Return a plan with as many members as come through a short schedule in time.

    Their epochs are then fitted to the time that they take while they learn.
    """
    started = time.monotonic()
    per_row = _seconds_a_row(layout, recipe, data)
    seconds = (seconds - (time.monotonic() - started)) * _SAFETY
    epochs = seconds * plan.threads / max(per_row * len(data.y), 1e-9)
    members = int(epochs / min(plan.epochs, _LEAST_EPOCHS))
    members = max(1, min(plan.members, members))
    return replace(
        plan,
        members=members,
        threads=min(plan.threads, members),
        epochs=max(1, min(plan.epochs, int(epochs / members))),
        seconds=max(seconds, 1e-3),
    )


def _seconds_a_row(layout: Layout, recipe: Recipe, data: Rows) -> float:
    """Return what learning from one row once costs, measured on a few rows."""
    rows = np.arange(min(len(data.y), _PROBED_ROWS))
    member = new_member(layout, rows, np.float32)
    set_first_parameters(layout, member, data, np.random.default_rng(0))
    rule = kernel_recipe(recipe, len(rows), 0, classes=layout.widths.outputs > 1)
    with single_blas_thread():
        train_member(layout, rule, data, member, 1)  # kernels are loaded here
        outputs(layout, member.parameters, data, rows[:1])
        started = time.monotonic()
        train_member(layout, rule, data, member, 1)
        took = time.monotonic() - started
    return took / len(rows)

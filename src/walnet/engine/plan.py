"""From settings to what kernels read: the rule, and the groups of parameters."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from walnet.engine.kernels.costs import COSTS
from walnet.engine.kernels.draws import key_of
from walnet.engine.kernels.optimizers import OPTIMIZERS
from walnet.engine.kernels.types import DENSE, GROUP, RULE, Examples, Plan, Record
from walnet.engine.layers import Dense, Layer
from walnet.engine.names import check_name
from walnet.engine.settings import TABLE, Settings
from walnet.errors import HyperparameterError

if TYPE_CHECKING:
    from walnet.engine.layout import Layout, Stretch

# A shard must have this many multiplications to be worth a thread of its own.
SHARD_FROM = 12_000_000
MOST_SHARDS = 8
NEVER_DECAY = {"biases", "gammas"}

READ = {name: each for name, each in TABLE.items() if each.read_by}
"""The settings that kernels read as they are: each is a field of RULE, too."""


def cost_rule(
    cost: str, parameter: float, output: Dense, smoothing: float = 0.0
) -> Record:
    """Return a rule record that knows the cost, and nothing of training yet.

    `output` is the network's last layer.

    Raises
    ------
    HyperparameterError
        If there is no such cost, or it cannot read the network's outputs.
    """
    check_name(COSTS, cost, "cost")
    facts = COSTS[cost]
    if facts.outputs and output.activation not in facts.outputs:
        raise HyperparameterError(
            f"cost {cost!r} needs an output layer with activation "
            f"{' or '.join(facts.outputs)}; this network's is {output.activation}"
        )
    rule = np.zeros(1, RULE)
    for name, each in READ.items():
        rule[name] = each.off
    rule["cost"] = facts.code
    rule["cost_parameter"] = parameter
    rule["smoothing"] = smoothing
    rule["cost_scale"] = 1.0 if facts.sums_outputs else 1.0 / output.n
    rule["recorded_share"] = 1.0
    rule["shards"] = 1
    return rule[0]


def cost_plan(layout: Layout, rule: Record) -> Plan:
    """Return a plan that costs and gradients can be computed by, not trained."""
    return Plan(layout.records, np.zeros(0, GROUP), rule)


def label_rule(Y: np.ndarray, n_outputs: int) -> tuple[int, float]:
    """Return how right predictions are counted, as the targets say.

    (0, 0) not at all: regression. (1, threshold) targets of two values: an output must
    be on the target's side of their middle. (2, 0) one-hot rows, or numbers of classes:
    the largest output must be the label's.
    """
    if Y.shape[1] < n_outputs:
        return 2, 0.0
    low, high = float(Y.min()), float(Y.max())
    if low == high or not np.isin(Y, (low, high)).all():
        return 0, 0.0
    if Y.shape[1] > 1 and (Y.sum(axis=1) == 1.0).all():
        return 2, 0.0
    return 1, (low + high) / 2


def shards_for(layout: Layout, batch_size: int) -> int:
    """Return into how many shards a batch is split: fixed by the work alone."""
    if layout.room.normalizes:
        return 1  # the mean is that of the whole batch
    dense = layout.dense
    work = int((dense["n_in"] * dense["n_out"]).sum()) * batch_size
    shards = 1
    most = min(MOST_SHARDS, batch_size)
    while 2 * shards <= most and work // (2 * shards) >= SHARD_FROM:
        shards *= 2
    return shards


def batches_of(settings: Settings, n_rows: int) -> tuple[int, int]:
    """Return the size of a batch, and how many make an epoch."""
    size = min(settings.batch_size or n_rows, n_rows)
    if settings.equal_batches:
        batches = max(1, round(n_rows / size))
        return n_rows // batches, batches
    return size, -(-n_rows // size)


def parameter_groups(stretches: tuple[Stretch, ...], settings: Settings) -> np.ndarray:
    """Return the groups of parameters: neighbours that learn alike are one.

    A weight of n inputs in the neural tangent parametrisation stands for w/√n, and its
    derivative is √n times that of w. An update of w is one of the weight at rate/n;
    where the rule divides by the gradient's size, at rate/√n, with √n ε.
    """
    divides = OPTIMIZERS[settings.optimizer].divides
    groups: list[tuple[int, int, float, float, float]] = []
    for stretch in stretches:
        kind, start, size, fan_in = stretch
        factor = rate_factor(settings, stretch)
        decays = settings.weight_decay and kind not in NEVER_DECAY
        root = fan_in**0.5
        rate = factor / (root if divides else fan_in)
        facts = (rate, factor if decays else 0.0, root if divides else 1.0)
        if groups and groups[-1][2:] == facts:
            groups[-1] = (groups[-1][0], groups[-1][1] + size, *facts)
        else:
            groups.append((start, size, *facts))
    return np.array(groups, GROUP)


def rate_factor(settings: Settings, stretch: Stretch) -> float:
    """Return the factor on the learning rate of a stretch of parameters."""
    factors = settings.rate_factors or {}
    return factors.get(stretch.kind, 1.0) if stretch.learns else 0.0


def training_plan(
    settings: Settings, layers: tuple[Layer, ...], layout: Layout, examples: Examples
) -> Plan:
    """Return what kernels read of a network and of how it is trained."""
    output = layers[-1]
    assert isinstance(output, Dense)  # noqa: S101 - a network's last layer is
    rule = cost_rule(settings.cost, settings.cost_parameter, output, settings.smoothing)
    for name in READ:
        if getattr(settings, name) is not None:
            rule[name] = getattr(settings, name)
    rule["task"], rule["threshold"] = label_rule(examples.Y, output.n)
    rule["optimizer"] = OPTIMIZERS[settings.optimizer].code
    set_batches(rule, settings, layout, n_rows(examples))
    rule["key"] = key_of(settings.seed)
    rates = settings.dropout_rates(layers)
    rule["dropout"] = int(any(rate > 0 for rate in rates))
    if settings.stop_accuracy is not None and rule["task"] == 0:
        raise HyperparameterError(
            "stop_accuracy needs labels, targets of two or more classes; these are "
            "numbers: set stop_cost instead"
        )
    records = layout.records.copy()
    dense = np.flatnonzero(records["kind"] == DENSE)
    records["dropout"][dense[:-1]] = rates
    return Plan(records, parameter_groups(layout.stretches, settings), rule)


def set_batches(rule: Record, settings: Settings, layout: Layout, n_rows: int) -> None:
    """Write into a rule how so many rows are cut into batches and shards."""
    rule["batch_size"], rule["batches"] = batches_of(settings, n_rows)
    mixed = rule["batches"] > 1 or settings.equal_batches
    rule["shuffle"] = int(settings.shuffle and mixed)
    rule["shards"] = shards_for(layout, int(rule["batch_size"]))


def n_rows(examples: Examples) -> int:
    """Return how many rows are learned from."""
    return len(examples.rows) if examples.rows.size else len(examples.Y)


def first_order(examples: Examples) -> np.ndarray:
    """Return the rows that are learned from, as they come."""
    rows = examples.rows
    return rows.copy() if rows.size else np.arange(len(examples.Y))

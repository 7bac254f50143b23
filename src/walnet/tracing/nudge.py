"""Check by nudging: one parameter moved a little, and what that does to the cost."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from walnet.engine.arrays import as_examples
from walnet.engine.network import Network
from walnet.tracing.iteration import Iteration, run_span, shards
from walnet.tracing.layer import Parameter
from walnet.tracing.notation import below
from walnet.tracing.numbers import pretty
from walnet.tracing.parameters import penalised_stretches


@dataclass(frozen=True)
class Nudge:
    r"""A derivative by back-propagation beside its finite difference.

    Attributes
    ----------
    name : str
        The parameter.
    value, h : float
        Where it stands, and how far it was moved.
    cost_up, cost_down : float
        J with the parameter at value + h and at value - h, in float64.
    numeric : float
        Their difference, divided by 2h.
    analytic : float
        The derivative that back-propagation gave in this iteration, in the network's
        precision, penalties included.
    tolerance : float
        How far the two may differ by rounding.

    Notes
    -----
    .. math:: \frac{\partial J}{\partial \theta} \approx
              \frac{J(\theta + h) - J(\theta - h)}{2h}, \quad
              h = \epsilon^{1/3} \max(1, |\theta|)
    """

    name: str
    value: float
    h: float
    cost_up: float
    cost_down: float
    numeric: float
    analytic: float
    tolerance: float

    @property
    def difference(self) -> float:
        """How far the two derivatives are apart."""
        return abs(self.numeric - self.analytic)

    @property
    def agrees(self) -> bool:
        """Whether they are the same, as far as the network's precision goes.

        At the corner of a relu, or of an absolute value, they need not be.
        """
        return self.difference <= self.tolerance

    def to_dict(self) -> dict[str, Any]:
        """Return the numbers as plain values, ready for JSON.

        Returns
        -------
        dict
            The numbers by their names.
        """
        names = "name", "value", "h", "cost_up", "cost_down", "numeric", "analytic"
        found = {name: getattr(self, name) for name in names}
        return found | {"difference": self.difference, "agrees": self.agrees}

    def __str__(self) -> str:
        up, down = pretty(self.cost_up, 15), pretty(self.cost_down, 15)
        value, h = pretty(self.value, 9), pretty(self.h, 6)
        verdict = "they agree" if self.agrees else "they do NOT agree"
        return (
            f"{self.name} nudged from {value} by ±{h}:\n"
            f"  J up     = {up}\n"
            f"  J down   = {down}\n"
            f"  (J up − J down)/(2·{h}) = {pretty(self.numeric, 9)}\n"
            f"  by back-propagation     = {pretty(self.analytic, 9)}   ({verdict})"
        )


def nudge(iteration: Iteration, parameter: Parameter) -> Nudge:
    """Return the finite difference of one parameter."""
    twin, index = iteration.network.astype("float64"), parameter.index
    value = float(twin.parameters[index])
    h = float(np.finfo(np.float64).eps ** (1 / 3) * max(1.0, abs(value)))
    J = []
    for nudged in (value + h, value - h):
        twin.parameters[index] = nudged
        J.append(_cost(iteration, twin))
    name = parameter.name
    return Nudge(
        name=f"{name.base}{below(*name.below)} of layer {name.layer}",
        value=value,
        h=h,
        cost_up=J[0],
        cost_down=J[1],
        numeric=(J[0] - J[1]) / (2 * h),
        analytic=_derivative(iteration, parameter),
        tolerance=_tolerance(iteration, J[0]),
    )


def _tolerance(iteration: Iteration, cost: float) -> float:
    """Return how far apart the two may be: rounding, of both, and curvature."""
    eps = np.finfo(iteration.network.dtype).eps
    largest = float(abs(iteration.data_gradient).max())
    return float(100 * eps * max(largest, 1e-3) + 1e-9 * max(abs(cost), largest))


def _cost(iteration: Iteration, network: Network) -> float:
    """Return J of the iteration's batch, dropout masks and penalties included."""
    m = len(iteration.batch)
    rows, rule = iteration.batch, iteration.rule
    numbers = (rows.X.astype(float), rows.codes, rows.Y.astype(float))
    data = as_examples(*numbers, rows.w.astype(float))
    scale = float(rule["cost_scale"]) / iteration.weight
    cost = 0.0
    for lo, hi in shards(rule, 0, m):
        rows_of_shard = (data, np.arange(m), (lo, hi, 0, scale), iteration.dropout)
        cost += run_span(network, iteration.plan, iteration.own_cost, rows_of_shard)[0]
    extra = 0.0
    for lo, n in penalised_stretches(iteration):
        W = network.parameters[lo : lo + n]
        extra += float(rule["l1"] * abs(W).sum() + rule["l2"] / 2 * (W**2).sum())
    return cost + _penalty_share(iteration) * extra


def _penalty_share(iteration: Iteration) -> float:
    """Return what the penalties are multiplied with."""
    return 1 / iteration.weight if iteration.rule["penalty_per_example"] else 1.0


def _derivative(iteration: Iteration, parameter: Parameter) -> float:
    """Return the back-propagated derivative, before any clipping."""
    found = float(iteration.data_gradient[parameter.index])
    if parameter.is_penalised:
        rule, w = iteration.rule, float(parameter.name.number)
        extra = float(rule["l2"]) * w + float(rule["l1"]) * float(np.sign(w))
        found += _penalty_share(iteration) * extra
    return found

"""Check by nudging: one parameter moved a little, and what that does to the cost."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from walnet.engine.kernels.epochs import shard_gradient
from walnet.engine.kernels.machine.blas import single_blas_thread
from walnet.engine.kernels.types import Examples
from walnet.engine.plan import make_workspace, weights_of
from walnet.tracing.iteration import Iteration
from walnet.tracing.layer import Parameter
from walnet.tracing.notation import below
from walnet.tracing.numbers import pretty


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
        """Return the numbers as plain values, ready for JSON."""
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
        J.append(_cost(iteration, twin.parameters))
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


def _cost(iteration: Iteration, parameters: np.ndarray) -> float:
    """Return J of the iteration's batch, dropout masks and penalties included."""
    m = len(iteration.batch.numbers)
    rows, rule = iteration.batch, iteration.rule
    data = (rows.X.astype(float), rows.Y.astype(float), rows.w.astype(float))
    work = make_workspace(iteration.plan, m, np.dtype(np.float64))
    scale = float(rule["cost_scale"]) / iteration.weight
    span = (0, m, 0, scale, iteration.dropout_stream)
    gradient = np.zeros_like(parameters)
    with single_blas_thread(m * parameters.size):
        cost, _ = shard_gradient(
            iteration.plan,
            rule,
            parameters,
            gradient,
            Examples(*data),
            np.arange(m),
            span,
            work,
        )
    share = _penalty_share(iteration)
    extra = 0.0
    for layer in iteration.plan:
        W = weights_of(layer, parameters)
        extra += float(rule["l1"] * abs(W).sum() + rule["l2"] / 2 * (W**2).sum())
    return float(cost) + share * extra


def _penalty_share(iteration: Iteration) -> float:
    """Return what the penalties are multiplied with."""
    return 1 / iteration.weight if iteration.rule["penalty_per_example"] else 1.0


def _derivative(iteration: Iteration, parameter: Parameter) -> float:
    """Return the back-propagated derivative, before any clipping."""
    found = float(iteration.data_gradient[parameter.index])
    if parameter.is_weight:
        rule, w = iteration.rule, float(parameter.name.number)
        extra = float(rule["l2"]) * w + float(rule["l1"]) * float(np.sign(w))
        found += _penalty_share(iteration) * extra
    return found

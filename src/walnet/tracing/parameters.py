"""The gradient and the update of each parameter, as lines, whatever layer it is of."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from walnet.engine.plan import OPTIMIZERS, weights_of
from walnet.tracing.expressions import Call, Expression, Name, partial_sum
from walnet.tracing.iteration import Iteration
from walnet.tracing.layer import Parameter
from walnet.tracing.lines import Line
from walnet.tracing.loss import others
from walnet.tracing.numbers import pretty
from walnet.tracing.updates import UPDATES, Moment, Rule, rule_of, steps

if TYPE_CHECKING:
    from walnet.engine.network import Network


KEPT = {"w", "b", "v", "m", "s"}  # what has a value before and another one after
PENALISED = (
    "The penalties add their own derivative to that of the data: "
    "g = dW + l₂·w + l₁·sign(w)."
)


class ParameterLines:
    """Writes the gradient and the update of parameters.

    Parameters
    ----------
    iteration : Iteration
        Where the numbers come from.
    most_terms : int
        Of a sum over the batch.
    """

    def __init__(self, iteration: Iteration, most_terms: int) -> None:
        self.iteration, self.most_terms = iteration, most_terms
        self.settings = iteration.rule
        code = int(self.settings["optimizer"])
        self.optimizer = next(name for name, each in OPTIMIZERS.items() if each == code)
        share = 1.0 / iteration.weight if self.settings["penalty_per_example"] else 1.0
        self.l1 = float(self.settings["l1"]) * share
        self.l2 = float(self.settings["l2"]) * share
        self.norm = self._norm()
        self.is_clipped = self.norm > float(self.settings["clip_norm"])

    def _norm(self) -> float:
        """Return the length of the gradient before it was clipped."""
        gradient = self.iteration.data_gradient.astype(float)
        for record in self.iteration.plan:
            W = weights_of(record, self.iteration.before.parameters)
            weights_of(record, gradient)[:] += self.l1 * np.sign(W) + self.l2 * W
        return float(np.linalg.norm(gradient))

    # The gradient.

    def gradient(self, parameter: Parameter) -> Line:
        """Return a derivative as the sum over the batch of the examples' shares."""
        iteration, name = self.iteration, parameter.name
        number = iteration.data_gradient[parameter.index]
        derivative = Name(parameter.derivative, number, name.below, name.layer)
        m = len(iteration.batch.numbers)
        first = parameter.share(0)
        if m == 1 and iteration.in_batch:
            return Line(derivative, first, lead=parameter.lead())
        count = 0
        if iteration.in_batch:
            count = min(len(iteration.shown.numbers), self.most_terms)
        shown = [parameter.share(i) for i in range(count)]
        rest = float(number) - sum(term.value() for term in shown)
        numbers = partial_sum(shown, rest, others(m - count, count))
        return Line(derivative, Call("Σ", first), numbers, lead=parameter.lead())

    # The update.

    def update(self, parameter: Parameter) -> list[Line]:
        """Return the lines of one parameter's update."""
        iteration, index = self.iteration, parameter.index
        before, after = iteration.before, iteration.after
        lines, gradient = self._used_gradient(parameter)
        moment = Moment(
            parameter.name,
            gradient,
            after.parameters[index],
            pair(before.first, after.first, index),
            pair(before.second, after.second, index),
            is_weight=parameter.is_weight,
        )
        return lines + [
            Line(name, formula, becomes=name.base in KEPT)
            for name, formula in steps(self.rule(), moment)
        ]

    def rule(self) -> Rule:
        """Return the update rule with its numbers."""
        number = self.iteration.before.iteration + 1
        rate = self.iteration.learning_rate
        return rule_of(self.settings, self.optimizer, rate, number)

    def _used_gradient(self, parameter: Parameter) -> tuple[list[Line], Name]:
        """Return the gradient that the update uses, and how it came from the data's."""
        name, index = parameter.name, parameter.index
        used = self.iteration.gradient[index]
        is_penalised = parameter.is_weight and (self.l1 > 0 or self.l2 > 0)
        if not is_penalised and not self.is_clipped:
            return [], Name(parameter.derivative, used, name.below, name.layer)
        number = self.iteration.data_gradient[index]
        formula: Expression = Name(parameter.derivative, number, name.below, name.layer)
        if parameter.is_weight and self.l2 > 0:
            formula = formula + Name("l₂", self.l2) * name
        if parameter.is_weight and self.l1 > 0:
            formula = formula + Name("l₁", self.l1) * Call("sign", name)
        if self.is_clipped:
            longest = Name("c", float(self.settings["clip_norm"]))
            formula = formula * longest / Name("‖g‖", self.norm)
        gradient = Name("g", used, name.below, name.layer)
        return [Line(gradient, formula)], gradient

    # What to say about them.

    def notes(self) -> list[str]:
        """Return what to know about the update."""
        name = self.optimizer.replace("_", " ")
        rate = f"{self.iteration.learning_rate:g}"
        notes = [f"Update rule: {name}, learning rate η = {rate}."]
        if self.l1 or self.l2:
            notes.append(PENALISED)
        if self.is_clipped:
            notes.append(
                f"The gradient, {self.norm:.4g} long, is shortened to the longest "
                f"allowed, {float(self.settings['clip_norm']):g}."
            )
        note = UPDATES[self.optimizer].note
        return [*notes, note] if note else notes

    def outcome(self, cost: str) -> str:
        """Return what the update did to the example's prediction and to the cost."""
        iteration, network = self.iteration, self.iteration.network
        moved = network.from_config(network.config(), iteration.after.parameters)
        inputs = iteration.shown.X[:1]
        outputs = [
            ", ".join(pretty(a, 6) for a in each.feed_forward(inputs)[0][:4])
            for each in (network, moved)
        ]
        costs = [pretty(self._cost_of(each, cost), 6) for each in (network, moved)]
        missing = ["penalties"] * bool(self.l1 or self.l2)
        missing += ["dropout"] * bool(self.settings["dropout"])
        without = f" (without {' and '.join(missing)})" if missing else ""
        row = iteration.shown.numbers[0]
        return (
            f"After the update, the prediction of example {row} goes from {outputs[0]} "
            f"to {outputs[1]}, and the cost of the batch from {costs[0]} to "
            f"{costs[1]}{without}."
        )

    def _cost_of(self, network: Network, cost: str) -> float:
        batch = self.iteration.batch
        return network.cost(
            batch.X,
            batch.Y,
            cost,
            cost_parameter=float(self.settings["cost_parameter"]),
            sample_weight=batch.w if batch.w.size else None,
        )


def pair(
    before: np.ndarray, after: np.ndarray, index: int
) -> tuple[np.floating, np.floating] | None:
    """Return one number of the optimizer's memory before and after, if it has one."""
    return (before[index], after[index]) if before.size else None

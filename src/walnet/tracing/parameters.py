"""The gradient and the update of each parameter, as lines, whatever layer it is of."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from walnet.engine.kernels.optimizers import OPTIMIZERS
from walnet.engine.layout import Stretch
from walnet.engine.plan import rate_factor
from walnet.engine.threads import cost_and_slope
from walnet.tracing.expressions import Call, Expression, Name, constant, partial_sum
from walnet.tracing.iteration import Iteration
from walnet.tracing.layer import Parameter
from walnet.tracing.lines import Item, Line
from walnet.tracing.loss import others
from walnet.tracing.numbers import pretty
from walnet.tracing.updates import UPDATES, Moment, Rule, rule_of, steps

if TYPE_CHECKING:
    from walnet.engine.network import Network

PENALISED = (
    "The penalties add their own derivative to that of the data: "
    "g = dW + l₂·w + l₁·sign(w)."
)
NTK = (
    "In the neural tangent parametrisation a weight of n inputs stands for w/√n: its "
    "learning rate is divided by √n, and ε is multiplied with it."
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
        same = [name for name, row in OPTIMIZERS.items() if row.code == code]
        asked = iteration.settings.optimizer  # adamw is adam with another default
        self.optimizer = asked if asked in same else same[0]
        share = 1.0 / iteration.weight if self.settings["penalty_per_example"] else 1.0
        self.l1 = float(self.settings["l1"]) * share
        self.l2 = float(self.settings["l2"]) * share
        self.norm = self._norm()
        self.is_clipped = self.norm > float(self.settings["clip_norm"])
        self.starts = [each.start for each in iteration.network.layout.stretches]

    def _norm(self) -> float:
        """Return the length of the gradient before it was clipped."""
        gradient = self.iteration.data_gradient.astype(float)
        for lo, n in penalised_stretches(self.iteration):
            W = self.iteration.before.parameters[lo : lo + n]
            gradient[lo : lo + n] += self.l1 * np.sign(W) + self.l2 * W
        return float(np.linalg.norm(gradient))

    # The gradient.

    def gradient(self, parameter: Parameter) -> Line:
        """Return a derivative as the sum over the batch of the examples' shares."""
        iteration, name = self.iteration, parameter.name
        number = iteration.data_gradient[parameter.index]
        derivative = Name(parameter.derivative, number, name.below, name.layer)
        m = len(iteration.batch)
        first = parameter.share(0)
        if m == 1 and iteration.in_batch:
            return Line(derivative, first, lead=parameter.lead())
        count = 0
        if iteration.in_batch:
            count = min(len(iteration.shown), self.most_terms)
        shown = [parameter.share(i) for i in range(count)]
        rest = float(number) - sum(term.value() for term in shown)
        numbers = partial_sum(shown, rest, others(m - count, count))
        return Line(derivative, Call("Σ", first), numbers, lead=parameter.lead())

    # The update.

    def update(self, parameter: Parameter) -> list[Line]:
        """Return the lines of one parameter's update."""
        iteration, index = self.iteration, parameter.index
        lines, gradient = self._used_gradient(parameter)
        moment = Moment(
            parameter.name,
            gradient,
            iteration.after.parameters[index],
            iteration.memory(0, index),
            iteration.memory(1, index),
        )
        kept = {parameter.name.base, *UPDATES[self.optimizer].memory}
        return lines + [
            Line(name, formula, becomes=name.base in kept)
            for name, formula in steps(self.rule(index), moment)
        ]

    def rule(self, index: int) -> Rule:
        """Return the update rule of one parameter with its numbers."""
        iteration, group = self.iteration, self._group(index)
        t = iteration.before.iteration + 1 + int(self.settings["updates_before"])
        η, *_ = iteration.course  # noqa: PLC2401
        stretch = self._stretch(index)
        rule = rule_of(self.settings, self.optimizer, t)
        rule.numbers["η₀"] = Name("η", float(η))
        rule.numbers["η"] = Name(_eta(stretch, group), float(η * group["rate"]))
        rule.numbers["λ"] = self._decay(stretch, group)
        epsilon = float(self.settings["epsilon"] * group["epsilon"])
        rule.numbers["ε"] = Name("ε" if group["epsilon"] == 1 else "ε_W", epsilon)
        return rule

    def _group(self, index: int) -> Any:
        """Return the group of parameters that learn alike."""
        groups = self.iteration.plan.groups
        return groups[np.searchsorted(groups["start"], index, side="right") - 1]

    def _stretch(self, index: int) -> Stretch:
        """Return the stretch of one kind and layer that a parameter is in."""
        at = int(np.searchsorted(self.starts, index, side="right")) - 1
        return self.iteration.network.layout.stretches[at]

    def _decay(self, stretch: Stretch, group: Any) -> Name:
        """Return the weight decay of a group."""
        number = float(self.iteration.course[1] * group["decay"])
        return Name("λ" if group["decay"] in {0, 1} else f"λ_{stretch.kind}", number)

    def factors(self, parameters: Sequence[Parameter]) -> list[Item]:
        """Return how the rates of some parameters come from the learning rate."""
        lines: dict[str, Line] = {}
        for parameter in parameters:
            for line in self._factors_of(parameter.index):
                lines.setdefault(line.name.base, line)
        return [Item("their learning rates", list(lines.values()))] if lines else []

    def _factors_of(self, index: int) -> list[Line]:
        """Return what of the settings has a factor for a parameter."""
        rule, stretch, group = (
            self.rule(index),
            self._stretch(index),
            self._group(index),
        )
        factor = rate_factor(self.iteration.settings, stretch)
        root = Call("√", Name("n", stretch.fan_in))
        lines = []
        if group["rate"] != 1:
            formula: Expression = rule["η₀"]
            if factor != 1:
                formula = formula * constant(factor)
            if stretch.fan_in > 1:
                formula = formula / root
            lines.append(Line(rule["η"], formula))
        if rule["λ"].base != "λ" and float(rule["λ"].number) > 0:
            decay = Name("λ", float(self.iteration.course[1]))
            lines.append(Line(rule["λ"], decay * constant(float(group["decay"]))))
        if group["epsilon"] != 1 and OPTIMIZERS[self.optimizer].squares:
            epsilon = Name("ε", float(self.settings["epsilon"]))
            lines.append(Line(rule["ε"], epsilon * root))
        return lines

    def _used_gradient(self, parameter: Parameter) -> tuple[list[Line], Name]:
        """Return the gradient that the update uses, and how it came from the data's."""
        name, index = parameter.name, parameter.index
        used = self.iteration.gradient[index]
        is_penalised = parameter.is_penalised and (self.l1 > 0 or self.l2 > 0)
        if not is_penalised and not self.is_clipped:
            return [], Name(parameter.derivative, used, name.below, name.layer)
        number = self.iteration.data_gradient[index]
        formula: Expression = Name(parameter.derivative, number, name.below, name.layer)
        if parameter.is_penalised and self.l2 > 0:
            formula = formula + Name("l₂", self.l2) * name
        if parameter.is_penalised and self.l1 > 0:
            formula = formula + Name("l₁", self.l1) * Call("sign", name)
        if self.is_clipped:
            longest = Name("c", float(self.settings["clip_norm"]))
            formula = formula * longest / Name("‖g‖", self.norm)
        gradient = Name("g", used, name.below, name.layer)
        return [Line(gradient, formula)], gradient

    # What to say about them.

    def notes(self) -> list[str]:
        """Return what to know about the update."""
        notes = [f"Update rule: {self._rate()}"]
        fan_ins = {each.fan_in for each in self.iteration.network.layout.stretches}
        if fan_ins != {1}:
            notes.append(NTK)
        if self.l1 or self.l2:
            notes.append(PENALISED)
        if self.iteration.course[1]:
            notes.append(self._decays())
        if self.is_clipped:
            notes.append(
                f"The gradient, {self.norm:.4g} long, is shortened to the longest "
                f"allowed, {float(self.settings['clip_norm']):g}."
            )
        note = UPDATES[self.optimizer].note
        return [*notes, note] if note else notes

    def _rate(self) -> str:
        """Return the update rule's name and its learning rate, with its schedule."""
        iteration, name = self.iteration, self.optimizer.replace("_", " ")
        rate, base = iteration.learning_rate, iteration.base_rate
        text = f"{name}, learning rate η = "
        if rate == base or not base:
            return f"{text}{rate:g}."
        settings, factor = iteration.settings, rate / base
        why = "" if settings.schedule == "constant" else f"schedule {settings.schedule}"
        why += " with" * bool(why and settings.warm_up)
        why += f" warm-up over {settings.warm_up} epochs" * bool(settings.warm_up)
        return f"{text}{base:g}·{factor:.6g} = {rate:g} ({why.strip()})."

    def _decays(self) -> str:
        """Return how weights decay, with its fade."""
        decay, base = self.iteration.course[1], self.iteration.settings.weight_decay
        text = f"Weights shrink by η·λ before they move, λ = {decay:g}"
        if base in {None, decay}:
            return f"{text}."
        return f"{text}: {base:g}, faded by {self.iteration.settings.fade}."

    def outcome(self, cost: str) -> str:
        """Return what the update did to the example's prediction and to the cost."""
        iteration, network = self.iteration, self.iteration.network
        moved = network.copy()
        moved.parameters[:] = iteration.after.parameters
        moved.statistics[:] = iteration.after.statistics
        inputs = iteration.shown.columns(network.layout)[:1]
        outputs = [
            ", ".join(pretty(a, 6) for a in each.feed_forward(inputs)[0][:4])
            for each in (network, moved)
        ]
        costs = [pretty(self._cost_of(each, cost), 6) for each in (network, moved)]
        missing = ["penalties"] * bool(self.l1 or self.l2)
        missing += ["dropout"] * bool(self.settings["dropout"])
        missing += ["smoothing"] * bool(self.settings["smoothing"])
        without = f" (without {' and '.join(missing)})" if missing else ""
        row = iteration.shown.numbers[0]
        return (
            f"After the update, the prediction of example {row} goes from {outputs[0]} "
            f"to {outputs[1]}, and the cost of the batch from {costs[0]} to "
            f"{costs[1]}{without}."
        )

    def _cost_of(self, network: Network, cost: str) -> float:
        batch, own_cost = self.iteration.batch, self.iteration.own_cost
        columns = batch.columns(network.layout)
        if own_cost is not None:
            weights = batch.w if batch.w.size else np.ones(len(batch))
            outputs = network.feed_forward(columns)
            total, _ = cost_and_slope(own_cost, batch.Y, outputs, weights)
            return total / self.iteration.weight
        return network.cost(
            columns,
            batch.Y,
            cost,
            cost_parameter=float(self.settings["cost_parameter"]),
            sample_weight=batch.w if batch.w.size else None,
        )


def _eta(stretch: Stretch, group: Any) -> str:
    """Return what the learning rate of a group is called."""
    return "η" if group["rate"] == 1 else f"η_{stretch.kind}"


def penalised_stretches(iteration: Iteration) -> list[tuple[int, int]]:
    """Return where the parameters are that penalties hold for: start and size."""
    stretches = iteration.network.layout.stretches
    return [(each.start, each.size) for each in stretches if each.kind == "weights"]

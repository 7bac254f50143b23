"""The gradient and the update of each parameter, as lines."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from walnet.tracing.expressions import Call, Derivative, Expression, Name
from walnet.tracing.lines import Limits, Line, more_of
from walnet.tracing.notes import ADAM, PENALISED
from walnet.tracing.numbers import pretty
from walnet.tracing.quantities import Quantities, one_or_sum, shortened
from walnet.tracing.updates import Moment, Rule, rule_of, steps

if TYPE_CHECKING:
    from walnet.engine.network import Network


KEPT = {"w", "b", "v", "m", "s"}  # what has a value before and another one after


class Parameters:
    """Writes the lines of weights and biases.

    Parameters
    ----------
    examples : list of Quantities
        The examples that are written out.
    limits : Limits
        How much is written out.
    """

    def __init__(self, examples: list[Quantities], limits: Limits) -> None:
        self.examples, self.limits = examples, limits
        self.first = first = examples[0]
        self.iteration = iteration = first.iteration
        self.settings = iteration.rule
        self.data_dW, self.data_db = first.views(iteration.data_gradient)
        self.dW, self.db = first.views(iteration.gradient)
        before, after = iteration.before, iteration.after
        self.after = first.views(after.parameters)
        self.memory = {
            "first": _both(first, before.first, after.first),
            "second": _both(first, before.second, after.second),
        }
        share = 1.0
        if self.settings["penalty_per_example"]:
            share = 1.0 / iteration.weight
        self.l1 = float(self.settings["l1"]) * share
        self.l2 = float(self.settings["l2"]) * share
        self.norm = self._norm()
        self.clipped = self.norm > float(self.settings["clip_norm"])

    def _norm(self) -> float:
        """Return the length of the gradient before it was clipped."""
        gradient = self.iteration.data_gradient.astype(float)
        weights, _ = self.first.views(gradient)
        for dW, W in zip(weights, self.first.W, strict=True):
            dW[:] += self.l1 * np.sign(W) + self.l2 * W
        return float(np.linalg.norm(gradient))

    def rule(self) -> Rule:
        """Return the update rule with its numbers."""
        iteration = self.iteration
        return rule_of(
            iteration.rule,
            self.first.optimizer,
            iteration.learning_rate,
            iteration.before.iteration + 1,
        )

    def notes(self) -> list[str]:
        """Return what to know about the update."""
        name = self.first.optimizer.replace("_", " ")
        rate = f"{self.iteration.learning_rate:g}"
        notes = [f"Update rule: {name}, learning rate η = {rate}."]
        if self.l1 or self.l2:
            notes.append(PENALISED)
        if self.clipped:
            notes.append(
                f"The gradient, {self.norm:.4g} long, is shortened to the longest "
                f"allowed, {float(self.settings['clip_norm']):g}."
            )
        if self.first.optimizer in {"adam", "adamw"}:
            notes.append(ADAM)
        return notes

    def outcome(self) -> str:
        """Return what the update did to the example's prediction and to the cost."""
        network, iteration = self.first.network, self.iteration
        moved = network.from_config(network.config(), iteration.after.parameters)
        inputs = iteration.shown.X[:1]
        outputs = [
            ", ".join(pretty(a, 6) for a in each.feed_forward(inputs)[0][:4])
            for each in (network, moved)
        ]
        costs = [pretty(self._cost_of(each), 6) for each in (network, moved)]
        without = ["penalties"] * bool(self.l1 or self.l2)
        without += ["dropout"] * bool(self.settings["dropout"])
        told = f" (without {' and '.join(without)})" if without else ""
        row = iteration.shown.numbers[0]
        return (
            f"After the update, the prediction of example {row} goes from {outputs[0]} "
            f"to {outputs[1]}, and the cost of the batch from {costs[0]} to "
            f"{costs[1]}{told}."
        )

    def _cost_of(self, network: Network) -> float:
        batch = self.iteration.batch
        return network.cost(
            batch.X,
            batch.Y,
            self.first.cost_name,
            cost_parameter=float(self.settings["cost_parameter"]),
            sample_weight=batch.w if batch.w.size else None,
        )

    # Gradients.

    def gradients(self, at: int, j: int) -> tuple[list[Line], str]:
        """Return dW of the neuron's weights and db, and what is left out."""
        n = self.first.network.layer_sizes[at]
        shown = self.first.telling_inputs(at, j, self.limits.terms)
        lines = [self.weight_gradient(at, j, k) for k in shown]
        return [*lines, self.bias_gradient(at, j)], more_of(n, len(shown), "weight")

    def weight_gradient(self, at: int, j: int, k: int) -> Line:
        """Return dW as the sum over the batch of dZ times the weight's input."""
        dW = Name("dW", self.data_dW[at][j, k], (j + 1, k + 1), at + 1)
        products = [q.dZ(at, j) * q.source(at, k) for q in self.examples]
        w, z = self.first.w(at, j, k), self.first.z(at, j)
        lead = Derivative(Name("J", 0), z) * Derivative(z, w)
        return self._over_batch(dW, products, lead)

    def bias_gradient(self, at: int, j: int) -> Line:
        """Return db as the sum over the batch of dZ."""
        db = Name("db", self.data_db[at][j], (j + 1,), at + 1)
        lead = Derivative(Name("J", 0), self.first.bias(at, j))
        return self._over_batch(db, [q.dZ(at, j) for q in self.examples], lead)

    def _over_batch(
        self, name: Name, terms: list[Expression] | list[Name], lead: Expression
    ) -> Line:
        """Return a sum over the batch, of which some terms are written out."""
        m = len(self.iteration.batch.numbers)
        if m == 1 and self.iteration.taking_part:
            return Line(name, terms[0], lead=lead)
        most = self.limits.terms if self.iteration.taking_part else 0
        shown: list[Expression] = list(terms[:most])
        rest = float(name.number) - sum(term.value() for term in shown)
        count = m - len(shown)
        more = f"the other {count:,} examples" if shown else f"all {count:,} examples"
        numbers = one_or_sum(shortened(shown, rest, more if count else ""))
        return Line(name, Call("Σ", terms[0]), numbers, lead=lead)

    # Updates.

    def updates(self, at: int, j: int) -> tuple[list[Line], str]:
        """Return the new weights and bias of a neuron, and what is left out."""
        n = self.first.network.layer_sizes[at]
        shown = self.first.telling_inputs(at, j, self.limits.terms)
        lines = [line for k in shown for line in self.weight_update(at, j, k)]
        return [*lines, *self.bias_update(at, j)], more_of(n, len(shown), "weight")

    def weight_update(self, at: int, j: int, k: int) -> list[Line]:
        """Return the lines of one weight's update."""
        place = (j, k)
        name = self.first.w(at, j, k)
        data = Name("dW", self.data_dW[at][place], name.below, name.layer)
        lines, gradient = self._used(data, self.dW[at][place], name)
        moment = Moment(
            name,
            gradient,
            self.after[0][at][place],
            self._memory("first", 0, at, place),
            self._memory("second", 0, at, place),
            is_weight=True,
        )
        return [*lines, *self._steps(moment)]

    def bias_update(self, at: int, j: int) -> list[Line]:
        """Return the lines of one bias's update."""
        name = self.first.bias(at, j)
        data = Name("db", self.data_db[at][j], name.below, name.layer)
        lines, gradient = self._used(data, self.db[at][j], None)
        moment = Moment(
            name,
            gradient,
            self.after[1][at][j],
            self._memory("first", 1, at, (j,)),
            self._memory("second", 1, at, (j,)),
            is_weight=False,
        )
        return [*lines, *self._steps(moment)]

    def _steps(self, moment: Moment) -> list[Line]:
        return [
            Line(name, formula, becomes=name.base in KEPT)
            for name, formula in steps(self.rule(), moment)
        ]

    def _memory(
        self, which: str, kind: int, at: int, place: tuple[int, ...]
    ) -> tuple[float, float] | None:
        """Return the optimizer's memory of one parameter before and after."""
        both = self.memory[which]
        return None if both is None else tuple(views[kind][at][place] for views in both)

    def _used(
        self, data: Name, used: np.floating, weight: Name | None
    ) -> tuple[list[Line], Name]:
        """Return the gradient that the update uses, and how it came from the data's."""
        penalised = weight is not None and (self.l1 > 0 or self.l2 > 0)
        if not penalised and not self.clipped:
            return [], Name(data.base, used, data.below, data.layer)
        gradient = Name("g", used, data.below, data.layer)
        formula: Expression = data
        if weight is not None and self.l2 > 0:
            formula = formula + Name("l₂", self.l2) * weight
        if weight is not None and self.l1 > 0:
            formula = formula + Name("l₁", self.l1) * Call("sign", weight)
        if self.clipped:
            longest = Name("c", float(self.settings["clip_norm"]))
            formula = formula * longest / Name("‖g‖", self.norm)
        return [Line(gradient, formula)], gradient


Views = tuple[list[np.ndarray], list[np.ndarray]]


def _both(
    q: Quantities, before: np.ndarray, after: np.ndarray
) -> tuple[Views, Views] | None:
    """Return views of the memory before and after; None where there is no memory."""
    return (q.views(before), q.views(after)) if before.size else None

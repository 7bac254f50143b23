"""From the arrays of an iteration to the stages that are written out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from walnet.tracing.activations import activation
from walnet.tracing.costs import example_cost
from walnet.tracing.expressions import Call, Derivative, Expression, Name, constant
from walnet.tracing.lines import Group, Item, Limits, Line, Stage, more_of
from walnet.tracing.notes import CHAIN, COSTS, FORWARD, FUSED, PENALTY
from walnet.tracing.parameters import Parameters
from walnet.tracing.quantities import Quantities, one_or_sum, shortened

if TYPE_CHECKING:
    from walnet.tracing.iteration import Iteration


class Writer:
    """Writes an iteration out as stages.

    Parameters
    ----------
    iteration : Iteration
        What is written out.
    whole_batch : bool
        Whether every example shown is written out, or the first one only.
    limits : Limits
        How much is written out.
    """

    def __init__(
        self, iteration: Iteration, limits: Limits, *, whole_batch: bool
    ) -> None:
        self.iteration = iteration
        self.limits = limits
        count = len(iteration.shown.numbers)
        self.written = min(count, limits.examples) if whole_batch else 1
        self.whole_batch = whole_batch
        self.examples = [Quantities(iteration, i) for i in range(count)]
        self.first = self.examples[0]
        self.parameters = Parameters(self.examples, limits)
        self.network = iteration.network

    def stages(self) -> list[Stage]:
        """Return the four stages in the order in which they happen."""
        return [
            self.feed_forward(),
            self.cost(),
            self.back_propagation(),
            self.update(),
        ]

    def layer_title(self, at: int) -> str:
        """Return "Layer 2 (output): 1 neuron, sigmoid"."""
        n, name = self.network.layer_sizes[at + 1], self.network.activations[at]
        last = " (output)" if at == self.network.n_layers - 1 else ""
        return f"Layer {at + 1}{last}: {n:,} neuron{'' if n == 1 else 's'}, {name}"

    def _layers(self) -> list[int]:
        wanted = self.limits.layers
        return [
            at
            for at in range(self.network.n_layers)
            if wanted is None or at + 1 in wanted
        ]

    def _neurons(self, at: int) -> list[int]:
        return self.first.active_neurons(at, self.limits.neurons)

    def _more_neurons(self, at: int) -> str:
        n = self.network.layer_sizes[at + 1]
        return more_of(n, len(self._neurons(at)), "neuron")

    def _title(self, j: int, example: int) -> str:
        """Return "neuron 1", with the example where several are written out."""
        if not self.whole_batch or len(self.examples) == 1:
            return f"neuron {j + 1}"
        return f"neuron {j + 1}, example {self.iteration.shown.numbers[example]}"

    def _items(self, at: int, lines: str) -> list[Item]:
        """Return the neurons of a layer, for each example that is written out."""
        write = getattr(self, lines)
        return [
            Item(self._title(j, i), write(self.examples[i], at, j))
            for i in range(self.written)
            for j in self._neurons(at)
        ]

    # Feed-forward.

    def feed_forward(self) -> Stage:
        """Return inputs → weighted sums → activations, layer by layer."""
        groups = [
            Group(
                self.layer_title(at),
                self._general_forward(at),
                self._items(at, "forward_lines"),
                self._more_neurons(at),
            )
            for at in self._layers()
        ]
        return Stage("Feed-forward", [FORWARD], groups)

    def _general_forward(self, at: int) -> list[tuple[Name, Expression]]:
        W, b = Name("W", 0, (), at + 1), Name("b", 0, (), at + 1)
        Z, A = Name("Z", 0, (), at + 1), Name("A", 0, (), at + 1)
        before = Name("A", 0, (), at) if at else Name("X", 0)
        return [(Z, W * before + b), (A, Call(self.network.activations[at], Z))]

    def forward_lines(self, q: Quantities, at: int, j: int) -> list[Line]:
        """Return z and a of one neuron."""
        n = self.network.layer_sizes[at]
        products: list[Expression] = [q.w(at, j, i) * q.source(at, i) for i in range(n)]
        shown = q.telling_inputs(at, j, self.limits.terms)
        terms = [products[i] for i in shown]
        left_out = [products[i] for i in range(n) if i not in shown]
        rest = sum(term.value() for term in left_out)
        more = f"{len(left_out)} more terms" if left_out else ""
        total = one_or_sum((*shortened(terms, rest, more), q.bias(at, j)))
        peers = [q.z(at, i) for i in range(self.network.layer_sizes[at + 1])]
        name = self.network.activations[at]
        z, a = q.z(at, j), q.a(at, j)
        lines = [Line(z, total), Line(a, activation(name, z, peers))]
        mask = self.iteration.layers[at].mask
        if mask is not None:
            factor = Name("mask", mask[q.example, j], (j + 1,))
            told = "kept" if factor.number else "dropped"
            lines.append(Line(q.passed_on(at, j), a * factor, note=f"dropout: {told}"))
        return lines

    # Cost.

    def cost(self) -> Stage:
        """Return the cost of the examples written out, and J of the batch."""
        items = [
            Item(f"example {self.iteration.shown.numbers[i]}", [self._example_cost(i)])
            for i in range(self.written)
        ]
        left_out = len(self.iteration.batch.numbers) - self.written
        more = more_of(left_out, 0, "example") if self.whole_batch else ""
        groups = [
            Group("Cost c of one example", [], items, more),
            Group("Cost J of the batch", [], [Item("", self.cost_lines()[1:])]),
        ]
        return Stage("Cost", [COSTS[self.first.cost_name]], groups)

    def cost_lines(self) -> list[Line]:
        """Return the first example's cost, then J of the batch."""
        penalty = [self._penalty()] if self._penalised else []
        return [self._example_cost(0), self._batch_cost(), *penalty]

    @property
    def _penalised(self) -> bool:
        rule = self.iteration.rule
        return bool(rule["l1"] > 0 or rule["l2"] > 0)

    def _example_cost(self, i: int) -> Line:
        q = self.examples[i]
        formula = example_cost(q.cost_name, q.parameter, q.output())
        return Line(Name("c", self._in_precision(formula.value())), formula)

    def _in_precision(self, number: float) -> np.floating:
        made: np.floating = self.network.dtype.type(number)
        return made

    def _batch_cost(self) -> Line:
        """Return J as the mean of the costs of the examples."""
        iteration = self.iteration
        weights = iteration.batch.w
        m = (
            Name("Σs", iteration.weight)
            if weights.size
            else Name("m", iteration.weight)
        )
        known = range(len(self.examples)) if iteration.taking_part else range(0)
        shown = [i for i in known if i < self.limits.terms]
        terms: list[Expression] = [self._share_of_cost(i) for i in shown]
        rest = iteration.cost * iteration.weight - sum(t.value() for t in terms)
        count = len(iteration.batch.numbers) - len(shown)
        more = f"the other {count:,} examples" if shown else f"all {count:,} examples"
        numbers = one_or_sum(shortened(terms, rest, more if count else ""))
        symbol: Expression = Name("c", 0)
        if weights.size:
            symbol = Name("s", 0) * symbol
        data = Name("J", iteration.cost)
        divided = numbers / m if iteration.weight != 1 else numbers
        return Line(data, constant(1) / m * Call("Σ", symbol), divided)

    def _share_of_cost(self, i: int) -> Expression:
        cost = self._example_cost(i).name
        weights = self.iteration.shown.w
        return Name("s", float(weights[i])) * cost if weights.size else cost

    def _penalty(self) -> Line:
        data = Name("J", self.iteration.cost)
        extra = Name("penalty", self.iteration.penalty)
        total = self.iteration.cost + self.iteration.penalty
        return Line(Name("J", total), data + extra, becomes=True, note=PENALTY)

    # Back-propagation.

    def back_propagation(self) -> Stage:
        """Return dZ, dW and db, from the last layer to the first."""
        groups = [
            Group(
                self.layer_title(at),
                self._general_backward(at),
                [*self._items(at, "error_lines"), *self._gradients(at)],
                self._more_neurons(at),
            )
            for at in reversed(self._layers())
        ]
        return Stage("Back-propagation", self._chain_notes(), groups)

    def _chain_notes(self) -> list[str]:
        notes = [CHAIN]
        if self.first.fused:
            notes.append(FUSED)
        if not self.iteration.taking_part:
            example, m = self.iteration.shown.numbers[0], len(self.iteration.batch.X)
            notes.append(
                f"Example {example} is not among the {m} examples of this iteration's "
                "batch: its dZ is what it would have given, and dW and db are those of "
                "the batch."
            )
        return notes

    def _general_backward(self, at: int) -> list[tuple[Name, Expression]]:
        layer = at + 1
        dA, dZ = Name("dA", 0, (), layer), Name("dZ", 0, (), layer)
        before = Name("Aᵀ", 0, (), at) if at else Name("Xᵀ", 0)
        slope = Call("g′", Name("Z", 0, (), layer))
        lines: list[tuple[Name, Expression]] = []
        if at < self.network.n_layers - 1:
            error = Name("Wᵀ", 0, (), layer + 1) * Name("dZ", 0, (), layer + 1)
            lines.append((dA, error))
        return [
            *lines,
            (dZ, dA * slope),
            (Name("dW", 0, (), layer), dZ * before),
            (Name("db", 0, (), layer), Call("Σ", dZ)),
        ]

    def error_lines(self, q: Quantities, at: int, j: int) -> list[Line]:
        """Return dA, the slope and dZ of one neuron."""
        J, z, a = Name("J", 0), q.z(at, j), q.a(at, j)
        dZ = q.dZ(at, j)
        if q.is_fused(at):
            return [Line(dZ, q.dZ_formula(at, j), lead=Derivative(J, z))]
        by_a = Derivative(J, a)
        formula = q.dA_formula(at, j, self.limits.terms)
        lines = [Line(q.dA(at, j), formula, lead=by_a)]
        slope = q.slope_formula(at, j)
        if slope is None:
            return [*lines, Line(dZ, q.dZ_formula(at, j), lead=Derivative(J, z))]
        g_prime = Name("g′", self._in_precision(slope.value()), (j + 1,), at + 1)
        by_z = Derivative(a, z)
        lines.append(Line(g_prime, slope, lead=by_z))
        return [*lines, Line(dZ, q.dZ_formula(at, j), lead=by_a * by_z)]

    def _gradients(self, at: int) -> list[Item]:
        return [
            Item(
                f"weights and bias of neuron {j + 1}", *self.parameters.gradients(at, j)
            )
            for j in self._neurons(at)
        ]

    # Update.

    def update(self) -> Stage:
        """Return every parameter before → after."""
        groups = [
            Group(
                self.layer_title(at),
                [],
                [
                    Item(f"neuron {j + 1}", *self.parameters.updates(at, j))
                    for j in self._neurons(at)
                ],
                self._more_neurons(at),
            )
            for at in self._layers()
        ]
        ending = self.parameters.outcome()
        return Stage("Update", self.parameters.notes(), groups, ending)

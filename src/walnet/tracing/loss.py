"""The end of the chain: the cost of the outputs, and how it goes back into them."""

from __future__ import annotations

import numpy as np

from walnet.engine.kernels.costs import COSTS as COST_ROWS
from walnet.tracing.costs import COSTS, Distance, Entropy, Output, Own
from walnet.tracing.dense import Dense
from walnet.tracing.expressions import Call, Expression, Name, constant, partial_sum
from walnet.tracing.iteration import Iteration
from walnet.tracing.layer import Sink
from walnet.tracing.lines import Line


class Loss(Sink):
    """The cost J of an iteration.

    Parameters
    ----------
    iteration : Iteration
        Where the numbers come from.
    last : Dense
        The output layer.
    """

    def __init__(self, iteration: Iteration, last: Dense) -> None:
        self.iteration, self.last = iteration, last
        code = int(iteration.rule["cost"])
        self.name = next(name for name, row in COST_ROWS.items() if row.code == code)
        self.cost: Distance | Entropy | Own = COSTS[self.name]
        if iteration.own_cost is not None:
            self.name = "own"
            self.cost = Own(iteration.own_cost, last.held.A.dtype)
        number = float(iteration.rule["cost_parameter"])
        self.parameter = Name(self.cost.parameter or "δ", number)
        self.count = len(iteration.shown)
        self.smoothing = float(iteration.rule["smoothing"])

    @property
    def is_fused(self) -> bool:
        """Whether it goes back in one step with the output's activation."""
        return isinstance(self.cost, Entropy)

    def target(self, example: int, k: int) -> Name:
        """Return a target, smoothed where labels are."""
        given = self._given_target(example, k)
        if not self.smoothing:
            return given
        number = self.last.precise(self._smoothed(given).value())
        return Name("ỹ", number, given.below)

    @property
    def _classes(self) -> int:
        """How many classes a target is one of: each sigmoid tells two apart."""
        return 2 if self.name == "binary_cross_entropy" else self.last.size

    def _given_target(self, example: int, k: int) -> Name:
        """Return a target as the data have it."""
        below = (k + 1,) if self.last.size > 1 else ()
        return Name("y", self.iteration.shown.Y[example, k], below)

    def _smoothed(self, y: Name) -> Expression:
        """Return ``(1 − ε)·y + ε/K``: a little of the label is given to each class."""
        ε, classes = Name("ε", self.smoothing), Name("K", self._classes)  # noqa: PLC2401
        return (constant(1) - ε) * y + ε / classes

    def smoothing_lines(self, example: int) -> list[Line]:
        """Return the smoothed targets: that of the label, and one of the others."""
        if not self.smoothing:
            return []
        values = self.iteration.shown.Y[example]
        shown = sorted({int(values.argmax()), int(values.argmin())})
        given = [self._given_target(example, k) for k in shown]
        note = "labels are smoothed"
        return [
            Line(self.target(example, k), self._smoothed(y), note=note)
            for k, y in zip(shown, given, strict=True)
        ]

    def output(self, example: int) -> Output:
        """Return the output layer beside the targets."""
        indices = range(self.last.size)
        return Output(
            [self.last.z(example, j) for j in indices],
            [self.last.a(example, j) for j in indices],
            [self.target(example, k) for k in indices],
        )

    # The cost.

    def of_example(self, example: int) -> Line:
        """Return the cost of one example."""
        formula = self.cost.example(self.output(example), self.parameter)
        return Line(Name("c", self.last.precise(formula.value())), formula)

    def of_batch(self, most: int) -> Line:
        """Return J as the mean of the costs of the examples."""
        iteration = self.iteration
        weighted = iteration.batch.w.size > 0
        m = Name("Σs" if weighted else "m", iteration.weight)
        count = min(self.count, most) if iteration.in_batch else 0
        terms = [self._share_of_cost(i) for i in range(count)]
        rest = iteration.cost * iteration.weight - sum(term.value() for term in terms)
        left_out = len(iteration.batch) - count
        numbers = partial_sum(terms, rest, others(left_out, count))
        symbol: Expression = Name("c", 0)
        if weighted:
            symbol = Name("s", 0) * symbol
        mean = numbers / m if iteration.weight != 1 else numbers
        return Line(
            Name("J", iteration.cost), constant(1) / m * Call("Σ", symbol), mean
        )

    def _share_of_cost(self, example: int) -> Expression:
        cost, weights = self.of_example(example).name, self.iteration.shown.w
        return Name("s", float(weights[example])) * cost if weights.size else cost

    def penalty(self) -> list[Line]:
        """Return J with its penalties, where there are any."""
        rule, iteration = self.iteration.rule, self.iteration
        if not (rule["l1"] > 0 or rule["l2"] > 0):
            return []
        parts = Name("J", iteration.cost) + Name("penalty", iteration.penalty)
        total = Name("J", iteration.cost + iteration.penalty)
        note = "the penalty on large weights"
        return [Line(total, parts, becomes=True, note=note)]

    # The way back.

    def share(self, piece: Expression, example: int) -> Expression:
        """Return a derivative of the example's cost as one of J: times its share."""
        iteration = self.iteration
        outputs = self.last.size if isinstance(self.cost, Distance) else 1
        bottom: Expression = Name("m", iteration.weight)
        if iteration.shown.w.size:
            weight = Name("s", float(iteration.shown.w[example]))
            piece, bottom = weight * piece, Name("Σs", iteration.weight)
        if outputs > 1:
            bottom = bottom * Name("n", outputs)
        if float(iteration.weight) == 1 and outputs == 1:
            return piece
        return piece / bottom

    def fused_error(self, example: int, j: int) -> Expression | None:
        """Return ∂J/∂z of an output, for a cross-entropy."""
        if not isinstance(self.cost, Entropy):
            return None
        return self.share(self.cost.output_error(self.output(example), j), example)

    def input_error(self, example: int, k: int, most: int) -> Expression:  # noqa: ARG002
        """Return ∂J/∂a of an output; 0 where it is not worked out alone."""
        if isinstance(self.cost, Entropy):
            return constant(0)
        if isinstance(self.cost, Own):
            return self.share(self.cost.slope(self.output(example), k), example)
        a, y = self.last.a(example, k), self.target(example, k)
        return self.share(self.cost.slope(a, y, self.parameter), example)

    def input_errors(self, example: int) -> np.ndarray:
        """Return ∂J/∂a of all outputs."""
        indices = range(self.last.size)
        numbers = [self.input_error(example, k, 1).value() for k in indices]
        return np.array(numbers, self.last.held.A.dtype)


def others(left_out: int, shown: int) -> str:
    """Return "the other 49 examples", or nothing where none are left out."""
    if not left_out:
        return ""
    which = "the other" if shown else "all"
    return f"{which} {left_out:,} examples"

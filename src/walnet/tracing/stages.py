"""From the arrays of a pass to the stages that are written out."""

from __future__ import annotations

from walnet.engine.kernels.types import LEVELS as LEVEL_KIND
from walnet.engine.kernels.types import NUMBERS, RAMPS, SCALE
from walnet.tracing.chain import Chain
from walnet.tracing.iteration import Iteration
from walnet.tracing.layer import Layer
from walnet.tracing.lines import Group, Item, Limits, Line, Stage, more_of
from walnet.tracing.parameters import ParameterLines
from walnet.tracing.passes import Pass

FORWARD = (
    "Each neuron multiplies its inputs with its weights, adds them up with its bias, "
    "and passes the sum z through its activation function: a = g(z). Of layer 1, "
    "w₁₂⁽¹⁾ is the weight from input 2 to neuron 1."
)
FRONT = (
    "In front of layer 1, what a network reads is prepared by layers that have learned "
    "as well. {}"
)
COSINES = (
    "A number becomes itself and three mixtures of cosines of it, with frequencies f, "
    "phases p, weights u and constants k: e₂₁ is the first mixture of number x₂, and "
    "u₂₁₃ the weight of its third cosine c₂₃ in it. "
)
RISES = (
    "A number becomes itself and three mixtures of ramps of it, with weights u and "
    "constants k: e₂₁ is the first mixture of number x₂, and u₂₁₃ the weight of its "
    "third ramp r₂₃ in it. A ramp rises from 0 to 1 where its slope f and its offset p "
    "say. These are not learned but set, usually by quantiles of the training rows. "
)
SCALED = "What comes out, times a learned number s, is a⁽⁰⁾, the inputs of layer 1."
LEVELS = "Each level of a category becomes a row of a learned table. "
_SAID = {NUMBERS: COSINES, RAMPS: RISES, LEVEL_KIND: LEVELS, SCALE: SCALED}
SLOPES = "A neuron's learned slope α says how much of its activation function it takes."
CHAIN = (
    "The chain rule, from the output back: how J changes with a weight is how J "
    "changes with the neuron's activation (dA = ∂J/∂a), times how that changes with "
    "its weighted input (the slope g′ = ∂a/∂z), times how z changes with the weight "
    "(∂z/∂w, the input that the weight multiplies). The first two make dZ = ∂J/∂z."
)
FUSED = (
    "Cross-entropy with its own output activation: dA and g′ multiplied out leave "
    "a − y."
)


class Writer:
    """Writes a pass, or a whole iteration, out as stages.

    Parameters
    ----------
    passed : Pass
        What is written out.
    limits : Limits
        How much is written out.
    whole_batch : bool
        Whether every example shown is written out, or the first one only.
    """

    def __init__(
        self, passed: Pass, limits: Limits, *, whole_batch: bool = False
    ) -> None:
        self.passed, self.limits = passed, limits
        self.whole_batch = whole_batch
        self.n_shown = len(passed.shown)
        self.n_written = min(self.n_shown, limits.examples) if whole_batch else 1
        self.chain = Chain(passed)

    @property
    def iteration(self) -> Iteration:
        """The iteration, where there is one."""
        assert isinstance(self.passed, Iteration)  # noqa: S101 - as its callers know
        return self.passed

    def stages(self) -> list[Stage]:
        """Return the four stages of an iteration in the order in which they happen."""
        return [self.feed_forward(), *self.learning()]

    def learning(self) -> list[Stage]:
        """Return what follows feed-forward where a target is known."""
        return [self.cost(), self.back_propagation(), self.update()]

    def forward_lines(self, layer: Layer, j: int) -> dict[str, list[Line]]:
        """Return the lines of one item on the way forward, for the first example."""
        return {"feed_forward": layer.forward(0, j, self.limits.terms)}

    def lines(self, layer: Layer, j: int) -> dict[str, list[Line]]:
        """Return the lines of one item of a layer by stage, for the first example."""
        terms, written = self.limits.terms, self._parameter_lines()
        parameters, _ = layer.shown_parameters(j, terms)
        gradients = [written.gradient(each) for each in parameters]
        updates = [line for each in parameters for line in written.update(each)]
        return {
            **self.forward_lines(layer, j),
            "cost": [*self._example_cost(0), *self._batch_cost()],
            "back_propagation": [*layer.backward(0, j, terms), *gradients],
            "update": updates,
        }

    def _parameter_lines(self) -> ParameterLines:
        return ParameterLines(self.iteration, self.limits.terms)

    # Which layers and neurons.

    def _shown_layers(self) -> list[Layer]:
        wanted = self.limits.layers
        return [
            layer
            for layer in self.chain.layers
            if wanted is None or (layer.number or 0) in wanted
        ]

    def _shown_items(self, layer: Layer) -> list[int]:
        return layer.active(self.limits.neurons)

    def _more(self, layer: Layer) -> str:
        return layer.more(len(self._shown_items(layer)))

    def _title(self, layer: Layer, j: int, example: int) -> str:
        """Return "neuron 1", with the example where several are written out."""
        title = layer.item_title(j)
        if not self.whole_batch or self.n_shown == 1:
            return title
        return f"{title}, example {self.passed.shown.numbers[example]}"

    # The stages.

    def feed_forward(self) -> Stage:
        """Return inputs → weighted sums → activations, layer by layer."""
        groups = [
            Group(
                layer.title(),
                layer.forward_formulas(),
                [
                    Item(
                        self._title(layer, j, i),
                        layer.forward(i, j, self.limits.terms),
                    )
                    for i in range(self.n_written)
                    for j in self._shown_items(layer)
                ],
                self._more(layer),
            )
            for layer in self._shown_layers()
        ]
        return Stage("Feed-forward", self._forward_notes(), groups)

    def _forward_notes(self) -> list[str]:
        """Return what to know about the layers that there are."""
        records = self.passed.records
        notes = [FORWARD]
        if self.chain.front:
            kinds = set(records["kind"].tolist())
            texts = [text for kind, text in _SAID.items() if kind in kinds]
            notes.insert(0, FRONT.format("".join(texts)).strip())
        return [*notes, *[SLOPES] * bool((records["slopes"] >= 0).any())]

    def cost(self) -> Stage:
        """Return the cost of the examples written out, and J of the batch."""
        numbers = self.passed.shown.numbers
        items = [
            Item(f"example {numbers[i]}", self._example_cost(i))
            for i in range(self.n_written)
        ]
        left_out = len(self.iteration.batch) - self.n_written
        more = more_of(left_out, 0, "example") if self.whole_batch else ""
        groups = [
            Group("Cost c of one example", [], items, more),
            Group("Cost J of the batch", [], [Item("", self._batch_cost())]),
        ]
        return Stage("Cost", [self.chain.cost.cost.note], groups)

    def _example_cost(self, example: int) -> list[Line]:
        loss = self.chain.cost
        return [*loss.smoothing_lines(example), loss.of_example(example)]

    def _batch_cost(self) -> list[Line]:
        loss = self.chain.cost
        return [loss.of_batch(self.limits.terms), *loss.penalty()]

    def back_propagation(self) -> Stage:
        """Return dZ, dW and db, from the last layer to the first."""
        groups = [
            Group(
                layer.title(),
                layer.backward_formulas(),
                [*self._errors(layer), *self._gradients(layer)],
                self._more(layer),
            )
            for layer in reversed(self._shown_layers())
        ]
        return Stage("Back-propagation", self._chain_notes(), groups)

    def _chain_notes(self) -> list[str]:
        notes = [CHAIN, FUSED] if self.chain.cost.is_fused else [CHAIN]
        if not self.iteration.in_batch:
            example, m = self.passed.shown.numbers[0], len(self.iteration.batch)
            notes.append(
                f"Example {example} is not among the {m} examples of this iteration's "
                "batch: its dZ is what it would have given, and dW and db are those of "
                "the batch."
            )
        return notes

    def _errors(self, layer: Layer) -> list[Item]:
        return [
            Item(self._title(layer, j, i), layer.backward(i, j, self.limits.terms))
            for i in range(self.n_written)
            for j in self._shown_items(layer)
        ]

    def _gradients(self, layer: Layer) -> list[Item]:
        written = self._parameter_lines()
        items: list[Item] = []
        for j in self._shown_items(layer):
            parameters, more = layer.shown_parameters(j, self.limits.terms)
            lines = [written.gradient(each) for each in parameters]
            items.append(Item(f"parameters of {layer.item_title(j)}", lines, more))
        return items

    def update(self) -> Stage:
        """Return every parameter before → after."""
        written = self._parameter_lines()
        groups = [
            Group(layer.title(), [], self._updates(layer, written), self._more(layer))
            for layer in self._shown_layers()
        ]
        outcome = written.outcome(self.chain.cost.name)
        return Stage("Update", written.notes(), groups, outcome)

    def _updates(self, layer: Layer, written: ParameterLines) -> list[Item]:
        items: list[Item] = []
        for j in self._shown_items(layer):
            parameters, more = layer.shown_parameters(j, self.limits.terms)
            if not items:
                items += written.factors(parameters)
            lines = [line for each in parameters for line in written.update(each)]
            items.append(Item(layer.item_title(j), lines, more))
        return items

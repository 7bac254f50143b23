"""From the arrays of an iteration to the stages that are written out."""

from __future__ import annotations

from walnet.tracing.chain import Chain
from walnet.tracing.iteration import Iteration
from walnet.tracing.layer import Layer
from walnet.tracing.lines import Group, Item, Limits, Line, Stage, more_of
from walnet.tracing.parameters import ParameterLines

FORWARD = (
    "Each neuron multiplies its inputs with its weights, adds them up with its bias, "
    "and passes the sum z through its activation function: a = g(z). Of layer 1, "
    "w₁₂⁽¹⁾ is the weight from input 2 to neuron 1."
)
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
    """Writes an iteration out as stages.

    Parameters
    ----------
    iteration : Iteration
        What is written out.
    limits : Limits
        How much is written out.
    whole_batch : bool
        Whether every example shown is written out, or the first one only.
    """

    def __init__(
        self, iteration: Iteration, limits: Limits, *, whole_batch: bool
    ) -> None:
        self.iteration, self.limits = iteration, limits
        self.whole_batch = whole_batch
        self.n_shown = len(iteration.shown.numbers)
        self.n_written = min(self.n_shown, limits.examples) if whole_batch else 1
        chain = Chain(iteration)
        self.layers, self.loss = chain.layers, chain.loss
        self.parameters = ParameterLines(iteration, limits.terms)

    def stages(self) -> list[Stage]:
        """Return the four stages in the order in which they happen."""
        return [
            self.feed_forward(),
            self.cost(),
            self.back_propagation(),
            self.update(),
        ]

    def lines(self, at: int, j: int) -> dict[str, list[Line]]:
        """Return the lines of one neuron by stage, for the first example."""
        layer, terms = self.layers[at], self.limits.terms
        parameters, _ = layer.shown_parameters(j, terms)
        gradients = [self.parameters.gradient(each) for each in parameters]
        updates = [line for each in parameters for line in self.parameters.update(each)]
        return {
            "feed_forward": layer.forward(0, j, terms),
            "cost": [self.loss.of_example(0), *self._batch_cost()],
            "back_propagation": [*layer.backward(0, j, terms), *gradients],
            "update": updates,
        }

    # Which layers and neurons.

    def _shown_layers(self) -> list[Layer]:
        wanted = self.limits.layers
        return [
            layer
            for number, layer in enumerate(self.layers, 1)
            if wanted is None or number in wanted
        ]

    def _shown_neurons(self, layer: Layer) -> list[int]:
        return layer.active(self.limits.neurons)

    def _more_neurons(self, layer: Layer) -> str:
        return layer.more(len(self._shown_neurons(layer)))

    def _title(self, j: int, example: int) -> str:
        """Return "neuron 1", with the example where several are written out."""
        if not self.whole_batch or self.n_shown == 1:
            return f"neuron {j + 1}"
        return f"neuron {j + 1}, example {self.iteration.shown.numbers[example]}"

    # The stages.

    def feed_forward(self) -> Stage:
        """Return inputs → weighted sums → activations, layer by layer."""
        groups = [
            Group(
                layer.title(),
                layer.forward_formulas(),
                [
                    Item(self._title(j, i), layer.forward(i, j, self.limits.terms))
                    for i in range(self.n_written)
                    for j in self._shown_neurons(layer)
                ],
                self._more_neurons(layer),
            )
            for layer in self._shown_layers()
        ]
        return Stage("Feed-forward", [FORWARD], groups)

    def cost(self) -> Stage:
        """Return the cost of the examples written out, and J of the batch."""
        numbers = self.iteration.shown.numbers
        items = [
            Item(f"example {numbers[i]}", [self.loss.of_example(i)])
            for i in range(self.n_written)
        ]
        left_out = len(self.iteration.batch.numbers) - self.n_written
        more = more_of(left_out, 0, "example") if self.whole_batch else ""
        groups = [
            Group("Cost c of one example", [], items, more),
            Group("Cost J of the batch", [], [Item("", self._batch_cost())]),
        ]
        return Stage("Cost", [self.loss.cost.note], groups)

    def _batch_cost(self) -> list[Line]:
        return [self.loss.of_batch(self.limits.terms), *self.loss.penalty()]

    def back_propagation(self) -> Stage:
        """Return dZ, dW and db, from the last layer to the first."""
        groups = [
            Group(
                layer.title(),
                layer.backward_formulas(),
                [*self._errors(layer), *self._gradients(layer)],
                self._more_neurons(layer),
            )
            for layer in reversed(self._shown_layers())
        ]
        return Stage("Back-propagation", self._chain_notes(), groups)

    def _chain_notes(self) -> list[str]:
        notes = [CHAIN, FUSED] if self.loss.is_fused else [CHAIN]
        if not self.iteration.in_batch:
            example, m = self.iteration.shown.numbers[0], len(self.iteration.batch.X)
            notes.append(
                f"Example {example} is not among the {m} examples of this iteration's "
                "batch: its dZ is what it would have given, and dW and db are those of "
                "the batch."
            )
        return notes

    def _errors(self, layer: Layer) -> list[Item]:
        return [
            Item(self._title(j, i), layer.backward(i, j, self.limits.terms))
            for i in range(self.n_written)
            for j in self._shown_neurons(layer)
        ]

    def _gradients(self, layer: Layer) -> list[Item]:
        items = []
        for j in self._shown_neurons(layer):
            parameters, more = layer.shown_parameters(j, self.limits.terms)
            lines = [self.parameters.gradient(each) for each in parameters]
            items.append(Item(f"weights and bias of neuron {j + 1}", lines, more))
        return items

    def update(self) -> Stage:
        """Return every parameter before → after."""
        groups = [
            Group(layer.title(), [], self._updates(layer), self._more_neurons(layer))
            for layer in self._shown_layers()
        ]
        outcome = self.parameters.outcome(self.loss.name)
        return Stage("Update", self.parameters.notes(), groups, outcome)

    def _updates(self, layer: Layer) -> list[Item]:
        items = []
        for j in self._shown_neurons(layer):
            parameters, more = layer.shown_parameters(j, self.limits.terms)
            lines = [
                line for each in parameters for line in self.parameters.update(each)
            ]
            items.append(Item(f"neuron {j + 1}", lines, more))
        return items

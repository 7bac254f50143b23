"""The quantities of one iteration by their names: what formulas are made of."""

from __future__ import annotations

from typing import TYPE_CHECKING, SupportsFloat

import numpy as np

from walnet.engine.kernels import passes
from walnet.engine.plan import COSTS, OPTIMIZERS, weights_of
from walnet.tracing.activations import slope, softmax_error
from walnet.tracing.costs import Output, distance_slope, entropy_error
from walnet.tracing.expressions import Expression, Name, Rest, Sum, constant

if TYPE_CHECKING:
    from walnet.tracing.iteration import Iteration

_FUSED = {"binary_cross_entropy", "categorical_cross_entropy"}


def name_of_code(names: dict[str, int], code: int) -> str:
    """Return the name that a kernels' code stands for."""
    return next(name for name, each in names.items() if each == code)


def shortened(
    terms: list[Expression], rest: SupportsFloat, more: str
) -> tuple[Expression, ...]:
    """Return terms, and the sum of those that are left out as one more."""
    return (*terms, Rest(more, float(rest))) if more else tuple(terms)


class Quantities:
    """Names with numbers for one example of an iteration.

    Layers, neurons and inputs are counted from 0 here and from 1 where they are
    printed.

    Parameters
    ----------
    iteration : Iteration
        Where the numbers come from.
    example : int
        Place among the examples that are written out.
    """

    def __init__(self, iteration: Iteration, example: int) -> None:
        self.iteration = iteration
        self.example = example
        self.network = iteration.network
        self.cost_name = name_of_code(COSTS, int(iteration.rule["cost"]))
        self.optimizer = name_of_code(OPTIMIZERS, int(iteration.rule["optimizer"]))
        self.W, self.b = self.network.weights, self.network.biases
        self.fused = self.cost_name in _FUSED
        self._dA = self._all_dA()

    def views(self, flat: np.ndarray) -> tuple[list[np.ndarray], list[np.ndarray]]:
        """Return W and b of each layer as views of a vector like the parameters."""
        plan = self.iteration.plan
        return (
            [weights_of(layer, flat) for layer in plan],
            [passes.biases_of(layer, flat) for layer in plan],
        )

    # Names.

    def w(self, at: int, j: int, k: int) -> Name:
        """Return a weight: from input k to neuron j."""
        return Name("w", self.W[at][j, k], (j + 1, k + 1), at + 1)

    def bias(self, at: int, j: int) -> Name:
        """Return a bias."""
        return Name("b", self.b[at][j], (j + 1,), at + 1)

    def z(self, at: int, j: int) -> Name:
        """Return a weighted input."""
        number = self.iteration.layers[at].Z[self.example, j]
        return Name("z", number, (j + 1,), at + 1)

    def a(self, at: int, j: int) -> Name:
        """Return an activation, before any dropout."""
        number = self.iteration.layers[at].A[self.example, j]
        return Name("a", number, (j + 1,), at + 1)

    def passed_on(self, at: int, j: int) -> Name:
        """Return what neuron j hands to the next layer."""
        held = self.iteration.layers[at]
        if held.mask is None:
            return self.a(at, j)
        return Name("ã", held.passed_on[self.example, j], (j + 1,), at + 1)

    def source(self, at: int, k: int) -> Name:
        """Return input k of layer at: x, or what the layer before hands on."""
        if at == 0:
            return Name("x", self.iteration.shown.X[self.example, k], (k + 1,))
        return self.passed_on(at - 1, k)

    def target(self, k: int) -> Name:
        """Return a target."""
        below = (k + 1,) if self.network.n_outputs > 1 else ()
        return Name("y", self.iteration.shown.Y[self.example, k], below)

    def dZ(self, at: int, j: int) -> Name:
        """Return the derivative of J by a weighted input."""
        number = self.iteration.layers[at].dZ[self.example, j]
        return Name("dZ", number, (j + 1,), at + 1)

    def dA(self, at: int, j: int) -> Name:
        """Return the derivative of J by an activation."""
        return Name("dA", self._dA[at][j], (j + 1,), at + 1)

    def output(self) -> Output:
        """Return the output layer beside the targets."""
        last, n = self.network.n_layers - 1, self.network.n_outputs
        return Output(
            [self.z(last, j) for j in range(n)],
            [self.a(last, j) for j in range(n)],
            [self.target(k) for k in range(n)],
        )

    @property
    def parameter(self) -> Name:
        """The cost's parameter: Huber's delta, the quantile's level."""
        letter = "τ" if self.cost_name == "quantile" else "δ"
        return Name(letter, float(self.iteration.rule["cost_parameter"]))

    # What is shown where not all is.

    def active_neurons(self, at: int, most: int) -> list[int]:
        """Return the most active neurons of a layer: a dead one explains nothing."""
        return largest(self.iteration.layers[at].A[self.example], most)

    def telling_inputs(self, at: int, j: int, most: int) -> list[int]:
        """Return the inputs that move a neuron's weighted sum most."""
        iteration = self.iteration
        inputs = iteration.layers[at - 1].passed_on if at else iteration.shown.X
        return largest(self.W[at][j] * inputs[self.example], most)

    # Formulas.

    def weighted(self, piece: Expression) -> Expression:
        """Return a derivative of the example's cost as one of J: times its share."""
        iteration = self.iteration
        outputs = 1 if self.fused else self.network.n_outputs
        bottom: Expression = Name("m", iteration.weight)
        if iteration.shown.w.size:
            weight = Name("s", float(iteration.shown.w[self.example]))
            piece, bottom = weight * piece, Name("Σs", iteration.weight)
        if outputs > 1:
            bottom = bottom * Name("n", outputs)
        if float(iteration.weight) == 1 and outputs == 1:
            return piece
        return piece / bottom

    def dA_formula(self, at: int, j: int, most: int) -> Expression:
        """Return the derivative of J by an activation, of at most so many terms."""
        if at == self.network.n_layers - 1:
            a, y = self.a(at, j), self.target(j)
            slope_of_cost = distance_slope(self.cost_name, self.parameter, a, y)
            return self.weighted(slope_of_cost)
        n = self.network.layer_sizes[at + 2]
        errors = self.iteration.layers[at + 1].dZ[self.example].astype(float)
        products = self.W[at + 1][:, j] * errors
        shown = largest(products, most)
        terms: list[Expression] = [
            self.w(at + 1, i, j) * self.dZ(at + 1, i) for i in shown
        ]
        rest = float(np.delete(products, shown).sum())
        more = f"{n - len(shown)} more terms" if n > len(shown) else ""
        total = shortened(terms, rest, more)
        inner = total[0] if len(total) == 1 else Sum(total)
        mask = self.iteration.layers[at].mask
        if mask is None:
            return inner
        return Name("mask", mask[self.example, j], (j + 1,)) * inner

    def slope_formula(self, at: int, j: int) -> Expression | None:
        """Return g'(z); None for a softmax, whose neurons depend on one another."""
        name = self.network.activations[at]
        if name == "softmax":
            return None
        return slope(name, self.z(at, j), self.a(at, j))

    def is_fused(self, at: int) -> bool:
        """Whether cost and activation of this layer go back in one step."""
        return self.fused and at == self.network.n_layers - 1

    def dZ_formula(self, at: int, j: int) -> Expression:
        """Return the derivative of J by a weighted input: the chain rule."""
        if self.is_fused(at):
            return self.weighted(entropy_error(self.cost_name, self.output(), j))
        g_prime = self.slope_formula(at, j)
        if g_prime is not None:
            number = self._in_precision(g_prime.value())
            return self.dA(at, j) * Name("g′", number, (j + 1,), at + 1)
        peers = range(self.network.layer_sizes[at + 1])
        return softmax_error(
            j, [self.a(at, i) for i in peers], [self.dA(at, i) for i in peers]
        )

    def _in_precision(self, number: float) -> np.floating:
        made: np.floating = self.network.dtype.type(number)
        return made

    def _all_dA(self) -> list[np.ndarray]:
        """Work out every dA of the example; training keeps only dZ."""
        found = []
        for at, layer in enumerate(self.iteration.layers):
            if at == self.network.n_layers - 1:
                found.append(self._output_dA())
                continue
            errors = self.iteration.layers[at + 1].dZ[self.example]
            dA = errors @ self.W[at + 1]
            found.append(dA if layer.mask is None else dA * layer.mask[self.example])
        return found

    def _output_dA(self) -> np.ndarray:
        """Return dA of the output layer; zeros where it is not worked out alone."""
        n, last = self.network.n_outputs, self.network.n_layers - 1
        if self.fused:
            return np.zeros(n, self.network.dtype)
        numbers = [self.dA_formula(last, j, 0).value() for j in range(n)]
        return np.array(numbers, self.network.dtype)


def largest(values: np.ndarray, most: int) -> list[int]:
    """Return the places of the largest sizes, in ascending order; of equals the first.

    Examples
    --------
    >>> largest(np.array([0.1, -3.0, 0.0, 2.0]), 2)
    [1, 3]
    """
    by_size = np.argsort(-np.abs(values), kind="stable")
    return sorted(by_size[:most].tolist())


def one_or_sum(terms: tuple[Expression, ...]) -> Expression:
    """Return the sum of terms; of one term, itself; of none, 0."""
    if not terms:
        return constant(0)
    return terms[0] if len(terms) == 1 else Sum(terms)

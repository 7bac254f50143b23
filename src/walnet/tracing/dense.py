"""A dense layer written out: weighted sums, activation, dropout, and the way back."""

from __future__ import annotations

from typing import Any

import numpy as np

from walnet.engine.layout import neurons_view, weights_view
from walnet.tracing.activations import ACTIVATIONS, SOFTMAX, softmax, softmax_error
from walnet.tracing.expressions import (
    Call,
    Derivative,
    Expression,
    Name,
    constant,
    more_terms,
    partial_sum,
)
from walnet.tracing.layer import (
    Block,
    Formulas,
    Layer,
    Learned,
    Parameter,
    Source,
    largest,
)
from walnet.tracing.lines import Line, check_number, more_of
from walnet.tracing.normalization import Normalization
from walnet.tracing.passes import Pass

J = Name("J", 0)
ONE = constant(1)


class Dense(Layer):
    """``Z = W·A_prev + b`` and ``A = g(Z)``, and what may come between and after.

    Parameters
    ----------
    passed, at, before, number
        As for every layer.
    """

    number: int

    def __init__(self, passed: Pass, at: int, before: Source, number: int) -> None:
        super().__init__(passed, at, before, number)
        parameters, record = passed.network.parameters, self.record
        self.W: np.ndarray = weights_view(record, parameters)
        self.b: np.ndarray = neurons_view(record, "biases", parameters)
        self.slopes: np.ndarray | None = None
        if record["slopes"] >= 0:
            self.slopes = neurons_view(record, "slopes", parameters)
        self.normalization: Normalization | None = None
        if self.held.normalized is not None:
            self.normalization = Normalization(self, self.held.normalized)
        self.activation = passed.network.activations[number - 1]
        self.is_last = number == passed.network.n_layers
        self._dA: dict[int, np.ndarray] = {}

    def title(self) -> str:
        """Return "Layer 2 (output): 1 neuron, sigmoid"."""
        last = " (output)" if self.is_last else ""
        neurons = f"{self.size:,} neuron{'' if self.size == 1 else 's'}"
        extras = ", normalised" * (self.normalization is not None)
        extras += " with learned slopes" * (self.slopes is not None)
        return f"Layer {self.number}{last}: {neurons}, {self.activation}{extras}"

    # Names, with their numbers.

    def name(self, base: str, number: Any, *below: int) -> Name:
        """Return a quantity of this layer."""
        return Name(base, number, below, self.number)

    def w(self, j: int, k: int) -> Name:
        """Return the weight from input k to neuron j."""
        return self.name("w", self.W[j, k], j + 1, k + 1)

    def bias(self, j: int) -> Name:
        """Return the bias of neuron j."""
        return self.name("b", self.b[j], j + 1)

    def slope_weight(self, j: int) -> Name:
        """Return how much of the activation neuron j has learned to take."""
        assert self.slopes is not None  # noqa: S101 - as its callers know
        return self.name("α", self.slopes[j], j + 1)

    def z(self, example: int, j: int) -> Name:
        """Return the weighted input of neuron j."""
        return self.name("z", self.held.Z[example, j], j + 1)

    def g(self, example: int, j: int) -> Name:
        """Return the activation function's value: a, unless slopes come after it."""
        base = "a" if self.slopes is None else "g"
        return self.name(base, self.held.G[example, j], j + 1)

    def a(self, example: int, j: int) -> Name:
        """Return the activation of neuron j, before any dropout."""
        if self.slopes is None:
            return self.g(example, j)
        if self.held.mask is None:
            return self.name("a", self.held.A[example, j], j + 1)
        blend = self._blend(example, j).value()
        return self.name("a", self.precise(blend), j + 1)

    def output(self, example: int, j: int) -> Name:
        """Return what neuron j hands on: a, or what dropout makes of it."""
        if self.held.mask is None:
            return self.a(example, j)
        return self.name("ã", self.held.A[example, j], j + 1)

    def dA(self, example: int, j: int) -> Name:  # noqa: N802
        """Return ∂J/∂a of neuron j, which training does not keep."""
        if example not in self._dA:
            dA = self.after.input_errors(example)
            mask = self.held.mask
            self._dA[example] = dA if mask is None else dA * mask[example]
        return self.name("dA", self._dA[example][j], j + 1)

    def dZ(self, example: int, j: int) -> Name:  # noqa: N802
        """Return ∂J/∂z of neuron j."""
        if self.normalization is not None:
            return self.name("dZ", self.normalization.dZ(example)[j], j + 1)
        return self.name("dZ", self.held.dZ[example, j], j + 1)

    def error(self, example: int, j: int) -> Name:
        """Return the derivative of J by the weighted sum of neuron j."""
        if self.normalization is None:
            return self.dZ(example, j)
        return self.name("dU", self.held.dZ[example, j], j + 1)

    def mask(self, example: int, j: int) -> Name | None:
        """Return what dropout multiplies with, if there is dropout."""
        mask = self.held.mask
        return None if mask is None else Name("mask", mask[example, j], (j + 1,))

    # Forward.

    def forward_formulas(self) -> Formulas:
        """Return Z and A."""
        W, b, Z, G, α = (Name(name, 0, (), self.number) for name in "WbZGα")  # noqa: PLC2401
        sums = W * self.before.symbol()
        formulas: Formulas = [(Z, sums + b)]
        if self.normalization is not None:
            formulas = self.normalization.forward_formulas(sums)
        activated = Call(self.activation, Z)
        if self.slopes is None:
            return [*formulas, (self.symbol(), activated)]
        return [*formulas, (G, activated), (self.symbol(), Z + (G - Z) * α)]

    def forward(self, example: int, j: int, most: int) -> list[Line]:
        """Return z and a of neuron j, and what dropout makes of a."""
        a, mask = self.a(example, j), self.mask(example, j)
        if self.normalization is None:
            sums = self._weighted_sum(example, j, most, self.bias(j))
            lines = [Line(self.z(example, j), sums)]
        else:
            sums = self._weighted_sum(example, j, most)
            lines = self.normalization.forward(example, j, sums)
        lines.append(Line(self.g(example, j), self._activation(example, j, most)))
        if self.slopes is not None:
            lines.append(Line(a, self._blend(example, j)))
        if mask is not None:
            note = f"dropout: {'kept' if mask.number else 'dropped'}"
            lines.append(Line(self.output(example, j), a * mask, note=note))
        return lines

    def _weighted_sum(
        self, example: int, j: int, most: int, *others: Expression
    ) -> Expression:
        n = self.W.shape[1]
        shown = self.largest_inputs(example, j, most)
        terms: list[Expression] = [
            self.w(j, k) * self.before.output(example, k) for k in shown
        ]
        products = self.W[j].astype(float) * self.before.outputs(example)
        rest = float(np.delete(products, shown).sum())
        return partial_sum(terms, rest, more_terms(n - len(shown)), *others)

    def _activation(self, example: int, j: int, most: int) -> Expression:
        z = self.z(example, j)
        if self.activation == SOFTMAX:
            return softmax(z, [self.z(example, i) for i in range(self.size)], most)
        return ACTIVATIONS[self.activation].value(z)

    def _blend(self, example: int, j: int) -> Expression:
        """Return z, and as much of the step to g(z) as the slope says."""
        z = self.z(example, j)
        return z + (self.g(example, j) - z) * self.slope_weight(j)

    def largest_inputs(self, example: int, j: int, most: int) -> list[int]:
        """Return the inputs that move the weighted sum of neuron j most."""
        return largest(self.W[j] * self.before.outputs(example), most)

    # Back.

    def backward_formulas(self) -> Formulas:
        """Return dA, dZ, dW and db."""
        names = ("dA", "dZ", "dW", "db", "Z", "α", "dU", "dα", "G")
        dA, dZ, dW, db, Z, α, dU, dα, G = (  # noqa: PLC2401
            Name(name, 0, (), self.number) for name in names
        )
        error, slope = self.after.error_formula(), Call("g′", Z)
        through = slope if self.slopes is None else (ONE - α + α * slope)
        formulas: Formulas = [] if error is None else [(dA, error)]
        formulas.append((dZ, dA * through))
        if self.normalization is not None:
            formulas += self.normalization.backward_formulas()
        by_sum = dZ if self.normalization is None else dU
        formulas += [
            (dW, by_sum * self.before.symbol("ᵀ")),
            (db, Call("Σ", dZ)),
        ]
        if self.slopes is not None:
            formulas.append((dα, Call("Σ", dA * (G - Z))))
        return formulas

    def error_formula(self) -> Expression:
        """Return ``Wᵀ·dZ``, the errors handed to the layer before."""
        base = "dZ" if self.normalization is None else "dU"
        return Name("Wᵀ", 0, (), self.number) * Name(base, 0, (), self.number)

    def backward(self, example: int, j: int, most: int) -> list[Line]:
        """Return dA, the slope and dZ of neuron j."""
        z, a, dZ = self.z(example, j), self.a(example, j), self.dZ(example, j)
        fused = self.after.fused_error(example, j)
        if fused is not None:
            return [Line(dZ, fused, lead=Derivative(J, z))]
        by_a, by_z = Derivative(J, a), Derivative(a, z)
        error = self.after.input_error(example, j, most)
        mask = self.mask(example, j)
        dA = self.dA(example, j)
        lines = [Line(dA, error if mask is None else mask * error, lead=by_a)]
        slope = self.slope(example, j)
        if slope is None:
            softmax_dZ = self._softmax_dZ(example, j)
            lines.append(Line(dZ, softmax_dZ, lead=Derivative(J, z)))
        else:
            by_g = by_z if self.slopes is None else Derivative(self.g(example, j), z)
            g_prime = self.name("g′", self.precise(slope.value()), j + 1)
            lines.append(Line(g_prime, slope, lead=by_g))
            lines.append(Line(dZ, dA * self._through(j, g_prime), lead=by_a * by_z))
        if self.normalization is not None:
            lines.append(self.normalization.backward(example, j))
        return lines

    def _through(self, j: int, g_prime: Expression) -> Expression:
        """Return ∂a/∂z."""
        if self.slopes is None:
            return g_prime
        α = self.slope_weight(j)  # noqa: PLC2401
        return ONE - α + α * g_prime

    def slope(self, example: int, j: int) -> Expression | None:
        """Return g'(z); None for a softmax, whose neurons depend on one another."""
        if self.activation == SOFTMAX:
            return None
        formula = ACTIVATIONS[self.activation].slope
        return formula(self.z(example, j), self.g(example, j))

    def by_z(self, example: int, j: int) -> float:
        """Work out ∂J/∂z of neuron j from ∂J/∂a."""
        slope = self.slope(example, j)
        if slope is None:
            return self._softmax_dZ(example, j).value()
        return (self.dA(example, j) * self._through(j, slope)).value()

    def _softmax_dZ(self, example: int, j: int) -> Expression:  # noqa: N802
        outputs = [self.a(example, i) for i in range(self.size)]
        errors = [self.dA(example, i) for i in range(self.size)]
        return softmax_error(j, outputs, errors)

    def input_error(self, example: int, k: int, most: int) -> Expression:
        """Return ∂J/∂input k: the errors of the neurons times their weights."""
        products = self.W[:, k] * self.held.dZ[example].astype(float)
        shown = largest(products, most)
        terms: list[Expression] = [self.w(j, k) * self.error(example, j) for j in shown]
        rest = float(np.delete(products, shown).sum())
        return partial_sum(terms, rest, more_terms(self.size - len(shown)))

    def input_errors(self, example: int) -> np.ndarray:
        """Return the derivatives of J by all inputs."""
        errors = self.held.dZ[example].astype(float) @ self.W.astype(float)
        rounded: np.ndarray = errors.astype(self.W.dtype)
        return rounded

    # What is learned.

    def parameter(self, j: int, k: int | None) -> Parameter:
        """Return the weight from input k to neuron j, or its bias where k is None."""
        if k is None:
            return self.bias_parameter(j)
        check_number(k + 1, self.W.shape[1], f"input of layer {self.number}")
        return self.weight(j, k)

    def weight(self, j: int, k: int) -> Parameter:
        """Return the weight from input k to neuron j."""
        w = self.w(j, k)

        def lead() -> Expression:
            of = self.z(0, j)
            if self.normalization is not None:
                of = self.normalization.u(0, j)
            return Derivative(J, of) * Derivative(of, w)

        return Parameter(
            name=w,
            derivative="dW",
            index=int(self.record["weights"]) + j * self.W.shape[1] + k,
            is_penalised=True,
            share=lambda i: self.error(i, j) * self.before.output(i, k),
            lead=lead,
        )

    def bias_parameter(self, j: int) -> Parameter:
        """Return the bias of neuron j."""
        return self.own("biases", j, self.bias(j), "db", lambda i: self.dZ(i, j))

    def own(
        self, start: str, j: int, name: Name, derivative: str, share: Any
    ) -> Parameter:
        """Return a parameter that neuron j has one of; `start` is a record's field."""
        return Parameter(
            name=name,
            derivative=derivative,
            index=int(self.record[start]) + j,
            is_penalised=False,
            share=share,
            lead=lambda: Derivative(J, name),
        )

    def _slope_parameter(self, j: int) -> Parameter:
        def share(i: int) -> Expression:
            return self.dA(i, j) * (self.g(i, j) - self.z(i, j))

        return self.own("slopes", j, self.slope_weight(j), "dα", share)

    def _others(self, j: int) -> dict[str, Parameter]:
        """Return what neuron j learns beside weights and bias."""
        others = {}
        if self.slopes is not None:
            others["slope"] = self._slope_parameter(j)
        if self.normalization is not None:
            others["gamma"] = self.normalization.parameter(j)
        return others

    def shown_parameters(self, j: int, most: int) -> tuple[list[Parameter], str]:
        """Return the weights of the largest inputs, the bias, and all else."""
        shown = self.largest_inputs(0, j, most)
        parameters = [*(self.weight(j, k) for k in shown), self.bias_parameter(j)]
        parameters += self._others(j).values()
        return parameters, more_of(self.W.shape[1], len(shown), "weight")

    # As plain values.

    def facts(self) -> dict[str, Any]:
        """Return activation and sizes."""
        n_out, n_in = self.W.shape
        return {
            "layer": self.number,
            "activation": self.activation,
            "n_inputs": n_in,
            "n_neurons": n_out,
        }

    def parameters(self, j: int) -> dict[str, Learned]:
        """Return the weights and the bias of neuron j, and what else there is."""
        n = self.W.shape[1]
        start = int(self.record["weights"]) + j * n

        def shares(i: int) -> np.ndarray:
            inputs = self.before.outputs(i).astype(float)
            products: np.ndarray = float(self.held.dZ[i, j]) * inputs
            return products

        weights = Block("dW", start, n, shares)
        return {"weights": weights, "bias": self.bias_parameter(j), **self._others(j)}

    def values(self, example: int, j: int) -> dict[str, Any]:
        """Return the numbers of neuron j for one example."""
        held, i = self.held, example
        inputs = self.before.outputs(i).tolist()
        found = {
            "terms": products(self.W[j].tolist(), inputs, "a"),
            "bias": float(self.b[j]),
            "z": float(held.Z[i, j]),
            "a": float(self.a(i, j).number),
            "mask": None if held.mask is None else float(held.mask[i, j]),
            "passed_on": float(held.A[i, j]),
        }
        if self.slopes is not None:
            found |= {"g": float(held.G[i, j]), "alpha": float(self.slopes[j])}
        if self.normalization is not None:
            found |= self.normalization.values(i, j)
        return found | (self._errors(i, j) if held.dZ.size else {})

    def _errors(self, i: int, j: int) -> dict[str, Any]:
        """Return the numbers of neuron j on the way back."""
        goes_alone = self.after.fused_error(i, j) is None
        slope = self.slope(i, j) if goes_alone else None
        return {
            "dA_terms": self.after.error_terms(i, j),
            "dA": float(self.dA(i, j).number) if goes_alone else None,
            "slope": None if slope is None else slope.value(),
            "dZ": float(self.dZ(i, j).number),
        }

    def error_terms(self, example: int, k: int) -> list[dict[str, float]]:
        """Return the terms of ∂J/∂input k."""
        return products(self.W[:, k].tolist(), self.held.dZ[example].tolist(), "dZ")


def products(
    weights: list[float], others: list[float], name: str
) -> list[dict[str, float]]:
    """Return the terms of a weighted sum."""
    return [
        {"w": w, name: other, "product": w * other}
        for w, other in zip(weights, others, strict=True)
    ]

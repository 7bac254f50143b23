"""A dense layer written out: weighted sums, activation, dropout, and the way back."""

from __future__ import annotations

from typing import Any

import numpy as np

from walnet.engine.kernels import passes
from walnet.engine.plan import weights_of
from walnet.tracing.activations import ACTIVATIONS, SOFTMAX, softmax, softmax_error
from walnet.tracing.expressions import (
    Call,
    Derivative,
    Expression,
    Name,
    partial_sum,
)
from walnet.tracing.iteration import Iteration
from walnet.tracing.layer import Formulas, Layer, Parameter, Source, largest
from walnet.tracing.lines import Line, check_number, more_of

J = Name("J", 0)


class Dense(Layer):
    """``Z = W·A_prev + b`` and ``A = g(Z)``.

    Parameters
    ----------
    iteration, at, before
        As for every layer.
    """

    def __init__(self, iteration: Iteration, at: int, before: Source) -> None:
        super().__init__(iteration, at, before)
        parameters = iteration.before.parameters
        self.W: np.ndarray = weights_of(self.record, parameters)
        self.b: np.ndarray = passes.biases_of(self.record, parameters)
        self.activation = iteration.network.activations[at]
        self._dA: dict[int, np.ndarray] = {}

    def title(self) -> str:
        """Return "Layer 2 (output): 1 neuron, sigmoid"."""
        last = " (output)" if self.is_last else ""
        neurons = f"{self.size:,} neuron{'' if self.size == 1 else 's'}"
        return f"Layer {self.at + 1}{last}: {neurons}, {self.activation}"

    # Names, with their numbers.

    def _name(self, base: str, number: np.floating, *below: int) -> Name:
        return Name(base, number, below, self.at + 1)

    def w(self, j: int, k: int) -> Name:
        """Return the weight from input k to neuron j."""
        return self._name("w", self.W[j, k], j + 1, k + 1)

    def bias(self, j: int) -> Name:
        """Return the bias of neuron j."""
        return self._name("b", self.b[j], j + 1)

    def z(self, example: int, j: int) -> Name:
        """Return the weighted input of neuron j."""
        return self._name("z", self.held.Z[example, j], j + 1)

    def a(self, example: int, j: int) -> Name:
        """Return the activation of neuron j, before any dropout."""
        return self._name("a", self.held.A[example, j], j + 1)

    def output(self, example: int, j: int) -> Name:
        """Return what neuron j hands on: a, or what dropout makes of it."""
        if self.held.mask is None:
            return self.a(example, j)
        return self._name("ã", self.held.passed_on[example, j], j + 1)

    def dA(self, example: int, j: int) -> Name:  # noqa: N802
        """Return ∂J/∂a of neuron j, which training does not keep."""
        if example not in self._dA:
            dA = self.after.input_errors(example)
            mask = self.held.mask
            self._dA[example] = dA if mask is None else dA * mask[example]
        return self._name("dA", self._dA[example][j], j + 1)

    def dZ(self, example: int, j: int) -> Name:  # noqa: N802
        """Return ∂J/∂z of neuron j."""
        return self._name("dZ", self.held.dZ[example, j], j + 1)

    def mask(self, example: int, j: int) -> Name | None:
        """Return what dropout multiplies with, if there is dropout."""
        mask = self.held.mask
        return None if mask is None else Name("mask", mask[example, j], (j + 1,))

    # Forward.

    def forward_formulas(self) -> Formulas:
        """Return Z and A."""
        W, b, Z = (Name(name, 0, (), self.at + 1) for name in "WbZ")
        weighted = W * self.before.symbol() + b
        return [(Z, weighted), (self.symbol(), Call(self.activation, Z))]

    def forward(self, example: int, j: int, most: int) -> list[Line]:
        """Return z and a of neuron j, and what dropout makes of a."""
        z, a = self.z(example, j), self.a(example, j)
        lines = [
            Line(z, self._weighted_sum(example, j, most)),
            Line(a, self._activation(example, j)),
        ]
        mask = self.mask(example, j)
        if mask is not None:
            note = f"dropout: {'kept' if mask.number else 'dropped'}"
            lines.append(Line(self.output(example, j), a * mask, note=note))
        return lines

    def _weighted_sum(self, example: int, j: int, most: int) -> Expression:
        n = self.W.shape[1]
        products: list[Expression] = [
            self.w(j, k) * self.before.output(example, k) for k in range(n)
        ]
        shown = self.largest_inputs(example, j, most)
        left_out = [products[k] for k in range(n) if k not in shown]
        rest = sum(each.value() for each in left_out)
        more = f"{len(left_out)} more terms" if left_out else ""
        return partial_sum([products[k] for k in shown], rest, more, self.bias(j))

    def _activation(self, example: int, j: int) -> Expression:
        z = self.z(example, j)
        if self.activation == SOFTMAX:
            return softmax(z, [self.z(example, i) for i in range(self.size)])
        return ACTIVATIONS[self.activation].value(z)

    def largest_inputs(self, example: int, j: int, most: int) -> list[int]:
        """Return the inputs that move the weighted sum of neuron j most."""
        return largest(self.W[j] * self.before.outputs(example), most)

    # Back.

    def backward_formulas(self) -> Formulas:
        """Return dA, dZ, dW and db."""
        dA, dZ, dW, db, Z = (
            Name(name, 0, (), self.at + 1) for name in ("dA", "dZ", "dW", "db", "Z")
        )
        error = self.after.error_formula()
        return [
            *([] if error is None else [(dA, error)]),
            (dZ, dA * Call("g′", Z)),
            (dW, dZ * self.before.symbol("ᵀ")),
            (db, Call("Σ", dZ)),
        ]

    def error_formula(self) -> Expression:
        """Return ``Wᵀ·dZ``, the errors handed to the layer before."""
        return Name("Wᵀ", 0, (), self.at + 1) * Name("dZ", 0, (), self.at + 1)

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
            return [
                *lines,
                Line(dZ, self._softmax_dZ(example, j), lead=Derivative(J, z)),
            ]
        g_prime = self._name("g′", self.precise(slope.value()), j + 1)
        lines.append(Line(g_prime, slope, lead=by_z))
        return [*lines, Line(dZ, dA * g_prime, lead=by_a * by_z)]

    def slope(self, example: int, j: int) -> Expression | None:
        """Return g'(z); None for a softmax, whose neurons depend on one another."""
        if self.activation == SOFTMAX:
            return None
        formula = ACTIVATIONS[self.activation].slope
        return formula(self.z(example, j), self.a(example, j))

    def _softmax_dZ(self, example: int, j: int) -> Expression:  # noqa: N802
        outputs = [self.a(example, i) for i in range(self.size)]
        errors = [self.dA(example, i) for i in range(self.size)]
        return softmax_error(j, outputs, errors)

    def input_error(self, example: int, k: int, most: int) -> Expression:
        """Return ∂J/∂input k: the errors of the neurons times their weights."""
        products = self.W[:, k] * self.held.dZ[example].astype(float)
        shown = largest(products, most)
        terms: list[Expression] = [self.w(j, k) * self.dZ(example, j) for j in shown]
        rest = float(np.delete(products, shown).sum())
        left_out = self.size - len(shown)
        return partial_sum(terms, rest, f"{left_out} more terms" if left_out else "")

    def input_errors(self, example: int) -> np.ndarray:
        """Return the derivatives of J by all inputs."""
        errors: np.ndarray = self.held.dZ[example] @ self.W
        return errors

    # What is learned.

    def parameter(self, j: int, k: int | None) -> Parameter:
        """Return the weight from input k to neuron j, or its bias where k is None."""
        if k is None:
            return self.bias_parameter(j)
        check_number(k + 1, self.W.shape[1], f"input of layer {self.at + 1}")
        return self.weight(j, k)

    def weight(self, j: int, k: int) -> Parameter:
        """Return the weight from input k to neuron j."""
        w = self.w(j, k)

        def lead() -> Expression:
            z = self.z(0, j)
            return Derivative(J, z) * Derivative(z, w)

        return Parameter(
            name=w,
            derivative="dW",
            index=int(self.record["weights"]) + j * self.W.shape[1] + k,
            is_weight=True,
            share=lambda i: self.dZ(i, j) * self.before.output(i, k),
            lead=lead,
        )

    def bias_parameter(self, j: int) -> Parameter:
        """Return the bias of neuron j."""
        return Parameter(
            name=self.bias(j),
            derivative="db",
            index=int(self.record["biases"]) + j,
            is_weight=False,
            share=lambda i: self.dZ(i, j),
            lead=lambda: Derivative(J, self.bias(j)),
        )

    def shown_parameters(self, j: int, most: int) -> tuple[list[Parameter], str]:
        """Return the weights of the largest inputs, and the bias."""
        shown = self.largest_inputs(0, j, most)
        parameters = [*(self.weight(j, k) for k in shown), self.bias_parameter(j)]
        return parameters, more_of(self.W.shape[1], len(shown), "weight")

    # As plain values.

    def facts(self) -> dict[str, Any]:
        """Return activation and sizes."""
        n_out, n_in = self.W.shape
        return {"activation": self.activation, "n_inputs": n_in, "n_neurons": n_out}

    def parameters(self, j: int) -> dict[str, Parameter | list[Parameter]]:
        """Return the weights and the bias of neuron j."""
        weights = [self.weight(j, k) for k in range(self.W.shape[1])]
        return {"weights": weights, "bias": self.bias_parameter(j)}

    def values(self, example: int, j: int) -> dict[str, Any]:
        """Return the numbers of neuron j for one example."""
        held, i = self.held, example
        goes_alone = self.after.fused_error(i, j) is None
        slope = self.slope(i, j) if goes_alone else None
        inputs = self.before.outputs(i).tolist()
        return {
            "terms": products(self.W[j].tolist(), inputs, "a"),
            "bias": float(self.b[j]),
            "z": float(held.Z[i, j]),
            "a": float(held.A[i, j]),
            "mask": None if held.mask is None else float(held.mask[i, j]),
            "passed_on": float(held.passed_on[i, j]),
            "dA_terms": self.after.error_terms(i, j),
            "dA": float(self.dA(i, j).number) if goes_alone else None,
            "slope": None if slope is None else slope.value(),
            "dZ": float(held.dZ[i, j]),
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

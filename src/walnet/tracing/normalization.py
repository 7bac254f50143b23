"""Batch normalisation of a dense layer's weighted inputs, written out."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np

from walnet.engine.layout import neurons_view
from walnet.tracing.expressions import Call, Derivative, Expression, Name
from walnet.tracing.layer import Formulas, Parameter
from walnet.tracing.lines import Line
from walnet.tracing.passes import Normalized


class NormalizedLayer(Protocol):
    """What a normalised layer knows of itself: `walnet.tracing.dense.Dense` does."""

    number: int
    size: int
    record: Any
    passed: Any
    held: Any

    @property
    def iteration(self) -> Any:
        """The iteration that the layer is part of."""

    def own(self, *arguments: Any, **options: Any) -> Parameter:
        """Return a parameter of the layer."""

    def name(self, base: str, number: Any, *below: int) -> Name:
        """Return a quantity of the layer."""

    def z(self, example: int, j: int) -> Name:
        """Return the weighted input of neuron j."""

    def bias(self, j: int) -> Name:
        """Return the bias of neuron j."""

    def dZ(self, example: int, j: int) -> Name:  # noqa: N802
        """Return ∂J/∂z of neuron j."""

    def error(self, example: int, j: int) -> Name:
        """Return the derivative of J by the weighted sum of neuron j."""

    def by_z(self, example: int, j: int) -> float:
        """Work out ∂J/∂z of neuron j from ∂J/∂a."""


class Normalization:
    """``U = W·A_prev``, ``Û = (U − μ)/σ`` and ``Z = γ·Û + b``.

    Parameters
    ----------
    layer : NormalizedLayer
        The layer that is normalised.
    held : Normalized
        Its arrays.
    """

    def __init__(self, layer: NormalizedLayer, held: Normalized) -> None:
        self.layer, self.held = layer, held
        parameters = layer.passed.network.parameters
        self.gamma = neurons_view(layer.record, "gammas", parameters)
        self._dZ: dict[int, np.ndarray] = {}

    # Names, with their numbers.

    def u(self, example: int, j: int) -> Name:
        """Return the weighted sum of neuron j, before it is normalised."""
        return self.layer.name("u", self.held.U[example, j], j + 1)

    def hat(self, example: int, j: int) -> Name:
        """Return the normalised sum of neuron j."""
        return self.layer.name("û", self.held.hat[example, j], j + 1)

    def γ(self, j: int) -> Name:  # noqa: PLC2401
        """Return what the normalised sum is multiplied with."""
        return self.layer.name("γ", self.gamma[j], j + 1)

    def _mean(self, j: int) -> Name:
        return self.layer.name("μ", float(self.held.mean[j]), j + 1)

    def _deviation(self, j: int) -> Name:
        return self.layer.name("σ", float(self.held.deviation[j]), j + 1)

    def dZ(self, example: int) -> np.ndarray:  # noqa: N802
        """Return ∂J/∂z of all neurons, which training does not keep."""
        if example not in self._dZ:
            layer = self.layer
            numbers = [layer.by_z(example, j) for j in range(layer.size)]
            self._dZ[example] = np.array(numbers, layer.held.A.dtype)
        return self._dZ[example]

    # Forward.

    def forward_formulas(self, sums: Expression) -> Formulas:
        """Return U, Û and Z."""
        U, hat, Z, γ, b, μ, σ = self._symbols("U", "Û", "Z", "γ", "b", "μ", "σ")  # noqa: PLC2401
        return [(U, sums), (hat, (U - μ) / σ), (Z, γ * hat + b)]

    def _symbols(self, *names: str) -> list[Name]:
        return [Name(name, 0, (), self.layer.number) for name in names]

    def forward(self, example: int, j: int, sums: Expression) -> list[Line]:
        """Return the lines from the weighted sum of neuron j to z."""
        u, hat = self.u(example, j), self.hat(example, j)
        whose = "this batch" if self.held.of_batch else "training"
        return [
            Line(u, sums),
            Line(
                hat,
                (u - self._mean(j)) / self._deviation(j),
                note=f"mean and deviation of {whose}",
            ),
            Line(self.layer.z(example, j), self.γ(j) * hat + self.layer.bias(j)),
        ]

    # Back.

    def backward_formulas(self) -> Formulas:
        """Return dU and dγ."""
        dU, dZ, dγ, db, hat, γ, σ = self._symbols(  # noqa: PLC2401
            "dU", "dZ", "dγ", "db", "Û", "γ", "σ"
        )
        mean = (db + hat * dγ) / Name("m", 0)
        return [(dγ, Call("Σ", dZ * hat)), (dU, γ / σ * (dZ - mean))]

    def backward(self, example: int, j: int) -> Line:
        """Return dU of neuron j: the mean and the deviation depend on u, too."""
        layer, i = self.layer, example
        dγ, db = (self._total(name, each, j) for name, each in _TOTALS)  # noqa: PLC2401
        m = Name("m", len(layer.iteration.batch))
        mean = (db + self.hat(i, j) * dγ) / m
        formula = self.γ(j) / self._deviation(j) * (layer.dZ(i, j) - mean)
        return Line(
            layer.error(i, j), formula, lead=Derivative(Name("J", 0), self.u(i, j))
        )

    def _total(self, name: str, start: str, j: int) -> Name:
        """Return a derivative that is a sum over the batch."""
        index = int(self.layer.record[start]) + j
        return self.layer.name(name, self.layer.iteration.data_gradient[index], j + 1)

    def parameter(self, j: int) -> Parameter:
        """Return γ of neuron j."""

        def share(i: int) -> Expression:
            return self.layer.dZ(i, j) * self.hat(i, j)

        return self.layer.own("gammas", j, self.γ(j), "dγ", share)

    def values(self, example: int, j: int) -> dict[str, Any]:
        """Return the numbers of neuron j for one example."""
        held = self.held
        return {
            "u": float(held.U[example, j]),
            "mean": float(held.mean[j]),
            "deviation": float(held.deviation[j]),
            "normalised": float(held.hat[example, j]),
            "gamma": float(self.gamma[j]),
        }


_TOTALS = (("dγ", "gammas"), ("db", "biases"))

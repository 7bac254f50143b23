"""The scale layer written out: each input times a learned number of its own."""

from __future__ import annotations

from typing import Any

import numpy as np

from walnet.engine.layout import neurons_view
from walnet.tracing.expressions import Derivative, Expression, Name
from walnet.tracing.layer import Formulas, Layer, Learned, Parameter, Source
from walnet.tracing.lines import Line
from walnet.tracing.passes import Pass


class Scale(Layer):
    """``a = s·e``: what comes out is what the first dense layer reads."""

    item = "input"

    def __init__(self, passed: Pass, at: int, before: Source) -> None:
        super().__init__(passed, at, before, None)
        parameters = passed.network.parameters
        self.s: np.ndarray = neurons_view(self.record, "weights", parameters)

    def title(self) -> str:
        """Return "Scale: 12 inputs, each times a number of its own"."""
        return f"Scale: {self.size:,} inputs, each times a learned number"

    def symbol(self, mark: str = "") -> Name:
        """Return A of the layer in front of the first dense one."""
        return Name(f"A{mark}", 0, (), 0)

    def output(self, example: int, j: int) -> Name:
        """Return a scaled input."""
        return Name("a", self.held.A[example, j], (j + 1,), 0)

    def _s(self, j: int) -> Name:
        return Name("s", self.s[j], (j + 1,))

    def forward_formulas(self) -> Formulas:
        """Return A."""
        return [(self.symbol(), Name("S", 0) * self.before.symbol())]

    def forward(self, example: int, j: int, most: int) -> list[Line]:  # noqa: ARG002
        """Return the scaled input j."""
        scaled = self._s(j) * self.before.output(example, j)
        return [Line(self.output(example, j), scaled)]

    # Back.

    def backward_formulas(self) -> Formulas:
        """Return dA and dS."""
        dA = Name("dA", 0, (), 0)
        error = self.after.error_formula()
        formulas: Formulas = [] if error is None else [(dA, error)]
        return [*formulas, (Name("dS", 0), dA * self.before.symbol())]

    def dA(self, example: int, j: int) -> Name:  # noqa: N802
        """Return ∂J by the scaled input j."""
        return Name("dA", self.after.input_errors(example)[j], (j + 1,), 0)

    def backward(self, example: int, j: int, most: int) -> list[Line]:
        """Return ∂J by the scaled input j."""
        error = self.after.input_error(example, j, most)
        lead = Derivative(Name("J", 0), self.output(example, j))
        return [Line(self.dA(example, j), error, lead=lead)]

    def error_formula(self) -> Expression:
        """Return ``S·dA``."""
        return Name("S", 0) * Name("dA", 0, (), 0)

    def input_error(self, example: int, k: int, most: int) -> Expression:  # noqa: ARG002
        """Return ∂J by what the layer reads at index k."""
        return self._s(k) * self.dA(example, k)

    def input_errors(self, example: int) -> np.ndarray:
        """Return the derivatives of J by all that the layer reads."""
        errors: np.ndarray = self.s * self.after.input_errors(example)
        return errors

    # What is learned.

    def parameter(self, j: int, k: int | None = None) -> Parameter:  # noqa: ARG002
        """Return the factor of input j."""
        s = self._s(j)
        return Parameter(
            name=s,
            derivative="dS",
            index=int(self.record["weights"]) + j,
            is_penalised=False,
            share=lambda i: self.dA(i, j) * self.before.output(i, j),
            lead=lambda: Derivative(Name("J", 0), s),
        )

    def shown_parameters(self, j: int, most: int) -> tuple[list[Parameter], str]:  # noqa: ARG002
        """Return the factor of input j."""
        return [self.parameter(j)], ""

    # As plain values.

    def facts(self) -> dict[str, Any]:
        """Return kind and size."""
        return {"kind": "Scale", "n_inputs": self.size}

    def values(self, example: int, j: int) -> dict[str, Any]:
        """Return the numbers of input j for one example."""
        return {
            "input": float(self.before.output(example, j).number),
            "output": float(self.held.A[example, j]),
        }

    def parameters(self, j: int) -> dict[str, Learned]:
        """Return the factor of input j."""
        return {"factor": self.parameter(j)}

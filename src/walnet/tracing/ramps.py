"""Ramps of numbers, written out: how far up each a number is, and their mixtures."""

from __future__ import annotations

from typing import ClassVar

from walnet.engine.kernels.embeddings import LEARNED, STEPS
from walnet.tracing.embeddings import NumberEmbedding
from walnet.tracing.expressions import Call, Expression, Name, constant
from walnet.tracing.layer import Parameter
from walnet.tracing.lines import more_of


class RampEmbedding(NumberEmbedding):
    """``x`` becomes x and three mixtures of thirty-two ramps of it.

    Slopes f, offsets p, weights u and constants k: a ramp is ``r = min(1, max(0, f·x +
    p))``, a mixture ``Σ u·r + k``. Slopes and offsets stay where the data put them.
    """

    shape, said, letter, n_shapes = "ramps", "ramps", "r", STEPS
    made_by: ClassVar = {"f": "slopes", "p": "offsets"}
    n_learned = LEARNED * (STEPS + 1)

    def _angle(self, example: int, f: int, q: int) -> Expression:
        return self._named("f", f, q) * self._x(example, f) + self._named("p", f, q)

    def _written(self, example: int, f: int, q: int) -> Expression:
        return Call("unit", self._angle(example, f, q))

    def _shape_formula(self) -> Expression:
        f, x, p = (Name(name, 0) for name in "fxp")
        return Call("unit", f * x + p)

    def _dC(self, example: int, f: int, q: int) -> Expression:  # noqa: N802
        """Return 0: where a ramp stands is not learned."""
        del example, f, q
        return constant(0)

    def parameter(self, j: int, k: int | None) -> Parameter:
        """Return weight k of number j's first mixture, or its constant."""
        return self._learned("k", j) if k is None else self._learned("u", j, k)

    def shown_parameters(self, j: int, most: int) -> tuple[list[Parameter], str]:
        """Return the weight of the ramp that moves the first mixture most."""
        [q] = self._telling(0, j, 1)
        shown = [self._learned(kind, j, q) for kind in "uk"]
        del most
        return shown, more_of(self.n_learned, len(shown), "parameter")

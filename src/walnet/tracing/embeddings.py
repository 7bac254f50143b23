"""Layers that read the inputs, written out: cosines of numbers, and tables of levels.

They stand side by side; `Front` is what the next layer sees of them.
"""

from __future__ import annotations

import math
from abc import abstractmethod
from bisect import bisect_right
from typing import Any, ClassVar

import numpy as np

from walnet.engine.kernels.embeddings import FREQUENCIES, LEARNED, PER_NUMBER
from walnet.engine.kernels.machine.views import matrix
from walnet.tracing.expressions import (
    Call,
    Derivative,
    Expression,
    Name,
    add,
    constant,
    more_terms,
    negative,
    partial_sum,
)
from walnet.tracing.layer import (
    Formulas,
    Inputs,
    Layer,
    Learned,
    Parameter,
    Source,
    largest,
)
from walnet.tracing.lines import Line, more_of
from walnet.tracing.passes import Pass

J = Name("J", 0)
TURN = constant(2) * Name("π", math.pi)


class Front(Source):
    """Layers that read the inputs, side by side: one block for the next layer."""

    def __init__(self) -> None:
        self.parts: list[Source] = []
        self.starts: list[int] = []
        self.width = 0

    def add(self, part: Source, width: int) -> None:
        """Put another part beside those that are there."""
        self.parts.append(part)
        self.starts.append(self.width)
        self.width += width

    def symbol(self, mark: str = "") -> Name:
        """Return E."""
        return Name(f"E{mark}", 0)

    def output(self, example: int, j: int) -> Name:
        """Return what the part that index j belongs to hands on."""
        at = bisect_right(self.starts, j) - 1
        return self.parts[at].output(example, j - self.starts[at])

    def outputs(self, example: int) -> np.ndarray:
        """Return all that the parts hand on."""
        return np.concatenate([part.outputs(example) for part in self.parts])


class _Embedding(Layer):
    """What both kinds share: an item is an input, and becomes several numbers."""

    item = "input"

    @abstractmethod
    def _column(self, j: int) -> int:
        """Return the column of X that item j is, counted from 1."""

    def item_title(self, j: int) -> str:
        """Return "x₃ (size)"."""
        return self.feature(self._column(j))

    def e(self, example: int, j: int, r: int) -> Name:
        """Return number r of what item j becomes."""
        width = self.held.A.shape[1] // self.size
        number = self.held.A[example, j * width + r]
        return Name("e", number, (self._column(j), r + 1 - self._skipped))

    _skipped = 0

    def active(self, most: int) -> list[int]:
        """Return the inputs that become the largest numbers."""
        return largest(abs(self.held.A[0]).reshape(self.size, -1).max(axis=1), most)

    def dE(self, example: int, j: int, r: int) -> Name:  # noqa: N802
        """Return ∂J by number r of item j."""
        width = self.held.A.shape[1] // self.size
        error = self.after.input_errors(example)[self.first + j * width + r]
        e = self.e(example, j, r)
        return Name("dE", error, e.below)

    def _error_line(self, example: int, j: int, r: int, most: int) -> Line:
        width = self.held.A.shape[1] // self.size
        error = self.after.input_error(example, self.first + j * width + r, most)
        lead = Derivative(J, self.e(example, j, r))
        return Line(self.dE(example, j, r), error, lead=lead)

    def backward_formulas(self) -> Formulas:
        """Return dE."""
        error = self.after.error_formula()
        return [] if error is None else [(Name("dE", 0), error)]

    # Nothing reads what is before the inputs.

    def input_error(self, example: int, k: int, most: int) -> Expression:  # noqa: ARG002
        """Return 0: inputs are not learned."""
        return constant(0)

    def input_errors(self, example: int) -> np.ndarray:  # noqa: ARG002
        """Return no errors: inputs are not learned."""
        return np.zeros(0, self.held.A.dtype)


class NumberEmbedding(_Embedding):
    """``x`` becomes x and three mixtures of sixteen cosines of it.

    Frequencies f, phases p, weights u and constants k: each mixture is
    ``Σ u·cos(2π·f·x + p) + k``.
    """

    _skipped = 1  # the first of the numbers is x itself
    # Of what x is mixed: its name in a network, in a text and in formulas, how many.
    shape, said, letter, n_shapes = "waves", "cosines", "c", FREQUENCIES
    # What makes a shape of x, by letters, and how many parameters a number learns.
    made_by: ClassVar = {"f": "frequencies", "p": "phases"}
    n_learned = FREQUENCIES * (2 + LEARNED) + LEARNED

    def __init__(self, passed: Pass, at: int, before: Inputs) -> None:
        super().__init__(passed, at, before)
        self.inputs = before
        self.size = int(self.record["n_in"])
        self._start = int(self.record["weights"])

    def _column(self, j: int) -> int:
        return int(self.inputs.columns[j]) + 1

    def title(self) -> str:
        """Return "Embedding: 4 numbers, …"."""
        numbers = "1 number" if self.size == 1 else f"{self.size:,} numbers, each"
        return (
            f"Embedding of numbers: {numbers} itself and {LEARNED} mixtures of "
            f"{self.n_shapes} {self.said}"
        )

    def output(self, example: int, j: int) -> Name:
        """Return x, or a mixture of its cosines."""
        f, r = divmod(j, PER_NUMBER)
        return self.e(example, f, r) if r else self._x(example, f)

    # Names, with their numbers and where these stand.

    def _x(self, example: int, f: int) -> Name:
        return self.inputs.output(example, f)

    def _index(self, kind: str, f: int, q: int = 0, r: int = 0) -> int:
        """Return where a parameter stands: frequencies, phases, weights, constants."""
        n, per = self.size, self.n_shapes
        return (
            self._start
            + {
                "f": f * per + q,
                "p": (n + f) * per + q,
                "u": (2 * n + f * LEARNED + r) * per + q,
                "k": n * (2 + LEARNED) * per + f * LEARNED + r,
            }[kind]
        )

    def _named(self, kind: str, f: int, q: int, r: int = 0) -> Name:
        number = self.passed.network.parameters[self._index(kind, f, q, r)]
        below = {"u": (r + 1, q + 1), "k": (r + 1,)}.get(kind, (q + 1,))
        return Name(kind, number, (self._column(f), *below))

    def _angle(self, example: int, f: int, q: int) -> Expression:
        x = self._x(example, f)
        return TURN * self._named("f", f, q) * x + self._named("p", f, q)

    def _written(self, example: int, f: int, q: int) -> Expression:
        """Return how shape q of number f comes about."""
        return Call("cos", self._angle(example, f, q))

    def _shaped(self, example: int, f: int, q: int) -> Name:
        """Return shape q of number f: a cosine, or how far up a ramp it is."""
        number = self._written(example, f, q).value()
        return Name(self.letter, self.precise(number), (self._column(f), q + 1))

    # Forward.

    def _shape_formula(self) -> Expression:
        f, x, p = (Name(name, 0) for name in "fxp")
        return Call("cos", TURN * f * x + p)

    def forward_formulas(self) -> Formulas:
        """Return shapes and mixtures."""
        u, c, k = (Name(name, 0) for name in ("u", self.letter, "k"))
        return [(c, self._shape_formula()), (Name("e", 0), Call("Σ", u * c) + k)]

    def forward(self, example: int, j: int, most: int) -> list[Line]:
        """Return the first mixture from its shapes on, and the others' results."""
        shown = self._telling(example, j, most)
        shapes = [
            Line(self._shaped(example, j, q), self._written(example, j, q))
            for q in shown
        ]
        first = Line(self.e(example, j, 1), self._mixture(example, j, 0, shown))
        others = [
            Line(self.e(example, j, r + 1), self._mixture(example, j, r, []))
            for r in range(1, LEARNED)
        ]
        return [*shapes, first, *others]

    def _telling(self, example: int, f: int, most: int) -> list[int]:
        """Return the shapes that move the first mixture most."""
        products = [
            (self._named("u", f, q) * self._shaped(example, f, q)).value()
            for q in range(self.n_shapes)
        ]
        return largest(np.array(products), most)

    def _mixture(self, example: int, f: int, r: int, shown: list[int]) -> Expression:
        terms = [
            self._named("u", f, q, r) * self._shaped(example, f, q)
            for q in range(self.n_shapes)
        ]
        rest = sum(terms[q].value() for q in range(self.n_shapes) if q not in shown)
        return partial_sum(
            [terms[q] for q in shown],
            rest,
            more_terms(self.n_shapes - len(shown), len(shown)),
            self._named("k", f, 0, r),
        )

    # Back.

    def backward(self, example: int, j: int, most: int) -> list[Line]:
        """Return ∂J by the mixtures of number j."""
        errors = range(1, PER_NUMBER)
        return [self._error_line(example, j, r, most) for r in errors]

    def _dC(self, example: int, f: int, q: int) -> Expression:  # noqa: N802
        """Return ∂J by the cosine's angle."""
        by_cosine = add(
            [
                self._named("u", f, q, r) * self.dE(example, f, r + 1)
                for r in range(LEARNED)
            ]
        )
        return negative(Call("sin", self._angle(example, f, q))) * by_cosine

    # What is learned.

    def _learned(self, kind: str, f: int, q: int = 0, r: int = 0) -> Parameter:
        name = self._named(kind, f, q, r)
        shares = {
            "f": lambda i: TURN * self._x(i, f) * self._dC(i, f, q),
            "p": lambda i: self._dC(i, f, q),
            "u": lambda i: self.dE(i, f, r + 1) * self._shaped(i, f, q),
            "k": lambda i: self.dE(i, f, r + 1),
        }
        return Parameter(
            name=name,
            derivative=f"d{kind.upper()}",
            index=self._index(kind, f, q, r),
            is_penalised=False,
            share=shares[kind],
            lead=lambda: Derivative(J, name),
        )

    def parameter(self, j: int, k: int | None) -> Parameter:
        """Return frequency k of number j, or the constant of its first mixture."""
        return self._learned("k", j) if k is None else self._learned("f", j, k)

    def shown_parameters(self, j: int, most: int) -> tuple[list[Parameter], str]:
        """Return those of the cosine that moves the first mixture most."""
        [q] = self._telling(0, j, 1)
        shown = [self._learned(kind, j, q) for kind in "fpuk"]
        del most
        return shown, more_of(self.n_learned, len(shown), "parameter")

    # As plain values.

    def facts(self) -> dict[str, Any]:
        """Return kind and size."""
        return {"kind": "NumberEmbedding", "shape": self.shape, "n_inputs": self.size}

    def values(self, example: int, j: int) -> dict[str, Any]:
        """Return the numbers of number j for one example."""
        qs = range(self.n_shapes)
        return {
            "column": self._column(j) - 1,
            self.said: [float(self._shaped(example, j, q).number) for q in qs],
            "outputs": self.held.A[example].reshape(self.size, -1)[j].tolist(),
        }

    def parameters(self, j: int) -> dict[str, Learned]:
        """Return all parameters of number j."""
        qs, rs = range(self.n_shapes), range(LEARNED)
        found: dict[str, Learned] = {
            words: [self._learned(kind, j, q) for q in qs]
            for kind, words in self.made_by.items()
        }
        return found | {
            "weights": [self._learned("u", j, q, r) for r in rs for q in qs],
            "constants": [self._learned("k", j, 0, r) for r in rs],
        }


class LevelEmbedding(_Embedding):
    """A level becomes the row of a learned table."""

    item, items = "column of levels", "columns of levels"

    def __init__(self, passed: Pass, at: int, before: Source) -> None:
        super().__init__(passed, at, before)
        self.size = int(self.record["n_in"])
        self.width = int(self.record["n_out"]) // self.size
        n = int(self.record["n_weights"])
        parameters, start = passed.network.parameters, int(self.record["weights"])
        self.table = matrix(parameters, start, n // self.width, self.width)

    def _column(self, j: int) -> int:
        columns = self.passed.network.layout.code_columns
        return int(columns[int(self.record["source_row"]) + j]) + 1

    def _row(self, example: int, j: int) -> int:
        """Return the row of the table that the level of item j is."""
        codes = self.passed.shown.codes
        return int(codes[example, int(self.record["source_row"]) + j])

    def title(self) -> str:
        """Return "Embedding of levels: …"."""
        columns = "1 column" if self.size == 1 else f"{self.size:,} columns"
        rows = f"{len(self.table):,} × {self.width}"
        return f"Embedding of levels: {columns}, rows of a learned table of {rows}"

    def item_title(self, j: int) -> str:
        """Return "x₃ (town): row 41 of the table"."""
        return f"{super().item_title(j)}: row {self._row(0, j) + 1} of the table"

    def output(self, example: int, j: int) -> Name:
        """Return a number of the level's row."""
        return self.e(example, *divmod(j, self.width))

    def _entry(self, example: int, j: int, r: int) -> Name:
        row = self._row(example, j)
        return Name("t", self.table[row, r], (row + 1, r + 1))

    def forward_formulas(self) -> Formulas:
        """Return that a row is looked up."""
        return [(Name("e", 0), Name("T[row]", 0))]

    def forward(self, example: int, j: int, most: int) -> list[Line]:
        """Return the numbers of the level's row that are largest."""
        row = self.held.A[example].reshape(self.size, -1)[j]
        shown = largest(row, most)
        lines = [Line(self.e(example, j, r), self._entry(example, j, r)) for r in shown]
        left_out = self.width - len(shown)
        if left_out:
            numbers = "number" if left_out == 1 else "numbers"
            note = f"{left_out} more {numbers} of the row"
            lines[-1] = Line(lines[-1].name, lines[-1].formula, note=note)
        return lines

    def backward(self, example: int, j: int, most: int) -> list[Line]:
        """Return ∂J by the numbers of the row that are largest."""
        row = self.held.A[example].reshape(self.size, -1)[j]
        shown = largest(row, most)
        return [self._error_line(example, j, r, most) for r in shown]

    # What is learned.

    def parameter(self, j: int, k: int | None) -> Parameter:
        """Return number k of the row of item j's level."""
        return self._learned(j, k or 0)

    def _learned(self, j: int, r: int) -> Parameter:
        row, name = self._row(0, j), self._entry(0, j, r)

        def share(i: int) -> Expression:
            # An example of another level has no part in this row.
            mine = self._row(i, j) == row
            return self.dE(i, j, r) if mine else constant(0)

        return Parameter(
            name=name,
            derivative="dT",
            index=int(self.record["weights"]) + row * self.width + r,
            is_penalised=False,
            share=share,
            lead=lambda: Derivative(J, name),
        )

    def shown_parameters(self, j: int, most: int) -> tuple[list[Parameter], str]:
        """Return the largest numbers of the level's row."""
        row = self.held.A[0].reshape(self.size, -1)[j]
        shown = [self._learned(j, r) for r in largest(row, most)]
        return shown, more_of(self.width, len(shown), "number")

    # As plain values.

    def facts(self) -> dict[str, Any]:
        """Return kind and sizes."""
        return {
            "kind": "LevelEmbedding",
            "n_inputs": self.size,
            "n_levels": len(self.table),
        }

    def values(self, example: int, j: int) -> dict[str, Any]:
        """Return the numbers of item j for one example."""
        return {
            "column": self._column(j) - 1,
            "row": self._row(example, j),
            "outputs": self.held.A[example].reshape(self.size, -1)[j].tolist(),
        }

    def parameters(self, j: int) -> dict[str, Learned]:
        """Return the row of item j's level."""
        return {"row": [self._learned(j, r) for r in range(self.width)]}

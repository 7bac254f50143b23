"""Formulas as trees: printed with names, printed with numbers, and worked out.

One tree gives ``w₁·x₁ + b₁``, ``0.3·1.2 + 0.1`` and ``0.46``, as text and as MathML, so
that a formula and its numbers can never disagree.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import SupportsFloat

from walnet.tracing.numbers import parts, rounded

# How tightly a printed piece holds together; a looser one needs parentheses.
SUM, SIGN, PRODUCT, POWER, ATOM = range(5)


class Expression(ABC):
    """A piece of a formula."""

    def value(self, decimals: int | None = None) -> float:
        """Work the formula out, from numbers rounded to `decimals` or from exact ones.

        NaN where it cannot be, such as the logarithm of a number rounded to 0.
        """
        try:
            return self.compute(decimals)
        except (ArithmeticError, ValueError):
            return math.nan

    @abstractmethod
    def compute(self, decimals: int | None) -> float:
        """Work the formula out; Python's errors where it cannot be."""

    @abstractmethod
    def write(self, notation: Notation) -> tuple[str, int]:
        """Return the printed formula and how tightly it holds together."""

    def __add__(self, other: Expression) -> Expression:
        return Sum((self, other))

    def __sub__(self, other: Expression) -> Expression:
        return Sum((self, other), (False, True))

    def __mul__(self, other: Expression) -> Expression:
        return Product((self, other))

    def __truediv__(self, other: Expression) -> Expression:
        return Quotient(self, other)


@dataclass(frozen=True)
class Notation(ABC):
    """How a formula is printed; `walnet.tracing.notation` has the ways.

    Attributes
    ----------
    names : bool
        Whether quantities show their names or their numbers.
    decimals : int
        Of the numbers.
    """

    names: bool
    decimals: int

    def inside(self, piece: Expression, tightness: int) -> str:
        """Return a piece of a formula, in parentheses where it needs them."""
        text, own = piece.write(self)
        return text if own >= tightness else self.parentheses(text)

    def number(self, number: SupportsFloat) -> tuple[str, int]:
        """Return a number and how tightly it holds together."""
        text = self.digits(number)
        if float(number) < 0:
            return text, SIGN
        return text, PRODUCT if parts(number, self.decimals)[1] else ATOM

    @abstractmethod
    def digits(self, number: SupportsFloat) -> str:
        """Return a number."""

    @abstractmethod
    def parentheses(self, text: str) -> str:
        """Return a piece in parentheses."""

    @abstractmethod
    def operator(self, sign: str) -> str:
        """Return a sign between two pieces."""

    @abstractmethod
    def name(self, base: str, below: tuple[int, ...], layer: int | None) -> str:
        """Return a name with its indices."""

    @abstractmethod
    def fraction(self, top: Expression, bottom: Expression) -> tuple[str, int]:
        """Return a fraction and how tightly it holds together."""

    @abstractmethod
    def rest(self, what: str, number: float) -> str:
        """Return what a sum leaves out."""

    @abstractmethod
    def power(self, base: Expression, exponent: Expression) -> str:
        """Return a power."""

    @abstractmethod
    def call(self, function: str, argument: Expression) -> str:
        """Return a function with its argument."""

    @abstractmethod
    def derivative(self, of: Name, by: Name) -> str:
        """Return a derivative."""


@dataclass(frozen=True)
class Name(Expression):
    """A quantity: what it is called, and its number.

    Attributes
    ----------
    base : str
        Such as "w" or "dZ"; empty for a number without a name.
    number : float
        Its value, in the network's precision where it is the network's.
    below : tuple of int
        Subscripts, counted from 1.
    layer : int or None
        Superscript.
    """

    base: str
    number: SupportsFloat
    below: tuple[int, ...] = ()
    layer: int | None = None

    def compute(self, decimals: int | None) -> float:
        """Return the number."""
        return (
            float(self.number) if decimals is None else rounded(self.number, decimals)
        )

    def write(self, notation: Notation) -> tuple[str, int]:
        """Return the name or the number."""
        if notation.names and self.base:
            return notation.name(self.base, self.below, self.layer), ATOM
        return notation.number(self.number)


@dataclass(frozen=True)
class Rest(Expression):
    """The sum of terms that are not written out.

    Attributes
    ----------
    what : str
        Such as "22 more terms".
    number : float
        Their sum.
    """

    what: str
    number: float

    def compute(self, decimals: int | None) -> float:
        """Return the sum."""
        return self.number if decimals is None else rounded(self.number, decimals)

    def write(self, notation: Notation) -> tuple[str, int]:
        """Return what is left out, and its sum among numbers."""
        return notation.rest(self.what, self.number), ATOM


def constant(number: float) -> Name:
    """Return a number that has no name."""
    return Name("", number)


@dataclass(frozen=True)
class Sum(Expression):
    """``a + b - c``; `minus` tells which terms are subtracted."""

    terms: tuple[Expression, ...]
    minus: tuple[bool, ...] = ()

    def compute(self, decimals: int | None) -> float:
        """Return the sum."""
        signs = self.minus or (False,) * len(self.terms)
        values = (term.compute(decimals) for term in self.terms)
        return math.fsum(-v if m else v for v, m in zip(values, signs, strict=True))

    def write(self, notation: Notation) -> tuple[str, int]:
        """Return the terms with signs between them."""
        signs = self.minus or (False,) * len(self.terms)
        text, tightness = self.terms[0].write(notation)
        if signs[0]:
            text = notation.operator("−") + notation.inside(self.terms[0], PRODUCT)
        if len(self.terms) == 1:
            return text, SIGN if signs[0] else tightness
        for term, minus in zip(self.terms[1:], signs[1:], strict=True):
            sign = " − " if minus else " + "
            text += notation.operator(sign) + notation.inside(term, PRODUCT)
        return text, SUM


@dataclass(frozen=True)
class Product(Expression):
    """``a·b·c``."""

    factors: tuple[Expression, ...]

    def compute(self, decimals: int | None) -> float:
        """Return the product."""
        return math.prod(factor.compute(decimals) for factor in self.factors)

    def write(self, notation: Notation) -> tuple[str, int]:
        """Return the factors with dots between them."""
        texts = [notation.inside(factor, PRODUCT) for factor in self.factors]
        chain = any(isinstance(factor, Derivative) for factor in self.factors)
        return notation.operator(" · " if chain else "·").join(texts), PRODUCT


@dataclass(frozen=True)
class Quotient(Expression):
    """``a / b``."""

    top: Expression
    bottom: Expression

    def compute(self, decimals: int | None) -> float:
        """Return the quotient."""
        return self.top.compute(decimals) / self.bottom.compute(decimals)

    def write(self, notation: Notation) -> tuple[str, int]:
        """Return a fraction."""
        return notation.fraction(self.top, self.bottom)


@dataclass(frozen=True)
class Power(Expression):
    """``a²`` and the like, or ``eᵃ`` where the base is "e"."""

    base: Expression
    exponent: Expression

    def compute(self, decimals: int | None) -> float:
        """Return the power."""
        return float(self.base.compute(decimals) ** self.exponent.compute(decimals))

    def write(self, notation: Notation) -> tuple[str, int]:
        """Return base and exponent."""
        return notation.power(self.base, self.exponent), POWER


@dataclass(frozen=True)
class Call(Expression):
    """``tanh(z)`` and other functions of school; see `FUNCTIONS`."""

    function: str
    argument: Expression

    def compute(self, decimals: int | None) -> float:
        """Return the function's value."""
        return FUNCTIONS[self.function](self.argument.compute(decimals))

    def write(self, notation: Notation) -> tuple[str, int]:
        """Return the function with its argument."""
        return notation.call(self.function, self.argument), ATOM


@dataclass(frozen=True)
class Derivative(Expression):
    """``∂J/∂z``: only ever printed with names."""

    of: Name
    by: Name

    def compute(self, decimals: int | None) -> float:  # noqa: ARG002
        """Return NaN: the number stands on the other side of its line."""
        return math.nan

    def write(self, notation: Notation) -> tuple[str, int]:
        """Return the derivative's fraction."""
        return notation.derivative(self.of, self.by), PRODUCT


FUNCTIONS: dict[str, Callable[[float], float]] = {
    "exp": math.exp,
    "ln": math.log,
    "tanh": math.tanh,
    "cos": math.cos,
    "sin": math.sin,
    "erf": math.erf,
    "√": math.sqrt,
    "abs": abs,
    "max0": lambda z: max(0.0, z),
    "unit": lambda z: min(1.0, max(0.0, z)),
    "sign": lambda d: float(d > 0) - float(d < 0),
}


def exp(argument: Expression) -> Expression:
    """Return ``e`` to a power."""
    return Call("exp", argument)


def square(base: Expression) -> Expression:
    """Return a square."""
    return Power(base, constant(2))


def negative(term: Expression) -> Expression:
    """Return a term with the other sign."""
    return Sum((term,), (True,))


def add(terms: Sequence[Expression]) -> Expression:
    """Return the sum of terms; of one term, itself."""
    return terms[0] if len(terms) == 1 else Sum(tuple(terms))


def more_terms(left_out: int, shown: int = 1) -> str:
    """Return what a sum leaves out in words; nothing where it leaves out none.

    Examples
    --------
    >>> more_terms(22), more_terms(1), more_terms(16, shown=0), more_terms(0)
    ('22 more terms', '1 more term', '16 terms', '')
    """
    if not left_out:
        return ""
    more = " more" if shown else ""
    return f"{left_out:,}{more} term{'' if left_out == 1 else 's'}"


def partial_sum(
    shown: Sequence[Expression], rest: SupportsFloat, more: str, *others: Expression
) -> Expression:
    """Return the sum of some terms, of what is left out, and of some others.

    Parameters
    ----------
    shown : sequence of Expression
        The terms that are written out.
    rest : float
        The sum of those that are not.
    more : str
        What they are, such as "22 more terms"; empty where there are none.
    *others : Expression
        What comes after them.
    """
    left_out = [Rest(more, float(rest))] if more else []
    terms = [*shown, *left_out, *others]
    return add(terms) if terms else constant(0)

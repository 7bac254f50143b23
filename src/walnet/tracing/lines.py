"""What is written out, before it is text or a page: stages, layers, neurons, lines."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np

from walnet.errors import HyperparameterError
from walnet.tracing.expressions import Expression, Name, Notation
from walnet.tracing.numbers import rounded


@dataclass(frozen=True)
class Line:
    """One quantity worked out.

    Attributes
    ----------
    name : Name
        The quantity, with the number that training computed.
    formula : Expression
        What it is, in names.
    numbers : Expression, optional
        What is worked out, where that has other terms than the formula.
    lead : Expression, optional
        What comes before the formula: the chain rule.
    becomes : bool
        Whether the quantity takes a new value: ← instead of =.
    note : str
        What to say beside it.
    """

    name: Name
    formula: Expression
    numbers: Expression | None = None
    lead: Expression | None = None
    becomes: bool = False
    note: str = ""

    def reproduces(self, decimals: int) -> bool:
        """Whether working it out from the printed numbers gives the printed result."""
        expected = self.name.number
        found = (self.numbers or self.formula).value(decimals)
        same = type(expected)(found)  # type: ignore[call-arg]  # float32 stays float32
        return rounded(same, decimals) == rounded(expected, decimals)

    def pieces(
        self, kind: type[Notation], decimals: int
    ) -> tuple[str, list[str], list[tuple[str, str]]]:
        """Return how the line is printed.

        Returns
        -------
        left : str
            The name.
        symbols : list of str
            The chain rule, if any, and the formula.
        numbers : list of (str, str)
            "=" or "≈" with what stands behind it: the numbers, the result.
        """
        names, digits = kind(names=True, decimals=decimals), kind(False, decimals)  # noqa: FBT003
        left = self.name.write(names)[0]
        symbols = [each.write(names)[0] for each in (self.lead, self.formula) if each]
        worked = (self.numbers or self.formula).write(digits)[0]
        result = self.name.write(digits)[0]
        relation = "=" if self.reproduces(decimals) else "≈"
        if worked == symbols[-1]:
            symbols.pop()
        if worked == result:
            return left, symbols, [("=", result)]
        return left, symbols, [("=", worked), (relation, result)]


@dataclass(frozen=True)
class Item:
    """A neuron, or whatever else has lines of its own.

    Attributes
    ----------
    title : str
        Such as "neuron 1"; empty where the group says it.
    lines : list of Line
        What is worked out.
    more : str
        What is left out.
    """

    title: str
    lines: list[Line]
    more: str = ""


@dataclass(frozen=True)
class Group:
    """A layer.

    Attributes
    ----------
    title : str
        Such as "Layer 1: 4 neurons, tanh".
    formulas : list of (Name, Expression)
        The layer's formulas in general.
    items : list of Item
        Its neurons.
    more : str
        What is left out.
    """

    title: str
    formulas: list[tuple[Name, Expression]] = field(default_factory=list)
    items: Iterable[Item] = ()
    more: str = ""


@dataclass(frozen=True)
class Stage:
    """A part of the iteration: feed-forward, cost, back-propagation, update.

    Attributes
    ----------
    title : str
        Its name.
    notes : list of str
        What to know first.
    groups : list of Group
        Its layers.
    ending : str
        What came of it.
    """

    title: str
    notes: list[str]
    groups: list[Group]
    ending: str = ""


@dataclass(frozen=True)
class Limits:
    """How much is written out, what is largest first; the rest is counted.

    Attributes
    ----------
    layers : sequence of int or None
        Which layers, counted from 1; None for all.
    neurons, terms, examples : int
        Of a layer, the most active; of a sum, the largest, and so of a neuron's
        weights; of a batch, the first.

    Raises
    ------
    HyperparameterError
        If a count is not a whole number of at least 1.
    """

    layers: Sequence[int] | None = None
    neurons: int = 4
    terms: int = 6
    examples: int = 3

    def __post_init__(self) -> None:
        """Refuse counts below 1."""
        for name in ("neurons", "terms", "examples"):
            count = getattr(self, name)
            if not isinstance(count, (int, np.integer)) or count < 1:
                raise HyperparameterError(
                    f"{name} must be a whole number of at least 1, got {count!r}"
                )


def more_of(total: int, shown: int, what: str, plural: str = "") -> str:
    """Return "… and 96 more neurons", or nothing where all are shown."""
    rest = total - shown
    name = what if rest == 1 else plural or f"{what}s"
    return f"… and {rest:,} more {name}" if rest > 0 else ""


def check_number(number: int, last: int, what: str) -> None:
    """Raise unless a thing counted from 1 is there."""
    if not isinstance(number, (int, np.integer)) or not 1 <= number <= last:
        raise HyperparameterError(f"{what} must be 1 to {last}, got {number!r}")


def check_decimals(decimals: int) -> None:
    """Raise unless so many decimals can be printed."""
    if not isinstance(decimals, (int, np.integer)) or not 1 <= decimals <= 17:
        raise HyperparameterError(
            f"decimals must be a whole number from 1 to 17, got {decimals!r}"
        )

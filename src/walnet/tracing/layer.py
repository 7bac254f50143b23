"""What every kind of layer says of itself when it is written out.

Dense layers are counted from 1, as the network's sizes count them; layers in front of
them have no number. Neurons and inputs are counted from 0 here and from 1 where they
are printed. An example is an index into those that are followed (`Pass.shown`).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from walnet.tracing.expressions import Expression, Name
from walnet.tracing.iteration import Iteration
from walnet.tracing.lines import Line, more_of
from walnet.tracing.notation import below
from walnet.tracing.passes import Held, Pass

Formulas = list[tuple[Name, Expression]]


class Source(ABC):
    """What hands numbers on to a layer: the inputs of the network, or a layer."""

    @abstractmethod
    def symbol(self, mark: str = "") -> Name:
        """Return the name of all its outputs in general, with a mark such as ᵀ."""

    @abstractmethod
    def output(self, example: int, j: int) -> Name:
        """Return what it hands on at index j."""

    @abstractmethod
    def outputs(self, example: int) -> np.ndarray:
        """Return all that it hands on: (n_out,)."""


class Sink(ABC):
    """What a layer hands its outputs to, and gets their derivatives from."""

    @abstractmethod
    def input_error(self, example: int, k: int, most: int) -> Expression:
        """Return ∂J/∂input k, in at most so many terms."""

    @abstractmethod
    def input_errors(self, example: int) -> np.ndarray:
        """Return the derivatives of J by all its inputs: (n_in,)."""

    def fused_error(self, example: int, j: int) -> Expression | None:  # noqa: ARG002
        """Return ∂J/∂z of neuron j where no ∂J/∂a is worked out before it."""
        return None

    def error_formula(self) -> Expression | None:
        """Return ∂J/∂inputs in general, if that is one formula."""
        return None

    def error_terms(self, example: int, k: int) -> list[dict[str, float]]:  # noqa: ARG002
        """Return the terms of ∂J/∂input k as plain values, where it is a sum."""
        return []


class Inputs(Source):
    """Inputs of the network that are numbers.

    Parameters
    ----------
    X : ndarray of shape (examples, inputs)
        Their values.
    columns : ndarray of int
        The column of the user's X that each is.
    """

    def __init__(self, X: np.ndarray, columns: np.ndarray) -> None:
        self.X, self.columns = X, columns

    def symbol(self, mark: str = "") -> Name:
        """Return X."""
        return Name(f"X{mark}", 0)

    def output(self, example: int, j: int) -> Name:
        """Return an input."""
        return Name("x", self.X[example, j], (int(self.columns[j]) + 1,))

    def outputs(self, example: int) -> np.ndarray:
        """Return the example's inputs."""
        row: np.ndarray = self.X[example]
        return row


@dataclass(frozen=True)
class Parameter:
    """One number that is learned.

    Attributes
    ----------
    name : Name
        The parameter, with its value before the update.
    derivative : str
        What its derivative is called, such as "dW".
    index : int
        Into the vector of all parameters.
    is_penalised : bool
        Whether the penalties on large weights hold for it.
    share : callable
        From an example to what that adds to the derivative.
    lead : callable
        To the derivative as the chain rule writes it.
    """

    name: Name
    derivative: str
    index: int
    is_penalised: bool
    share: Callable[[int], Expression]
    lead: Callable[[], Expression]


@dataclass(frozen=True)
class Block:
    """Parameters side by side, all of one kind: a layer has too many for one at a time.

    Attributes
    ----------
    derivative : str
        What the derivative of each is called, such as "dW".
    start, size : int
        Where they stand in the vector of all parameters.
    shares : callable
        From an example to what it adds to each derivative: (size,), float64.
    """

    derivative: str
    start: int
    size: int
    shares: Callable[[int], np.ndarray]


class Layer(Source, Sink):
    """One layer of a pass. A kind of layer is a subclass, chosen in `chain`.

    A layer is written out item by item: an item is a neuron, or an input and what
    becomes of it.

    Parameters
    ----------
    passed : Pass
        Where the numbers come from.
    at : int
        Which record of it.
    before : Source
        What the layer is given.
    number : int or None
        Of a dense layer, counted from 1.

    Attributes
    ----------
    after : Sink
        What the layer hands its outputs to; set when that has been made.
    first : int
        The index of its first output among the inputs of `after`.
    held : Held
        Its arrays, an example a row.
    size : int
        How many items there are.
    """

    after: Sink
    first = 0
    item, items = "neuron", ""  # what an item is called, and several where not with s

    def __init__(
        self, passed: Pass, at: int, before: Source, number: int | None = None
    ) -> None:
        self.passed, self.at, self.before, self.number = passed, at, before, number
        self.record: Any = passed.records[at]
        self.held: Held = passed.held[at]
        self.size: int = self.held.A.shape[1]

    @property
    def iteration(self) -> Iteration:
        """The iteration, where there is one: what goes back needs it."""
        assert isinstance(self.passed, Iteration)  # noqa: S101 - as its callers know
        return self.passed

    @abstractmethod
    def title(self) -> str:
        """Return "Layer 2 (output): 1 neuron, sigmoid"."""

    def item_title(self, j: int) -> str:
        """Return "neuron 3"."""
        return f"{self.item} {j + 1}"

    @abstractmethod
    def forward_formulas(self) -> Formulas:
        """Return what the layer computes, in general."""

    @abstractmethod
    def backward_formulas(self) -> Formulas:
        """Return how derivatives go back through it, in general."""

    @abstractmethod
    def forward(self, example: int, j: int, most: int) -> list[Line]:
        """Return what item j computes, in sums of at most so many terms."""

    @abstractmethod
    def backward(self, example: int, j: int, most: int) -> list[Line]:
        """Return the error signal of item j."""

    @abstractmethod
    def parameter(self, j: int, k: int | None) -> Parameter:
        """Return the weight from input k to neuron j, or its bias where k is None.

        Raises
        ------
        HyperparameterError
            If there is no such input.
        """

    @abstractmethod
    def shown_parameters(self, j: int, most: int) -> tuple[list[Parameter], str]:
        """Return the parameters of item j that matter most; what is left out."""

    def feature(self, column: int) -> str:
        """Return what column of X this is, "x₃ (size)", counted from 1."""
        names = self.passed.features
        symbol = f"x{below(column)}"
        return symbol if names is None else f"{symbol} ({names[column - 1]})"

    # As plain values: see `walnet.tracing.plain_values`.

    @abstractmethod
    def facts(self) -> dict[str, Any]:
        """Return what the layer is: sizes, activation."""

    @abstractmethod
    def values(self, example: int, j: int) -> dict[str, Any]:
        """Return the numbers of item j for one example."""

    @abstractmethod
    def parameters(self, j: int) -> dict[str, Learned]:
        """Return all parameters of item j, by what they are called."""

    # What all kinds share.

    def symbol(self, mark: str = "") -> Name:
        """Return A of the layer."""
        return Name(f"A{mark}", 0, (), self.number)

    def outputs(self, example: int) -> np.ndarray:
        """Return what the next layer was given."""
        row: np.ndarray = self.held.A[example]
        return row

    def active(self, most: int) -> list[int]:
        """Return the most active items: a dead neuron explains nothing."""
        return largest(self.outputs(0), most)

    def more(self, shown: int) -> str:
        """Return "… and 96 more neurons"."""
        return more_of(self.size, shown, self.item, self.items)

    def precise(self, number: float) -> np.floating:
        """Return a number in the network's precision."""
        made: np.floating = self.held.A.dtype.type(number)
        return made


Learned = Parameter | list[Parameter] | Block


def largest(values: np.ndarray, most: int) -> list[int]:
    """Return the indices of the largest sizes, in ascending order; of equals the first.

    Examples
    --------
    >>> largest(np.array([0.1, -3.0, 0.0, 2.0]), 2)
    [1, 3]
    """
    by_size = np.argsort(-np.abs(values), kind="stable")
    return sorted(by_size[:most].tolist())

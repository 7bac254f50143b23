"""One prediction written out: from a row's values to the answer."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from walnet.engine.network import Network
from walnet.engine.settings import Settings
from walnet.engine.threads import OwnCost
from walnet.engine.training import Training
from walnet.errors import HyperparameterError
from walnet.tracing.html import write_html
from walnet.tracing.iteration import Iteration, next_iteration
from walnet.tracing.lines import Limits, Stage, check_decimals
from walnet.tracing.numbers import pretty
from walnet.tracing.passes import Pass, forward_pass
from walnet.tracing.plain_values import forward_values, plain_values
from walnet.tracing.stages import Writer
from walnet.tracing.summary import ROUNDED, Names, checked_names
from walnet.tracing.text import write_text
from walnet.words import elided, row_from_1

Stages = Callable[[Limits], list[Stage]]
ONE_ITERATION = (
    "From here on: one more iteration of training, on a batch of this row alone, "
    "called example 0. It is done like the first one of a training: the update rule "
    "remembers nothing yet, and no schedule has lowered the learning rate."
)


def _nothing(limits: Limits) -> list[Stage]:  # noqa: ARG001
    return []


@dataclass(frozen=True)
class Answer:
    """What a model says of a row.

    Attributes
    ----------
    row : int
        Its index in the data that it comes from.
    prediction : label or number
        In the target's own terms.
    sentence : str
        What is predicted.
    original : label, number or None
        What is known of the row.
    target : str or None
        What the column is called that is predicted, if it has a name.
    """

    row: int
    prediction: Any
    sentence: str
    original: Any = None
    target: str | None = None

    @property
    def verdict(self) -> str:
        """The row and its prediction in a sentence."""
        return f"{row_from_1(self.row + 1).capitalize()}: {self.sentence}"


@dataclass(frozen=True)
class Explanation:
    """One row on its way through a model: ``print`` writes all arithmetic out.

    A notebook shows it as a page. Made by `walnet.trace`.

    Attributes
    ----------
    answer : Answer
        The prediction.
    passed : Pass
        What the network's layers held; of many networks, those of one of them.
    names : Names
        Of inputs and labels.
    facts : list of str
        What to know first.
    encoding, decoding : callable
        From limits to the stages before and after feed-forward.
    iteration : Iteration or None
        One iteration of training on this row, where its target is known.
    values : dict
        What else there is to tell, as plain values.
    """

    answer: Answer
    passed: Pass
    names: Names
    facts: Sequence[str] = ()
    encoding: Stages = _nothing
    decoding: Stages = _nothing
    iteration: Iteration | None = None
    values: dict[str, Any] = field(default_factory=dict)

    @property
    def network(self) -> Network:
        """The network that the row went through."""
        return self.passed.network

    @property
    def outputs(self) -> np.ndarray:
        """Activations of the output layer: (n_outputs,)."""
        row: np.ndarray = self.passed.layers[-1].A[0]
        return row

    @property
    def prediction(self) -> Any:
        """The model's answer, in the target's own terms."""
        return self.answer.prediction

    def stages(self, limits: Limits | None = None) -> list[Stage]:
        """Return the stages from the row's values to the answer, ready to print.

        Where the target is known, those of an iteration follow.

        Parameters
        ----------
        limits : Limits, optional
            How much is written out.

        Returns
        -------
        list of Stage
            Each with its lines in groups.
        """
        limits = limits or Limits()
        stages = [
            *self.encoding(limits),
            Writer(self.passed, limits).feed_forward(),
            *self.decoding(limits),
        ]
        if self.iteration is None:
            return stages
        cost, *others = Writer(self.iteration, limits).learning()
        first = Stage(cost.title, [ONE_ITERATION, *cost.notes], cost.groups)
        return [*stages, first, *others]

    def text(self, decimals: int = 6, **limits: Any) -> str:
        """Return the arithmetic as text.

        Parameters
        ----------
        decimals : int, default 6
            Of the printed numbers; 17 prints every digit.
        **limits
            layers, neurons (4 a layer) and terms (6 a sum): how much is written out.

        Returns
        -------
        str
            Some lines for each neuron.
        """
        check_decimals(decimals)
        facts = [*self.facts, repr(self.network), ROUNDED]
        stages = self.stages(Limits(**limits))
        return write_text(self.answer.verdict, facts, stages, decimals)

    def __str__(self) -> str:
        return self.text()

    def __repr__(self) -> str:
        return f"Explanation: {self.answer.verdict}"

    def to_html(self, decimals: int = 6, **limits: Any) -> str:
        """Return the arithmetic as a piece of a page: formulas in MathML, no script.

        Parameters
        ----------
        decimals : int, default 6
            Of the printed numbers.
        **limits
            How much is written out, as for :meth:`text`.

        Returns
        -------
        str
            A piece of HTML.
        """
        check_decimals(decimals)
        facts = [*self.facts, repr(self.network), ROUNDED]
        stages = self.stages(Limits(**limits))
        return write_html(self.answer.verdict, facts, stages, decimals)

    def _repr_html_(self) -> str:
        """Show the page in a notebook."""
        return self.to_html()

    def to_dict(self) -> dict[str, Any]:
        """Return all numbers as plain values, ready for JSON.

        Returns
        -------
        dict
            ``row`` (counted from 1), ``target``, ``prediction``, ``original``,
            ``inputs``, ``outputs``, ``feed_forward``, ``iteration`` (null where the
            target is not known), and of many networks ``member``.
        """
        names, passed = self.names.features, self.passed
        inputs = passed.shown.columns(passed.network.layout)[0].tolist()
        symbols = names or [f"x{k}" for k in range(1, len(inputs) + 1)]
        iteration = self.iteration
        return {
            "row": self.answer.row + 1,
            "target": self.answer.target,
            "prediction": self.answer.prediction,
            "original": self.answer.original,
            "inputs": dict(zip(symbols, inputs, strict=True)),
            "outputs": self.outputs.tolist(),
            **self.values,
            "feed_forward": forward_values(passed),
            "iteration": iteration and plain_values(iteration, self.names),
        }

    def to_json(self) -> str:
        """Return :meth:`to_dict` as JSON.

        Returns
        -------
        str
            One object.
        """
        return json.dumps(self.to_dict(), ensure_ascii=False, allow_nan=False)


def explain_network(
    network: Network, X: Any, row: int | None, features: Sequence[str] | None = None
) -> Explanation:
    """Return a row's way through a network alone.

    Raises
    ------
    HyperparameterError
        If there is no such row.
    """
    numbers, codes = network.inputs(X)
    at = check_row(0 if row is None else row, len(numbers))
    one = slice(at, at + 1)
    names = checked_names(features, network.n_inputs, "features", "inputs")
    passed = forward_pass(network, numbers[one], codes[one], names)
    outputs = passed.layers[-1].A[0]
    many = "s are" if len(outputs) > 1 else " is"
    texts = elided([pretty(each, 6) for each in outputs])
    answer = Answer(at, outputs.tolist(), f"the output{many} {texts}")
    return Explanation(answer, passed, Names(names, None, 0.5))


def check_row(row: Any, rows: int) -> int:
    """Return the index of a row that is there.

    Raises
    ------
    HyperparameterError
        If there is no such row.
    """
    whole = isinstance(row, (int, np.integer)) and not isinstance(row, bool)
    if not whole or not 0 <= row < rows:
        raise HyperparameterError(
            f"row must be 0 to {rows - 1}, counted from 0; got {row!r}"
        )
    return int(row)


def pass_of_row(
    network: Network, X: Any, features: Sequence[str] | None = None
) -> Pass:
    """Return one row of inputs on its way through a network."""
    return forward_pass(network, *network.inputs(X), features)


def iteration_on_row(
    network: Network,
    X: Any,
    y: Any,
    settings: Settings,
    features: Sequence[str] | None = None,
    own_cost: OwnCost | None = None,
) -> Iteration:
    """Return one iteration of training on one row; the network is not changed.

    Parameters
    ----------
    network : Network
        Where the iteration starts.
    X, y : array_like
        The row and its target.
    settings : Settings
        How it is trained; batches and dropout are left aside.
    features : sequence of str, optional
        Names of the inputs.
    own_cost : tuple of two functions, optional
        A cost of the user's, and its derivative.
    """
    alone = {"batch_size": 1, "equal_batches": False, "dropout": 0.0}
    training = Training(network, X, y, settings.replace(**alone), own_cost=own_cost)
    try:
        return replace(next_iteration(training, 0), features=features)
    finally:
        training.close()


def sentence_of_class(
    target: str | None, label: Any, probability: float, original: Any
) -> str:
    """Return which class is predicted, and which it was, in a sentence.

    Examples
    --------
    >>> sentence_of_class("species", "Adelie", 0.97, "Adelie")
    "'species' is predicted to be Adelie (97 %), originally Adelie"
    """
    text = f"{_subject(target)} {label} ({100 * probability:.3g} %)"
    return text if original is None else f"{text}, originally {original}"


def sentence_of_number(target: str | None, number: float, original: Any) -> str:
    """Return which number is predicted, and which it was, in a sentence.

    Examples
    --------
    >>> sentence_of_number("mass", 3712.4, 3750.0)
    "'mass' is predicted to be 3712, originally 3750"
    """
    text = f"{_subject(target)} {number:.4g}"
    return text if original is None else f"{text}, originally {original:.6g}"


def _subject(target: str | None) -> str:
    return f"{'the target' if target is None else repr(target)} is predicted to be"

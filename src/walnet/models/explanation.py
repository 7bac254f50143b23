"""The arithmetic of one row's prediction, and of one iteration of training on it."""

from __future__ import annotations

from typing import Any

import numpy as np

from walnet.engine.network import Network
from walnet.engine.settings import Settings
from walnet.models.encoded_row import inputs_of_row, scaled, standardisation
from walnet.tables import Schema, Table
from walnet.tables.target import ClassTarget, NumberTarget
from walnet.tracing import Trace, trace
from walnet.tracing.lines import Limits
from walnet.tracing.text import write_text
from walnet.words import number, percent, quoted

_MOST_FORMULAS = 20
_SHOWN = (
    "A number's input is (value − mean)/deviation of the training rows; a missing one "
    "is taken as their median. Of wide layers the most active neurons and the largest "
    "terms are written out; {} and {} show more."
)
_ROUNDED = (
    "The numbers are rounded: ≈ instead of = says that the printed ones, worked out, "
    "give another last digit."
)


class Explanation:
    """One row through a network, and one iteration towards its target if that is known.

    Made by `NetworkModel.explain`.

    Parameters
    ----------
    schema : Schema
        How the row becomes inputs, and the outputs an answer.
    network : Network
        The network.
    settings : Settings
        What it was trained with.
    table : Table
        The row alone.
    row : int
        Its index in the table that it comes from.

    Attributes
    ----------
    inputs : ndarray of shape (1, inputs), float32
        What the network is given.
    outputs : ndarray of shape (1, outputs), float32
        What it gives.
    answer : label or float
        What that stands for.
    trace : Trace
        The iteration.
    knows_target : bool
        Whether the row has a target.

    Raises
    ------
    DataError
        If the row does not fit the schema.
    """

    def __init__(
        self,
        schema: Schema,
        network: Network,
        settings: Settings,
        table: Table,
        row: int = 0,
    ) -> None:
        self.schema, self.network, self.table, self.row = schema, network, table, row
        self.inputs = schema.encode(table)
        self.outputs = network.feed_forward(self.inputs)
        self.answer = _plain(schema.decode(self.outputs)[0])
        name = schema.target.name
        self.knows_target = name in table and not table[name].missing()[0]
        self.trace = self._trace(settings)

    def _trace(self, settings: Settings) -> Trace:
        """Return one iteration on this row, towards its target if that is known."""
        y = self.schema.target_matrix(self.table) if self.knows_target else self.outputs
        target = self.schema.target
        labels = target.labels if isinstance(target, ClassTarget) else None
        return trace(
            self.network,
            self.inputs,
            y,
            settings=settings.replace(batch_size=1, dropout=0.0),
            features=self.schema.feature_names,
            classes=labels,
        )

    @property
    def original(self) -> Any:
        """The row's target in its own terms; None where it is not known."""
        if not self.knows_target:
            return None
        return _plain(self.schema.decode(self.schema.encode_target(self.table))[0])

    @property
    def probability(self) -> float | None:
        """The probability of the class that is predicted; None for a number."""
        target = self.schema.target
        if not isinstance(target, ClassTarget):
            return None
        return float(target.probabilities(self.outputs).max())

    def verdict(self) -> str:
        """Return prediction and target in one sentence.

        Returns
        -------
        str
        """
        text = (
            f"Row {self.row + 1}: {quoted(self.schema.target.name)} is predicted to be "
            f"{_written(self.answer)}"
        )
        if self.probability is not None:
            text += f" ({percent(self.probability)})"
        if not self.knows_target:
            return text
        return f"{text}, originally {_written(self.original)}"

    def encoding(self) -> tuple[list[list[str]], list[str]]:
        """Return how the row's cells become inputs.

        Returns
        -------
        lines : list of list of str
            Column, value, input and number of each input.
        formulas : list of str
            The arithmetic of the first 20 numbers that are standardised.
        """
        lines, formulas = inputs_of_row(self.schema, self.table, self.inputs[0])
        return lines, formulas[:_MOST_FORMULAS]

    def arithmetic(
        self,
        decimals: int = 4,
        *,
        neurons: int = 1,
        terms: int = 3,
        options: tuple[str, str] = ("neurons", "terms"),
    ) -> str:
        """Return the prediction and, if the target is known, the iteration as text.

        Parameters
        ----------
        decimals : int, default 4
            Decimals of the numbers, from 1 to 17.
        neurons : int, default 1
            How many neurons of a layer are written out.
        terms : int, default 3
            How many terms of a sum are written out.
        options : tuple of two str
            What `neurons` and `terms` are called where the text is read.

        Returns
        -------
        str
            Lines of formulas with their numbers.
        """
        stages = self.trace.stages(Limits(None, neurons=neurons, terms=terms))
        title = repr(self.network)
        facts = [_ROUNDED, *self._scale(), _SHOWN.format(*options)]
        if not self.knows_target:
            return write_text(title, facts, stages[:1], decimals)
        facts.append(
            f"The batch is row {self.row + 1} alone, called example 0 from here on."
        )
        return write_text(
            f"One more iteration of training: {title}", facts, stages, decimals
        )

    def to_dict(self) -> dict[str, Any]:
        """Return all numbers as JSON-able values.

        Returns
        -------
        dict
            ``row`` counted from 1, ``target``, ``prediction``, ``original``, ``inputs``
            by name, ``outputs`` and the ``iteration``.
        """
        names = self.schema.feature_names
        return {
            "row": self.row + 1,
            "target": self.schema.target.name,
            "prediction": self.answer,
            "original": self.original,
            "inputs": dict(zip(names, self.inputs[0].tolist(), strict=True)),
            "outputs": self.outputs[0].tolist(),
            "iteration": self.trace.to_dict() if self.knows_target else None,
        }

    def __str__(self) -> str:
        _, formulas = self.encoding()
        return "\n".join([self.verdict(), *formulas, "", self.arithmetic()])

    def __repr__(self) -> str:
        return f"<explanation of {self.verdict()}>"

    def _scale(self) -> list[str]:
        """Return how a number is learned, and the way back to its own unit."""
        target = self.schema.target
        if not isinstance(target, NumberTarget):
            return []
        mean, deviation = target.mean, target.deviation
        output = scaled(float(self.outputs[0, 0]), 0.1)
        shown = f"{scaled(mean, deviation)} + {scaled(deviation, deviation)}·{output}"
        name = quoted(target.name)
        text = (
            f"The output {output} stands for {name} = {shown} = {number(self.answer)}"
        )
        if not self.knows_target:
            return [f"{text}."]
        y = scaled(float(target.matrix(self.table[target.name])[0, 0]), 0.1)
        original = standardisation(self.original, mean, deviation)
        return [f"{text}; the original is learned as y = {original} = {y}."]


def _plain(value: Any) -> Any:
    """Return a label or a number without NumPy's type."""
    return value.item() if isinstance(value, np.generic) else value


def _written(value: Any) -> str:
    """Return an answer as text: labels as they are, numbers with four digits."""
    return number(value) if isinstance(value, float) else str(value)

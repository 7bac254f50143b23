"""What ``walnet explain`` does: one row through a network, and one iteration on it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from walnet.cli.inputs import inputs_of_row, scaled, standardisation
from walnet.cli.models import load_table_model
from walnet.cli.plain import warm_up
from walnet.cli.terminal import Screen, number, percent
from walnet.errors import DataError
from walnet.tables import read_table
from walnet.tables.target import NumberTarget
from walnet.tables.wording import count, quoted
from walnet.tracing import Trace, trace
from walnet.tracing.lines import Limits
from walnet.tracing.text import write_text

_MOST_FORMULAS = 20
_SHOWN = (
    "A number's input is (value − mean)/deviation of the training rows; a missing one "
    "is taken as their median. Of wide layers the most active neurons and the largest "
    "terms are written out; --neurons and --terms show more."
)
_ROUNDED = (
    "The numbers are rounded: ≈ instead of = says that the printed ones, worked out, "
    "give another last digit."
)


class Explanation:
    """The arithmetic of one row of a file.

    Parameters
    ----------
    model_file, file : Path
        The model, and the rows.
    reading : dict
        Fields of `walnet.ReadOptions`, beside what the model knows.
    row : int
        Which row, counted from 1.

    Raises
    ------
    DataError
        If there is no such row, or the file does not fit the model.
    """

    def __init__(
        self, model_file: Path, file: Path, reading: Mapping[str, Any], row: int
    ) -> None:
        self.model = load_table_model(model_file)
        schema = self.model.schema
        table = read_table(file, schema.read_options, min_columns=1, **reading)
        if row > len(table):
            message = f"there is no row {row}: {str(file)!r} has"
            raise DataError(f"{message} {count(len(table), 'row')}")
        self.table = table.take(np.array([row - 1]))
        self.row = row
        self.X = schema.encode(self.table)
        warm_up()
        self.outputs = self.model.network.feed_forward(self.X)
        self.answer = schema.decode(self.outputs)[0]
        self.known = self._knows_target()
        self.trace = self._trace()

    def _knows_target(self) -> bool:
        """Tell whether the row has a target."""
        target = self.model.target
        return target in self.table and not self.table[target].missing()[0]

    def _trace(self) -> Trace:
        """Return one iteration on this row, towards its target if that is known."""
        model, y = self.model, self.outputs
        if self.known:
            y = model.schema.target_matrix(self.table)
        settings = model.settings.replace(batch_size=1, dropout=0.0)
        return trace(
            model.network,
            self.X,
            y,
            settings=settings,
            features=model.schema.feature_names,
            classes=model.labels or None,
        )

    def say(self, screen: Screen, decimals: int, **limits: int) -> None:
        """Print the row, how it becomes inputs, and the arithmetic."""
        screen.say(f"Row {self.row}: {self._verdict()}", style="bold")
        inputs, formulas = inputs_of_row(self.model.schema, self.table, self.X[0])
        screen.table(["column", "value", "input", "number"], inputs, texts=3, most=40)
        for formula in formulas[:_MOST_FORMULAS]:
            screen.say(formula)
        screen.say()
        stages = self.trace.stages(Limits(None, **limits))
        title, facts = repr(self.model.network), [_ROUNDED, *self._scale(), _SHOWN]
        if self.known:
            title = f"One more iteration of training: {title}"
            facts.append(
                f"The batch is row {self.row} alone, called example 0 from here on."
            )
            screen.say(write_text(title, facts, stages, decimals))
            return
        screen.say(write_text(title, facts, stages[:1], decimals))
        screen.say()
        screen.note(
            f"the file knows no {quoted(self.model.target)} of this row; with it, cost,"
            " back-propagation and update would follow"
        )

    def print_json(self) -> None:
        """Print all numbers as one JSON object."""
        inputs = dict(
            zip(self.model.schema.feature_names, self.X[0].tolist(), strict=True)
        )
        answer = self.answer.item() if hasattr(self.answer, "item") else self.answer
        facts: dict[str, Any] = {
            "row": self.row,
            "target": self.model.target,
            "prediction": answer,
            "original": self._original() if self.known else None,
            "inputs": inputs,
            "outputs": self.outputs[0].tolist(),
            "iteration": self.trace.to_dict() if self.known else None,
        }
        print(json.dumps(facts, allow_nan=False))

    def _original(self) -> Any:
        """Return the row's target in its own terms."""
        schema = self.model.schema
        value = schema.decode(schema.encode_target(self.table))[0]
        return value.item() if hasattr(value, "item") else value

    def _verdict(self) -> str:
        """Return prediction and target in one sentence."""
        name, answer = quoted(self.model.target), self.answer
        shown = str(answer) if self.model.labels else number(float(answer))
        text = f"{name} is predicted to be {shown}"
        if self.model.labels:
            text += f" ({percent(float(self.outputs[0].max()))})"
        if not self.known:
            return text
        original = self._original()
        shown = str(original) if self.model.labels else number(original)
        return f"{text}, originally {shown}"

    def _scale(self) -> list[str]:
        """Return how a number is learned, and the way back to its own unit."""
        target = self.model.schema.target
        if not isinstance(target, NumberTarget):
            return []
        mean, deviation = target.mean, target.deviation
        output = scaled(float(self.outputs[0, 0]), 0.1)
        shown = f"{scaled(mean, deviation)} + {scaled(deviation, deviation)}·{output}"
        name = quoted(target.name)
        text = (
            f"The output {output} stands for {name} = {shown} = {number(self.answer)}"
        )
        if not self.known:
            return [f"{text}."]
        y = scaled(float(target.matrix(self.table[target.name])[0, 0]), 0.1)
        original = standardisation(self._original(), mean, deviation)
        return [f"{text}; the original is learned as y = {original} = {y}."]

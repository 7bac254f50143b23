"""One row's way through a model of a table that is one network."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from walnet.engine.network import Network
from walnet.engine.settings import Settings
from walnet.tables import Schema, Table
from walnet.tables.dates import date_part
from walnet.tables.encoders import DateEncoder, Encoder, NumberEncoder, checked
from walnet.tables.table import Column
from walnet.tables.target import ClassTarget, NumberTarget, Target
from walnet.tables.written import cell_of
from walnet.tracing.explanation import (
    Answer,
    Explanation,
    iteration_on_row,
    pass_of_row,
    sentence_of_class,
    sentence_of_number,
)
from walnet.tracing.expressions import Name, constant
from walnet.tracing.lines import Group, Item, Limits, Line, Stage, more_of
from walnet.tracing.notation import below
from walnet.tracing.passes import Pass
from walnet.tracing.steps import (
    DECODING,
    ENCODING,
    back_in_unit,
    learned,
    most_probable,
    standardised,
)
from walnet.tracing.summary import Names

NUMBERS = (
    "A number v is standardised by the training rows: x = (v − μ)/σ with their mean μ "
    "and deviation σ. A missing one is taken as their median."
)
OTHERS = (
    "Of a category the row's own level is 1 and the others are 0; of a boolean true is "
    "1, false −1 and missing 0; a value that is missing may have a 1 of its own."
)
_INPUTS_A_NEURON = 20  # inputs shown for each neuron that is


def explain_row(
    schema: Schema,
    network: Network,
    settings: Settings | None,
    table: Table,
    row: int,
) -> Explanation:
    """Return the explanation of one row.

    Parameters
    ----------
    schema : Schema
        How the row becomes inputs, and outputs become an answer.
    network : Network
        The network.
    settings : Settings or None
        With what an iteration is done where the target is known; None for no iteration.
    table : Table
        The row alone.
    row : int
        Its index in the table that it comes from.
    """
    X, target = schema.encode(table), schema.target
    passed = pass_of_row(network, X, schema.feature_names)
    original = original_of(target, table)
    iteration = None
    if original is not None and settings is not None:
        y = schema.target_matrix(table)
        iteration = iteration_on_row(network, X, y, settings, schema.feature_names)
    labels = [str(each) for each in _labels(target)] or None
    return Explanation(
        _answer(schema, passed, row, original),
        passed,
        Names(schema.feature_names, labels, 0.5),
        [],
        lambda limits: [_encoding(schema, table, X[0], limits)],
        lambda limits: [_decoding(target, passed, original, limits)],
        iteration,
    )


def original_of(target: Target, table: Table) -> Any:
    """Return the target of a table's only row in its own terms; None if not known."""
    if target.name not in table or table[target.name].missing()[0]:
        return None
    return _plain(target.decode(target.encode(table[target.name]))[0])


def _labels(target: Target) -> list[Any]:
    return list(target.labels) if isinstance(target, ClassTarget) else []


def _plain(value: Any) -> Any:
    """Return a label or a number without NumPy's type."""
    return value.item() if isinstance(value, np.generic) else value


def _outputs(passed: Pass) -> np.ndarray:
    """Return what the network answers: (1, outputs)."""
    return passed.layers[-1].A


def _answer(schema: Schema, passed: Pass, row: int, original: Any) -> Answer:
    """Return the prediction in words."""
    target, outputs = schema.target, _outputs(passed)
    prediction = _plain(schema.decode(outputs)[0])
    if isinstance(target, ClassTarget):
        share = float(_probabilities(outputs[0]).max())
        text = sentence_of_class(target.name, prediction, share, original)
    else:
        text = sentence_of_number(target.name, prediction, original)
    return Answer(row, prediction, text, original, target.name)


def _probabilities(outputs: np.ndarray) -> np.ndarray:
    """Return the probability of each class; a single output is that of the second."""
    if len(outputs) > 1:
        return outputs
    return np.array([1 - outputs[0], outputs[0]])


# The way in.


def _encoding(schema: Schema, table: Table, X: np.ndarray, limits: Limits) -> Stage:
    """Return how the row's cells become inputs."""
    items: list[Item] = []
    others: list[Item] = []
    start = 0
    for encoder in schema.encoders:
        column = checked(encoder, table[encoder.name])
        width = len(encoder.feature_names)
        made = _numbers(encoder, column, start, X)
        items += made
        others += _ones(encoder, column, start, X, len(made))
        start += width
    most = _INPUTS_A_NEURON * limits.neurons
    groups = [
        Group(title, [], shown[:most], more_of(len(shown), most, "input"))
        for title, shown in (("Numbers", items), ("Ones and zeros", others))
        if shown
    ]
    notes = [NUMBERS] * bool(items) + [OTHERS] * bool(others)
    return Stage(ENCODING, notes, groups)


def _numbers(encoder: Encoder, column: Column, start: int, X: np.ndarray) -> list[Item]:
    """Return the inputs of a column that are standardised."""
    if isinstance(encoder, NumberEncoder):
        value = float(column.numbers()[0])
        return [_standardised(encoder, value, start, X)]
    if isinstance(encoder, DateEncoder):
        dates = column.dates()
        return [
            _standardised(part, float(date_part(name, dates)[0]), start + k, X)
            for k, (name, part) in enumerate(encoder.in_order())
        ]
    return []


def _standardised(
    encoder: NumberEncoder, value: float, index: int, X: np.ndarray
) -> Item:
    """Return one number on its way in."""
    missing = math.isnan(value)
    known = encoder.median if missing else value
    title = f"{encoder.name} = {value:.10g}"
    if missing:
        title = f"{encoder.name} is missing, taken as {known:.10g}"
    line = standardised(index + 1, known, encoder.mean, encoder.deviation, X[index])
    return Item(title, [line])


def _ones(
    encoder: Encoder, column: Column, start: int, X: np.ndarray, skipped: int
) -> list[Item]:
    """Return the inputs of a column that are ones, zeros or minus ones, but for 0."""
    indices = range(start + skipped, start + len(encoder.feature_names))
    if not indices:
        return []
    shown = [index for index in indices if X[index]]
    lines = [
        Line(Name("x", X[index], (index + 1,)), constant(float(X[index])))
        for index in shown
    ]
    zeros = [f"x{below(index + 1)}" for index in indices if not X[index]]
    more = f"{', '.join(zeros[:6])}{', …' * (len(zeros) > 6)} = 0" if zeros else ""
    cell = cell_of(column)
    is_missing = " is missing" if bool(column.missing()[0]) else f" = {cell}"
    return [Item(f"{encoder.name}{is_missing}", lines, more)]


# The way out.


def _decoding(target: Target, passed: Pass, original: Any, limits: Limits) -> Stage:
    """Return how outputs become an answer, and what a known target is learned as."""
    last, outputs = passed.network.n_layers, _outputs(passed)[0]
    if isinstance(target, NumberTarget):
        groups = [_in_unit(target, passed)]
        if original is not None:
            lines = [learned(original, target.mean, target.deviation)]
            groups.append(
                Group("The original, as it is learned", [], [Item("", lines)])
            )
        return Stage(DECODING, [], groups)
    probabilities = _probabilities(outputs)
    ks = most_probable(probabilities, max(limits.neurons, 3))
    items = []
    for k in ks:
        a = Name("a", outputs[min(k, len(outputs) - 1)], (k + 1,), last)
        if len(outputs) == 1:
            a = Name("a", outputs[0], (1,), last)
        formula = constant(1) - a if len(outputs) == 1 and k == 0 else a
        line = Line(Name("p", probabilities[k], (k + 1,)), formula)
        items.append(Item(str(target.labels[k]), [line]))
    more = more_of(len(probabilities), len(ks), "class", "classes")
    title = f"Probabilities of {target.name}: the largest one is the answer"
    return Stage(DECODING, [], [Group(title, [], items, more)])


def _in_unit(target: NumberTarget, passed: Pass) -> Group:
    """Return a standardised output in the target's own unit."""
    y = Name("a", _outputs(passed)[0, 0], (1,), passed.network.n_layers)
    answer = target.mean + target.deviation * float(y.number)
    line = back_in_unit(target.name, y, target.mean, target.deviation, answer)
    return Group("In the target's own unit", [], [Item("", [line])])

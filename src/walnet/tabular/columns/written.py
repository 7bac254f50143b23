"""How the cells of one row become the inputs of an ensemble, written out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from walnet.tables import Table
from walnet.tables.dates import date_part
from walnet.tables.encoders import CategoryEncoder, DateEncoder
from walnet.tables.table import Column
from walnet.tables.written import cell_of
from walnet.tabular.columns.features import Feature
from walnet.tabular.columns.preprocessing import Preprocessor, Scale
from walnet.tracing.expressions import Name
from walnet.tracing.lines import Group, Item, Limits, Line, Stage, more_of
from walnet.tracing.steps import ENCODING, clipped

NUMBERS = (
    "A number v is scaled by the training rows, t = (v − c)/d with their median c and "
    "the width d of their middle half, and softly clipped to between −3 and 3: "
    "x = t/√(1 + (t/3)²). A missing number is taken as the median."
)
ONES = "Booleans and the levels of small categories are ones and zeros, scaled alike."


@dataclass(frozen=True)
class _Value:
    """One input that is scaled: what it is called, and its value before."""

    name: str
    value: float
    stands_out: bool  # of the inputs of a category, those of the row's own level


def encoding_stage(
    preprocessor: Preprocessor, table: Table, X: np.ndarray, limits: Limits
) -> Stage:
    """Return how one row becomes inputs.

    Parameters
    ----------
    preprocessor : Preprocessor
        What the training rows showed.
    table : Table
        The row alone.
    X : ndarray of shape (inputs,), float32
        Its numbers and plain inputs, as the preprocessor gives them.
    limits : Limits
        How much is written out.
    """
    columns = [each.take(table[each.name]) for each in preprocessor.features]
    pairs = list(zip(preprocessor.features, columns, strict=True))
    numbers = [value for pair in pairs for value in _numbers(*pair)]
    plain = [value for pair in pairs for value in _plain(*pair)]
    groups = []
    most = max(limits.neurons, _LEAST) * 4
    if numbers:
        groups.append(_group("Numbers", numbers, preprocessor.scales, X, 0, most))
    if plain:
        lo = len(numbers)
        groups.append(
            _group("Ones and zeros", plain, preprocessor.scales[lo:], X[lo:], lo, most)
        )
    looked_up = [pair for pair in pairs if pair[0].n_levels]
    if looked_up:
        groups.append(_levels(looked_up, len(numbers) + len(plain)))
    notes = [NUMBERS] if numbers else []
    return Stage(ENCODING, [*notes, *[ONES] * bool(plain)], groups)


_LEAST = 2


def _group(
    title: str,
    values: list[_Value],
    scales: list[Scale],
    X: np.ndarray,
    first: int,
    most: int,
) -> Group:
    """Return inputs that are scaled, the first few of those that stand out."""
    chosen = [k for k, each in enumerate(values) if each.stands_out]
    shown = chosen[:most]
    items = [
        Item(values[k].name, _scaled(first + k + 1, values[k].value, scales[k], X[k]))
        for k in shown
    ]
    return Group(title, [], items, more_of(len(values), len(shown), "input"))


def _scaled(index: int, value: float, scale: Scale, x: np.float32) -> list[Line]:
    """Return the arithmetic of one input."""
    if not scale.spread:
        note = "the training rows hold nothing else"
        return [Line(Name("x", x, (index,)), Name("", 0.0), note=note)]
    return clipped(index, value, scale.centre, 2 * scale.spread, x)


def _numbers(feature: Feature, column: Column) -> list[_Value]:
    """Return the numbers of a column."""
    values = feature.numbers(column)
    if not values:
        return []
    names, cells = [feature.name], [cell_of(column)]
    if isinstance(feature.encoder, DateEncoder):
        parts = [name for name, _ in feature.encoder.in_order()]
        names = [f"{feature.name} ({part})" for part in parts]
        dates = column.dates()
        cells = [f"{date_part(part, dates)[0]:g}" for part in parts]
    missing = bool(column.missing()[0])
    return [
        _Value(
            f"{name} is missing, taken as {value[0]:.10g}"
            if missing
            else f"{name} = {cell}",
            float(value[0]),
            stands_out=True,
        )
        for name, cell, value in zip(names, cells, values, strict=True)
    ]


def _plain(feature: Feature, column: Column) -> list[_Value]:
    """Return the ones, zeros and minus ones of a column."""
    values = [float(each[0]) for each in feature.plain(column)]
    cell, encoder = cell_of(column), feature.encoder
    usual = f"{feature.name} = {cell}"
    titles = [usual] * len(values)
    if encoder.has_missing and values:
        titles[-1] = f"{feature.name} is {'' if values[-1] else 'not '}missing"
    n_own = len(values) - encoder.has_missing
    several = isinstance(encoder, CategoryEncoder) and n_own > 1
    if several and not any(values):
        titles[0] = f"{feature.name} = {cell}: training saw no such level"
    return [
        _Value(title, value, stands_out=not several or value != 0 or title != usual)
        for title, value in zip(titles, values, strict=True)
    ]


def _levels(pairs: list[tuple[Feature, Column]], first: int) -> Group:
    """Return which row of the table of levels each category is."""
    items = []
    for k, (feature, column) in enumerate(pairs):
        row = int(feature.levels(column)[0])
        what = "the row for what training did not see or is missing"
        cell = cell_of(column)
        place = f"level {row} of {feature.n_levels - 1}" if row else what
        title = f"{feature.name} = {cell}: {place}"
        number = Name("x", row, (first + k + 1,))
        items.append(Item(title, [Line(number, Name("", row))]))
    return Group(
        "Levels of large categories, each with a row of learned numbers", [], items
    )

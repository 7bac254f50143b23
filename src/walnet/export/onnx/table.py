"""A table's columns as ONNX inputs, encoded in the graph as at training."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from walnet.tables.encoders import (
    BooleanEncoder,
    CategoryEncoder,
    DateEncoder,
    Encoder,
    NumberEncoder,
)
from walnet.tables.limits import MAX_STANDARDISED
from walnet.words import listed

if TYPE_CHECKING:
    from walnet.export.onnx.graph import Graph

_DAY = 86_400_000_000  # microseconds


def add_column(graph: Graph, encoder: Encoder) -> list[str]:
    """Add a column as an input, (rows, 1), and what encodes it.

    Numbers and booleans are float64, NaN where missing; texts are strings, empty where
    missing; dates are float64, microseconds since 1970, NaN where missing.

    Returns
    -------
    list of str
        The encoded inputs of the network, float32.
    """
    column = add_input(graph, encoder)
    if isinstance(encoder, CategoryEncoder):
        return [_levels(graph, encoder, column)]
    missing = graph.add("IsNaN", column)
    if isinstance(encoder, NumberEncoder):
        inputs = _number(graph, encoder, column, missing)
    elif isinstance(encoder, BooleanEncoder):
        inputs = _boolean(graph, column, missing)
    else:
        inputs = _date(graph, encoder, column, missing)
    if encoder.has_missing:
        inputs.append(graph.cast(missing, "float32"))
    return inputs


def add_input(graph: Graph, encoder: Encoder) -> str:
    """Declare a column as an input that says what it takes; return its name."""
    type_ = "str" if isinstance(encoder, CategoryEncoder) else "float64"
    return graph.input(encoder.name, type_, 1, expected(encoder))


def expected(encoder: Encoder) -> str:
    """Return what an input takes, in words: the value itself, not its writing.

    Examples
    --------
    >>> expected(BooleanEncoder("paid", has_missing=False))
    'true is 1, false is 0; NaN where it is missing'
    """
    form = getattr(encoder, "form", None)
    written = f" (the table had {form.words})" if form is not None else ""
    if isinstance(encoder, CategoryEncoder):
        levels = listed(encoder.levels)
        return f"text, one of {levels}; the empty text where it is missing"
    if isinstance(encoder, BooleanEncoder):
        return "true is 1, false is 0; NaN where it is missing"
    if isinstance(encoder, DateEncoder):
        what = "microseconds since 1970 in UTC"
    else:
        what = f"a number, at training {encoder.least:g} to {encoder.most:g}"
    return f"{what}{written}; NaN where it is missing"


def _number(
    graph: Graph, encoder: NumberEncoder, column: str, missing: str
) -> list[str]:
    """Standardise numbers, missing ones as the median."""
    median = graph.constant(encoder.median, np.float64)
    filled = graph.add("Where", missing, median, column)
    centred = graph.add("Sub", filled, graph.constant(encoder.mean, np.float64))
    scale = graph.constant(encoder.deviation, np.float64)
    most = graph.constant(MAX_STANDARDISED, np.float64)
    least = graph.constant(-MAX_STANDARDISED, np.float64)
    scaled = graph.add("Min", graph.add("Div", centred, scale), most)
    return [graph.cast(graph.add("Max", scaled, least), "float32")]


def _boolean(graph: Graph, column: str, missing: str) -> list[str]:
    """Turn true, false and missing into 1, -1 and 0."""
    middle = graph.constant(0.5, np.float64)
    filled = graph.add("Where", missing, middle, column)
    centred = graph.add("Sub", filled, middle)
    doubled = graph.add("Mul", centred, graph.constant(2.0, np.float64))
    return [graph.cast(doubled, "float32")]


def _levels(graph: Graph, encoder: CategoryEncoder, column: str) -> str:
    """Turn texts into one-hot levels."""
    width = len(encoder.feature_names)
    other = len(encoder.levels) if encoder.has_other else -1
    keys, values = list(encoder.levels), list(range(len(encoder.levels)))
    if "" not in keys:
        keys.append("")
        values.append(width - 1 if encoder.has_missing else -1)
    places = graph.add(
        "LabelEncoder",
        column,
        domain="ai.onnx.ml",
        keys_strings=keys,
        values_int64s=values,
        default_int64=other,
    )
    own = graph.add("Equal", places, graph.constant(np.arange(width)[None]))
    return graph.cast(own, "float32")


def _date(graph: Graph, encoder: DateEncoder, column: str, missing: str) -> list[str]:
    """Turn dates into those of their parts that vary."""
    zero = graph.constant(0.0, np.float64)
    filled = graph.add("Where", missing, zero, column)
    parts = DateParts(graph, filled)
    inputs = []
    for name, part in encoder.in_order():
        value = graph.add(
            "Where", missing, graph.constant(np.nan, np.float64), parts.part(name)
        )
        inputs += _number(graph, part, value, missing)
    return inputs


class DateParts:
    """Parts of dates from microseconds since 1970, by the civil calendar.

    Days are counted in eras of 400 years from 1 March of the year 0, so that the leap
    day is the last of a year: E. G. Richards, *Mapping Time*, 1998, chapter 25.

    Parameters
    ----------
    graph : Graph
        Where nodes are added.
    moments : str
        Microseconds since 1970, float64.
    """

    def __init__(self, graph: Graph, moments: str) -> None:
        self.graph = graph
        self.moments = moments
        self.days = self._floor_div(moments, _DAY)

    def part(self, name: str) -> str:
        """Return one part, as in `walnet.tables.dates`, float64."""
        return str(getattr(self, f"_{name}")())

    def _op(self, operator: str, a: str, b: float) -> str:
        return self.graph.add(operator, a, self.graph.constant(b, np.float64))

    def _floor_div(self, a: str, b: float) -> str:
        return self.graph.add("Floor", self._op("Div", a, b))

    def _modulo(self, a: str, b: float) -> str:
        whole = self._op("Mul", self._floor_div(a, b), b)
        return self.graph.add("Sub", a, whole)

    def _days(self) -> str:
        return self._op("Div", self.moments, _DAY)

    def _weekday(self) -> str:
        return self._modulo(self._op("Add", self.days, 3), 7)

    def _hour(self) -> str:
        return self._floor_div(self._modulo(self.moments, _DAY), _DAY / 24)

    def _calendar(self) -> tuple[str, str, str]:
        """Return year (from March), month from March (0 to 11) and day of the year."""
        add, sub = self._op, self.graph.add
        days = add("Add", self.days, 719468)
        era = self._floor_div(days, 146097)
        day = sub("Sub", days, add("Mul", era, 146097))
        # year of the era = (day - day/1460 + day/36524 - day/146096) / 365
        leaps = sub(
            "Sub",
            sub("Sub", self._floor_div(day, 36524), self._floor_div(day, 1460)),
            self._floor_div(day, 146096),
        )
        year = self._floor_div(sub("Add", day, leaps), 365)
        before = sub(
            "Sub",
            sub("Add", add("Mul", year, 365), self._floor_div(year, 4)),
            self._floor_div(year, 100),
        )
        of_year = sub("Sub", day, before)
        month = self._floor_div(add("Add", add("Mul", of_year, 5), 2), 153)
        return sub("Add", year, add("Mul", era, 400)), month, of_year

    def _month(self) -> str:
        _, month, _ = self._calendar()
        return self._op("Add", self._modulo(self._op("Add", month, 2), 12), 1)

    def _year(self) -> str:
        year, month, _ = self._calendar()
        late = self._floor_div(self._op("Add", month, 2), 12)
        return self.graph.add("Add", year, late)

    def _day(self) -> str:
        _, month, of_year = self._calendar()
        start = self._floor_div(self._op("Add", self._op("Mul", month, 153), 2), 5)
        return self._op("Add", self.graph.add("Sub", of_year, start), 1)

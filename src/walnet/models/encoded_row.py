"""How the cells of one row become the inputs of a network, worked out."""

from __future__ import annotations

import math
from typing import Any

from walnet.tables import Schema, Table
from walnet.tables.dates import date_part
from walnet.tables.encoders import DateEncoder, Encoder, NumberEncoder
from walnet.tables.table import Column


def inputs_of_row(
    schema: Schema, table: Table, inputs: Any
) -> tuple[list[list[str]], list[str]]:
    """Return a line for each input, and the arithmetic of those that have some.

    Parameters
    ----------
    schema : Schema
        What the training rows showed.
    table : Table
        One row.
    inputs : ndarray of shape (inputs,)
        The row as the network is given it.

    Returns
    -------
    lines : list of list of str
        Column, value, input and number; column and value are empty where they are
        those of the line before.
    formulas : list of str
        How the numbers are made that are standardised.
    """
    lines: list[list[str]] = []
    formulas: list[str] = []
    for encoder in schema.encoders:
        column = table[encoder.name]
        first = [encoder.name, _cell(column)]
        made = _worked_out(encoder, column)
        for name in encoder.feature_names:
            value = f"{inputs[len(lines)]:.4f}".replace("-", "−")
            lines.append([*first, name, value])
            if made:
                formulas.append(f"{name}: {made.pop(0)}={value}")
            first = ["", ""]
    return lines, formulas


def standardisation(value: float, mean: float, deviation: float) -> str:
    """Return how a number is standardised, with as many digits as matter.

    Examples
    --------
    >>> standardisation(2007, 2008.04688, 0.81356)
    '(2007−2008.0469)/0.8136'
    """
    return f"({value:.10g}−{scaled(mean, deviation)})/{scaled(deviation, deviation)}"


def scaled(value: float, deviation: float) -> str:
    """Return a number with four digits of the deviation: in brackets if negative."""
    decimals = min(max(3 - math.floor(math.log10(deviation)), 0), 12)
    text = f"{abs(value):.{decimals}f}"
    return f"(−{text})" if value < 0 else text


def _cell(column: Column) -> str:
    """Return a value as a person writes it: no midnight, no decimal that is 0."""
    value = column.values[0].as_py()
    text = str(value).removesuffix(" 00:00:00").removesuffix(".0")
    return "missing" if value is None else text


def _worked_out(encoder: Encoder, column: Column) -> list[str]:
    """Return how the first inputs of a column are made, where there is a formula."""
    if isinstance(encoder, NumberEncoder):
        return [_standardised(encoder, float(column.numbers()[0]))]
    if isinstance(encoder, DateEncoder):
        dates = column.dates()
        return [
            _standardised(part, float(date_part(name, dates)[0]))
            for name, part in encoder.in_order()
        ]
    return []  # 1 for a row's own level, or for true, needs no formula


def _standardised(encoder: NumberEncoder, value: float) -> str:
    known = encoder.median if math.isnan(value) else value
    return standardisation(known, encoder.mean, encoder.deviation)

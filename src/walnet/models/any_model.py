"""A row of a table through a model of any kind, whether it knows columns or not."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from walnet.errors import DataError
from walnet.tables.options import ReadOptions
from walnet.tables.table import Column, Table
from walnet.tabular.base import BaseTabular
from walnet.tracing.trace import trace
from walnet.words import count, listed, quoted, row_from_1

if TYPE_CHECKING:
    from walnet.tracing.explanation import Explanation


def read_options_of(model: Any) -> ReadOptions:
    """Return how the columns were read that a model was trained with, if it knows."""
    if isinstance(model, BaseTabular) and model.n_members_:
        return model.preprocessor_.read_options
    schema = getattr(model, "schema", None)
    return ReadOptions() if schema is None else schema.read_options


def explain_in_table(model: Any, table: Table, row: int, **options: Any) -> Explanation:
    """Return the explanation of a row of a table.

    Parameters
    ----------
    model : Network, estimator or model of a table
        What predicts. One that knows no columns reads those of its features' names, or
        all of them in their order.
    table : Table
        The rows.
    row : int
        The index of the row, counted from 0; what is printed counts rows from 1,
        as the command line does.
    **options
        As for the `explain` of the model.

    Raises
    ------
    DataError
        If the table has no such row, or other columns than the model reads.
    """
    if not 0 <= row < len(table):
        raise DataError(
            f"there is no {row_from_1(row + 1)}: the table has rows 1 to {len(table)}"
        )
    if isinstance(model, BaseTabular) or hasattr(model, "schema"):
        found: Explanation = trace(model, table, row=row, **options)
        return found
    names = list(getattr(model, "feature_names_in_", ()))
    found = trace(model, _inputs(model, table.take(np.array([row])), names), **options)
    return replace(found, answer=replace(found.answer, row=row))


def _inputs(model: Any, row: Table, names: list[str]) -> Any:
    """Return a row's numbers, with the names of their columns if the model has some."""
    network = getattr(model, "network_", model)
    if not names and len(row.names) != network.n_inputs:
        columns = count(network.n_inputs, "column")
        raise DataError(
            f"the model knows no names of columns and reads {columns}; there are "
            f"{len(row.names)}: {listed(row.names)}; leave those that it reads"
        )
    missing = [name for name in names if name not in row]
    if missing:
        raise DataError(f"columns of the training are missing: {listed(missing)}")
    cells = {name: [_number(row[name])] for name in names or row.names}
    if names:
        return pa.table(cells)
    return np.array([each for [each] in cells.values()])[None]


def _number(column: Column) -> float:
    """Return the only value of a column as a number."""
    if column.kind not in {"number", "boolean"}:
        raise DataError(
            f"column {quoted(column.name)} must hold a number, as the model reads no "
            f"{column.kind}"
        )
    return float(column.numbers()[0])

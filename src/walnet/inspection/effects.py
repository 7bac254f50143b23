"""What a column does to the predictions: partial dependence."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from walnet.errors import DataError, HyperparameterError
from walnet.tables.table import Column, Table
from walnet.tables.text import Kind
from walnet.waiting import waiting_for

_MOST_LEVELS = 12  # levels of a category, the most frequent ones


@dataclass(frozen=True, eq=False, repr=False)
class Effect:
    """What a column does to the predictions of a model.

    Attributes
    ----------
    name : str
        The column.
    kind : str
        Of what kind its values are.
    values : list
        Values that the column has, in their order: numbers, dates, or levels as text
        from the most frequent one.
    mean : ndarray of shape (values, outputs), float64
        What is predicted on average when all rows have the value.
    low, high : ndarray of shape (values, outputs), float64
        The middle 80 % of the rows' own predictions.
    spread : list
        Where the data are: 101 quantiles of numbers or dates, from the least to the
        greatest; of each level the share of the rows that have it.
    """

    name: str
    kind: Kind
    values: list[Any]
    mean: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    spread: list[Any] = field(default_factory=list)

    @property
    def reach(self) -> float:
        """How far the mean prediction moves, of the output that moves farthest."""
        return float(np.ptp(self.mean, axis=0).max())

    def __repr__(self) -> str:
        return f"Effect of {self.name!r}: {len(self.values)} values, {self.reach:.3g}"


@waiting_for("working out what columns do to the predictions")
def partial_dependence(
    predict: Callable[[Table], Any],
    table: Table,
    names: Sequence[str],
    *,
    points: int = 16,
    rows: int = 200,
    seed: int = 0,
) -> list[Effect]:
    r"""Return what columns do to the predictions, one at a time.

    Parameters
    ----------
    predict : callable
        From a table to predictions, one or several numbers a row.
    table : Table
        Rows to predict for.
    names : sequence of str
        The columns.
    points : int, default 16
        At most so many values of a column: its quantiles, its least and greatest value
        among them, and half of them spread evenly over the range.
    rows : int, default 200
        At most so many rows, chosen at random.
    seed : int, default 0
        Where the choice comes from.

    Returns
    -------
    list of Effect
        One for each column that has two values or more.

    Raises
    ------
    DataError, HyperparameterError
        If there are no rows or no such column, or a number is outside its range.

    Notes
    -----
    .. math:: \bar f_j(v) = \frac{1}{n} \sum_{i=1}^n f(x_i \text{ with } x_{ij} = v)

    Friedman, "Greedy function approximation", Annals of Statistics 29, 2001, section
    8.2. Rows are given values that they might not have: where columns depend on each
    other, read the ends with care.

    Examples
    --------
    >>> from walnet.tables import as_table
    >>> table = as_table({"x": [1.0, 2.0, 4.0]})
    >>> effect = partial_dependence(lambda t: 3 * t["x"].numbers(), table, ["x"])[0]
    >>> effect.values, effect.mean[:, 0]
    ([1.0, 2.0, 4.0], array([ 3.,  6., 12.]))
    """
    if points < 2 or rows < 1:
        message = f"points and rows must be at least 2 and 1, got {points} and {rows}"
        raise HyperparameterError(message)
    if not len(table):
        raise DataError("effects need at least one row, got none")
    chosen = np.random.default_rng(seed).permutation(len(table))[:rows]
    few = table.take(np.sort(chosen))
    found = [_effect(predict, table[name], few, points) for name in names]
    return [effect for effect in found if effect is not None]


def _effect(
    predict: Callable[[Table], Any], column: Column, few: Table, points: int
) -> Effect | None:
    """Return the effect of one column, None if it has one value only."""
    indices = _typical_rows(column, points)
    if len(indices) < 2:
        return None
    n = len(few)
    # Every row with every value, in one table: one call instead of many.
    rows = few.take(np.tile(np.arange(n), len(indices)))
    values = column.take(np.repeat(indices, n))
    others = [values if c.name == column.name else c for c in rows.columns.values()]
    outputs = np.asarray(predict(Table(others, len(rows))), np.float64)
    outputs = outputs.reshape(len(indices), n, -1)
    low, high = np.quantile(outputs, (0.1, 0.9), axis=1)
    shown = [_value(column, int(index)) for index in indices]
    mean, spread = outputs.mean(axis=1), _spread(column, indices)
    return Effect(column.name, column.kind, shown, mean, low, high, spread)


def _typical_rows(column: Column, points: int) -> NDArray[np.int64]:
    """Return rows whose values stand for a column, in the order to show them."""
    present = np.flatnonzero(~column.missing())
    if column.kind == "category":
        levels, first, counts = np.unique(
            column.codes()[present], return_index=True, return_counts=True
        )
        common = np.argsort(-counts, kind="stable")[: min(_MOST_LEVELS, len(levels))]
        return np.asarray(present[first[common]], np.int64)
    values = column.comparable()
    order: NDArray[np.int64] = present[np.argsort(values[present], kind="stable")]
    if not len(order):
        return order
    picked = order
    if len(order) > points:
        half = points // 2
        shares = np.linspace(0, 1, points - half) * (len(order) - 1)
        ascending = values[order]
        low, high = ascending[0], ascending[-1]
        evenly = low + (high - low) * np.linspace(0, 1, half + 2)[1:-1]
        nearest = np.searchsorted(ascending, evenly).clip(max=len(order) - 1)
        places = np.concatenate([np.round(shares).astype(np.int64), nearest])
        picked = order[np.unique(places)]
    _, first = np.unique(values[picked], return_index=True)
    return np.asarray(picked[first], np.int64)


def _spread(column: Column, indices: NDArray[np.int64]) -> list[Any]:
    """Return where the data are: quantiles, or the shares of the levels shown."""
    present = np.flatnonzero(~column.missing())
    if column.kind in ("category", "boolean"):
        codes = column.codes()
        return [float(np.mean(codes[present] == codes[i])) for i in indices]
    values = column.comparable()
    ascending = np.sort(values[present])
    places = np.round(np.linspace(0, 1, 101) * (len(present) - 1)).astype(np.int64)
    spread: list[Any] = ascending[places].tolist()
    return spread


def _value(column: Column, row: int) -> Any:
    """Return a value of a column as Python has it."""
    if column.kind == "category":
        return column.levels()[column.codes()[row]]
    return column.values[row].as_py()

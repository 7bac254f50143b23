"""Columns that alone tell the target: often they are only known after it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from walnet.inspection.sampling import some_rows
from walnet.tables import Schema, Table
from walnet.tables.table import Column
from walnet.tables.target import ClassTarget

_FEWEST, _MOST_ROWS, _MOST_COLUMNS = 20, 2000, 300
_FOLDS, _LEAF = 3, 2
_NEARLY_ALL = 0.995  # of the rows are right, or of the variance is explained
_GUESSED = 0.98  # a guess that is right as often leaves nothing to tell


def telling_columns(table: Table, schema: Schema, *, seed: int = 0) -> dict[str, float]:
    """Return the columns that alone tell the target, and how well.

    Parameters
    ----------
    table : Table
        Rows with a target. Of more than 2,000 a random choice is used; with fewer than
        20 nothing can be told.
    schema : Schema
        Which columns are used, at most 300 of which are looked at.
    seed : int, default 0
        Where the choice comes from.

    Returns
    -------
    dict of str to float
        The share of rows that a decision tree of this column alone gets right, or for
        numbers the share of the variance that it explains, for rows that it has not
        seen: at least 0.995. The best first.

    Examples
    --------
    >>> from walnet.tables import as_table
    >>> paid = ["no", "yes"] * 20
    >>> table = as_table({"size": [1, 2, 3, 4] * 10, "leak": paid, "paid": paid})
    >>> telling_columns(table, Schema.fit(table, "paid"))
    {'size': 1.0, 'leak': 1.0}
    """
    if len(table) < _FEWEST:
        return {}
    few = table.take(some_rows(len(table), _MOST_ROWS, seed))
    y = schema.encode_target(few)
    is_class = isinstance(schema.target, ClassTarget)
    if is_class and np.bincount(y.astype(np.int64)).max() > _GUESSED * len(y):
        return {}
    shares = {
        name: _share_told(few[name], y, is_class=is_class)
        for name in schema.names[:_MOST_COLUMNS]
    }
    best = sorted(shares, key=lambda name: -shares[name])
    return {name: shares[name] for name in best if shares[name] >= _NEARLY_ALL}


def _share_told(column: Column, y: NDArray[np.number], *, is_class: bool) -> float:
    """Return how well a decision tree of one column predicts rows it has not seen."""
    from sklearn.model_selection import KFold, cross_val_predict
    from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

    X = _values(column)
    if len(np.unique(X)) < 2:
        return 0.0
    kind = DecisionTreeClassifier if is_class else DecisionTreeRegressor
    tree = kind(min_samples_leaf=_LEAF, random_state=0)
    folds = KFold(_FOLDS, shuffle=True, random_state=0)
    predicted = cross_val_predict(tree, X[:, None], y, cv=folds)
    if is_class:
        return float(np.mean(predicted == y))
    return float(1 - np.sum((y - predicted) ** 2) / np.sum((y - y.mean()) ** 2))


def _values(column: Column) -> NDArray[np.float64]:
    """Return a column as numbers that a tree can split; missing ones are the least."""
    if column.kind == "date":
        numbers = column.dates().astype(np.int64).astype(np.float64)
    elif column.kind == "category":
        return column.codes().astype(np.float64)
    else:
        numbers = column.numbers()
    known = numbers[~column.missing()]
    return np.where(column.missing(), known.min(initial=0) - 1, numbers)

"""How much each column matters: what is lost when its values are shuffled."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from walnet.errors import DataError, ShapeError, check_whole_number
from walnet.inspection.encoded import EncodedRows
from walnet.inspection.evaluation import accuracy, root_mean_squared_error
from walnet.inspection.sampling import some_rows
from walnet.tables.table import Column, Table
from walnet.waiting import waiting_for

Numbers = NDArray[np.float64]
Score = Callable[[NDArray[Any], NDArray[Any]], float]

_FEWEST, _FEWEST_ROWS = 5, 100  # columns and rows, however short the time
MOST_ROWS = 20_000  # beyond which the shuffles hardly differ


@dataclass(frozen=True, eq=False, repr=False)
class Importance:
    """How much each column matters to a predictor.

    Attributes
    ----------
    names : tuple of str
        The columns, in the order of the table; those that there was time for.
    losses : ndarray of shape (columns, repeats), float64
        What each shuffle of a column costs: score as it is less score shuffled.
    baseline : float
        The score with nothing shuffled.
    measure : str
        What `losses` are, such as "accuracy lost".
    """

    names: tuple[str, ...]
    losses: Numbers
    baseline: float
    measure: str = "score lost"

    @property
    def mean(self) -> Numbers:
        """Mean loss of each column: ndarray of shape (columns,)."""
        return np.asarray(self.losses.mean(axis=1))

    @property
    def spread(self) -> Numbers:
        """Standard deviation of each column's losses; 0 where there is one repeat."""
        if self.losses.shape[1] == 1:
            return np.zeros(len(self.names))
        return np.asarray(self.losses.std(axis=1, ddof=1))

    @property
    def order(self) -> NDArray[np.int64]:
        """The columns from the one that matters most: ndarray of indices of `names`."""
        return np.argsort(-self.mean, kind="stable")

    def __repr__(self) -> str:
        first = [int(index) for index in self.order[:3]]
        columns = ", ".join(f"{self.names[i]!r} {self.mean[i]:.3g}" for i in first)
        more = ", …" if len(self.names) > 3 else ""
        return f"Importance: {self.measure} without {columns}{more}"


@waiting_for("working out which columns matter")
def permutation_importance(  # noqa: PLR0913
    predict: Callable[[Any], Any],
    X: Any,
    y: Any,
    *,
    score: Score | None = None,
    measure: str = "score lost",
    names: Sequence[str] = (),
    repeats: int = 10,
    seed: int = 0,
    seconds: float = math.inf,
) -> Importance:
    r"""Return what is lost when the values of one column are shuffled.

    Parameters
    ----------
    predict : callable
        From a table or matrix like `X` to a prediction a row, like `y`.
    X : Table, data frame, EncodedRows or ndarray of shape (examples, features)
        Rows that were not learned from. Of more than 20,000 rows a random choice of so
        many is used.
    y : array_like of shape (examples,)
        What is right for each row.
    score : callable, optional
        From `y` and predictions to a number, more is better. By default the share of
        right predictions, or minus the root mean squared error if `y` or
        the predictions are floats.
    measure : str, optional
        What the losses of a given `score` are called.
    names : sequence of str, optional
        The names of the columns of a matrix.
    repeats : int, default 10
        How often each column is shuffled, at least 1.
    seed : int, default 0
        Where the shuffles come from.
    seconds : float, optional
        About how long it may take: then there may be fewer rows, shuffles and columns,
        but at least 100 rows and 5 columns, once each.

    Returns
    -------
    Importance

    Raises
    ------
    ShapeError, DataError, HyperparameterError
        If rows and targets differ in number, there are no rows, or a number is outside
        its range.

    Notes
    -----
    With the score s, and :math:`X^{(j)}` the rows with column j shuffled,

    .. math:: I_j = s(y, f(X)) - s(y, f(X^{(j)})).

    Columns that say the same share their importance: shuffling one leaves the other.
    Breiman, "Random forests", Machine Learning 45, 2001, section 10.

    Examples
    --------
    >>> import numpy as np
    >>> X = np.array([[0.0, 5.0], [1.0, 6.0], [2.0, 7.0], [3.0, 8.0]])
    >>> permutation_importance(lambda X: X[:, 0] > 1, X, X[:, 0] > 1, seed=1)
    Importance: accuracy lost without 'x1' 0.4, 'x2' 0
    """
    check_whole_number("repeats", repeats, 1)
    check_whole_number("seed", seed)
    y = np.asarray(y)
    columns = _Columns(X, names)
    if len(y) != columns.n_rows:
        message = f"X and y must have as many rows, got {columns.n_rows} and {len(y)}"
        raise ShapeError(message)
    if not len(y):
        raise DataError("importance needs at least one row, got none")
    if len(y) > MOST_ROWS:
        rows = some_rows(len(y), MOST_ROWS, seed)
        columns, y = columns.take(rows), y[rows]
    started = time.monotonic()
    predicted = np.asarray(predict(columns.X))
    if score is None and "f" in (y.dtype.kind, predicted.dtype.kind):
        score, measure = _minus_error, "error (RMSE) gained"
    elif score is None:
        score, measure = accuracy, "accuracy lost"
    plan = _Plan.within(seconds, time.monotonic() - started, columns, repeats)
    if plan.n_rows < len(y):
        rows = some_rows(len(y), plan.n_rows, seed)
        columns, y = columns.take(rows), y[rows]
        predicted = np.asarray(predict(columns.X))
    baseline = score(y, predicted)
    losses = np.empty((plan.n_columns, plan.repeats))
    for index, repeat in np.ndindex(losses.shape):
        # Each shuffle has numbers of its own: leaving out a column changes no other.
        random = np.random.default_rng([seed, index, repeat])
        shuffled = columns.shuffled(index, random.permutation(len(y)))
        losses[index, repeat] = baseline - score(y, np.asarray(predict(shuffled)))
    return Importance(tuple(columns.names[: plan.n_columns]), losses, baseline, measure)


class _Plan(NamedTuple):
    """How much is shuffled."""

    n_rows: int
    n_columns: int
    repeats: int

    @classmethod
    def within(cls, seconds: float, each: float, columns: _Columns, most: int) -> _Plan:
        """Return what can be done in some seconds; `each` is for one shuffle."""
        n_rows, n_columns = columns.n_rows, len(columns.names)
        affordable = seconds / max(each, 1e-9) / n_columns  # shuffles of each column
        if affordable >= 1:
            return cls(n_rows, n_columns, int(min(most, affordable)))
        n_rows = min(n_rows, max(int(n_rows * affordable), _FEWEST_ROWS))
        share = affordable * columns.n_rows / n_rows
        return cls(n_rows, max(int(n_columns * share), min(n_columns, _FEWEST)), 1)


class _Columns:
    """Rows of any kind whose columns can be shuffled one at a time."""

    def __init__(self, X: Any, names: Sequence[str] = ()) -> None:
        if isinstance(X, (Table, EncodedRows)):
            names = X.names
        elif isinstance(X, np.ndarray):
            if X.ndim != 2:
                raise ShapeError(f"X must have two dimensions, got shape {X.shape}")
            names = names or [f"x{index + 1}" for index in range(X.shape[1])]
            if len(names) != X.shape[1]:
                message = f"X has {X.shape[1]} columns, but {len(names)} names came"
                raise ShapeError(message)
        else:
            names = [str(name) for name in _frame(X).columns]
        self.X, self.names, self.n_rows = X, list(names), len(X)

    def take(self, rows: NDArray[np.int64]) -> _Columns:
        """Return some of the rows."""
        if isinstance(self.X, (Table, EncodedRows)):
            return _Columns(self.X.take(rows))
        if isinstance(self.X, np.ndarray):
            return _Columns(self.X[rows], self.names)
        return _Columns(_frame(self.X)[rows.tolist()].to_native())

    def shuffled(self, index: int, order: NDArray[np.int64]) -> Any:
        """Return the rows with one column in another order."""
        name = self.names[index]
        if isinstance(self.X, EncodedRows):
            return self.X.shuffled(name, order)
        if isinstance(self.X, Table):
            columns: list[Column] = [
                column.take(order) if column.name == name else column
                for column in self.X.columns.values()
            ]
            return Table(columns, self.n_rows)
        if isinstance(self.X, np.ndarray):
            X = self.X.copy()
            X[:, index] = X[order, index]
            return X
        frame = _frame(self.X)
        column = frame.get_column(name)
        # Positions, not the index of a pandas series, which would undo the shuffle.
        indices = list(range(self.n_rows))
        values = column[order.tolist()]
        return frame.with_columns(column.scatter(indices, values)).to_native()


def _frame(X: Any) -> Any:
    """Return any data frame in one form."""
    import narwhals

    try:
        return narwhals.from_native(X, eager_only=True)
    except TypeError as error:
        message = f"X must be a table, data frame or array, got {type(X).__name__}"
        raise DataError(message) from error


def _minus_error(y: NDArray[Any], predicted: NDArray[Any]) -> float:
    """Return minus the root mean squared error."""
    return -root_mean_squared_error(y, predicted.reshape(y.shape))

"""What the two estimators have in common: rows in, an ensemble trained, outputs out."""

from __future__ import annotations

import math
import os
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from numbers import Real
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted, validate_data

from walnet.engine.kernels.machine.blas import single_blas_thread
from walnet.engine.kernels.tabular_types import Rows
from walnet.errors import DataError, HyperparameterError, warn_caller
from walnet.tables import Table, as_table, drop_unlabelled
from walnet.tables.options import ReadOptions
from walnet.tables.table import Column
from walnet.tabular.columns.preprocessing import Preprocessor
from walnet.tabular.columns.row_store import StoredRows
from walnet.tabular.ensemble.bag import Bag, blocks_of, outputs_of_bags
from walnet.tabular.ensemble.layout import Widths
from walnet.tabular.ensemble.linear import Linear, fit_linear, linear_inputs
from walnet.tabular.ensemble.out_of_core import train_stored
from walnet.tabular.ensemble.rows import (
    canonical,
    checked_weights,
    is_repeated,
    rows_to_learn,
)
from walnet.tabular.ensemble.time_limit import fit_to_time
from walnet.tabular.ensemble.training import (
    Ensemble,
    EnsembleTraining,
    Plan,
    train_ensemble,
    whole_bags,
)
from walnet.tabular.recipes.presets import Effort, efforts, with_members, with_recipes
from walnet.words import count


class BaseTabular(BaseEstimator, ABC):
    """An ensemble of networks for tables; see `TabularClassifier`."""

    _classes: bool
    preprocessor_: Preprocessor
    n_members_: int
    n_features_in_: int
    feature_names_in_: NDArray[Any]
    bags_: list[Bag]
    shares_: tuple[float, ...]
    linear_: NDArray[np.float64] | None
    warnings_: list[str]
    stopped_: str
    _deadline: float | None
    loss_: float

    def __init__(
        self,
        *,
        preset: str = "balanced",
        time_limit: float | None = None,
        members: int | None = None,
        epochs: int | None = None,
        recipe: Mapping[str, Any] | Sequence[Mapping[str, Any]] | None = None,
        random_state: Any = 0,
        threads: int | None = None,
    ) -> None:
        self.preset = preset
        self.time_limit = time_limit
        self.members = members
        self.epochs = epochs
        self.recipe = recipe
        self.random_state = random_state
        self.threads = threads

    def __sklearn_tags__(self) -> Any:
        """Say that missing values and text are welcome."""
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.input_tags.categorical = True
        tags.input_tags.string = True
        return tags

    def drift(self, X: Any) -> list[str]:
        """Return in which way rows differ from those of the training.

        Parameters
        ----------
        X : data frame, array-like, dict or path
            The rows.

        Returns
        -------
        list of str
            Sentences about levels that training did not see, values that are missing
            where none were, and numbers far outside the range.
        """
        check_is_fitted(self)
        table = self._table(X)
        return self.preprocessor_.drift(table) if self.n_members_ else []

    def _fit(
        self,
        table: Table,
        y: NDArray[Any],
        weights: NDArray[np.float64],
        n_outputs: int,
        callback: Callable[[EnsembleTraining], object] | None,
    ) -> Rows:
        """Train the ensemble on encoded targets; return the rows it learned from."""
        rows = rows_to_learn(weights)
        if len(rows) < 2:
            message = f"learning needs at least 2 rows, got {count(len(rows), 'row')}"
            raise DataError(f"{message} (n_samples = {len(rows)})")
        seen = table if len(rows) == len(table) else table.take(rows)
        self.preprocessor_ = Preprocessor.fit(seen)
        X, codes = self.preprocessor_.transform(seen)
        w = weights[rows]
        w = np.ones(len(rows)) if is_repeated(rows, weights) else w / w.mean()
        data = canonical(
            Rows(X, codes, y[rows].astype(np.float32), w.astype(np.float32))
        )
        widths = self.widths(n_outputs)
        works = self._efforts(len(rows))
        plan = Plan(works, self._seed(), self._n_threads())
        if self._deadline is not None:
            left = self._deadline - time.monotonic()
            plan = fit_to_time(widths, data, plan, left)
        trained = train_ensemble(
            widths, data, plan, classes=self._classes, callback=callback
        )
        self._keep(widths, plan, trained)
        self._warn_if_short(works, plan, trained)
        return data

    def _fit_stored(
        self,
        stored: StoredRows,
        preprocessor: Preprocessor,
        n_outputs: int,
        callback: Callable[[EnsembleTraining], object] | None,
    ) -> Rows:
        """Train on rows in a file; return those that were kept apart."""
        self.preprocessor_ = preprocessor
        self.n_features_in_ = len(preprocessor.names)
        self.feature_names_in_ = np.array(preprocessor.names, object)
        widths = self.widths(n_outputs)
        works = self._efforts(stored.n_rows)
        # All of them read the same rows the same number of times.
        works = tuple(replace(each, folds=0, epochs=works[0].epochs) for each in works)
        plan = Plan(works, self._seed(), self._n_threads())
        if self._deadline is not None:
            first = next(stored.buffers(plan.seed, 0, 1))
            left = self._deadline - time.monotonic()
            plan = fit_to_time(widths, first, plan, left, stored.n_rows)
        trained = train_stored(widths, stored, plan, callback=callback)
        self._keep(widths, plan, trained)
        self._warn_if_short(works, plan, trained)
        return stored.apart

    def _begin(self, started: float | None = None) -> None:
        """Note when to have finished; `started` is the time, now if it is None."""
        self._deadline = None
        if self.time_limit is not None:
            started = time.monotonic() if started is None else started
            self._deadline = started + self._time_limit()

    def _keep(self, widths: Widths, plan: Plan, trained: Ensemble) -> None:
        """Store what was learned."""
        planned = len(plan.members)
        plan, trained = whole_bags(plan, trained)
        self.bags_ = [
            Bag(effort.recipe, widths, np.stack([each.parameters for each in bag]))
            for effort, bag in zip(plan.efforts, trained.bags, strict=True)
        ]
        self.n_members_ = sum(len(bag.parameters) for bag in self.bags_)
        self._ensemble, self._plan = trained, plan
        self.warnings_ = list(self.preprocessor_.warnings)
        self.stopped_ = trained.stopped
        if trained.stopped:
            kept = f"{self.n_members_} of {count(planned, 'network')}"
            self.warnings_.append(
                f"{trained.stopped}: {kept} had begun and are kept, cooled down early"
            )

    def _warn_if_short(
        self, works: tuple[Effort, ...], plan: Plan, trained: Ensemble
    ) -> None:
        """Warn of a time limit that left little of what was to be learned."""
        epochs = max(each.epochs for each in plan.efforts)
        short = epochs < min(_FEW_EPOCHS, *(each.epochs for each in works))
        if trained.stopped or not (trained.done < _NEARLY_DONE or short):
            return
        message = (
            f"the time limit of {self.time_limit:g} s is short: a member learned "
            f"from its rows at most {count(epochs, 'time')}; allow more time"
        )
        self.warnings_.append(message)
        warn_caller(message, ConvergenceWarning)

    def _efforts(self, n_rows: int) -> tuple[Effort, ...]:
        """Return the preset's efforts, with what was set instead."""
        works = efforts(self.preset, n_rows, classes=self._classes)
        works = with_recipes(works, self.recipe)
        if self.members is not None:
            works = with_members(works, _at_least_one("members", self.members))
        if self.epochs is not None:
            epochs = _at_least_one("epochs", self.epochs)
            works = tuple(replace(each, epochs=epochs) for each in works)
        return tuple(replace(each, folds=min(each.folds, n_rows)) for each in works)

    def widths(self, n_outputs: int) -> Widths:
        """Return the widths of both ends of the members."""
        pre = self.preprocessor_
        return Widths(pre.n_numbers, pre.n_plain, pre.level_counts, n_outputs)

    def describe(self) -> dict[str, Any]:
        """Return what was learned by which means, for people to read.

        Returns
        -------
        dict
            Names and values; what only the training knew is missing after loading.
        """
        check_is_fitted(self)
        if not self.n_members_:
            return {"networks": 0}
        facts: dict[str, Any] = {
            "networks": self.n_members_,
            **{f"bag {n}": bag.describe() for n, bag in enumerate(self.bags_, 1)},
            "slopes of the activations": "one learned for each neuron",
            "parameters": f"{self.n_parameters:,} in all",
            "precision": str(self.bags_[0].parameters.dtype),
        }
        if hasattr(self, "_plan"):
            efforts = self._plan.efforts
            folds = dict.fromkeys(str(each.folds) for each in efforts if each.folds > 1)
            seen = "all rows"
            if folds:
                seen += f" but one part in {', or '.join(folds)}"
            epochs = " and ".join(dict.fromkeys(str(each.epochs) for each in efforts))
            facts |= {"epochs of each": epochs, "each learns from": seen}
            facts["batch size"] = self.bags_[0].recipe.batch_size
        return facts

    @property
    def n_parameters(self) -> int:
        """How many parameters all members have together."""
        return sum(bag.parameters.size for bag in self.bags_)

    def _encoded(self, X: Any) -> Rows:
        """Return new rows as the members take them."""
        inputs, codes = self.preprocessor_.transform(self._table(X))
        nothing = np.zeros(inputs.shape[1], np.float32)
        return Rows(inputs, codes, nothing, nothing)

    @property
    def _said(self) -> list[tuple[NDArray[np.int64], NDArray[np.float64]]]:
        """For each bag, rows that members have not seen, and what each said of them."""
        return [
            (
                np.concatenate([each.unseen for each in bag]),
                np.concatenate([each.outputs for each in bag]),
            )
            for bag in self._ensemble.bags
            if bag
        ]

    def _fit_linear(self, data: Rows, n_classes: int) -> Linear | None:
        """Fit the linear partner, judged by the parts that members have not seen."""
        folds = self._plan.efforts[0].folds
        parts = [each.unseen for each in self._ensemble.bags[0][:folds]]
        hidden = np.zeros((len(parts), len(data.y)), bool)
        for place, rows in enumerate(parts):
            hidden[place, rows] = True
        with single_blas_thread():
            starts = self._level_starts()
            return fit_linear(data, starts, hidden, n_classes, self._deadline)

    def _level_starts(self) -> NDArray[np.int64]:
        """Return the first place of each category among all levels."""
        return self.bags_[0].layout.level_starts()

    def _linear_outputs(
        self, data: Rows, weights: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """Return the linear partner's outputs, (rows, outputs)."""
        A = linear_inputs(data, self._level_starts())
        return np.asarray(A @ weights)

    def _outputs(self, data: Rows) -> list[NDArray[np.float64]]:
        """Return what all members say, (members, rows, outputs) for each bag."""
        return outputs_of_bags(self.bags_, data, self._n_threads())

    def _predicted(self, X: Any) -> NDArray[np.float64]:
        """Return the predictions of rows, computed some at a time."""
        blocks = blocks_of(self._encoded(X))
        return np.concatenate([self._mixture(block) for block in blocks])

    @abstractmethod
    def _mixture(self, data: Rows) -> NDArray[np.float64]:
        """Return the predictions of encoded rows."""

    def _table(self, X: Any) -> Table:
        """Return new rows as a table whose columns are named as at training."""
        options = self.preprocessor_.read_options if self.n_members_ else ReadOptions()
        if _is_array(X):
            X = validate_data(
                self, X, dtype=None, ensure_all_finite="allow-nan", reset=False
            )
            table = as_table(X, _by_place(options, self.column_names))
            return _renamed(table, self.column_names)
        table = _read(X, options)
        if hasattr(self, "feature_names_in_"):
            return table
        if len(table.names) != self.n_features_in_:
            message = (
                f"X has {len(table.names)} features, but {type(self).__name__} is "
                f"expecting {self.n_features_in_} features as input"
            )
            raise DataError(message)
        return _renamed(table, self.column_names)

    @property
    def column_names(self) -> list[str]:
        """The names of the columns at training."""
        if hasattr(self, "feature_names_in_"):
            return list(self.feature_names_in_)
        return [f"x{place + 1}" for place in range(self.n_features_in_)]

    def _take(self, X: Any, y: Any) -> tuple[Table, Any]:
        """Return the table and the target, and note the names of the columns.

        A target that is a text names a column of the table.
        """
        if y is None:
            message = f"requires y to be passed, but the target y is None; {_HOW}"
            raise DataError(f"{type(self).__name__} {message}")
        if _is_array(X):
            X = validate_data(self, X, dtype=None, ensure_all_finite="allow-nan")
            return as_table(X), y
        table = _read(X)
        if isinstance(y, str):
            table, _ = drop_unlabelled(table, y)
            table, y = table.without(y), _cells(table[y])
        self.n_features_in_ = len(table.names)
        self.feature_names_in_ = np.array(table.names, object)
        return table, y

    def _weights(self, sample_weight: Any, table: Table, y: Any) -> NDArray[np.float64]:
        """Return the weights of the rows, after checking the number of targets."""
        if len(y) != len(table):
            message = f"X and y must have the same number of rows: {len(table)} rows in"
            raise DataError(f"{message} X, inconsistent with {len(y)} in y")
        if not len(table):
            raise DataError("learning needs at least 2 rows, got 0 sample(s)")
        return checked_weights(sample_weight, len(table))

    def _seed(self) -> int:
        """Return a seed."""
        if isinstance(self.random_state, (int, np.integer)) and self.random_state >= 0:
            return int(self.random_state)
        return int(check_random_state(self.random_state).randint(2**31))

    def _time_limit(self) -> float:
        """Return the seconds that training may take."""
        limit: Any = self.time_limit
        is_number = isinstance(limit, Real) and not isinstance(limit, bool)
        if not is_number or not 0 < limit < math.inf:
            message = f"time_limit must be a number of seconds above 0, got {limit!r}"
            raise HyperparameterError(message)
        return float(limit)

    def _n_threads(self) -> int:
        """Return how many members learn at the same time."""
        if self.threads is None:
            return _cores()
        return _at_least_one("threads", self.threads)

    def __getstate__(self) -> dict[str, Any]:
        """Return the state without what only training needs."""
        state: dict[str, Any] = super().__getstate__()
        return {k: v for k, v in state.items() if k not in _ONLY_HERE}


_FEW_EPOCHS, _NEARLY_DONE = 10, 0.95
_ONLY_HERE = ("_ensemble", "_plan", "_deadline")
_HOW = "give the values, or the name of a column"


def _is_array(X: Any) -> bool:
    """Tell whether the columns have no names: arrays, lists, sparse matrices."""
    named = isinstance(X, (str, os.PathLike, Table, dict))
    if hasattr(X, "tocsr"):  # some sparse matrices are dictionaries as well
        return True
    return not named and not hasattr(X, "columns") and not hasattr(X, "column_names")


def _read(X: Any, options: ReadOptions | None = None) -> Table:
    """Return a table of a path, a data frame or a dictionary."""
    if isinstance(X, (str, os.PathLike)):
        from walnet.tables import read_table

        return read_table(Path(X), options)
    return as_table(X, options)


def _by_place(options: ReadOptions, names: list[str]) -> ReadOptions:
    """Return how an array is read: its columns are named after their places."""
    places = {name: f"x{place}" for place, name in enumerate(names, 1)}
    known = options.expected.items()
    return replace(options, expected={places[name]: each for name, each in known})


def _renamed(table: Table, names: list[str]) -> Table:
    """Return a table whose columns have other names."""
    pairs = zip(names, table.columns.values(), strict=True)
    columns = [replace(column, name=name) for name, column in pairs]
    return Table(columns, len(table))


def _cells(column: Column) -> NDArray[Any]:
    """Return the values of a target column as an array."""
    if column.kind == "number":
        return np.asarray(column.values.to_numpy())
    if column.kind == "boolean":
        return column.numbers().astype(bool)
    levels = np.array(column.levels(), object)
    return levels[column.codes()]


def _at_least_one(name: str, given: Any) -> int:
    """Return a number from 1 on."""
    if isinstance(given, bool) or not isinstance(given, (int, np.integer)) or given < 1:
        raise HyperparameterError(
            f"{name} must be a whole number above 0, got {given!r}"
        )
    return int(given)


def _cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 1

"""What the two estimators have in common: rows in, an ensemble trained, outputs out."""

from __future__ import annotations

import os
import time
import warnings
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted, validate_data

from walnet.blas import single_blas_thread
from walnet.errors import DataError, HyperparameterError
from walnet.kernels.tabular_types import Rows
from walnet.tables import Table, as_table, drop_unlabelled
from walnet.tables.table import Column
from walnet.tables.wording import count
from walnet.tabular.ensemble import Ensemble, EnsembleTraining, Plan, train_ensemble
from walnet.tabular.layout import Layout, Widths, lay_out
from walnet.tabular.linear import Linear, fit_linear, linear_inputs
from walnet.tabular.member import outputs
from walnet.tabular.preprocessing import Preprocessor
from walnet.tabular.presets import Effort, effort
from walnet.tabular.recipe import Recipe
from walnet.tabular.rows import canonical, checked_weights, is_repeated, rows_to_learn
from walnet.tabular.stored import StoredRows
from walnet.tabular.streaming import train_stored
from walnet.tabular.timing import fit_to_time


class BaseTabular(BaseEstimator, ABC):
    """An ensemble of networks for tables; see `TabularClassifier`."""

    _classes: bool
    preprocessor_: Preprocessor
    n_members_: int
    n_features_in_: int
    feature_names_in_: NDArray[Any]
    parameters_: NDArray[np.float32]
    linear_: NDArray[np.float64] | None
    recipe_: Recipe
    warnings_: list[str]
    stopped_: str
    loss_: float

    def __init__(
        self,
        *,
        preset: str = "balanced",
        time_limit: float | None = None,
        members: int | None = None,
        epochs: int | None = None,
        recipe: Mapping[str, Any] | None = None,
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
        started = time.monotonic()
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
        work, seed = self._effort(len(rows)), self._seed()
        self.recipe_ = work.recipe
        layout = self.lay_out(n_outputs)
        plan = Plan(work.members, work.folds, work.epochs, seed, self._n_threads())
        if self.time_limit is not None:
            left = self._time_limit() - (time.monotonic() - started)
            plan = fit_to_time(layout, work.recipe, data, plan, left)
        trained = train_ensemble(
            layout, work.recipe, data, plan, classes=self._classes, callback=callback
        )
        self._keep(plan, trained)
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
        work, seed = self._effort(stored.n_rows), self._seed()
        self.recipe_ = work.recipe
        layout = self.lay_out(n_outputs)
        seconds = None if self.time_limit is None else self._time_limit()
        threads = self._n_threads()
        plan = Plan(work.members, 0, work.epochs, seed, threads, seconds)
        trained = train_stored(layout, work.recipe, stored, plan, callback=callback)
        self._keep(plan, trained)
        return stored.apart

    def _keep(self, plan: Plan, trained: Ensemble) -> None:
        """Store what was learned."""
        self.parameters_ = np.stack(trained.parameters)
        self.n_members_ = len(trained.parameters)
        self._ensemble, self._plan = trained, plan
        self.warnings_ = list(self.preprocessor_.warnings)
        self.stopped_ = trained.stopped
        if trained.stopped:
            kept = f"{self.n_members_} of {count(plan.members, 'network')}"
            self.warnings_.append(
                f"{trained.stopped}: {kept} had begun and are kept, cooled down early"
            )
            return
        short = plan.epochs < _FEW_EPOCHS and self.time_limit is not None
        if trained.done < _NEARLY_DONE or short:
            message = (
                f"the time limit of {self.time_limit:g} s is short: a member learned "
                f"from its rows at most {count(plan.epochs, 'time')}; allow more time"
            )
            self.warnings_.append(message)
            warnings.warn(message, ConvergenceWarning, stacklevel=4)

    def _effort(self, n_rows: int) -> Effort:
        """Return the preset's effort, with what was set instead."""
        work = effort(self.preset, n_rows, classes=self._classes)
        members = _at_least_one("members", self.members, work.members)
        epochs = _at_least_one("epochs", self.epochs, work.epochs)
        # Members of one fold only tell too little of the rows.
        folds = min(work.folds, max(members, 4), n_rows)
        recipe = work.recipe.changed(self.recipe or {})
        return Effort(recipe, members, folds, epochs)

    def lay_out(self, n_outputs: int) -> Layout:
        """Note and return where the parameters of a member stand."""
        pre = self.preprocessor_
        widths = Widths(pre.n_numbers, pre.n_plain, pre.level_counts, n_outputs)
        self._layout_ = lay_out(widths, self.recipe_)
        return self._layout_

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
        layout = self._layout_
        sizes = [int(layout.input[0]["n_inputs"]), *layout.layers["n_out"].tolist()]
        facts = {
            "networks": self.n_members_,
            "layers of each": " → ".join(f"{size:,}" for size in sizes),
            "activation": f"{self.recipe_.activation}, with a slope for each neuron",
            "parameters": f"{self.parameters_.size:,} in all",
            "precision": str(self.parameters_.dtype),
        }
        if hasattr(self, "_plan"):
            seen = "all rows"
            if self._plan.folds > 1:
                seen = f"all rows but one part in {self._plan.folds}"
            facts |= {"epochs of each": self._plan.epochs, "each learns from": seen}
            facts["batch size"] = self.recipe_.batch_size
        return facts

    def _encoded(self, X: Any) -> Rows:
        """Return new rows as the members take them."""
        inputs, codes = self.preprocessor_.transform(self._table(X))
        nothing = np.zeros(inputs.shape[1], np.float32)
        return Rows(inputs, codes, nothing, nothing)

    @property
    def _said(self) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Rows that members have not seen, and what each said of them."""
        trained = self._ensemble
        return np.concatenate(trained.unseen), np.concatenate(trained.outputs)

    def _fit_linear(self, data: Rows, n_classes: int) -> Linear | None:
        """Fit the linear partner, judged by the parts that members have not seen."""
        parts = self._ensemble.unseen[: self._plan.folds]
        hidden = np.zeros((len(parts), len(data.y)), bool)
        for place, rows in enumerate(parts):
            hidden[place, rows] = True
        with single_blas_thread():
            return fit_linear(data, self._layout_.level_starts(), hidden, n_classes)

    def _linear_outputs(
        self, data: Rows, weights: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """Return the linear partner's outputs, (rows, outputs)."""
        A = linear_inputs(data, self._layout_.level_starts())
        return np.asarray(A @ weights)

    def _outputs(self, data: Rows) -> NDArray[np.float64]:
        """Return the outputs of all members, (members, rows, outputs)."""
        rows = np.arange(len(data.y))

        def one(parameters: NDArray[np.float32]) -> NDArray[np.float64]:
            return outputs(self._layout_, parameters, data, rows)

        with single_blas_thread(), ThreadPoolExecutor(self._n_threads()) as pool:
            return np.stack(list(pool.map(one, self.parameters_)))

    def _table(self, X: Any) -> Table:
        """Return new rows as a table whose columns are named as at training."""
        kinds = self.preprocessor_.kinds if self.n_members_ else None
        if _is_array(X):
            X = validate_data(
                self, X, dtype=None, ensure_all_finite="allow-nan", reset=False
            )
            return _renamed(as_table(X), self.column_names)
        table = _read(X, kinds)
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
        limit = self.time_limit
        if isinstance(limit, bool) or not isinstance(limit, (int, float)) or limit <= 0:
            message = f"time_limit must be a number of seconds above 0, got {limit!r}"
            raise HyperparameterError(message)
        return float(limit)

    def _n_threads(self) -> int:
        """Return how many members learn at the same time."""
        return _at_least_one("threads", self.threads, _cores())

    def __getstate__(self) -> dict[str, Any]:
        """Return the state without what only training needs, and no kernels' record."""
        state: dict[str, Any] = super().__getstate__()
        return {k: v for k, v in state.items() if k not in _ONLY_HERE}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Lay the parameters out again."""
        super().__setstate__(state)
        if getattr(self, "n_members_", 0):
            self.lay_out(self._n_outputs())

    @abstractmethod
    def _n_outputs(self) -> int:
        """Return how many outputs the members have."""


_FEW_EPOCHS, _NEARLY_DONE = 10, 0.95
_ONLY_HERE = ("_ensemble", "_plan", "_layout_")
_HOW = "give the values, or the name of a column"


def _is_array(X: Any) -> bool:
    """Tell whether the columns have no names: arrays, lists, sparse matrices."""
    named = isinstance(X, (str, os.PathLike, Table, dict))
    if hasattr(X, "tocsr"):  # some sparse matrices are dictionaries as well
        return True
    return not named and not hasattr(X, "columns") and not hasattr(X, "column_names")


def _read(X: Any, kinds: Any = None) -> Table:
    """Return a table of a path, a data frame or a dictionary."""
    if isinstance(X, (str, os.PathLike)):
        from walnet.tables import read_table

        return read_table(Path(X), kinds=kinds)
    return as_table(X, kinds)


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


def _at_least_one(name: str, given: Any, default: int) -> int:
    """Return a number from 1 on, or the default if none is given."""
    if given is None:
        return default
    if isinstance(given, bool) or not isinstance(given, (int, np.integer)) or given < 1:
        raise HyperparameterError(
            f"{name} must be a whole number above 0, got {given!r}"
        )
    return int(given)


def _cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 1

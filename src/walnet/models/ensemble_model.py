"""An estimator for tables together with the column that it predicts."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from typing import Any, Self

import msgspec
import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from walnet.errors import DataError, FileFormatError
from walnet.inspection.evaluation import Evaluation, evaluate_classes, evaluate_numbers
from walnet.models.explanation import original_of
from walnet.tables import Schema, Table, as_table, drop_unlabelled
from walnet.tables.streams import Stream
from walnet.tables.target import ClassTarget, Target, Task, fit_target
from walnet.tables.wording import count, quoted
from walnet.tabular.classifier import TabularClassifier
from walnet.tabular.columns.preprocessing import Preprocessor
from walnet.tabular.columns.row_store import Shape, StoredRows
from walnet.tabular.columns.sample import labelled, survey
from walnet.tabular.ensemble.training import EnsembleTraining
from walnet.tabular.recipes.options import estimator_parameters
from walnet.tabular.regressor import TabularRegressor
from walnet.tabular.saving import converted
from walnet.tracing.explanation import Explanation, check_row


class _Saved(Struct, forbid_unknown_fields=True):
    """The header of a model file."""

    target: Target
    class_counts: list[int]
    rows: int
    estimator: dict[str, Any]


class TabularModel:
    """A tabular estimator that answers in the terms of a column of its table.

    What `walnet train` makes; made by `TabularModel.fit`.

    Parameters
    ----------
    target : ClassTarget or NumberTarget
        The column, and its labels or scale.
    estimator : TabularClassifier or TabularRegressor
        What was learned.
    class_counts : list of int
        Training rows of each class, in the order of the labels.
    rows : int
        Training rows.

    Examples
    --------
    >>> size = [1.0, 1.2, 1.1, 3.0, 3.3, 2.9]
    >>> table = {"size": size, "kind": ["nut"] * 3 + ["egg"] * 3}
    >>> model = TabularModel.fit(table, "kind", preset="fast")
    >>> model.predict({"size": [1.15, 3.1]})
    array(['nut', 'egg'], dtype=object)
    """

    def __init__(
        self,
        target: Target,
        estimator: TabularClassifier | TabularRegressor,
        class_counts: list[int],
        rows: int,
    ) -> None:
        self._target = target
        self.estimator = estimator
        self.class_counts = class_counts
        self.rows = rows

    @classmethod
    def fit(
        cls,
        table: Any,
        target: str,
        *,
        task: Task | None = None,
        callback: Callable[[EnsembleTraining], object] | None = None,
        checkpoint: str | os.PathLike[str] | None = None,
        **options: Any,
    ) -> Self:
        """Learn a column of a table from its other columns.

        Parameters
        ----------
        table : Table, path, data frame, dict or ndarray
            The rows to learn from. Rows without a target are left out.
        target : str
            The column to be predicted.
        task : {"classification", "regression"}, optional
            By default the target's values tell.
        callback : callable, optional
            Called after each epoch of a member, see `TabularClassifier.fit`.
        checkpoint : path, optional
            A folder to go on from after an interruption, see `TabularClassifier.fit`.
        **options
            Parameters of the estimator, and settings of its networks, such as
            learning_rate, optimizer, batch_size and dropout, for every bag of the
            preset: see the recipe of `TabularClassifier`.

        Returns
        -------
        TabularModel

        Raises
        ------
        DataError
            If the table or its target cannot be learned from.
        HyperparameterError
            If an option is outside its range.
        """
        options = estimator_parameters(options)
        known, _ = drop_unlabelled(as_table(table), target)
        fitted = fit_target(known[target], task)
        inputs = known.without(target)
        if isinstance(fitted, ClassTarget):
            y = fitted.encode(known[target])
            counts = np.bincount(y, minlength=len(fitted.labels)).tolist()
            classifier = TabularClassifier(**options)
            classifier.fit(inputs, y, callback=callback, checkpoint=checkpoint)
            return cls(fitted, classifier, counts, len(known))
        numbers = fitted.decode(fitted.encode(known[target]))
        regressor = TabularRegressor(**options)
        regressor.fit(inputs, numbers, callback=callback, checkpoint=checkpoint)
        return cls(fitted, regressor, [], len(known))

    @classmethod
    def fit_stream(
        cls,
        path: str | os.PathLike[str] | Stream,
        target: str,
        *,
        task: Task | None = None,
        folder: str | os.PathLike[str] | None = None,
        callback: Callable[[EnsembleTraining], object] | None = None,
        checkpoint: str | os.PathLike[str] | None = None,
        **options: Any,
    ) -> Self:
        """Learn a column of a table that is larger than memory.

        One pass over the rows chooses a sample that the encoders are fitted to, and
        notes what a sample cannot tell: rare classes, gaps, the range of the target. A
        second one writes the encoded rows to a temporary file. Each epoch reads that
        in groups of rows in another order, some groups at a time, and shuffles the
        rows among those: an order that depends on the seed and the epoch alone. Some
        rows, at most 20,000, are kept apart to calibrate with.

        Parameters
        ----------
        path : str, path-like or Stream
            A Parquet or CSV file, or a folder of such files.
        target : str
            The column to be predicted. Rows without a target are left out.
        task : {"classification", "regression"}, optional
            By default the target's values tell.
        folder : str or path-like, optional
            Where the temporary file is: 4 bytes for each number of each row.
        callback : callable, optional
            Called after each buffer with the `EnsembleTraining`.
        checkpoint : path, optional
            A folder to go on from after an interruption, see `TabularClassifier.fit`;
            the rows are encoded again.
        **options
            As for `fit`.

        Returns
        -------
        TabularModel

        Raises
        ------
        DataError
            If the table or its target cannot be learned from, or there is no room.
        HyperparameterError
            If an option is outside its range.
        """
        started = time.monotonic()
        options = estimator_parameters(options)
        stream = path if isinstance(path, Stream) else Stream(path)
        seed = options.get("random_state", 0)
        seed = int(seed) if isinstance(seed, (int, np.integer)) else 0
        surveyed = survey(stream, target, seed)
        fitted = fit_target(surveyed.sample[target], task)
        preprocessor = Preprocessor.fit(surveyed.sample.without(target))
        if surveyed.unlabelled:
            rows = count(surveyed.unlabelled, "row")
            note = f"{rows} without a target {quoted(target)} left out"
            preprocessor.warnings.append(note)
        shape = Shape(len(preprocessor.scales), len(preprocessor.level_counts))
        n_levels = sum(preprocessor.level_counts)
        with StoredRows(shape, seed, surveyed.rows, n_levels, folder) as stored:
            counts = _store(stream, fitted, preprocessor, stored)
            if isinstance(fitted, ClassTarget):
                classifier = TabularClassifier(**options).fit_stored(
                    stored,
                    preprocessor,
                    len(fitted.labels),
                    callback=callback,
                    checkpoint=checkpoint,
                    started=started,
                )
                return cls(fitted, classifier, counts, surveyed.rows)
            ends = (surveyed.least, surveyed.most)
            regressor = TabularRegressor(**options).fit_stored(
                stored,
                preprocessor,
                (fitted.mean, fitted.deviation, *ends),
                callback=callback,
                checkpoint=checkpoint,
                started=started,
            )
            return cls(fitted, regressor, [], surveyed.rows)

    @property
    def task(self) -> Task:
        """Whether classes or a number are predicted."""
        is_class = isinstance(self._target, ClassTarget)
        return "classification" if is_class else "regression"

    @property
    def target(self) -> str:
        """The name of the column that is predicted."""
        return self._target.name

    @property
    def labels(self) -> list[Any]:
        """The classes; empty for a regression."""
        target = self._target
        return list(target.labels) if isinstance(target, ClassTarget) else []

    @property
    def schema(self) -> Schema:
        """How rows become inputs, and outputs become answers."""
        features = self.estimator.preprocessor_.features
        encoders = [feature.encoder for feature in features]
        return Schema(encoders, self._target, self.warnings)

    @property
    def names(self) -> list[str]:
        """The columns that are used."""
        return self.estimator.preprocessor_.names

    @property
    def warnings(self) -> list[str]:
        """What was noticed in the training rows."""
        return self.estimator.warnings_

    def drift(self, table: Any) -> list[str]:
        """Return in which way rows differ from the training rows, in sentences."""
        return self.estimator.drift(table)

    def outputs(self, table: Any) -> NDArray[np.float64]:
        """Return what the schema's `decode` turns into answers.

        Parameters
        ----------
        table : Table, path, data frame, dict or ndarray
            The rows.

        Returns
        -------
        ndarray of shape (rows, outputs), float64
            Probabilities of the classes, or one column of standardised numbers.

        Raises
        ------
        DataError
            If a column is missing, or holds another kind of value than at training.
        """
        if isinstance(self._target, ClassTarget):
            return self.predict_proba(table)
        numbers = self.predict(table) - self._target.mean
        return (numbers / self._target.deviation)[:, None]

    def predict(self, table: Any) -> NDArray[Any]:
        """Return the answer for each row: labels of their own type, or numbers."""
        answers = self.estimator.predict(self._table(table))
        return self._target.decode(answers) if self.labels else answers

    def predict_proba(self, table: Any) -> NDArray[np.float64]:
        """Return the probability of each class for each row, in the labels' order."""
        if not isinstance(self.estimator, TabularClassifier):
            message = f"the model predicts the number {quoted(self.target)}, which has"
            raise DataError(f"{message} no classes; use predict")
        return self.estimator.predict_proba(self._table(table))

    @property
    def has_intervals(self) -> bool:
        """Whether `predict_interval` can answer."""
        estimator = self.estimator
        return isinstance(estimator, TabularRegressor) and len(estimator.residuals_) > 0

    def predict_interval(
        self, table: Any, coverage: float = 0.9
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return the ends of an interval for each row, see `TabularRegressor`."""
        if not isinstance(self.estimator, TabularRegressor):
            raise DataError("intervals are of numbers, and the model predicts classes")
        return self.estimator.predict_interval(self._table(table), coverage)

    def explain(
        self,
        table: Any,
        row: int = 0,
        *,
        member: int | None = None,
        iteration: bool = False,
        **options: Any,
    ) -> Explanation:
        """Return the arithmetic of one row's prediction.

        One of the networks is written out in full; how all of them make the answer
        follows after it.

        Parameters
        ----------
        table : Table, path, data frame, dict or ndarray
            The rows.
        row : int, default 0
            The index of the row.
        member : int, optional
            Which network, counted from 1; by default the one whose answer is nearest
            to the mean of all.
        iteration : bool, default False
            Whether one iteration of training of that network on the row follows where
            the row's target is known: cost, back-propagation and update.
        **options
            Settings of that iteration, such as ``learning_rate=0.1``.

        Returns
        -------
        Explanation

        Raises
        ------
        DataError, HyperparameterError
            If the table does not fit, there is no such row or network, or a setting is
            wrong.
        """
        rows = self._table(table)
        at = check_row(row, len(rows))
        original = original_of(self._target, rows.take(np.array([at])))
        return self.estimator.explain(
            rows,
            at,
            y=original,
            member=member,
            iteration=iteration,
            target=self.target,
            labels=self.labels or None,
            **options,
        )

    def evaluate(self, table: Any) -> Evaluation:
        """Return how good the answers for rows with a target are."""
        known, _ = drop_unlabelled(self._table(table), self.target)
        if not len(known):
            raise DataError("evaluating needs at least one row, got none")
        y = self._target.encode(known[self.target])
        if isinstance(self._target, ClassTarget):
            shares = np.array(self.class_counts, np.float64) / self.rows
            return evaluate_classes(
                y.astype(np.int64), self.predict_proba(known), shares
            )
        truth = self._target.decode(y)
        return evaluate_numbers(truth, self.predict(known), self._target.mean)

    def _table(self, table: Any) -> Table:
        """Return a table whose columns are read as the kinds that they were."""
        return as_table(table, self.schema.kinds)

    def to_saved(self) -> tuple[str, dict[str, Any], dict[str, NDArray[Any]]]:
        """Return what a model file holds: the kind of model, a header and arrays."""
        _, header, arrays = self.estimator.to_saved()
        saved = _Saved(self._target, self.class_counts, self.rows, header)
        return "tabular model", msgspec.to_builtins(saved), arrays

    @classmethod
    def from_saved(
        cls, header: dict[str, Any], arrays: dict[str, NDArray[Any]]
    ) -> TabularModel:
        """Return the model of a file, trusting neither header nor arrays.

        Raises
        ------
        FileFormatError
            If they are not a tabular model's, or do not belong together.
        """
        saved = converted(header, _Saved)
        counts = saved.class_counts
        estimator: TabularClassifier | TabularRegressor
        if isinstance(saved.target, ClassTarget):
            estimator = TabularClassifier.from_saved(saved.estimator, arrays)
            if list(estimator.classes_) != list(range(len(saved.target.labels))):
                raise FileFormatError("the labels and the classes do not fit")
        else:
            estimator = TabularRegressor.from_saved(saved.estimator, arrays)
        model = cls(saved.target, estimator, counts, saved.rows)
        if len(counts) != len(model.labels) or (counts and sum(counts) != saved.rows):
            raise FileFormatError("the classes and their counts do not belong together")
        return model

    def __repr__(self) -> str:
        columns = count(len(self.names), "column")
        members = count(self.estimator.n_members_, "network")
        return (
            f"TabularModel: {self.task} of {quoted(self.target)} from {columns}; "
            f"{members}, {self.estimator.n_parameters:,} parameters in all"
        )


def _store(
    stream: Stream, target: Target, preprocessor: Preprocessor, stored: StoredRows
) -> list[int]:
    """Store the encoded rows of a stream; return how many there are of each class."""
    counts = np.zeros(target.n_outputs, np.int64)
    for whole in stream.blocks():
        block, _ = labelled(whole, target.name)
        y = target.encode(block[target.name])
        if isinstance(target, ClassTarget):
            counts += np.bincount(y.astype(np.int64), minlength=len(counts))
        stored.add(*preprocessor.transform(block), y.astype(np.float32))
    return [int(each) for each in counts]

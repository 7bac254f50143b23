"""A model of a table made of many networks: accurate without settings."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from time import monotonic
from typing import Any, ClassVar, Self

import msgspec
import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from walnet.engine.communicator import Communicator
from walnet.engine.distributed import SHARDS
from walnet.errors import DataError, FileFormatError, HyperparameterError
from walnet.inspection.encoded import EncodedRows
from walnet.models.explanation import original_of
from walnet.models.script import Repetition, TrainRequest
from walnet.models.table_model import Progress, TableModel
from walnet.tables import Schema, Table, as_table, drop_unlabelled
from walnet.tables.label_notes import label_notes
from walnet.tables.row_groups import RowGroups
from walnet.tables.streams import Stream
from walnet.tables.target import ClassTarget, Target, Task, fit_target
from walnet.tabular.classifier import TabularClassifier
from walnet.tabular.columns.preprocessing import Preprocessor
from walnet.tabular.columns.row_store import Shape, StoredRows
from walnet.tabular.columns.shards import SharedRows, StoredShards
from walnet.tabular.columns.streamed import StreamedRows
from walnet.tabular.ensemble.training import EnsembleTraining
from walnet.tabular.parameters import FORMER
from walnet.tabular.recipes.options import OPTIONS, estimator_parameters
from walnet.tabular.regressor import TabularRegressor
from walnet.tabular.saving import converted
from walnet.tracing.explanation import Explanation, check_row
from walnet.waiting import waiting_for
from walnet.words import count, duration, quoted


class _Saved(Struct, forbid_unknown_fields=True):
    """The header of a model file."""

    target: Target
    class_counts: list[int]
    rows: int
    estimator: dict[str, Any]


class EnsembleModel(TableModel):
    """A tabular estimator that answers in the terms of a column of its table.

    What `walnet train` makes; made by `EnsembleModel.fit`.

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
    >>> model = EnsembleModel.fit(table, "kind", preset="fast")
    >>> model.predict({"size": [1.15, 3.1]})
    array(['nut', 'egg'], dtype=object)
    """

    description: ClassVar[str] = "the tabular model"

    def __init__(
        self,
        target: Target,
        estimator: TabularClassifier | TabularRegressor,
        class_counts: list[int],
        rows: int,
    ) -> None:
        self.estimator = estimator
        self.class_counts = class_counts
        self.rows = rows
        self.stopped = estimator.stopped_
        self.history = getattr(estimator, "course_", None)
        known = estimator.preprocessor_
        encoders = [feature.encoder for feature in known.features]
        self.schema = Schema(encoders, target, estimator.warnings_, known.missing)

    @classmethod
    def fit(  # noqa: PLR0913
        cls,
        table: Any,
        target: str,
        *,
        task: Task | None = None,
        seed: int = 0,
        group: str | None = None,
        time: str | None = None,
        callback: Callable[[EnsembleTraining], object] | None = None,
        checkpoint: str | os.PathLike[str] | None = None,
        started: float | None = None,
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
            By default it follows from the target's values.
        seed : int, default 0
            The source of all that is random.
        group : str, optional
            A column that says which rows belong together, such as all of one patient: a
            network has seen none of the group of a row that it is measured on. It is
            not learned from.
        time : str, optional
            A column of dates or numbers: the rows that a network does not see are a
            stretch of it.
        callback : callable, optional
            Called after each epoch of a member, see `TabularClassifier`.
        checkpoint : path, optional
            A folder to go on from after an interruption, see `TabularClassifier.fit`.
        started : float, optional
            When, of `time.monotonic`, a time limit began; by default now, before the
            table is read.
        **options
            Parameters of the estimator (of which max_iter and n_jobs are called epochs
            and threads, as in `walnet.Settings`), and settings of its networks, such as
            learning_rate, optimizer, batch_size and dropout, for every bag of the
            preset: see the recipe of `TabularClassifier`.

        Returns
        -------
        EnsembleModel

        Raises
        ------
        DataError
            If the table or its target cannot be learned from.
        HyperparameterError
            If an option is outside its range.
        """
        started = monotonic() if started is None else started
        options = estimator_parameters(options)
        known, notes = drop_unlabelled(as_table(table), target)
        fitted = fit_target(known[target], task)
        inputs = known.without(target)
        options = options | {"random_state": seed}
        apart: Any = {"groups": group, "times": time, "checkpoint": checkpoint}
        apart["started"] = started
        if isinstance(fitted, ClassTarget):
            notes += label_notes(known[target])
            y = fitted.encode(known[target])
            counts = np.bincount(y, minlength=len(fitted.labels)).tolist()
            classifier = TabularClassifier(**options, callbacks=callback)
            classifier.fit(inputs, y, **apart).set_params(callbacks=None)
            classifier.note_first(notes)
            return cls(fitted, classifier, counts, len(known))
        numbers = fitted.decode(fitted.encode(known[target]))
        regressor = TabularRegressor(**options, callbacks=callback)
        regressor.fit(inputs, numbers, **apart).set_params(callbacks=None)
        regressor.note_first(notes)
        return cls(fitted, regressor, [], len(known))

    @classmethod
    @waiting_for("an ensemble learns from rows that are read in blocks")
    def fit_stream(  # noqa: PLR0913
        cls,
        path: str | os.PathLike[str] | Stream | RowGroups,
        target: str,
        *,
        task: Task | None = None,
        seed: int = 0,
        communicator: Communicator | None = None,
        folder: str | os.PathLike[str] | None = None,
        callback: Callable[[EnsembleTraining], object] | None = None,
        checkpoint: str | os.PathLike[str] | None = None,
        **options: Any,
    ) -> Self:
        """Learn a column of a table that is larger than memory.

        One pass over the rows chooses a sample that the encoders are fitted to, and
        notes what a sample does not show: rare classes, gaps, the target's range. A
        second one writes the encoded rows to a temporary file. Each epoch reads that
        in groups of rows in another order, some groups at a time, and shuffles the
        rows among those: an order that depends on the seed and the epoch alone. Some
        rows, at most 20,000, are kept apart to calibrate with. A target with a heavy
        tail is learned as it is, while `fit` may learn its logarithm; a note says so.
        Of a very wide table, all networks read the columns that go with the target in
        4,096 rows from everywhere in the file, none of those kept apart; several
        processes learn from all columns.

        Parameters
        ----------
        path : str, path-like, Stream or RowGroups
            A Parquet or CSV file, or a folder of such files.
        target : str
            The column to be predicted. Rows without a target are left out.
        task : {"classification", "regression"}, optional
            By default it follows from the target's values.
        seed : int, default 0
            The source of all that is random.
        communicator : Communicator, optional
            The processes that learn together, of which this is one: each reads row
            groups of its own, from a disk or an object store (``s3://…``), Parquet
            only; see `walnet.cluster`. 1, 2 and 4 processes give the same bits; other
            ones than without a communicator, for the rows come in another order.
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
        EnsembleModel

        Raises
        ------
        DataError
            If the table or its target cannot be learned from, or there is no room.
        HyperparameterError
            If an option is outside its range.
        """
        started = monotonic()
        options = estimator_parameters(options)
        rows = _rows_of(path, communicator, options)
        surveyed = rows.survey(target, seed)
        fitted = fit_target(surveyed.sample[target], task)
        # Of the first process, whose machine may be another one than the others'.
        preprocessor = rows.communicator.broadcast(
            Preprocessor.fit(surveyed.sample.without(target)), 0
        )
        if isinstance(fitted, ClassTarget):
            preprocessor.warnings[:0] = label_notes(surveyed.sample[target])
        if surveyed.unlabelled:
            left_out = count(surveyed.unlabelled, "row")
            note = f"{left_out} without a target {quoted(target)} left out"
            preprocessor.warnings.append(note)
        options = options | {"random_state": seed}
        watched: Any = {"callback": callback, "checkpoint": checkpoint}
        watched["started"] = started
        encoder = _Encoder(fitted, preprocessor)
        with ExitStack() as opened:
            stored = encoder.store(opened, rows, surveyed.rows, seed, folder)
            parts = rows.communicator.of_all(encoder.counts)
            counts: list[int] = np.sum(parts, axis=0).tolist()
            if isinstance(fitted, ClassTarget):
                classifier = TabularClassifier(**options)
                n_classes = len(fitted.labels)
                classifier.fit_stored(stored, preprocessor, n_classes, **watched)
                return cls(fitted, classifier, counts, surveyed.rows)
            regressor = TabularRegressor(**options)
            ends = (fitted.mean, fitted.deviation, surveyed.least, surveyed.most)
            regressor.fit_stored(stored, preprocessor, ends, **watched)
            return cls(fitted, regressor, [], surveyed.rows)

    @classmethod
    def option_names(cls) -> list[str]:
        """Return the names of the estimator's parameters and its networks' settings."""
        names = dict.fromkeys((*OPTIONS, "checkpoint"))
        return [name for name in names if name != "random_state"]

    @classmethod
    def progress(cls, training: EnsembleTraining) -> Progress:
        """Return how far a training is, how many networks are done, and their cost."""
        done = f"{training.done}/{training.members} networks"
        return Progress(training.share, done, f"cost {training.cost:.4g}")

    @property
    def n_parameters(self) -> int:
        """The number of weights, biases and embeddings of all networks."""
        return self.estimator.n_parameters

    @property
    def hyperparameters(self) -> dict[str, Any]:
        """The parameters of the estimator."""
        parameters: dict[str, Any] = self.estimator.get_params()
        apart = {"callbacks", "verbose", *FORMER.values()}
        return {name: each for name, each in parameters.items() if name not in apart}

    def outputs(self, table: Any) -> NDArray[np.float64]:
        """Return probabilities or standardised numbers, see `TableModel.outputs`."""
        rows, target = self._as_table(table), self.schema.target
        if isinstance(target, ClassTarget):
            return self._classifier().predict_proba(rows)
        numbers = self.estimator.predict(rows) - target.mean
        return (numbers / target.deviation)[:, None]

    def encode(self, table: Any) -> EncodedRows:
        """Return rows as the networks take them, see `TableModel.encode`."""
        return self.estimator.encode(self._as_table(table))

    def outputs_of(self, rows: EncodedRows) -> NDArray[np.float64]:
        """Return the outputs of encoded rows, see `TableModel.outputs`."""
        answers, target = self.estimator.predict_encoded(rows), self.schema.target
        if isinstance(target, ClassTarget):
            return answers
        return ((answers - target.mean) / target.deviation)[:, None]

    def predict(self, table: Any) -> NDArray[Any]:
        """Return the answer for each row of a table.

        Parameters
        ----------
        table : Table, path, data frame, dict or ndarray
            The rows.

        Returns
        -------
        ndarray of shape (rows,)
            Labels of the type that they had at training, or float64 in their unit.
        """
        answers = self.estimator.predict(self._as_table(table))
        return self.schema.decode(answers) if self.labels else answers

    @property
    def has_intervals(self) -> bool:
        """Whether `predict_interval` can answer."""
        estimator = self.estimator
        return isinstance(estimator, TabularRegressor) and len(estimator.residuals_) > 0

    def predict_interval(
        self, table: Any, coverage: float = 0.9
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return the ends of an interval for each row, see `TabularRegressor`.

        Parameters
        ----------
        table : Table, path, data frame, dict or ndarray
            The rows.
        coverage : float, default 0.9
            The share of new rows whose number is to lie in its interval, in (0, 1).

        Returns
        -------
        low, high : ndarray of shape (rows,), float64
            In the target's unit.
        """
        if not isinstance(self.estimator, TabularRegressor):
            return super().predict_interval(table, coverage)
        return self.estimator.predict_interval(self._as_table(table), coverage)

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
            The index of the row, counted from 0; what is printed counts rows from 1,
            as the command line does.
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
        rows = self._as_table(table)
        at = check_row(row, len(rows))
        original = original_of(self.schema.target, rows.take(np.array([at])))
        return self.estimator.explain(
            rows,
            at,
            y=[original] * len(rows),
            member=member,
            iteration=iteration,
            target=self.target,
            labels=self.labels or None,
            **options,
        )

    def describe(self) -> list[str]:
        """Return how many networks there are, and the recipe of each bag of them.

        Returns
        -------
        list of str
            A line each.
        """
        networks = count(self.estimator.n_members_, "network")
        bags = [f"  {bag.describe()}" for bag in self.estimator.bags_]
        head = f"{networks} with {self.n_parameters:,} parameters in all:"
        return [f"Tabular model: {head}", *bags]

    def structure(self) -> dict[str, Any]:
        """Return the networks, and how their outputs become predictions."""
        estimator = self.estimator
        *ours, partner = estimator.shares_
        facts = estimator.describe() | {
            "shares of the bags": " and ".join(f"{share:.2f}" for share in ours),
            "share of a linear model": f"{partner:.2f}",
        }
        if isinstance(estimator, TabularRegressor):
            logarithm = estimator.logarithm_
            own = {} if logarithm is None else {"learned of the target": str(logarithm)}
            return facts | own
        factors = " and ".join(f"{bag.sharpness:.3g}" for bag in estimator.bags_)
        return facts | {"calibration": f"outputs × {factors} before the softmax"}

    def course(self, seconds: float) -> str:
        """Return how many networks learned from how many rows, and how long it took."""
        networks = count(self.estimator.n_members_, "network")
        rows = count(self.rows, "row")
        text = f"{networks} learned from {rows} in {duration(seconds)}"
        return f"{text}; {self.stopped}" if self.stopped else text

    def to_dict(self) -> dict[str, Any]:
        """Return what was learned and how, see `TableModel.to_dict`."""
        facts = {"rows_learned_from": self.rows, "members": self.estimator.n_members_}
        return super().to_dict() | facts

    def _repetition(self, request: TrainRequest, *, interrupted: bool) -> Repetition:
        """Return what depends on time: a signal, or a limit."""
        if interrupted:
            return Repetition(f"but for one thing: the run was {self.stopped}")
        if request.options.get("time_limit") is not None:
            return Repetition("as far as as much is learned within the time limit")
        return Repetition()

    def _classifier(self) -> TabularClassifier:
        """Return the estimator of a model of classes."""
        if not isinstance(self.estimator, TabularClassifier):
            raise DataError("the model predicts a number, which has no classes")
        return self.estimator

    def to_saved(self) -> tuple[str, dict[str, Any], dict[str, NDArray[Any]]]:
        """Return what a model file holds: the kind of model, a header and arrays."""
        _, header, arrays = self.estimator.to_saved()
        saved = _Saved(self.schema.target, self.class_counts, self.rows, header)
        return "tabular model", msgspec.to_builtins(saved), arrays

    @classmethod
    def from_saved(
        cls, header: dict[str, Any], arrays: dict[str, NDArray[Any]]
    ) -> Self:
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
        columns = count(len(self.schema.names), "column")
        members = count(self.estimator.n_members_, "network")
        return (
            f"EnsembleModel: {self.task} of {quoted(self.target)} from {columns}; "
            f"{members}, {self.estimator.n_parameters:,} parameters in all"
        )


class _Encoder:
    """Encodes blocks of rows, and counts those of each class.

    Attributes
    ----------
    counts : ndarray of int64
        Rows of each class; none of a number.
    """

    def __init__(self, target: Target, preprocessor: Preprocessor) -> None:
        self._target, self._preprocessor = target, preprocessor
        labels = target.labels if isinstance(target, ClassTarget) else []
        self.counts = np.zeros(len(labels), np.int64)

    def __call__(
        self, block: Table
    ) -> tuple[NDArray[np.float32], NDArray[np.int32], NDArray[np.float32]]:
        """Return inputs, codes and targets of a block."""
        y = self._target.encode(block[self._target.name])
        if len(self.counts):
            self.counts += np.bincount(y.astype(np.int64), minlength=len(self.counts))
        return (*self._preprocessor.transform(block), y.astype(np.float32))

    def store(
        self,
        opened: ExitStack,
        rows: StreamedRows | SharedRows,
        expected: int,
        seed: int,
        folder: str | os.PathLike[str] | None,
    ) -> StoredRows | StoredShards:
        """Return all rows encoded, in a file or several."""
        levels = self._preprocessor.level_counts
        return rows.store(
            opened,
            self._target.name,
            self,
            seed,
            shape=Shape(len(self._preprocessor.scales), len(levels)),
            expected=expected,
            n_levels=sum(levels),
            folder=folder,
        )


def _rows_of(
    path: str | os.PathLike[str] | Stream | RowGroups,
    communicator: Communicator | None,
    options: Mapping[str, Any],
) -> StreamedRows | SharedRows:
    """Return the rows of a path, as one process has them or several do."""
    if communicator is None:
        if isinstance(path, RowGroups):
            message = "row groups are shared by processes; give a communicator"
            raise HyperparameterError(message)
        return StreamedRows(path if isinstance(path, Stream) else Stream(path))
    if isinstance(path, Stream):
        message = "several processes share row groups, and no stream; give a RowGroups"
        raise HyperparameterError(message)

    if options.get("time_limit") is not None:
        message = "several processes have no clock in common; set epochs"
        raise HyperparameterError(f"{message}, not time_limit")
    groups = path if isinstance(path, RowGroups) else RowGroups(path, SHARDS)
    shared = SharedRows(groups, communicator)
    shared.check()
    return shared

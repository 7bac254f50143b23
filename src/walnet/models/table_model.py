"""The base of the models of a table: what `NetworkModel` and `EnsembleModel` share.

A model takes tables as they are (text, missing values, numbers of any scale) and
answers in the terms of one of its columns: labels of their own type, or numbers in
their unit.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from os import PathLike
from typing import Any, ClassVar, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from walnet.engine.network import Network
from walnet.errors import DataError, HyperparameterError
from walnet.inspection.encoded import EncodedRows
from walnet.inspection.evaluation import Evaluation, evaluate_outputs
from walnet.models.script import Repetition, TrainRequest, python_script
from walnet.plots.subjects import Curves
from walnet.tables import Schema, Stream, Table, as_table, drop_unlabelled
from walnet.tables.row_groups import RowGroups
from walnet.tables.target import ClassTarget, Task
from walnet.tracing.explanation import Explanation
from walnet.words import quoted, unknown


class Progress(NamedTuple):
    """How far a training is.

    Attributes
    ----------
    share : float
        The part that is done, from 0 to 1.
    done : str
        The same in words.
    scores : str
        Cost, and accuracy where there is one, as they are now.
    """

    share: float
    done: str
    scores: str


class TableModel(ABC):
    """A model that predicts a column of a table from its other columns.

    `NetworkModel` is one network, which can be explained; `EnsembleModel` is many,
    accurate without settings. Both are made by `fit`, saved by `walnet.save` and loaded
    by `walnet.load`.

    Attributes
    ----------
    schema : Schema
        How rows become inputs, and outputs become answers.
    rows : int
        Rows that were learned from.
    validation_rows : int
        Further rows that only decided when to stop.
    class_counts : list of int
        Rows of each class, in the order of `labels`; empty for a regression.
    stopped : str
        Why the training ended.
    network : Network or None
        The network, if there is one alone.
    history : History, Course or None
        The course of the training, if it is known.
    """

    network: Network | None = None
    history: Curves | None = None
    validation_rows: int = 0
    schema: Schema
    rows: int
    class_counts: list[int]
    stopped: str

    # What fits the sentence "… has no --hidden-layers".
    description: ClassVar[str]

    @classmethod
    @abstractmethod
    def fit(  # noqa: PLR0913
        cls,
        table: Any,
        target: str,
        *,
        task: Task | None = None,
        seed: int = 0,
        group: str | None = None,
        time: str | None = None,
        callback: Callable[[Any], object] | None = None,
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
            A column that says which rows belong together: they are on one side wherever
            rows are kept apart within the training. It is not learned from.
        time : str, optional
            A column of dates or numbers: rows that are kept apart within the training
            are a stretch of it.
        callback : callable, optional
            Called with the training after each epoch.
        **options
            What the kind of model takes, see `option_names`.

        Returns
        -------
        TableModel

        Raises
        ------
        DataError
            If the table or its target cannot be learned from.
        HyperparameterError
            If an option is outside its range.
        """
        raise NotImplementedError(
            "TableModel is what the kinds of model share: use NetworkModel.fit or "
            "EnsembleModel.fit"
        )

    @classmethod
    def fit_stream(
        cls,
        path: str | PathLike[str] | Stream | RowGroups,
        target: str,
        **options: Any,
    ) -> Self:
        """Learn a column of a table that is larger than memory, if this kind can.

        Parameters
        ----------
        path : str, path-like, Stream or RowGroups
            A Parquet or CSV file, or a folder of such files.
        target : str
            The column to be predicted.
        **options
            As of `fit`.

        Returns
        -------
        TableModel

        Raises
        ------
        HyperparameterError
            If models of this kind need all rows in memory.
        """
        del path, target, options
        raise HyperparameterError(
            f"{cls.description} needs a table that fits into memory, one file; the "
            "tabular model, an EnsembleModel, learns from a folder"
        )

    @classmethod
    @abstractmethod
    def option_names(cls) -> list[str]:
        """Return the names of the options of `fit`."""

    @classmethod
    def check_options(cls, options: Mapping[str, Any]) -> None:
        """Raise an error for options that `fit` would refuse whatever the table.

        Parameters
        ----------
        options : dict
            The options by their names.

        Raises
        ------
        HyperparameterError
            If there is no such option, or its value lets nothing be learned.
        """
        names = cls.option_names()
        for name in options:
            if name not in names:
                raise HyperparameterError(unknown("option", name, names))
        for name in ("learning_rate", "epochs", "iterations"):
            if options.get(name) == 0:
                message = f"{name} must be above 0, or nothing is learned; got 0"
                raise HyperparameterError(message)

    @classmethod
    @abstractmethod
    def progress(cls, training: Any) -> Progress:
        """Return how far a training of `fit` is.

        Parameters
        ----------
        training : Training or EnsembleTraining
            What the callback is called with.

        Returns
        -------
        Progress
        """

    @property
    def task(self) -> Task:
        """Whether classes or a number are predicted."""
        return self.schema.task

    @property
    def target(self) -> str:
        """The name of the column that is predicted."""
        return self.schema.target.name

    @property
    def labels(self) -> list[Any]:
        """The classes, sorted; empty for a regression."""
        target = self.schema.target
        return list(target.labels) if isinstance(target, ClassTarget) else []

    @property
    def warnings(self) -> list[str]:
        """What was noticed in the training rows."""
        return self.schema.warnings

    @property
    @abstractmethod
    def n_parameters(self) -> int:
        """The number of parameters in all."""

    @property
    @abstractmethod
    def hyperparameters(self) -> dict[str, Any]:
        """What the training was set to, by name."""

    @abstractmethod
    def outputs(self, table: Any) -> NDArray[Any]:
        """Return what the schema's `decode` turns into answers.

        Parameters
        ----------
        table : Table, path, data frame, dict or ndarray
            The rows, with the columns of the training in any order.

        Returns
        -------
        ndarray of shape (rows, outputs)
            Probabilities (of two classes the second one's may be alone), or one column
            of standardised numbers.

        Raises
        ------
        DataError
            If a column is missing, or holds another kind of value than at training.
        """

    @abstractmethod
    def encode(self, table: Any) -> EncodedRows:
        """Return rows as the networks take them, to predict from them often.

        Parameters
        ----------
        table : Table, path, data frame, dict or ndarray
            The rows.

        Returns
        -------
        EncodedRows
        """

    @abstractmethod
    def outputs_of(self, rows: EncodedRows) -> NDArray[Any]:
        """Return what `outputs` does, of rows that are encoded."""

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

        Raises
        ------
        DataError
            As `outputs`.
        """
        return self.schema.decode(self.outputs(table))

    def predict_proba(self, table: Any) -> NDArray[Any]:
        """Return the probability of each class for each row of a table.

        Parameters
        ----------
        table : Table, path, data frame, dict or ndarray
            The rows.

        Returns
        -------
        ndarray of shape (rows, classes)
            In the order of `labels`; each row sums to 1.

        Raises
        ------
        DataError
            As `outputs`, and if the model predicts a number.
        """
        target = self.schema.target
        if not isinstance(target, ClassTarget):
            message = f"the model predicts the number {quoted(self.target)}, which has"
            raise DataError(f"{message} no classes; use predict")
        return target.probabilities(self.outputs(table))

    @property
    def has_intervals(self) -> bool:
        """Whether `predict_interval` can answer."""
        return False

    def predict_interval(
        self, table: Any, coverage: float = 0.9
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return the ends of an interval for each row, if the model knows any.

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

        Raises
        ------
        DataError
            As `outputs`, and if the model has no intervals, see `has_intervals`.
        """
        del table, coverage
        what = "classes" if self.labels else "a number by one network"
        raise DataError(
            f"intervals are of numbers that an EnsembleModel predicts; this model "
            f"predicts {what}"
        )

    def evaluate(self, table: Any) -> Evaluation:
        """Return how good the answers for rows with a target are.

        Parameters
        ----------
        table : Table, path, data frame, dict or ndarray
            The rows; those without a target are left out.

        Returns
        -------
        Evaluation
            The model's measures and the trivial guess's.

        Raises
        ------
        DataError
            As `outputs`, and if there is no row with a target or a class is new.
        """
        known, _ = drop_unlabelled(self._as_table(table), self.target)
        outputs = self.outputs(known) if len(known) else ()
        return evaluate_outputs(self.schema, known, outputs, self.class_counts)

    def drift(self, table: Any) -> list[str]:
        """Return in which way rows differ from the training rows, in sentences.

        Parameters
        ----------
        table : Table, path, data frame, dict or ndarray
            The rows.

        Returns
        -------
        list of str
            On levels that training did not see, values that are missing where none
            were, numbers far outside the range, and columns of which all rows, or many
            more than chance brings, are beyond it.
        """
        return self.schema.drift(self._as_table(table))

    @abstractmethod
    def explain(self, table: Any, row: int = 0, **options: Any) -> Explanation:
        """Return the arithmetic of one row's prediction.

        Parameters
        ----------
        table : Table, path, data frame, dict or ndarray
            The rows.
        row : int, default 0
            The index of the row, counted from 0; what is printed counts rows from 1,
            as the command line does.
        **options
            Which network, and what of it: see the kind of model.

        Returns
        -------
        Explanation

        Raises
        ------
        DataError
            If there is no such row, or the table does not fit.
        """

    @abstractmethod
    def describe(self) -> list[str]:
        """Return what was learned, in sentences.

        Returns
        -------
        list of str
            A line each.
        """

    @abstractmethod
    def structure(self) -> dict[str, Any]:
        """Return what was learned by name, for a table of values.

        Returns
        -------
        dict
            Names and values.
        """

    @abstractmethod
    def course(self, seconds: float) -> str:
        """Return how the training went, in one sentence.

        Parameters
        ----------
        seconds : float
            How long it took.

        Returns
        -------
        str
        """

    def to_dict(self) -> dict[str, Any]:
        """Return what was learned and how, as JSON-able values.

        Returns
        -------
        dict
            Names and values; each kind of model has further ones.
        """
        facts: dict[str, Any] = {
            "target": self.target,
            "task": self.task,
            "columns": self.schema.names,
            "parameters": self.n_parameters,
            "settings": self.hyperparameters,
            "stopped": self.stopped,
        }
        return facts | ({"labels": self.labels} if self.labels else {})

    def code(self, request: TrainRequest, *, interrupted: bool = False) -> str:
        """Return a Python program that trains this model again, to the same bits.

        Parameters
        ----------
        request : TrainRequest
            What was asked for.
        interrupted : bool, default False
            Whether the training was stopped before its time.

        Returns
        -------
        str
            The program. All that was given stands in it as a literal, so that a name
            cannot become code.
        """
        repetition = self._repetition(request, interrupted=interrupted)
        return python_script(request, type(self).__name__, repetition)

    @abstractmethod
    def _repetition(self, request: TrainRequest, *, interrupted: bool) -> Repetition:
        """Return how far a program can repeat the training."""

    @abstractmethod
    def to_saved(self) -> tuple[str, dict[str, Any], dict[str, NDArray[Any]]]:
        """Return what a model file holds: the kind of model, a header and arrays."""

    @classmethod
    @abstractmethod
    def from_saved(
        cls, header: dict[str, Any], arrays: dict[str, NDArray[Any]]
    ) -> Self:
        """Return the model of a file, trusting neither header nor arrays."""

    def _as_table(self, table: Any) -> Table:
        """Return a table whose columns are read as the kinds that they were."""
        return as_table(table, self.schema.read_options)

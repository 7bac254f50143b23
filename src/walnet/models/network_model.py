"""A network that learns a table: schema, network, settings and what it was taught.

A table model takes tables as they are (text, missing values, numbers of any scale) and
answers in the terms of its target: labels of their own type, or numbers in their unit.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from importlib.metadata import version
from typing import Any

import msgspec
import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from walnet.engine.driver import train
from walnet.engine.history import History
from walnet.engine.network import Network
from walnet.engine.settings import Settings
from walnet.engine.training import Training
from walnet.errors import DataError, FileFormatError, HyperparameterError
from walnet.inspection.evaluation import Evaluation, evaluate_classes, evaluate_numbers
from walnet.models.explanation import explain_row
from walnet.tables.limits import MAX_CELLS
from walnet.tables.reading import as_table
from walnet.tables.schema import Schema
from walnet.tables.split import split_rows
from walnet.tables.table import Table
from walnet.tables.target import (
    ClassTarget,
    Target,
    Task,
    drop_unlabelled,
    fit_target,
)
from walnet.tables.wording import count, quoted
from walnet.tracing.explanation import Explanation, check_row

HIDDEN_LAYERS = (100,)
ACTIVATION = "relu"


class Facts(Struct, frozen=True, forbid_unknown_fields=True):
    """What a table model was taught with.

    Attributes
    ----------
    rows, validation_rows : int
        Rows that the network learned from, and rows that only told when to stop.
    iterations, epochs : int
        Updates of the parameters, and passes over the rows.
    stopped : str
        Why the training ended.
    class_counts : list of int
        Rows of each class, in the order of the labels; empty for a regression.
    walnet : str
        The version that trained the model.
    """

    rows: int
    validation_rows: int
    iterations: int
    epochs: int
    stopped: str
    class_counts: list[int]
    walnet: str


class _Saved(Struct, frozen=True, forbid_unknown_fields=True):
    """The header of a model file."""

    table: Schema
    network: dict[str, Any]
    settings: dict[str, Any]
    facts: Facts


class TableModel:
    """A network together with all it needs to answer for the rows of a table.

    Made by `TableModel.fit`, saved by `walnet.save`, loaded by `walnet.load`.

    Parameters
    ----------
    schema : Schema
        How rows become inputs, and outputs become answers.
    network : Network
        The trained network.
    settings : Settings
        How it was trained.
    facts : Facts
        With what it was trained.
    history : History, optional
        The course of the training; a loaded model has none.

    Examples
    --------
    >>> import walnet
    >>> size = [1.0, 1.2, 1.1, 3.0, 3.3, 2.9]
    >>> table = {"size": size, "kind": ["nut"] * 3 + ["egg"] * 3}
    >>> model = walnet.TableModel.fit(table, "kind")
    >>> model.predict({"size": [1.15, 3.1]})
    array(['nut', 'egg'], dtype=object)
    >>> model.evaluate(table)
    Evaluation: accuracy 1 (trivial guess 0.5) on 6 rows
    """

    def __init__(
        self,
        schema: Schema,
        network: Network,
        settings: Settings,
        facts: Facts,
        history: History | None = None,
    ) -> None:
        self.schema = schema
        self.network = network
        self.settings = settings
        self.facts = facts
        self.history = history

    @classmethod
    def fit(  # noqa: PLR0913
        cls,
        table: Any,
        target: str,
        *,
        task: Task | None = None,
        hidden_layers: Sequence[int] = HIDDEN_LAYERS,
        activation: str | Sequence[str] = ACTIVATION,
        validation_share: float = 0.0,
        callback: Callable[[Training], object] | None = None,
        checkpoint: str | os.PathLike[str] | None = None,
        **options: Any,
    ) -> TableModel:
        """Train a network on a table.

        Parameters
        ----------
        table : Table, path, data frame, dict or ndarray
            The rows to learn from, as `walnet.read_table` or `as_table` take them. Rows
            without a target are left out.
        target : str
            The column to be predicted.
        task : {"classification", "regression"}, optional
            By default the target's values tell, see `Schema.fit`.
        hidden_layers : sequence of int, default (100,)
            Neurons of each hidden layer; empty for none.
        activation : str or sequence of str, default "relu"
            Of all hidden layers, or one name for each.
        validation_share : float, default 0
            Share of the rows, in [0, 1), that the network does not learn from: their
            cost is recorded, and tells when to stop where `patience` is set.
        callback : callable, optional
            Called with the `Training` after each epoch, see `walnet.train`.
        checkpoint : path, optional
            A file to go on from after an interruption, see `walnet.train`.
        **options
            Any of the names of `Settings`, instead of what `default_settings` chooses.
            ``seed`` is the source of all that is random: weights, validation rows,
            shuffles.

        Returns
        -------
        TableModel

        Raises
        ------
        DataError
            If the table or its target cannot be learned from.
        HyperparameterError
            If a setting is outside its range.
        DivergedError
            If the cost becomes NaN or infinite.
        """
        table, warnings = drop_unlabelled(as_table(table), target)
        schema = Schema.fit(table, target, task=task)
        schema = msgspec.structs.replace(schema, warnings=warnings + schema.warnings)
        settings = default_settings(len(table), schema.task, options)
        network = _new_network(schema, hidden_layers, activation, settings.seed)
        X, y = _examples(schema, table)
        rows, others = np.arange(len(table)), np.arange(0)
        if validation_share:
            rows, others = choose_rows(
                table, schema.target, validation_share, settings.seed
            )
        validation = (X[others], y[others]) if len(others) else None
        if validation is not None:
            X, y = X[rows], y[rows]
        history = train(
            network,
            X,
            y,
            settings,
            validation=validation,
            callback=callback,
            checkpoint=checkpoint,
        )
        counts = y.sum(axis=0).astype(int).tolist()
        facts = Facts(
            len(rows),
            len(others),
            history.iterations,
            len(history),
            history.stopped,
            counts if schema.task == "classification" else [],
            version("walnet"),
        )
        return cls(schema, network, settings, facts, history)

    @property
    def task(self) -> Task:
        """Whether the model predicts classes or a number."""
        return self.schema.task

    @property
    def target(self) -> str:
        """The name of the column that the model predicts."""
        return self.schema.target.name

    @property
    def labels(self) -> list[Any]:
        """The classes, in the order of the outputs; empty for a regression."""
        target = self.schema.target
        return list(target.labels) if isinstance(target, ClassTarget) else []

    def predict(self, table: Any) -> NDArray[Any]:
        """Return the answer for each row of a table.

        Parameters
        ----------
        table : Table, path, data frame, dict or ndarray
            The rows, with the columns of the training in any order.

        Returns
        -------
        ndarray of shape (rows,)
            Labels of the type that they had at training, or float64 in their unit.

        Raises
        ------
        DataError
            If a column is missing, or holds another kind of value than at training.
        """
        return self.schema.decode(self.outputs(table))

    def predict_proba(self, table: Any) -> NDArray[np.float32]:
        """Return the probability of each class for each row of a table.

        Parameters
        ----------
        table : Table, path, data frame, dict or ndarray
            The rows.

        Returns
        -------
        ndarray of shape (rows, classes), float32
            In the order of `labels`; each row sums to 1.

        Raises
        ------
        DataError
            As `predict`, and if the model predicts a number.
        """
        if self.task == "regression":
            message = f"the model predicts the number {quoted(self.target)}, which has"
            raise DataError(f"{message} no classes; use predict")
        return self.outputs(table)

    def outputs(self, table: Any) -> NDArray[np.float32]:
        """Return the network's outputs for each row of a table.

        Parameters
        ----------
        table : Table, path, data frame, dict or ndarray
            The rows.

        Returns
        -------
        ndarray of shape (rows, outputs), float32
            Probabilities of the classes, or one column of standardised numbers; the
            schema's `decode` turns them into answers.

        Raises
        ------
        DataError
            As `predict`.
        """
        return self.network.feed_forward(self.schema.encode(self._table(table)))

    def explain(
        self, table: Any, row: int = 0, *, iteration: bool = True, **options: Any
    ) -> Explanation:
        """Return the arithmetic of one row's prediction.

        Parameters
        ----------
        table : Table, path, data frame, dict or ndarray
            The rows.
        row : int, default 0
            The index of the row.
        iteration : bool, default True
            Whether one iteration of training on the row follows where its target is
            known: cost, back-propagation and update.
        **options
            Settings of that iteration, such as ``learning_rate=0.1``.

        Returns
        -------
        Explanation

        Raises
        ------
        DataError, HyperparameterError
            If the table does not fit, there is no such row, or a setting is wrong.
        """
        rows = self._table(table)
        at = check_row(row, len(rows))
        one = rows.take(np.array([at]))
        if "member" in options:
            raise HyperparameterError("member is of ensembles; this is one network")
        settings = self.settings.replace(**options) if iteration else None
        return explain_row(self.schema, self.network, settings, one, at)

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
            As `predict`, and if there is no row with a target or a class is new.
        """
        known, _ = drop_unlabelled(self._table(table), self.target)
        if not len(known):
            raise DataError("evaluating needs at least one row, got none")
        outputs, target = self.outputs(known), self.schema.target
        y = self.schema.encode_target(known)
        if isinstance(target, ClassTarget):
            counts = np.array(self.facts.class_counts, np.float64)
            shares = counts / counts.sum()
            return evaluate_classes(y.astype(np.int64), outputs, shares)
        return evaluate_numbers(target.decode(y), target.decode(outputs), target.mean)

    def _table(self, table: Any) -> Table:
        """Return a table whose columns are read as the kinds that they were."""
        return as_table(table, self.schema.kinds)

    def to_saved(self) -> tuple[str, dict[str, Any], dict[str, NDArray[Any]]]:
        """Return what a model file holds: the kind of model, a header and arrays."""
        _, network, arrays = self.network.to_saved()
        header = {
            "table": self.schema.to_dict(),
            "network": network,
            "settings": self.settings.to_dict(),
            "facts": msgspec.to_builtins(self.facts),
        }
        return "table model", header, arrays

    @classmethod
    def from_saved(
        cls, header: dict[str, Any], arrays: dict[str, NDArray[Any]]
    ) -> TableModel:
        """Return the model of a file, trusting neither header nor arrays.

        Raises
        ------
        FileFormatError
            If they are not a table model's, or do not belong together.
        """
        try:
            saved = msgspec.convert(header, _Saved)
        except msgspec.ValidationError as error:
            raise FileFormatError(f"the table model is not valid: {error}") from error
        network = Network.from_saved(saved.network, arrays)
        settings = Settings.from_dict(saved.settings)
        model = cls(saved.table, network, settings, saved.facts)
        ends = len(saved.table.feature_names), saved.table.target.n_outputs
        if ends != (network.n_inputs, network.n_outputs):
            raise FileFormatError("the schema and the network do not belong together")
        counts = saved.facts.class_counts
        if len(counts) != len(model.labels) or (counts and min(counts) < 1):
            raise FileFormatError("the classes and their counts do not belong together")
        if model.to_saved()[1] != header:
            raise FileFormatError("the description is not as a table model writes it")
        return model

    def __repr__(self) -> str:
        columns = count(len(self.schema.names), "column")
        what = f"{self.task} of {quoted(self.target)} from {columns}"
        return f"TableModel: {what}; {self.network!r}"


def default_settings(n_rows: int, task: Task, options: dict[str, Any]) -> Settings:
    """Return the settings that suit a table, with some of them given.

    Parameters
    ----------
    n_rows : int
        Rows to learn from.
    task : {"classification", "regression"}
        Which cost is to fall: cross-entropy or the mean squared error.
    options : dict
        Settings that are given, by their names.

    Returns
    -------
    Settings

    Examples
    --------
    >>> settings = default_settings(1000, "classification", {"seed": 7})
    >>> settings.optimizer, settings.batch_size, settings.seed
    ('adam', 64, 7)
    """
    is_class = task == "classification"
    batch_size = options.get("batch_size")
    if batch_size is None:
        batch_size = default_batch_size(n_rows)
    Settings(batch_size=batch_size)  # refuses what cannot be divided by
    defaults = {
        "cost": "categorical_cross_entropy" if is_class else "mse",
        "optimizer": "adam",
        "learning_rate": 0.003,
        "schedule": "cosine",
        "batch_size": batch_size,
        "l2": min(max(3 / n_rows, 0.0005), 0.01),
    }
    if options.get("iterations") is None:
        defaults["epochs"] = _default_epochs(max(n_rows / batch_size, 1))
    return Settings.from_dict(defaults | options)


def _default_epochs(batches: float) -> int:
    """Return 50 to 400 epochs, fewer if they had many more than 100,000 batches."""
    least = min(50, max(5, round(100_000 / batches)))
    return min(max(round(3000 / batches), least), 400)


def default_batch_size(n_rows: int) -> int:
    """Return a power of two between 16 and 256 that makes some 16 batches an epoch."""
    return int(min(max(2 ** round(np.log2(n_rows / 16)), 16), 256))


def split_table(
    table: Any,
    target: str,
    *,
    test_share: float = 0.25,
    seed: int = 0,
    task: Task | None = None,
) -> tuple[Table, Table]:
    """Return the rows to train on and the rows to test with.

    Parameters
    ----------
    table : Table, path, data frame, dict or ndarray
        All rows. Those without a target are left out.
    target : str
        The column to be predicted. Each of its classes is split in the same proportion.
    test_share : float, default 0.25
        Share of the rows to test with, in (0, 1).
    seed : int, default 0
        Seed of the random choice.
    task : {"classification", "regression"}, optional
        By default the target's values tell.

    Returns
    -------
    train, test : Table
        The two parts, rows in their order.

    Raises
    ------
    DataError
        If there is no such target, it cannot be learned, or there are too few rows.
    HyperparameterError
        If a number is outside its range.

    Examples
    --------
    >>> table = {"size": [1, 2, 3, 4], "kind": ["nut", "egg", "nut", "egg"]}
    >>> split_table(table, "kind", test_share=0.5)
    (<table: 2 rows, 2 columns (1 number, 1 category)>,
     <table: 2 rows, 2 columns (1 number, 1 category)>)
    """
    known, _ = drop_unlabelled(as_table(table), target)
    fitted = fit_target(known[target], task)
    rows, others = choose_rows(known, fitted, test_share, seed)
    return known.take(rows), known.take(others)


def _new_network(
    schema: Schema,
    hidden_layers: Sequence[int],
    activation: str | Sequence[str],
    seed: int,
) -> Network:
    """Return a network with random weights that fits the schema."""
    sizes = [len(schema.feature_names), *hidden_layers, schema.target.n_outputs]
    output = "softmax" if schema.task == "classification" else "identity"
    return Network(sizes, activation=activation, output=output, seed=seed)


def _examples(
    schema: Schema, table: Table
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return inputs and targets of the rows, if they are not too many."""
    if len(table) * schema.target.n_outputs > MAX_CELLS:
        message = (
            f"the targets would be {len(table):,} rows × {schema.target.n_outputs:,} "
            f"classes, and {MAX_CELLS:,} numbers are allowed; leave out rows or classes"
        )
        raise DataError(message)
    return schema.encode(table), schema.target_matrix(table)


def choose_rows(
    table: Table, target: Target, share: float, seed: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return rows to learn from and the others, as numbers from 0.

    Parameters
    ----------
    table : Table
        Rows that all have a target.
    target : ClassTarget or NumberTarget
        The target. Each of its classes is split in the same proportion, and is in the
        rows to learn from.
    share : float
        The share of the others, in (0, 1).
    seed : int
        Seed of the random choice.

    Returns
    -------
    rows, others : ndarray of int64
        In ascending order.

    Raises
    ------
    DataError, HyperparameterError
        As `split_table`.
    """
    classes = None
    if isinstance(target, ClassTarget):
        classes = target.encode(table[target.name])
    return split_rows(len(table), test_share=share, seed=seed, classes=classes)

"""A model of a table made of one network, which can be explained."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from importlib.metadata import version
from typing import Any, ClassVar, Self

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
from walnet.inspection.encoded import EncodedRows
from walnet.models.explanation import explain_row
from walnet.models.network_settings import (
    ACTIVATION,
    HIDDEN_LAYERS,
    OPTIONS,
    default_settings,
    neurons,
    output_layer,
)
from walnet.models.script import Repetition, TrainRequest
from walnet.models.split import SplitWay, parts_of
from walnet.models.table_model import Progress, TableModel
from walnet.tables import Schema, Table, as_table, drop_unlabelled
from walnet.tables.limits import MAX_CELLS
from walnet.tables.target import ClassTarget, Task
from walnet.tracing.explanation import Explanation, check_row
from walnet.words import count, duration, number, percent, quoted


class TrainingFacts(Struct, frozen=True, forbid_unknown_fields=True):
    """What a network of a table was trained with.

    Attributes
    ----------
    rows, validation_rows : int
        Rows that the network learned from, and further ones that decided when to stop.
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
    facts: TrainingFacts


class NetworkModel(TableModel):
    """A network together with all it needs to answer for the rows of a table.

    Made by `NetworkModel.fit`, saved by `walnet.save`, loaded by `walnet.load`.

    Parameters
    ----------
    schema : Schema
        How rows become inputs, and outputs become answers.
    network : Network
        The trained network.
    settings : Settings
        How it was trained.
    facts : TrainingFacts
        With what it was trained.
    history : History, optional
        The course of the training; a loaded model has none.

    Examples
    --------
    >>> import walnet
    >>> size = [1.0, 1.2, 1.1, 3.0, 3.3, 2.9]
    >>> table = {"size": size, "kind": ["nut"] * 3 + ["egg"] * 3}
    >>> model = walnet.NetworkModel.fit(table, "kind")
    >>> model.predict({"size": [1.15, 3.1]})
    array(['nut', 'egg'], dtype=object)
    >>> model.evaluate(table)
    Evaluation: accuracy 100 % (trivial guess 50 %) on 6 rows
    """

    network: Network
    description: ClassVar[str] = "a plain network"

    def __init__(
        self,
        schema: Schema,
        network: Network,
        settings: Settings,
        facts: TrainingFacts,
        history: History | None = None,
    ) -> None:
        self.schema = schema
        self.network = network
        self.settings = settings
        self.facts = facts
        self.history = history
        self.rows, self.validation_rows = facts.rows, facts.validation_rows
        self.class_counts, self.stopped = facts.class_counts, facts.stopped

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
        callback: Callable[[Training], object] | None = None,
        hidden_layers: Sequence[int] = HIDDEN_LAYERS,
        activation: str | Sequence[str] = ACTIVATION,
        validation_share: float = 0.0,
        checkpoint: str | os.PathLike[str] | None = None,
        **options: Any,
    ) -> Self:
        """Train a network on a table.

        Parameters
        ----------
        table : Table, path, data frame, dict or ndarray
            The rows to learn from, as `walnet.read_table` or `as_table` take them. Rows
            without a target are left out.
        target : str
            The column to be predicted.
        task : {"classification", "regression"}, optional
            By default it follows from the target's values, see `Schema.fit`.
        seed : int, default 0
            The source of all that is random: weights, validation rows, shuffles.
        group : str, optional
            A column that says which rows belong together: they are all learned from, or
            all validation rows. It is not learned from.
        time : str, optional
            A column of dates or numbers: the last rows are those to validate with.
        callback : callable, optional
            Called with the `Training` after each epoch, see `walnet.train`.
        hidden_layers : sequence of int, default (100,)
            Neurons of each hidden layer; empty for none.
        activation : str or sequence of str, default "relu"
            Of all hidden layers, or one name for each.
        validation_share : float, default 0
            Share of the rows, in [0, 1), that the network does not learn from: their
            cost is recorded, and decides when to stop where `patience` is set.
        checkpoint : path, optional
            A file to go on from after an interruption, see `walnet.train`.
        **options
            Any of the names of `Settings`, instead of what `default_settings` chooses.

        Returns
        -------
        NetworkModel

        Raises
        ------
        DataError
            If the table or its target cannot be learned from.
        HyperparameterError
            If a setting is outside its range.
        DivergedError
            If the cost becomes NaN or infinite.
        """
        table, notes = drop_unlabelled(as_table(table), target)
        way = SplitWay(validation_share, seed, group, time)
        schema = Schema.fit(table.without(group or ""), target, task=task)
        schema = msgspec.structs.replace(schema, warnings=notes + schema.warnings)
        layer = output_layer(schema.target)
        settings = default_settings(len(table), layer.cost, options | {"seed": seed})
        sizes = [len(schema.feature_names), *neurons(hidden_layers), layer.n_outputs]
        network = Network(
            sizes, activation=activation, output=layer.activation, seed=seed
        )
        X, y = _examples(schema, table)
        rows, others = parts_of(table, schema.target, way)
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
        facts = TrainingFacts(
            len(rows),
            len(others),
            history.iterations,
            len(history),
            history.stopped,
            _class_counts(schema, table.take(rows)),
            version("walnet"),
        )
        return cls(schema, network, settings, facts, history)

    @classmethod
    def option_names(cls) -> list[str]:
        """Return the names of the settings and what else `fit` takes."""
        settings = [each.name for each in fields(Settings) if each.name != "seed"]
        return [*OPTIONS, *settings]

    @classmethod
    def check_options(cls, options: Mapping[str, Any]) -> None:
        """Raise an error for what is no setting, or is outside its range."""
        super().check_options(options)
        Settings.from_dict(
            {name: value for name, value in options.items() if name not in OPTIONS}
        )

    @classmethod
    def progress(cls, training: Training) -> Progress:
        """Return how far a training is, its cost and its accuracy."""
        history = training.history
        total = training.total // training.iterations_per_epoch
        scores = f"cost {history.cost[-1]:.4g}"
        if history.accuracy is not None:
            scores += f"  accuracy {percent(history.accuracy[-1])}"
        done = f"{training.epoch:,}/{total:,} epochs"
        return Progress(training.epoch / max(total, 1), done, scores)

    @property
    def n_parameters(self) -> int:
        """The number of weights and biases."""
        return self.network.n_parameters

    @property
    def hyperparameters(self) -> dict[str, Any]:
        """The settings of the training."""
        return self.settings.to_dict()

    def outputs(self, table: Any) -> NDArray[np.float32]:
        """Return the network's outputs for each row, see `TableModel.outputs`."""
        return self.network.feed_forward(self.schema.encode(self._as_table(table)))

    def encode(self, table: Any) -> EncodedRows:
        """Return rows as the network takes them, see `TableModel.encode`."""
        places, start = {}, 0
        for encoder in self.schema.encoders:
            end = start + len(encoder.feature_names)
            places[encoder.name], start = (np.arange(start, end),), end
        return EncodedRows((self.schema.encode(self._as_table(table)),), places)

    def outputs_of(self, rows: EncodedRows) -> NDArray[np.float32]:
        """Return the network's outputs of encoded rows."""
        return self.network.feed_forward(rows.arrays[0])

    def describe(self) -> list[str]:
        """Return the network's layers.

        Returns
        -------
        list of str
            A line each.
        """
        return [repr(self.network)]

    def structure(self) -> dict[str, Any]:
        """Return layers, activations, parameters and where they began."""
        return network_structure(self.network)

    def explain(
        self, table: Any, row: int = 0, *, iteration: bool = True, **options: Any
    ) -> Explanation:
        """Return the arithmetic of one row's prediction.

        Parameters
        ----------
        table : Table, path, data frame, dict or ndarray
            The rows.
        row : int, default 0
            The index of the row, counted from 0; what is printed counts rows from 1,
            as the command line does.
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
        rows = self._as_table(table)
        at = check_row(row, len(rows))
        one = rows.take(np.array([at]))
        if "member" in options:
            raise HyperparameterError("member is of ensembles; this is one network")
        settings = self.settings.replace(**options) if iteration else None
        return explain_row(self.schema, self.network, settings, one, at)

    def course(self, seconds: float) -> str:
        """Return how long it was trained, and how the cost fell."""
        text = (
            f"Trained {count(self.facts.epochs, 'epoch')} "
            f"({count(self.facts.iterations, 'iteration')}) in {duration(seconds)}"
        )
        history = self.history
        if history is not None and len(history):  # less than an epoch leaves no cost
            text += f": cost {number(history.cost[0])} → {number(history.cost[-1])}"
        return text if self.stopped.startswith("all") else f"{text}; {self.stopped}"

    def to_dict(self) -> dict[str, Any]:
        """Return what was learned and how, see `TableModel.to_dict`."""
        return super().to_dict() | {
            "layer_sizes": list(self.network.layer_sizes),
            "activations": list(self.network.activations),
            "epochs": self.facts.epochs,
            "iterations": self.facts.iterations,
        }

    def _repetition(self, _: TrainRequest, *, interrupted: bool) -> Repetition:
        """Return that a program repeats all of it, stopped after the same epoch."""
        if not interrupted:
            return Repetition()
        return Repetition(stop_epoch=self.facts.epochs, reason=self.stopped)

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
    ) -> Self:
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
        if network.n_inputs != len(saved.table.feature_names) or (
            network.n_outputs not in _possible_outputs(saved.table)
        ):
            raise FileFormatError("the schema and the network do not belong together")
        counts = saved.facts.class_counts
        if len(counts) != len(model.labels) or (counts and min(counts) < 1):
            raise FileFormatError("the classes and their counts do not belong together")
        written = model.to_saved()[1]
        # Files of earlier versions know fewer settings.
        known = {name: written["settings"][name] for name in saved.settings}
        if written | {"settings": known} != header:
            raise FileFormatError("the description is not as a table model writes it")
        return model

    def __repr__(self) -> str:
        columns = count(len(self.schema.names), "column")
        what = f"{self.task} of {quoted(self.target)} from {columns}"
        return f"NetworkModel: {what}; {self.network!r}"


def network_structure(network: Network) -> dict[str, Any]:
    """Return a network's layers and parameters by name, for a table of values.

    Parameters
    ----------
    network : Network
        The network.

    Returns
    -------
    dict of str to str

    Examples
    --------
    >>> network_structure(Network([2, 4, 1]))["parameters"]
    '17'
    """
    sizes = " → ".join(f"{size:,}" for size in network.layer_sizes)
    return {
        "layers": f"{network.n_layers}, of {sizes} neurons from input to output",
        "activations": ", ".join(network.activations),
        "parameters": f"{network.n_parameters:,}",
        "initializer": network.initializer,
        "seed of the weights": str(network.seed),
        "precision": str(network.dtype),
    }


def _class_counts(schema: Schema, table: Table) -> list[int]:
    """Return the rows of each class; nothing for a regression."""
    if schema.task == "regression":
        return []
    indices = schema.encode_target(table).astype(np.int64)
    counts: list[int] = np.bincount(indices).tolist()
    return counts


def _possible_outputs(schema: Schema) -> set[int]:
    """Return how many outputs a network in a file may have.

    Version 1 had a softmax of two where today one sigmoid gives the probability of the
    second of two classes.
    """
    target = schema.target
    if isinstance(target, ClassTarget):
        return {target.n_outputs, len(target.labels)}
    return {target.n_outputs}


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

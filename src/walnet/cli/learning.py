"""What ``walnet train`` does: read, split, train, evaluate, write."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

import walnet
from walnet.cli.code import Recipe, python_code
from walnet.cli.interruption import Interruption
from walnet.cli.summary import say_result, say_table
from walnet.cli.terminal import Screen
from walnet.evaluation import Evaluation
from walnet.table_model import TableModel, choose_rows
from walnet.tables import Table, drop_unlabelled, read_table
from walnet.tables.target import fit_target
from walnet.training import Training


@dataclass(frozen=True, kw_only=True)
class Run:
    """A training that is over.

    Attributes
    ----------
    recipe : Recipe
        What was asked for.
    screen : Screen
        Where it is told.
    table : Table
        All rows that have a target.
    train, test : ndarray of int64
        The rows that were learned from, and the others.
    model : TableModel
        What was learned.
    interruption : Interruption
        Whether a signal ended it.
    notes : list of str
        What was noticed in the table.
    on_train : Evaluation
        How good the model is on the rows that it learned from.
    on_test : Evaluation or None
        How good it is on the others; None if there are none.
    """

    recipe: Recipe
    screen: Screen
    table: Table
    train: NDArray[np.int64]
    test: NDArray[np.int64]
    model: TableModel
    interruption: Interruption
    notes: list[str]
    on_train: Evaluation
    on_test: Evaluation | None

    @property
    def interrupted(self) -> bool:
        """Whether a signal ended it before its time."""
        return self.model.facts.stopped == self.interruption.reason

    @property
    def code(self) -> str:
        """The Python program that repeats it."""
        facts = self.model.facts
        if not self.interrupted:
            return python_code(self.recipe)
        return python_code(
            self.recipe, stopped_after=facts.epochs, reason=facts.stopped
        )


def learn(recipe: Recipe, screen: Screen) -> Run:
    """Read the table, split it, train, evaluate, and say how it went."""
    table = read_table(recipe.file, delimiter=recipe.delimiter)
    say_table(screen, recipe, table)
    table, notes = drop_unlabelled(table, recipe.target)
    train, test = _split(table, recipe)
    with screen.compiling():
        load_kernels()
    rows = table.take(train)
    with Interruption() as interruption:
        model = _fit(rows, recipe, screen, interruption)
        run = Run(
            recipe=recipe,
            screen=screen,
            table=table,
            train=train,
            test=test,
            model=model,
            interruption=interruption,
            notes=notes + model.schema.warnings,
            on_train=model.evaluate(rows),
            on_test=model.evaluate(table.take(test)) if len(test) else None,
        )
    say_result(run)
    return run


def load_kernels() -> None:
    """Compile the kernels, or load what was compiled before."""
    network = walnet.Network([1, 1, 2], activation="relu", output="softmax")
    X = np.array([[0.0], [1.0]])
    walnet.train(network, X, [0, 1], cost="categorical_cross_entropy", iterations=1)
    network.feed_forward(X)


def _split(table: Table, recipe: Recipe) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the rows to train on and the rows to test with."""
    if not recipe.test_share:
        return np.arange(len(table)), np.arange(0)
    target = fit_target(table[recipe.target], recipe.task)
    return choose_rows(table, target, recipe.test_share, recipe.seed)


def _fit(
    rows: Table, recipe: Recipe, screen: Screen, interruption: Interruption
) -> TableModel:
    """Train, with a progress bar, until the end or a signal."""
    with screen.progress() as progress:

        def callback(training: Training) -> None:
            interruption(training)
            progress(training)

        return TableModel.fit(
            rows,
            recipe.target,
            task=recipe.task,
            callback=callback,
            seed=recipe.seed,
            **recipe.options,
        )

"""What ``walnet train`` does: read, split, train, evaluate, write."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from walnet.cli import plain, tabular
from walnet.cli.code import Recipe, python_code
from walnet.cli.interruption import Interruption
from walnet.cli.summary import say_result, say_table
from walnet.cli.terminal import Screen
from walnet.inspection.evaluation import Evaluation
from walnet.models.network_model import TableModel, choose_rows
from walnet.tables import Table, drop_unlabelled, read_table
from walnet.tables.target import fit_target

if TYPE_CHECKING:
    from walnet.models.ensemble_model import TabularModel


class Kind(Protocol):
    """What differs between the kinds of model: a module of functions."""

    def load_kernels(self, screen: Screen) -> None:
        """Compile the kernels, or load what was compiled before."""

    def fit(
        self, rows: Table, recipe: Recipe, screen: Screen, interruption: Interruption
    ) -> Any:
        """Train, with a progress bar, until the end or a signal."""

    def stopped(self, model: Any) -> str:
        """Return why a training ended."""

    def lines(self, run: Run) -> list[str]:
        """Return what was learned and how it went, in sentences."""

    def facts(self, run: Run) -> dict[str, Any]:
        """Return what only this kind has, for JSON."""

    def content(self, run: Run) -> dict[str, Any]:
        """Return what only this kind has, for the report."""


KINDS: dict[str, Kind] = {"mlp": plain, "tabular": tabular}


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
    model : TableModel or TabularModel
        What was learned.
    seconds : float
        How long that took.
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
    model: TableModel | TabularModel
    seconds: float
    interruption: Interruption
    notes: list[str]
    on_train: Evaluation
    on_test: Evaluation | None

    @property
    def kind(self) -> Kind:
        """What the kind of model has of its own."""
        return KINDS[self.recipe.model]

    @property
    def stopped(self) -> str:
        """Why the training ended."""
        return self.kind.stopped(self.model)

    @property
    def interrupted(self) -> bool:
        """Whether a signal ended it before its time."""
        return bool(self.stopped) and self.stopped == self.interruption.reason

    @property
    def code(self) -> str:
        """The Python program that repeats it."""
        if not self.interrupted:
            return python_code(self.recipe)
        epochs = self.model.facts.epochs if isinstance(self.model, TableModel) else 0
        return python_code(self.recipe, stopped_after=epochs, reason=self.stopped)


def learn(recipe: Recipe, screen: Screen) -> Run:
    """Read the table, split it, train, evaluate, and say how it went."""
    table = read_table(recipe.file, delimiter=recipe.delimiter, **recipe.reading)
    say_table(screen, recipe, table)
    table, notes = drop_unlabelled(table, recipe.target)
    train, test = split(table, recipe)
    kind = KINDS[recipe.model]
    kind.load_kernels(screen)
    rows = table.take(train)
    with Interruption() as interruption:
        started = time.monotonic()
        model = kind.fit(rows, recipe, screen, interruption)
        run = Run(
            recipe=recipe,
            screen=screen,
            table=table,
            train=train,
            test=test,
            model=model,
            seconds=time.monotonic() - started,
            interruption=interruption,
            notes=notes + model.schema.warnings,
            on_train=model.evaluate(rows),
            on_test=model.evaluate(table.take(test)) if len(test) else None,
        )
    say_result(run)
    return run


def split(table: Table, recipe: Recipe) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the rows to train on and the rows to test with."""
    if not recipe.test_share:
        return np.arange(len(table)), np.arange(0)
    target = fit_target(table[recipe.target], recipe.task)
    return choose_rows(table, target, recipe.test_share, recipe.seed)

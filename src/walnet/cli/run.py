"""A finished training of ``walnet train`` or ``tune``, and what is printed of it."""

from __future__ import annotations

import shlex
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from walnet.cli.interruption import Interruption
from walnet.cli.terminal import Screen
from walnet.errors import DataError
from walnet.inspection.evaluation import MEASURES, Evaluation
from walnet.models.ensemble_model import EnsembleModel
from walnet.models.network_model import NetworkModel
from walnet.models.script import TrainRequest
from walnet.models.split import choose_rows
from walnet.models.table_model import TableModel
from walnet.tables import Table, drop_unlabelled, read_table
from walnet.tables.target import fit_target
from walnet.words import count, quoted

KINDS: dict[str, type[TableModel]] = {"tabular": EnsembleModel, "mlp": NetworkModel}
"""The kinds of model by the names that ``--model`` takes."""

_PLURALS = {"category": "categories", "empty": "empty ones"}


@dataclass(frozen=True, kw_only=True)
class Split:
    """The rows of a table that have a target, to train on and to test with.

    Attributes
    ----------
    table : Table
        All rows that have a target.
    train, test : ndarray of int64
        Indices of the rows to learn from, and of the others.
    notes : list of str
        What was noticed in the table.
    """

    table: Table
    train: NDArray[np.int64]
    test: NDArray[np.int64]
    notes: list[str]

    @property
    def train_table(self) -> Table:
        """The rows to learn from."""
        return self.table.take(self.train)

    @property
    def shown(self) -> NDArray[np.int64]:
        """The rows that the report shows: to test with, else to learn from."""
        return self.test if len(self.test) else self.train


@dataclass(frozen=True, kw_only=True)
class Run:
    """A training that is over.

    Attributes
    ----------
    request : TrainRequest
        What was asked for.
    split : Split
        The rows.
    model : TableModel
        What was learned.
    seconds : float
        How long that took.
    interruption : Interruption
        Whether a signal ended it.
    on_train : Evaluation
        How good the model is on the rows that it learned from.
    on_test : Evaluation or None
        How good it is on the others; None if there are none.
    """

    request: TrainRequest
    split: Split
    model: TableModel
    seconds: float
    interruption: Interruption
    on_train: Evaluation
    on_test: Evaluation | None

    @property
    def notes(self) -> list[str]:
        """What was noticed in the table and while learning."""
        known = self.split.notes
        return known + [each for each in self.model.warnings if each not in known]

    @property
    def interrupted(self) -> bool:
        """Whether a signal ended it before its time."""
        reason = self.interruption.reason
        return bool(reason) and self.model.stopped == reason

    @property
    def code(self) -> str:
        """The Python program that repeats it."""
        return self.model.code(self.request, interrupted=self.interrupted)


def read_split(request: TrainRequest, screen: Screen) -> Split:
    """Read a table, say what it is, and choose the rows to test with."""
    table = read_table(request.file, delimiter=request.delimiter, **request.reading)
    _say_table(screen, request, table)
    table, notes = drop_unlabelled(table, request.target)
    train, test = np.arange(len(table)), np.arange(0)
    if request.test_share:
        target = fit_target(table[request.target], request.task)
        train, test = choose_rows(table, target, request.test_share, request.seed)
    return Split(table=table, train=train, test=test, notes=notes)


def evaluated(
    request: TrainRequest,
    split: Split,
    model: TableModel,
    seconds: float,
    interruption: Interruption,
) -> Run:
    """Return a run with the measures of its model."""
    test = split.table.take(split.test)
    return Run(
        request=request,
        split=split,
        model=model,
        seconds=seconds,
        interruption=interruption,
        on_train=model.evaluate(split.train_table),
        on_test=model.evaluate(test) if len(test) else None,
    )


def load_kernels(kind: type[TableModel], screen: Screen) -> None:
    """Compile the kernels that a kind of model needs, or load them."""
    with screen.compiling():
        kind.warm_up()


@contextmanager
def followed(
    kind: type[TableModel], screen: Screen, interruption: Interruption
) -> Iterator[Callable[[Any], None]]:
    """Return a training's callback: a progress bar, and an end at a signal."""
    with screen.progress(kind.progress) as progress, warnings.catch_warnings():
        # The model keeps this warning, which is shown as a note.
        warnings.filterwarnings("ignore", "the time limit")

        def callback(training: Any) -> None:
            interruption(training)
            progress(training)

        yield callback


def load_model(path: Path) -> TableModel:
    """Return the model of a table in a file.

    Raises
    ------
    DataError, FileFormatError
        If it cannot be read, or holds another kind of model.
    """
    import walnet

    model = walnet.load(path)
    if not isinstance(model, TableModel):
        raise DataError(
            f"{str(path)!r} holds a {type(model).__name__}, which knows no columns; "
            "give a file that walnet train wrote"
        )
    return model


def say_result(run: Run, screen: Screen) -> None:
    """Say what was learned and how good it is."""
    for note in run.notes:
        screen.note(note)
    screen.say(_what_is_learned(run))
    for line in run.model.describe():
        screen.say(line)
    course = run.model.course(run.seconds)
    kept = ", what was learned so far is kept" if run.interrupted else ""
    screen.say(f"{course}{kept}")
    screen.table(*_scores(run))


def say_files(run: Run, report: Path | None, screen: Screen) -> None:
    """Say which files were written and what they are for, the main figure last."""
    model_file = run.request.model_file
    name = shlex.quote(str(model_file))
    screen.say(f"Model:  {model_file}  (walnet predict {name} NEW.csv)")
    if report is not None:
        screen.say(f"Report: {report}  (open it in a browser)")
    where = "test" if run.on_test else "training"
    screen.say(_verdict(run.on_test or run.on_train, where), style="bold")


def facts(run: Run, report: Path | None) -> dict[str, Any]:
    """Return all that is printed for people, for JSON."""
    return run.model.to_dict() | {
        "file": run.request.file,
        "notes": run.notes,
        "train": run.on_train.to_dict(),
        "test": None if run.on_test is None else run.on_test.to_dict(),
        "interrupted": run.interrupted,
        "seconds": round(run.seconds, 3),
        "model": run.request.model_file,
        "report": None if report is None else str(report),
    }


def _say_table(screen: Screen, request: TrainRequest, table: Table) -> None:
    """Say what was read."""
    kinds = Counter(table.kinds.values())
    parts = [count(n, kind, _PLURALS.get(kind, "")) for kind, n in kinds.items()]
    columns = count(len(table.names), "column")
    name = Path(request.file).name
    screen.say(f"{name}: {count(len(table), 'row')}, {columns} ({', '.join(parts)})")


def _what_is_learned(run: Run) -> str:
    """Return target, task and the split in one sentence."""
    model = run.model
    rows = f"{model.rows + model.validation_rows:,} rows to learn from"
    if run.on_test is not None:
        rows += f", {run.on_test.rows:,} to test with"
    if model.validation_rows:
        rows += f" ({model.validation_rows:,} of the former only watched)"
    what = f"{len(model.labels)} classes" if model.labels else "a number"
    return f"Target {quoted(model.target)}: {what}; {rows}"


def _scores(run: Run) -> tuple[list[str], list[list[str]]]:
    """Return the table of measures: training rows, test rows, trivial guess."""
    last = run.on_test or run.on_train
    columns = ["", "training rows", "test rows", "trivial guess"]
    rows = [
        [
            MEASURES[name].title,
            run.on_train.written(name),
            last.written(name),
            last.written_trivial(name),
        ]
        for name in last.measures
    ]
    if run.on_test is None:
        for row in (columns, *rows):
            del row[2]
    return columns, rows


def _verdict(evaluation: Evaluation, where: str) -> str:
    """Return the one figure that counts."""
    title = MEASURES[evaluation.measure].title
    return (
        f"{title[0].upper()}{title[1:]} on the {where} rows: {evaluation.written()}; "
        f"the trivial guess: {evaluation.written_trivial()}"
    )

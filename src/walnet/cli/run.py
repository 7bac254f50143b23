"""A finished training of ``walnet train`` or ``tune``, and what is printed of it."""

from __future__ import annotations

import shlex
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from walnet.cli.interruption import Interruption
from walnet.cli.terminal import Screen
from walnet.cli.verdict import leak_notes, verdict
from walnet.errors import DataError
from walnet.inspection.evaluation import MEASURES, Evaluation, why_better
from walnet.models.ensemble_model import EnsembleModel
from walnet.models.network_model import NetworkModel
from walnet.models.script import TrainRequest
from walnet.models.split import Split
from walnet.models.table_model import TableModel
from walnet.words import quoted

KINDS: dict[str, type[TableModel]] = {"tabular": EnsembleModel, "mlp": NetworkModel}
"""The kinds of model by the names that ``--model`` takes."""


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
    doubts : list of str
        Why it may be better than it will be on new rows.
    """

    request: TrainRequest
    split: Split
    model: TableModel
    seconds: float
    interruption: Interruption
    on_train: Evaluation
    on_test: Evaluation | None
    doubts: list[str]

    @property
    def evaluation(self) -> Evaluation:
        """How good it is on rows to test with, or on those learned from."""
        return self.on_test or self.on_train

    @property
    def verdict(self) -> str:
        """The one figure that counts, in a sentence."""
        where = "test" if self.on_test else "training"
        return verdict(self.model, self.evaluation, where)

    @property
    def notes(self) -> list[str]:
        """What was noticed in the table and while learning."""
        known = self.split.notes
        learned = [each for each in self.model.warnings if each not in known]
        return [*known, *learned, *self.doubts]

    @property
    def interrupted(self) -> bool:
        """Whether a signal ended it before its time."""
        reason = self.interruption.reason
        return bool(reason) and self.model.stopped == reason

    @property
    def code(self) -> str:
        """The Python program that repeats it."""
        return self.model.code(self.request, interrupted=self.interrupted)


def evaluated(
    request: TrainRequest,
    split: Split,
    model: TableModel,
    seconds: float,
    interruption: Interruption,
) -> Run:
    """Return a run with the measures of its model."""
    on_train = model.evaluate(split.train_table)
    on_test = model.evaluate(split.test_table) if len(split.test) else None
    return Run(
        request=request,
        split=split,
        model=model,
        seconds=seconds,
        interruption=interruption,
        on_train=on_train,
        on_test=on_test,
        doubts=leak_notes(split, model, on_test or on_train),
    )


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
    if run.on_test is not None and (why := why_better(run.on_train, run.on_test)):
        screen.say(why)


def say_files(run: Run, report: Path | None, screen: Screen) -> None:
    """Say which files were written and what they are for, the main figure last."""
    model_file = run.request.model_file
    name = shlex.quote(str(model_file))
    screen.say(f"Model:  {model_file}  (walnet predict {name} NEW.csv)")
    if report is not None:
        screen.say(f"Report: {report}  (open it in a browser)")
    screen.say(run.verdict, style="bold")


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
    last = run.evaluation
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

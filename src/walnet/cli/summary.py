"""What ``walnet train`` says: before the training, after it, and as JSON."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from walnet.cli.terminal import Screen
from walnet.models.network_model import TableModel
from walnet.words import count, number, percent, quoted

if TYPE_CHECKING:
    from walnet.cli.code import Recipe
    from walnet.cli.learning import Run
    from walnet.inspection.evaluation import Evaluation
    from walnet.tables import Table

_TITLES = {
    "accuracy": "accuracy",
    "cross_entropy": "cross-entropy",
    "rmse": "RMSE",
    "mae": "mean absolute error",
    "r2": "R²",
}
_PLURALS = {"category": "categories", "empty": "empty ones"}


def say_table(screen: Screen, recipe: Recipe, table: Table) -> None:
    """Say what was read."""
    kinds = Counter(table.kinds.values())
    parts = [count(n, kind, _PLURALS.get(kind, "")) for kind, n in kinds.items()]
    columns = count(len(table.names), "column")
    name = Path(recipe.file).name
    screen.say(f"{name}: {count(len(table), 'row')}, {columns} ({', '.join(parts)})")


def say_result(run: Run) -> None:
    """Say what was learned and how good it is."""
    screen = run.screen
    for note in run.notes:
        screen.note(note)
    screen.say(_what_is_learned(run))
    for line in run.kind.lines(run):
        screen.say(line)
    screen.table(*_scores(run))


def say_files(run: Run, page: Path | None) -> None:
    """Say which files were written and what they are for, the main figure last."""
    screen, model_file = run.screen, run.recipe.model_file
    screen.say(f"Model:  {model_file}  (walnet predict {model_file} NEW.csv)")
    if page is not None:
        screen.say(f"Report: {page}  (open it in a browser)")
    where = "test" if run.on_test else "training"
    screen.say(verdict(run.on_test or run.on_train, where), style="bold")


def print_json(run: Run, page: Path | None) -> None:
    """Print all that people are told, as one JSON object."""
    print(json.dumps(facts(run, page), allow_nan=False))


def facts(run: Run, page: Path | None) -> dict[str, Any]:
    """Return all that people are told."""
    model = run.model
    told: dict[str, Any] = {
        "file": run.recipe.file,
        "target": model.target,
        "task": model.task,
        "columns": model.schema.names,
        "notes": run.notes,
        "train": _measures(run.on_train),
        "test": None if run.on_test is None else _measures(run.on_test),
        **run.kind.facts(run),
        "stopped": run.stopped,
        "interrupted": run.interrupted,
        "seconds": round(run.seconds, 3),
        "model": run.recipe.model_file,
        "report": None if page is None else str(page),
    }
    if model.labels:
        told["labels"] = model.labels
    return told


def _measures(evaluation: Evaluation) -> dict[str, Any]:
    """Return an evaluation for JSON."""
    return {
        "rows": evaluation.rows,
        **evaluation.measures,
        "trivial_guess": evaluation.trivial,
    }


def _what_is_learned(run: Run) -> str:
    """Return target, task and the split in one sentence."""
    model, target = run.model, run.model.target
    learned = run.on_train.rows if isinstance(model, TableModel) else model.rows
    rows = f"{learned:,} rows to learn from"
    if run.on_test is not None:
        rows += f", {run.on_test.rows:,} to test with"
    if isinstance(model, TableModel) and model.facts.validation_rows:
        rows += f" ({model.facts.validation_rows:,} of the former only watched)"
    what = f"{len(model.labels)} classes" if model.labels else "a number"
    return f"Target {quoted(target)}: {what}; {rows}"


def _scores(run: Run) -> tuple[list[str], list[list[str]]]:
    """Return the table of measures: training rows, test rows, trivial guess."""
    last = run.on_test or run.on_train
    columns = ["", "training rows", "test rows", "trivial guess"]
    evaluations = [run.on_train.measures, last.measures, last.trivial]
    if run.on_test is None:
        del columns[2], evaluations[1]
    rows = [
        [_TITLES[name], *(_shown(name, each[name]) for each in evaluations)]
        for name in last.measures
    ]
    return columns, rows


def _shown(name: str, value: float) -> str:
    """Return a measure as people read it."""
    if name == "r2":
        return f"{round(value, 4) + 0:.4f}"  # 0 is added to make -0 a 0
    return percent(value) if name == "accuracy" else number(value)


def verdict(evaluation: Evaluation, where: str) -> str:
    """Return the one figure that counts."""
    name = evaluation.measure
    title = _TITLES[name][0].upper() + _TITLES[name][1:]
    return (
        f"{title} on the {where} rows: {_shown(name, evaluation.measures[name])}; "
        f"the trivial guess: {_shown(name, evaluation.trivial[name])}"
    )

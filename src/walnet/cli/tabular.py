"""``walnet train --model tabular``: the strongest networks for a table, no settings."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import walnet
from walnet.cli.code import Recipe
from walnet.cli.terminal import Screen, number, percent
from walnet.errors import HyperparameterError
from walnet.evaluation import Evaluation
from walnet.table_model import choose_rows
from walnet.tables import drop_unlabelled, read_table
from walnet.tables.target import fit_target
from walnet.tables.wording import count
from walnet.tabular.table_model import TabularModel

OPTIONS = ("preset", "time_limit", "members", "epochs", "threads")


def check_options(options: Mapping[str, Any]) -> None:
    """Raise an error unless all options are a tabular model's.

    Raises
    ------
    HyperparameterError
        If one is another model's.
    """
    for name in options:
        if name not in OPTIONS:
            message = f"{name} is no option of --model tabular, which chooses by itself"
            raise HyperparameterError(
                f"{message} and takes --set with {', '.join(OPTIONS)}"
            )


def train_tabular(recipe: Recipe, screen: Screen, *, as_json: bool) -> int:
    """Read, split, learn, evaluate, write and tell; return the exit code."""
    table = read_table(recipe.file, delimiter=recipe.delimiter)
    table, notes = drop_unlabelled(table, recipe.target)
    rows, others = table, None
    if recipe.test_share:
        target = fit_target(table[recipe.target], recipe.task)
        places, rest = choose_rows(table, target, recipe.test_share, recipe.seed)
        rows, others = table.take(places), table.take(rest)
    started = time.monotonic()
    with screen.busy("Learning …"):
        model = TabularModel.fit(
            rows,
            recipe.target,
            task=recipe.task,
            random_state=recipe.seed,
            **recipe.options,
        )
    seconds = time.monotonic() - started
    walnet.save(model, recipe.model_file)
    tested = model.evaluate(rows if others is None else others)
    for note in notes + model.warnings:
        screen.note(note)
    screen.say(repr(model))
    screen.say(f"Learned from {count(model.rows, 'row')} in {seconds:.1f} s")
    file = recipe.model_file
    screen.say(f"Model:  {file}  (walnet predict {file} NEW.csv)")
    where = "training" if others is None else "test"
    screen.say(_verdict(tested, where), style="bold")
    if as_json:
        _print_json(recipe, model, tested, where, round(seconds, 3))
    return 0


def _verdict(tested: Evaluation, where: str) -> str:
    """Return the one figure that counts."""
    name = tested.measure
    shown = percent if name == "accuracy" else number
    title = "Accuracy" if name == "accuracy" else "RMSE"
    return (
        f"{title} on the {where} rows: {shown(tested.measures[name])}; "
        f"the trivial guess: {shown(tested.trivial[name])}"
    )


def _print_json(
    recipe: Recipe, model: TabularModel, tested: Evaluation, where: str, seconds: float
) -> None:
    """Print all that people are told, as one JSON object."""
    facts: dict[str, Any] = {
        "file": recipe.file,
        "target": model.target,
        "task": model.task,
        "columns": model.names,
        "labels": model.labels,
        "notes": model.warnings,
        where: {
            "rows": tested.rows,
            **tested.measures,
            "trivial_guess": tested.trivial,
        },
        "members": model.estimator.n_members_,
        "parameters": int(model.estimator.parameters_.size),
        "seconds": seconds,
        "model": str(Path(recipe.model_file)),
    }
    print(json.dumps(facts, allow_nan=False))

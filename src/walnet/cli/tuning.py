"""What ``walnet tune`` does: read, split, search, evaluate, write, tell."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import walnet
from walnet.cli import summary, tabular
from walnet.cli.code import Recipe
from walnet.cli.interruption import Interruption
from walnet.cli.learning import Run, split
from walnet.cli.reporting import write_report_of
from walnet.cli.terminal import Screen, number
from walnet.tables import drop_unlabelled, read_table
from walnet.tables.wording import count, listed
from walnet.tuning.search import Attempt, Search, Tuning, tune
from walnet.tuning.studies import shown_storage

_SHOWN = 10


@dataclass(frozen=True)
class Order:
    """What ``walnet tune`` was asked for.

    Attributes
    ----------
    recipe : Recipe
        As for a training.
    seconds : float or None
        How long to look.
    trials : int or None
        How many trials at most.
    storage, study : str
        Where the study is, and its name.
    page : Path or None
        The report.
    """

    recipe: Recipe
    seconds: float | None
    trials: int | None
    storage: str
    study: str
    page: Path | None


def run(order: Order, screen: Screen, *, as_json: bool) -> int:
    """Search, write and tell; return the exit code."""
    recipe = order.recipe
    table = read_table(recipe.file, delimiter=recipe.delimiter, **recipe.reading)
    summary.say_table(screen, order.recipe, table)
    table, notes = drop_unlabelled(table, order.recipe.target)
    train, test = split(table, order.recipe)
    tabular.load_kernels(screen)
    rows = table.take(train)
    with Interruption() as interruption:
        tuning = _search(order, rows, screen, interruption)
        model = tuning.model
        chosen = dict(order.recipe.options) | {"recipe": model.estimator.recipe}
        made = Run(
            recipe=replace(order.recipe, options=chosen),
            screen=screen,
            table=table,
            train=train,
            test=test,
            model=model,
            seconds=tuning.best.seconds,
            interruption=interruption,
            notes=notes + model.schema.warnings,
            on_train=model.evaluate(rows),
            on_test=model.evaluate(table.take(test)) if len(test) else None,
        )
    walnet.save(model, order.recipe.model_file)
    if order.page is not None:
        with screen.busy("Drawing the report …"):
            write_report_of(made, order.page)
    if as_json:
        print(json.dumps(_facts(made, tuning, order), allow_nan=False))
    _say(made, tuning, order)
    return interruption.exit_code


def _search(order: Order, rows: Any, screen: Screen, signal: Interruption) -> Tuning:
    """Search, with a progress bar, until the time is up or a signal comes."""
    recipe = order.recipe
    with screen.search_progress(order.seconds) as progress:

        def callback(search: Search) -> None:
            signal(search)
            progress(search)

        return tune(
            rows,
            recipe.target,
            seconds=order.seconds,
            trials=order.trials,
            storage=order.storage,
            study=order.study,
            task=recipe.task,
            callback=callback,
            random_state=recipe.seed,
            **recipe.options,
        )


def _say(made: Run, tuning: Tuning, order: Order) -> None:
    """Say what was tried and what came of it."""
    screen = made.screen
    summary.say_result(made)
    if tuning.queued_again:
        numbers = listed([str(each) for each in tuning.queued_again])
        screen.note(f"trials of a process that had died were queued again: {numbers}")
    states = [attempt.state for attempt in tuning.attempts]
    pruned = states.count("pruned")
    screen.say(
        f"{count(len(states), 'trial')}, {pruned} of them given up early; "
        f"{tuning.stopped}"
    )
    known = [each for each in tuning.attempts if not math.isnan(each.loss)]
    name = "log-loss" if made.model.labels else "RMSE"
    screen.say(f"The best, by their {name} for rows that the networks had not seen:")
    columns = ["trial", "layers", *_FIGURES.values(), "embed", "s", name]
    screen.table(columns, [_row(each) for each in known], texts=2, most=_SHOWN)
    screen.say(
        f"Study:  {shown_storage(order.storage)}  (the same command goes on with it)"
    )
    summary.say_files(made, order.page)


_FIGURES = {
    "learning_rate": "rate",
    "dropout": "drop",
    "weight_decay": "decay",
    "smoothing": "smooth",
}


def _row(attempt: Attempt) -> list[str]:
    """Return a line of the leaderboard."""
    recipe = attempt.recipe
    hidden = recipe["hidden"]
    return [
        str(attempt.number),
        f"{len(hidden)} × {hidden[0]} {recipe['activation']}",
        *(f"{recipe[name]:.2g}" if name in recipe else "–" for name in _FIGURES),
        "yes" if recipe["embed_numbers"] else "no",
        f"{attempt.seconds:.1f}",
        number(attempt.loss),
    ]


def _facts(made: Run, tuning: Tuning, order: Order) -> dict[str, Any]:
    """Return all that people are told, for JSON."""
    leaderboard = [
        {
            "trial": each.number,
            "state": each.state,
            "loss": None if math.isnan(each.loss) else each.loss,
            "seconds": None if math.isnan(each.seconds) else each.seconds,
            "recipe": each.recipe,
        }
        for each in tuning.attempts
    ]
    return summary.facts(made, order.page) | {
        "storage": shown_storage(order.storage),
        "best_trial": tuning.best.number,
        "queued_again": tuning.queued_again,
        "stopped": tuning.stopped,
        "leaderboard": leaderboard,
    }

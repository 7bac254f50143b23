"""``walnet train`` with a folder: tables that are larger than memory."""

from __future__ import annotations

import json
import time
from typing import Any

import walnet
from walnet.cli import tabular
from walnet.cli.code import Recipe
from walnet.cli.interruption import Interruption
from walnet.cli.summary import verdict
from walnet.cli.terminal import Screen
from walnet.errors import HyperparameterError
from walnet.evaluation import Evaluation
from walnet.tables.streams import Part, Stream, concatenated
from walnet.tables.table import Table
from walnet.tables.wording import count
from walnet.tabular import TabularModel

_MOST_TESTED = 100_000


def train_stream(
    recipe: Recipe, screen: Screen, *, as_json: bool, has_page: bool
) -> int:
    """Read in blocks, learn, evaluate, write and tell; return the exit code."""
    if recipe.model != "tabular":
        message = "--model mlp needs a table that fits into memory, one file"
        raise HyperparameterError(f"{message}; leave it out for a folder")
    if recipe.delimiter is not None:
        raise HyperparameterError("--delimiter is found by itself in a stream")
    tabular.load_kernels(screen)
    rest = Part(recipe.test_share, recipe.seed, is_chosen=False)
    with Interruption() as interruption:
        started = time.monotonic()
        model = _fit(Stream(recipe.file, part=rest), recipe, screen, interruption)
        seconds = time.monotonic() - started
        tested = _evaluate(model, recipe)
    walnet.save(model, recipe.model_file)
    for note in model.warnings:
        screen.note(note)
    if has_page:
        screen.note("there is no report of a table that is read in blocks")
    screen.say(repr(model))
    networks = count(model.estimator.n_members_, "network")
    rows = count(model.rows, "row")
    screen.say(f"{networks} learned from {rows} of {recipe.file} in {seconds:.1f} s.")
    file = recipe.model_file
    screen.say(f"Model:  {file}  (walnet predict {file} NEW.csv)")
    if tested is not None:
        screen.say(verdict(tested, "test"), style="bold")
    if as_json:
        print(json.dumps(_facts(recipe, model, tested, seconds), allow_nan=False))
    return interruption.exit_code


def _fit(
    stream: Stream, recipe: Recipe, screen: Screen, interruption: Interruption
) -> TabularModel:
    """Learn, with a progress bar, until the end or a signal."""
    with tabular.watched(screen, interruption) as callback:
        return TabularModel.fit_stream(
            stream,
            recipe.target,
            task=recipe.task,
            callback=callback,
            random_state=recipe.seed,
            **recipe.options,
        )


def _evaluate(model: TabularModel, recipe: Recipe) -> Evaluation | None:
    """Return how good the model is on test rows; None if there are none."""
    if not recipe.test_share:
        return None
    chosen = Part(recipe.test_share, recipe.seed, is_chosen=True)
    tables: list[Table] = []
    for block in Stream(recipe.file, model.schema.kinds, chosen).blocks():
        tables.append(block)
        if sum(map(len, tables)) >= _MOST_TESTED:
            break
    return model.evaluate(concatenated(tables)) if tables else None


def _facts(
    recipe: Recipe, model: TabularModel, tested: Evaluation | None, seconds: float
) -> dict[str, Any]:
    """Return all that people are told, for JSON."""
    test = None
    if tested is not None:
        test = {"rows": tested.rows, **tested.measures, "trivial_guess": tested.trivial}
    return {
        "file": recipe.file,
        "target": model.target,
        "task": model.task,
        "columns": model.schema.names,
        "labels": model.labels,
        "notes": model.warnings,
        "train": {"rows": model.rows},
        "test": test,
        "members": model.estimator.n_members_,
        "settings": model.estimator.get_params(),
        "seconds": round(seconds, 3),
        "stopped": model.estimator.stopped_,
        "model": recipe.model_file,
        "report": None,
    }

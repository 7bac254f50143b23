"""``walnet train`` with a folder: tables that are larger than memory."""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np

from walnet.cli import tabular
from walnet.cli.code import Recipe
from walnet.cli.interruption import Interruption
from walnet.cli.learning import Run
from walnet.cli.summary import say_result
from walnet.cli.terminal import Screen
from walnet.errors import HyperparameterError
from walnet.models.ensemble_model import TabularModel
from walnet.tables.options import ReadOptions
from walnet.tables.streams import Part, Stream, concatenated
from walnet.tables.table import Table
from walnet.tables.wording import count
from walnet.tabular.columns.sample import Sample, labelled

_MOST_SHOWN, _MOST_TESTED = 20_000, 100_000  # rows to learn from, and to test with


def learn_stream(recipe: Recipe, screen: Screen) -> Run:
    """Read in blocks, learn, evaluate on a sample, and say how it went."""
    if recipe.model != "tabular":
        message = "--model mlp needs a table that fits into memory, one file"
        raise HyperparameterError(f"{message}; leave it out for a folder")
    if recipe.delimiter is not None:
        raise HyperparameterError("--delimiter is found by itself in a stream")
    tabular.load_kernels(screen)
    with Interruption() as interruption:
        started = time.monotonic()
        model = _fit(recipe, screen, interruption)
        seconds = time.monotonic() - started
        notes = list(model.warnings)
        with screen.busy("Reading rows to test with …"):
            parts = [
                _sample(model, recipe, notes, is_test=is_test)
                for is_test in (False, True)
            ]
    seen, unseen = map(len, parts)
    run = Run(
        recipe=recipe,
        screen=screen,
        table=concatenated([part for part in parts if len(part)]),
        train=np.arange(seen),
        test=np.arange(seen, seen + unseen),
        model=model,
        seconds=seconds,
        interruption=interruption,
        notes=notes,
        on_train=model.evaluate(parts[0]),
        on_test=model.evaluate(parts[1]) if unseen else None,
    )
    say_result(run)
    return run


def _fit(recipe: Recipe, screen: Screen, interruption: Interruption) -> TabularModel:
    """Learn, with a progress bar, until the end or a signal."""
    rest = Part(recipe.test_share, recipe.seed, is_chosen=False)
    with tabular.watched(screen, interruption) as callback:
        return TabularModel.fit_stream(
            Stream(recipe.file, ReadOptions(**recipe.reading), part=rest),
            recipe.target,
            task=recipe.task,
            callback=callback,
            random_state=recipe.seed,
            **recipe.options,
        )


def _sample(
    model: TabularModel, recipe: Recipe, notes: list[str], *, is_test: bool
) -> Table:
    """Return rows to test with, or some that were learned from."""
    part = Part(recipe.test_share, recipe.seed, is_chosen=is_test)
    sample = Sample(_MOST_TESTED if is_test else _MOST_SHOWN, recipe.seed)
    read = replace(model.schema.read_options, encoding=recipe.reading.get("encoding"))
    blocks = Stream(recipe.file, read, part).blocks()
    for number, block in enumerate(blocks):
        sample.add(number, labelled(block, recipe.target)[0])
    rows = concatenated(list(sample.parts())) if sample.seen else Table([])
    if len(rows) < sample.seen:
        what = "to test with" if is_test else "that were learned from"
        notes.append(
            f"of the {count(sample.seen, 'row')} {what}, {len(rows):,} are measured "
            "and shown, chosen at random"
        )
    return rows

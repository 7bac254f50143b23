"""The report about a run of ``walnet train`` or ``walnet tune``."""

from __future__ import annotations

import math
import time
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from walnet.cli.run import Run
from walnet.inspection.baselines import Baseline, baselines
from walnet.inspection.effects import Effect, partial_dependence
from walnet.inspection.encoded import EncodedRows
from walnet.inspection.evaluation import log_loss
from walnet.inspection.importance import (
    MOST_ROWS,
    Importance,
    permutation_importance,
)
from walnet.inspection.sampling import some_rows
from walnet.report import ReportContent, write_report
from walnet.tables import Table
from walnet.tables.target import ClassTarget

_DRAWING = 1.5  # seconds that the pictures take, whatever they show
_LEAST_SECONDS = 2.0  # for all that is worked out, however short the training was
_SHARES = {"importance": 0.3, "effects": 0.15, "baselines": 0.5}
_REPEATS = 10
_MOST_EFFECTS = 5
_COVERAGE = 0.9
_FEWEST_EFFECT_ROWS, _EFFECT_ROWS, _EFFECT_POINTS = 20, 200, 25


def write_report_of(run: Run, path: Path, *, full: bool = False) -> None:
    """Write the report about a run.

    Parameters
    ----------
    run : Run
        The training.
    path : Path
        The file.
    full : bool, default False
        Whether it may take longer than the training.

    Raises
    ------
    DataError
        If it cannot be written: then an old file is left as it was.
    """
    model, split = run.model, run.split
    seconds = math.inf if full else max(run.seconds - _DRAWING, _LEAST_SECONDS)
    importance = _importance(run, _SHARES["importance"] * seconds)
    content = ReportContent(
        title=f"{Path(run.request.file).name}: {run.request.target}",
        table=split.table,
        schema=model.schema,
        training_rows=split.train,
        test_rows=split.test,
        predict=model.outputs,
        on_training=run.on_train,
        on_test=run.on_test,
        network=model.network,
        history=model.history,
        structure=model.structure(),
        settings=model.hyperparameters,
        course=f"{model.course(run.seconds)}.",
        importance=importance,
        effects=_effects(run, importance, _SHARES["effects"] * seconds),
        baselines=_baselines(run, _SHARES["baselines"] * seconds),
        interval=model.predict_interval if model.has_intervals else None,
        coverage=_COVERAGE,
        drift=_drift(run),
        doubts=_doubts(run),
        test_file=run.request.test or "",
        code=run.code,
        notes=_other_notes(run),
    )
    write_report(path, content)


def _drift(run: Run) -> list[str]:
    """Return in which way the shown rows differ, but for what is known of all rows."""
    model, split = run.model, run.split
    shown = split.table.take(split.shown)
    # What is to be said of how the file was read is no news of these rows.
    known = {*model.schema.warnings, *split.notes, *shown.notes}
    found = model.drift(shown)
    return [each for each in found if each not in known]


def _doubts(run: Run) -> list[str]:
    """Return what speaks against the result."""
    return [*([run.verdict] if run.evaluation.is_no_better else []), *run.doubts]


def _other_notes(run: Run) -> list[str]:
    """Return what was noticed but for what the schema and the doubts say."""
    said = {*run.model.schema.warnings, *run.doubts}
    found = dict.fromkeys([*run.split.table.notes, *run.notes])
    return [each for each in found if each not in said]


def _importance(run: Run, seconds: float) -> Importance | None:
    """Return how the columns matter, by as many shuffles as can be waited for."""
    model, rows = run.model, run.split.shown
    if len(rows) > MOST_ROWS:  # before they are encoded
        rows = rows[some_rows(len(rows), MOST_ROWS, run.request.seed)]
    table = run.split.table.take(rows)
    y = model.schema.encode_target(table)
    encoded = _telling_first(model.encode(table), y)
    is_class = isinstance(model.schema.target, ClassTarget)

    def predict(rows: EncodedRows) -> NDArray[Any]:
        outputs, target = model.outputs_of(rows), model.schema.target
        if isinstance(target, ClassTarget):
            return target.probabilities(outputs)
        return model.schema.decode(outputs)

    return permutation_importance(
        predict,
        encoded,
        y if is_class else model.schema.decode(y),
        score=_minus_log_loss if is_class else None,  # of numbers the error
        measure="log-loss gained",
        repeats=_REPEATS,
        seed=run.request.seed,
        seconds=seconds,
    )


def _telling_first(rows: EncodedRows, y: NDArray[Any]) -> EncodedRows:
    """Return rows with the columns first that have most to do with the target.

    Where there is no time for all columns, the others are not looked at.
    """
    told = dict.fromkeys(rows.names, 0.0)
    targets = y[:, None]
    if y.dtype.kind == "i":  # of many classes the first twenty
        targets = (targets == np.arange(min(int(y.max()) + 1, 20))).astype(np.float64)
    targets = targets - targets.mean(axis=0)
    for name, places in rows.places.items():
        inputs = rows.arrays[0][:, places[0]].astype(np.float64)
        if inputs.size:
            inputs = inputs - inputs.mean(axis=0)
            spread = np.sqrt((inputs**2).sum(axis=0)) + 1e-12
            told[name] = float(np.abs(inputs.T @ targets / spread[:, None]).max())
        elif len(places) > 1 and len(places[1]):
            told[name] = float("inf")  # levels: nobody knows, so they come first
    order = sorted(told, key=lambda name: -told[name])
    return EncodedRows(rows.arrays, {name: rows.places[name] for name in order})


def _minus_log_loss(y: NDArray[Any], probabilities: NDArray[Any]) -> float:
    """Return minus the log-loss of probabilities of all classes."""
    return -log_loss(probabilities[np.arange(len(y)), y])


def _effects(run: Run, importance: Importance | None, seconds: float) -> list[Effect]:
    """Return what the columns that matter most do to the predictions."""
    if importance is None:
        return []
    model, table = run.model, run.split.table

    def predict(rows: Table) -> Any:
        return model.predict_proba(rows) if model.labels else model.predict(rows)

    names = [importance.names[i] for i in importance.order[:_MOST_EFFECTS]]
    inputs = table.select(model.schema.names)
    rows = _affordable_rows(predict, inputs, seconds / len(names))
    return partial_dependence(
        predict, inputs, names, points=_EFFECT_POINTS, rows=rows, seed=run.request.seed
    )


def _affordable_rows(predict: Any, table: Table, seconds: float) -> int:
    """Return for how many rows one effect can be worked out in some seconds."""
    few = table.take(np.arange(len(table))[:_EFFECT_ROWS])
    started = time.monotonic()
    predict(few)
    each = (time.monotonic() - started) / len(few) * _EFFECT_POINTS
    affordable = seconds / max(each, 1e-9)
    return int(min(max(affordable, _FEWEST_EFFECT_ROWS), _EFFECT_ROWS))


def _baselines(run: Run, seconds: float) -> list[Baseline]:
    """Return what simple models make of the same rows, where there are rows to test."""
    if run.on_test is None:
        return []
    model, split = run.model, run.split
    return baselines(
        model.schema,
        split.train_table,
        split.test_table,
        model.class_counts,
        seconds=seconds,
        seed=run.request.seed,
    )

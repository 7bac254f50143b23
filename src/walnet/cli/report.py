"""The report about a run of ``walnet train`` or ``walnet tune``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from walnet.cli.run import Run
from walnet.inspection.effects import Effect, partial_dependence
from walnet.inspection.importance import Importance, permutation_importance
from walnet.report import ReportContent, write_report
from walnet.tables import Table

_CELLS = 300_000_000  # that may be encoded to see how the columns matter
_CHEAP = 50  # parameters used in the time that one cell takes
_FEW_ROWS = 100
_MOST_COLUMNS = 2000
_REPEATS = 10
_MOST_EFFECTS = 5
_COVERAGE = 0.9


def write_report_of(run: Run, path: Path) -> None:
    """Write the report about a run.

    Parameters
    ----------
    run : Run
        The training.
    path : Path
        The file.

    Raises
    ------
    DataError
        If it cannot be written: then an old file is left as it was.
    """
    model, split = run.model, run.split
    importance = _importance(run)
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
        effects=_effects(run, importance),
        interval=model.predict_interval if model.has_intervals else None,
        coverage=_COVERAGE,
        drift=model.drift(split.table.take(split.shown)),
        code=run.code,
        notes=[each for each in run.notes if each not in model.schema.warnings],
    )
    write_report(path, content)


def _importance(run: Run) -> Importance | None:
    """Return how the columns matter, by as many shuffles as can be waited for."""
    model, names = run.model, run.model.schema.names
    if len(names) > _MOST_COLUMNS:
        return None
    work = len(names) ** 2 + len(names) * model.n_parameters // _CHEAP
    rows = run.split.shown[: max(_CELLS // work, _FEW_ROWS)]
    repeats = _CELLS // (work * min(len(rows), 20_000))
    table = run.split.table.take(rows)
    return permutation_importance(
        model.predict,
        table.select(names),
        model.schema.decode(model.schema.encode_target(table)),
        repeats=min(max(repeats, 1), _REPEATS),
        seed=run.request.seed,
    )


def _effects(run: Run, importance: Importance | None) -> list[Effect]:
    """Return what the columns that matter most do to the predictions."""
    if importance is None:
        return []
    model = run.model
    table = run.split.table.take(run.split.shown)

    def predict(rows: Table) -> Any:
        return model.predict_proba(rows) if model.labels else model.predict(rows)

    names = [importance.names[i] for i in importance.order[:_MOST_EFFECTS]]
    return partial_dependence(predict, table.select(model.schema.names), names)

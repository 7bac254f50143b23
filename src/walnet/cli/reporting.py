"""The report about a run of ``walnet train``."""

from __future__ import annotations

from pathlib import Path

from walnet.cli import tabular
from walnet.cli.learning import Run
from walnet.inspection.importance import Importance, permutation_importance
from walnet.models.ensemble_model import TabularModel
from walnet.report import ReportContent, write_report

_CELLS = 300_000_000  # that may be encoded to see how the columns matter
_CHEAP = 50  # parameters used in the time that one cell takes
_FEW_ROWS = 100
_MOST_COLUMNS = 2000
_REPEATS = 10


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
    model, recipe = run.model, run.recipe
    importance, effects = _importance(run), []
    if importance is not None and isinstance(model, TabularModel):
        effects = tabular.effects(run, [importance.names[i] for i in importance.order])
    content = ReportContent(
        title=f"{Path(recipe.file).name}: {recipe.target}",
        table=run.table,
        schema=model.schema,
        training_rows=run.train,
        test_rows=run.test,
        predict=model.outputs,
        importance=importance,
        effects=effects,
        code=run.code,
        notes=[each for each in run.notes if each not in model.schema.warnings],
        **run.kind.content(run),
    )
    write_report(path, content)


def _importance(run: Run) -> Importance | None:
    """Return how the columns matter, by as many shuffles as can be waited for."""
    model = run.model
    names = model.schema.names
    if len(names) > _MOST_COLUMNS:
        return None
    rows = run.test if len(run.test) else run.train
    work = len(names) ** 2
    if isinstance(model, TabularModel):  # many networks: a prediction costs more
        work += len(names) * model.estimator.n_parameters // _CHEAP
    rows = rows[: max(_CELLS // work, _FEW_ROWS)]
    repeats = _CELLS // (work * min(len(rows), 20_000))
    table = run.table.take(rows)
    return permutation_importance(
        model.predict,
        table.select(names),
        model.schema.decode(model.schema.encode_target(table)),
        repeats=min(max(repeats, 1), _REPEATS),
        seed=run.recipe.seed,
    )

"""The report about a run of ``walnet train``."""

from __future__ import annotations

from pathlib import Path

from walnet.cli.learning import Run
from walnet.importance import Importance, permutation_importance
from walnet.report import ReportContent, write_report

_CELLS = 300_000_000  # that may be encoded to see how the columns matter
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
    content = ReportContent(
        title=f"{Path(recipe.file).name}: {recipe.target}",
        table=run.table,
        schema=model.schema,
        training_rows=run.train,
        test_rows=run.test,
        predict=model.outputs,
        network=model.network,
        history=model.history,
        importance=_importance(run),
        settings=model.settings.to_dict(),
        code=run.code,
        notes=[each for each in run.notes if each not in model.schema.warnings],
    )
    write_report(path, content)


def _importance(run: Run) -> Importance | None:
    """Return how the columns matter, by as many shuffles as can be waited for."""
    model = run.model
    names = model.schema.names
    if len(names) > _MOST_COLUMNS:
        return None
    rows = run.test if len(run.test) else run.train
    rows = rows[: max(_CELLS // len(names) ** 2, 1)]
    repeats = _CELLS // (len(names) ** 2 * min(len(rows), 20_000))
    table = run.table.take(rows)
    return permutation_importance(
        model.predict,
        table.select(names),
        model.schema.decode(model.schema.encode_target(table)),
        repeats=min(max(repeats, 1), _REPEATS),
        seed=run.recipe.seed,
    )

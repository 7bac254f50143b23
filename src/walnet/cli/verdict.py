"""What a training comes to: the figure that counts, and what to doubt."""

from __future__ import annotations

from walnet.inspection.evaluation import MEASURES, Evaluation
from walnet.inspection.leaks import telling_columns
from walnet.models.split import Split
from walnet.models.table_model import TableModel
from walnet.words import count, percent, quoted

_SUSPICIOUS = 0.98  # accuracy or R²: so good that a column may tell the target
_FEW_ROWS, _FEW_OF_A_CLASS = 100, 10


def leak_notes(split: Split, model: TableModel, evaluation: Evaluation) -> list[str]:
    """Return which columns alone tell the target, where the model is very good."""
    measures = evaluation.measures
    if measures.get("accuracy", measures.get("r2", 0)) < _SUSPICIOUS:
        return []
    telling = telling_columns(split.table, model.schema)
    what = "in {} of the rows" if model.labels else "but for {} of its variance"
    return [
        f"column {quoted(name)} alone tells the target "
        f"{what.format(percent(share if model.labels else 1 - share))}; if it is not "
        "known before the target is, leave it out (--drop)"
        for name, share in telling.items()
    ]


def verdict(model: TableModel, evaluation: Evaluation, where: str) -> str:
    """Return the one figure that counts; if it is no better than a guess, why.

    Parameters
    ----------
    model : TableModel
        What was learned.
    evaluation : Evaluation
        How good it is.
    where : {"test", "training"}
        On which rows.
    """
    title = MEASURES[evaluation.measure].title
    figures = (
        f"{title[0].upper()}{title[1:]} on the {where} rows: {evaluation.written()}; "
        f"the trivial guess: {evaluation.written_trivial()}"
    )
    if not evaluation.is_no_better:
        return figures
    guess = "most frequent class" if model.labels else "mean"
    return (
        f"No better than always guessing the {guess}. {figures}. "
        f"It may be that {_reason(model)}."
    )


def _reason(model: TableModel) -> str:
    """Return why a model may be no better than a guess."""
    reasons = []
    left_out = sum(" is left out: " in note for note in model.warnings)
    if left_out:
        is_are = "is" if left_out == 1 else "are"
        columns = count(left_out, "column")
        reasons.append(f"{columns} {is_are} left out that may tell (see the notes)")
    if model.rows < _FEW_ROWS:
        reasons.append(f"{count(model.rows, 'row')} are too few to learn from")
    elif model.labels and model.rows < _FEW_OF_A_CLASS * len(model.labels):
        each = f"{model.rows / len(model.labels):.0f}"
        reasons.append(f"{each} rows for each class are too few to learn from")
    reasons.append(
        "the columns tell nothing about the target, or were not meant as they are read "
        "(see above; --kind changes it)"
    )
    return "; or ".join(reasons)

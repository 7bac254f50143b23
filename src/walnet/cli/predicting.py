"""What ``walnet predict`` does: read a model and rows, and answer."""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from walnet.cli.models import load_model_of_rows
from walnet.cli.terminal import number, percent
from walnet.errors import DataError
from walnet.inspection.evaluation import Evaluation
from walnet.models.network_model import TableModel
from walnet.tables import Table, read_table, write_table
from walnet.tables.options import Expected
from walnet.tables.wording import count, quoted

if TYPE_CHECKING:
    from walnet.models.ensemble_model import TabularModel


_COVERAGE = 0.9
_ENDS = ("low 90 %", "high 90 %")


@dataclass(frozen=True)
class Answers:
    """Predictions for the rows of a file.

    Attributes
    ----------
    model : TableModel or TabularModel
        Whose they are.
    columns : dict of str to array
        What is written: columns that are kept, answers, probabilities.
    rows : int
        How many there are.
    notes : list of str
        In which way the rows differ from the training rows.
    evaluation : Evaluation or None
        How good they are, where the file knows the target.
    """

    model: TableModel | TabularModel
    columns: dict[str, Any]
    rows: int
    notes: list[str]
    evaluation: Evaluation | None

    def sentence(self, output: Path) -> str:
        """Return what was written, and how good it is."""
        text = f"{count(self.rows, 'prediction')} of {quoted(self.model.target)}"
        text += f" written to {output}"
        if self.evaluation is None:
            return text
        measure = self.evaluation.measure
        value = self.evaluation.measures[measure]
        shown = percent(value) if measure == "accuracy" else number(value)
        title = {"accuracy": "accuracy", "rmse": "RMSE"}[measure]
        return f"{text}; {title} against the target in the file: {shown}"


def answer(
    model_file: Path, file: Path, reading: Mapping[str, Any], keep: Sequence[str]
) -> Answers:
    """Return the predictions for the rows of a file, and what to know about them."""
    model = load_model_of_rows(model_file)
    known = model.schema.read_options
    # The text of columns that are kept stays as it is.
    kept = dict.fromkeys(keep, Expected("category"))
    options = replace(known, expected=kept | dict(known.expected), min_columns=1)
    table = read_table(file, options, **reading)
    columns = {name: table[name].values for name in keep}
    if model.target in columns:
        raise DataError(
            f"column {quoted(model.target)} is what the model predicts; "
            "leave it out of --keep"
        )
    columns[model.target] = model.predict(table)
    if model.labels:
        probabilities = model.predict_proba(table)
        for place, label in enumerate(model.labels):
            columns[_new_name(f"P({label})", columns)] = probabilities[:, place]
    columns |= _interval(model, table, columns)
    evaluation, notes = _evaluate(model, table)
    return Answers(
        model, columns, len(table), model.schema.drift(table) + notes, evaluation
    )


def _interval(
    model: TableModel | TabularModel, table: Table, taken: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the ends of the interval of each number, where the model knows them."""
    if isinstance(model, TableModel) or not model.has_intervals:
        return {}
    names = [_new_name(f"{model.target} ({end})", taken) for end in _ENDS]
    return dict(zip(names, model.predict_interval(table, _COVERAGE), strict=True))


def print_columns(columns: Mapping[str, Any], *, raw: bool) -> None:
    """Print columns as CSV."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "predictions.csv")
        write_table(path, columns, raw=raw)
        sys.stdout.write(path.read_text(encoding="utf-8"))


def print_json(answers: Answers, output: Path | None) -> None:
    """Print what was predicted, or where it is, as one JSON object."""
    model, evaluation = answers.model, answers.evaluation
    facts: dict[str, Any] = {
        "target": model.target,
        "task": model.task,
        "rows": answers.rows,
        "notes": answers.notes,
        "output": None if output is None else str(output),
        "measures": None if evaluation is None else evaluation.measures,
    }
    if output is None:
        facts["columns"] = {
            name: _plain(values) for name, values in answers.columns.items()
        }
    print(json.dumps(facts, allow_nan=False, default=str))


def _plain(values: Any) -> list[Any]:
    """Return a column as a list; the probabilities with the digits they have."""
    if isinstance(values, np.ndarray) and values.dtype == np.float32:
        return [float(str(value)) for value in values]
    plain: list[Any] = values.to_pylist() if hasattr(values, "to_pylist") else values
    return plain.tolist() if isinstance(plain, np.ndarray) else plain


def _evaluate(
    model: TableModel | TabularModel, table: Table
) -> tuple[Evaluation | None, list[str]]:
    """Return how good the answers are, if the table knows the target."""
    if model.target not in table or table[model.target].missing().all():
        return None, []
    try:
        return model.evaluate(table), []
    except DataError as error:
        return None, [f"the predictions cannot be compared with the target: {error}"]


def _new_name(name: str, taken: Mapping[str, Any]) -> str:
    """Return a name that no other column has."""
    while name in taken:
        name += "'"
    return name

"""``walnet predict``: answers of a model for the rows of a file."""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from walnet.cli import arguments as a
from walnet.cli import table_options as t
from walnet.cli.files import check_outputs, say_replaced
from walnet.cli.terminal import Screen
from walnet.errors import DataError
from walnet.words import count, quoted

if TYPE_CHECKING:
    from walnet.inspection.evaluation import Evaluation
    from walnet.models.table_model import TableModel
    from walnet.tables import Table

_COVERAGE = 0.9
_ENDS = ("low 90 %", "high 90 %")


def predict(
    model: a.ModelFile,
    file: a.RowsFile,
    output: a.PredictionsOut = None,
    keep: a.Keep = None,
    raw: a.Raw = False,
    delimiter: a.Delimiter = None,
    missing: t.Missing = None,
    decimal: t.Decimal = None,
    encoding: t.Encoding = None,
    sheet: t.Sheet = None,
    as_json: a.PredictionsJson = False,
    quiet: a.PredictionsQuiet = False,
) -> None:
    """Answer for new rows, in their order.

    The answer stands in a column with the target's name; beside it, for classes, the
    probability of each, for numbers the ends of an interval that holds 90 %.
    """
    check_outputs([output], [model, file])
    reading = t.reading(
        missing=missing,
        decimal=decimal,
        delimiter=delimiter,
        encoding=encoding,
        sheet=sheet,
    )

    from walnet.cli.run import load_model
    from walnet.tables.writing import check_output_name, write_table

    if output is not None:
        check_output_name(output)
    screen = Screen(quiet=quiet or as_json)
    say_replaced(screen, [output])
    with screen.busy("Predicting …"):
        answers = _answer(load_model(model), file, reading, keep or [])
    for note in answers.notes:
        screen.note(note)
    if output is not None:
        write_table(output, answers.columns, raw=raw)
        screen.say(answers.sentence(output))
    if as_json:
        print(json.dumps(answers.to_dict(output), allow_nan=False, default=str))
    elif output is None:
        _print_columns(answers.columns, raw=raw)


@dataclass(frozen=True)
class _Answers:
    """Predictions for the rows of a file.

    Attributes
    ----------
    model : TableModel
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

    model: TableModel
    columns: dict[str, Any]
    rows: int
    notes: list[str]
    evaluation: Evaluation | None

    def sentence(self, output: Path) -> str:
        """Return what was written, and how good it is."""
        from walnet.inspection.evaluation import MEASURES

        text = f"{count(self.rows, 'prediction')} of {quoted(self.model.target)}"
        text += f" written to {output}"
        found = self.evaluation
        if found is None:
            return text
        title = MEASURES[found.measure].title
        return f"{text}; {title} against the target in the file: {found.written()}"

    def to_dict(self, output: Path | None) -> dict[str, Any]:
        """Return what was predicted, or where it is, for JSON."""
        model, found = self.model, self.evaluation
        facts: dict[str, Any] = {
            "target": model.target,
            "task": model.task,
            "rows": self.rows,
            "notes": self.notes,
            "output": None if output is None else str(output),
            "measures": None if found is None else found.measures,
        }
        if output is None:
            columns = self.columns.items()
            facts["columns"] = {name: _plain(values) for name, values in columns}
        return facts


def _answer(
    model: TableModel, file: Path, reading: Mapping[str, Any], keep: Sequence[str]
) -> _Answers:
    """Return the predictions for the rows of a file, and what to know about them."""
    from walnet.tables import read_table
    from walnet.tables.options import Expected

    known = model.schema.read_options
    # The text of columns that are kept stays as it is.
    kept = dict.fromkeys(keep, Expected("category"))
    words = [*known.missing, *reading.get("missing", ())]
    options = replace(known, expected=kept | dict(known.expected), min_columns=1)
    table = read_table(file, options, **{**reading, "missing": words})
    columns = {name: table[name].values for name in keep}
    if model.target in columns:
        raise DataError(
            f"column {quoted(model.target)} is what the model predicts; "
            "leave it out of --keep"
        )
    columns[model.target] = model.predict(table)
    if model.labels:
        probabilities = model.predict_proba(table)
        for label, of_class in zip(model.labels, probabilities.T, strict=True):
            columns[_new_name(f"P({label})", columns)] = of_class
    if model.has_intervals:
        names = [_new_name(f"{model.target} ({end})", columns) for end in _ENDS]
        ends = model.predict_interval(table, _COVERAGE)
        columns |= dict(zip(names, ends, strict=True))
    evaluation, notes = _evaluate(model, table)
    return _Answers(model, columns, len(table), model.drift(table) + notes, evaluation)


def _evaluate(model: TableModel, table: Table) -> tuple[Evaluation | None, list[str]]:
    """Return how good the answers are, if the table knows the target."""
    if model.target not in table or table[model.target].missing().all():
        return None, []
    try:
        return model.evaluate(table), []
    except DataError as error:
        return None, [f"the predictions cannot be compared with the target: {error}"]


def _print_columns(columns: Mapping[str, Any], *, raw: bool) -> None:
    """Print columns as CSV."""
    from walnet.tables import write_table

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "predictions.csv")
        write_table(path, columns, raw=raw)
        sys.stdout.write(path.read_text(encoding="utf-8"))


def _plain(values: Any) -> list[Any]:
    """Return a column as a list; the probabilities with the digits they have."""
    if getattr(values, "dtype", None) == "float32":
        return [float(str(value)) for value in values]
    plain: list[Any] = values.to_pylist() if hasattr(values, "to_pylist") else values
    return plain if isinstance(plain, list) else plain.tolist()


def _new_name(name: str, known: Mapping[str, Any]) -> str:
    """Return a name that no other column has."""
    while name in known:
        name += "'"
    return name

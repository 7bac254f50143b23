"""The sentences and tables of a report."""

from __future__ import annotations

import platform
from collections import Counter
from dataclasses import dataclass
from importlib.metadata import version

import numpy as np

from walnet.inspection.baselines import Baseline
from walnet.inspection.chance import may_be_chance, row_errors
from walnet.inspection.evaluation import MEASURES, Evaluation, why_better
from walnet.plots.mistakes import wilson_interval
from walnet.report.content import ReportContent
from walnet.tables import Column, describe_columns
from walnet.words import number, percent, readable

MOST_COLUMNS = 100
"""Columns listed in a report."""

MOST_CLASSES = 50
"""Classes listed in a report."""

_MOST_MISTAKES = 8
_MOST_LEVELS = 4
_MOST_CELLS = 3
_MAY_BE_CHANCE = "the difference may be chance"


@dataclass(frozen=True)
class Score:
    """One row of the table of scores: a measure of training, test and trivial guess."""

    name: str
    training: str
    shown: str
    guess: str


@dataclass(frozen=True)
class ColumnFact:
    """One row of the table of columns."""

    name: str
    kind: str
    missing: str
    values: str
    use: str
    example: str


@dataclass(frozen=True)
class Mistake:
    """One row that was predicted wrong, or far off."""

    row: int
    original: str
    predicted: str
    measure: str
    cells: list[str]


def result_sentence(content: ReportContent) -> str:
    """Return the result in one sentence."""
    rows, found = f"{len(content.shown_rows):,} {content.rows_name}", content.evaluation
    error, guess = found.written(), found.written_trivial()
    if content.is_classification:
        return (
            f"{error} of {rows} right; always guessing {readable(found.guess)} would "
            f"give {guess}."
        )
    name = readable(content.schema.target.name)
    return (
        f"On {rows} {name} is predicted with a root mean squared error of {error}; "
        f"always guessing {number(found.guess)} would give {guess}."
    )


def certainty(content: ReportContent) -> str:
    """Return how far the result may be trusted."""
    if not content.is_tested:
        return "There were no rows to test with: on new rows the model will do worse."
    if not content.is_classification:
        return "None of the test rows was learned from."
    right = content.evaluation.measures["accuracy"]
    low, high = wilson_interval(right, len(content.test_rows))
    return (
        "None of the test rows was learned from. With so many, the share of right "
        f"predictions on new rows like these lies between {percent(float(low))} and "
        f"{percent(float(high))} (95 % interval)."
    )


def scores(content: ReportContent) -> list[Score]:
    """Return the scores of training rows, test rows and the trivial guess."""
    shown, training = content.evaluation, content.on_training
    return [
        Score(
            f"{MEASURES[name].title}: {MEASURES[name].meaning}",
            "–" if training is None else training.written(name),
            shown.written(name) if content.is_tested else "",
            shown.written_trivial(name),
        )
        for name in shown.measures
    ]


def column_facts(content: ReportContent) -> list[ColumnFact]:
    """Return what is known of each column, the target first."""
    target = content.schema.target.name
    names = [target, *(name for name in content.table.names if name != target)]
    used = set(content.schema.names)
    facts = []
    for each in describe_columns(content.table.select(names[:MOST_COLUMNS])):
        use = "used" if each.column in used else "left out"
        facts.append(
            ColumnFact(
                readable(each.column),
                each.form or each.kind,
                f"{each.missing:,}" if each.missing else "none",
                _values(content.table[each.column]),
                "predicted" if each.column == target else use,
                readable(each.example, 24),
            )
        )
    return facts


def better_note(content: ReportContent) -> str:
    """Return why test rows may come out better than training rows, where they do."""
    if content.on_training is None or content.on_test is None:
        return ""
    return why_better(content.on_training, content.on_test)


@dataclass(frozen=True)
class ClassFact:
    """One row of the table of classes."""

    name: str
    rows: str
    precision: str
    recall: str
    f1: str


def class_facts(content: ReportContent) -> list[ClassFact]:
    """Return how well each class is told, the most frequent ones first."""
    classes = sorted(content.evaluation.classes, key=lambda each: -each.rows)
    return [
        ClassFact(
            readable(each.label) or "(empty)",
            f"{each.rows:,}",
            *(_share(share) for share in (each.precision, each.recall, each.f1)),
        )
        for each in classes[:MOST_CLASSES]
    ]


@dataclass(frozen=True)
class Competitor:
    """One row of the table of simple models: a name and its scores."""

    name: str
    scores: list[str]
    is_ours: bool
    note: str = ""
    may_be_chance: bool = False


def competitors(content: ReportContent) -> list[Competitor]:
    """Return this model, simple ones and the trivial guess, the best first."""
    if not content.baselines:
        return []
    ours = content.evaluation
    errors = row_errors(content.schema, content.shown, content.outputs)
    rows = [(ours.measures, Competitor("this model", _written(ours), is_ours=True))]
    for each in content.baselines:
        unsure = may_be_chance(errors, each.errors)
        is_short = each.rows < len(content.training_rows)
        rows.append(
            (
                each.evaluation.measures,
                _competitor(each, may_be_chance=unsure, is_short=is_short),
            )
        )
    trivial = [ours.written_trivial(name) for name in ours.measures]
    guess = Competitor("the trivial guess", trivial, is_ours=False)
    rows.append((ours.trivial, guess))
    lower = "log_loss" if content.is_classification else "rmse"
    return [each for _, each in sorted(rows, key=lambda row: row[0][lower])]


def _competitor(model: Baseline, *, may_be_chance: bool, is_short: bool) -> Competitor:
    """Return a simple model: how sure its difference is, and how much it has seen."""
    notes = [_MAY_BE_CHANCE] if may_be_chance else []
    if is_short:
        notes.append(f"learned from {model.rows:,} rows, for want of time")
    return Competitor(
        model.name,
        _written(model.evaluation),
        is_ours=False,
        note="; ".join(notes),
        may_be_chance=may_be_chance,
    )


def chance_note(content: ReportContent, models: list[Competitor]) -> str:
    """Return what it means that a difference may be chance; empty where none may."""
    if not any(each.may_be_chance for each in models):
        return ""
    title = MEASURES[content.evaluation.measure].title
    return (
        f"“{_MAY_BE_CHANCE.capitalize()}”: with {len(content.test_rows):,} test rows, "
        f"the {title} of two equally good models differs as much in more than 1 of 20 "
        "cases, so these rows cannot say which of the two is better."
    )


def measure_titles(content: ReportContent) -> list[str]:
    """Return what the scores are called."""
    return [MEASURES[name].title for name in content.evaluation.measures]


def _written(evaluation: Evaluation) -> list[str]:
    """Return all scores as text."""
    return [evaluation.written(name) for name in evaluation.measures]


def _share(value: float) -> str:
    """Return a share as text, a dash where there is none."""
    return "–" if np.isnan(value) else percent(value)


def rows_note(content: ReportContent) -> str:
    """Return which rows the numbers of rows are."""
    name = f"of {content.test_file}" if content.test_file else "of the file"
    return f"Rows are those {name}, counted from 1 below the names of the columns."


def mistakes(content: ReportContent) -> tuple[list[str], list[Mistake]]:
    """Return the columns shown and the rows that are most wrong."""
    if content.is_classification:
        sure = content.outputs.max(axis=1)
        wrong = np.flatnonzero(content.original != content.predicted)
        order = wrong[np.argsort(-sure[wrong], kind="stable")]
        measures = [percent(float(share)) for share in sure]
    else:
        off = content.original - content.predicted
        order = np.argsort(-np.abs(off), kind="stable")
        measures = [number(float(value)) for value in off]
    rows = content.shown[content.schema.target.name]
    names = content.columns_by_importance[:_MOST_CELLS]
    columns = [content.shown[name] for name in names]
    return [readable(name) for name in names], [
        Mistake(
            rows.row_number(int(i)),
            _cell(content.original[i]),
            _cell(content.predicted[i]),
            measures[i],
            [_cell(column.values[int(i)].as_py()) for column in columns],
        )
        for i in order[:_MOST_MISTAKES]
    ]


def structure(content: ReportContent) -> dict[str, str]:
    """Return what was learned, for the table of settings."""
    return {name: _cell(value) for name, value in content.structure.items()}


def training_settings(content: ReportContent) -> dict[str, str]:
    """Return the settings that are set, for the table of settings."""
    settings = {
        readable(name.replace("_", " ")): _cell(value)
        for name, value in content.settings.items()
        if value is not None
    }
    settings["made with"] = (
        f"walnet {version('walnet')}, NumPy {np.__version__}, "
        f"Python {platform.python_version()} on {platform.machine()}"
    )
    return settings


def _cell(value: object) -> str:
    """Return a value of a table as it is shown."""
    if value is None:
        return "missing"
    if isinstance(value, float | np.floating):
        return number(float(value))
    return readable(value) or "(empty)"


def _values(column: Column) -> str:
    """Return what the values of a column are, in a few words."""
    if column.kind == "empty" or column.missing().all():
        return ""
    if column.kind == "number":
        values = column.numbers()
        low, high = number(np.nanmin(values)), number(np.nanmax(values))
        return f"{low} to {high}, mean {number(float(np.nanmean(values)))}"
    if column.kind == "boolean":
        return f"{percent(float(np.nanmean(column.numbers())))} true"
    if column.kind == "date":
        dates = column.dates()[~column.missing()].astype("datetime64[D]")
        return f"{dates.min()} to {dates.max()}"
    counts = Counter(column.codes()[~column.missing()].tolist())
    levels = column.levels()
    first = [
        f"{readable(levels[code], 24)} ({times:,})"
        for code, times in counts.most_common(_MOST_LEVELS)
    ]
    more = len(counts) - len(first)
    return ", ".join(first) + (f" and {more:,} more" if more else "")

"""The sentences and tables of a report."""

from __future__ import annotations

import platform
from collections import Counter
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

import numpy as np
from numpy.typing import NDArray

from walnet.plots.mistakes import wilson_interval
from walnet.report.content import ReportContent
from walnet.tables import Column
from walnet.words import count, number, percent, readable

MOST_COLUMNS = 100
"""Columns listed in a report."""

_MOST_MISTAKES = 8
_MOST_LEVELS = 4
_MOST_CELLS = 3


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
    rows = f"{len(content.shown_rows):,} {content.rows_name}"
    if content.is_classification:
        right = float(np.mean(content.original == content.predicted))
        guess, share = _usual_class(content)
        return (
            f"{percent(right)} of {rows} right; always guessing "
            f"{readable(guess)} would give {percent(share)}."
        )
    error, guess = _error(content.original, content.predicted), _guess_error(content)
    name = readable(content.schema.target.name)
    mean = number(float(np.mean(content.training_answers)))
    return (
        f"On {rows} {name} is predicted with a root mean squared error of "
        f"{number(error)}; always guessing {mean} would give {number(guess)}."
    )


def certainty(content: ReportContent) -> str:
    """Return how far the result may be trusted."""
    if not content.is_tested:
        return "There were no rows to test with: on new rows the model will do worse."
    rows = len(content.test_rows)
    if not content.is_classification:
        return "None of the test rows was learned from."
    right = float(np.mean(content.original == content.predicted))
    low, high = wilson_interval(right, rows)
    return (
        "None of the test rows was learned from. With so many, the share of right "
        f"predictions on new rows like these lies between {percent(float(low))} and "
        f"{percent(float(high))} (95 % interval)."
    )


def scores(content: ReportContent) -> list[Score]:
    """Return the scores of training rows, test rows and the trivial guess."""
    pairs = [(content.training_answers, content.training_predictions)]
    if content.is_tested:
        pairs.append((content.original, content.predicted))
    if content.is_classification:
        guess, _ = _usual_class(content)
        guesses = np.full(len(content.original), guess, content.original.dtype)
        measures = _CLASS_SCORES
    else:
        mean = float(np.mean(content.training_answers))
        guesses = np.full(len(content.original), mean)
        measures = _NUMBER_SCORES
    pairs.append((content.original, guesses))
    rows = []
    for name, measure in measures.items():
        values = [measure(*pair) for pair in pairs]
        if not content.is_tested:
            values.insert(1, "")
        rows.append(Score(name, *values))
    return rows


def column_facts(content: ReportContent) -> list[ColumnFact]:
    """Return what is known of each column, the target first."""
    target = content.schema.target.name
    names = [target, *(name for name in content.table.names if name != target)]
    used = set(content.schema.names)
    facts = []
    for name in names[:MOST_COLUMNS]:
        column = content.table[name]
        missing = int(column.missing().sum())
        use = "predicted" if name == target else "used"
        if name != target and name not in used:
            use = "left out"
        facts.append(
            ColumnFact(
                readable(name),
                column.kind,
                f"{missing:,}" if missing else "none",
                _values(column),
                use,
            )
        )
    return facts


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
    names = content.columns_by_importance[:_MOST_CELLS]
    columns = [content.shown[name] for name in names]
    return [readable(name) for name in names], [
        Mistake(
            int(content.shown_rows[i]) + 1,
            _cell(content.original[i]),
            _cell(content.predicted[i]),
            measures[i],
            [_cell(column.values[int(i)].as_py()) for column in columns],
        )
        for i in order[:_MOST_MISTAKES]
    ]


def network_settings(content: ReportContent) -> dict[str, str]:
    """Return what the network is, for the table of settings."""
    network = content.network
    if network is None:
        return {name: _cell(value) for name, value in content.model.items()}
    sizes = " → ".join(f"{size:,}" for size in network.layer_sizes)
    return {
        "layers": f"{network.n_layers}, of {sizes} neurons from input to output",
        "activations": ", ".join(network.activations),
        "parameters": f"{network.n_parameters:,}",
        "initializer": network.initializer,
        "seed of the weights": str(network.seed),
        "precision": str(network.dtype),
    }


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


def training_sentence(content: ReportContent) -> str:
    """Return how long training took and why it ended."""
    history = content.history
    if history is None or not len(history):
        return content.course
    per_epoch = history.iterations_per_epoch
    if per_epoch == 1:
        took = count(len(history), "iteration")
    else:
        each = count(per_epoch, "iteration")
        took = f"{count(len(history), 'epoch')} of {each}"
    text = (
        f"{took}: the cost went from {number(float(history.cost[0]))} to "
        f"{number(float(history.cost[-1]))}"
    )
    return f"{text}; {history.stopped}." if history.stopped else f"{text}."


def _usual_class(content: ReportContent) -> tuple[Any, float]:
    """Return the class most training rows have, and its share of the shown rows."""
    counts = Counter(content.training_answers.tolist() or content.original.tolist())
    label = counts.most_common(1)[0][0]
    return label, float(np.mean(content.original == label))


def _error(original: NDArray[Any], predicted: NDArray[Any]) -> float:
    """Return the root mean squared error."""
    return float(np.sqrt(np.mean((original - predicted) ** 2)))


def _guess_error(content: ReportContent) -> float:
    """Return the error of always guessing the mean of the training rows."""
    return _error(content.original, np.mean(content.training_answers))


def _class_mean(original: NDArray[Any], predicted: NDArray[Any]) -> str:
    """Return the share of right predictions, each class counting the same."""
    shares = [
        np.mean(predicted[original == label] == label)
        for label in set(original.tolist())
    ]
    return percent(float(np.mean(shares)))


def _explained(original: NDArray[Any], predicted: NDArray[Any]) -> str:
    """Return the coefficient of determination, R²."""
    spread = float(np.mean((original - np.mean(original)) ** 2))
    if not spread:
        return "–"
    return f"{1 - float(np.mean((original - predicted) ** 2)) / spread:.3f}"


_CLASS_SCORES = {
    "right predictions (accuracy)": lambda y, p: percent(float(np.mean(y == p))),
    "the same, each class counting alike": _class_mean,
}
_NUMBER_SCORES = {
    "root mean squared error": lambda y, p: number(_error(y, p)),
    "mean absolute error": lambda y, p: number(float(np.mean(np.abs(y - p)))),
    "share of the variance explained (R²)": _explained,
}


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

"""The pictures of a report, each with a caption and a description in words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from markupsafe import Markup
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from walnet.inspection.effects import Effect
from walnet.plots import (
    ConfusionDisplay,
    CostDisplay,
    DataDisplay,
    DecisionBoundaryDisplay,
    EffectDisplay,
    ImportanceDisplay,
    IntervalDisplay,
    NetworkDisplay,
    PrecisionRecallDisplay,
    PredictionDisplay,
    ReliabilityDisplay,
    ResidualDisplay,
    RocDisplay,
)
from walnet.plots.mistakes import wilson_interval
from walnet.plots.style import MOST_POINTS, legend_above
from walnet.report.content import ReportContent
from walnet.report.svg import new_figure, to_svg
from walnet.tables import as_table
from walnet.words import number, percent, readable

_SIZE = (4.6, 3.9)
_FLAT = (4.6, 3.1)
_MOST_DRAWN = 12  # classes that are told by colour and shape
_MOST_CLASSES = 15  # of a matrix that can be read


@dataclass(frozen=True)
class Picture:
    """One picture of the page."""

    svg: Markup
    title: str
    caption: str


def data_picture(content: ReportContent) -> Picture:
    """Return how the target is spread."""
    figure, ax = _one(_FLAT)
    name = content.schema.target.name
    answers = content.answers(content.table)
    DataDisplay(None, answers, names=[name], labels=content.labels).plot(ax)
    what = "rows of each class" if content.is_classification else "numbers"
    title = f"The target: {readable(name)}"
    alt = f"How many {what} the target {readable(name)} has in all rows."
    return _picture(figure, "data", title, "All rows with a target.", alt)


def network_picture(content: ReportContent) -> Picture | None:
    """Return the diagram of the network."""
    network = content.network
    if network is None:
        return None
    names = content.schema.feature_names
    target = content.schema.target.name
    outputs = [str(label) for label in content.labels or [target]]
    if len(outputs) == 2 and network.n_outputs == 1:
        outputs = [f"{target} = {outputs[1]}"]
    display = NetworkDisplay(
        network,
        names if len(names) == network.n_inputs else None,
        outputs if len(outputs) == network.n_outputs else None,
    )
    figure, ax = _one(display.size())
    display.plot(ax)
    caption = (
        "Each line is a weight: the wider, the larger; solid above 0, dashed below. "
        "The square in a neuron is its bias: filled above 0, hollow below."
    )
    if max(max(W.shape) for W in network.weights) > 10:
        caption += " “⋮” stands for neurons that are not drawn."
    alt = f"Diagram of the network. {network!r}."
    return _picture(figure, "network", "", caption, alt)


def cost_pictures(content: ReportContent) -> list[Picture]:
    """Return the course of the cost, and of the accuracy where there is one."""
    history = content.history
    if history is None or not len(history):
        return []
    count = 1 if history.accuracy is None else 2
    pairs = [_one(_FLAT) for _ in range(count)]
    CostDisplay(history).plot([ax for _, ax in pairs])
    first, last = number(float(history.cost[0])), number(float(history.cost[-1]))
    kept = "" if history.best_epoch is None else " The dotted line: what was kept."
    watched = history.validation_cost
    if watched is not None and len(watched):
        low = number(float(np.nanmin(watched)))
        kept += (
            f" Dashed: rows that were only watched, at best {low}. Where it rises "
            "while the other falls, more is learned by heart."
            f"{_why_below(content, watched)}"
        )
    pictures = [
        _picture(
            pairs[0][0],
            "cost",
            "Cost",
            f"From {first} to {last}: what training makes small.{kept}",
            f"Curve of the cost, from {first} to {last}.",
        )
    ]
    if history.accuracy is not None:
        low, high = (percent(float(history.accuracy[index])) for index in (0, -1))
        text = f"Share of right predictions while training: from {low} to {high}."
        pictures.append(_picture(pairs[1][0], "accuracy", "Accuracy", text, text))
    return pictures


_OF_TRAINING_ALONE = {
    "dropout": "neurons are left out at random (dropout)",
    "l1": "a penalty on large weights is added (l1)",
    "l2": "a penalty on large weights is added (l2)",
}
"""What makes the cost of training higher than that of rows only watched."""


def _why_below(content: ReportContent, watched: NDArray[np.float64]) -> str:
    """Return why the dashed curve may end below the other, where it does."""
    assert content.history is not None  # noqa: S101 - the caller has looked
    if not watched[-1] < content.history.cost[-1]:
        return ""
    reasons = ["it is a mean over the epoch, while the network still gets better"]
    for name, words in _OF_TRAINING_ALONE.items():
        if np.any(content.settings.get(name) or 0.0):
            reasons.append(words)
    return (
        " Where it lies below the other, that is no mistake: the cost while training "
        f"is higher for reasons of its own ({'; '.join(reasons)}), or the "
        "watched rows happen to be easier ones."
    )


def prediction_pictures(content: ReportContent) -> list[Picture]:
    """Return original labels vs. predicted labels."""
    if len(content.labels or ()) > _MOST_DRAWN:
        return []
    names = _drawn_columns(content)
    kept, X = _drawn_values(content, names)
    display = PredictionDisplay(
        content.original[kept],
        content.predicted[kept],
        X,
        names=names or [content.schema.target.name],
        labels=content.labels,
    )
    caption = _drawn_caption(content, names, len(kept))
    if content.is_classification and X is not None:
        pairs = [_one(_SIZE), _one(_SIZE)]
        axes = [ax for _, ax in pairs]
        display.plot(axes)
        for ax in axes:
            legend_above(ax)  # without a title: the page has headings
        wrong = int((display.original != display.predicted).sum())
        crossed = (
            f"{wrong:,} wrong, crossed out." if wrong else "None of them is wrong."
        )
        return [
            _picture(
                figure,
                f"labels{index}",
                title,
                text,
                f"{title} of {len(kept):,} rows as points. {text}",
            )
            for index, ((figure, _), title, text) in enumerate(
                [
                    (pairs[0], "Original labels", caption),
                    (pairs[1], "Predicted labels", crossed),
                ]
            )
        ]
    figure, ax = _one(_SIZE)
    display.plot(ax)
    alt = f"Original labels vs. predicted labels as points. {caption}"
    return [_picture(figure, "labels", "", caption, alt)]


def boundary_picture(content: ReportContent) -> Picture | None:
    """Return what is predicted over the two columns, if there are just two."""
    encoders = content.schema.encoders
    if [encoder.kind for encoder in encoders] != ["number", "number"]:
        return None
    names = content.schema.names
    kept, X = _drawn_values(content, names)
    if X is None:
        return None

    def predict(points: NDArray[np.float64]) -> NDArray[np.float64]:
        columns = dict(zip(names, points.T, strict=True))
        outputs = content.outputs_of(as_table(columns))
        if content.is_classification:
            return outputs
        return np.asarray(content.schema.decode(outputs), np.float64)

    figure, ax = _one(_SIZE)
    display = DecisionBoundaryDisplay(
        predict, X, content.original[kept], names=names, labels=content.labels
    )
    display.plot(ax)
    if content.is_classification:
        title = "Decision boundary"
        caption = (
            "On the lines two classes are equally likely; the deeper the shade, the "
            "surer the model. Wrong rows are crossed out."
        )
    else:
        title = "What is predicted"
        caption = (
            "The deeper the shade, the farther from the mean, which the line follows; "
            "points are shaded by their original value."
        )
    return _picture(figure, "boundary", title, caption, f"{title}. {caption}")


def mistake_pictures(content: ReportContent) -> list[Picture]:
    """Return where predictions go wrong: confusion and reliability, or residuals."""
    if not content.is_classification:
        found = [_residuals(content), interval_picture(content)]
        return [each for each in found if each is not None]
    pictures = []
    labels = content.labels or []
    pictures.append(_confusion(content, labels))
    pictures += ranking_pictures(content)
    shares = content.outputs
    if shares.min() >= 0 and shares.max() <= 1 and len(shares) >= 50:
        display_2 = ReliabilityDisplay(content.original, shares, labels=labels)
        figure, ax = _one(_SIZE)
        display_2.plot(ax)
        text = (
            "How often the model is right, over how sure it is: on average "
            f"{percent(display_2.error)} apart. The bars are 95 % intervals."
        )
        pictures.append(_picture(figure, "reliability", "Reliability", text, text))
    return pictures


def _confusion(content: ReportContent, labels: list[Any]) -> Picture:
    """Return which classes are taken for which; of many those that are most often."""
    display = ConfusionDisplay(content.original, content.predicted, labels=labels)
    right = f"{np.trace(display.matrix):,} of {display.matrix.sum():,}"
    text = f"Rows by original and predicted label; {right} lie on the diagonal."
    if len(labels) > _MOST_CLASSES:
        text += f" {_confused_pairs(display)}"
        display = display.most_confused(_MOST_CLASSES - 1)
        text += f" Shown are the {len(display.labels) - 1} classes confused most."
    side = min(2.6 + 0.55 * len(display.labels), 4.6)
    figure, ax = _one((4.6, side))
    display.plot(ax)
    alt = f"{text} {_confusion_words(display)}"
    return _picture(figure, "confusion", "Confusion", text, alt)


def _confused_pairs(display: ConfusionDisplay) -> str:
    """Return which classes are most often taken for which, in a sentence."""
    wrong = display.mistakes
    order = np.argsort(-wrong, axis=None, kind="stable")[:5]
    pairs = [
        f"{readable(display.labels[i])} for {readable(display.labels[j])} "
        f"({wrong[i, j]:,})"
        for i, j in zip(*np.unravel_index(order, wrong.shape), strict=True)
        if wrong[i, j]
    ]
    return f"Most often is taken {', '.join(pairs)}." if pairs else ""


def ranking_pictures(content: ReportContent) -> list[Picture]:
    """Return how well each class is told from the others, at every threshold."""
    shown = content.original, content.outputs
    roc = RocDisplay(*shown, labels=content.labels or [])
    if not roc.rankings:
        return []
    pr = PrecisionRecallDisplay(*shown, labels=content.labels or [])
    first = content.labels[1] if len(content.labels or ()) == 2 else None  # type: ignore[index]
    whose = f"of {readable(first)}" if first is not None else "on average"
    worst = " Drawn are those told worst." if len(roc.rankings) > len(roc.shown) else ""
    area = f"Area under the curve (AUC) {whose}: {roc.mean:.3f}; 0.5 is chance, 1 is"
    average = f"Average precision {whose}: {pr.mean:.3f}. The more rows of a class are"
    texts = (
        f"{area} perfect.{worst}",
        f"{average} found, the more others are taken for it.{worst}",
    )
    titles = "ROC curve", "Precision and recall"
    pictures = []
    for display, name, title, text in zip(
        (roc, pr), ("roc", "precision"), titles, texts, strict=True
    ):
        figure, ax = _one(_SIZE)
        display.plot(ax)
        pictures.append(_picture(figure, name, title, text, f"{title}. {text}"))
    return pictures


def importance_picture(content: ReportContent) -> Picture | None:
    """Return how much the columns matter."""
    found = content.importance
    if found is None:
        return None
    display = ImportanceDisplay(found)
    rows = min(len(found.names), 15)
    figure, ax = _one((4.6, 1.2 + 0.3 * rows))
    display.plot(ax)
    repeats = found.losses.shape[1]
    caption = (
        "What is lost when the values of one column are shuffled among the "
        f"{content.rows_name}: mean and standard deviation of {repeats} shuffles. "
        "Columns that say the same share their importance."
    )
    used = len(content.schema.names)
    if len(found.names) < used:
        caption += (
            f" There was time for {len(found.names):,} of {used:,} columns, those with "
            "most to do with the target by themselves; --report full looks at all."
        )
    first = ", ".join(
        f"{readable(found.names[index])} {number(float(found.mean[index]))}"
        for index in found.order[:15].tolist()
    )
    alt = f"Bars, {found.measure}: {first}."
    return _picture(figure, "importance", "", caption, alt)


def effect_pictures(content: ReportContent) -> list[Picture]:
    """Return what columns do to the predictions, one picture a column."""
    return [
        _effect(content, effect, f"effect{index}")
        for index, effect in enumerate(content.effects)
    ]


def _effect(content: ReportContent, effect: Effect, index: str) -> Picture:
    """Return what one column does to the predictions."""
    name = readable(effect.name)
    target = content.schema.target.name
    display = EffectDisplay(effect, content.labels, name=target)
    figure, ax = _one(display.size())
    display.plot(ax)
    caption = f"The mean prediction if all rows had the same {name}."
    if effect.spread and effect.kind in ("number", "date"):
        caption += " Between two strokes below lies a hundredth of the rows."
    if len(display.lines) == 1:
        band = "bars" if effect.kind in ("category", "boolean") else "band"
        caption += f" The {band}: the middle 80 % of the rows' own predictions"
        outside = (effect.mean < effect.low) | (effect.mean > effect.high)
        few = ", which a few far ones pull the mean out of" if outside.any() else ""
        caption += f"{few}."
    elif len(content.labels or ()) > len(display.lines):
        caption += f" The {len(display.lines)} classes that move farthest."
    alt = f"Effect of {name}. {caption}"
    return _picture(figure, index, f"Effect of {name}", caption, alt)


def interval_picture(content: ReportContent) -> Picture | None:
    """Return the intervals of predicted numbers, and how many held."""
    if content.interval is None or content.is_classification:
        return None
    low, high = content.interval(content.shown)
    name = content.schema.target.name
    display = IntervalDisplay(content.original, low, high, name=name)
    figure, ax = _one(_SIZE)
    display.plot(ax)
    held = float(np.mean(display.inside))
    few, many = wilson_interval(held, len(display.inside))
    text = (
        f"Intervals made to hold {percent(content.coverage)} of new rows hold "
        f"{percent(held)} of the {len(display.inside):,} {content.rows_name} "
        f"(95 % interval: {percent(float(few))} to {percent(float(many))})."
    )
    narrow, wide = np.quantile(high - low, (0.25, 0.75))
    if number(narrow) != number(wide):
        text += (
            " Each is as wide as predictions of rows like it were off: half of them "
            f"are {number(narrow)} to {number(wide)} wide."
        )
    return _picture(figure, "intervals", "Prediction intervals", text, text)


def _residuals(content: ReportContent) -> Picture:
    """Return how far numbers are off."""
    figure, ax = _one(_SIZE)
    name = content.schema.target.name
    ResidualDisplay(content.original, content.predicted, name=name).plot(ax)
    text = (
        "Original less predicted. A pattern in these points would be something the "
        "model has not learned."
    )
    return _picture(figure, "residuals", "Residuals", text, text)


def _one(size: tuple[float, float]) -> tuple[Figure, Axes]:
    """Return a figure with one axes."""
    figure = new_figure(size)
    return figure, figure.subplots()


def _picture(figure: Figure, name: str, title: str, caption: str, alt: str) -> Picture:
    """Return a drawn figure as a picture of the page."""
    svg = to_svg(figure, name, alt)
    return Picture(Markup(svg), title, caption)  # noqa: S704 - escaped by its writer


def _number_columns(content: ReportContent) -> list[str]:
    """Return the columns of numbers that are used, those that matter most first."""
    kinds = {encoder.name: encoder.kind for encoder in content.schema.encoders}
    return [name for name in content.columns_by_importance if kinds[name] == "number"]


def _drawn_columns(content: ReportContent) -> list[str]:
    """Return the columns to draw labels against: two, one, or none."""
    names = _number_columns(content)
    if content.is_classification:
        two = names[:2] if len(names) >= 2 else []
        return [name for name in content.schema.names if name in two]
    return names if len(content.schema.encoders) == len(names) == 1 else []


def _drawn_values(
    content: ReportContent, names: Sequence[str]
) -> tuple[NDArray[np.int64], NDArray[np.float64] | None]:
    """Return the rows that have all values of the columns, and the values."""
    everything = np.arange(len(content.shown))
    if not names:
        return everything, None
    X = np.column_stack([content.shown[name].numbers() for name in names])
    kept = np.flatnonzero(np.isfinite(X).all(axis=1))
    return (kept, X[kept]) if len(kept) else (everything, None)


def _drawn_caption(content: ReportContent, names: list[str], drawn: int) -> str:
    """Return which rows are drawn against which columns."""
    rows = len(content.shown)
    parts = [f"{drawn:,} of {rows:,} {content.rows_name}"]
    if drawn == rows:
        parts = [f"All {rows:,} {content.rows_name}"]
    if drawn > MOST_POINTS:
        parts.append(f"{MOST_POINTS:,} of them drawn")
    used = len(content.schema.names)
    if names and used > len(names):
        what = "that matter most" if content.importance else "that come first"
        parts.append(f"over the two columns of numbers {what}; {used} are used")
    return ", ".join(parts) + "."


def _confusion_words(display: ConfusionDisplay) -> str:
    """Return a small matrix in words."""
    if len(display.labels) > 6:
        return ""
    return " ".join(
        f"{readable(label)} predicted as "
        + ", ".join(
            f"{readable(other)} {times}"
            for other, times in zip(display.labels, row, strict=True)
        )
        + "."
        for label, row in zip(display.labels, display.matrix, strict=True)
    )

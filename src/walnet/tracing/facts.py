"""What a reader has to know before the arithmetic: batch, example, target."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from walnet.tracing.notation import below
from walnet.tracing.notes import ROUNDED
from walnet.tracing.numbers import pretty

if TYPE_CHECKING:
    from walnet.tracing.trace import Trace

MOST = 6  # numbers that are listed one by one


def facts(trace: Trace, decimals: int) -> list[str]:
    """Return a line on the batch, and three on each example that is followed."""
    iteration = trace.iteration
    m = len(trace.rows)
    rows = listed([str(row) for row in trace.rows])
    what = f"Batch: {m:,} example{'' if m == 1 else 's'} (row {rows} of the data)"
    lines = [what.replace("(row ", "(rows ") if m > 1 else what]
    count = min(len(iteration.shown.numbers), 3) if trace.whole_batch else 1
    for i in range(count):
        lines += _example(trace, i, decimals)
    return [*lines, ROUNDED]


def listed(texts: list[str]) -> str:
    """Return texts with commas between them, the middle of many left out."""
    if len(texts) <= MOST:
        return ", ".join(texts)
    return f"{', '.join(texts[: MOST - 2])}, …, {texts[-1]}"


def _example(trace: Trace, i: int, decimals: int) -> list[str]:
    """Return inputs, target and prediction of one example."""
    shown = trace.iteration.shown
    inputs = [pretty(x, decimals) for x in shown.X[i]]
    if trace.features is not None:
        pairs = zip(trace.features, inputs, strict=True)
        inputs = [f"{name} = {text}" for name, text in pairs]
    else:
        inputs = [f"x{below(k)} = {text}" for k, text in enumerate(inputs, 1)]
    last = trace.iteration.layers[-1].A[i]
    target, output = (
        listed([pretty(value, decimals) for value in values])
        for values in (shown.Y[i], last)
    )
    labels = label_of(trace, shown.Y[i]), label_of(trace, last)
    target, output = (
        f"{text} ({label})" if label else text
        for text, label in zip((target, output), labels, strict=True)
    )
    number = shown.numbers[i]
    return [
        f"Example {number}: {listed(inputs)}",
        f"  target y = {target}, prediction before the update = {output}",
    ]


def label_of(trace: Trace, values: np.ndarray) -> str | None:
    """Return the label's name that outputs or targets stand for, if there are names."""
    if trace.classes is None:
        return None
    if len(values) > 1:
        return trace.classes[int(values.argmax())]
    return trace.classes[int(values[0] > trace.iteration.rule["threshold"])]

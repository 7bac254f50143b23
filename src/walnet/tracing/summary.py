"""What a reader has to know before the arithmetic: batch, example, target."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from walnet.errors import ShapeError
from walnet.tracing.iteration import Iteration
from walnet.tracing.notation import below
from walnet.tracing.numbers import pretty
from walnet.words import elided

ROUNDED = (
    "The numbers are rounded copies of those of training: ≈ instead of = says that "
    "the printed ones, worked out, give another last digit."
)


@dataclass(frozen=True)
class Names:
    """What inputs and labels are called; None where they have no names.

    Attributes
    ----------
    features, classes : list of str or None
        Of the inputs, and of the labels.
    threshold : float
        Above which a single output stands for the second label.
    """

    features: list[str] | None
    classes: list[str] | None
    threshold: float

    def label(self, values: np.ndarray) -> str | None:
        """Return the label that outputs or targets stand for."""
        if self.classes is None:
            return None
        second = int(values[0] > self.threshold)
        return self.classes[int(values.argmax()) if len(values) > 1 else second]


def checked_names(
    names: Sequence[object] | None, count: int, what: str, things: str
) -> list[str] | None:
    """Return names as text, one for each thing."""
    if names is None:
        return None
    if len(names) != count:
        raise ShapeError(
            f"{what} must name {count} {things}, one name each; got {len(names)}"
        )
    return [str(name) for name in names]


def summary(
    iteration: Iteration, names: Names, decimals: int, *, whole_batch: bool
) -> list[str]:
    """Return a line on the batch, and some on each example that is followed."""
    numbers = iteration.batch.numbers
    m, rows = len(numbers), elided([str(row) for row in numbers])
    examples = "1 example (row" if m == 1 else f"{m:,} examples (rows"
    lines = [f"Batch: {examples} {rows} of the data, counted from 0)"]
    for i in range(min(len(iteration.shown.numbers), 3) if whole_batch else 1):
        lines += _example(iteration, names, i, decimals)
    return [*lines, ROUNDED]


def _example(iteration: Iteration, names: Names, i: int, decimals: int) -> list[str]:
    """Return inputs, target and prediction of one example."""
    shown = iteration.shown
    values = shown.columns(iteration.network.layout)[i]
    symbols = names.features or [f"x{below(k + 1)}" for k in range(len(values))]
    inputs = [
        f"{name} = {pretty(x, decimals)}"
        for name, x in zip(symbols, values, strict=True)
    ]
    target, output = (
        _with_label(each, names, decimals)
        for each in (shown.Y[i], iteration.layers[-1].A[i])
    )
    return [
        f"Example {shown.numbers[i]}: {elided(inputs)}",
        f"  target y = {target}, prediction before the update = {output}",
    ]


def _with_label(values: np.ndarray, names: Names, decimals: int) -> str:
    """Return outputs or targets as numbers, and the label they stand for."""
    text = elided([pretty(value, decimals) for value in values])
    label = names.label(values)
    return f"{text} ({label})" if label else text

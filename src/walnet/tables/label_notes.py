"""What is to be known about the labels of a target before anything is learned."""

from __future__ import annotations

import numpy as np

from walnet.tables.table import Column
from walnet.words import count, listed, quoted

_FEW = 10  # groups of alike labels that are named
_MOST_CLASSES = 1000


def label_notes(column: Column) -> list[str]:
    """Return which labels may be one, in sentences.

    Parameters
    ----------
    column : Column
        A target of classes, none missing.

    Returns
    -------
    list of str
        Labels that differ by case, spaces or a point at the end only; nothing if that
        has been told.

    Examples
    --------
    >>> from walnet.tables.reading import as_table
    >>> labels = ["no", "No", "No", "no ", "yes", "yes", "maybe"]
    >>> label_notes(as_table({"paid": labels})["paid"])
    ["target 'paid': labels 'No', 'no' differ by case, spaces or signs only, and are ...
    """
    counts = {} if "labels" in column.told else _rows_of_labels(column)
    alike: dict[str, list[str]] = {}
    for level in counts:
        alike.setdefault(_core(level), []).append(level)
    return [
        f"target {quoted(column.name)}: labels {listed(sorted(some))} differ by case, "
        f"spaces or signs only, and are {len(some)} classes; write them alike if they "
        "mean the same"
        for core, some in alike.items()
        if core and len(some) > 1
    ][:_FEW]


def single_row_notes(column: Column) -> list[str]:
    """Return which classes cannot be both learned and tested, in sentences.

    Parameters
    ----------
    column : Column
        A target of classes, none missing, whose rows are split.

    Returns
    -------
    list of str

    Examples
    --------
    >>> from walnet.tables.reading import as_table
    >>> single_row_notes(as_table({"paid": ["no", "no", "maybe"]})["paid"])
    ["target 'paid': class 'maybe' has a single row: it cannot be both learned and ...
    """
    single = [level for level, times in _rows_of_labels(column).items() if times == 1]
    if not single:
        return []
    classes = f"class {quoted(single[0])} has a single row: it"
    if len(single) > 1:
        number = count(len(single), "class", "classes")
        classes = f"{number} have a single row each, {listed(single)}: they"
    name = quoted(column.name)
    return [f"target {name}: {classes} cannot be both learned and tested"]


def _rows_of_labels(column: Column) -> dict[str, int]:
    """Return how many rows each label has; nothing if there are too many labels."""
    levels = column.levels()
    counts = np.bincount(column.codes(), minlength=len(levels)).tolist()
    used = {level: times for level, times in zip(levels, counts, strict=True) if times}
    return used if len(used) <= _MOST_CLASSES else {}


def _core(label: str) -> str:
    """Return a label without case, spaces and signs.

    Numbers keep their signs: 1.0 is not 10, and -1 is not 1.
    """
    if any(sign.isdigit() for sign in label):
        return "".join(label.casefold().split())
    return "".join(sign for sign in label.casefold() if sign.isalnum())

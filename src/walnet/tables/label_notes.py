"""What is to be known about the labels of a target before anything is learned."""

from __future__ import annotations

import numpy as np

from walnet.tables.table import Column
from walnet.words import count, listed, quoted

_FEW = 10  # groups of alike labels that are named
_MOST_CLASSES = 1000


def label_notes(column: Column) -> list[str]:
    """Return which labels may be one, and which have a single row, in sentences.

    Parameters
    ----------
    column : Column
        A target of classes, none missing.

    Returns
    -------
    list of str
        Labels that differ by case, spaces or a point at the end only; classes that
        cannot be both learned and tested.

    Examples
    --------
    >>> from walnet.tables.reading import as_table
    >>> labels = ["no", "No", "No", "no ", "yes", "yes", "maybe"]
    >>> for note in label_notes(as_table({"paid": labels})["paid"]):
    ...     print(note)
    target 'paid': labels 'No', 'no' differ by case, spaces or signs only, and are ...
    target 'paid': class 'maybe' has a single row: it is learned from, never tested
    """
    levels = column.levels()
    counts = np.bincount(column.codes(), minlength=len(levels))
    used = [level for level, times in zip(levels, counts, strict=True) if times]
    if len(used) > _MOST_CLASSES:
        return []
    name = f"target {quoted(column.name)}:"
    alike: dict[str, list[str]] = {}
    for level in used:
        alike.setdefault(_core(level), []).append(level)
    notes = [
        f"{name} labels {listed(sorted(some))} differ by case, spaces or signs only, "
        f"and are {len(some)} classes; write them alike if they mean the same"
        for core, some in alike.items()
        if core and len(some) > 1
    ][:_FEW]
    single = [level for level, times in zip(levels, counts, strict=True) if times == 1]
    if len(single) == 1:
        notes.append(
            f"{name} class {quoted(single[0])} has a single row: it is learned from, "
            "never tested"
        )
    elif single:
        notes.append(
            f"{name} {count(len(single), 'class', 'classes')} have a single row each, "
            f"{listed(single)}: they are learned from, never tested"
        )
    return notes


def _core(label: str) -> str:
    """Return a label without case, spaces and signs.

    Numbers keep their signs: 1.0 is not 10, and -1 is not 1.
    """
    if any(sign.isdigit() for sign in label):
        return "".join(label.casefold().split())
    return "".join(sign for sign in label.casefold() if sign.isalnum())

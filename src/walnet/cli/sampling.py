"""Rows of a table larger than memory that are measured and shown."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from walnet.models.script import TrainRequest
    from walnet.models.split import Split
    from walnet.tables import Part, Table

_MOST_SHOWN, _MOST_TESTED = 20_000, 100_000  # rows


def part_of(request: TrainRequest, *, is_test: bool) -> Part | None:
    """Return which rows of a file are to test with, or to learn from; None for all."""
    from walnet.tables import Part

    if request.test is not None:
        return None
    return Part(request.test_share, request.seed, is_chosen=is_test)


def sampled(
    blocks: Iterable[tuple[int, Table]], request: TrainRequest, *, is_test: bool
) -> tuple[Table, int]:
    """Return some rows of numbered blocks, and from how many they were chosen."""
    from walnet.tables import Table
    from walnet.tables.streams import concatenated
    from walnet.tabular.columns.sample import Sample, labelled

    sample = Sample(_MOST_TESTED if is_test else _MOST_SHOWN, request.seed)
    for number, block in blocks:
        sample.add(number, labelled(block, request.target)[0])
    rows = concatenated(list(sample.parts())) if sample.seen else Table([])
    return rows, sample.seen


def split_of(learned: Table, others: Table, notes: list[str]) -> Split:
    """Return rows that were learned from and others as one table, split."""
    import numpy as np

    from walnet.models.split import Split
    from walnet.tables.streams import concatenated

    n_train, n_test = len(learned), len(others)
    return Split(
        table=concatenated([part for part in (learned, others) if len(part)]),
        train=np.arange(n_train),
        test=np.arange(n_train, n_train + n_test),
        notes=notes,
    )

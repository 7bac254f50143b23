"""Rows that lie beyond those of the training are news."""

from __future__ import annotations

import pytest

from walnet.tables import as_table
from walnet.tables.schema import Schema


@pytest.mark.parametrize(
    ("n", "above", "note"),
    [
        (1, 1, "the row above the largest value at training, 3"),
        (40, 40, "all 40 rows above the largest value at training, 3"),
        (40, 5, "5 of 40 rows above the largest value at training, 3"),
        (1000, 50, "50 of 1,000 rows above the largest value at training, 3"),
        (40, 4, None),  # a few are chance
        (1000, 49, None),
    ],
)
def test_rows_beyond_the_range_are_noted_if_sampling_alone_brings_no_such(
    n, above, note
):
    sizes = {"size": [1.0, 2.0, 3.0], "class": ["n", "m", "n"]}
    schema = Schema.fit(as_table(sizes), "class")
    below = note and note.replace("above the largest", "below the least")
    for beyond, words in ((3.5, note), (0.5, below and f"{below[:-1]}1")):
        values = [beyond] * above + [2.0] * (n - above)
        found = schema.drift(as_table({"size": values}, schema.read_options))
        said = f"column 'size': {words}: what is so far out was not learned"
        assert found == ([] if words is None else [said])


def test_dates_later_or_earlier_than_those_of_the_training_are_noted():
    days = [f"2024-0{month}-01" for month in (1, 2, 3)]
    schema = Schema.fit(as_table({"day": days, "class": ["n", "m", "n"]}), "class")
    for new, note in (
        (
            ["2024-04-02", "2025-01-01"],
            "all 2 rows later than the last date at training",
        ),
        (["2023-12-31"], "the row earlier than the first date at training"),
        (["2024-02-20"], None),
    ):
        found = schema.drift(as_table({"day": new}, schema.read_options))
        end = "2024-03-01" if note and "later" in note else "2024-01-01"
        full = f"column 'day': {note}, {end}: what is so far out was not learned"
        assert found == ([full] if note else [])

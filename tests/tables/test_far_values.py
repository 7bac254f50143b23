"""Fill values hide no column, and are named."""

from __future__ import annotations

import numpy as np
import pytest

from walnet.tables import as_table
from walnet.tables.far_values import far_ends, far_value_notes, near_range
from walnet.tables.schema import Schema
from walnet.tabular.columns.preprocessing import Preprocessor, Scale

BODY = np.random.default_rng(0).normal(20, 5, 990)


def filled(value, rows=10, body=BODY):
    """Return a column's numbers, some rows of which hold a fill value."""
    return np.concatenate([body, np.full(rows, float(value))])


def scale_of(values):
    """Return the scale of a column of numbers."""
    return Scale.fit_all([values])[0]


def notes(values):
    """Return what is said of a column of numbers."""
    return far_value_notes(as_table({"depth": values})["depth"])


@pytest.mark.parametrize("value", [1e14, 1e15, 1e20, 3.4e38, -3.4e38, 1e300, -9999])
def test_a_fill_value_is_named_and_the_scale_is_that_of_the_others(value):
    values, plain = filled(value), scale_of(BODY)
    scale = scale_of(values)
    assert scale.spread == pytest.approx(plain.spread, rel=0.05)
    assert np.std(scale(values)[:990]) == pytest.approx(np.std(plain(BODY)), rel=0.1)
    note = f"column 'depth': 10 rows hold {value:g}, many ranges away from all other"
    assert notes(values)[0].startswith(note)


def test_both_signs_are_named_and_hide_nothing():
    values = np.concatenate([BODY, [3.4e38] * 3, [-3.4e38] * 3])
    assert len(notes(values)) == 2
    assert scale_of(values).spread == pytest.approx(scale_of(BODY).spread, rel=0.05)
    assert near_range(values) == (BODY.min(), BODY.max())


def test_a_column_of_mostly_one_value_keeps_its_range():
    body = np.where(np.arange(990) % 10 < 8, 0.0, BODY)
    assert scale_of(filled(1e20, body=body)).spread == scale_of(body).spread > 0


def test_codes_of_nines_are_named_where_they_are_a_few_ranges_away():
    [note] = notes(filled(999, 2, np.linspace(0, 200, 50)))
    assert note == (
        "column 'depth': 2 rows hold 999, 4 ranges away from all other values; if it "
        "stands for a missing value, leave the cell empty"
    )
    assert notes(filled(999, 1, np.linspace(0, 200, 50))) == []  # may be one of them
    assert notes(filled(998, 2, np.linspace(0, 200, 50))) == []
    assert notes(filled(99, 9, np.linspace(0, 80, 50))) == []  # an age


@pytest.mark.parametrize(
    "values",
    [
        BODY,
        np.exp(3 * (BODY - 20) / 5),  # a heavy tail
        [0.0, 1.0, 0.0, 1.0],
        [0.0, 0.0, 1.0, 3.0],
        [7.0, 7.0],
        np.arange(100.0) ** 3,
    ],
)
def test_ordinary_columns_have_no_far_value(values):
    assert notes(values) == []
    assert near_range(np.array(values)) == (min(values), max(values))


def test_far_ends_of_huge_and_few_numbers_are_finite_or_none():
    assert far_ends(np.array([])) == []
    assert far_ends(np.array([1.0, 2.0])) == []
    assert far_ends(np.array([0.0, 1.0, 1e20])) == [(0.0, 0.0), (1e20, 1e20)]
    ends = far_ends(np.array([-1.7e308, 0.0, 1.0, 1.7e308]))
    assert [value for value, _ in ends] == [-1.7e308, 1.7e308]
    assert all(ranges > 1e307 for _, ranges in ends)


def test_a_scale_survives_any_offset_and_constant_columns():
    assert scale_of(np.full(9, 0.1)).spread == 0.0
    assert scale_of(1e15 + BODY).spread == pytest.approx(scale_of(BODY).spread, 0.1)
    noise = 1e9 * (1 + 1e-16 * np.arange(9))
    assert scale_of(noise).spread == 0.0


def test_models_of_either_kind_say_so():
    table = as_table({"depth": filled(1e20), "hue": ["r", "g"] * 500, "y": filled(1)})
    for warnings in (
        Preprocessor.fit(table.without("y")).warnings,
        Schema.fit(table, "y").warnings,
    ):
        assert any("10 rows hold 1e+20" in each for each in warnings)

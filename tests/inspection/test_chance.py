"""Whether a difference between two models may be chance."""

from __future__ import annotations

import math

import numpy as np
import pytest

import walnet
from walnet.inspection.chance import may_be_chance, row_errors
from walnet.tables import as_table


@pytest.mark.parametrize("worse", range(12))
def test_for_classes_it_is_the_exact_test_of_rows_that_only_one_has_right(worse):
    better = 1
    ours = np.r_[np.ones(worse), np.zeros(better), np.zeros(70)]
    theirs = np.r_[np.zeros(worse), np.ones(better), np.zeros(70)]
    n, fewer = worse + better, min(worse, better)
    tail = sum(math.comb(n, k) for k in range(fewer + 1)) / 2**n
    exact = min(1.0, 2 * tail)
    if abs(exact - 0.05) > 0.02:  # where flips can tell
        assert may_be_chance(ours, theirs) == (exact > 0.05)


@pytest.mark.parametrize("n_rows", [60, 5000])
def test_equally_good_models_seldom_look_different(n_rows):
    random = np.random.default_rng(0)
    sure = 0
    for _ in range(200):
        ours, theirs = random.exponential(size=(2, n_rows))
        sure += not may_be_chance(ours, theirs)
    assert 2 <= sure <= 20  # 10 of 200 are expected


def test_a_clear_difference_is_told_and_none_is_none():
    random = np.random.default_rng(1)
    errors = random.exponential(size=300)
    assert not may_be_chance(errors, 0.8 * errors)
    assert may_be_chance(errors, errors)


def test_errors_are_those_of_the_measures():
    table = as_table({"x": [1.0, 2, 3, 4], "y": [1.0, 3, 2, 5]})
    model = walnet.NetworkModel.fit(table, "y", epochs=5)
    errors = row_errors(model.schema, table, model.outputs(table))
    rmse = model.evaluate(table).measures["rmse"]
    assert math.sqrt(errors.mean()) == pytest.approx(rmse)

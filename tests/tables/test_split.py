"""Training rows and test rows."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from walnet.errors import DataError, HyperparameterError, ShapeError
from walnet.tables import split_rows


@given(st.integers(2, 200), st.floats(0.01, 0.99), st.integers(0, 2**32))
def test_every_row_is_in_one_part_and_neither_is_empty(n_rows, fraction, seed):
    train, test = split_rows(n_rows, test_share=fraction, seed=seed)
    assert np.array_equal(np.sort(np.concatenate([train, test])), np.arange(n_rows))
    assert len(train) >= 1
    assert len(test) == min(max(round(fraction * n_rows), 1), n_rows - 1)
    assert np.all(np.diff(train) > 0)
    assert np.all(np.diff(test) > 0)
    again = split_rows(n_rows, test_share=fraction, seed=seed)
    assert np.array_equal(again[0], train)


@given(st.lists(st.integers(1, 30), min_size=1, max_size=6), st.floats(0.05, 0.9))
def test_every_class_is_split_in_proportion_and_stays_in_training(sizes, fraction):
    classes = np.repeat(np.arange(len(sizes)), sizes)
    n_rows = len(classes)
    if n_rows < 2:
        return
    train, test = split_rows(n_rows, test_share=fraction, classes=classes)
    in_train = np.bincount(classes[train], minlength=len(sizes))
    in_test = np.bincount(classes[test], minlength=len(sizes))
    wanted = min(max(round(fraction * n_rows), 1), n_rows - 1)
    assert np.all(in_train >= 1)
    assert in_test.sum() == min(wanted, n_rows - len(sizes))
    if fraction < 0.5 and min(sizes) >= 2:
        shares = wanted * np.array(sizes) / n_rows
        assert np.all(np.abs(in_test - shares) <= 1)


def test_text_classes_and_another_seed():
    classes = ["a", "b"] * 50
    train, test = split_rows(100, classes=classes, seed=1)
    assert [classes[row] for row in test].count("a") in (12, 13)
    assert not np.array_equal(split_rows(100, classes=classes, seed=2)[0], train)


def test_classes_of_one_row_each_leave_nothing_to_test_with():
    train, test = split_rows(3, classes=[0, 1, 2])
    assert (train.tolist(), test.tolist()) == ([0, 1, 2], [])


@pytest.mark.parametrize("fraction", [0, 1, -0.1, float("nan")])
def test_a_share_outside_its_range_is_refused(fraction):
    with pytest.raises(
        HyperparameterError, match="test_share must lie between 0 and 1"
    ):
        split_rows(10, test_share=fraction)


def test_bad_arguments_are_refused():
    with pytest.raises(DataError, match="need at least 2 rows, got 1"):
        split_rows(1)
    with pytest.raises(HyperparameterError, match="seed must be a whole number"):
        split_rows(10, seed=-1)
    with pytest.raises(
        ShapeError, match=r"classes must have shape \(10,\), got \(3,\)"
    ):
        split_rows(10, classes=[1, 2, 3])

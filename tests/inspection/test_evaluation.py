"""Whether a model is better than a guess, and how well each class is told."""

from __future__ import annotations

import math

import numpy as np
import pytest

from walnet.inspection.evaluation import (
    ClassCounts,
    evaluate_classes,
    evaluate_numbers,
    log_loss,
)
from walnet.words import number


@pytest.mark.parametrize(
    ("y", "probability", "is_no_better"),
    [
        ([0, 0, 0, 1], [0.4, 0.4, 0.4, 0.4], True),  # always the first class
        ([0, 0, 0, 1], [0.4, 0.4, 0.6, 0.4], True),  # less often right
        ([0, 0, 0, 1], [0.1, 0.1, 0.1, 0.9], False),
        ([0, 0, 0, 1], [0.1, 0.1, 0.1, 0.45], False),  # as often right, but surer
    ],
)
def test_classes_are_no_better_than_a_guess_only_if_no_measure_is(
    y, probability, is_no_better
):
    second = np.array(probability)
    shares = np.array([0.75, 0.25])
    both = np.column_stack([1 - second, second])
    found = evaluate_classes(np.array(y), both, shares)
    assert found.is_no_better == is_no_better


def test_numbers_are_no_better_if_the_error_is_not_a_hundredth_lower():
    y = np.array([1.0, 2.0, 3.0, 4.0])
    assert evaluate_numbers(y, np.full(4, 2.5), 2.5).is_no_better
    assert evaluate_numbers(y, 2.5 + 0.001 * (y - 2.5), 2.5).is_no_better
    assert not evaluate_numbers(y, 2.5 + 0.5 * (y - 2.5), 2.5).is_no_better


def test_a_class_that_is_not_there_has_no_precision():
    nothing = ClassCounts("a", rows=0, predicted=0, right=0)
    assert all(math.isnan(x) for x in (nothing.precision, nothing.recall, nothing.f1))
    assert ClassCounts("a", rows=0, predicted=2, right=0).precision == 0


def test_a_log_loss_of_nothing_is_written_without_a_minus():
    sure = log_loss(np.ones(3))
    assert (str(sure), number(sure), number(-0.0)) == ("0.0", "0", "0")

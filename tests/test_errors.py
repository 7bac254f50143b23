"""Warnings point at the code of the person who called, however deep they are raised."""

from __future__ import annotations

import inspect
import pickle
import warnings

import numpy as np
import pytest

import walnet
from walnet.errors import warn_caller


def test_a_warning_points_at_its_caller():
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        line = inspect.currentframe().f_lineno + 1
        warn_caller("mind the gap", RuntimeWarning)
    assert (caught[0].filename, caught[0].lineno) == (__file__, line)
    assert caught[0].category is RuntimeWarning


def test_a_warning_of_a_fit_points_at_the_line_that_calls_it():
    X = np.random.default_rng(0).normal(size=(400, 3))
    y = (X[:, 0] > 0).astype(int)
    model = walnet.TabularClassifier(time_limit=1e-3)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        line = inspect.currentframe().f_lineno + 1
        model.fit(X, y)
    [short] = [each for each in caught if "time limit" in str(each.message)]
    assert (short.filename, short.lineno) == (__file__, line)


@pytest.mark.parametrize(
    "error",
    [
        walnet.DivergedError("the cost became NaN", 7, 2),
        walnet.DataError("no rows"),
        walnet.ShapeError("1 column"),
    ],
)
def test_an_error_reaches_another_process_as_it_is(error):
    again = pickle.loads(pickle.dumps(error))
    assert (type(again), str(again)) == (type(error), str(error))
    assert vars(again) == vars(error)

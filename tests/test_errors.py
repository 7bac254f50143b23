"""Warnings point at the code of the person who called, however deep they are raised."""

from __future__ import annotations

import inspect
import warnings

import numpy as np

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

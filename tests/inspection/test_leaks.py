"""Columns that alone tell the target."""

from __future__ import annotations

import numpy as np

from walnet.inspection.leaks import telling_columns
from walnet.tables import Schema, as_table

N = 200
RANDOM = np.random.default_rng(0)
SIZE = RANDOM.normal(size=N)
PAID = np.where(SIZE + RANDOM.normal(size=N) > 0, "yes", "no")


def told(target, **columns):
    """Return the columns that tell a target."""
    table = as_table({"size": SIZE, **columns, "y": target})
    return telling_columns(table, Schema.fit(table, "y"))


def test_a_copy_of_the_target_is_named_and_what_only_hints_is_not():
    assert list(told(PAID, copy=PAID == "yes")) == ["copy"]
    assert list(told(PAID, late=np.where(PAID == "yes", SIZE**2, None))) == ["late"]
    assert told(PAID) == {}


def test_a_number_that_follows_from_another_is_named():
    price = 3 * SIZE + RANDOM.normal(size=N)
    assert list(told(price, in_cents=100 * price)) == ["in_cents"]
    assert told(price) == {}


def test_a_date_may_tell_and_few_rows_tell_nothing():
    days = np.datetime64("2024-01-01") + np.where(PAID == "yes", 30, 3)
    assert list(told(PAID, day=days)) == ["day"]
    few = as_table({"copy": [0.0, 1] * 5, "y": ["a", "b"] * 5})
    assert telling_columns(few, Schema.fit(few, "y")) == {}


def test_a_target_that_is_nearly_always_the_same_is_not_told():
    rare = np.where(np.arange(N) == 3, "yes", "no")
    rare[7] = "yes"
    assert told(rare) == {}

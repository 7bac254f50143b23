"""What is asked of many columns of numbers at once is what each says alone."""

from __future__ import annotations

import numpy as np
import pytest

from walnet.tables import as_table, number_facts
from walnet.tables.far_values import far_ends
from walnet.tables.number_facts import facts_of
from walnet.tables.statistics import mean_and_deviation
from walnet.tables.table import Column
from walnet.tabular.columns.preprocessing import Preprocessor, Scale


def columns(n=97):
    """Return columns of every sort that is looked at in a way of its own."""
    rng = np.random.default_rng(0)
    body = rng.normal(size=n)
    gaps, few = body * 1e-5, np.full(n, np.nan)
    gaps[::7] = np.nan
    few[3] = 4.0
    filled = body + 20
    filled[::30] = 1e20
    return {
        "body": body,
        "gaps": gaps,
        "other gaps": gaps[::-1] + 3,
        "few": few,
        "nothing": np.full(n, np.nan),
        "constant": np.full(n, 0.1),
        "whole": rng.integers(0, 50, n).astype(float),
        "ones": (body > 0).astype(float),
        "huge": body * 1e307,
        "tiny": body * 1e-310,
        "offset": 1e15 + body,
        "filled": filled,
        "infinite": np.where(body > 1, np.inf, body),
    }


def alone(values):
    """Return what is asked of a column, by functions for one."""
    present = values[~np.isnan(values)]
    mean, deviation = mean_and_deviation(present)
    median = float(np.median(present / 2) * 2)
    return mean, deviation, median, present.min(), present.max()


def test_facts_have_the_bits_of_a_column_alone(monkeypatch):
    table = columns()
    monkeypatch.setattr(number_facts, "_AT_A_TIME", 4 * 97)  # several blocks
    found = dict(zip(table, facts_of(table.values()), strict=True))
    for name, facts in found.items():
        values = table[name]
        assert facts.n_missing == np.isnan(values).sum()
        assert facts.is_whole == np.array_equal(values, np.round(values))
        assert facts.is_finite == (name != "infinite")
        if name in {"nothing", "infinite"}:
            assert np.isnan(facts.mean)
            continue
        known = facts.mean, facts.deviation, facts.median, facts.least, facts.most
        assert known == alone(values)
        ends = far_ends(values[~np.isnan(values)])
        assert [ranges for _, ranges in ends] == (
            [] if np.isnan(facts.ranges[0]) else list(facts.ranges)
        )


def test_scales_have_the_bits_of_a_column_alone(monkeypatch):
    names = {"infinite", "nothing", "few", "gaps", "other gaps"}
    table = [values for name, values in columns().items() if name not in names]
    wanted = [Scale.fit_all([values])[0] for values in table]
    monkeypatch.setattr(number_facts, "_AT_A_TIME", 3 * 97)
    assert Scale.fit_all(table) == wanted
    assert Scale.fit_all([np.full(9, 0.1)])[0].spread == 0.0


def test_columns_are_read_a_few_times_however_many_there_are(monkeypatch):
    read = []
    numbers = Column.numbers

    def counted(column):
        read.append(column.name)
        return numbers(column)

    table = as_table(np.random.default_rng(0).normal(size=(30, 400)))
    monkeypatch.setattr(Column, "numbers", counted)
    Preprocessor.fit(table)
    assert len(read) == 2 * 400
    table.find_facts()
    assert len(read) == 2 * 400


@pytest.mark.parametrize("name", ["first", "later"])
def test_an_infinite_number_among_many_columns_is_named(name):
    table = {"first": np.arange(30.0) ** 2, "later": np.arange(30.0) ** 3}
    table[name][7] = np.inf
    with pytest.raises(Exception, match=f"column '{name}' must hold finite numbers.*8"):
        Preprocessor.fit(as_table(table))

"""Which columns of whole numbers name the rows, and are left out."""

from __future__ import annotations

import numpy as np
import pytest

from walnet.tables import ReadOptions, Schema, as_table
from walnet.tabular.columns.preprocessing import Preprocessor

N = 60
SHUFFLED = np.random.default_rng(0).permutation(N)
NAMES_ROWS = {
    "PassengerId": np.arange(1, N + 1),
    "customer_id": 90_000 + 37 * SHUFFLED,
    "order_no": 7000 + np.arange(N),
    "acc": 1000 + SHUFFLED,
    "passage": np.arange(N),
    "": np.arange(N),
    "Unnamed: 0": np.arange(N),
    "Order Number": 10**9 + 13 * SHUFFLED,
    "Kundennummer": 10_000 + 37 * SHUFFLED,
    "Auftragsnr": 7000 + 3 * np.arange(N),
    "matricule": 20_000 + 3 * SHUFFLED,
    "gaps": np.sort(np.random.default_rng(1).permutation(N + 30)[:N]),
}
MEASURES = {
    "year": 1960 + np.arange(N),
    "week_no": np.arange(N) % 53,
    "income": np.random.default_rng(2).integers(20_000, 90_000, N),
    "idle_time": np.random.default_rng(3).integers(0, 30, N),
    "id": np.arange(N) // 2,
    "half_id": np.arange(N) + 0.5,
    "rank": np.arange(N),
    "surface": SHUFFLED,
    "number_of_staff": 90_000 + 37 * SHUFFLED,
    "account balance": 90_000 + 37 * SHUFFLED,
    "1990": 90_000 + 37 * SHUFFLED,
}


def table_with(name, values):
    """Return a table with a column among others."""
    noise = np.random.default_rng(4).normal(size=N)
    classes = ["a", "b"] * (N // 2)
    return {name: values, "size": noise, "class": classes}


@pytest.mark.parametrize("name", NAMES_ROWS)
def test_a_column_that_names_the_rows_is_left_out_with_a_note(name):
    data = table_with(name, NAMES_ROWS[name])
    schema = Schema.fit(as_table(data), "class")
    assert schema.names == ["size"]
    assert len(schema.warnings) == 1
    assert f"column {name!r} is left out: it" in schema.warnings[0]
    assert "rows" in schema.warnings[0]
    preprocessor = Preprocessor.fit(as_table(data).without("class"))
    assert preprocessor.names == ["size"]


@pytest.mark.parametrize("name", MEASURES)
def test_a_column_that_measures_is_used(name):
    schema = Schema.fit(as_table(table_with(name, MEASURES[name])), "class")
    assert schema.names == [name, "size"]
    assert schema.warnings == []


def test_a_column_that_names_the_rows_is_used_if_asked():
    options = ReadOptions(kinds={"PassengerId": "number"})
    data = table_with("PassengerId", NAMES_ROWS["PassengerId"])
    schema = Schema.fit(as_table(data, options), "class")
    assert schema.names == ["PassengerId", "size"]


def test_the_only_column_is_used_whatever_it_is():
    data = table_with("id", np.arange(N))
    del data["size"]
    assert Schema.fit(as_table(data), "class").names == ["id"]


def test_a_unit_measures_and_makes_no_identifier():
    speeds = [f"{50 + i} km/h" for i in range(N)]
    schema = Schema.fit(as_table(table_with("id_speed", speeds)), "class")
    assert schema.names == ["id_speed", "size"]

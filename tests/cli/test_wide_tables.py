"""``walnet train`` with many columns: what counts, and what is shown."""

from __future__ import annotations

import time

import numpy as np
import pytest

from walnet.cli import reading
from walnet.cli.app import run
from walnet.models.ensemble_model import EnsembleModel


@pytest.fixture
def table(tmp_path, monkeypatch):
    """Write a table of 60 columns, and go where it is."""
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(0)
    X = rng.normal(size=(40, 60))
    names = ",".join(f"x{k}" for k in range(60))
    np.savetxt("wide.csv", X, delimiter=",", header=names, comments="", fmt="%.4f")
    return "wide.csv"


def train(table, *options):
    """Train in little time."""
    few = ("--epochs", "2", "--preset", "fast", "--set", "members=2", "--no-report")
    return run(["train", table, "--target", "x7", *few, *options])


@pytest.mark.parametrize("limit", ["", "60s"])
def test_reading_counts_against_a_time_limit(table, monkeypatch, limit):
    given, read_at = {}, []
    fit, read_split = EnsembleModel.fit, reading.read_split

    def noted(*args, **options):
        given.update(options)
        return fit(*args, **options)

    def timed(*args):
        read_at.append(time.monotonic())
        return read_split(*args)

    monkeypatch.setattr(EnsembleModel, "fit", noted)
    monkeypatch.setattr(reading, "read_split", timed)
    assert train(table, *(["--time-limit", limit] if limit else [])) == 0
    if limit:
        assert given["started"] <= read_at[0]
    else:
        assert "started" not in given


def test_only_the_columns_that_are_shown_are_described(table, monkeypatch, capsys):
    described = []
    describe = reading.describe_columns

    def counted(table):
        described.extend(table.names)
        return describe(table)

    monkeypatch.setattr(reading, "describe_columns", counted)
    assert train(table) == 0
    assert len(described) == 24
    assert described[0] == "x7"
    assert "… and 36 more" in capsys.readouterr().out

"""Contents of reports, and a page."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest
from reports import content_of

from walnet.inspection.importance import permutation_importance
from walnet.report import render_report
from walnet.tables import read_table

PENGUINS = Path(__file__).parents[2] / "examples" / "penguins.csv"


@pytest.fixture(scope="module")
def penguins():
    """The penguins, species to be told, with the columns' importance."""
    table = read_table(PENGUINS)
    content = content_of(table, "species", classes=table["species"].codes())
    importance = permutation_importance(
        lambda some: content.schema.decode(content.predict(some)),
        content.shown.select(content.schema.names),
        content.original,
        repeats=2,
    )
    return dataclasses.replace(content, importance=importance)


@pytest.fixture(scope="module")
def page(penguins):
    """The page about the penguins."""
    return render_report(penguins)


@pytest.fixture(scope="module")
def bare(penguins):
    """The penguins without all that may be left out."""
    return dataclasses.replace(
        penguins, network=None, history=None, importance=None, settings={}, code=""
    )


@pytest.fixture(scope="module")
def weights():
    """The penguins, body mass to be told."""
    table = read_table(PENGUINS)
    rows = np.flatnonzero(~table["body_mass_g"].missing())
    return content_of(table.take(rows), "body_mass_g")

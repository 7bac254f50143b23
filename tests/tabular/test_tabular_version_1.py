"""Model files of tabular estimators that the first version wrote answer the same."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import numpy as np
import pytest

import walnet

DATA = Path(__file__).parent / "data"
KNOWN = json.loads((DATA / "tabular_v1.json").read_text(encoding="utf-8"))


def rows():
    """Return the rows that the first version answered for."""
    days = [date.fromisoformat(day) for day in KNOWN["rows"]["day"]]
    return KNOWN["rows"] | {"day": days}


def answers(model):
    """Return probabilities or numbers for the rows."""
    return getattr(model, "predict_proba", model.predict)(rows())


@pytest.mark.parametrize("name", KNOWN["answers"])
def test_a_tabular_model_of_version_1_loads_for_ever(name, tmp_path):
    model = walnet.load(DATA / f"tabular_{name}_v1.walnet")
    assert [bag.recipe.hidden for bag in model.bags_] == [(6,), (4, 4)]
    found = answers(model)
    np.testing.assert_allclose(found, KNOWN["answers"][name], rtol=1e-12)
    walnet.save(model, tmp_path / "again.walnet")
    np.testing.assert_array_equal(
        answers(walnet.load(tmp_path / "again.walnet")), found
    )

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
    assert [bag.recipe.hidden_layers for bag in model.bags_] == [(6,), (4, 4)]
    found = answers(model)
    np.testing.assert_allclose(found, KNOWN["answers"][name], rtol=1e-12)
    walnet.save(model, tmp_path / "again.walnet")
    np.testing.assert_array_equal(
        answers(walnet.load(tmp_path / "again.walnet")), found
    )


def test_a_recipe_of_version_1_is_read_in_todays_words():
    model = walnet.load(DATA / "tabular_number_v1.walnet")
    header, arrays = model.to_saved()[1:]
    old = [{"hidden": [6]}, {"activation": "relu", "hidden": [4, 4]}]
    header["params"]["recipe"] = old
    found = type(model).from_saved(header, arrays).recipe
    assert found == [
        {"hidden_layers": [6]},
        {"activation": "relu", "hidden_layers": [4, 4]},
    ]

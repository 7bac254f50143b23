"""Model files of tables that the first version wrote still load and answer the same."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from command_line import PENGUINS

import walnet

DATA = Path(__file__).parent / "data"
KNOWN = json.loads((DATA / "tables_v1.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def rows():
    """Return the rows that the first version answered for."""
    return walnet.read_table(PENGUINS).take(np.arange(0, 56, 7))


@pytest.mark.parametrize("name", KNOWN)
def test_a_model_of_version_1_loads_for_ever(name, rows, tmp_path):
    model = walnet.load(DATA / f"{name}_v1.walnet")
    wanted = KNOWN[name]
    assert list(map(str, model.predict(rows))) == wanted["answers"]
    outputs = model.outputs(rows)
    np.testing.assert_allclose(outputs, wanted["outputs"], rtol=1e-4, atol=1e-6)
    assert model.evaluate(PENGUINS).rows in (333, 342, 344)  # those with a target
    walnet.save(model, tmp_path / "again.walnet")
    again = walnet.load(tmp_path / "again.walnet")
    assert np.array_equal(again.outputs(rows), outputs)

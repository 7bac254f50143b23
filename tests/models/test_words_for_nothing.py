"""Words that mean nothing at training mean nothing in new rows, whatever the model."""

from __future__ import annotations

import numpy as np
import pytest

import walnet
from walnet.tables import ReadOptions, Stream

WORD = "k.A."


@pytest.fixture
def table(tmp_path):
    """A file in which a category and a number have cells with the word."""
    rng = np.random.default_rng(0)
    colours = rng.choice(["red", "blue", WORD], 60)
    sizes = [WORD if i % 9 == 0 else f"{x:.2f}" for i, x in enumerate(rng.random(60))]
    kinds = rng.choice(["yes", "no"], 60)
    rows = [",".join(cells) for cells in zip(colours, sizes, kinds, strict=True)]
    path = tmp_path / "table.csv"
    path.write_text("\n".join(["colour,size,kind", *rows]), "utf-8")
    return path


def of_network(path):
    table = walnet.read_table(path, missing=[WORD])
    return walnet.NetworkModel.fit(table, "kind", epochs=2)


def of_ensemble(path):
    table = walnet.read_table(path, missing=[WORD])
    return walnet.EnsembleModel.fit(table, "kind", epochs=2, members=3)


def of_stream(path):
    stream = Stream(path, ReadOptions(missing=[WORD]))
    return walnet.EnsembleModel.fit_stream(stream, "kind", epochs=2, members=3)


@pytest.mark.parametrize("fit", [of_network, of_ensemble, of_stream])
def test_they_go_with_the_model(fit, table, tmp_path):
    walnet.save(fit(table), tmp_path / "model.walnet")
    model = walnet.load(tmp_path / "model.walnet")
    assert list(model.schema.read_options.missing) == [WORD]
    assert model.drift(table) == []
    gaps = tmp_path / "gaps.csv"
    gaps.write_text(table.read_text("utf-8").replace(WORD, ""), "utf-8")
    np.testing.assert_array_equal(model.predict_proba(table), model.predict_proba(gaps))

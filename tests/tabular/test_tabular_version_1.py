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
    old = [
        {"hidden": [6], "embed_numbers": False},
        {"activation": "relu", "hidden": [4, 4], "embed_numbers": True},
    ]
    header["params"]["recipe"] = old
    found = type(model).from_saved(header, arrays).recipe
    assert found == [
        {"hidden_layers": [6], "numbers": "plain"},
        {"activation": "relu", "hidden_layers": [4, 4], "numbers": "waves"},
    ]
    header["params"]["recipe"] = old[0]
    assert type(model).from_saved(header, arrays).recipe == found[0]


def test_how_numbers_are_embedded_is_read_in_the_words_of_both_versions():
    rng = np.random.default_rng(0)
    X, recipe = rng.normal(size=(60, 2)), [{"numbers": "waves"}, {"numbers": "plain"}]
    model = walnet.TabularRegressor(
        preset="fast", members=2, max_iter=1, recipe=recipe, random_state=0
    ).fit(X, X[:, 0])
    _, header, arrays = model.to_saved()
    assert [bag["numbers"] for bag in header["bags"]] == ["waves", "plain"]
    assert not any("embed_numbers" in bag for bag in header["bags"])
    old = [
        {name: value for name, value in bag.items() if name != "numbers"}
        | {"embed_numbers": embed}
        for bag, embed in zip(header["bags"], [True, False], strict=True)
    ]
    again = type(model).from_saved(header | {"bags": old}, arrays)
    assert [bag.recipe.numbers for bag in again.bags_] == ["waves", "plain"]
    assert np.array_equal(again.predict(X), model.predict(X))
    first, second = header["bags"]
    wrong = [
        first | {"embed_numbers": True},  # both
        {name: value for name, value in first.items() if name != "numbers"},  # none
        first | {"numbers": "stairs"},
        first | {"numbers": "ramps"},  # whose parameters are others
    ]
    for bag in wrong:
        with pytest.raises(walnet.FileFormatError):
            type(model).from_saved(header | {"bags": [bag, second]}, arrays)


@pytest.mark.parametrize("kind", ["TabularRegressor", "TabularClassifier"])
def test_a_model_that_sees_numbers_by_ramps_is_saved_and_answers_the_same(
    kind, tmp_path
):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(80, 2))
    y = X[:, 0] if kind == "TabularRegressor" else np.where(X[:, 0] > 0, "a", "b")
    recipe = [{"numbers": "ramps"}, {"numbers": "ramps", "hidden_layers": []}]
    options = {"preset": "fast", "members": 2, "max_iter": 2, "random_state": 0}
    model = getattr(walnet, kind)(recipe=recipe, **options).fit(X, y)
    assert [bag.recipe.hidden_layers for bag in model.bags_][1] == ()
    walnet.save(model, tmp_path / "ramps.walnet")
    again = walnet.load(tmp_path / "ramps.walnet")
    assert [bag.recipe.numbers for bag in again.bags_] == ["ramps", "ramps"]
    answer = "predict" if kind == "TabularRegressor" else "predict_proba"
    assert np.array_equal(getattr(again, answer)(X), getattr(model, answer)(X))
    assert again.recipe == recipe

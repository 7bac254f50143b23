"""Models of tables explain their predictions, from the cells of a row to the answer."""

from __future__ import annotations

import json

import numpy as np
import pytest
from traces import assert_works_out, lines_of_stages

import walnet
from walnet.models.any_model import explain_in_table
from walnet.models.ensemble_model import EnsembleModel
from walnet.models.network_model import NetworkModel
from walnet.tables import as_table
from walnet.tracing.lines import Limits

N = 40


def rows():
    rng = np.random.default_rng(1)
    size = rng.normal(20, 4, N)
    size[3] = np.nan
    return as_table(
        {
            "size": size,
            "hue": rng.choice(["red", "green", "blue"], N),
            "paid": rng.random(N) < 0.5,
            "day": [f"2024-0{1 + k % 9}-1{k % 7}" for k in range(N)],
            "kind": rng.choice(["nut", "egg", "pea"], N),
            "price": rng.normal(100, 20, N),
        }
    )


@pytest.fixture(scope="module")
def models():
    options = {"preset": "fast", "members": 2, "epochs": 2}
    table = rows()
    return {
        "classes by a network": NetworkModel.fit(
            table.without("price"), "kind", epochs=3
        ),
        "a number by a network": NetworkModel.fit(table, "price", epochs=3),
        "two classes by a network": NetworkModel.fit(table, "paid", epochs=3),
        "classes by many": EnsembleModel.fit(table.without("price"), "kind", **options),
        "a number by many": EnsembleModel.fit(table, "price", **options),
    }


CASES = (
    "classes by a network",
    "a number by a network",
    "two classes by a network",
    "classes by many",
    "a number by many",
)


@pytest.mark.parametrize("row", [0, 3])
@pytest.mark.parametrize("case", CASES)
def test_the_answer_written_out_is_the_models(models, case, row):
    model, table = models[case], rows()
    one = table.take(np.array([row]))
    found = walnet.trace(model, table, row=row)
    assert found.prediction == model.predict(one)[0]
    assert found.answer.original == table[model.target].values[row].as_py()
    assert f"originally {found.answer.original}"[:14] in found.answer.verdict
    if case == "classes by a network":
        assert found.outputs.tobytes() == model.predict_proba(one)[0].tobytes()
    lines = lines_of_stages(found.stages(Limits(neurons=100, terms=100)))
    precise = found.network.dtype == np.float64
    for line in lines:
        single = not precise or isinstance(line.name.number, np.float32)
        # Of a regression the answer is scaled: its rounding is, too.
        if line.name.base != model.target:
            assert_works_out(line, "float32" if single else "float64")
    [*_, last] = [each for each in lines if each.name.base == model.target] or [None]
    assert (last is None) == ("classes" in case)
    if last is not None:
        assert last.formula.value() == pytest.approx(found.prediction, rel=1e-12)


@pytest.mark.parametrize("case", CASES)
def test_one_network_learns_from_the_row_and_many_do_where_asked(models, case):
    model, table = models[case], rows()
    known = walnet.trace(model, table, row=1)
    assert (known.iteration is not None) == case.endswith("network")
    asked = walnet.trace(model, table, row=1, iteration=True, learning_rate=0.5)
    assert asked.iteration.learning_rate == 0.5
    refused = walnet.trace(model, table, row=1, iteration=False)
    unknown = walnet.trace(model, table.without(model.target), row=1)
    for found in (refused, unknown):
        assert found.iteration is None
        assert "Cost" not in str(found)
    assert unknown.answer.original is None
    assert unknown.prediction == known.prediction


@pytest.mark.parametrize("case", CASES)
def test_plain_values_are_json_and_text_fits_a_terminal(models, case):
    found = walnet.trace(models[case], rows(), row=2, iteration=True)
    values = json.loads(found.to_json())
    assert values["row"] == 3
    assert values["prediction"] == found.prediction
    assert values["iteration"]["batch"]["size"] == 1
    text = found.text(4, neurons=1, terms=3)
    assert max(map(len, text.splitlines())) <= 80
    assert len(text.splitlines()) < 700


def test_what_a_model_has_not_is_refused(models):
    one_network, many = models["classes by a network"], models["classes by many"]
    with pytest.raises(walnet.HyperparameterError, match="this is one network"):
        walnet.trace(one_network, rows(), row=0, member=1)
    with pytest.raises(walnet.HyperparameterError, match="member must be 1 to 2"):
        walnet.trace(many, rows(), row=0, member=3)
    with pytest.raises(walnet.HyperparameterError, match="row must be 0 to 39"):
        walnet.trace(many, rows(), row=40)
    with pytest.raises(walnet.DataError, match=r"no row 41 \(counted from 1\)"):
        explain_in_table(many, rows(), 40)


def test_cells_with_escapes_do_not_reach_the_terminal(models):
    cells = {
        "size": [1.0],
        "hue": ["re\x1b[31md"],
        "paid": [True],
        "day": ["2024-01-01"],
    }
    for case in ("classes by a network", "classes by many"):
        text = str(walnet.trace(models[case], as_table(cells), row=0))
        assert "\x1b" not in text
        assert "hue = " in text

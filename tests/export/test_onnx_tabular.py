"""Ensembles for tables as ONNX: onnxruntime gives the answers that walnet gives."""

from __future__ import annotations

import numpy as np
import onnx
import onnxruntime
import pandas as pd
import pytest
import sklearn.neural_network
from ensembles import FEW, mixed_table, with_surprises

import walnet
from walnet import TabularClassifier
from walnet.export.onnx.export import OPSETS

TOLERANCE = 1e-5


def answers(proto, rows):
    """Return the outputs for a data frame, each of its columns an input."""
    onnx.checker.check_model(proto, full_check=True)
    session = onnxruntime.InferenceSession(proto.SerializeToString())
    names = [each.name for each in proto.graph.input]
    return session.run(None, {name: fed(rows[name]) for name in names})


def fed(column):
    """Return a column as the graph takes it: numbers, microseconds or texts."""
    if column.dtype.kind == "M":
        values = column.to_numpy().astype("M8[us]").astype("i8") * 1.0
        return np.where(column.isna(), np.nan, values)[:, None]
    if column.dtype.kind in "fbi":
        return column.to_numpy(float)[:, None]
    return column.fillna("").to_numpy(object)[:, None]


def assert_same_answers(proto, model, rows, given_rows=None):
    given = answers(proto, rows if given_rows is None else given_rows)
    if len(given) == 2:
        assert (given[0] == model.predict(rows)).all()
        assert abs(given[1] - model.predict_proba(rows)).max() <= TOLERANCE
    else:
        wanted = model.predict(rows)
        assert (abs(given[0] - wanted) <= TOLERANCE * abs(wanted)).all()


@pytest.mark.parametrize("opset", [OPSETS[0], 18, OPSETS[-1]])
@pytest.mark.parametrize(
    "name", ["linear", "alone", "unclipped", "number", "logarithm", "plain"]
)
def test_each_kind_of_ensemble(name, opset, fitted):
    model = fitted[name]
    if name in {"linear", "alone"}:  # the linear partner's nodes are there, and not
        assert (model.linear_ is None) == (name == "alone")
    new = with_surprises(mixed_table()[0])
    assert_same_answers(walnet.to_onnx(model, opset=opset), model, new)


@pytest.mark.parametrize("target", ["kind", "price"])
def test_what_train_writes_is_exported_from_its_file(target, tmp_path):
    table, kind, price = mixed_table()
    y = kind if target == "kind" else price
    few = {"preset": "fast", "epochs": 6, "members": 3}
    model = walnet.EnsembleModel.fit(table.assign(**{target: y}), target, **few)
    walnet.save(model, tmp_path / "model.walnet")
    loaded = walnet.load(tmp_path / "model.walnet")
    proto = walnet.to_onnx(loaded, tmp_path / "model.onnx")
    assert (tmp_path / "model.onnx").read_bytes() == proto.SerializeToString()
    assert_same_answers(proto, model, with_surprises(table))


@pytest.mark.parametrize("labels", [[3, 1, 2], [False, True], [0.0, 2.0]])
def test_columns_without_names_and_labels_that_are_no_text(labels):
    X = np.random.default_rng(1).normal(size=(120, 3))
    y = np.array(labels)[np.digitize(X[:, 0], np.linspace(-1, 1, len(labels) - 1))]
    model = TabularClassifier(**FEW).fit(X, y)
    rows = pd.DataFrame(X, columns=["x1", "x2", "x3"])
    given = answers(walnet.to_onnx(model), rows)
    assert given[0].dtype.kind == y.dtype.kind
    assert (given[0] == model.predict(X)).all()
    assert abs(given[1] - model.predict_proba(X)).max() <= TOLERANCE


def test_only_categories_and_only_numbers():
    table, kind, _ = mixed_table()
    for columns in (["town"], ["hue", "side"], ["size"]):
        few = table[columns]
        model = TabularClassifier(**FEW).fit(few, kind)
        assert_same_answers(walnet.to_onnx(model), model, few)


def test_what_cannot_be_exported_is_one_sentence():
    theirs = sklearn.neural_network.MLPClassifier()
    with pytest.raises(walnet.DataError, match=r"over with walnet\.from_sklearn"):
        walnet.to_onnx(theirs)
    with pytest.raises(walnet.DataError, match="MLPClassifier is not fitted: call fit"):
        walnet.to_onnx(walnet.MLPClassifier())
    with pytest.raises(walnet.DataError, match="not fitted"):
        walnet.to_onnx(TabularClassifier())
    one = TabularClassifier().fit({"size": [1.0, 2.0]}, ["nut", "nut"])
    with pytest.raises(walnet.DataError, match="a single class"):
        walnet.to_onnx(one)


def test_each_input_says_what_it_takes():
    rows = {
        "size": ["1,5", "2,5", "3,5", "4,5"] * 10,
        "day": ["31.12.2024", "1.2.2024", "3.4.2024", "5.6.2024"] * 10,
        "hue": ["r", "g", "r", "b"] * 10,
        "on": [True, False, True, True] * 10,
    }
    model = walnet.EnsembleModel.fit(
        rows | {"y": ["a", "b", "a", "b"] * 10}, "y", preset="fast", epochs=2
    )
    inputs = walnet.to_onnx(model).graph.input
    takes = {each.name: each.doc_string for each in inputs}
    size = (
        "a number, at training 1.5 to 4.5 (the table had numbers with a decimal comma)"
    )
    day = "microseconds since 1970 in UTC (the table had dates, day first)"
    assert takes["size"] == f"{size}; NaN where it is missing"
    assert takes["day"] == f"{day}; NaN where it is missing"
    assert (
        takes["hue"] == "text, one of 'b', 'g', 'r'; the empty text where it is missing"
    )
    assert takes["on"] == "true is 1, false is 0; NaN where it is missing"

"""Estimators that the first version wrote predict the same, and learn on alike."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

import walnet
from walnet.errors import FileFormatError
from walnet.saving.container import read_model_file

DATA = Path(__file__).parents[1] / "models" / "data"
KNOWN = json.loads((DATA / "estimators_v1.json").read_text(encoding="utf-8"))


def predicted(model, X):
    predict = getattr(model, "predict_proba", model.predict)
    return predict(X[:5])


def rows_of(name):
    """Return the rows that the first version learned from."""
    X = np.random.default_rng(5).normal(size=(60, 3))
    y = X[:, 0] * X[:, 1] + X[:, 2]
    if name == "classifier_adam":
        return X, np.digitize(y, [-0.5, 0.5])
    if name == "regressor_sgd":
        return X, np.c_[y, X[:, 0]]
    return X.astype("f4"), y.astype("f4")


@pytest.mark.parametrize("name", KNOWN)
def test_a_file_of_version_1_predicts_the_same_and_learns_on(name, tmp_path):
    wanted, (X, y) = KNOWN[name], rows_of(name)
    bound = 1e-5 if X.dtype == np.float32 else 1e-12
    model = walnet.load(DATA / f"{name}_v1.walnet")
    np.testing.assert_allclose(predicted(model, X), wanted["predicted"], rtol=bound)
    assert (model.n_iter_, model.stopped_) == (wanted["n_iter"], wanted["stopped"])
    assert model.loss_curve_ == wanted["loss_curve"]
    assert model.validation_scores_ == wanted["scores"]
    assert [model.best_loss_, model.best_validation_score_] == wanted["best"]
    assert model.best_iter_ == wanted["best_iter"]
    assert model._no_improvement_count == wanted["waited"]
    walnet.save(model, tmp_path / "today.walnet")
    for each in (model, walnet.load(tmp_path / "today.walnet")):
        each.set_params(early_stopping=False).partial_fit(X, y)
        assert each.loss_ == pytest.approx(wanted["loss"], rel=bound)
        np.testing.assert_allclose(
            predicted(each, X), wanted["learned_on"], rtol=10 * bound
        )


@pytest.mark.parametrize(
    "wrong",
    [
        {"normalized": np.zeros(3)},
        {"mean": np.zeros(3)},
        {"variance": np.full(13, -1.0)},
        {"first": np.zeros(1)},
        {"second": np.full(50, -1.0)},
        {"scale.1": np.zeros(3)},
        {"scale.2": np.zeros(3)},
    ],
    ids=lambda wrong: next(iter(wrong)),
)
def test_a_file_of_version_1_that_does_not_fit_is_refused(wrong):
    arrays, header = read_model_file(DATA / "classifier_adam_v1.walnet")
    name = next(iter(wrong))
    if name in {"variance", "second"}:
        assert arrays[name].shape == wrong[name].shape
    walnet.MLPClassifier.from_saved(header["model"], arrays)
    with pytest.raises((FileFormatError, ValueError)):
        walnet.MLPClassifier.from_saved(header["model"], arrays | wrong)

"""Estimators in model files, and fits that go on after they were killed."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
import scipy.sparse

import walnet
from walnet import MLPClassifier, MLPRegressor

MODELS = {
    "two": MLPClassifier(),
    "three": MLPClassifier(batch_norm=True, standardize=True, class_weight="balanced"),
    "several": MLPClassifier(activation=("gelu",)),
    "numbers": MLPRegressor(standardize=True, n_iter_no_change=np.inf),
    "both": MLPRegressor("huber", solver="lbfgs"),
}


@pytest.mark.parametrize("target", MODELS)
@pytest.mark.parametrize("dtype", ["f4", "f8"])
def test_F6_a_saved_estimator_comes_back_to_the_bit(data, target, dtype, tmp_path):
    X, y = data.X.astype(dtype), getattr(data, target)
    model = MODELS[target].set_params(max_iter=4, random_state=0).fit(X, y)
    walnet.save(model, tmp_path / "model.walnet")
    loaded = walnet.load(tmp_path / "model.walnet")
    np.testing.assert_array_equal(loaded.predict(X), model.predict(X))
    assert loaded.predict(X).dtype == model.predict(X).dtype
    assert loaded.predict(X[:1]).shape == model.predict(X[:1]).shape
    assert loaded.stopped_ == model.stopped_
    if model.solver != "lbfgs":
        if hasattr(loaded, "classes_"):
            loaded.set_params(class_weight=None)
        loaded.partial_fit(X, y)


def test_F6_code_is_not_saved_but_refused(data, tmp_path):
    model = MLPClassifier(max_iter=2)
    model.fit(data.X, data.two).set_params(callbacks=print)
    with pytest.raises(walnet.DataError, match="callbacks holds"):
        walnet.save(model, tmp_path / "model.walnet")
    with pytest.raises(ValueError, match="not fitted"):
        walnet.save(MLPClassifier(), tmp_path / "model.walnet")


OPTIONS = [
    {},
    {"early_stopping": True},
    {"solver": "sgd", "learning_rate": "adaptive", "tol": 0.01},
    {"dropout": 0.2, "learning_rate": "cosine"},
    {"batch_norm": True, "early_stopping": True, "dropout": 0.1},
    {"sparse": True},
]
KILLED = """
import os, signal, sys
import walnet.checkpoint
walnet.checkpoint.SECONDS_BETWEEN = 0
from walnet import MLPRegressor
import numpy as np

def kill(training):
    if training.epoch == 17:
        os.kill(os.getpid(), signal.SIGKILL)

X = np.random.default_rng(0).normal(size=(240, 5))
y = X[:, 0] * X[:, 1] + X[:, 2]
options = eval(sys.argv[2])
if options.pop("sparse", False):
    import scipy.sparse
    X = scipy.sparse.csr_matrix(X)
model = MLPRegressor(max_iter=40, random_state=0, checkpoint=sys.argv[1], **options)
model.set_params(callbacks=kill).fit(X, y)
"""


@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_R1_a_killed_fit_goes_on_to_the_same_bits(options, tmp_path):
    path = tmp_path / "fit.checkpoint"
    command = [sys.executable, "-c", KILLED, str(path), repr(options)]
    assert subprocess.run(command, check=False).returncode == -9
    assert path.exists()
    X = np.random.default_rng(0).normal(size=(240, 5))
    y = X[:, 0] * X[:, 1] + X[:, 2]
    options = dict(options)
    if options.pop("sparse", False):
        X = scipy.sparse.csr_matrix(X)
    model = MLPRegressor(max_iter=40, random_state=0, **options)
    whole = model.fit(X, y)
    weights, curve, scores = whole.coefs_, whole.loss_curve_, whole.validation_scores_
    resumed = MLPRegressor(max_iter=40, random_state=0, checkpoint=path, **options)
    resumed.fit(X, y)
    for mine, other in zip(resumed.coefs_, weights, strict=True):
        np.testing.assert_array_equal(mine, other)
    assert (resumed.loss_curve_, resumed.validation_scores_) == (curve, scores)
    assert (resumed.n_iter_, resumed.stopped_) == (whole.n_iter_, whole.stopped_)
    with pytest.raises(walnet.DataError, match="belongs to other data"):
        resumed.fit(2 * X, y)
    with pytest.raises(ValueError, match="whole number as random_state"):
        resumed.set_params(random_state=None).fit(X, y)

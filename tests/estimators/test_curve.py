"""From scikit-learn's weights, its loss curve: the same numbers to rounding."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
import sklearn.neural_network
from sklearn.utils.fixes import parse_version

import walnet

OPTIONS = [
    {},
    {"solver": "sgd"},
    {"solver": "sgd", "learning_rate": "invscaling", "nesterovs_momentum": False},
    {"solver": "sgd", "learning_rate": "adaptive", "learning_rate_init": 0.1},
    {"activation": "logistic", "hidden_layer_sizes": (8, 7)},
    {"activation": "tanh", "batch_size": 33, "alpha": 0.1},
    {"early_stopping": True},
    {"shuffle": False, "momentum": 1.0, "solver": "sgd", "tol": 0.1},
]


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("target", ["two", "three", "several", "numbers", "both"])
@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_the_loss_curve_and_the_weights_are_scikit_learns(
    data, options, target, weighted
):
    kind = "MLPRegressor" if target in {"numbers", "both"} else "MLPClassifier"
    y = getattr(data, target)
    if y.dtype.kind == "U" and parse_version(sklearn.__version__) < parse_version(
        "1.9"
    ):
        y = np.unique(y, return_inverse=True)[1]  # text fails there, to stop early
    given = (data.X, y, data.w if weighted else None)
    options = {"max_iter": 15, "random_state": 3} | options
    ours = getattr(walnet, kind)(**options).fit(*given)
    theirs = getattr(sklearn.neural_network, kind)(**options).fit(*given)
    np.testing.assert_allclose(ours.loss_curve_, theirs.loss_curve_, rtol=1e-11)
    for mine, other in zip(ours.coefs_, theirs.coefs_, strict=True):
        np.testing.assert_allclose(mine, other, rtol=1e-9, atol=1e-11)
    scores = (ours.validation_scores_ or [], theirs.validation_scores_ or [])
    np.testing.assert_allclose(*scores, rtol=1e-9)
    assert (ours.n_iter_, ours.t_) == (theirs.n_iter_, theirs.t_)
    assert ours.out_activation_ == theirs.out_activation_
    if kind == "MLPClassifier":
        assert (ours.predict(data.X) == theirs.predict(data.X)).all()
    else:
        np.testing.assert_allclose(ours.predict(data.X), theirs.predict(data.X))


@pytest.mark.parametrize("target", ["two", "three", "several", "numbers"])
def test_lbfgs_ends_where_scikit_learns_does(data, target):
    kind = "MLPRegressor" if target == "numbers" else "MLPClassifier"
    options = {"solver": "lbfgs", "max_iter": 20, "random_state": 0}
    y = getattr(data, target)
    ours = getattr(walnet, kind)(**options).fit(data.X, y)
    theirs = getattr(sklearn.neural_network, kind)(**options).fit(data.X, y)
    assert ours.loss_ == pytest.approx(theirs.loss_, rel=1e-6)
    assert ours.n_iter_ == theirs.n_iter_


def test_poisson_is_scikit_learns(data):
    y = abs(data.numbers)
    options = {"loss": "poisson", "max_iter": 10, "random_state": 0}
    ours = walnet.MLPRegressor(**options).fit(data.X, y)
    theirs = sklearn.neural_network.MLPRegressor(**options).fit(data.X, y)
    np.testing.assert_allclose(ours.loss_curve_, theirs.loss_curve_, rtol=1e-11)
    np.testing.assert_allclose(ours.predict(data.X), theirs.predict(data.X), rtol=1e-9)


def test_partial_fit_goes_on_as_scikit_learns(data):
    ours = walnet.MLPClassifier(random_state=0, batch_size=50)
    theirs = sklearn.neural_network.MLPClassifier(random_state=0, batch_size=50)
    for rows in (slice(0, 120), slice(120, 170), slice(170, 240)):
        for model in (ours, theirs):
            model.partial_fit(data.X[rows], data.three[rows], classes=[0, 1, 2])
    np.testing.assert_allclose(ours.loss_curve_, theirs.loss_curve_, rtol=1e-12)
    for mine, other in zip(ours.coefs_, theirs.coefs_, strict=True):
        np.testing.assert_allclose(mine, other, atol=1e-12)


def test_from_sklearn_predicts_the_same_and_shares_nothing(data):
    theirs = sklearn.neural_network.MLPClassifier(
        max_iter=25, early_stopping=True, random_state=np.random.RandomState(0)
    ).fit(data.X, data.three)
    ours = walnet.from_sklearn(theirs)
    before, held = theirs.predict_proba(data.X), pickle.dumps(theirs)
    np.testing.assert_allclose(ours.predict_proba(data.X), before, atol=1e-13)
    best = theirs.validation_scores_[ours.best_iter_ - 1]
    assert best == theirs.best_validation_score_
    course = ours.history_
    assert course.cost.tolist() == theirs.loss_curve_
    assert course.iterations == 2 * theirs.n_iter_  # of 200 and 16 rows
    assert course.best_epoch == ours.best_iter_ - 1
    ours.set_params(warm_start=True, max_iter=5).fit(data.X, data.three)
    ours.set_params(early_stopping=False).partial_fit(data.X, data.three)
    ours.classes_[:] = 7
    assert pickle.dumps(theirs) == held
    with pytest.raises(walnet.DataError, match="not fitted"):
        walnet.from_sklearn(sklearn.neural_network.MLPRegressor())
    with pytest.raises(walnet.DataError, match="got dict"):
        walnet.from_sklearn({})

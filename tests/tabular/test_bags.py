"""Ensembles of several bags: what each recipe learned, and how much it has to say."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
from scipy.special import softmax
from sklearn.base import clone
from sklearn.metrics import log_loss

from walnet.errors import DataError, HyperparameterError, ShapeError
from walnet.models.model_file import load, save
from walnet.tabular import TabularClassifier, TabularRegressor
from walnet.tabular.ensemble.bag import mean_by_row
from walnet.tabular.ensemble.calibration import (
    fit_mixture,
    fit_shares,
    mean_log_loss,
    right_probabilities,
)
from walnet.tabular.ensemble.training import all_folds
from walnet.tabular.recipes.presets import bag_specs, with_members, with_recipes
from walnet.tabular.rows import Together, canonical_order, new_rows, take

FEW = {
    "recipe": [{"hidden_layers": [16]}, {"hidden_layers": [8, 8]}],
    "max_iter": 12,
    "members": 7,
}
BOTH = [TabularClassifier(**FEW), TabularRegressor(**FEW)]


def rows(seed=1):
    """Return inputs, a number that they have a say in, and a class."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(160, 3))
    number = np.sin(2 * X[:, 0]) + X[:, 1] + 0.2 * rng.normal(size=len(X))
    return X, number, np.digitize(number, [-0.5, 0.5])


def fitted(model, **changes):
    """Return a fitted copy and new rows."""
    X, number, label = rows()
    y = label if isinstance(model, TabularClassifier) else number
    return clone(model).set_params(**changes).fit(X, y), rows(2)[0]


def answers(model, X):
    """Return probabilities or numbers."""
    return getattr(model, "predict_proba", model.predict)(X)


@pytest.mark.parametrize("model", BOTH)
def test_members_are_shared_out_and_bags_have_their_recipe(model):
    learned, _ = fitted(model)
    assert [len(bag.parameters) for bag in learned.bags_] == [4, 3]
    assert [bag.recipe.hidden_layers for bag in learned.bags_] == [(16,), (8, 8)]
    assert learned.n_members_ == 7
    assert len(learned.shares_) == 3
    assert min(learned.shares_) >= 0
    assert "→ 16 →" in learned.describe()["bag 1"]
    assert "→ 8 → 8 →" in learned.describe()["bag 2"]


@pytest.mark.parametrize("model", BOTH)
def test_the_answer_is_the_bags_each_times_its_share(model):
    learned, X = fitted(model)
    said = learned._outputs(learned._encoded(X))
    linear = np.zeros_like(said[0][0])
    if learned.linear_ is not None:
        starts = learned.preprocessor_.level_starts
        linear = learned.linear_.outputs(learned._encoded(X), starts)
    a, b, c = learned.shares_
    if isinstance(model, TabularClassifier):
        sharp = [
            softmax(bag.sharpness * each, axis=-1).mean(axis=0)
            for bag, each in zip(learned.bags_, said, strict=True)
        ]
        expected = a * sharp[0] + b * sharp[1] + c * softmax(linear, axis=1)
        assert a + b + c == pytest.approx(1.0)
    else:
        mean = a * said[0].mean(axis=0) + b * said[1].mean(axis=0) + c * linear
        expected = learned.mean_ + learned.deviation_ * mean[:, 0]
        expected = np.clip(expected, *learned.range_)
    np.testing.assert_allclose(answers(learned, X), expected, rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("model", BOTH)
def test_threads_files_and_pickles_change_no_bit(model, tmp_path):
    learned, X = fitted(model, n_jobs=1)
    expected = answers(learned, X)
    save(learned, tmp_path / "m.walnet")
    for other in (
        fitted(model, n_jobs=2)[0],
        load(tmp_path / "m.walnet"),
        pickle.loads(pickle.dumps(learned)),
    ):
        np.testing.assert_array_equal(answers(other, X), expected)


def test_what_members_learn_from_is_said_of_every_bag():
    X, number, _ = rows()
    model = TabularRegressor(max_iter=2).fit(X, number)
    said = model.describe()["each learns from"]
    assert said == "all rows but one part in 8, or 4"


def test_one_recipe_makes_one_bag_and_the_first_bag_is_as_if_alone():
    model = TabularRegressor(recipe={"hidden_layers": [16]}, max_iter=12, members=4)
    alone, _ = fitted(model)
    both, _ = fitted(BOTH[1])
    assert len(alone.bags_) == 1
    np.testing.assert_array_equal(
        alone.bags_[0].parameters, both.bags_[0].parameters[:4]
    )


def test_a_short_time_gives_up_bags_before_it_gives_up_members():
    X, number, _ = rows()
    model = TabularRegressor(n_jobs=1, time_limit=1e-3)
    with pytest.warns(UserWarning, match="time limit"):
        model.fit(X, number)
    assert [len(bag.parameters) for bag in model.bags_] == [1]


def test_equal_rows_are_in_one_part():
    rng = np.random.default_rng(0)
    places = np.repeat(np.arange(40), rng.integers(1, 5, 40))
    X = rng.normal(size=(40, 2)).astype(np.float32)[places]
    y, nothing = (places % 3).astype(np.float32), np.zeros((len(places), 0), np.int32)
    data = new_rows(X, nothing, y, np.ones_like(y))
    data = take(data, canonical_order(data))
    spec = bag_specs("balanced", 100, n_classes=2)[0]
    hidden = all_folds(data, spec, 0, classes=True)
    assert (hidden.sum(axis=0) == 1).all()
    for part in hidden:
        unseen = set(map(tuple, data.X[part]))
        assert unseen
        assert not unseen & set(map(tuple, data.X[~part]))


def grouped_rows(together):
    """Return rows with classes, and which of them each member does not see."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(len(together.codes), 2)).astype(np.float32)
    y, nothing = (rng.random(len(X)) < 0.5).astype(np.float32), np.zeros((len(X), 0))
    data = new_rows(X, nothing.astype(np.int32), y, np.ones_like(y))
    spec = bag_specs("balanced", 100, n_classes=2)[0]
    return all_folds(data, spec, 0, together, classes=True), spec.folds


def test_rows_of_a_group_are_in_one_part():
    codes = np.random.default_rng(1).integers(0, 12, 200)
    hidden, folds = grouped_rows(Together(codes))
    assert (hidden[:folds].sum(axis=0) == 1).all()
    for part in hidden:
        assert part.any()
        assert not set(codes[part]) & set(codes[~part])


def test_rows_in_time_are_left_out_in_stretches():
    times = np.random.default_rng(1).integers(0, 100, 800)
    hidden, folds = grouped_rows(Together(times, is_ordered=True))
    assert (hidden[:folds].sum(axis=0) == 1).all()
    sizes = hidden[:folds].sum(axis=1)
    assert sizes.min() > 0.8 * 800 / folds
    for part in hidden:
        unseen = np.unique(times[part])
        assert not set(unseen) & set(times[~part])
        gaps = np.diff(unseen) > 1
        assert gaps.sum() <= (1 if unseen[0] == 0 else 0)  # the end begins the first


def near_copies(n_groups=30, each=20):
    """Return groups of rows that are nearly equal, and classes that are chance."""
    rng = np.random.default_rng(0)
    groups = np.repeat(np.arange(n_groups), each)
    X = rng.normal(size=(n_groups, 4))[groups] + rng.normal(0, 0.01, (len(groups), 4))
    return X, (rng.random(n_groups) < 0.5)[groups], groups


def test_what_is_said_of_new_groups_is_true_if_groups_are_given():
    X, y, groups = near_copies()
    new = np.isin(groups, np.unique(groups)[:10])
    names = np.array([f"g{group}" for group in groups], object)
    losses = {}
    for given in (None, names[~new]):
        model = TabularClassifier(preset="fast", max_iter=60)
        model.fit(X[~new], y[~new], groups=given)
        true = log_loss(y[new], model.predict_proba(X[new]))
        losses[given is None] = model.validation_loss_, true
    blind, true = losses[True]
    assert blind < 0.3 * true
    known, true = losses[False]
    assert known > 0.7 * true


def test_groups_and_times_may_be_columns_and_are_checked():
    X, y, groups = near_copies(6, 5)
    table = dict(zip("abcd", X.T, strict=True)) | {"g": groups, "y": y}
    few = {"preset": "fast", "members": 2, "max_iter": 2}
    by_name = TabularClassifier(**few).fit(table, "y", groups="g")
    assert list(by_name.feature_names_in_) == ["a", "b", "c", "d"]
    by_value = TabularClassifier(**few).fit(X, y, groups=groups)
    assert np.array_equal(by_name.predict_proba(table), by_value.predict_proba(X))
    timed = TabularRegressor(**few).fit(table, "a", times="g")
    assert list(timed.feature_names_in_) == ["b", "c", "d", "g", "y"]
    shuffled = np.random.default_rng(0).permutation(len(X))
    some = np.where(groups < 2, np.nan, groups)  # without a group: each by itself
    in_order = TabularClassifier(**few).fit(X, y, groups=some)
    other = TabularClassifier(**few)
    other.fit(X[shuffled], y[shuffled], groups=some[shuffled])
    assert np.array_equal(other.predict_proba(X), in_order.predict_proba(X))
    for given, error, message in [
        ({"groups": groups[:3]}, ShapeError, "groups must have a value for each of 30"),
        ({"groups": np.zeros(30)}, DataError, "groups must hold at least 2 different"),
        ({"groups": groups, "times": groups}, HyperparameterError, "by groups or by"),
        ({"times": [None, *range(29)]}, DataError, "'times' has no value in row 1"),
        ({"times": ["a"] * 30}, DataError, "'times' must hold dates or numbers"),
    ]:
        with pytest.raises(error, match=message):
            TabularClassifier(**few).fit(X, y, **given)


def test_weights_of_whole_numbers_do_not_make_a_model_sure_of_itself():
    X, number, _ = rows()
    plain = TabularRegressor(preset="fast", max_iter=24).fit(X, number)
    heavy = clone(plain).fit(X, number, sample_weight=np.full(len(X), 4))
    assert heavy.validation_loss_ > 0.7 * plain.validation_loss_


def test_a_bag_that_was_ended_early_is_left_out():
    X, number, _ = rows()

    def enough(training):
        if training.done == 5:
            training.stop("enough")

    model = TabularRegressor(**FEW, n_jobs=1, callbacks=enough).fit(X, number)
    assert [len(bag.parameters) for bag in model.bags_] == [4]
    assert len(model.residuals_) == len(X)
    assert model.describe()["epochs of each"] == "12"
    assert "4 of 7 networks" in model.warnings_[-1]


def test_a_mixture_is_at_least_as_good_as_each_of_its_parts():
    rng = np.random.default_rng(0)
    y, w = rng.integers(0, 3, 200), rng.uniform(0.5, 2, 200)
    outputs = rng.normal(size=(3, 200, 3))
    outputs += 2 * np.eye(3)[y] * rng.uniform(size=(3, 200, 1))
    right = np.stack([right_probabilities(each, y) for each in outputs])
    np.testing.assert_allclose(right, softmax(outputs, axis=-1)[:, np.arange(200), y])
    shares = fit_mixture(right, w)
    mixture = mean_log_loss(shares @ right, w)
    assert sum(shares) == pytest.approx(1.0)
    assert mixture <= min(mean_log_loss(part, w) for part in right)
    for place in range(3):  # no small step away is better
        nudged = np.array(shares) * 0.99
        nudged[place] += 0.01
        other = mean_log_loss(nudged @ right, w)
        assert mixture <= other + 1e-6


def test_shares_of_numbers_are_of_least_squares():
    rng = np.random.default_rng(0)
    y, w = rng.normal(size=50), rng.uniform(0.5, 2, 50)
    parts = np.stack([y + rng.normal(size=50), y + rng.normal(size=50), -y])
    a, b, c = fit_shares(parts, y, w)
    off = w * (a * parts[0] + b * parts[1] - y)
    assert c == 0.0
    assert parts[:2] @ off == pytest.approx([0, 0], abs=1e-9)


def test_what_is_said_twice_of_a_row_counts_once():
    rows, values = np.array([2, 0, 2]), np.array([[1.0, 4.0], [3.0, 3.0], [2.0, 0.0]])
    means = mean_by_row(rows, values, 4)
    np.testing.assert_array_equal(means[[0, 2]], [[3.0, 3.0], [1.5, 2.0]])
    assert np.isnan(means[[1, 3]]).all()


@pytest.mark.parametrize(
    "recipe", [[], 3, [3], "hidden", [{"hidden_layers": [4]}, None]]
)
def test_a_recipe_that_is_none_is_refused(recipe):
    with pytest.raises(
        HyperparameterError, match="recipe must be a mapping, or a list"
    ):
        with_recipes(bag_specs("balanced", 100, n_classes=2), recipe)


def test_fewer_members_than_bags_leave_the_last_bags_out():
    specs = with_members(bag_specs("balanced", 100, n_classes=0), 1)
    assert [spec.members for spec in specs] == [1]
    assert specs[0].folds == 4

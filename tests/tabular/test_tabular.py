"""The estimators for tables: what they promise of any table, bad ones included."""

from __future__ import annotations

import math
import pickle
import time
import warnings
from datetime import date, timedelta

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import scipy.sparse
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning, NotFittedError
from sklearn.utils.estimator_checks import parametrize_with_checks

import walnet
from walnet.errors import DataError, FileFormatError, HyperparameterError
from walnet.models.model_file import load, save
from walnet.tabular import TabularClassifier, TabularRegressor

QUICK = {"preset": "fast", "max_iter": 24, "n_jobs": 1}
BOTH = [TabularClassifier(**QUICK), TabularRegressor(**QUICK)]


@parametrize_with_checks(
    [est.set_params(max_iter=30, members=2) for est in map(clone, BOTH)]
)
def test_scikit_learns_contract(estimator, check):
    check(estimator)


def mixed(n=150, seed=0):
    """Return a table of every kind of column, a number and a class to predict."""
    rng = np.random.default_rng(seed)
    size = rng.normal(size=n)
    level = rng.integers(0, 15, n)
    table = {
        "size": [None if i % 11 == 3 else float(v) for i, v in enumerate(size)],
        "hue": [None if i % 7 == 0 else "rgb"[k % 3] for i, k in enumerate(level)],
        "shop": [f"shop {k}" for k in level],
        "paid": rng.integers(0, 2, n).astype(bool),
        "day": [date(2024, 1, 1) + timedelta(days=int(d)) for d in level * 20],
        "constant": [1.0] * n,
        "empty": [None] * n,
    }
    number = size + 0.3 * (level % 3) + 0.1 * rng.normal(size=n)
    return table, number, np.where(number > 0.3, "yes", "no")


def answers(model, X):
    """Return probabilities or numbers."""
    return getattr(model, "predict_proba", model.predict)(X)


def fitted(model, **changes):
    """Return a fitted copy, its table and its target."""
    table, number, label = mixed()
    y = label if isinstance(model, TabularClassifier) else number
    return clone(model).set_params(**changes).fit(table, y), table, y


@pytest.mark.parametrize("model", BOTH)
def test_columns_of_every_kind_are_learned_from(model):
    trained, table, y = fitted(model, max_iter=64)
    assert trained.score(table, y) > 0.85
    left_out = " ".join(trained.warnings_)
    assert "'constant'" in left_out
    assert "'empty'" in left_out


@pytest.mark.parametrize("model", BOTH)
def test_same_seed_same_bits_whatever_the_threads_or_the_order_of_the_rows(model):
    trained, table, y = fitted(model)
    expected = answers(trained, table)
    assert (answers(fitted(model, n_jobs=2)[0], table) == expected).all()
    order = np.random.default_rng(3).permutation(len(y))
    shuffled = {name: [values[i] for i in order] for name, values in table.items()}
    again = clone(model).fit(shuffled, y[order])
    assert (answers(again, table) == expected).all()
    assert (answers(fitted(model, random_state=1)[0], table) != expected).any()


@pytest.mark.parametrize("model", BOTH)
def test_frames_files_and_dictionaries_are_one_table(model, tmp_path):
    trained, table, y = fitted(model)
    expected = answers(trained, table)
    arrow = pa.table(table)
    pq.write_table(arrow, tmp_path / "t.parquet")
    pq.write_table(arrow.append_column("y", pa.array(y)), tmp_path / "y.parquet")
    for other in (
        arrow,
        pl.DataFrame(table),
        arrow.to_pandas(),
        tmp_path / "t.parquet",
    ):
        assert np.allclose(answers(trained, other), expected, rtol=1e-12)
    by_name = clone(model).fit(str(tmp_path / "y.parquet"), "y")
    assert (answers(by_name, table) == expected).all()


@pytest.mark.parametrize("model", BOTH)
def test_a_saved_model_answers_the_same_to_the_bit(model, tmp_path):
    trained, table, _ = fitted(model)
    save(trained, tmp_path / "m.walnet")
    loaded = load(tmp_path / "m.walnet")
    assert type(loaded) is type(trained)
    assert (answers(loaded, table) == answers(trained, table)).all()
    assert loaded.get_params() == trained.get_params()
    assert (
        answers(pickle.loads(pickle.dumps(trained)), table) == answers(trained, table)
    ).all()
    save(loaded, tmp_path / "again.walnet")
    assert (tmp_path / "m.walnet").read_bytes() == (
        tmp_path / "again.walnet"
    ).read_bytes()


@pytest.mark.parametrize("model", BOTH)
def test_a_file_whose_parts_do_not_belong_together_is_refused(model):
    _, header, arrays = fitted(model)[0].to_saved()
    fewer = arrays | {"bag 1": arrays["bag 1"][:, 1:]}
    bag, *others = header["bags"]
    changes = [
        (header | {"bags": [bag | {"hidden": [2**40]}, *others]}, arrays),
        (header | {"bags": [bag | {"hidden": [8]}, *others]}, arrays),
        (header | {"bags": [bag | {"activation": "softmax"}, *others]}, arrays),
        (header | {"bags": [bag | {"sharpness": 0.0}, *others]}, arrays),
        (header | {"bags": [bag, bag]}, arrays),
        (header | {"bags": []}, arrays),
        (header | {"preprocessor": None}, arrays),
        (header | {"task": header["task"] | {"shares": [1.0]}}, arrays),
        (header | {"n_features": 2}, arrays),
        (header | {"task": {}}, arrays),
        (header | {"more": 1}, arrays),
        (header, fewer),
        (header, arrays | {"other": np.ones(3)}),
        (header, arrays | {"linear": np.ones((2, 2))}),
    ]
    for changed, parts in changes:
        with pytest.raises(FileFormatError):
            type(model).from_saved(changed, parts)


def test_saving_needs_a_fitted_model(tmp_path):
    with pytest.raises(NotFittedError, match="fit first"):
        save(TabularClassifier(), tmp_path / "m.walnet")


def wave(n=400, seed=0):
    """Return a smooth regression problem of well-scaled features."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, 4))
    return X, np.sin(2 * X[:, 0]) + X[:, 1] * X[:, 2] + 0.05 * rng.normal(size=n)


@pytest.mark.parametrize(
    ("X_factor", "y_factor", "y_offset"),
    [(1, 1, 1e6), (1, 1e9, 0), (1, 1e-9, 0), (1e6, 1, 0), (1e-8, 1, 0), (1e160, 1, 0)],
)
def test_scale_and_offset_change_nothing(X_factor, y_factor, y_offset):
    X, y = wave()
    model = TabularRegressor(**QUICK | {"max_iter": 64})
    plain = clone(model).fit(X[:300], y[:300]).score(X[300:], y[300:])
    X, y = X * X_factor, y * y_factor + y_offset
    assert clone(model).fit(X[:300], y[:300]).score(X[300:], y[300:]) == (
        pytest.approx(plain, abs=0.01)
    )
    assert plain > 0.8


def test_a_column_of_years_does_no_harm():
    X, y = wave(1200)
    year = np.random.default_rng(1).integers(1990, 2020, len(y))
    model = TabularRegressor(**QUICK | {"max_iter": 64})
    plain = clone(model).fit(X[:900], y[:900]).score(X[900:], y[900:])
    X = np.column_stack([X, year])
    assert model.fit(X[:900], y[:900]).score(X[900:], y[900:]) > plain - 0.03


@pytest.mark.parametrize("huge", [1e38, 1e300])
def test_huge_values_give_finite_answers(huge):
    X, y = wave(100)
    X[5, 0], X[6, 1] = huge, -huge
    model = TabularRegressor(**QUICK).fit(X, y)
    assert np.isfinite(model.predict(X)).all()
    assert np.isfinite(TabularRegressor(**QUICK).fit(X, y * huge / 9).predict(X)).all()


@pytest.mark.parametrize("model", BOTH)
def test_missing_further_and_reordered_columns_at_prediction(model):
    trained, table, _ = fitted(model)
    expected = answers(trained, table)
    backwards = dict(reversed(table.items())) | {"further": [0] * 150}
    assert (answers(trained, backwards) == expected).all()
    with pytest.raises(DataError, match="'shop'"):
        trained.predict({k: v for k, v in table.items() if k != "shop"})
    with pytest.raises(DataError, match=r"'size'.*row 1"):
        trained.predict(table | {"size": ["big"] * 150})
    unknown = table | {"shop": ["shop new"] * 150}
    assert np.isfinite(answers(trained, unknown)).all()
    assert any("not seen" in note for note in trained.drift(unknown))
    assert trained.drift(table) == []


def bad(**changes):
    """Return a table and target with something wrong."""
    table, _, label = mixed(40)
    return {"X": table, "y": label} | changes


@pytest.mark.parametrize(
    ("case", "message"),
    [
        (bad(y=["a", 1.0] * 20), "text.*row 1.*row 2"),
        (bad(y=["a"] * 39 + [None]), "row 40"),
        (bad(y=["a", "b"] * 19), "40 rows.*38"),
        (bad(y=None), "y"),
        (bad(X={"a": [1.0] * 40}), "only the value 1"),
        (bad(X={"a": [None] * 40}), "no column"),
        (bad(X=pa.Table.from_arrays([pa.array(range(40))] * 2, ["a", "a"])), "2 times"),
        (bad(X={"a": [np.inf] * 40}), "inf in row 1"),
        (bad(sample_weight=np.zeros(40)), "above 0"),
        (bad(sample_weight=-np.ones(40)), "row 1"),
        (bad(sample_weight=np.full(40, np.nan)), "row 1"),
        (bad(X={"a": []}, y=[]), "row"),
        (bad(X="nowhere.csv", y="y"), "nowhere"),
    ],
)
def test_bad_input_is_refused_in_a_sentence(case, message):
    with pytest.raises(ValueError, match=message):
        TabularClassifier(**QUICK).fit(**case)


@pytest.mark.parametrize(
    "parameters",
    [
        {"preset": "great"},
        {"time_limit": 0},
        {"time_limit": "1m"},
        {"members": 0},
        {"max_iter": 1.5},
        {"n_jobs": 0},
        {"n_jobs": 1.5},
    ],
)
def test_parameters_outside_their_range_are_refused(parameters):
    with pytest.raises(HyperparameterError):
        TabularClassifier(**QUICK | parameters).fit([[1.0], [2.0]] * 9, [0, 1] * 9)


def test_one_class_gives_one_column_of_ones():
    model = TabularClassifier(**QUICK).fit([[1.0], [2.0], [3.0]], ["a"] * 3)
    assert model.predict_proba([[1.0], [5.0]]).tolist() == [[1.0], [1.0]]
    assert model.predict([[9.0]]).tolist() == ["a"]


def test_classes_of_one_row_are_learned(tmp_path):
    X = np.arange(60.0)[:, None]
    y = np.repeat(["a", "b"], 30).astype(object)
    y[59] = "alone"
    model = TabularClassifier(**QUICK).fit(X, y)
    assert model.predict_proba(X).shape == (60, 3)
    save(model, tmp_path / "m.walnet")
    assert (load(tmp_path / "m.walnet").predict(X) == model.predict(X)).all()


def test_more_columns_than_rows():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(60, 2000)).astype(np.float32)
    y = X[:, 0] > 0
    model = TabularClassifier(preset="fast", max_iter=2, members=2).fit(X, y)
    assert np.isfinite(model.predict_proba(X)).all()


def test_a_weight_is_a_number_of_rows():
    X, y = wave(60)
    weights = np.random.default_rng(0).integers(0, 3, 60)
    rows = np.repeat(np.arange(60), weights)
    weighed = TabularRegressor(**QUICK).fit(X, y, sample_weight=weights)
    repeated = TabularRegressor(**QUICK).fit(X[rows], y[rows])
    assert (weighed.predict(X) == repeated.predict(X)).all()
    fractions = TabularRegressor(**QUICK).fit(X, y, sample_weight=weights / 3 + 0.1)
    assert (fractions.predict(X) != weighed.predict(X)).any()


def test_intervals_hold_their_share_of_new_numbers():
    held = []
    for seed in (0, 1, 2):
        X, y = wave(900, seed)
        model = TabularRegressor(**QUICK | {"max_iter": 64}).fit(X[:300], y[:300])
        ends = [model.predict_interval(X[300:], coverage) for coverage in (0.5, 0.9)]
        held.append([np.mean((a <= y[300:]) & (y[300:] <= b)) for a, b in ends])
    half, most = np.mean(held, axis=0)
    # Rather too wide: fewer members predict the rows they are measured by.
    assert 0.46 < half < 0.72
    assert 0.87 < most < 0.99
    with pytest.raises(HyperparameterError, match="coverage"):
        model.predict_interval(X, 1.0)


def test_probabilities_mean_what_they_say():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(2400, 3))
    truth = 1 / (1 + np.exp(-2 * X[:, 0]))
    y = rng.random(2400) < truth
    model = TabularClassifier(**QUICK).fit(X[:400], y[:400])
    said = model.predict_proba(X[400:])[:, 1]
    assert np.abs(said - truth[400:]).mean() < 0.06


@pytest.mark.slow
@pytest.mark.parametrize("preset", ["fast", "balanced", "best"])
@pytest.mark.parametrize("n_rows", [3000, 200_000])
def test_a_time_limit_is_kept_within_a_tenth(preset, n_rows):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(n_rows, 8))
    TabularClassifier(**QUICK).fit(X[:100], X[:100, 0] > 0)  # kernels are loaded
    model = TabularClassifier(preset=preset, time_limit=6)
    started = time.monotonic()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        model.fit(X, X[:, 0] * X[:, 1] > 0)
    assert time.monotonic() - started < 6.6
    assert model.score(X[:3000], X[:3000, 0] * X[:3000, 1] > 0) > 0.8


def test_a_limit_too_short_for_an_epoch_gives_the_best_there_is_and_says_so():
    X, y = wave(3000)
    with pytest.warns(ConvergenceWarning, match="time limit"):
        model = TabularRegressor(n_jobs=1, time_limit=1e-3).fit(X, y)
    assert np.isfinite(model.predict(X)).all()
    assert "time limit" in model.warnings_[-1]


def test_a_limit_that_was_not_short_is_not_called_short():
    X, y = wave(60)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model = TabularRegressor(max_iter=4, members=2, time_limit=600).fit(X, y)
    assert model.warnings_ == []


@pytest.mark.parametrize("limit", [math.nan, math.inf, -1.0, "1"])
def test_a_time_that_is_none_is_refused_also_for_one_class(limit):
    with pytest.raises(HyperparameterError, match="time_limit must be a number of"):
        TabularClassifier(time_limit=limit).fit([[1.0], [2.0]], ["a", "a"])


@pytest.mark.parametrize("n_rows", [2, 1000])
def test_inputs_that_are_the_same_in_all_rows_of_a_member(n_rows):
    x, y = np.zeros((n_rows, 1)), np.linspace(0, 1, n_rows)
    x[0] = 1.0
    model = TabularRegressor(**QUICK).fit(x, y)
    assert np.isfinite(model.predict(x)).all()


def test_NA_in_a_target_of_text_is_one_sentence():
    y = pd.Series(["a", pd.NA, "b"], dtype="string")
    with pytest.raises(DataError, match="a value in every row, got NaN in row 2"):
        TabularClassifier(**QUICK).fit([[1.0], [2.0], [3.0]], y)


def test_numbers_of_NumPy_are_parameters_that_can_be_saved(tmp_path):
    X, y = wave(60)
    numbers = {"members": np.int64(2), "max_iter": np.int32(2)}
    recipe = {"hidden_layers": [np.int64(8)], "dropout": np.float64(0.1)}
    model = TabularRegressor(recipe=recipe, **numbers).fit(X, y)
    save(model, tmp_path / "m.walnet")
    loaded = load(tmp_path / "m.walnet")
    assert (loaded.predict(X) == model.predict(X)).all()


def test_public_names():
    assert walnet.TabularClassifier is TabularClassifier
    assert walnet.TabularRegressor is TabularRegressor


def test_a_sparse_matrix_is_columns_of_numbers():
    rng = np.random.default_rng(0)
    X = np.where(rng.random((80, 4)) < 0.4, rng.normal(size=(80, 4)), 0.0)
    y = X.sum(axis=1)
    quick = {"preset": "fast", "members": 1, "max_iter": 4}
    sparse = scipy.sparse.csr_array(X)
    model = TabularRegressor(**quick).fit(sparse, y)
    dense = TabularRegressor(**quick).fit(X, y)
    np.testing.assert_array_equal(model.predict(sparse), dense.predict(X))
    wide = scipy.sparse.csr_array((20_000, 10_000))
    with pytest.raises(DataError, match=r"too large to be made dense.* MLPClassifier"):
        model.fit(wide, np.ones(20_000))


def test_rows_without_a_target_are_said_where_a_column_is_the_target():
    table = {"a": list(range(20)), "y": ["no", "yes"] * 9 + ["yes", None]}
    fitted = TabularClassifier(preset="fast", members=2).fit(table, "y")
    assert fitted.warnings_ == ["1 row of 20 has no target 'y' and is left out"]


def test_weights_that_sum_to_the_number_of_rows_count_all_the_same():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(300, 2))
    y = (X[:, 0] + rng.normal(size=300) > 1.5).astype(int)
    balanced = len(y) / (2 * np.bincount(y)[y])  # fractions, 1 on average
    weighed = TabularClassifier(**QUICK).fit(X, y, sample_weight=balanced)
    doubled = TabularClassifier(**QUICK).fit(X, y, sample_weight=2 * balanced)
    plain = TabularClassifier(**QUICK).fit(X, y)
    assert np.array_equal(weighed.predict_proba(X), doubled.predict_proba(X))
    assert (
        weighed.predict_proba(X)[:, 1].mean() > 2 * plain.predict_proba(X)[:, 1].mean()
    )


def test_a_row_that_comes_twice_and_one_that_never_comes_leave_the_others_in_place():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(200, 2))
    y = 3 * X[:, 0]
    weights = np.ones(200)
    weights[:50], weights[50:100] = 2, 0  # as many rows as before
    given = TabularRegressor(**QUICK).fit(X, y, sample_weight=weights)
    taken = np.repeat(np.arange(200), weights.astype(int))
    same = TabularRegressor(**QUICK).fit(X[taken], y[taken])
    assert np.array_equal(given.predict(X), same.predict(X))


def test_a_table_without_a_mistake_does_not_make_answers_certain():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(200, 2)) + np.repeat([[-6.0], [6.0]], 100, axis=0)
    y = np.repeat([0, 1], 100)
    model = TabularClassifier(**QUICK | {"max_iter": 40}).fit(X, y)
    assert model.score(X, y) == 1.0
    least = model.predict_proba(X).min()
    assert 1e-4 < least < 0.02  # one mistake in some 200 rows has not been ruled out

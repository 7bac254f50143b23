"""What comes in: scales, shapes, types, weights. Each has one stated outcome."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pandas as pd
import polars as pl
import pytest
import scipy.sparse
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import clone

import walnet
from walnet import MLPClassifier, MLPRegressor

QUICK = {"max_iter": 3, "hidden_layer_sizes": 5, "random_state": 0}


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("kind", [MLPClassifier, MLPRegressor])
def test_values_that_are_not_finite_are_refused(data, kind, bad):
    X = data.X.copy()
    X[7, 2] = bad
    where = r"(NaN|infinity).*: the first in row 7, column 2, counted from 0"
    with pytest.raises(ValueError, match=where):
        kind(**QUICK).fit(X, data.three)
    model = kind(**QUICK).fit(data.X, data.three)
    for wrong in (X, scipy.sparse.csr_matrix(X)):
        with pytest.raises(ValueError, match=where):
            model.predict(wrong)
    with pytest.raises(ValueError, match=f"^Input X_val contains {where}"):
        kind(**QUICK).fit(data.X, data.three, X_val=X, y_val=data.three)
    y = np.where(np.arange(240) == 9, bad, data.numbers)
    with pytest.raises(ValueError, match=r"Input y .*: the first in row 9\."):
        MLPRegressor(**QUICK).fit(data.X, y)


def test_one_row_one_column_and_no_rows_have_an_outcome(data):
    for shape in ((0, 3), (4, 0)):
        with pytest.raises(ValueError, match="minimum of 1 is required"):
            MLPRegressor(**QUICK).fit(np.zeros(shape), np.zeros(shape[0]))
    assert MLPRegressor(**QUICK).fit([[1.0]], [2.0]).predict([[1.0]]).shape == (1,)
    X = np.c_[data.X, np.full(240, 7.0)]
    for standardize in (False, True):
        model = MLPClassifier(standardize=standardize, **QUICK)
        assert np.isfinite(model.fit(X, data.two).predict_proba(X)).all()
    same = np.repeat(data.X[:1], 50, axis=0)
    assert np.isfinite(MLPRegressor(**QUICK).fit(same, np.arange(50)).loss_)


def test_one_class_is_certain(data):
    model = MLPClassifier(**QUICK).fit(data.X, np.full(240, "only"))
    np.testing.assert_array_equal(model.predict_proba(data.X), np.ones((240, 1)))
    assert set(model.predict(data.X)) == {"only"}


def test_classes_of_few_rows_are_learned(data):
    y = np.zeros(240, int)
    y[0] = 1
    assert MLPClassifier(**QUICK).fit(data.X, y).classes_.tolist() == [0, 1]
    with pytest.raises(ValueError, match=r"early_stopping=True sets 0\.1 of"):
        MLPClassifier(early_stopping=True, **QUICK).fit(data.X, y)
    with pytest.raises(ValueError, match="validation set is too small"):
        MLPRegressor(early_stopping=True, **QUICK).fit([[1.0], [2.0]], [0.0, 1.0])


@pytest.mark.slow
def test_ten_thousand_classes():
    X = np.random.default_rng(0).normal(size=(10_000, 3)).astype("f4")
    model = MLPClassifier(hidden_layer_sizes=4, max_iter=1).fit(X, np.arange(10_000))
    assert model.predict_proba(X[:2]).shape == (2, 10_000)


RESCALED = {
    "y + 1e6": (lambda X: X, lambda y: y + 1e6),
    "y · 1e9": (lambda X: X, lambda y: y * 1e9),
    "y / 1e9": (lambda X: X, lambda y: y * 1e-9),
    "X · 1e6": (lambda X: X * 1e6, lambda y: y),
    "X / 1e8": (lambda X: X * 1e-8, lambda y: y),
    "year": (lambda X: X + np.r_[2020, 0, 0, 0, 0], lambda y: y),
}


@pytest.mark.parametrize("change", RESCALED)
def test_scales_do_not_matter_where_the_estimator_standardises(data, change):
    of_X, of_y = RESCALED[change]
    model = MLPRegressor(
        standardize=True, max_iter=100, learning_rate_init=0.01, random_state=0
    )
    plain = model.fit(data.X, data.numbers).score(data.X, data.numbers)
    X, y = of_X(data.X), of_y(data.numbers)
    assert plain > 0.9
    assert model.fit(X, y).score(X, y) == pytest.approx(plain, abs=0.01)


@pytest.mark.parametrize(("dtype", "size"), [("f4", 1e38), ("f8", 1e300)])
@pytest.mark.parametrize("solver", ["adam", "sgd", "lbfgs"])
@pytest.mark.parametrize("kind", [MLPClassifier, MLPRegressor])
def test_huge_numbers_end_finite_or_in_one_clear_error(data, dtype, size, solver, kind):
    y = data.numbers if kind is MLPRegressor else data.two
    X = (data.X / abs(data.X).max() * size).astype(dtype)
    model = kind(solver=solver, **QUICK)
    # The squares of such numbers do not fit, their products with weights do.
    finite = solver == "lbfgs" and kind is MLPClassifier
    with np.errstate(all="ignore"):
        if finite:
            assert np.isfinite(model.fit(X, y).loss_)
        else:
            clear = "non-finite parameter weights.*large values.*standardize=True"
            with pytest.raises(walnet.DivergedError, match=clear):
                model.fit(X, y)
            assert model.n_iter_ == 0
    assert all(np.isfinite(coef).all() for coef in model.coefs_)
    model.set_params(standardize=True, max_iter=20)
    expected = clone(model).fit(data.X, y).score(data.X, y)
    assert model.fit(X, y).score(X, y) == pytest.approx(expected, abs=1e-5)


@pytest.mark.parametrize("bad", [-1.0, np.nan, np.inf])
def test_bad_weights_are_refused(data, bad):
    w = np.ones(240)
    w[3] = bad
    for kind in (MLPClassifier, MLPRegressor):
        with pytest.raises(ValueError, match=r"(?i)negative|nan|infinity"):
            kind(**QUICK).fit(data.X, data.three, w)
    with pytest.raises(ValueError, match=f"class_weight must .*>= 0, got {bad}"):
        MLPClassifier(class_weight={0: 1, 1: bad}, **QUICK).fit(data.X, data.three)
    with pytest.raises(ValueError, match="zero"):
        MLPRegressor(**QUICK).fit(data.X, data.three, np.zeros(240))


def test_each_type_has_its_outcome(data):
    expected = MLPRegressor(**QUICK).fit(data.X.round(), data.numbers).loss_
    for dtype in ("f2", "i1", "i8", object):
        X = data.X.round().astype(dtype)
        assert MLPRegressor(**QUICK).fit(X, data.numbers).loss_ == expected
    single = MLPRegressor(**QUICK).fit(data.X.astype("f4"), data.numbers)
    assert single.coefs_[0].dtype == single.predict(data.X).dtype == np.float32
    decimals = [[Decimal(1)], [Decimal(2)]]
    assert MLPRegressor(**QUICK).fit(decimals, [0, 1]).n_features_in_ == 1
    booleans = MLPClassifier(**QUICK).fit(data.X > 0, data.two == "yes")
    assert booleans.predict(data.X > 0).dtype == bool
    frame = pd.DataFrame({"size": range(240), "hue": pd.Categorical(["a", "b"] * 120)})
    for categories in (frame, frame.astype({"hue": object})):
        with pytest.raises(ValueError, match=r"column 1 \('hue'\); encode text and"):
            MLPRegressor(**QUICK).fit(categories, data.numbers)
    codes = frame.assign(hue=pd.Categorical([3, 4] * 120))  # numbers stay numbers
    expected = MLPRegressor(**QUICK).fit(codes.to_numpy(float), data.numbers).loss_
    assert MLPRegressor(**QUICK).fit(codes, data.numbers).loss_ == expected
    missing = frame.assign(size=pd.array([1, None] * 120, "Int64"), hue=0.0)
    with pytest.raises(ValueError, match=r"NaN: the first in row 1, column 0 \('size'"):
        MLPRegressor(**QUICK).fit(missing, data.numbers)
    for wrong in (
        data.X.astype("M8[s]"),
        data.X + 1j,
        np.full((240, 1), "text", object),
    ):
        with pytest.raises((ValueError, TypeError)):
            MLPRegressor(**QUICK).fit(wrong, data.numbers)


def test_dates_and_texts_are_no_numbers(data):
    days = pd.Series(pd.date_range("2020", periods=240))
    texts = data.two.astype(object)
    model = MLPRegressor(**QUICK)
    zoned, spans = days.dt.tz_localize("UTC"), days - days[0]
    for y in (days, days.to_numpy(), spans, zoned, data.two):
        with pytest.raises(TypeError, match=r"^y must hold numbers, got"):
            model.fit(data.X, y)
    with pytest.raises(ValueError, match=r"^y must hold numbers: .*MLPClassifier"):
        model.fit(data.X, texts)
    texts[:], texts[9] = 1.0, None
    with pytest.raises(ValueError, match=r"^Input y contains NaN: the first in row 9"):
        model.fit(data.X, texts)
    with pytest.raises(TypeError, match=r"^y_val must hold numbers"):
        model.fit(data.X, data.numbers, X_val=data.X, y_val=days)
    for frame in (pd.DataFrame({"day": days}), pd.DataFrame({"day": spans, "n": 1})):
        for name, rows in (("X", {}), ("X_val", {"X_val": frame, "y_val": data.two})):
            X = frame if name == "X" else data.X
            with pytest.raises(ValueError, match=rf"^{name} must .* column 'day'"):
                MLPClassifier(**QUICK).fit(X, data.two, **rows)


@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
def test_read_only_arrays_give_the_same_numbers(data, solver):
    X, y, w = (np.array(each) for each in (data.X, data.numbers, data.w))
    model = MLPRegressor(solver=solver, **QUICK)
    expected = model.fit(X, y, w).predict(X)
    for each in (X, y, w):
        each.flags.writeable = False
    sparse = scipy.sparse.csr_array(X)
    for each in (sparse.data, sparse.indices, sparse.indptr):
        each.flags.writeable = False
    np.testing.assert_array_equal(model.fit(X, y, w).predict(X), expected)
    model.fit(pd.DataFrame(X), pd.Series(y), pd.Series(w)).predict(pd.DataFrame(X))
    model.fit(sparse, y, w)
    np.testing.assert_allclose(model.predict(X), expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("form", ["csr_matrix", "csc_array", "coo_array"])
def test_sparse_rows_give_the_dense_ones_numbers(data, form):
    X = np.where(abs(data.X) > 1, data.X, 0.0)
    rows = getattr(scipy.sparse, form)(X)
    for options in ({}, {"solver": "lbfgs"}, {"early_stopping": True}):
        dense = MLPClassifier(**QUICK, **options).fit(X, data.two)
        sparse = MLPClassifier(**QUICK, **options).fit(rows, data.two)
        assert sparse.loss_ == pytest.approx(dense.loss_, rel=1e-12)
        np.testing.assert_array_equal(sparse.predict(rows), dense.predict(X))
    with pytest.raises(ValueError, match="cannot centre a sparse matrix"):
        MLPClassifier(standardize=True, **QUICK).fit(rows, data.two)


def test_columns_are_known_by_name(data):
    frame = pd.DataFrame(data.X, columns=list("abcde"))
    model = MLPRegressor(**QUICK).fit(frame, data.numbers)
    assert model.feature_names_in_.tolist() == list("abcde")
    for wrong in (frame[list("edcba")], frame.drop(columns="a")):
        with pytest.raises(ValueError, match="feature names"):
            model.predict(wrong)
    with pytest.raises(ValueError, match="feature names"):
        model.predict(frame.assign(f=1.0))
    with pytest.warns(UserWarning, match="does not have valid feature names"):
        model.predict(data.X)


@pytest.mark.parametrize("kind", [MLPClassifier, MLPRegressor])
def test_divergence_names_the_epoch_and_keeps_good_weights(data, kind):
    model = kind(solver="sgd", learning_rate_init=1e30, random_state=0)
    with pytest.raises(walnet.DivergedError, match=r"in epoch \d+ with a learning"):
        model.fit(data.X, data.three)
    assert np.isfinite(model.predict(data.X)).all()


def test_divergence_after_a_good_epoch_brings_it_back(data):
    model = MLPRegressor(
        solver="sgd",
        early_stopping=True,
        learning_rate=lambda epoch: 0.01 if epoch < 3 else 1e30,
        random_state=0,
    )
    with pytest.warns(UserWarning, match="NaN or infinite in epoch") as told:
        model.fit(data.X, data.numbers)
    assert np.isnan(model.validation_scores_[-1])
    assert len(model.loss_curve_) == len(model.validation_scores_) == model.n_iter_
    assert np.isnan(model.loss_curve_[-1])
    assert np.isfinite(model.loss_)
    assert any("The parameters of epoch 3 are kept" in str(w.message) for w in told)
    assert model.best_iter_ == 3
    assert model.score(data.X, data.numbers) > 0


ANY = st.fixed_dictionaries(
    {
        "rows": st.integers(1, 30),
        "columns": st.integers(1, 6),
        "classes": st.integers(1, 4),
        "dtype": st.sampled_from(["f4", "f8", "i4", "bool"]),
        "scale": st.sampled_from([0.0, 1e-30, 1.0, 1e6, 1e30]),
        "options": st.fixed_dictionaries(
            {},
            optional={
                "solver": st.sampled_from(["adam", "sgd", "lbfgs", "rmsprop"]),
                "hidden_layer_sizes": st.sampled_from([(), (3,), (4, 2)]),
                "activation": st.sampled_from(["relu", "tanh", "gelu", "softmax"]),
                "batch_size": st.integers(1, 8),
                "standardize": st.booleans(),
                "batch_norm": st.booleans(),
                "dropout": st.sampled_from([0.0, 0.5]),
                "early_stopping": st.booleans(),
                "learning_rate_init": st.sampled_from([1e-3, 1.0, 1e6]),
                "clip_norm": st.sampled_from([None, 1.0]),
            },
        ),
    }
)


REFUSED = {
    "Solver produced non-finite": lambda case: case["scale"] * 1e6 > 1e3,
    "The validation set is too small": lambda case: case["rows"] < 20,
    "early_stopping=True sets 0.1": lambda case: (
        case["classes"] > 1 or case["rows"] < 2
    ),
    "dropout needs a stochastic": lambda case: case["options"]["solver"] == "lbfgs",
    "batch_norm needs a stochastic": lambda case: case["options"]["solver"] == "lbfgs",
    "clip_norm needs a stochastic": lambda case: case["options"]["solver"] == "lbfgs",
}


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
@settings(max_examples=500)
@given(case=ANY, regression=st.booleans())
def test_no_foreign_error_and_no_nan_in_predictions(case, regression):
    rng = np.random.default_rng(case["rows"])
    size = (case["rows"], case["columns"])
    X = (rng.normal(size=size) * case["scale"]).astype(case["dtype"])
    y = rng.integers(0, case["classes"], case["rows"])
    kind = MLPRegressor if regression else MLPClassifier
    model = kind(max_iter=3, random_state=0, **case["options"])
    try:
        model.fit(X, y)
    except ValueError as error:
        (reason,) = [each for each in REFUSED if str(error).startswith(each)]
        assert REFUSED[reason](case)
        if not hasattr(model, "coefs_"):
            return
    else:
        assert np.isfinite(model.loss_)
        assert 1 <= model.n_iter_ <= 3
    if regression:
        assert not np.isnan(model.predict(X)).any()
    else:
        np.testing.assert_allclose(model.predict_proba(X).sum(axis=1), 1, rtol=1e-5)
        assert np.isin(model.predict(X), y).all()


def test_data_frames_go_straight_where_their_columns_are_right(data):
    frame = pd.DataFrame(data.X, columns=list("abcde"))
    model = MLPClassifier(**QUICK).fit(frame, data.two)
    expected = MLPClassifier(**QUICK).fit(data.X, data.two).predict_proba(data.X)
    forms = [frame, pl.DataFrame(frame), frame.astype(object), frame.astype("Float64")]
    for form in [*forms, frame[::-1][::-1]]:
        np.testing.assert_array_equal(model.predict_proba(form), expected)
    one = model.predict_proba(frame.iloc[:1])
    np.testing.assert_allclose(one, expected[:1], rtol=1e-12)
    for wrong in (frame[list("bacde")], frame.rename(columns={"a": "z"})):
        with pytest.raises(ValueError, match="names should match"):
            model.predict(wrong)
    with pytest.raises(ValueError, match=r"NaN: the first in row 0, column 0 \('a'\)"):
        model.predict(frame.assign(a=np.nan))
    with pytest.warns(UserWarning, match="valid feature names"):
        model.predict(data.X)


@pytest.mark.parametrize("step", ["fit", "partial_fit"])
@pytest.mark.parametrize(
    "change", [{"hidden_layer_sizes": (5, 5)}, {"activation": "tanh"}]
)
def test_to_go_on_with_other_layers_is_refused(step, change, data):
    model = MLPRegressor(warm_start=True, **QUICK).fit(data.X, data.numbers)
    name = next(iter(change))
    with pytest.raises(ValueError, match=f"whose {name} are .* fit anew"):
        getattr(model.set_params(**change), step)(data.X, data.numbers)
    model.set_params(warm_start=False).fit(data.X, data.numbers)


def test_weights_whose_sum_is_infinite_are_refused(data):
    for dtype, huge in (("f8", 1e308), ("f4", 3e38)):
        for kind in (MLPClassifier, MLPRegressor):
            w = np.full(240, huge)
            with pytest.raises(ValueError, match="sum of sample_weight is too large"):
                kind(**QUICK).fit(data.X.astype(dtype), data.three, w)

"""What comes in by the engine's door: each kind of array has a stated outcome."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import kernel_calls as engine
import numpy as np
import pandas as pd
import polars as pl
import pytest
import scipy.sparse
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import walnet
from walnet.engine.arrays import check_inputs
from walnet.engine.kernels.inference import predict
from walnet.errors import DataError, DivergedError, ShapeError, WalnetError

X = np.arange(12.0).reshape(4, 3) / 10
Y = np.array([0.0, 1.0, 0.0, 1.0])


def network_of(outputs=1, dtype="float32", **options):
    return walnet.Network([3, 4, outputs], dtype=dtype, seed=2, **options)


def outcome(X, y=Y, **options):
    """Return the bits of a network trained on the data."""
    network = network_of()
    walnet.train(network, X, y, iterations=3, **options)
    return engine.bits(network.parameters, network.feed_forward(X))


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_what_is_not_finite_is_named_by_row_and_column(bad):
    spoilt = X.copy()
    spoilt[2, 1] = bad
    words = f"X must be finite, but {bad} came in row 2, column 1"
    for call in (network_of().feed_forward, network_of().layer_outputs):
        with pytest.raises(DataError, match=words):
            call(spoilt)
    with pytest.raises(DataError, match=words):
        walnet.train(network_of(), spoilt, Y)
    y = Y.copy()
    y[3] = bad
    with pytest.raises(DataError, match=f"y must be finite, but {bad} came in row 3"):
        walnet.train(network_of(), X, y)


@pytest.mark.parametrize("missing", [None, "nan", np.float16("nan"), Decimal("NaN")])
def test_a_missing_value_in_an_array_of_objects_is_named(missing):
    spoilt = X.astype(object)
    spoilt[1, 2] = missing
    with pytest.raises(DataError, match="came in row 1, column 2"):
        network_of().feed_forward(spoilt)


SHAPES = {
    "one dimension": (np.zeros(3), r"shape \(examples, 3\), got \(3,\).*reshape"),
    "three dimensions": (np.zeros((2, 3, 1)), r"got \(2, 3, 1\)"),
    "a number": (5.0, r"got \(\)"),
    "too few columns": (np.zeros((4, 2)), "3 columns, .* got 2"),
    "too many columns": (np.zeros((4, 5)), "3 columns, .* got 5"),
    "no columns": (np.zeros((4, 0)), "3 columns, .* got 0"),
    "nothing": ([], r"got \(0,\)"),
}


@pytest.mark.parametrize("kind", SHAPES)
def test_X_is_rows_by_columns_or_is_refused(kind):
    array, words = SHAPES[kind]
    for call in (network_of().feed_forward, network_of().layer_outputs):
        with pytest.raises(ShapeError, match=words):
            call(array)


@pytest.mark.parametrize(
    ("y", "words"),
    [
        (Y[:3], "as many rows as X, 4, got 3"),
        (np.zeros(5), "as many rows as X, 4, got 5"),
        (1.0, "as many rows as X, 4, got none"),
        (np.zeros((4, 2)), r"shape \(4, 1\), .* got \(4, 2\)"),
        (np.zeros((4, 1, 1)), r"got \(4, 1, 1\)"),
    ],
)
def test_X_and_y_belong_together(y, words):
    for work in (network_of().back_propagate, network_of().cost):
        with pytest.raises(ShapeError, match=words):
            work(X, y)
    with pytest.raises(ShapeError, match=words):
        walnet.train(network_of(), X, y)


def test_no_rows_are_predicted_and_not_learned():
    assert network_of(2).feed_forward(np.zeros((0, 3))).shape == (0, 2)
    for Z, A in network_of(2).layer_outputs(np.zeros((0, 3))):
        assert Z.shape == A.shape
        assert len(Z) == 0
    with pytest.raises(ShapeError, match="at least one row, got none"):
        walnet.train(network_of(), np.zeros((0, 3)), [])


@pytest.mark.parametrize("rows", [1, 2])
def test_one_row_and_two_rows_are_learned(rows):
    network = network_of()
    history = walnet.train(network, X[:rows], [0.5, -0.5][:rows], iterations=500)
    assert history.cost[-1] < 0.01 < history.cost[0]


def test_more_features_than_rows():
    wide = np.random.default_rng(0).normal(size=(4, 200))
    network = walnet.Network([200, 5, 1], seed=0)
    history = walnet.train(network, wide, Y, iterations=200)
    assert history.cost[-1] < 1e-3


def test_constant_columns_duplicate_rows_and_one_class_are_no_harm():
    same = np.ones((6, 3))
    history = walnet.train(network_of(output="sigmoid"), same, np.ones(6), iterations=5)
    assert np.isfinite(history.cost).all()


@pytest.mark.parametrize(
    ("labels", "words"),
    [
        ([0, 1, 2, 3], "labels 0 to 2 .* got 3.0 in row 3"),
        ([0, -1, 2, 1], "got -1.0 in row 1"),
        ([0, 0.5, 2, 1], "got 0.5 in row 1"),
        ([0, np.nan, 2, 1], "got nan in row 1"),
        (["a", "b", "a", "b"], "y must hold numbers"),
    ],
)
def test_labels_out_of_range_are_named(labels, words):
    network = network_of(3, output="softmax")
    with pytest.raises(DataError, match=words):
        walnet.train(network, X, labels, cost="categorical_cross_entropy")


def test_ten_thousand_classes():
    network = walnet.Network([3, 10_000], output="softmax")
    labels = [0, 9_999, 5_000, 1]
    cost = "categorical_cross_entropy"
    history = walnet.train(network, X, labels, cost=cost, iterations=3)
    assert history.cost[0] == pytest.approx(np.log(10_000), rel=0.01)
    assert history.cost[-1] < history.cost[0]


# I3: large and small numbers


def test_a_number_too_large_for_float32_is_named():
    large = X.copy()
    large[3, 0] = 1e300
    words = r"X must be finite, but 1e\+300 is too large for float32 in row 3, column 0"
    with pytest.raises(DataError, match=words):
        network_of().feed_forward(large)
    assert np.isfinite(network_of(dtype="float64").feed_forward(large)).all()


@pytest.mark.parametrize("activation", ["tanh", "relu", "gelu", "sigmoid"])
@pytest.mark.parametrize(
    ("size", "dtype"), [(1e38, "float32"), (1e300, "float64"), (1e-38, "float32")]
)
def test_huge_inputs_are_learned_or_refused_before_anything_moves(
    activation, size, dtype
):
    network = network_of(activation=activation, dtype=dtype)
    before = engine.bits(network.parameters)
    try:
        history = walnet.train(network, (X + 1) * size, Y, iterations=20)
    except DivergedError as error:
        assert error.iteration <= 1  # noqa: PT017  (both outcomes are stated)
        assert engine.bits(network.parameters) == before
    else:
        assert np.isfinite(history.cost).all()
    assert np.isfinite(network.parameters).all()


# I5: types

ACCEPTED = {
    "lists": X.tolist(),
    "tuples": tuple(map(tuple, X.tolist())),
    "float64": X,
    "Fortran order": np.asfortranarray(X),
    "a view with steps": np.repeat(np.repeat(X, 2, axis=0), 2, axis=1)[::2, ::2],
    "backwards": X[::-1][::-1],
    "big-endian": X.astype(">f8"),
    "objects that are numbers": X.astype(object),
    "decimals": np.vectorize(lambda x: Decimal(float(x)))(X),
    "a matrix of pandas": pd.DataFrame(X),
    "a table of polars": pl.DataFrame(X),
    "long double": X.astype(np.longdouble),
}


@pytest.mark.parametrize("kind", ACCEPTED)
def test_the_same_numbers_are_the_same_bits(kind):
    assert outcome(ACCEPTED[kind]) == outcome(X.astype(np.float32))


WHOLE = np.array([[1, 0, 1], [0, 1, 1], [1, 1, 0], [0, 0, 1]])


@pytest.mark.parametrize("kind", ["int8", "uint64", "int64", "bool", "float16"])
def test_whole_numbers_and_halves_are_taken_as_what_they_are(kind):
    assert outcome(WHOLE.astype(kind), WHOLE[:, 0].astype(kind)) == (
        outcome(WHOLE.astype(float), WHOLE[:, 0].astype(float))
    )


def test_read_only_and_mapped_arrays_are_taken(tmp_path):
    wanted = outcome(X.astype(np.float32))
    frozen = X.astype(np.float32)
    frozen.setflags(write=False)
    y = Y.copy()
    y.setflags(write=False)
    assert outcome(frozen, y) == wanted
    np.save(tmp_path / "X.npy", X.astype(np.float32))
    assert outcome(np.load(tmp_path / "X.npy", mmap_mode="r")) == wanted


def test_read_only_arrays_are_neither_copied_nor_compiled_for():
    frozen = np.random.default_rng(0).normal(size=(50, 3)).astype(np.float32)
    frozen.setflags(write=False)
    walnet.Network([3, 1]).feed_forward(X)
    compiled = len(predict.signatures)
    walnet.Network([3, 1]).feed_forward(frozen)
    assert len(predict.signatures) == compiled
    taken = check_inputs(frozen, 3, np.dtype(np.float32))
    assert np.shares_memory(taken, frozen)
    before = taken.sum()
    del frozen
    assert taken.sum() == before


def test_inputs_are_never_written_to():
    kept = X.astype(np.float32), Y.astype(np.float32), np.ones(4, np.float32)
    before = engine.bits(*kept)
    outcome(kept[0], kept[1], sample_weight=kept[2], dropout=0.5)
    assert engine.bits(*kept) == before


REFUSED = {
    "complex": (X + 1j, "real numbers, got complex128"),
    "dates": (np.full((4, 3), "2020-01-01", "M8[D]"), "real numbers, got datetime64"),
    "durations": (np.full((4, 3), 3, "m8[s]"), "real numbers, got timedelta64"),
    "text": (np.full((4, 3), "red"), "numbers, got <U3"),
    "bytes": (np.full((4, 3), b"red"), r"numbers, got \|S3"),
    "objects": (np.full((4, 3), object()), "numbers, got object"),
    "date objects": (np.full((4, 3), dt.date(2020, 1, 1)), "numbers, got object"),
    "a sparse matrix": (scipy.sparse.csr_array(X), "dense array, got a sparse one"),
    "a masked array": (np.ma.masked_array(X, X > 1), "must not be a masked array"),
    "a record": (np.zeros((4, 3), [("a", float)]), "real numbers, got"),
    "rows of different lengths": ([[1, 2, 3], [1, 2]], "rows of one length"),
    "an enormous whole number": ([[10**400, 0, 0]] * 4, "numbers, got object"),
    "a category": (pd.DataFrame({c: pd.Categorical(list("aabb")) for c in "abc"}), "X"),
}


@pytest.mark.parametrize("kind", REFUSED)
def test_what_is_no_number_is_refused(kind):
    array, words = REFUSED[kind]
    for call in (
        network_of().feed_forward,
        lambda bad: walnet.train(network_of(), bad, Y),
        lambda bad: walnet.train(network_of(), X, Y, validation=(bad, Y)),
    ):
        with pytest.raises(DataError, match=words):
            call(array)


@pytest.mark.parametrize("kind", ["complex", "dates", "text", "objects"])
def test_targets_that_are_no_numbers_are_refused(kind):
    array = np.asarray(REFUSED[kind][0])[:, 0]
    for outputs in (1, 3):
        with pytest.raises(DataError, match="y must hold"):
            network_of(outputs).back_propagate(X, array)


# I8: whatever comes

KINDS = st.sampled_from(
    ["f2", "f4", "f8", "i1", "i8", "u8", "?", "O", "U3", "c8", "M8[s]"]
)
SHAPED = hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=4)
DRAWN = st.tuples(KINDS, SHAPED, st.integers(0, 99))


def array_of(kind, shape, seed):
    """Return an array of that type and shape, a third of it strange."""
    rng = np.random.default_rng(seed)
    numbers = rng.normal(0, 10.0 ** rng.integers(-3, 40), shape)
    if kind in {"i1", "i8", "u8", "?", "M8[s]"}:
        return (numbers % 3).astype("i8").astype(kind)
    strange = rng.choice([np.nan, np.inf, 0.0, 1e300], shape)
    mixed = np.where(rng.random(shape) < 0.1, strange, numbers)
    with np.errstate(all="ignore"):
        return np.asarray(mixed).astype(kind)


@settings(max_examples=150)
@given(
    DRAWN,
    DRAWN,
    st.sampled_from(["mse", "mae", "binary_cross_entropy", "poisson"]),
    st.sampled_from([1, 2]),
)
def test_only_our_own_errors_and_never_NaN(inputs, targets, cost, outputs):
    output = engine.suited_output(cost)
    network = walnet.Network([2, 3, outputs], output=output, seed=1)
    bad_X, bad_y = array_of(*inputs), array_of(*targets)
    try:
        walnet.train(network, bad_X, bad_y, cost=cost, iterations=2)
    except WalnetError as error:
        assert len(str(error)) > 20  # noqa: PT017  (both outcomes are stated)
    assert np.isfinite(network.parameters).all()
    assert not np.isnan(network.feed_forward(np.ones((2, 2)))).any()


@settings(max_examples=150)
@given(st.integers(1, 6), st.integers(1, 4), st.sampled_from(["f2", "f4", "i1", "?"]))
def test_what_fits_is_learned(rows, columns, kind):
    rng = np.random.default_rng(rows)
    data = rng.integers(0, 2, (rows, columns)).astype(kind)
    network = walnet.Network([columns, 2, 1], seed=1)
    history = walnet.train(network, data, data[:, 0], iterations=3)
    assert np.isfinite(history.cost).all()

"""How much the columns matter, on data where that is known."""

from __future__ import annotations

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from walnet.errors import DataError, HyperparameterError, ShapeError
from walnet.inspection.encoded import EncodedRows
from walnet.inspection.importance import permutation_importance
from walnet.tables import as_table

RANDOM = np.random.default_rng(3)
X = RANDOM.normal(size=(400, 3))
FRAME = {"size": X[:, 0], "noise": X[:, 1], "hue": np.where(X[:, 2] > 0, "r", "g")}


def is_large(frame):
    """Look at one column of a frame of any kind."""
    return np.asarray(frame["size"]) > 0


def test_a_column_that_is_not_looked_at_loses_nothing():
    found = permutation_importance(lambda X: X[:, 0] > 0, X, X[:, 0] > 0, seed=1)
    assert found.names == ("x1", "x2", "x3")
    assert found.baseline == 1.0
    assert found.losses.shape == (3, 10)
    assert np.all(found.losses[1:] == 0)
    # Two independent fair coins differ half of the time.
    assert found.mean[0] == pytest.approx(0.5, abs=0.05)
    assert 0 < found.spread[0] < 0.05
    assert found.order.tolist() == [0, 1, 2]


def test_the_loss_of_a_linear_sum_grows_with_the_coefficient():
    def predict(X):
        return 3 * X[:, 0] + X[:, 1]

    found = permutation_importance(predict, X, predict(X), seed=0)
    # RMSE between c·x and c·x shuffled is c·sqrt(2)·deviation.
    expected = np.sqrt(2) * np.array([3.0, 1.0, 0.0]) * X.std(axis=0)
    assert found.mean == pytest.approx(expected, rel=0.05)
    assert found.measure == "error (RMSE) gained"


def test_it_is_a_plain_shuffle_and_a_difference_of_scores():
    y = X[:, 0] > 0
    found = permutation_importance(lambda X: X[:, 0] > 0, X, y, repeats=2, seed=5)
    for repeat in (0, 1):
        order = np.random.default_rng([5, 0, repeat]).permutation(len(X))
        right = (X[order, 0] > 0) == y
        assert found.losses[0, repeat] == 1 - right.mean()


@pytest.mark.parametrize(
    "make",
    [pd.DataFrame, pl.DataFrame, pa.table],
    ids=["pandas", "polars", "arrow"],
)
def test_any_data_frame_gives_what_the_array_gives(make):
    y = X[:, 0] > 0
    frame = make(FRAME)
    found = permutation_importance(is_large, frame, y, seed=2)
    assert found.names == ("size", "noise", "hue")
    array = permutation_importance(lambda X: X[:, 0] > 0, X, y, seed=2)
    assert np.array_equal(found.losses[0], array.losses[0])
    assert np.all(found.losses[1:] == 0)


def test_the_index_of_a_pandas_frame_does_not_undo_the_shuffle():
    frame = pd.DataFrame(FRAME, index=np.arange(400)[::-1])
    found = permutation_importance(is_large, frame, X[:, 0] > 0)
    assert found.mean[0] > 0.4


def test_tables_keep_their_other_columns():
    table = as_table(FRAME)
    seen = []

    def predict(table):
        seen.append(table)
        return table["size"].numbers() > 0

    permutation_importance(predict, table, X[:, 0] > 0, repeats=1)
    usual, size, noise, hue = seen
    assert usual is table
    assert np.array_equal(noise["size"].numbers(), X[:, 0])
    assert not np.array_equal(size["size"].numbers(), X[:, 0])
    assert np.array_equal(np.sort(size["size"].numbers()), np.sort(X[:, 0]))
    assert not np.array_equal(hue["hue"].codes(), table["hue"].codes())


def test_the_input_is_left_as_it_was():
    before = X.copy()
    permutation_importance(lambda X: X[:, 0] > 0, X, X[:, 0] > 0, repeats=1)
    assert np.array_equal(X, before)


def test_the_same_seed_gives_the_same_losses_and_another_seed_others():
    y = X[:, 0] > 0
    first, again, other = (
        permutation_importance(lambda X: X[:, 0] > 0, X, y, seed=seed).losses
        for seed in (0, 0, 1)
    )
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_of_many_rows_a_random_choice_is_used():
    many = np.arange(50_000.0)[:, None]
    sizes = []

    def predict(X):
        sizes.append(len(X))
        return X[:, 0]

    permutation_importance(predict, many, many[:, 0], repeats=1)
    assert sizes == [20_000, 20_000]


def test_a_score_of_ones_own():
    found = permutation_importance(
        lambda X: X[:, 0],
        X,
        X[:, 0],
        score=lambda y, p: -abs(y - p).max(),
        measure="largest error gained",
        repeats=1,
    )
    assert found.mean[0] > 1
    assert found.spread.tolist() == [0, 0, 0]
    assert repr(found).startswith("Importance: largest error gained without 'x1' ")


@pytest.mark.parametrize(
    ("X", "y", "options", "error", "message"),
    [
        (X, X[:5, 0], {}, ShapeError, "as many rows, got 400 and 5"),
        (X[:0], X[:0, 0], {}, DataError, "at least one row"),
        (X[:, 0], X[:, 0], {}, ShapeError, r"two dimensions, got shape \(400,\)"),
        ([1, 2], [1, 2], {}, DataError, "got list"),
        (X, X[:, 0], {"repeats": 0}, HyperparameterError, "repeats must be"),
        (X, X[:, 0], {"seed": -1}, HyperparameterError, "seed must be"),
        (X, X[:, 0], {"names": ["a"]}, ShapeError, "3 columns, but 1 names"),
    ],
)
def test_bad_input_is_one_sentence(X, y, options, error, message):
    with pytest.raises(error, match=message):
        permutation_importance(lambda X: X[:, 0], X, y, **options)


def test_encoded_columns_are_shuffled_like_those_of_a_table():
    X = RANDOM.normal(size=(60, 3))
    y = X @ [3.0, 1.0, 0.0]
    rows = EncodedRows((X,), {"a": (np.array([0]),), "rest": (np.array([1, 2]),)})
    found = permutation_importance(lambda r: r.arrays[0] @ [3.0, 1.0, 0.0], rows, y)
    plain = permutation_importance(lambda X: X @ [3.0, 1.0, 0.0], X, y)
    assert found.names == ("a", "rest")
    assert np.array_equal(found.losses[0], plain.losses[0])
    assert np.array_equal(found.losses[1], plain.losses[1])  # the third has no weight
    assert rows.arrays[0] is X


def test_in_a_short_time_there_are_fewer_rows_columns_and_shuffles():
    X = RANDOM.normal(size=(3000, 40))
    calls = []

    def predict(rows):
        calls.append(len(rows))
        return rows[:, 0]

    found = permutation_importance(predict, X, X[:, 0], seconds=0.0)
    assert found.losses.shape == (5, 1)
    assert calls[0] == 3000
    assert set(calls[1:]) == {100}

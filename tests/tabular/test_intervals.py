"""Intervals are as wide as their row deserves, and hold what they say."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import walnet
from walnet.errors import FileFormatError
from walnet.tables import as_table
from walnet.tabular import TabularRegressor
from walnet.tabular.columns.beyond import beyond_training
from walnet.tabular.columns.preprocessing import Preprocessor
from walnet.tabular.ensemble.intervals import Intervals, fit_slopes, possible_range
from walnet.tabular.ensemble.spread import fit_spread, new_inputs, parts_of
from walnet.tabular.rows import new_rows

DATA = Path(__file__).parent / "data"
FAST = {"preset": "fast", "n_jobs": 1}


def encoded(X, y=None):
    """Return rows of numbers as members take them."""
    n, nothing = len(X), np.zeros(len(X))
    codes = np.empty((n, 0), np.int32)
    y = nothing if y is None else y
    return new_rows(np.asarray(X, np.float32), codes, y, nothing + 1)


def noisy(n, seed=0):
    """Return rows, targets, and the noise of each, in proportion to 0.05 + x."""
    rng = np.random.default_rng(seed)
    X = rng.uniform(size=(n, 3))
    noise = 0.05 + X[:, 0]
    return X, X[:, 1] + 0.5 * X[:, 2] + noise * rng.normal(size=n), noise


def learned(X, off, middle=None):
    """Return the spread that is learned from residuals, and that of unseen rows."""
    middle = np.zeros(len(X)) if middle is None else middle
    inputs = new_inputs(np.zeros(1, np.int64), X.shape[1], middle)
    part = np.arange(len(X)) % 4
    return fit_spread(inputs, encoded(X), middle, off, part)


# The spread


def test_a_spread_that_depends_on_a_column_is_found():
    X = np.repeat([[-1.0], [1.0]], 2000, axis=0)
    rng = np.random.default_rng(0)
    scale = np.where(X[:, 0] > 0, 6.0, 2.0)
    spread, unseen = learned(X, np.abs(scale * rng.normal(size=len(X))))
    found = spread(encoded([[-1.0], [1.0]]), np.zeros(2))
    assert found[1] / found[0] == pytest.approx(3.0, rel=0.06)
    assert np.log(unseen[-1] / unseen[0]) == pytest.approx(np.log(3), abs=0.1)


def test_a_spread_that_depends_on_the_prediction_is_found():
    rng = np.random.default_rng(1)
    middle = np.sort(rng.uniform(-1, 1, 3000))
    X = rng.normal(size=(3000, 2))
    off = np.abs(np.exp(middle) * rng.normal(size=3000))
    spread, _ = learned(X, off, middle)
    found = spread(encoded(np.zeros((3, 2))), np.array([-0.8, 0.0, 0.8]))
    np.testing.assert_allclose(np.diff(np.log(found)), 0.8, atol=0.15)


@pytest.mark.parametrize("n", [30, 400])
def test_where_nothing_can_be_learned_all_intervals_are_as_wide(n):
    rng = np.random.default_rng(2)
    X, off = rng.normal(size=(n, 12)), np.abs(rng.normal(size=n))
    spread, unseen = learned(X, off)
    assert unseen.std() < 0.05
    if n == 30:
        assert spread is None


def test_no_row_is_surer_than_any_of_the_training():
    X = np.linspace(-1, 1, 800)[:, None]
    rng = np.random.default_rng(3)
    spread, unseen = learned(X, np.abs(np.exp(2 * X[:, 0]) * rng.normal(size=800)))
    far = spread(encoded([[-3.0], [3.0]]), np.zeros(2))
    np.testing.assert_allclose(far, [unseen.min(), unseen.max()])


def test_residuals_of_nothing_and_huge_ones_do_no_harm():
    X = np.random.default_rng(4).normal(size=(200, 2))
    assert learned(X, np.zeros(200))[0] is None
    off = np.abs(np.exp(X[:, 0])) * 1e300
    assert np.isfinite(learned(X, off)[1]).all()


def test_parts_are_those_that_members_have_not_seen():
    folds = [np.array([0, 5]), np.array([1, 4]), np.array([2, 3])]
    assert parts_of(folds, 6, np.arange(6)).tolist() == [0, 1, 2, 2, 1, 0]
    assert parts_of(folds, 6, np.array([1, 2, 4])).tolist() == [0, 1, 0]
    assert parts_of([], 8, np.arange(8)).tolist() == [0, 0, 1, 1, 2, 2, 3, 3]


# Coverage


def test_each_third_of_the_rows_is_covered_whatever_its_noise():
    X, y, noise = noisy(4500)
    model = TabularRegressor(**FAST).fit(X[:1500], y[:1500])
    low, high = model.predict_interval(X[1500:])
    inside = (low <= y[1500:]) & (y[1500:] <= high)
    keys = (noise[1500:], high - low, model.predict(X[1500:]))
    for key in keys:
        for rows in np.array_split(np.argsort(key), 3):
            assert 0.86 < inside[rows].mean() < 0.945
    half = walnet.tabular.regressor.half_width(np.sort(model.residuals_), 0.9)
    assert (high - low).mean() < 2.2 * half
    assert np.corrcoef(high - low, noise[1500:])[0, 1] > 0.95


def test_a_small_table_keeps_its_coverage():
    held = []
    for seed in range(6):
        X, y, _ = noisy(1125, seed)
        model = TabularRegressor(**FAST).fit(X[:125], y[:125])
        low, high = model.predict_interval(X[125:])
        held.append(np.mean((low <= y[125:]) & (y[125:] <= high)))
    assert 0.86 < np.mean(held) < 0.95


def test_intervals_hold_for_new_groups_if_groups_are_given():
    rng = np.random.default_rng(0)
    groups = np.repeat(np.arange(120), 10)
    base = rng.normal(size=(3120, 3))
    y = base[:, 0] + (0.3 + (base[:, 1] > 0)) * rng.normal(size=3120)
    X = base[groups] + 1e-4 * rng.normal(size=(1200, 3))
    few = FAST | {"max_iter": 100}
    for given, least, most in ((None, 0, 0.75), (groups, 0.85, 0.96)):
        model = TabularRegressor(**few).fit(X, y[groups], groups=given)
        low, high = model.predict_interval(base[120:])
        inside = (low <= y[120:]) & (y[120:] <= high)
        assert least < inside.mean() < most


def test_intervals_hold_for_a_later_time_if_times_are_given():
    rng = np.random.default_rng(5)
    times = np.arange(1200)
    # A level that rows between others can tell from these, and later ones cannot.
    level = np.interp(times, times[::60], rng.normal(0, 2, 20))
    X = np.stack([rng.normal(size=1200), times + 0.1 * rng.normal(size=1200)], axis=1)
    y, held = X[:, 0] + level, {}
    for given in (None, times):
        part = None if given is None else given[:900]
        model = TabularRegressor(**FAST).fit(X[:900], y[:900], times=part)
        low, high = model.predict_interval(X[900:])
        held[given is None] = np.mean((low <= y[900:]) & (y[900:] <= high))
    assert held[False] > 0.85
    assert held[True] < held[False] - 0.1


# What the target can be


@pytest.mark.parametrize(
    ("y", "least", "most"),
    [
        ([0, 0, 0, 1, 1, 2, 3, 4, 9], 0, 15),  # counts: the third largest is 3
        ([5, 6, 7, 8, 9, 10, 11, 12, 40], 3, 69),  # never negative, no edge
        ([1, 5, 7, 8, 9, 10, 11, 12, 13], 0, 15),
        ([-9, -4, -3, -2, -1, -1, 0, 0, 0], -15, 0),
        ([7, 7, 7, 7], 7, 7),
        ([3], 3, 3),
    ],
)
def test_the_range_of_what_can_be(y, least, most):
    y = np.array(y, float)
    assert possible_range(y, (y[0], y[-1])) == (least, most)


def test_huge_targets_have_a_finite_range():
    y = np.array([-1.7e308, -1e308, -1.0, 0.0, 1.0, 1e308, 1.7e308])
    with np.errstate(over="ignore"):
        assert np.isfinite(possible_range(y, (y[0], y[-1]))).all()


def test_counts_are_never_negative_nor_less_than_the_least():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(1600, 3))
    y = rng.poisson(np.exp(0.8 * X[:, 0])).astype(float)
    model = TabularRegressor(**FAST).fit(X[:800], y[:800])
    low, high = model.predict_interval(X[800:])
    assert low.min() == 0.0
    assert high.max() <= model.intervals_.possible[1]
    inside = (low <= y[800:]) & (y[800:] <= high)
    assert inside.mean() > 0.87


# Beyond the range of the training


def test_slopes_are_how_steeply_the_target_changes():
    rng = np.random.default_rng(0)
    z = rng.uniform(-1, 1, (20_000, 3))
    f = z / np.sqrt(1 + (z / 3) ** 2)
    y = 2 * z[:, 0] + 4 * z[:, 1] ** 2
    slopes = fit_slopes(encoded(f, y), 3)
    # Of means of tenths: from -0.9 to 0.9, and from 0 to 0.9 and back.
    assert slopes[0] == pytest.approx(2.0, abs=0.1)
    assert slopes[1] == pytest.approx(4 * (0.9**2 + 0.1**2 / 3) / 1.8, abs=0.2)
    assert slopes[2] < 0.03


def test_how_far_numbers_and_dates_are_beyond_the_training():
    table = as_table(
        {
            "x": [0.0, 1.0, 2.0, 3.0, 4.0],
            "day": [
                "2024-01-01",
                "2024-01-03",
                "2024-01-05",
                "2024-01-07",
                "2024-01-09",
            ],
            "hue": ["r", "g", "r", "g", "r"],
        }
    )
    pre = Preprocessor.fit(table)
    new = as_table(
        {
            "x": [2.5, 6.0, -1.0, None],
            "day": ["2024-01-02", "2024-01-13", "2023-12-28", None],
            "hue": ["r", "g", "r", "g"],
        },
        pre.read_options,
    )
    found = beyond_training(pre, new)
    assert found.shape == (4, pre.n_numbers)
    # Interquartile ranges: 2 of x, 4 of days.
    assert found[:, 0].tolist() == [0, 1, 0.5, 0]
    assert found[:, 1].tolist() == [0, 1, 1, 0]
    assert not beyond_training(pre, table).any()


def test_intervals_widen_beyond_the_range_twice_as_steeply_as_within():
    found = Intervals(None, (0.0, 10.0), np.array([3.0, 4.0]))
    beyond = np.array([[0.0, 0.0], [1.0, 1.0], [2.0, 0.0]])
    further = found.further(beyond)
    assert further.tolist() == [0.0, 10.0, 12.0]
    middle, half = np.array([5.0, 9.0, 1.0]), np.full(3, 4.0)
    low, high = found.ends(middle, half, np.array([0.0, 3.0, 3.0]))
    assert low.tolist() == [1.0, 2.0, 0.0]
    assert high.tolist() == [9.0, 13.0, 8.0]
    debts = Intervals(None, (-10.0, 0.0), np.empty(0))
    assert debts.ends(np.array([-1.0]), np.ones(1) * 5, np.ones(1))[1] == [0.0]
    free = Intervals(None, None, np.empty(0))
    assert free.ends(np.zeros(1), np.ones(1), free.further(np.zeros((1, 0)))) == (-1, 1)


def test_a_trend_that_goes_on_is_held_and_named():
    rng = np.random.default_rng(0)
    x = np.arange(1000) + 0.01 * rng.normal(size=1000)
    X = np.stack([x, rng.normal(size=1000)], axis=1)
    y = x + rng.normal(0, 14, 1000)
    model = TabularRegressor(**FAST).fit(X[:800], y[:800])
    assert not model.drift(X[:800])
    for rows, who in ((slice(800, 1000), "all 200 rows"), (slice(950, 951), "the row")):
        low, high = model.predict_interval(X[rows])
        assert np.mean((low <= y[rows]) & (y[rows] <= high)) > 0.9
        note = f"column 'x1': {who} above the largest value at training, 799"
        assert model.drift(X[rows])[0].startswith(note)
    width = np.subtract(*model.predict_interval(X[[500, 999]])[::-1])
    assert width[1] > 5 * width[0]
    assert width[1] < 2.2 * np.ptp(y[:800])


# Files


def test_intervals_are_saved_to_the_bit(tmp_path):
    X, y, _ = noisy(400)
    table = {"x": X[:, 0], "a": X[:, 1], "hue": ["rgb"[i % 3] for i in range(400)]}
    model = TabularRegressor(**FAST | {"max_iter": 20}).fit(table, y)
    assert model.intervals_.spread is not None
    walnet.save(model, tmp_path / "m.walnet")
    again = walnet.load(tmp_path / "m.walnet")
    new = table | {"x": X[:, 0] + 0.2}
    for ours, theirs in zip(
        model.predict_interval(new), again.predict_interval(new), strict=True
    ):
        np.testing.assert_array_equal(ours, theirs)
    walnet.save(again, tmp_path / "again.walnet")
    files = (tmp_path / "m.walnet", tmp_path / "again.walnet")
    assert files[0].read_bytes() == files[1].read_bytes()


def test_intervals_of_a_file_of_the_first_version_are_as_they_were():
    model = walnet.load(DATA / "tabular_number_v1.walnet")
    assert model.intervals_.spread is None
    assert model.intervals_.possible is None
    rows = {name: [None, None] for name in model.column_names}
    low, high = model.predict_interval(rows)
    half = walnet.tabular.regressor.half_width(model.residuals_, 0.9)
    np.testing.assert_array_equal(high - model.predict(rows), [half, half])
    np.testing.assert_array_equal(low, model.predict(rows) - half)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("spread", np.zeros(12)),
        ("spread", np.zeros((3, 2))),
        ("spread", np.zeros(4)),
        ("slopes", np.zeros(7)),
        ("slopes", np.zeros(3, np.float32)),
    ],
)
def test_intervals_that_are_not_the_columns_are_refused(name, value):
    X, y, _ = noisy(60)
    model = TabularRegressor(**FAST | {"max_iter": 2}).fit(X, y)
    _, header, arrays = model.to_saved()
    with pytest.raises(FileFormatError, match="the intervals and the columns do not"):
        TabularRegressor.from_saved(header, arrays | {name: value})

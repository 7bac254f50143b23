"""A target with a heavy tail: its logarithm is learned where that proves better."""

from __future__ import annotations

import time

import numpy as np
import pytest
from traces import assert_works_out, lines_of_stages

import walnet
from walnet.errors import FileFormatError
from walnet.tables import as_table
from walnet.tabular import TabularRegressor
from walnet.tabular.columns.preprocessing import Preprocessor
from walnet.tabular.ensemble.intervals import possible_range
from walnet.tabular.ensemble.target_probe import TargetProbe
from walnet.tabular.ensemble.target_scale import (
    Logarithm,
    TargetScale,
    has_heavy_tail,
    logarithm_of,
)
from walnet.tabular.recipes.recipe import REGRESSION
from walnet.tabular.rows import new_rows
from walnet.tracing.lines import Limits

FAST = {"preset": "fast", "n_jobs": 1}


def heavy(n=2000, seed=0):
    """Return rows, and exp(2f) of a function of them whose deviation is 1."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, 4))
    f = 0.8 * X[:, 0] + 0.7 * np.sin(2 * X[:, 1])
    return X, np.exp(2 * (f + 0.1 * rng.normal(size=n)))


@pytest.fixture(scope="module")
def model():
    X, y = heavy()
    return TabularRegressor(**FAST).fit(X[:1000], y[:1000])


# The logarithm


def test_the_logarithm_is_the_usual_one_far_from_the_centre_and_a_line_near_it():
    logarithm = Logarithm(centre=5.0, scale=2.0)
    far = np.array([2e6, 2e9])
    np.testing.assert_allclose(logarithm(5 + far), np.log(far), rtol=1e-9)
    np.testing.assert_allclose(logarithm(5 - far), -np.log(far), rtol=1e-9)
    np.testing.assert_allclose(logarithm(np.array([5.002])), 0.001, rtol=1e-6)
    y = np.array([-1e9, -3.0, 0.0, 5.0, 7.0, 1e12])
    np.testing.assert_allclose(logarithm.undo(logarithm(y)), y, rtol=1e-12, atol=1e-12)
    assert np.isfinite(logarithm.undo(np.array([-1e4, 1e4]))).all()


def test_a_tail_is_heavy_that_is_heavier_than_an_exponential_one():
    places = (np.arange(100_000) + 0.5) / 100_000
    assert not has_heavy_tail(-np.log(places[::-1]))
    assert not has_heavy_tail(places)
    assert has_heavy_tail(np.sort((-np.log(places)) ** 1.2))
    assert has_heavy_tail(np.sort(np.tan(np.pi * (places - 0.5))))
    assert not has_heavy_tail(np.exp(np.linspace(0, 40, 99)))  # nobody can tell
    assert not has_heavy_tail(np.full(1000, 3.0))
    with np.errstate(all="raise", over="ignore", invalid="ignore", under="ignore"):
        assert not has_heavy_tail(np.linspace(-1.7e308, 1.7e308, 200))


@pytest.mark.parametrize(
    ("y", "centre", "scale"),
    [
        (np.geomspace(1, 1e6, 1001), 0.0, 10**0.6),  # above 0: the tenth of them
        (-np.geomspace(1, 1e6, 1001)[::-1], 0.0, 10**0.6),
        (np.linspace(-10, 10, 1001) ** 9, 0.0, 5.0**9),  # on both sides
        (1e9 + np.geomspace(1, 1e6, 1001), 1e9 + 1e3, (10**4.5 - 10**1.5) / 2),
        (np.repeat([0.0, 2.0, 5.0, 900.0], [700, 200, 99, 1]), 0.0, 1.0),
        (np.repeat([0.0, 2.0, 5.0, 900.0], [800, 150, 49, 1]), 0.0, 2.0),
    ],
)
def test_centre_and_scale_come_from_the_data(y, centre, scale):
    found = logarithm_of(y)
    assert (found.centre, found.scale) == pytest.approx((centre, scale))


def test_numbers_that_no_logarithm_can_hold_are_learned_as_they_are():
    y = np.concatenate([np.linspace(0, 1e-5, 999), [1e300]])
    assert logarithm_of(y) is None


# The choice


def test_the_heavy_tail_is_learned_by_its_logarithm(model):
    X, y = heavy()
    off = np.abs(model.predict(X[1000:]) - y[1000:]).mean()
    of_median = np.abs(np.median(y[:1000]) - y[1000:]).mean()
    assert off < 0.5 * of_median
    assert model.logarithm_.centre == 0.0
    assert model.logarithm_.scale == pytest.approx(np.quantile(y[:1000], 0.1))
    (note,) = model.warnings_
    assert note.startswith("the target has a heavy tail: its logarithm is learned, as")
    assert note.endswith("predictions are nearer to the median than to the mean")
    learned = model.logarithm_(y[:1000])
    assert (model.mean_, model.deviation_) == pytest.approx(
        (learned.mean(), learned.std())
    )
    assert model.range_ == (y[:1000].min(), y[:1000].max())


def test_validation_loss_is_in_the_targets_unit(model):
    X, y = heavy(20_000, seed=1)
    squares = np.sort((model.predict(X) - y) ** 2)
    assert 0.3 < model.validation_loss_ / np.sqrt(squares[:-20].mean()) < 4


@pytest.mark.parametrize("factor", [1e-9, -1e9])
def test_the_targets_unit_and_sign_do_not_matter(factor, model):
    X, y = heavy()
    other = TabularRegressor(**FAST).fit(X[:1000], factor * y[:1000])
    assert other.logarithm_.scale == pytest.approx(
        abs(factor) * model.logarithm_.scale, rel=1e-12
    )
    off = np.abs(other.predict(X[1000:]) / factor - y[1000:]).mean()
    usual = np.abs(model.predict(X[1000:]) - y[1000:]).mean()
    assert off == pytest.approx(usual, rel=0.3)


def test_an_ordinary_target_costs_nothing(monkeypatch):
    def unwanted(*_):
        raise AssertionError

    monkeypatch.setattr(TargetProbe, "gain", unwanted)
    X, y = heavy(400)
    model = TabularRegressor(**FAST | {"max_iter": 2}).fit(X, np.log(y))
    assert model.logarithm_ is None
    assert not model.warnings_


def test_where_noise_is_the_tail_nothing_is_changed():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(1000, 3))
    y = np.exp(0.3 * X[:, 0] + 1.2 * rng.normal(size=1000))
    assert has_heavy_tail(np.sort(y))
    assert TabularRegressor(**FAST | {"max_iter": 24}).fit(X, y).logarithm_ is None


def test_a_cost_of_ones_own_keeps_the_targets_unit():
    def squares(y, y_pred):
        return ((y - y_pred) ** 2)[:, 0]

    def slopes(y, y_pred):
        return 2 * (y_pred - y)

    X, y = heavy(300)
    few = FAST | {"max_iter": 2, "recipe": {"cost": (squares, slopes)}}
    assert TabularRegressor(**few).fit(X, y).logarithm_ is None


def test_a_quantile_is_one_of_the_target(monkeypatch):
    monkeypatch.setattr(TargetProbe, "gain", lambda *_: 0.5)
    rng = np.random.default_rng(0)
    X = rng.normal(size=(3000, 2))
    y = np.exp(2 * X[:, 0] + 0.5 * rng.normal(size=3000))
    recipe = {"cost": "quantile", "cost_parameter": 0.8}
    model = TabularRegressor(**FAST, recipe=recipe).fit(X[:1500], y[:1500])
    assert model.logarithm_ is not None
    assert 0.74 < np.mean(y[1500:] <= model.predict(X[1500:])) < 0.86


def test_the_order_of_the_rows_and_the_threads_change_nothing(model):
    X, y = heavy()
    order = np.random.default_rng(0).permutation(1000)
    again = TabularRegressor(preset="fast", n_jobs=2).fit(X[order], y[order])
    assert again.logarithm_ == model.logarithm_
    np.testing.assert_array_equal(again.predict(X), model.predict(X))


def test_without_time_nothing_is_tried():
    X, y = heavy()
    started = time.monotonic()
    probe = TargetProbe(Preprocessor.fit(as_table(X)), REGRESSION, 24, 1, started)
    scale = TargetScale.of(np.sort(y))
    data = new_rows(X.astype("f"), np.empty((2000, 0), "i"), y, np.ones(2000))
    assert probe.gain(data, None, y, (scale, scale)) is None


def test_a_checkpoint_goes_on_with_the_logarithm(tmp_path):
    X, y = heavy(600)
    few = FAST | {"max_iter": 24}
    models = [
        TabularRegressor(**few).fit(X, y, checkpoint=tmp_path / "c") for _ in range(2)
    ]
    plain = TabularRegressor(**few).fit(X, y)
    assert plain.logarithm_ is not None
    for each in models:
        np.testing.assert_array_equal(each.predict(X), plain.predict(X))


@pytest.mark.parametrize(
    ("other", "gain"),
    [
        ([(0.8, 1.0)] * 4, 0.8),
        ([(0.8, 1.2)] * 4, None),  # a median instead of a mean
        ([(0.95, 0.94)] * 4, 0.95),
        ([(0.95, 1.0)] * 4, None),  # not clear
        ([(1.01, 0.2)] + [(0.2, 0.2)] * 3, None),  # not in every part
        ([(np.nan, 0.2)] * 4, None),
    ],
)
def test_both_errors_decide(other, gain):
    probe = TargetProbe(Preprocessor.fit(as_table(heavy()[0])), REGRESSION, 1, 1, None)
    errors = np.ones((2, 4, 3))
    errors[1, :, 1:] = other
    assert probe._verdict(errors) == (None if gain is None else pytest.approx(gain))


# What follows


def test_intervals_hold_and_reach_farther_up_than_down(model):
    X, y = heavy(5000, seed=2)
    low, high = model.predict_interval(X)
    inside = (low <= y) & (y <= high)
    assert 0.86 < inside.mean() < 0.94
    for rows in np.array_split(np.argsort(y), 3):
        assert inside[rows].mean() > 0.8
    assert low.min() >= 0.0
    middle = model.predict(X)
    assert ((low <= middle) & (middle <= high)).all()
    usual = (middle > np.quantile(y, 0.2)) & (middle < np.quantile(y, 0.8))
    assert ((high - middle) > (middle - low))[usual].mean() > 0.95
    assert np.isfinite(high).all()


def test_what_was_never_negative_stays_so_where_the_centre_is_not_0():
    logarithm = Logarithm(centre=3.0, scale=1.0)
    counts = np.repeat([0.0, 1.0, 3.0, 5.0, 100.0], [10, 10, 10, 10, 2])
    scale = TargetScale.of(counts, logarithm)
    zero = scale.bent_zero()
    possible = possible_range(scale.bent(counts), scale.bent_range(), zero)
    assert scale.unbent(np.array(possible))[0] == pytest.approx(0.0, abs=1e-12)
    free = possible_range(np.array([1.0, 4.0, 9.0]), (1.0, 9.0), zero=1.0)
    assert free[0] == 1.0


@pytest.mark.parametrize("row", [0, 17])
def test_the_line_that_undoes_the_logarithm_is_written_out(model, row):
    X, y = heavy()
    explained = model.explain(X, row, y=y, iteration=True, target="price")
    assert explained.prediction == model.predict(X[row : row + 1])[0]
    text = " ".join(str(explained).split())
    assert f"the networks learned t = {model.logarithm_}" in text
    lines = lines_of_stages(explained.stages(Limits(neurons=60, terms=60)))
    for line in lines:
        precise = isinstance(line.name.number, np.float32)
        assert_works_out(line, "float32" if precise else "float64")
    (last,) = [line for line in lines if line.name.base == "price"]
    assert float(last.name.number) == pytest.approx(explained.prediction)


def test_the_original_is_learned_as_its_logarithm(model):
    X, y = heavy()
    found = model.explain(X, 3, y=y, iteration=True)
    wanted = (model.logarithm_(y[3:4]) - model.mean_) / model.deviation_
    assert float(found.iteration.batch.Y[0, 0]) == pytest.approx(wanted[0], rel=1e-6)


def test_a_file_holds_the_logarithm(model, tmp_path):
    X, _ = heavy()
    walnet.save(model, tmp_path / "m.walnet")
    again = walnet.load(tmp_path / "m.walnet")
    assert again.logarithm_ == model.logarithm_
    assert again.warnings_ == model.warnings_
    np.testing.assert_array_equal(again.predict(X), model.predict(X))
    for ours, theirs in zip(
        model.predict_interval(X), again.predict_interval(X), strict=True
    ):
        np.testing.assert_array_equal(ours, theirs)


def test_a_file_from_before_has_none_and_a_scale_of_0_is_refused(model):
    _, header, arrays = model.to_saved()
    task = dict(header["task"])
    old = header | {"task": {k: v for k, v in task.items() if k != "logarithm"}}
    assert TabularRegressor.from_saved(old, arrays).logarithm_ is None
    wrong = header | {"task": task | {"logarithm": {"centre": 0.0, "scale": 0.0}}}
    with pytest.raises(FileFormatError, match="not valid"):
        TabularRegressor.from_saved(wrong, arrays)


def test_rows_read_in_blocks_are_learned_as_they_are_with_a_note(tmp_path):
    X, y = heavy(1500)
    path = tmp_path / "rows.csv"
    rows = np.column_stack([X, y])
    np.savetxt(path, rows, delimiter=",", header="a,b,c,d,price", comments="")
    few = {"preset": "fast", "epochs": 2, "members": 1}
    model = walnet.EnsembleModel.fit_stream(path, "price", **few)
    assert model.estimator.logarithm_ is None
    assert any("heavy tail; of rows that are" in each for each in model.schema.warnings)
    whole = walnet.EnsembleModel.fit(path, "price", **few | {"epochs": 24})
    assert whole.estimator.logarithm_ is not None
    assert any("its logarithm is learned" in each for each in whole.schema.warnings)

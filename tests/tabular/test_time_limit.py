"""What counts against a time limit, and what is said where it was passed."""

from __future__ import annotations

import time
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from walnet import EnsembleModel, TabularClassifier, TabularRegressor
from walnet.tabular import base, regressor
from walnet.tabular.ensemble import time_limit, training
from walnet.tabular.ensemble.plan import EnsemblePlan
from walnet.tabular.recipes.presets import bag_specs
from walnet.tabular.recipes.recipe import Widths
from walnet.tabular.rows import new_rows


def table(n=80, n_columns=3):
    """Return rows with a number."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(n, n_columns))
    return X, X[:, 0] + 0.1 * rng.normal(size=n)


class Clock:
    """A clock that stands still but where it is moved."""

    def __init__(self):
        self.now = 100.0

    def monotonic(self):
        return self.now


@pytest.mark.filterwarnings("ignore:the time limit")
@pytest.mark.parametrize("estimator", [TabularRegressor, TabularClassifier])
def test_what_was_done_before_the_fit_counts_and_how_late_it_is_is_said(estimator):
    X, y = table()
    y = y if estimator is TabularRegressor else y > 0
    model = estimator(preset="fast", n_jobs=1, time_limit=30)
    model.fit(X, y, started=time.monotonic() - 50)
    assert model.n_members_ == 1
    assert model.stop_reason_ == "time_limit"
    late = model.warnings_[-1]
    assert late.startswith("the time limit of 30 s was passed by 2")
    assert "is short" in model.warnings_[-2]
    model.fit(X, y, started=time.monotonic() + 1000)
    assert model.n_members_ > 1
    assert not any("time limit" in note for note in model.warnings_)


def test_it_is_warned_of_one_limit_once():
    model = TabularRegressor(time_limit=10)
    model.n_members_, model.warnings_ = 1, []
    model._deadline = time.monotonic() - 5
    with pytest.warns(UserWarning, match="of 10 s was passed by 5"):
        model._warn_if_late()
    model._warn_if_late()  # a second warning would be an error
    assert len(model.warnings_) == 2
    model.warnings_, model._deadline = [], time.monotonic() - 0.3
    model._warn_if_late()
    assert not model.warnings_


@pytest.mark.filterwarnings("ignore:the time limit")
def test_the_model_of_a_table_counts_from_the_same_moment():
    X, y = table()
    rows = {f"x{k}": X[:, k] for k in range(3)} | {"y": y}
    options = {"preset": "fast", "threads": 1, "time_limit": 30}
    model = EnsembleModel.fit(rows, "y", started=time.monotonic() - 50, **options)
    assert any("was passed by" in note for note in model.warnings)


def probed(monkeypatch, seconds_of_probe, seconds, starting=0.0):
    """Return the plan that fits, and how many recipes were measured."""
    clock, asked = Clock(), []

    def probe(widths, spec, data):
        asked.append(spec)
        clock.now += seconds_of_probe
        return time_limit._Probe(1e-6, 1e-7, starting)

    monkeypatch.setattr(time_limit, "time", clock)
    monkeypatch.setattr(time_limit, "_probe", probe)
    monkeypatch.setattr(time_limit, "seconds_of_linear", lambda *_: 0.0)
    X, y = table()
    data = new_rows(X.astype("f"), np.empty((80, 0), "i"), y, np.ones(80))
    plan = EnsemblePlan(bag_specs("balanced", 80, 0), 0)
    fitted = time_limit.fit_to_time(Widths(3, 0, (), 1), data, plan, seconds)
    return plan, fitted, asked


def test_no_further_recipe_is_measured_where_that_takes_the_time(monkeypatch):
    plan, fitted, asked = probed(monkeypatch, seconds_of_probe=2.0, seconds=5.0)
    assert len(plan.specs) > 1 == len(asked)
    assert [each.recipe for each in fitted.specs] == [plan.specs[0].recipe]
    assert fitted.seconds < 3.0


def test_all_recipes_are_measured_where_there_is_time(monkeypatch):
    plan, fitted, asked = probed(monkeypatch, seconds_of_probe=0.01, seconds=5.0)
    assert len(asked) == len(plan.specs) == len(fitted.specs)


def test_what_costs_most_is_left_out_and_the_cheapest_network_stays(monkeypatch):
    kept = []
    for seconds in (0.05, 0.01, 0.004, 0.0001):
        _, fitted, _ = probed(monkeypatch, 0.0, seconds)
        kept.append([each.recipe.hidden_layers for each in fitted.specs])
        for each in fitted.specs:
            assert len(kept[-1]) == 1 or each.epochs >= 20
    assert sorted(map(len, kept), reverse=True) == [len(each) for each in kept]
    assert all((128, 128, 128) not in each for each in kept[1:])
    assert kept[-1] == [(64, 64, 64)]


def columns_read(monkeypatch, **options):
    """Return how many columns members of a wide table read, by pairs of members."""
    found, job = [], training.MemberJob

    def noted(*arguments):
        found.append(arguments[-1])
        return job(*arguments)

    monkeypatch.setattr(training, "MemberJob", noted)
    X, y = table(n=60, n_columns=1500)
    TabularRegressor(random_state=0, max_iter=1, n_jobs=1, **options).fit(X, y)
    monkeypatch.setattr(training, "MemberJob", job)
    reads = np.array(found, np.int64)
    return reads @ reads.T


@pytest.mark.filterwarnings("ignore")
def test_members_that_are_left_read_what_rows_they_see_speak_for(monkeypatch):
    expected = columns_read(monkeypatch, preset="fast")

    def without_the_first_two(widths, data, plan, seconds):
        return replace(plan, specs=plan.specs[2:])

    monkeypatch.setattr(base, "fit_to_time", without_the_first_two)
    found = columns_read(monkeypatch, preset="balanced", time_limit=60)
    assert len(np.unique(expected)) > 1
    np.testing.assert_array_equal(found, expected)


def test_a_schedule_is_at_least_a_third_of_the_preset_s(monkeypatch):
    plan, fitted, _ = probed(monkeypatch, 0.0, seconds=0.08)
    assert len(fitted.members) < len(plan.members)
    for wanted, each in zip(plan.specs, fitted.specs, strict=True):
        assert wanted.epochs // 3 <= each.epochs < wanted.epochs


def test_less_is_learned_where_first_parameters_take_the_time(monkeypatch):
    _, quick, _ = probed(monkeypatch, 0.01, seconds=0.1)
    _, slow, _ = probed(monkeypatch, 0.01, seconds=0.1, starting=1e-3)
    passes = [
        sum(each.members * each.epochs for each in plan.specs) for plan in (quick, slow)
    ]
    assert 0.4 * passes[0] < passes[1] < 0.6 * passes[0]
    assert quick.seconds == pytest.approx(slow.seconds)


def test_time_is_kept_for_intervals_and_the_partner_has_none_of_it(monkeypatch):
    left, deadlines = [], []
    fit_to_time, fit_linear = base.fit_to_time, base.fit_linear

    def fitted(widths, data, plan, seconds):
        left.append(seconds)
        return fit_to_time(widths, data, plan, seconds)

    def linear(data, starts, hidden, n_classes, deadline, reads):
        deadlines.append(deadline)
        return fit_linear(data, starts, hidden, n_classes, deadline, reads)

    monkeypatch.setattr(base, "fit_to_time", fitted)
    monkeypatch.setattr(base, "fit_linear", linear)
    monkeypatch.setattr(TabularRegressor, "_seconds_after", lambda *_: 400.0)
    X, y = table()
    began = time.monotonic()
    model = TabularRegressor(preset="fast", n_jobs=1, max_iter=4, time_limit=1000)
    model.fit(X, y, started=began)
    assert left[0] < 600.0
    assert deadlines[0] == pytest.approx(began + 600.0)


def test_the_time_of_intervals_is_measured_by_a_few_columns(monkeypatch):
    clock, looked_at = Clock(), []

    def slopes(data, n_numbers):
        looked_at.append(n_numbers)
        clock.now += 0.5 * n_numbers

    monkeypatch.setattr(regressor, "time", clock)
    monkeypatch.setattr(regressor, "fit_slopes", slopes)
    model = TabularRegressor()
    model.preprocessor_ = SimpleNamespace(n_numbers=300)
    assert model._seconds_after(None) == pytest.approx(150.0)
    assert max(looked_at) < 10

"""Tables with more columns than rows: what each network reads, and how fair that is."""

from __future__ import annotations

from itertools import pairwise
from types import SimpleNamespace

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from scipy import stats

import walnet
from walnet import EnsembleModel, TabularClassifier, TabularRegressor
from walnet.tables import as_table
from walnet.tabular.columns.association import p_values
from walnet.tabular.columns.preprocessing import Preprocessor
from walnet.tabular.columns.row_store import Shape, StoredRows
from walnet.tabular.columns.screening import choose, screen
from walnet.tabular.ensemble import target_probe
from walnet.tabular.ensemble.closed_inputs import close_inputs, without_closed
from walnet.tabular.ensemble.job import MemberJob
from walnet.tabular.ensemble.member import new_network, outputs
from walnet.tabular.ensemble.penalized import OutOfTime
from walnet.tabular.ensemble.screened import screened, screened_store
from walnet.tabular.ensemble.target_scale import TargetScale
from walnet.tabular.recipes.recipe import REGRESSION, Widths
from walnet.tabular.rows import new_rows, take

QUICK = {"preset": "fast", "max_iter": 8, "n_jobs": 1}
QUICK_OPTIONS = {"preset": "fast", "epochs": 4, "threads": 1}


def wide(n=160, n_columns=900, seed=0):
    """Return a table of which three columns say the target, and 600 rows alike."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n + 600, n_columns))
    y = 2 * X[:, 0] - 2 * X[:, 1] + X[:, 2] ** 2 + 0.3 * rng.normal(size=len(X))
    return (X[:n], y[:n]), (X[n:], y[n:])


def encoded(table, y):
    """Return a table as members take it."""
    preprocessor = Preprocessor.fit(as_table(table))
    X, codes = preprocessor.transform(as_table(table))
    return preprocessor, new_rows(X, codes, y, np.ones(len(y)))


def mixed(n=200):
    """Return columns of each kind, the target of a few of them, and its classes."""
    rng = np.random.default_rng(1)
    town = rng.integers(0, 12, n)
    hue = rng.choice(["red", "green", "blue"], n)
    table = {
        "noise": rng.normal(size=n),
        "size": rng.normal(size=n),
        "bent": rng.normal(size=n),
        "hue": hue,
        "town": np.array([f"town {k}" for k in range(12)])[town],
        "idle": np.array([f"kind {k}" for k in range(12)])[rng.integers(0, 12, n)],
    }
    y = table["size"] + np.abs(table["bent"]) + (hue == "red") + 0.3 * town
    return table, y + 0.1 * rng.normal(size=n)


def in_bins(x, seen):
    """Return the p-value of a column's ranks in six bins of as many rows each."""

    def p_value(ranks):
        edges = np.sort(x)[[len(x) * k // 6 for k in range(1, 6)]]
        number = np.searchsorted(edges, x[seen], side="right")
        return stats.f_oneway(*(ranks[number == k] for k in range(6))).pvalue

    return p_value


def test_the_p_value_of_a_number_is_that_of_correlations_and_of_bins():
    (X, y), _ = wide(n_columns=5)
    preprocessor, data = encoded(X, y)
    hidden = np.arange(len(y)) % 4 == 1
    (found,) = p_values(preprocessor, data, [hidden], 0)
    ranks = stats.rankdata(data.Y[~hidden, 0])
    for k in range(5):
        x = data.X[:, k].astype(float)
        seen = x[~hidden]
        tried = [stats.pearsonr(each, ranks).pvalue for each in (seen, seen**2)]
        tried.append(in_bins(x, ~hidden)(ranks))
        least = min(
            1 - (1 - p) ** (1 / weight)
            for p, weight in zip(tried, (0.55, 0.3, 0.3), strict=True)
        )
        assert found[k] == pytest.approx(least, rel=1e-6, abs=1e-14)


def test_parts_that_are_looked_at_together_are_those_of_each_alone():
    table, y = mixed()
    preprocessor, data = encoded(table, np.digitize(y, np.quantile(y, [0.3, 0.6])))
    hidden = [np.arange(len(y)) % 3 == k for k in range(3)]
    together = p_values(preprocessor, data, hidden, 3)
    for part, found in zip(hidden, together, strict=True):
        (alone,) = p_values(preprocessor, data, [part], 3)
        np.testing.assert_allclose(found, alone, rtol=1e-6, atol=1e-12)


@pytest.mark.parametrize("n_classes", [0, 2])
def test_a_number_that_tells_by_its_middle_or_by_waves_is_found(n_classes):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(300, 40))
    y = np.cos(3 * X[:, 0]) + 1.5 * ((X[:, 1] > 0.2) & (X[:, 1] < 0.9))
    y = y + 0.3 * rng.normal(size=300)
    if n_classes:
        y = (y > np.median(y)).astype(int)
    preprocessor, data = encoded(X, y)
    (found,) = p_values(preprocessor, data, [np.zeros(300, bool)], n_classes)
    assert max(found[:2]) < 1e-4


def test_the_p_value_of_a_category_is_that_of_the_analysis_of_variance():
    table, y = mixed()
    preprocessor, data = encoded({"town": table["town"]}, y)
    (found,) = p_values(preprocessor, data, [np.zeros(len(y), bool)], 0)
    ranks = stats.rankdata(data.Y[:, 0])
    groups = [ranks[table["town"] == town] for town in np.unique(table["town"])]
    assert found[0] == pytest.approx(stats.f_oneway(*groups).pvalue, rel=1e-6)


@pytest.mark.parametrize("n_classes", [0, 3])
def test_columns_of_each_kind_that_tell_the_target_are_told_from_others(n_classes):
    table, y = mixed()
    if n_classes:
        y = np.digitize(y, np.quantile(y, [1 / 3, 2 / 3]))
    preprocessor, data = encoded(table, y)
    (found,) = p_values(preprocessor, data, [np.zeros(len(y), bool)], n_classes)
    p = dict(zip(preprocessor.names, found, strict=True))
    telling = {"size", "bent", "hue", "town"}
    assert max(p[name] for name in telling) < 0.02 < min(p["noise"], p["idle"])


@pytest.mark.parametrize("n_classes", [0, 2])
def test_p_values_of_noise_are_spread_evenly(n_classes):
    rng = np.random.default_rng(5)
    y = rng.integers(0, 2, 100) if n_classes else rng.normal(size=100)
    preprocessor, data = encoded(rng.normal(size=(100, 2000)), y)
    (found,) = p_values(preprocessor, data, [np.zeros(100, bool)], n_classes)
    assert stats.kstest(found, "uniform").pvalue > 0.001


@pytest.mark.parametrize(("n", "n_classes"), [(600, 100), (300, 8)])
def test_classes_of_a_few_rows_make_no_column_of_noise_tell(n, n_classes):
    rng = np.random.default_rng(6)
    y = np.concatenate([np.arange(n_classes), rng.integers(0, n_classes, n)])
    preprocessor, data = encoded(rng.normal(size=(len(y), 1000)), y)
    (found,) = p_values(preprocessor, data, [np.zeros(len(y), bool)], n_classes)
    assert (found < 0.01).mean() < 0.03
    assert choose(found).sum() < 40


def test_a_category_that_tells_rare_classes_alone_is_found():
    rng = np.random.default_rng(8)
    y = np.concatenate([np.zeros(40, int), np.repeat(np.arange(1, 10), 20)])
    letters = np.array(list("abcdefghijkl"))
    table = {f"c{k}": letters[rng.integers(0, 12, len(y))] for k in range(9)}
    table["telling"] = letters[np.where(y, y, rng.integers(1, 10, len(y)))]
    preprocessor, data = encoded(table, y)
    (found,) = p_values(preprocessor, data, [np.zeros(len(y), bool)], 10)
    assert found[-1] < 1e-12
    assert found[:-1].min() > 1e-4


def test_of_two_classes_the_rare_one_is_tried_once():
    y = np.repeat([0, 1], [490, 10])
    preprocessor, data = encoded(np.random.default_rng(9).normal(size=(500, 5)), y)
    (found,) = p_values(preprocessor, data, [np.zeros(500, bool)], 2)
    for x, p in zip(data.X.T.astype(float), found, strict=True):
        alone = min(stats.pearsonr(each, y).pvalue for each in (x, x**2))
        assert p == pytest.approx(1 - (1 - alone) ** 2, rel=1e-6)


def test_a_network_that_sees_one_class_reads_the_columns_of_the_others():
    (X, y), _ = wide()
    y = np.where(np.arange(len(y)) < 80, 0, y > 0)
    X[:, 9] += 5 * y
    preprocessor, data = encoded(X, y)
    hidden = [np.arange(len(y)) >= 80, np.arange(len(y)) < 10]
    found = screen(preprocessor, data, hidden, 2)
    assert "x10" in found.preprocessor.names
    assert found.reads[0].tobytes() == found.reads[1].tobytes()
    alone = screen(preprocessor, data, hidden[:1], 2)
    assert alone.preprocessor.names == preprocessor.names
    assert not alone.preprocessor.warnings


@pytest.mark.parametrize(("others", "n_outputs"), [(0, 2), (20, 2), (20, 1), (90, 2)])
def test_rows_of_a_file_that_cannot_tell_leave_no_column_out(others, n_outputs):
    n = 5200
    y = np.zeros(n)
    y[np.linspace(0, n - 1, others).astype(int)] = 1
    X = np.random.default_rng(0).normal(size=(n, 2001))
    X[:, 2000] += y
    preprocessor, _ = encoded(X[:50], y[:50])
    with StoredRows(Shape(2001, 0), 0, n, 0) as stored:
        stored.add(X.astype("f"), np.empty((n, 0), "i"), y.astype("f"))
        assert stored.n_rows > 4096
        few = screened_store(preprocessor, stored, n_outputs)
    if others == 90:
        assert len(few.names) < 200
        assert "x2001" in few.names
    else:
        assert few.names == preprocessor.names
        assert few.warnings == preprocessor.warnings


def test_a_column_of_the_means_of_many_classes_is_found():
    rng = np.random.default_rng(7)
    y = rng.integers(0, 80, 400)
    X = rng.normal(size=(400, 50))
    X[:, 3] += rng.normal(size=80)[y]
    preprocessor, data = encoded(X, y)
    (found,) = p_values(preprocessor, data, [np.zeros(400, bool)], 80)
    assert found.argmin() == 3
    assert found[3] < 1e-6


def test_weights_are_as_many_rows():
    rng = np.random.default_rng(0)
    table = {
        f"c{k}": np.array(list("abcdefghijkl"))[rng.integers(0, 12, 90)] for k in "1234"
    }
    whole = np.arange(90) % 3 + 1
    preprocessor, data = encoded(table, np.arange(90.0) % 2)
    weighed = data._replace(w=whole.astype(np.float32))
    repeated = take(data, np.repeat(np.arange(90), whole))
    seen = [np.zeros(90, bool)], [np.zeros(len(repeated.Y), bool)]
    (a,), (b,) = (
        p_values(preprocessor, rows, hidden, 2)
        for rows, hidden in zip((weighed, repeated), seen, strict=True)
    )
    assert np.array_equal(np.argsort(a), np.argsort(b))


def test_a_part_that_is_not_seen_has_no_say_in_what_is_read():
    (X, y), _ = wide()
    preprocessor, data = encoded(X, y)
    hidden = [np.arange(len(y)) % 4 == k for k in range(4)]
    first = screen(preprocessor, data, hidden, 0)
    Y = data.Y.copy()
    Y[hidden[2]] = np.random.default_rng(9).normal(size=(hidden[2].sum(), 1)) * 100
    other = screen(preprocessor, data._replace(Y=Y), hidden, 0)
    one, two = (
        [set(np.array(found.preprocessor.names)[reads]) for reads in found.reads]
        for found in (first, other)
    )
    assert one[2] == two[2]
    assert one[0] != two[0]
    assert all({"x1", "x2", "x3"} <= read for read in one)


def test_many_columns_that_tell_little_are_kept_together():
    rng = np.random.default_rng(0)
    little = stats.norm.sf(np.abs(rng.normal(0, 1.7, 1000))) * 2
    assert choose(rng.random(1000)).sum() < 30
    assert choose(little).sum() > 200
    assert choose(np.concatenate([[1e-9] * 40, rng.random(4000)])).sum() < 120


@pytest.mark.parametrize("numbers", ["waves", "ramps", "plain"])
def test_a_closed_input_changes_no_answer_and_an_open_one_does(numbers):
    widths = Widths(3, 2, (4, 5), 1)
    recipe = REGRESSION.changed({"hidden_layers": (6,), "numbers": numbers})
    network = new_network(widths, recipe, np.float64)
    rng = np.random.default_rng(0)
    network.parameters[:] = rng.normal(size=len(network.parameters))
    X = rng.normal(size=(20, 5)).astype(np.float32)
    codes = np.stack([rng.integers(0, 4, 20), rng.integers(4, 9, 20)], axis=1)
    data = new_rows(X, codes.astype(np.int32), np.zeros(20), np.ones(20))
    reads = np.array([True, False, True, False, True, False, True])
    seen = without_closed(data, reads, np.array([0, 4, 9]))
    wanted = outputs(network, seen)
    assert not np.allclose(outputs(network, data), wanted)
    close_inputs(network, seen, reads)
    np.testing.assert_allclose(outputs(network, data), wanted, rtol=1e-9, atol=1e-12)
    for k, is_open in enumerate(reads):
        X, codes = data.X.copy(), data.codes.copy()
        if k < 5:
            X[:, k] = 1.5
        else:
            codes[:, k - 5] = [0, 4][k - 5]
        moved = outputs(network, new_rows(X, codes, np.zeros(20), np.ones(20)))
        assert np.allclose(moved, wanted) == (not is_open)


@pytest.fixture(scope="module")
def learned():
    """Return a model of a wide table, and rows that it has not seen."""
    known, new = wide()
    return TabularRegressor(preset="fast", n_jobs=1).fit(*known), known, new


def test_a_wide_table_is_learned_and_its_own_loss_is_fair(learned):
    model, _, (X_new, y_new) = learned
    off = np.sqrt(np.mean((model.predict(X_new) - y_new) ** 2))
    assert off < 0.7 * y_new.std()
    assert off < 1.25 * model.validation_loss_
    assert len(model.preprocessor_.features) < 60
    assert {"x1", "x2"} <= set(model.preprocessor_.names)


def test_no_network_finds_anything_in_noise():
    rng = np.random.default_rng(3)
    X, y = rng.normal(size=(120, 900)), rng.normal(size=120)
    model = TabularRegressor(**QUICK).fit(X, y)
    assert model.validation_loss_ > 0.9 * y.std()


def test_what_is_left_out_is_said_and_not_asked_for(learned, tmp_path):
    model, _, (X_new, _) = learned
    kept = len(model.preprocessor_.features)
    assert f"{900 - kept} columns of 900 are left out" in model.warnings_[-1]
    assert model.n_features_in_ == 900
    walnet.save(model, tmp_path / "wide.walnet")
    again = walnet.load(tmp_path / "wide.walnet")
    assert again.warnings_ == model.warnings_
    assert again.predict(X_new).tobytes() == model.predict(X_new).tobytes()
    table = {f"x{k + 1}": X_new[:, k] for k in range(900)}
    whole = EnsembleModel.fit(table | {"y": X_new[:, 0]}, "y", **QUICK_OPTIONS)
    left = set(table) - set(whole.schema.names)
    assert any("are left out" in note for note in whole.warnings)
    some = {name: table[name] for name in table if name not in left}
    assert np.array_equal(whole.predict(some), whole.predict(table))


def test_wide_tables_of_classes_and_categories_are_learned_too():
    rng = np.random.default_rng(4)
    town = rng.integers(0, 12, 300)
    table = {f"x{k}": rng.normal(size=300) for k in range(600)}
    letters = np.array(list("abcdefghijkl"))
    table |= {f"c{k}": letters[rng.integers(0, 12, 300)] for k in range(20)}
    table["town"] = letters[town]
    y = np.where((town % 2 == 0) ^ (rng.random(300) < 0.05), "even", "odd")
    model = TabularClassifier(preset="fast", n_jobs=1).fit(table, y)
    assert "town" in model.preprocessor_.names
    assert model.score(table, y) > 0.85
    assert model.validation_loss_ < 0.5


def test_threads_and_a_checkpoint_change_nothing_of_a_wide_table(tmp_path):
    known, (X_new, _) = wide(n_columns=600)
    answers = [
        TabularRegressor(**QUICK | {"n_jobs": n}).fit(*known, checkpoint=folder)
        for n, folder in ((1, None), (2, tmp_path / "c"), (1, tmp_path / "c"))
    ]
    a, b, c = (each.predict(X_new).tobytes() for each in answers)
    assert a == b == c


def test_the_trial_of_the_logarithm_reads_no_more_columns_than_the_members(monkeypatch):
    (X, y), _ = wide(n_columns=600)
    widths = []
    learn = MemberJob.learn

    def counted(job, data, *rest):
        widths.append((len(data.Y), data.X.shape[1]))
        return learn(job, data, *rest)

    monkeypatch.setattr(MemberJob, "learn", counted)
    model = TabularRegressor(**QUICK).fit(X, np.exp(2 * y))
    trial, members = widths[:8], widths[8:]
    assert len(members) == model.n_members_
    assert max(n for _, n in trial) <= 4 * 20
    assert {n for _, n in members} == {len(model.preprocessor_.features)}


@pytest.mark.parametrize(("seconds", "is_screened"), [(100.0, False), (1e4, True)])
def test_the_trial_chooses_columns_where_its_share_of_the_time_is_enough(
    monkeypatch, seconds, is_screened
):
    (X, y), _ = wide(n_columns=600)
    preprocessor, data = encoded(X, y)
    clock, asked, ends = SimpleNamespace(now=100.0), [], []
    clock.monotonic = lambda: clock.now

    def slow(few, *rest):
        clock.now += 0.1 * len(few.features)
        return p_values(few, *rest)

    def counted(*given):
        asked.append(clock.now)
        clock.now += 60.0
        return screened(*given)

    def learned(job, data, hidden, watch, curve):
        ends.append(watch.deadline)
        raise OutOfTime

    monkeypatch.setattr(target_probe, "time", clock)
    monkeypatch.setattr(target_probe, "p_values", slow)
    monkeypatch.setattr(target_probe, "screened", counted)
    monkeypatch.setattr(MemberJob, "learn", learned)
    probe = target_probe.TargetProbe(preprocessor, REGRESSION, 8, 1, 100.0 + seconds)
    scales = TargetScale.of(y), TargetScale.of(y)
    assert probe.gain(data, None, y, scales) is None
    assert len(asked) == is_screened
    for end in ends:
        assert asked[0] + 60 < end < 100.0 + 0.15 * seconds


def test_rows_of_a_file_are_learned_from_the_columns_that_some_of_them_choose(tmp_path):
    known, (X_new, y_new) = wide(n=400, n_columns=1000)
    path = tmp_path / "wide.parquet"
    letters = np.array(list("abcdefghijkl"))[np.arange(400) % 12]
    table = {f"x{k + 1}": known[0][:, k] for k in range(1000)} | {"c": letters}
    pq.write_table(pa.table(table | {"y": known[1]}), path)
    model = EnsembleModel.fit_stream(path, "y", preset="fast", threads=1)
    kept = set(model.schema.names)
    assert {"x1", "x2", "x3"} <= kept
    assert len(kept) < 40
    assert any("are left out" in note for note in model.warnings)
    new = {f"x{k + 1}": X_new[:, k] for k in range(1000)} | {"c": ["a"] * len(y_new)}
    off = np.sqrt(np.mean((model.predict(new) - y_new) ** 2))
    assert off < 0.5 * y_new.std()
    assert off < 2 * model.estimator.validation_loss_
    walnet.save(model, tmp_path / "wide.walnet")
    again = walnet.load(tmp_path / "wide.walnet")
    assert np.array_equal(again.predict(new), model.predict(new))


def test_columns_of_stored_rows_are_those_of_the_rows():
    rng = np.random.default_rng(0)
    n, starts = 9000, np.array([0, 4, 9, 11])
    X = rng.normal(size=(n, 3)).astype(np.float32)
    codes = np.stack([rng.integers(*ends, n) for ends in pairwise(starts)], axis=1)
    codes = codes.astype(np.int32)
    with StoredRows(Shape(3, 3), 0, n, 11) as stored:
        stored.add(X, codes, np.arange(n, dtype=np.float32))
        whole, counts = stored.some(200), stored.level_counts
        stored.keep_columns(np.array([0, 2]), np.array([1, 2]), starts)
        some, apart = stored.some(200), stored.apart
        assert np.array_equal(some.X, whole.X[:, [0, 2]])
        assert np.array_equal(some.codes, whole.codes[:, 1:] - 4)
        assert np.array_equal(stored.level_counts, counts[4:])
        rows = apart.Y[:, 0].astype(int)
        assert np.array_equal(apart.X, X[rows][:, [0, 2]])
        (first,) = stored.buffers(0, 0, 3)
        assert np.array_equal(first.codes, codes[first.Y[:, 0].astype(int)][:, 1:] - 4)
    assert np.ptp(some.Y) > 0.6 * n
    assert not set(some.Y[:, 0]) & set(apart.Y[:, 0])

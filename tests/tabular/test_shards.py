"""Tables whose row groups several processes share, in whose place are threads here."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from object_store import object_store

import walnet
from walnet.engine.communicator import ALONE, thread_communicators
from walnet.errors import DataError, HyperparameterError, ProcessLostError
from walnet.tables.row_groups import RowGroups
from walnet.tabular.columns import row_store
from walnet.tabular.ensemble import out_of_core

QUICK = {"preset": "fast", "members": 2, "hidden_layers": [16], "batch_size": 128}


def columns(n, seed=0):
    """Return columns: the sign of a product tells the kind, a sum the price."""
    rng = np.random.default_rng(seed)
    x, z = rng.normal(size=(2, n))
    return {
        "x": x,
        "z": z,
        "hue": [f"h{each:02}" for each in rng.integers(0, 20, n)],
        "kind": np.where(x * z > 0, "same", "other").tolist(),
        "price": 1000 + 10 * x,
    }


def write(folder, n=1500, files=2, size=300, **more):
    """Write Parquet files of small row groups."""
    folder.mkdir(exist_ok=True)
    for part in range(files):
        table = pa.table(columns(n, part) | more)
        pq.write_table(table, folder / f"{part}.parquet", row_group_size=size)
    return folder


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Return a folder of ten row groups."""
    return write(tmp_path_factory.mktemp("shared") / "data")


@pytest.fixture(autouse=True)
def _small_buffers(monkeypatch):
    """Make buffers so small that an epoch has several."""
    monkeypatch.setattr(row_store, "GROUP_ROWS", 64)
    monkeypatch.setattr(out_of_core, "GROUP_ROWS", 64)
    monkeypatch.setattr(out_of_core, "BUFFER_BYTES", 0)


def fit(world, paths, target="kind", **options):
    """Let each of some processes learn from its path; return the models, or errors."""
    communicators = thread_communicators(world, 30.0) if world > 1 else [ALONE]
    paths = [paths] * world if not isinstance(paths, list) else paths
    given = QUICK | {"epochs": 2} | options

    def work(communicator):
        path = paths[communicator.rank]
        try:
            return walnet.EnsembleModel.fit_stream(
                path, target, communicator=communicator, **given
            )
        except (DataError, HyperparameterError, ProcessLostError) as error:
            return error

    with ThreadPoolExecutor(world) as pool:
        return list(pool.map(work, communicators))


def assert_same(one, other):
    """Check that two models agree to the last bit."""
    rows = walnet.tables.as_table(columns(200, 9))
    np.testing.assert_array_equal(one.outputs(rows), other.outputs(rows))
    for a, b in zip(one.estimator.bags_, other.estimator.bags_, strict=True):
        np.testing.assert_array_equal(a.parameters, b.parameters)
    assert one.class_counts == other.class_counts
    assert one.rows == other.rows


def assert_all_say(found, words):
    """Check that all processes raise the same sentence."""
    assert {str(each) for each in found} == {str(found[0])}
    assert isinstance(found[0], (DataError, HyperparameterError))
    assert words in str(found[0])
    assert "\n" not in str(found[0])


@pytest.mark.parametrize("target", ["kind", "price"])
def test_any_number_of_processes_learns_the_same(folder, target):
    [alone] = fit(1, folder, target)
    for world in (2, 4):
        for model in fit(world, folder, target):
            assert_same(model, alone)


def test_they_learn_what_is_to_be_learned(folder):
    model = fit(2, folder, epochs=12)[0]
    measured = model.evaluate(walnet.tables.as_table(columns(1000, 9)))
    assert measured.measures["accuracy"] > 0.9


def test_a_stop_in_one_process_stops_all_and_a_checkpoint_goes_on(folder, tmp_path):
    [whole] = fit(1, folder, epochs=3)
    seen = []

    def stop(training):
        seen.append(training)
        if len(seen) == 30:
            training.stop("enough")

    stopped = fit(2, folder, epochs=3, callback=stop, checkpoint=tmp_path / "c")
    assert all(each.stopped for each in stopped)
    for world in (4, 1):
        for model in fit(world, folder, epochs=3, checkpoint=tmp_path / "c"):
            assert_same(model, whole)
            assert not model.stopped


class TestObjectStore:
    def test_it_is_read_as_a_disk_is(self, folder):
        with object_store(folder) as store:
            found = fit(2, store.address)
        [alone] = fit(1, folder)
        for model in found:
            assert_same(model, alone)

    def test_one_that_refuses(self, folder):
        with object_store(folder) as store:
            store.denies = True
            found = fit(2, store.address)
        assert_all_say(found, "ACCESS_DENIED")
        assert "secret" not in str(found[0])

    def test_one_that_stops_in_the_middle(self, folder):
        with object_store(folder) as store:
            store.whole = 24  # those of all footers, and of some groups
            found = fit(2, store.address)
        assert_all_say(found, "cannot read 'bucket/data/")


class TestBadInput:
    def test_other_columns_in_one_process(self, folder, tmp_path):
        other = write(tmp_path / "other", extra=np.zeros(1500))
        found = fit(2, [folder, other])
        assert_all_say(found, "column 'extra' is double, and missing")

    def test_other_types_in_one_process(self, folder, tmp_path):
        other = write(tmp_path / "other", z=np.zeros(1500, np.int64))
        found = fit(4, [folder, folder, folder, other])
        assert_all_say(found, "column 'z' is int64, and double: so read processes 3")

    def test_other_rows_in_one_process(self, folder, tmp_path):
        other = write(tmp_path / "other", files=1)
        assert_all_say(fit(2, [folder, other]), "process 1 finds 5 row groups of 1,500")

    def test_other_columns_in_two_files(self, tmp_path):
        folder = write(tmp_path / "mixed")
        pq.write_table(pa.table({"x": [1.0]}), folder / "9.parquet")
        assert_all_say(fit(2, folder), "all files must have the same columns")

    def test_more_processes_than_row_groups(self, tmp_path):
        folder = write(tmp_path / "few", files=1, size=500)
        found = fit(4, folder)
        assert_all_say(found, "4 processes cannot share 3 row groups; start fewer")

    def test_a_process_without_rows(self, tmp_path):
        kind = columns(1500)["kind"]
        folder = write(tmp_path / "half", files=1, kind=kind[:700] + [None] * 800)
        assert_all_say(fit(2, folder), "process 1 has no row with a target")

    def test_no_row_has_a_target(self, tmp_path):
        folder = write(tmp_path / "none", kind=pa.nulls(1500, pa.string()))
        assert_all_say(fit(2, folder), "has no value in any row")

    def test_no_files(self, tmp_path):
        assert_all_say(fit(2, tmp_path), "no Parquet file in")
        assert_all_say(fit(2, tmp_path / "none"), "no such file or folder")

    def test_a_damaged_file(self, tmp_path):
        folder = write(tmp_path / "bad")
        (folder / "1.parquet").write_bytes(b"PAR1 and no more")
        assert_all_say(fit(2, folder), "1.parquet")

    def test_a_time_limit_and_own_costs(self, folder):
        assert_all_say(fit(2, folder, time_limit=9.0), "no clock in common")
        cost = (lambda y, p: ((y - p) ** 2).sum(1), lambda y, p: 2 * (p - y))
        assert_all_say(fit(2, folder, cost=cost), "computed by one process")

    def test_a_checkpoint_of_other_rows(self, folder, tmp_path):
        fit(2, folder, checkpoint=tmp_path / "c")
        other = write(tmp_path / "other", n=1400)
        found = fit(2, other, checkpoint=tmp_path / "c")
        assert_all_say(found, "belong to other data")

    def test_row_groups_without_processes(self, folder):
        with pytest.raises(HyperparameterError, match="give a communicator"):
            walnet.EnsembleModel.fit_stream(RowGroups(folder, 16), "kind")


def test_blocks_are_the_same_whoever_reads_them(folder):
    groups = RowGroups(folder, 16)
    whole = list(groups.blocks(range(16)))
    parts = [block for s in range(0, 16, 4) for block in groups.blocks(range(s, s + 4))]
    assert [(b.shard, b.first, len(b.rows)) for b in whole] == [
        (b.shard, b.first, len(b.rows)) for b in parts
    ]
    assert sum(len(each.rows) for each in whole) == 3000
    sizes = np.bincount([b.shard for b in whole], [len(b.rows) for b in whole])
    assert sizes.max() - sizes.min() <= 1

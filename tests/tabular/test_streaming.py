"""Tables larger than memory: read in blocks, stored encoded, learned in buffers."""

from __future__ import annotations

import subprocess
import sys
import time

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import walnet
from walnet.errors import DataError
from walnet.tables import as_table, read_table
from walnet.tables.streams import Stream, concatenated
from walnet.tabular.columns import row_store
from walnet.tabular.columns.row_store import GROUP_ROWS, Shape, StoredRows
from walnet.tabular.columns.sample import survey
from walnet.tabular.ensemble import out_of_core
from walnet.tabular.rows import target_of

QUICK = {"preset": "fast", "members": 2, "recipe": {"hidden_layers": [32, 32]}}


def rows_of(n, seed=0):
    """Return columns: the sign of a product tells the kind, a sum the price."""
    rng = np.random.default_rng(seed)
    x, z = rng.normal(size=(2, n))
    hue = rng.integers(0, 20, n)
    return {
        "x": x,
        "z": z,
        "hue": [f"h{each:02}" for each in hue],
        "kind": np.where(x * z > 0, "same", "other").tolist(),
        "price": 1000 + 10 * x + hue + rng.normal(size=n),
    }


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Return a folder of three Parquet files of small row groups."""
    folder = tmp_path_factory.mktemp("parts")
    for part in range(3):
        table = pa.table(rows_of(4000, part))
        pq.write_table(table, folder / f"{part}.parquet", row_group_size=700)
    return folder


@pytest.fixture(scope="module")
def new_rows():
    """Return rows like those of the folder."""
    return as_table(rows_of(2000, 9))


@pytest.fixture
def small_buffers(monkeypatch):
    """Make buffers so small that an epoch has several."""
    monkeypatch.setattr(row_store, "GROUP_ROWS", 256)
    monkeypatch.setattr(out_of_core, "GROUP_ROWS", 256)
    monkeypatch.setattr(out_of_core, "BUFFER_BYTES", 0)


def columns(table, *names):
    """Return some of the columns of a table."""
    return table.select(names)


def write_csv(folder, **files):
    """Write a folder of CSV files."""
    for name, text in files.items():
        (folder / f"{name}.csv").write_text(text)
    return folder


def stored_rows(n, shape, folder=None):
    """Return n rows in a file, the first input counting them."""
    rows = StoredRows(shape, 3, n, 5, folder)
    for start in range(0, n, 1000):
        m = min(1000, n - start)
        numbers = np.arange(start, start + m, dtype=np.float32)
        X = np.tile(numbers[:, None], shape.inputs)
        rows.add(X, np.full((m, shape.codes), 4, np.int32), -numbers)
    return rows


class TestStoredRows:
    def test_each_epoch_has_every_row_once_in_an_order_of_its_own(self):
        with stored_rows(30_000, Shape(2, 1)) as rows:
            orders = {}
            for seed, epoch in ((0, 0), (0, 1), (1, 0)):
                read = list(rows.buffers(seed, epoch, 2))
                again = list(rows.buffers(seed, epoch, 2))
                order = np.concatenate([each.X[:, 0] for each in read])
                np.testing.assert_array_equal(
                    order, np.concatenate([each.X[:, 0] for each in again])
                )
                np.testing.assert_array_equal(
                    -order, np.concatenate([target_of(each) for each in read])
                )
                assert all((each.codes == 4).all() for each in read)
                assert all(len(each.Y) <= 2 * GROUP_ROWS for each in read)
                orders[seed, epoch] = tuple(order)
            everything = set(range(30_000)) - set(rows.apart.X[:, 0].astype(int))
            assert all(sorted(order) == sorted(everything) for order in orders.values())
            assert len(set(orders.values())) == 3
            assert rows.level_counts.tolist() == [0, 0, 0, 0, rows.n_rows]

    def test_a_share_is_kept_apart_and_not_more_than_so_many(self):
        with stored_rows(30_000, Shape(1, 0)) as rows:
            assert 2600 < len(rows.apart.Y) < 3400
        with StoredRows(Shape(1, 0), 0, 10**7, 0) as rows:
            m, real = 10**6, np.float32
            nothing = np.empty((m, 0), np.int32)
            rows.add(np.zeros((m, 1), real), nothing, np.zeros(m, real))
            assert 1700 < len(rows.apart.Y) < 2300

    def test_a_folder_that_is_not_there_is_one_sentence(self, tmp_path):
        with pytest.raises(DataError, match="cannot store rows in"):
            StoredRows(Shape(1, 0), 0, 1, 0, tmp_path / "none")


class TestSurvey:
    def test_the_sample_is_of_all_rows_alike(self, folder):
        found = survey(Stream(folder), "kind", 0, most=3000)
        assert found.rows == 12_000
        assert 3000 <= len(found.sample) <= 3010
        whole = concatenated(list(Stream(folder).blocks()))["x"].numbers()
        assert abs(found.sample["x"].numbers().mean() - whole.mean()) < 0.06
        place = np.searchsorted(np.sort(whole[:4000]), found.sample["x"].numbers())
        assert len(set(place.tolist())) > 1500

    def test_what_a_sample_would_miss_is_in_it(self, tmp_path):
        rows = {"size": [float(i) for i in range(5000)], "kind": ["a", "b"] * 2500}
        rows["size"][4321] = None
        rows["kind"][77] = rows["kind"][4999] = "rare"
        pq.write_table(pa.table(rows), tmp_path / "a.parquet")
        found = survey(Stream(tmp_path), "kind", 0, most=10)
        assert len(found.sample) < 20
        assert found.sample["size"].missing().any()
        assert set(found.sample["kind"].levels()) >= {"a", "b", "rare"}
        found = survey(Stream(tmp_path), "size", 0, most=10)
        assert (found.least, found.most) == (0, 4999)
        assert (found.rows, found.unlabelled) == (4999, 1)


class TestStreams:
    def test_parts_with_other_kinds_are_one(self, tmp_path):
        parts = {"a": "code,hue\n007,2024-01-01\n8,2024-01-02\n"}
        parts["b"] = "code,hue\nx9,red\n8,\n"
        stream = Stream(write_csv(tmp_path, **parts))
        whole = concatenated(list(stream.blocks()))
        assert whole.kinds == {"code": "category", "hue": "category"}
        stream.expect(whole.readings)
        again = concatenated(list(stream.blocks()))
        assert set(again["code"].levels()) == {"007", "8", "x9"}
        assert again["hue"].missing().tolist() == [False] * 3 + [True]

    def test_the_blocks_of_a_file_are_the_table(self, tmp_path):
        table = pa.table(rows_of(1000))
        pq.write_table(table, tmp_path / "a.parquet", row_group_size=64)
        whole = concatenated(list(Stream(tmp_path / "a.parquet").blocks()))
        assert whole.kinds == read_table(tmp_path / "a.parquet").kinds
        assert whole["price"].numbers().tolist() == table["price"].to_pylist()

    @pytest.mark.parametrize(
        ("files", "words"),
        [
            ({}, "no Parquet or CSV file in the folder"),
            ({"a": "x,y\n1,2\n", "b": "x,z\n1,2\n"}, "have the same columns"),
            ({"a": "x,y\n1,2\n", "b": "x,y\n1,true\n"}, "boolean and number in"),
            ({"a": "x,y\n1,2\n3\n"}, "a.csv'"),
            ({"a": "x,y\n"}, "has a header but no rows"),
        ],
    )
    def test_what_cannot_be_read_is_one_sentence(self, files, words, tmp_path):
        with pytest.raises(DataError, match=words):
            concatenated(list(Stream(write_csv(tmp_path, **files)).blocks()))

    def test_a_file_that_is_not_there_is_named(self, tmp_path):
        with pytest.raises(DataError, match="no such file or folder"):
            Stream(tmp_path / "none.csv")


class TestLearning:
    @pytest.mark.usefixtures("small_buffers")
    def test_classes_as_well_as_from_memory(self, folder, new_rows, tmp_path):
        model = walnet.EnsembleModel.fit_stream(folder, "kind", epochs=24, **QUICK)
        whole = concatenated(list(Stream(folder).blocks()))
        other = walnet.EnsembleModel.fit(whole, "kind", epochs=24, **QUICK)
        ours, theirs = model.evaluate(new_rows), other.evaluate(new_rows)
        assert ours.measures["accuracy"] > theirs.measures["accuracy"] - 0.02 > 0.9
        walnet.save(model, tmp_path / "m.walnet")
        loaded = walnet.load(tmp_path / "m.walnet")
        assert (loaded.predict(new_rows) == model.predict(new_rows)).all()

    def test_numbers_with_intervals(self, folder, new_rows):
        model = walnet.EnsembleModel.fit_stream(folder, "price", epochs=30, **QUICK)
        assert model.evaluate(new_rows).measures["r2"] > 0.9
        low, high = model.predict_interval(new_rows, 0.8)
        truth = new_rows["price"].numbers()
        assert 0.75 < np.mean((low <= truth) & (truth <= high)) < 0.86

    @pytest.mark.usefixtures("small_buffers")
    def test_threads_change_no_bit_and_seeds_all(self, folder):
        def learned(**options):
            model = walnet.EnsembleModel.fit_stream(
                folder, "kind", epochs=2, **(QUICK | options)
            )
            return model.estimator.bags_[0].parameters

        np.testing.assert_array_equal(learned(threads=1), learned(threads=2))
        assert not np.array_equal(learned(), learned(seed=1))

    @pytest.mark.usefixtures("small_buffers")
    def test_a_callback_ends_it_and_a_time_limit_shortens_it(self, folder):
        def callback(training):
            training.stop("enough")

        long = QUICK | {"epochs": 100_000}
        ended = {"callback": callback}
        model = walnet.EnsembleModel.fit_stream(folder, "kind", **long, **ended)
        assert model.estimator.stopped_ == "enough"
        started = time.monotonic()
        model = walnet.EnsembleModel.fit_stream(folder, "kind", time_limit=1.0, **long)
        assert time.monotonic() - started < 30  # it would take hours
        assert len(model.predict(rows_of(10))) == 10

    def test_rows_without_a_target_are_left_out_with_a_note(self, tmp_path):
        rows = rows_of(400)
        rows["kind"][5] = None
        pq.write_table(pa.table(rows), tmp_path / "a.parquet")
        model = walnet.EnsembleModel.fit_stream(tmp_path, "kind", epochs=1, **QUICK)
        assert model.rows == sum(model.class_counts) == 399
        assert "1 row without a target 'kind' left out" in model.warnings


MEASURE = """
import sys
import walnet
def memory():
    lines = open("/proc/self/status").read().splitlines()
    return [int(line.split()[1]) for line in lines if line.startswith("VmHWM")][0]
options = dict(preset="fast", members=1, epochs=1)
options["recipe"] = {"hidden_layers": [4], "numbers": "plain"}
walnet.EnsembleModel.fit_stream(sys.argv[1], "y", **options)
before = memory()
walnet.EnsembleModel.fit_stream(sys.argv[2], "y", **options)
print(memory() - before)
"""


@pytest.mark.slow
def test_memory_does_not_grow_with_the_table(tmp_path):
    rng = np.random.default_rng(0)
    for name, files in (("small", 2), ("large", 8)):
        (tmp_path / name).mkdir()
        for part in range(files):
            X = rng.normal(size=(20, 150_000))
            table = pa.table({"y": X[0] + X[1]} | {f"x{i}": x for i, x in enumerate(X)})
            path = tmp_path / name / f"{part}.parquet"
            pq.write_table(table, path, row_group_size=50_000)
    size = sum(each.stat().st_size for each in (tmp_path / "large").iterdir())
    command = [sys.executable, "-c", MEASURE, tmp_path / "small", tmp_path / "large"]
    answer = subprocess.run(
        command, stdout=subprocess.PIPE, text=True, timeout=200, check=True
    )
    grown = int(answer.stdout) * 1024
    assert size > 200e6
    assert grown < size / 2  # from memory it would be more than the size

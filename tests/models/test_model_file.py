"""What is written to a model file comes back to the last bit."""

from __future__ import annotations

import json
import os
import stat
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
import safetensors.numpy
from hypothesis import example, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from safetensors import safe_open
from sklearn.pipeline import make_pipeline

import walnet
from walnet.errors import DataError, FileFormatError
from walnet.saving import container
from walnet.saving.container import read_model_file, write_model_file
from walnet.saving.labels import labels_from_json, labels_to_json

DATA = Path(__file__).parent / "data"
DTYPES = ["float64", "float32", "int64", "int32", "uint8"]

# A lone surrogate is no Unicode: no file holds it.
TEXT = st.text(st.characters(exclude_categories=["Cs"]))
json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**30), 10**30)
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXT,
    lambda inner: st.lists(inner) | st.dictionaries(TEXT, inner),
    max_leaves=10,
)


def arrays_of(dtype):
    finite = hnp.from_dtype(np.dtype(dtype), allow_nan=False, allow_infinity=False)
    shapes = hnp.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=5)
    return hnp.arrays(dtype, shapes, elements=finite)


names = TEXT.filter(lambda name: name != "__metadata__")
any_array = st.sampled_from(DTYPES).flatmap(arrays_of)


def same_bits(a, b):
    return (a.dtype, a.shape, a.tobytes()) == (b.dtype, b.shape, b.tobytes())


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("models")


@given(st.dictionaries(names, any_array, max_size=4), json_values)
@example({"": np.zeros(0), "\ufffd": np.float32(-0.0)}, {"\x00": ["\ufffd"]})
def test_arrays_and_header_come_back_bit_for_bit(folder, arrays, value):
    path = folder / "any.walnet"
    write_model_file(path, arrays, {"value": value})
    content = path.read_bytes()
    loaded, header = read_model_file(path)
    assert json.dumps(header) == json.dumps({"value": value}, sort_keys=True)
    assert loaded.keys() == arrays.keys()
    assert all(same_bits(loaded[name], np.asarray(arrays[name])) for name in arrays)
    assert all(array.flags.aligned for array in loaded.values())
    write_model_file(path, loaded, header)
    assert path.read_bytes() == content


@pytest.mark.parametrize("dtype", DTYPES)
def test_extreme_numbers_of_every_dtype_come_back(tmp_path, dtype):
    info = np.finfo(dtype) if dtype.startswith("float") else np.iinfo(dtype)
    numbers = [info.min, info.max, 0]
    if dtype.startswith("float"):
        numbers += [-0.0, info.smallest_subnormal, info.eps]
    array = np.array(numbers, dtype)
    write_model_file(tmp_path / "m", {"x": array}, {})
    assert same_bits(read_model_file(tmp_path / "m")[0]["x"], array)


@pytest.mark.parametrize(
    "array",
    [
        np.arange(6.0).reshape(2, 3).T,
        np.arange(10, dtype=">i4"),
        np.arange(10.0)[::-2],
        np.broadcast_to(np.float32(3), (2, 2)),
    ],
    ids=["fortran", "big endian", "strided", "broadcast"],
)
def test_arrays_of_any_layout_come_back_contiguous(tmp_path, array):
    write_model_file(tmp_path / "m", {"x": array}, {})
    loaded = read_model_file(tmp_path / "m")[0]["x"]
    np.testing.assert_array_equal(loaded, array)
    assert loaded.dtype == array.dtype.newbyteorder("=")
    assert loaded.flags.c_contiguous
    assert loaded.flags.writeable


@pytest.mark.parametrize(
    "labels",
    [
        np.array(["no", "yes", "wörld\n", ""]),
        np.array(["no", 3, True], dtype=object),
        np.array([False, True]),
        np.array([-(2**63), 2**63 - 1]),
        np.array([0, 255], np.uint8),
        np.array([2**64 - 1], np.uint64),
        np.array([0.1, -0.0, 1e300]),
        np.array([0.1, 16777217], np.float32),
        np.array([], np.int64),
    ],
    ids=lambda labels: f"{labels.dtype}-{len(labels)}",
)
def test_class_labels_come_back_with_their_type(tmp_path, labels):
    write_model_file(tmp_path / "m", {}, {"classes": labels_to_json(labels)})
    loaded = labels_from_json(read_model_file(tmp_path / "m")[1]["classes"])
    assert loaded.dtype == labels.dtype
    assert loaded.tolist() == labels.tolist()
    assert list(map(type, loaded.tolist())) == list(map(type, labels.tolist()))


@pytest.mark.parametrize(
    "labels",
    [
        np.array(["2026-11-01"], "datetime64[D]"),
        np.array([b"bytes"]),
        np.array([None, "a"], dtype=object),
        np.array([0.5, "a"], dtype=object),
        np.array([1j]),
        np.array([np.nan, 1.0]),
    ],
    ids=["date", "bytes", "none", "mixed", "complex", "nan"],
)
def test_labels_that_cannot_be_saved_are_refused(labels):
    with pytest.raises(DataError, match="cannot be saved"):
        labels_to_json(labels)


@pytest.mark.parametrize(
    "description",
    [
        [],
        {"dtype": "str"},
        {"dtype": "str", "values": "ab"},
        {"dtype": ["str"], "values": []},
        {"dtype": "os.system", "values": []},
        {"dtype": "int8", "values": [1000]},
        {"dtype": "int64", "values": [2**70]},
        {"dtype": "int64", "values": [True]},
        {"dtype": "bool", "values": [1]},
        {"dtype": "str", "values": ["a\0"]},
        {"dtype": "float32", "values": [0.1]},
        {"dtype": "object", "values": [{}]},
        {"dtype": "str", "values": ["a" * 10_000] + ["b"] * 10_000},
    ],
)
def test_labels_that_are_none_are_refused(description):
    with pytest.raises(FileFormatError):
        labels_from_json(description)


def test_any_safetensors_reader_opens_the_file(tmp_path):
    arrays = {
        "flags": np.array([1, 2, 3], np.uint8),
        "weights": np.arange(6, dtype=np.float32).reshape(2, 3),
        "one": np.array(1.5),
    }
    write_model_file(tmp_path / "m", arrays, {"unit": "metre"})
    loaded = safetensors.numpy.load_file(tmp_path / "m")
    assert loaded.keys() == arrays.keys()
    assert all(same_bits(loaded[name], arrays[name]) for name in arrays)
    with safe_open(tmp_path / "m", "np") as file:
        assert json.loads(file.metadata()["header"]) == {"unit": "metre"}


def test_the_same_content_gives_the_same_bytes_in_any_order(tmp_path):
    a, b = np.arange(3.0), np.arange(4, dtype=np.float32)
    write_model_file(tmp_path / "1", {"a": a, "b": b}, {"x": 1, "y": 2})
    write_model_file(tmp_path / "2", {"b": b, "a": a}, {"y": 2, "x": 1})
    assert (tmp_path / "1").read_bytes() == (tmp_path / "2").read_bytes()


def test_a_file_of_version_1_loads_for_ever(tmp_path):
    path = DATA / "container_v1.walnet"
    arrays, header = read_model_file(path)
    expected = {
        "float64": np.array([[0.1, -0.0], [5e-324, 1.7976931348623157e308]]),
        "float32": np.array([0.1, -1.5, 3.4028235e38], np.float32),
        "int64": np.array(-(2**63), np.int64),
        "int32": np.array([[7], [-7]], np.int32),
        "uint8": np.frombuffer("nüß".encode(), np.uint8),
        "empty": np.zeros((0, 3), np.float32),
    }
    assert arrays.keys() == expected.keys()
    assert all(same_bits(arrays[name], expected[name]) for name in expected)
    assert header == {
        "categories": ["a", "ß", "\U0001f330", None],
        "numbers": [0.1, 1e300, -3, 2**70],
        "truth": {"no": False, "yes": True},
    }
    write_model_file(tmp_path / "again", arrays, header)
    assert (tmp_path / "again").read_bytes() == path.read_bytes()


@pytest.mark.parametrize(
    ("arrays", "header", "words"),
    [
        ({"x": np.array([1.0, np.nan])}, {}, "'x' holds NaN or infinity"),
        ({"x": np.array([-np.inf], np.float32)}, {}, "'x' holds NaN or infinity"),
        ({"x": np.array(["text"])}, {}, "'x' must have a dtype of"),
        ({"x": np.array([object()])}, {}, "'x' must have a dtype of"),
        ({"x": np.zeros(2, np.float16)}, {}, "float16"),
        ({"x": np.zeros((1,) * 9)}, {}, "9 dimensions"),
        ({}, {"x": np.nan}, "finite"),
        ({}, {"x": [float("inf")]}, "finite"),
        ({}, {"x": object()}, "plain JSON"),
        ({}, {"x": np.int64(3)}, "plain JSON"),
        ({}, {"x": "a" * 2**23}, "at most 8388608"),
        ({"__metadata__": np.zeros(1)}, {}, "__metadata__"),
    ],
)
def test_what_cannot_be_stored_is_refused_and_the_old_file_stays(
    tmp_path, arrays, header, words
):
    path = tmp_path / "m"
    write_model_file(path, {"x": np.ones(3)}, {"old": True})
    with pytest.raises(DataError, match=words):
        write_model_file(path, arrays, header)
    assert read_model_file(path)[1] == {"old": True}
    assert list(tmp_path.iterdir()) == [path]


def test_arrays_larger_than_a_file_may_be_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(container, "MAX_FILE_BYTES", 1000)  # 4 GiB takes too long
    with pytest.raises(DataError, match="a file at most 1000"):
        write_model_file(tmp_path / "m", {"x": np.zeros(200)}, {})
    assert list(tmp_path.iterdir()) == []


def test_saving_and_loading_take_no_second_copy_of_the_arrays(tmp_path):
    array = np.zeros(2_500_000)
    tracemalloc.start()
    write_model_file(tmp_path / "m", {"x": array}, {})
    _, writing = tracemalloc.get_traced_memory()
    tracemalloc.reset_peak()
    read_model_file(tmp_path / "m")
    _, reading = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert writing < 1e6
    assert reading < array.nbytes + 1e6


def test_file_permissions_follow_the_umask(tmp_path):
    old = os.umask(0o027)
    try:
        write_model_file(tmp_path / "m", {}, {})
    finally:
        os.umask(old)
    assert stat.S_IMODE((tmp_path / "m").stat().st_mode) == 0o640


def test_what_is_no_model_of_ours_is_refused_in_one_sentence(tmp_path):
    with pytest.raises(walnet.DataError, match=r"got dict$"):
        walnet.save({}, tmp_path / "m")
    pipeline = make_pipeline(walnet.MLPClassifier())
    with pytest.raises(walnet.DataError, match=r"save the last step, pipeline\[-1\]"):
        walnet.save(pipeline, tmp_path / "m")
    assert not list(tmp_path.iterdir())

"""A damaged or hostile model file gets one clear error, quickly, in little memory."""

from __future__ import annotations

import os
import pickle
import re
import sys
import tracemalloc
import zipfile
from collections import Counter

import numpy as np
import pytest
import safetensors.numpy
from forgery import assert_refused, compact, forge, forge_arrays, forge_model, metadata
from hypothesis import given, settings
from hypothesis import strategies as st

from walnet.errors import DataError, FileFormatError
from walnet.models import model_file
from walnet.models.model_file import load
from walnet.saving.container import read_model_file, write_model_file

ONE = {"x": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}}
TWO = {
    "x": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]},
    "y": {"dtype": "F32", "shape": [1], "data_offsets": [8, 12]},
}
EIGHT, TWELVE = b"\0" * 8, b"\0" * 12


def entry(name="x", entries=ONE, **changes):
    return {**entries, name: {**entries[name], **changes}}


def assert_every_one_refused(path, contents):
    """Assert that not one of the contents loads; return how many there were."""
    tried = 0
    for content in contents:
        path.write_bytes(content)
        with pytest.raises(FileFormatError):
            read_model_file(path)
        tried += 1
    return tried


@pytest.fixture
def small(tmp_path):
    """Return a small model file with padding, two arrays and a nested header."""
    arrays = {"x": np.arange(3, dtype=np.float32), "y": np.ones(1)}
    header = {"kind": "none", "sizes": [2, 4, 1], "name": "a\nß"}
    write_model_file(tmp_path / "small", arrays, header)
    assert b" \x00" in (tmp_path / "small").read_bytes()  # there is padding to flip
    return tmp_path / "small"


# F1: damage


def test_every_single_bit_flip_of_a_small_file_is_refused(small):
    good = small.read_bytes()
    read_model_file(small)
    with small.open("r+b", buffering=0) as file:
        for place in range(len(good) * 8):
            byte = good[place // 8]
            os.pwrite(file.fileno(), bytes([byte ^ 1 << place % 8]), place // 8)
            with pytest.raises(FileFormatError):
                read_model_file(small)
            os.pwrite(file.fileno(), bytes([byte]), place // 8)
    read_model_file(small)


def test_5000_bit_flips_anywhere_in_a_larger_file_are_refused(tmp_path):
    path, draw = tmp_path / "large", np.random.default_rng(0)
    parameters = draw.normal(size=5000).astype(np.float32)
    write_model_file(path, {"parameters": parameters}, {"note": "n" * 500})
    good = path.read_bytes()
    with path.open("r+b", buffering=0) as file:
        for place, bit in draw.integers((len(good), 8), size=(5000, 2)).tolist():
            os.pwrite(file.fileno(), bytes([good[place] ^ 1 << bit]), place)
            with pytest.raises(FileFormatError):
                read_model_file(path)
            os.pwrite(file.fileno(), good[place : place + 1], place)
    read_model_file(path)


def test_every_truncation_is_refused(small):
    good = small.read_bytes()
    cut = (good[:length] for length in range(len(good)))
    assert assert_every_one_refused(small, cut) == len(good)


def test_truncations_of_the_data_are_refused(tmp_path):
    path, draw = tmp_path / "large", np.random.default_rng(1)
    write_model_file(path, {"parameters": np.zeros(20_000)}, {})
    good = path.read_bytes()
    cut = (good[:-missing] for missing in draw.integers(1, 160_000, size=50))
    assert assert_every_one_refused(path, cut) == 50


def test_inserted_deleted_doubled_and_appended_bytes_are_refused(small):
    good = small.read_bytes()
    places = range(len(good))
    changed = [good[:i] + b" " + good[i:] for i in places]
    changed += [good[:i] + good[i + 1 :] for i in places]
    changed += [good + b"\0", good + good, b"\0" * len(good), good[::-1]]
    assert assert_every_one_refused(small, changed) == 2 * len(good) + 4


# F2: not a model file


class Bomb:
    def __init__(self, marker):
        self.marker = marker

    def __reduce__(self):
        return os.system, (f"touch {self.marker}",)


def test_a_renamed_pickle_is_refused_and_not_run(tmp_path):
    path, marker = tmp_path / "m.walnet", tmp_path / "was_run"
    path.write_bytes(pickle.dumps(Bomb(marker)))
    assert_refused(path, "not a walnet model file", load)
    assert not marker.exists()
    pickle.loads(path.read_bytes())  # the bomb does work
    assert marker.exists()


def test_zip_and_numpy_files_are_refused(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("x", b"0" * 1000)
    np.savez(tmp_path / "b.npz", x=np.zeros(100))
    np.save(tmp_path / "c.npy", np.zeros(100))
    safetensors.numpy.save_file({"x": np.zeros(3)}, tmp_path / "d.safetensors")
    for name in ["a.zip", "b.npz", "c.npy", "d.safetensors"]:
        assert_refused(tmp_path / name, "not a walnet model file")


@pytest.mark.parametrize(
    "content",
    [b"", b"\0" * 7, b"\0" * 8, b"\0" * 9, b"a,b\n1,2\n", b"<html>" * 100, b"{}" * 99],
)
def test_other_small_files_are_refused(tmp_path, content):
    (tmp_path / "m").write_bytes(content)
    assert_refused(tmp_path / "m", "not a walnet model file")


@pytest.mark.parametrize(
    ("length", "size", "words"),
    [
        (1 << 62, 1000, "cut short"),
        (2**64 - 1, 1000, "cut short"),
        (993, 1000, "cut short"),
        (200 << 20, 1000, "cut short"),
        (200 << 20, 300 << 20, "the header has 209715200 bytes"),
        (2**23 + 8, 300 << 20, "the header has 8388616 bytes"),
        (2**23, 300 << 20, "not a walnet model file"),
        (1000, 2**32 + 1, "a file at most 4294967296"),
        (1000, 2**40, "a file at most 4294967296"),
    ],
)
def test_enormous_headers_and_files_are_refused(tmp_path, length, size, words):
    with (tmp_path / "m").open("wb") as file:
        file.write(length.to_bytes(8, "little"))
        file.truncate(size)  # a hole: nothing that large is written to the disk
    assert_refused(tmp_path / "m", words)


@pytest.mark.parametrize("version", ["0", "2", "17", "01", "999999999"])
def test_an_unknown_version_is_named(tmp_path, version):
    text = compact({"__metadata__": metadata(version=version)})
    words = f"version is {version} and this walnet reads version 1; update walnet"
    assert_refused(forge(tmp_path / "m", text), words)


# F2: a right checksum over a wrong header

NAN, INFINITY = np.float32([0, np.nan]).tobytes(), np.float32([0, -np.inf]).tobytes()


@pytest.mark.parametrize(
    ("entries", "data", "words"),
    [
        (entry("y", TWO, data_offsets=[4, 8]), TWELVE, "form that walnet writes"),
        (entry("y", TWO, data_offsets=[0, 4]), TWELVE, "form that walnet writes"),
        (entry("y", TWO, data_offsets=[12, 16]), EIGHT * 2, "belong to no array"),
        (dict(reversed(TWO.items())), TWELVE, "form that walnet writes"),
        (ONE, TWELVE, "belong to no array"),
        (ONE, b"", "larger than the file"),
        ({}, EIGHT, "belong to no array"),
        (ONE, NAN, "'x' holds NaN or infinity"),
        (ONE, INFINITY, "'x' holds NaN or infinity"),
        (entry(shape=[3]), EIGHT, "larger than the file"),
        (entry(shape=[1]), EIGHT, "belong to no array"),
        (entry(shape=[2.0]), EIGHT, "impossible shape"),
        (entry(shape=[2, True]), EIGHT, "impossible shape"),
        (entry(shape=[-2, -1]), EIGHT, "impossible shape"),
        (entry(shape=["2"]), EIGHT, "impossible shape"),
        (entry(shape="2"), EIGHT, "impossible shape"),
        (entry(shape={"2": 2}), EIGHT, "impossible shape"),
        (entry(shape=[2] + [1] * 8), EIGHT, "impossible shape"),
        (entry(shape=[2**33]), EIGHT, "impossible shape"),
        (entry(shape=[10**30]), EIGHT, "impossible shape"),
        (entry(shape=[2**32] * 8), EIGHT, "larger than the file"),
        (entry(shape=[2**32] * 7 + [0]), b"", "not valid"),
        (entry(shape=None), EIGHT, "not valid"),
        (entry(shape=2), EIGHT, "not valid"),
        (entry(dtype="F64"), EIGHT, "larger than the file"),
        (entry(dtype="F16"), EIGHT, "not valid"),
        (entry(dtype="O"), EIGHT, "not valid"),
        (entry(dtype=["F32"]), EIGHT, "not valid"),
        (entry(more=1), EIGHT, "form that walnet writes"),
        ({"x": {"dtype": "F32", "data_offsets": [0, 8]}}, EIGHT, "not valid"),
        ({"x": {"dtype": "F32", "shape": [2]}}, EIGHT, "form that walnet writes"),
        ({"x": [0, 8]}, EIGHT, "not valid"),
        ({"x": None}, EIGHT, "not valid"),
    ],
)
def test_arrays_that_do_not_fit_are_refused(tmp_path, entries, data, words):
    assert_refused(forge_arrays(tmp_path / "m", entries, data), words)


def test_the_forger_makes_good_files_too(tmp_path):
    arrays, header = read_model_file(forge_arrays(tmp_path / "m", TWO, TWELVE))
    assert {name: array.tolist() for name, array in arrays.items()} == {
        "x": [0, 0],
        "y": [0],
    }
    assert header == {"a": 1}


@pytest.mark.parametrize(
    "header",
    [
        '{"a":1,"a":1}',
        '{"a":{"b":1,"b":2}}',
        '{"b":1,"a":2}',
        '{"a": 1}',
        '{"a":1} ',
        '{"a":NaN}',
        '{"a":-Infinity}',
        '{"a":1e999}',
        '{"a":1.50}',
        '{"a":01}',
        '{"a":' + "1" * 5000 + "}",
        '{"a":"\\u0061"}',
        '{"a":"ß"}',
        "[1]",
        "1",
        "null",
        "",
        "{",
        "[" * 100_000,
        '{"a":' * 100_000 + "1" + "}" * 100_000,
        "__import__('os').system('true')",
    ],
    ids=lambda header: header[:20],
)
def test_headers_in_any_but_the_one_spelling_are_refused(tmp_path, header):
    text = compact({"__metadata__": metadata(header)})
    assert_refused(forge(tmp_path / "m", text), "header")


GOOD = compact({"__metadata__": metadata(), **ONE})
OTHER_SPELLINGS = {
    "array twice": GOOD[:-1] + "," + compact(ONE)[1:],
    "metadata twice": GOOD[:-1] + ',"__metadata__":' + compact(metadata()) + "}",
    "shape twice": GOOD.replace('"shape":[2]', '"shape":[2],"shape":[2]'),
    "space": GOOD.replace(":[2]", ": [2]"),
    "leading zero": GOOD.replace("[2]", "[02]"),
    "exponent": GOOD.replace("[2]", "[2e0]"),
    "escaped letter": GOOD.replace('"x"', '"\\u0078"'),
    "letter beyond ASCII": GOOD.replace('"x"', '"ß"'),
    "no quotes": GOOD.replace('"x"', "x"),
    "too much padding": GOOD + " " * 8,
    "NUL": GOOD + "\0",
    "two headers": GOOD + "{}",
    "no end": GOOD[:-1],
    "more metadata": compact({"__metadata__": metadata(more="x"), **ONE}),
    "number as header": compact({"__metadata__": metadata(header=1), **ONE}),
    "list as header": compact({"__metadata__": metadata(header=["{}"]), **ONE}),
    "metadata not closed": GOOD.replace('}"},', '}",'),
    "no header": GOOD[: GOOD.index(',"header"')] + "}," + compact(ONE)[1:],
}


@pytest.mark.parametrize("text", OTHER_SPELLINGS.values(), ids=OTHER_SPELLINGS)
def test_the_outer_header_in_any_other_spelling_is_refused(tmp_path, text):
    assert text != GOOD
    assert read_model_file(forge(tmp_path / "good", GOOD, EIGHT))[1] == {"a": 1}
    path = forge(tmp_path / "m", text, EIGHT)
    assert_refused(path, "header|checksum is unreadable")


@pytest.mark.slow
@pytest.mark.parametrize(
    "filler", [b"{},", b"[],", b"0,", b'"",', b"[", b'{"":', b"1.5,", b"9", b" "]
)
def test_the_largest_header_full_of_anything_takes_bounded_memory(tmp_path, filler):
    room = 2**23 - len(GOOD) - 20
    text = GOOD[:-1] + ',"y":[' + (filler * (room // len(filler))).decode()
    path = forge(tmp_path / "m", text.rstrip(",") + "]}", EIGHT)
    tracemalloc.start()
    with pytest.raises(FileFormatError):
        read_model_file(path)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    print(f"{filler}: {peak / 1e6:.0f} MB")
    assert peak < 400e6


# F2: the model in the file


@pytest.mark.parametrize(
    ("header", "words"),
    [
        ({}, "must hold a kind and a model"),
        ({"kind": "network"}, "must hold a kind and a model"),
        ({"kind": "network", "model": []}, "must hold a kind and a model"),
        ({"kind": ["network"], "model": {}}, "must hold a kind and a model"),
        ({"kind": None, "model": {}}, "must hold a kind and a model"),
        ({"kind": "network", "model": {}, "x": 1}, "must hold a kind and a model"),
        ({"kind": "os.system", "model": {}}, "'network'.*: 'os.system'"),
        ({"kind": "walnet.engine.network.Network", "model": {}}, "must be one of"),
        ({"kind": "k" * 10_000, "model": {}}, "must be one of"),
    ],
)
def test_models_of_no_known_kind_are_refused(tmp_path, header, words):
    assert_refused(forge_model(tmp_path / "m", header), words, load)


def test_a_large_damaged_file_takes_little_memory(tmp_path):
    size = 2**28
    entries = {"x": {"dtype": "F32", "shape": [size // 4], "data_offsets": [0, size]}}
    path = forge_arrays(tmp_path / "m", entries)
    os.truncate(path, path.stat().st_size + size)  # a hole: zeros that take no room
    assert_refused(path, "damaged")


def test_large_files_are_read(tmp_path):
    numbers = np.arange(2**24 + 9, dtype=np.int32)
    write_model_file(tmp_path / "m", {"x": numbers}, {})
    np.testing.assert_array_equal(read_model_file(tmp_path / "m")[0]["x"], numbers)


@pytest.mark.parametrize("text", ["\ud800", "a\udfff", "\udc00\ud800"])
def test_text_that_is_no_unicode_is_refused_and_not_written(tmp_path, text):
    for header in ({"levels": ["a", text]}, {text: 1}):
        assert_refused(forge_model(tmp_path / "m", header), "a surrogate alone")
        with pytest.raises(DataError, match="a surrogate alone"):
            write_model_file(tmp_path / "m", {}, header)
    write_model_file(tmp_path / "m", {}, {"\U0001f330": "\\ud800"})
    assert read_model_file(tmp_path / "m")[1] == {"\U0001f330": "\\ud800"}


# What is no file at all


def test_paths_that_cannot_be_read_are_named(tmp_path):
    with pytest.raises(DataError, match=r"nothing.walnet': no such file"):
        load(tmp_path / "nothing.walnet")
    with pytest.raises(DataError, match="null byte"):
        load("a\0b")
    for nonsense in (None, 3, 1.5, b"m", ["m"]):
        with pytest.raises(DataError, match=r"^cannot read"):
            load(nonsense)
    assert_refused(tmp_path, "regular file")
    assert_refused("/dev/zero", "regular file")


def test_a_pipe_does_not_hang(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    assert_refused(tmp_path / "pipe", "regular file")


# Fuzz: what is read can only be what walnet would write


def mutate(content, draw):
    """Return the content with one change of a random kind."""
    i, j = sorted(draw.randrange(len(content) + 1) for _ in range(2))
    tokens = re.findall(rb"\w+|\W", content) or [b"0"]
    token = draw.choice([*tokens, b"null", b"-1", b"1e9", b"[", b"{", b'"', b"\xff"])
    return draw.choice(
        [
            content[:i] + content[j:],
            content[:j] + content[i:],
            content[:i] + token + content[i:],
            content[:i] + token + content[i + len(token) :],
            content[:i] + token + content[i + 1 :],
        ]
    )


def forge_mutant(path, sample, draw):
    """Write a good file with a few changes and a mended checksum."""
    length = int.from_bytes(sample[:8], "little")
    text, data = sample[8 : 8 + length].rstrip(b" "), sample[8 + length :]
    digest = text.index(b'"sha256":"') + 10
    head, tail = text[:digest] + b"0" * 64, text[digest + 64 :]
    for _ in range(draw.randint(1, 3)):
        if draw.random() < 0.8:
            tail = mutate(tail, draw)
        else:
            data = mutate(data, draw)
    forge(path, head + tail, data)


def fuzz(path, sample, examples):
    """Refuse mutants, or load just what walnet would write; some of each must come."""
    outcomes = Counter()

    @settings(max_examples=examples, database=None)
    @given(st.randoms(use_true_random=False))
    def once(draw):
        forge_mutant(path, sample, draw)
        try:
            arrays, header = read_model_file(path)
        except FileFormatError as error:
            outcomes[str(error).partition(": ")[2]] += 1
        else:
            outcomes["loaded"] += 1
            content = path.read_bytes()
            write_model_file(path, arrays, header)
            assert path.read_bytes() == content

    once()
    print(*outcomes.most_common(), sep="\n")
    assert outcomes["loaded"] > examples / 200
    assert len(outcomes) > 5


def test_fuzzed_files_with_a_mended_checksum_are_refused_or_canonical(small):
    fuzz(small, small.read_bytes(), 300)


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_20_000_fuzzed_files_with_a_mended_checksum(small):
    fuzz(small, small.read_bytes(), 20_000)


@given(st.binary(max_size=300))
def test_random_bytes_are_refused(tmp_path_factory, content):
    path = forge(tmp_path_factory.getbasetemp() / "random", content)
    with pytest.raises(FileFormatError):
        read_model_file(path)


def test_a_file_cut_while_it_is_read_is_refused(tmp_path):
    path = tmp_path / "m"
    write_model_file(path, {"x": np.zeros(200_000)}, {})

    def cut(frame, event, _):
        if event == "call" and frame.f_code.co_name == "_stored_digest":
            os.truncate(path, 1000)

    sys.setprofile(cut)
    try:
        with pytest.raises(FileFormatError, match="became shorter"):
            read_model_file(path)
    finally:
        sys.setprofile(None)


@pytest.mark.parametrize(
    "error", [KeyError, IndexError, TypeError, ValueError, OverflowError]
)
def test_whatever_a_model_makes_of_a_header_is_one_error(tmp_path, monkeypatch, error):
    class Careless:
        @classmethod
        def from_saved(cls, header, arrays):
            raise error(header, arrays)

    monkeypatch.setitem(model_file._KINDS, "careless", lambda: Careless)
    path = forge_model(tmp_path / "m", {"kind": "careless", "model": {}})
    assert_refused(path, "not described as one", load)

"""A saved network comes back as it was, and a file cannot ask for another one."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from forgery import assert_refused, forge_model
from hypothesis import given, settings
from hypothesis import strategies as st

from walnet.engine.network import Network
from walnet.errors import DataError, FileFormatError
from walnet.models.model_file import load, save
from walnet.saving.container import read_model_file

DATA = Path(__file__).parent / "data"
CONFIG = Network([2, 4, 1], output="sigmoid", seed=3).config()
PARAMETERS = np.arange(17, dtype=np.float32)


def forged(path, arrays=None, kind="network", **changes):
    """Write a network's file with a right checksum and something changed."""
    model = {name: value for name, value in (CONFIG | changes).items() if value != ""}
    arrays = {"parameters": PARAMETERS} if arrays is None else arrays
    return forge_model(path, {"kind": kind, "model": model}, arrays)


@st.composite
def networks(draw):
    sizes = draw(st.lists(st.integers(1, 6), min_size=2, max_size=5))
    names = st.sampled_from(["identity", "tanh", "relu", "selu", "gelu", "softmax"])
    hidden = len(sizes) - 2
    network = Network(
        sizes,
        activation=draw(st.lists(names, min_size=hidden, max_size=hidden)),
        output=draw(names),
        initializer=draw(st.sampled_from(["auto", "glorot", "normal", "zeros"])),
        dtype=draw(st.sampled_from(["float32", "float64"])),
        seed=draw(st.integers(0, 2**63 - 1)),
    )
    rng = np.random.default_rng(draw(st.integers(0, 99)))
    scale = 10.0 ** rng.integers(-45, 30, network.n_parameters)
    network.parameters[:] = rng.normal(size=network.n_parameters) * scale
    return network


@given(networks())
def test_a_network_comes_back_bit_for_bit(tmp_path_factory, network):
    path = tmp_path_factory.getbasetemp() / "any.walnet"
    save(network, path)
    loaded = load(path)
    assert type(loaded) is Network
    assert loaded.config() == network.config()
    assert loaded.parameters.tobytes() == network.parameters.tobytes()
    content = path.read_bytes()
    save(loaded, path)
    assert path.read_bytes() == content


def test_a_loaded_network_predicts_the_same_bits_and_can_be_changed(tmp_path):
    network = Network([3, 5, 2], activation="gelu", output="softmax", seed=1)
    X = np.random.default_rng(0).normal(size=(10, 3))
    save(network, tmp_path / "m")
    loaded = load(tmp_path / "m")
    np.testing.assert_array_equal(loaded.feed_forward(X), network.feed_forward(X))
    before = (tmp_path / "m").read_bytes()
    loaded.weights[0][:] = 0
    assert network.weights[0].any()
    assert (tmp_path / "m").read_bytes() == before


@pytest.mark.parametrize("name", ["network_float32_v1", "network_float64_v1"])
def test_a_network_of_version_1_loads_for_ever(tmp_path, name):
    path = DATA / f"{name}.walnet"
    loaded = load(path)
    dtype = name.split("_")[1]
    assert loaded.config() == {
        "layer_sizes": [2, 3, 4, 2],
        "activation": ["relu", "tanh"],
        "output": "softmax",
        "initializer": "he",
        "dtype": dtype,
        "seed": 7,
    }
    expected = (np.arange(35) - 17).astype(dtype) / np.dtype(dtype).type(3)
    assert loaded.parameters.tobytes() == expected.tobytes()
    save(loaded, tmp_path / "again")
    assert (tmp_path / "again").read_bytes() == path.read_bytes()


def test_the_forger_makes_good_networks_too(tmp_path):
    loaded = load(forged(tmp_path / "m"))
    assert loaded.config() == CONFIG
    assert loaded.parameters.tobytes() == PARAMETERS.tobytes()


BILLION = 10**9


@pytest.mark.parametrize(
    "changes",
    [
        {"layer_sizes": [2, BILLION, 1]},
        {"layer_sizes": [BILLION, BILLION]},
        {"layer_sizes": [BILLION] * 10_000},
        {"layer_sizes": [10**4000, 10**4000]},
        {"layer_sizes": [16, 1, 1]},
        {"layer_sizes": [2, 5, 1]},
        {"layer_sizes": [2, 4, 1.0]},
        {"layer_sizes": [2, 4, True]},
        {"layer_sizes": [2, 4, "1"]},
        {"layer_sizes": [2, 4, 1, 0]},
        {"layer_sizes": [2, -4, 1]},
        {"layer_sizes": [17]},
        {"layer_sizes": []},
        {"layer_sizes": "241"},
        {"layer_sizes": {"2": 4}},
        {"layer_sizes": None},
        {"layer_sizes": ""},
        {"activation": "tanh"},
        {"activation": []},
        {"activation": ["tanh", "tanh"]},
        {"activation": ["os.system"]},
        {"activation": ["a" * 1_000_000]},
        {"activation": [["tanh"]]},
        {"activation": {"tanh": 1}},
        {"activation": None},
        {"activation": ""},
        {"output": "lambda x: x"},
        {"output": ["sigmoid"]},
        {"output": 3},
        {"initializer": "magic"},
        {"initializer": {}},
        {"dtype": "float64"},
        {"dtype": "f4"},
        {"dtype": "object"},
        {"dtype": ["float32"]},
        {"dtype": {"names": ["a"], "formats": ["O"]}},
        {"dtype": None},
        {"seed": -1},
        {"seed": 1.5},
        {"seed": True},
        {"seed": [1]},
        {"seed": ""},
        {"hooks": ["os.system"]},
    ],
    ids=lambda changes: str(changes)[:50],
)
def test_networks_that_do_not_fit_are_refused(tmp_path, changes):
    assert_refused(forged(tmp_path / "m", **changes), read=load)


@pytest.mark.parametrize(
    "arrays",
    [
        {},
        {"weights": PARAMETERS},
        {"parameters": PARAMETERS, "more": PARAMETERS},
        {"parameters": PARAMETERS[:-1]},
        {"parameters": PARAMETERS[:, None]},
        {"parameters": np.float32(1)},
    ],
    ids=["none", "other name", "two", "one less", "two dimensions", "none dimensions"],
)
def test_parameters_that_do_not_fit_are_refused(tmp_path, arrays):
    assert_refused(forged(tmp_path / "m", arrays), read=load)


@pytest.mark.parametrize("size", [1e38, 3e38])
@pytest.mark.parametrize("last", [1, -1], ids=["infinity", "NaN"])
def test_huge_parameters_answer_in_one_sentence(tmp_path, size, last):
    parameters = np.full(17, size, np.float32)
    parameters[-5::2] *= last
    names = {"activation": ["relu"], "output": "identity"}
    path = forged(tmp_path / "m", {"parameters": parameters}, **names)
    with pytest.raises(DataError, match="the answer for row 0, counted from 0, would"):
        load(path).feed_forward(np.ones((3, 2)))


def test_a_network_with_nan_is_not_saved_and_the_old_file_stays(tmp_path):
    network = Network([2, 4, 1])
    save(network, tmp_path / "m")
    network.parameters[3] = np.nan
    with pytest.raises(DataError, match="'parameters' holds NaN or infinity"):
        save(network, tmp_path / "m")
    assert np.isfinite(load(tmp_path / "m").parameters).all()


def test_a_model_of_a_kind_that_load_does_not_know_is_not_saved(tmp_path):
    class Stranger(Network):
        def to_saved(self):
            return "stranger", {}, {}

    with pytest.raises(TypeError, match="'network'"):
        save(Stranger([1, 1]), tmp_path / "m")
    assert not (tmp_path / "m").exists()


def test_the_header_can_be_read_without_the_model(tmp_path):
    save(Network([2, 4, 1], output="sigmoid", seed=3), tmp_path / "m")
    arrays, header = read_model_file(tmp_path / "m")
    assert header == {"kind": "network", "model": CONFIG}
    assert arrays["parameters"].shape == (17,)


any_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(-9, 9) | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner),
    max_leaves=6,
)


@settings(max_examples=300)
@given(st.sampled_from(sorted(CONFIG)), any_json)
def test_any_value_in_the_description_is_refused_or_kept(tmp_path_factory, name, value):
    path = forged(tmp_path_factory.getbasetemp() / "fuzzed", **{name: value})
    try:
        config = load(path).config()
    except FileFormatError:
        return
    assert repr(config) == repr(CONFIG | {name: value})

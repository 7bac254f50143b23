"""What both sides must agree on."""

from __future__ import annotations

import importlib.util
import re
import typing
from pathlib import Path

import numpy as np
import pytest
from walnet.playground.frames import pack, unpack

from walnet.playground import messages as m

ROOT = Path(__file__).parents[2]


def test_the_pages_types_are_generated_from_the_servers():
    path = ROOT / "tools" / "generate_protocol.py"
    spec = importlib.util.spec_from_file_location("generate_protocol", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert module.TARGET.read_text() == module.protocol_text()


@pytest.mark.parametrize(
    ("table", "names"),
    [
        ("ACTIVATIONS", m.Activation),
        ("COSTS", m.Cost),
        ("OPTIMIZERS", m.Optimizer),
        ("INITIALIZERS", m.Initializer),
    ],
)
def test_the_page_has_a_word_for_every_name_of_the_engine(table, names):
    words = (ROOT / "frontend" / "src" / "state" / "words.ts").read_text()
    part = re.search(rf"export const {table}\b.*?= \[\n(.*?)\n\]", words, re.DOTALL)
    found = re.findall(r'^ *\["(\w+)", "[^"]+"\],$', part[1], re.MULTILINE)
    assert sorted(found) == sorted(typing.get_args(names))


def test_a_frame_comes_out_as_it_went_in():
    arrays = {
        "maps": np.arange(5, dtype=np.uint8),
        "parameters": np.array([1.5, np.nan], dtype=np.float32),
        "curve": np.array([2.0**53]),
    }
    buffer = pack("frame", {"iteration": 2.0**40}, arrays)
    header, found = unpack(buffer)
    assert header["iteration"] == 2.0**40
    assert np.isnan(header["test_cost"])
    for name, array in arrays.items():
        assert found[name].dtype == array.dtype
        np.testing.assert_array_equal(found[name], array)


def test_arrays_start_where_the_page_can_view_them():
    arrays = {"maps": np.zeros(3, np.uint8), "curve": np.zeros(2)}
    buffer = pack("curve", {}, arrays)
    table = np.frombuffer(buffer, "<u4", 8, 15 * 8).reshape(2, 4)
    assert (table[:, 2] % 8 == 0).all()


def test_the_lockfile_names_no_registry():
    lock = (ROOT / "frontend" / "package-lock.json").read_text()
    assert '"resolved"' not in lock
    for platform in ("linux-x64-gnu", "darwin-arm64", "win32-x64-msvc"):
        assert f"@rolldown/binding-{platform}" in lock

"""The library of kernels: what it is made of, when it is used, what is refused."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import struct
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from built_kernels import chooses_itself, own_library
from llvmlite.binding import ObjectFileRef

import walnet
from walnet.engine.kernels.machine import library as of_kernels
from walnet.engine.kernels.machine.entries import ENTRIES
from walnet.engine.kernels.machine.jit.module import import_kernels
from walnet.engine.kernels.machine.library import (
    CONTENTS,
    FOLDER,
    Library,
    UnfitError,
    levels,
    symbol,
    system,
)

SOURCES = Path(walnet.__file__).parents[1]


def own_contents():
    """Return the contents of this machine's library."""
    own_library()
    return json.loads((FOLDER / CONTENTS).read_text(encoding="utf-8"))


@pytest.fixture
def folder(tmp_path):
    """A copy of the library."""
    own_library()
    copy = tmp_path / "native"
    shutil.copytree(FOLDER, copy)
    copy.chmod(0o755)
    return copy


def change(folder, **facts):
    contents = json.loads((folder / CONTENTS).read_text(encoding="utf-8"))
    (folder / CONTENTS).write_text(json.dumps(contents | facts), encoding="utf-8")
    return contents


def run(code, path=SOURCES, **environment):
    """Run Python in a new process; return what it prints, and its errors."""
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=os.environ | {"PYTHONPATH": str(path)} | environment,
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
    )
    return done.stdout, done.stderr


# What it is made of

needs_elf = pytest.mark.skipif(
    not system().startswith("linux"), reason="symbols are read as Linux writes them"
)


def symbols(path):
    """Return the names that a library of Linux has for others, and that it needs."""
    parts = ObjectFileRef.from_path(str(path)).sections()
    content = {part.name(): part.data() for part in parts}
    names, has, needs = content[b".dynstr"], set(), set()
    for start, *_, section, _, _ in struct.iter_unpack("=IBBHQQ", content[b".dynsym"]):
        name = names[start : names.index(b"\0", start)].decode()
        (has if section else needs).add(name)
    return has, needs - {""}  # the first one stands for none


@needs_elf
def test_a_library_has_every_entry_in_both_precisions_and_nothing_else():
    contents = own_contents()
    import_kernels()
    wanted = {symbol(e, p) for e in ENTRIES for p in ("float32", "float64")}
    for facts in contents["libraries"].values():
        has, _ = symbols(FOLDER / facts["file"])
        assert {name for name in has if not name.startswith("_")} == wanted


@needs_elf
def test_a_library_needs_nothing_but_memset():
    contents = own_contents()
    for facts in contents["libraries"].values():
        _, needs = symbols(FOLDER / facts["file"])
        # Those with underscores are the linker's own, and weak.
        assert {name for name in needs if name[0] != "_"} <= {"memset"}


# When it is used

# A kernel is called, of the data, before the modules of the others are imported.
TRAIN = """
import sys
import walnet
X, y = walnet.datasets.moons(100, seed=0)
for dtype in ("float32", "float64"):
    network = walnet.Network([2, 5, 1], output="sigmoid", dtype=dtype)
    walnet.train(network, X, y, optimizer="adam", batch_size=30, epochs=5, dropout=0.1)
    print(network.parameters.tobytes().hex(), network.cost(X, y).hex())
print({"numba", "llvmlite"} & set(sys.modules) or "no compiler")
"""


def test_a_training_by_the_library_needs_no_compiler_and_no_home():
    own_library()
    out, errors = run(TRAIN, WALNET_KERNELS="library", HOME="/nowhere")
    assert out.endswith("no compiler\n"), errors


@chooses_itself
@pytest.mark.parametrize(
    "checked",
    # Code that checks every index is compiled for a leg of run_tests.py, and kept.
    ["1", pytest.param("0", marks=pytest.mark.slow)],
    ids=["checked", "not checked"],
)
def test_the_library_and_the_compiler_on_the_spot_give_the_same_bits(checked):
    own_library()
    by_library, _ = run(TRAIN, WALNET_KERNELS="library")
    on_the_spot = {"WALNET_KERNELS": "jit", "NUMBA_BOUNDSCHECK": checked}
    by_compiler, errors = run(TRAIN, **on_the_spot)
    assert by_compiler.splitlines()[:2] == by_library.splitlines()[:2], errors
    assert "llvmlite" in by_compiler


TOGETHER = """
from threading import Barrier, Thread
import walnet
begin, done = Barrier(8), []
def call(seed):
    begin.wait()
    for _ in range(20):
        X, _ = walnet.datasets.moons(50, seed=seed)
    done.append(len(X))
threads = [Thread(target=call, args=(seed,)) for seed in range(8)]
for each in threads: each.start()
for each in threads: each.join()
print(done)
"""


@chooses_itself
def test_threads_that_are_the_first_to_call_a_kernel_run_the_same_code():
    out, errors = run(TOGETHER, WALNET_KERNELS="jit", NUMBA_BOUNDSCHECK="1")
    assert out == f"{[50] * 8}\n", errors


def test_plain_Python_is_close_to_machine_code():
    code = TRAIN.replace("tobytes().hex()", "tolist()").replace(".hex()", "")
    compiled, _ = run(code)
    plain, errors = run(code, WALNET_KERNELS="python")
    assert plain, errors
    for a, b in zip(compiled.splitlines()[:2], plain.splitlines()[:2], strict=True):
        numbers = [np.array(json.loads(line.rpartition(" ")[0])) for line in (a, b)]
        np.testing.assert_allclose(*numbers, rtol=1e-4, atol=1e-4)


def test_a_choice_that_there_is_not_is_refused():
    _, errors = run("import walnet; walnet.Network([1, 1]).feed_forward([[1.0]])",
                    WALNET_KERNELS="gpu")  # fmt: skip
    assert errors.endswith("must be library, jit or python, or not set; got 'gpu'\n")


def test_kernels_that_were_edited_have_no_library(tmp_path):
    own_library()
    ignored = shutil.ignore_patterns("__pycache__", "static")
    shutil.copytree(SOURCES / "walnet", tmp_path / "walnet", ignore=ignored)
    ask = "import walnet; walnet.Network([1, 1]).feed_forward([[1.0]]); print('ran')"
    assert run(ask, tmp_path, WALNET_KERNELS="library")[0] == "ran\n"
    with (tmp_path / "walnet/engine/kernels/costs.py").open("a") as file:
        file.write("# edited\n")
    out, errors = run(ask, tmp_path, WALNET_KERNELS="library")
    assert out == ""
    assert "the kernels are other ones than the library was made of" in errors
    assert "pip install" in errors.splitlines()[-1]


def test_the_version_says_which_machine_code_runs():
    name = own_library().name
    done = subprocess.run(
        [sys.executable, "-m", "walnet", "--version"],
        env=os.environ | {"PYTHONPATH": str(SOURCES), "WALNET_KERNELS": "library"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.endswith(f"kernels of the library for {name}\n")


# What is refused


def refused(folder):
    with pytest.raises(UnfitError) as error:
        Library.load(folder)
    return str(error.value)


def test_a_folder_without_a_library(tmp_path):
    assert "there is no library of kernels in" in refused(tmp_path)


def test_a_library_that_was_truncated_is_not_loaded(folder):
    facts = next(iter(change(folder)["libraries"].values()))
    path = folder / facts["file"]
    path.write_bytes(path.read_bytes()[:5000])
    assert refused(folder).endswith("is damaged: its checksum is another one")
    path.unlink()
    assert "the library cannot be read" in refused(folder)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"libraries": {"a": 1}}', "\0"])
def test_a_list_of_contents_that_is_none(folder, text):
    (folder / CONTENTS).write_text(text, encoding="utf-8")
    assert refused(folder).endswith("kernels.json is damaged")


def test_a_library_of_other_sources(folder):
    change(folder, sources="0" * 64)
    assert "other ones than the library was made of" in refused(folder)


def test_a_library_of_another_system(folder):
    change(folder, system="plan9 mips")
    assert refused(folder).endswith(f"is for plan9 mips, this is {system()}")


def test_a_file_that_is_no_library(folder):
    contents = change(folder)
    for facts in contents["libraries"].values():
        (folder / facts["file"]).write_bytes(b"no library")
        facts["sha256"] = hashlib.sha256(b"no library").hexdigest()
    change(folder, libraries=contents["libraries"])
    # The loader says the same of a disk that is mounted noexec.
    assert "the library cannot be loaded" in refused(folder)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such bits")
def test_a_folder_that_other_users_can_write_to(folder):
    folder.chmod(0o777)
    assert refused(folder).startswith("other users can write to")


def test_an_older_processor_takes_the_library_for_older_ones(folder, monkeypatch):
    contents = change(folder)
    if not system().endswith("x86-64"):
        pytest.skip("levels are those of x86-64")
    older = {"SSE42": True, "POPCNT": True}
    assert levels(older) == ["x86-64-v2"]
    assert levels(older | {"AVX2": True, "FMA3": True, "F16C": True}) == [
        "x86-64-v3",
        "x86-64-v2",
    ]
    monkeypatch.setattr(of_kernels, "processor_features", lambda: older)
    assert Library.load(folder).name == "x86-64-v2"
    third = contents["libraries"]["x86-64-v3"]
    change(folder, libraries={"x86-64-v3": third})
    assert refused(folder) == (
        "the library is for processors of x86-64-v3 and above, this one is older"
    )
    monkeypatch.setattr(of_kernels, "processor_features", dict)
    assert "this one is older" in refused(folder)

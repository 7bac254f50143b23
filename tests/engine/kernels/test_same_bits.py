"""One call, run by the machine code of several targets: every byte is the same."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

import kernel_calls as engine
import numpy as np
import pytest
from build_kernels import WASM, ZIG, folder_of, is_current, levels_of
from build_page import PageError, node_command
from images import Image

from walnet.engine.kernels import epochs
from walnet.engine.kernels.machine import library as of_kernels
from walnet.engine.kernels.machine.library import (
    CONTENTS,
    FOLDER,
    EditedError,
    Library,
    symbol,
)
from walnet.engine.settings import Settings

ITERATIONS = 60
pytestmark = pytest.mark.skipif(
    os.environ.get("WALNET_KERNELS", "library") != "library",
    reason="libraries are compared, whichever way the kernels run here",
)
SUPPORT = Path(__file__).parents[2] / "support"
# What runs programs of other systems here.
EMULATORS = {
    "linux aarch64": ["qemu-aarch64", "-L", "/usr/aarch64-linux-gnu"],
    "windows x86-64": ["/usr/lib/wine/wine64"],
}
# An optimizer and a size of batches for each kind of network.
TRAININGS = {
    "plain": ("gradient_descent", 7),
    "numbers": ("momentum", 20),
    "levels": ("nesterov", 16),
    "slopes": ("rmsprop", 33),
    "norm": ("adam", 24),
    "dropout": ("adamw", 40),
    "all": ("adam", 17),
}


def library():
    try:
        return Library.load()
    except EditedError as reason:
        pytest.skip(f"{reason}: run tools/build_kernels.py")


def built(where, level):
    """Return the library for another system that was built here."""
    if not is_current(folder_of(where), where):
        pytest.skip(f"there is no {where} library of these kernels: `make wheels`")
    contents = json.loads((folder_of(where) / CONTENTS).read_text(encoding="utf-8"))
    return folder_of(where) / contents["libraries"][level]["file"]


def node():
    """Return the Node that builds the page."""
    try:
        return node_command("node")[0][0]
    except PageError as reason:
        pytest.skip(str(reason))


def image_of(kind, dtype):
    """Return the call of many iterations of a training."""
    optimizer, batch = TRAININGS[kind]
    network, X, Y = engine.kind_of(kind, rows=90, dtype=dtype)
    settings = Settings(
        cost=engine.cost_of(network),
        optimizer=optimizer,
        batch_size=batch,
        learning_rate=0.01,
        iterations=ITERATIONS,
        l2=0.001,
        smoothing=0.1 if engine.cost_of(network) != "mse" else 0.0,
    )
    training = engine.training_on(network, X, Y, settings)
    state, work, order = training.arrays
    rows = np.zeros((ITERATIONS + 1, 6))
    course = training.course(ITERATIONS)
    arguments = (training.plan, state, training.examples, course, rows, order, work)
    return Image(epochs.run, *arguments)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("kind", TRAININGS)
def test_older_processors_give_the_same_bits(kind, dtype, tmp_path, monkeypatch):
    here = library()
    contents = json.loads((FOLDER / CONTENTS).read_text(encoding="utf-8"))
    if here.name != "x86-64-v3" or "x86-64-v2" not in contents["libraries"]:
        pytest.skip("there are not both libraries here")
    shutil.copytree(FOLDER, tmp_path / "native")
    older = {"SSE42": True, "POPCNT": True}
    monkeypatch.setattr(of_kernels, "processor_features", lambda: older)
    old = Library.load(tmp_path / "native")
    assert old.name == "x86-64-v2"
    image = image_of(kind, dtype)
    after = [each.function("run", dtype) for each in (here, old)]
    assert digest(image.run(after[0])) == digest(image.run(after[1]))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", ["wasm32", "wasm32-relaxed"])
@pytest.mark.parametrize("kind", TRAININGS)
def test_WebAssembly_gives_the_same_bits(kind, name, dtype, tmp_path):
    command = [node(), SUPPORT / "run_image.mjs", built(WASM, name)]
    compare(kind, dtype, command, tmp_path)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("where", EMULATORS)
@pytest.mark.parametrize("kind", TRAININGS)
def test_other_systems_give_the_same_bits(kind, where, dtype, tmp_path, program_for):
    best = built(where, levels_of(where)[0])
    command = [*EMULATORS[where], program_for(where), best]
    compare(kind, dtype, command, tmp_path)


@pytest.fixture(scope="module")
def program_for(tmp_path_factory):
    """Give a function that compiles the program which runs an image on a system."""
    folder = tmp_path_factory.mktemp("programs")

    @cache
    def compiled(where):
        if shutil.which(EMULATORS[where][0]) is None:
            pytest.skip(f"{EMULATORS[where][0]} is not here")
        program = folder / f"{where}.exe"
        command = [sys.executable, "-m", "ziglang", "cc", "-target", ZIG[where], "-O1"]
        source = SUPPORT / "run_image.c"
        subprocess.run([*command, "-o", str(program), str(source)], check=True)
        return program

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WINEPREFIX", str(folder / "wine"))  # not the user's own
        patch.setenv("WINEDEBUG", "-all")
        yield compiled


def compare(kind, dtype, command, folder):
    """Compare all bytes after a training here and by another program."""
    here = library()
    image = image_of(kind, dtype)
    after = image.run(here.function("run", dtype))
    assert after != bytes(image.blob)
    by_other = image.run_by([*command, symbol("run", dtype)], folder)
    assert digest(by_other) == digest(after)


def digest(content):
    return hashlib.sha256(content).hexdigest()

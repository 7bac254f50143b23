"""One call, run by the machine code of several targets: every byte is the same."""

from __future__ import annotations

import hashlib
import json
import shutil

import kernel_calls as engine
import numpy as np
import pytest
from build_kernels import WASM, folder_of, is_current
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
    """Return the library for another system that was built beside this machine's."""
    if not is_current(folder_of(where), where):
        pytest.skip(f"there is no {where} library of these kernels: `make kernels`")
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
    here = library()
    module = built(WASM, name)
    image = image_of(kind, dtype)
    after = image.run(here.function("run", dtype))
    assert after != bytes(image.blob)
    by_node = image.run_in_node(module, symbol("run", dtype), tmp_path, node())
    assert digest(by_node) == digest(after)


def digest(content):
    return hashlib.sha256(content).hexdigest()

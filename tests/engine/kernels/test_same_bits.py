"""One call, run by the machine code of several targets: every byte is the same."""

from __future__ import annotations

import hashlib
import json
import shutil
from functools import partial
from pathlib import Path

import kernel_calls as engine
import numpy as np
import pytest
from images import Image

from walnet import datasets
from walnet.engine.kernels import datasets as examples
from walnet.engine.kernels import draws, epochs, initializers
from walnet.engine.kernels.machine import library as of_kernels
from walnet.engine.kernels.machine.library import (
    CONTENTS,
    FOLDER,
    EditedError,
    Library,
    symbol,
)
from walnet.engine.kernels.machine.sources import fingerprint
from walnet.engine.network import Network
from walnet.engine.settings import Settings

WASM = Path(__file__).parents[3] / "build" / "kernels" / "wasm"
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


def training(kind, dtype):
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
    under_way = engine.training_on(network, X, Y, settings)
    state, work, order = under_way.arrays
    rows = np.zeros((ITERATIONS + 1, 6))
    course = under_way.course(ITERATIONS)
    arguments = (under_way.plan, state, under_way.examples, course, rows, order, work)
    return epochs.run, arguments


def first_parameters(name, dtype):
    """Return the call that draws a layer's: a rule's, or those of a kind of layer."""
    kind, number = {"numbers": ("numbers", 0), "levels": ("levels", 0)}.get(
        name, ("norm", 1)
    )
    layout = Network(engine.KINDS[kind]).layout
    rule = initializers.CODES.get(name, initializers.ZEROS)
    parameters = np.zeros(layout.n_parameters, dtype)
    return initializers.draw_layer, (layout.records, number, rule, KEY, parameters)


def data_set(name):
    """Return the call that draws a data set."""
    code, n = examples.CODES[name], 500
    if datasets.make(name).task == "regression":
        X = np.zeros((n, 1 if name == "sine" else 2))
        return examples.draw_heights, (code, 0.1, KEY, X, np.zeros(n))
    classes = 5 if name == "blobs" else 2
    arguments = (code, classes, 0.1, KEY, np.zeros((n, 2)), np.zeros(n, np.int64))
    return examples.draw_classes, arguments


KEY = 0xE220A8397B1DCDAF
CALLS = {f"training {kind}": partial(training, kind) for kind in TRAININGS}
CALLS |= {
    f"first parameters {name}": partial(first_parameters, name)
    for name in (*initializers.CODES, "numbers", "levels")
}
CALLS |= {
    f"data {name}": lambda _dtype, name=name: data_set(name) for name in datasets.NAMES
}
CALLS |= {
    "uniform": lambda _: (draws.draw_uniform, (KEY, 3, -1.0, 2.0, np.zeros(999))),
    "normal": lambda _: (draws.draw_normal, (KEY, -4, 1.0, 2.0, np.zeros(9999))),
    "order": lambda _: (draws.draw_order, (KEY, 5, np.zeros(999, np.int64))),
}


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("call", CALLS)
def test_older_processors_give_the_same_bits(call, dtype, tmp_path, monkeypatch):
    here = library()
    contents = json.loads((FOLDER / CONTENTS).read_text(encoding="utf-8"))
    if here.name != "x86-64-v3" or "x86-64-v2" not in contents["libraries"]:
        pytest.skip("there are not both libraries here")
    shutil.copytree(FOLDER, tmp_path / "native")
    older = {"SSE42": True, "POPCNT": True}
    monkeypatch.setattr(of_kernels, "processor_features", lambda: older)
    old = Library.load(tmp_path / "native")
    assert old.name == "x86-64-v2"
    entry, arguments = CALLS[call](dtype)
    image = Image(entry, *arguments)
    after = [each.function(entry.name, dtype) for each in (here, old)]
    assert digest(image.run(after[0])) == digest(image.run(after[1]))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", ["wasm32", "wasm32-relaxed"])
@pytest.mark.parametrize("call", CALLS)
def test_WebAssembly_gives_the_same_bits(call, name, dtype, tmp_path):
    here, node = library(), shutil.which("node")
    try:
        contents = json.loads((WASM / CONTENTS).read_text(encoding="utf-8"))
    except OSError:
        contents = {"sources": ""}
    if contents["sources"] != fingerprint() or node is None:
        pytest.skip("there is no WebAssembly of these kernels: `make kernels`")
    entry, arguments = CALLS[call](dtype)
    image = Image(entry, *arguments)
    after = image.run(here.function(entry.name, dtype))
    assert after != bytes(image.blob)
    module = WASM / contents["libraries"][name]["file"]
    by_node = image.run_in_node(module, symbol(entry.name, dtype), tmp_path, node)
    assert digest(by_node) == digest(after)


def digest(content):
    return hashlib.sha256(content).hexdigest()

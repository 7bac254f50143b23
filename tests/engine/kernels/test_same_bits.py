"""One call, run by the machine code of several targets: every byte is the same."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
from functools import cache, partial
from pathlib import Path

import kernel_calls as engine
import numpy as np
import pytest
from build_kernels import ZIG, levels_of
from built_kernels import chooses_itself, need_library, need_wasm, own_library
from images import Image
from node import need_node

from walnet import datasets
from walnet.engine.kernels import datasets as examples
from walnet.engine.kernels import draws, epochs, initializers
from walnet.engine.kernels.machine import library as of_kernels
from walnet.engine.kernels.machine.library import (
    FOLDER,
    Library,
    symbol,
)
from walnet.engine.network import Network
from walnet.engine.settings import Settings

ITERATIONS = 60
pytestmark = chooses_itself
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
    "ramps": ("rmsprop", 28),
    "levels": ("nesterov", 16),
    "slopes": ("rmsprop", 33),
    "norm": ("adam", 24),
    "dropout": ("adamw", 40),
    "all": ("adam", 17),
}


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
    kind, number = (name, 0) if name in OF_THEIR_OWN else ("norm", 1)
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
OF_THEIR_OWN = "numbers", "ramps", "levels"  # kinds that no rule is for
CALLS = {f"training {kind}": partial(training, kind) for kind in TRAININGS}
CALLS |= {
    f"first parameters {name}": partial(first_parameters, name)
    for name in (*initializers.CODES, *OF_THEIR_OWN)
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
    here = own_library()
    if "x86-64-v3" not in of_kernels.levels(of_kernels.processor_features()):
        pytest.skip("this processor has no older level")
    assert here.name == "x86-64-v3"
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
    command = [need_node(), SUPPORT / "run_image.mjs", need_wasm(name)]
    compare(call, dtype, command, tmp_path, "1")


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("where", EMULATORS)
@pytest.mark.parametrize("call", CALLS)
def test_other_systems_give_the_same_bits(call, where, dtype, tmp_path, program_for):
    best = need_library(where, levels_of(where)[0])
    command = [*EMULATORS[where], program_for(where), best]
    compare(call, dtype, command, tmp_path)


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


def compare(call, dtype, command, folder, *options):
    """Compare all bytes after a call here and by another program."""
    here = own_library()
    entry, arguments = CALLS[call](dtype)
    image = Image(entry, *arguments)
    after = image.run(here.function(entry.name, dtype))
    assert after != bytes(image.blob)
    by_other = image.run_by([*command, symbol(entry.name, dtype), *options], folder)
    assert digest(by_other) == digest(after)


def digest(content):
    return hashlib.sha256(content).hexdigest()

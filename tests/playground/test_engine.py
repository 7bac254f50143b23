"""The page's engine, run by Node: the same seed and settings give Python's bits."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import numpy as np
import pytest
from built_kernels import need_wasm
from node import SOURCE, by_node, need_node
from page_cases import HIDDEN, SETTINGS, network_of, settings_of

import walnet
from walnet.engine.kernels.optimizers import OPTIMIZERS
from walnet.errors import DivergedError

ENGINE = SOURCE / "engine"
SUPPORT = Path(__file__).parents[1] / "support"
COSTS = {"sigmoid": "binary_cross_entropy", "softmax": "categorical_cross_entropy"}
MODULES = ["wasm32", "wasm32-relaxed"]


def case(dataset="circles", **changes):
    """A case for both: what is left out is as the page begins."""
    task = walnet.datasets.make(dataset, n=10)
    classes = len(task.class_names)
    output = {0: "identity", 2: "sigmoid"}.get(classes, "softmax")
    settings = SETTINGS | {"cost": COSTS.get(output, "mse"), "batchSize": 10}
    sizes = [task.X.shape[1], 4, 2, classes if classes > 2 else 1]
    network = {"sizes": sizes, "activations": ["tanh", "tanh"], "output": output}
    network |= {"initializer": "auto", "seed": 0}
    found = {
        "dataset": dataset,
        "data": {"n": 200, "noise": 0.1, "seed": 0},
        "network": network | changes.pop("network", {}),
        "settings": settings | changes.pop("settings", {}),
        "iterations": 1000,
    }
    return found | changes


def by_page(cases, module):
    """Run cases by the page's engine."""
    return by_node("engine_runs.mjs", need_wasm(module), given=cases)


def by_python(given):
    """Run a case by walnet."""
    X, y = walnet.datasets.make(given["dataset"], **given["data"])
    made, chosen = network_of(given), settings_of(given)
    before = digest(made.parameters)
    Y = y.astype(float)
    if made.n_outputs > 1:
        Y = np.eye(made.n_outputs)[y]
    training = walnet.Training(made, X, Y, chosen)
    diverged = None
    try:
        training.advance(given["iterations"])
    except DivergedError as error:
        diverged = [error.iteration, error.layer]
    return {
        "data": [digest(X), digest(y.astype(float))],
        "before": before,
        "after": digest(made.parameters),
        "cost": made.cost(X, Y, chosen.cost),
        "diverged": diverged,
    }


def digest(numbers):
    return hashlib.sha256(np.ascontiguousarray(numbers).tobytes()).hexdigest()


def the_same(cases, module):
    for given, found in zip(cases, by_page(cases, module), strict=True):
        expected = by_python(given)
        assert {name: found[name] for name in expected} == expected, given


def all_cases():
    """All data sets by all update rules by all activations."""
    return [
        case(
            dataset,
            network={"activations": [activation, activation]},
            settings={"optimizer": optimizer},
        )
        for dataset in walnet.datasets.NAMES
        for optimizer in OPTIMIZERS
        for activation in HIDDEN
    ]


@pytest.mark.parametrize("module", MODULES)
def test_data_weights_and_training_are_those_of_Python(module):
    cases = all_cases()
    # Of the one that computes each multiply-add by hand a part: it takes longer.
    the_same(cases[::7] if module == "wasm32" else cases, module)


@pytest.fixture
def served(tmp_path):
    """The engine as JavaScript, and the kernels, on a server of a browser's own."""
    folder = tmp_path / "engine"
    command = [need_node(), SUPPORT / "strip_types.mjs", ENGINE, folder]
    subprocess.run([str(each) for each in command], check=True, capture_output=True)
    shutil.copy(SUPPORT / "engine_cases.mjs", tmp_path)
    shutil.copy(need_wasm("wasm32-relaxed"), tmp_path / "kernels.wasm")
    (tmp_path / "index.html").write_text("<title>cases</title>")
    handler = partial(_Handler, directory=str(tmp_path))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


class _Handler(SimpleHTTPRequestHandler):
    extensions_map = SimpleHTTPRequestHandler.extensions_map | {
        ".ts": "text/javascript",
        ".mjs": "text/javascript",
    }

    def log_message(self, *_):
        """Keep the terminal quiet."""


IN_BROWSER = """async cases => {
    const { runAll } = await import("/engine_cases.mjs");
    const code = await (await fetch("/kernels.wasm")).arrayBuffer();
    return runAll("/engine", code, cases);
}"""


def test_a_browser_trains_to_the_bits_of_Python(browser, served):
    """All data sets by all update rules by all activations, in Chromium."""
    page = browser.new_page()
    page.goto(served + "/index.html")
    cases = all_cases()
    page.set_default_timeout(240_000)
    results = page.evaluate(IN_BROWSER, cases)
    page.close()
    for given, found in zip(cases, results, strict=True):
        expected = by_python(given)
        assert {name: found[name] for name in expected} == expected, given


OTHER_SETTINGS = {
    "full batches": {"batchSize": 0},
    "dropout": {"dropout": [0.2, 0.5]},
    "penalties": {"l1": 0.001, "l2": 0.01},
    "decay": {"optimizer": "adamw", "weightDecay": 0.1},
    "momentum with decay": {"optimizer": "momentum", "weightDecay": 0.02},
    "mae": {"cost": "mae"},
    "huber": {"cost": "huber"},
    "another seed": {"seed": 123_456_789},
}


@pytest.mark.parametrize("settings", OTHER_SETTINGS.values(), ids=OTHER_SETTINGS)
def test_settings_mean_the_same(settings):
    the_same([case(settings=settings)], "wasm32-relaxed")


@pytest.mark.parametrize(
    "rule", ["glorot", "he", "lecun", "normal", "uniform", "zeros"]
)
def test_initial_weights_are_the_same_by_every_rule(rule):
    the_same([case(network={"initializer": rule, "seed": 7})], "wasm32-relaxed")


def test_the_largest_network_of_the_page_learns_the_same_also_in_shards():
    """Of a full batch so large that it is split."""
    network = {"sizes": [2, *[32] * 8, 1], "activations": ["relu"] * 8}
    data = {"n": 4000, "noise": 0.1, "seed": 3}
    settings = {"batchSize": 0}
    large = case(network=network, data=data, settings=settings, iterations=5)
    the_same([large], "wasm32-relaxed")


def test_a_training_diverges_at_the_same_place_and_keeps_the_same_parameters():
    wild = case(
        "bumpy",
        network={"activations": ["relu", "relu"]},
        settings={"learningRate": 30.0, "cost": "mse"},
    )
    (found,) = by_page([wild], "wasm32-relaxed")
    assert found["diverged"] is not None
    the_same([wild], "wasm32-relaxed")

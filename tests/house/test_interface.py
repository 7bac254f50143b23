"""The public names, and what it costs to import them."""

from __future__ import annotations

import subprocess
import sys
from types import ModuleType

import pytest

import walnet

COMPILERS = {"llvmlite", "numba"}
HEAVY = {
    "jinja2",
    "matplotlib",
    "narwhals",
    "onnx",
    "optuna",
    "pandas",
    "polars",
    "pyarrow",
    "rich",
    "sklearn",
    "starlette",
    "typer",
    "uvicorn",
    "websockets",
}


def run_fresh(code: str, *options: str) -> subprocess.CompletedProcess[str]:
    """Run code in a new interpreter."""
    return subprocess.run(
        [sys.executable, *options, "-c", code],
        capture_output=True,
        text=True,
        check=True,
    )


def modules_after(code: str) -> set[str]:
    """Return the names of the modules that a new interpreter has loaded after code."""
    report = run_fresh(code, "-X", "importtime").stderr.splitlines()
    return {line.rpartition("|")[2].strip() for line in report}


def packages_after(code: str) -> set[str]:
    """Return the names of the packages that a new interpreter has loaded after code."""
    return {name.partition(".")[0] for name in modules_after(code)}


def test_public_names_are_sorted_and_single():
    assert walnet.__all__ == sorted(set(walnet.__all__))


def test_dir_lists_every_public_name_before_it_is_used():
    listed = run_fresh("import walnet; print(*dir(walnet))").stdout.split()
    assert set(listed) >= set(walnet.__all__)


def test_every_public_name_is_there_and_says_in_one_sentence_what_it_is():
    for name in walnet.__all__:
        value = getattr(walnet, name)
        expected = f"walnet.{name}" if isinstance(value, ModuleType) else name
        assert value.__name__ == expected
        first = value.__doc__.partition("\n")[0]
        assert first.endswith("."), name
        assert len(first) < 80, name


def test_star_import_gives_the_public_names():
    code = "from walnet import *; print(*dir())"
    assert set(run_fresh(code).stdout.split()) >= set(walnet.__all__)


def test_functions_are_not_shadowed_by_their_modules():
    code = (
        "import walnet.tracing, walnet.engine.training, walnet.models.model_file\n"
        "print(all(map(callable, [walnet.trace, walnet.train, walnet.load])))"
    )
    assert run_fresh(code).stdout == "True\n"


def test_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="'walnet' has no attribute 'Netwrok'"):
        _ = walnet.Netwrok


def test_version_is_that_of_the_distribution():
    major, minor, *_ = walnet.__version__.split(".")
    assert (int(major), int(minor)) >= (0, 1)


def test_import_loads_neither_libraries_nor_the_engine():
    loaded = packages_after("import walnet")
    assert "walnet" in loaded
    assert not loaded & (HEAVY | COMPILERS | {"numpy", "scipy"})


def test_the_first_network_loads_no_heavy_library():
    loaded = packages_after(
        "import numpy, walnet\n"
        "network = walnet.Network([2, 3, 1])\n"
        "X = numpy.zeros((4, 2), numpy.float32)\n"
        "y = numpy.zeros((4, 1), numpy.float32)\n"
        "walnet.train(network, X, y, iterations=1)\n"
    )
    assert "numpy" in loaded
    assert not loaded & (HEAVY | COMPILERS)


@pytest.mark.parametrize("name", ["MLPClassifier", "TabularClassifier"])
def test_an_estimator_loads_neither_formulas_nor_searches_of_models(name):
    loaded = modules_after(f"import walnet; walnet.{name}")
    assert "sklearn.base" in loaded
    assert not loaded & {
        "sklearn.model_selection",
        "sklearn.neural_network",
        "walnet.tracing",
    }

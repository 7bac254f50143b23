"""The wheel of this system, in an environment of its own that has no compiler."""

from __future__ import annotations

import contextlib
import io
import os
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import pytest
from built_kernels import own_library

import walnet

ROOT = Path(__file__).parents[2]
NO_COMPILER = "import sys; sys.modules['numba'] = sys.modules['llvmlite'] = None\n"
TRAIN = """
import walnet
X, y = walnet.datasets.moons(100, seed=0)
for dtype in ("float32", "float64"):
    network = walnet.Network([2, 5, 1], output="sigmoid", dtype=dtype)
    walnet.train(network, X, y, optimizer="adam", batch_size=30, epochs=5, dropout=0.1)
    print(network.parameters.tobytes().hex())
"""
ESTIMATORS = """
import numpy as np, walnet
X, y = walnet.datasets.moons(100, seed=0)
model = walnet.TabularClassifier(members=1, random_state=0).fit(X, y.ravel())
print(model.predict(X).shape)
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    own_library()
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)],
        cwd=ROOT,
        env=os.environ | {"WALNET_UI": "skip", "PATH": "nowhere"},
        capture_output=True,
        check=True,
    )
    [path] = folder.glob("walnet-*-py3-none-*.whl")
    return path


@pytest.fixture(scope="module")
def environment(wheel, tmp_path_factory):
    """The wheel, this environment's other packages, and nothing that compiles."""
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder, symlinks=os.name != "nt")
    python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    install = [sys.executable, "-m", "pip", "--python", str(python), "install"]
    options = ["--no-deps", "--no-index", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*install, *options, str(wheel)], check=True)
    ask = "import sysconfig; print(sysconfig.get_path('purelib'))"
    packages = Path(run(python, ask).strip())
    others = sysconfig.get_path("purelib")
    (packages / "others.pth").write_text(f"{others}\n", encoding="utf-8")
    (packages / "sitecustomize.py").write_text(NO_COMPILER, encoding="utf-8")
    return python


def start(python, code):
    """Start Python apart from this process's settings, with no home."""
    environment = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("PYTHON", "WALNET"))
    }
    return subprocess.Popen(
        [str(python), "-c", code],
        cwd=python.parent,
        env=environment | {"HOME": "/nowhere"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def run(python, code):
    """Run Python to its end and return what it prints."""
    process = start(python, code)
    out, errors = process.communicate(timeout=200)
    assert process.returncode == 0, errors
    return out


def test_what_is_installed_is_the_wheel_and_compiles_nothing(environment):
    out = run(environment, "import walnet; print(walnet.__file__)")
    assert Path(out.strip()).is_relative_to(environment.parents[1])
    command = environment.with_name("walnet")
    done = subprocess.run(
        [str(command), "--version"], capture_output=True, text=True, check=True
    )
    assert done.stdout.startswith(
        f"walnet {walnet.__version__}, kernels of the library"
    )
    code = "try: import numba\nexcept ImportError: print('none')"
    assert run(environment, code) == "none\n"


def bits_here():
    """Return what TRAIN prints in this process."""
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(TRAIN, {})  # noqa: S102 - the very code that the other processes run
    return printed.getvalue()


def test_two_first_trainings_at_once_give_the_bits_of_the_checkout(environment):
    both = [start(environment, TRAIN) for _ in range(2)]
    outs = [process.communicate(timeout=200)[0] for process in both]
    here = bits_here()
    assert outs == [here, here]


def test_an_estimator_is_trained_by_the_wheel(environment):
    assert run(environment, ESTIMATORS) == "(100,)\n"

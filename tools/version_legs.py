"""Run a part of the suite with the oldest or the newest versions that are allowed.

``python tools/version_legs.py oldest|newest [PYTHON]``

The oldest are the lower bounds of pyproject.toml, which is their one owner. Each leg
has an environment of its own below build/, where walnet is installed from here.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
from pathlib import Path

from packaging.requirements import Requirement

EXTRAS = ("excel", "onnx", "tune")
TOOLS = (
    *("pytest>=9", "pytest-timeout", "hypothesis", "psutil"),
    *("pandas", "polars", "onnxruntime", "skl2onnx"),
)
TESTS = [
    "tests/engine/test_golden_bits.py",
    "tests/engine/test_training.py",
    "tests/estimators",
    "tests/tabular/test_vocabulary.py",
    "tests/tuning",
    "tests/cli/test_commands.py",
    "tests/models/test_version_1.py",
    "tests/tables/test_column_reading.py",
    "tests/export/test_onnx.py",
]
# Those who made an old release of a library did not know today's Python and NumPy.
LENIENT = [
    "-W",
    "ignore::DeprecationWarning",
    "-W",
    "ignore::PendingDeprecationWarning",
]
OWN_OPTIONS = "addopts=-ra --import-mode=importlib"


def requirements(leg: str) -> list[str]:
    """Return what is installed: lower bounds alone, or nothing but them."""
    data = tomllib.loads(Path("pyproject.toml").read_text(encoding="utf-8"))
    project = data["project"]
    texts = list(project["dependencies"])
    for extra in EXTRAS:
        texts += project["optional-dependencies"][extra]
    return [lowest(text) if leg == "oldest" else text for text in texts]


def lowest(text: str) -> str:
    """Return a requirement of the lowest version that another one allows."""
    requirement = Requirement(text)
    (bound,) = [each for each in requirement.specifier if each.operator == ">="]
    return f"{requirement.name}=={bound.version}"


def main(leg: str, python: str) -> int:
    """Install the versions and run the tests; return pytest's exit code."""
    folder = Path("build") / leg
    own = str(folder / "bin" / "python")
    subprocess.run([python, "-m", "venv", folder], check=True)
    install = [own, "-m", "pip", "install", "--quiet", "--upgrade"]
    subprocess.run([*install, *requirements(leg), *TOOLS], check=True)
    listed = [own, "-m", "pip", "list", "--format=freeze"]
    subprocess.run(listed, check=True)
    # The library needs no version of anything: this environment's Numba makes it.
    subprocess.run([sys.executable, "tools/build_kernels.py"], check=True)
    nothing_built = os.environ | {"WALNET_LIBRARY": "skip", "WALNET_UI": "skip"}
    itself = [*install, "--no-deps", "--editable", "."]
    subprocess.run(itself, env=nothing_built, check=True)
    pytest = [own, "-m", "pytest", "-q", "-m", "not slow", "-o", OWN_OPTIONS, *LENIENT]
    return subprocess.run([*pytest, *TESTS], check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else sys.executable))

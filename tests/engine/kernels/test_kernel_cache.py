"""Machine code on disk: an edit is seen, a folder that cannot be written no harm."""

from __future__ import annotations

import importlib
import os
import re
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

import walnet.engine.kernels

# Two kernels in two files: Numba by itself looks at the caller's file only.
CALLED = """
from walnet.engine.kernels.machine.compile import kernel

@kernel
def called(x):
    return x + 1
"""
CALLER = """
from walnet.engine.kernels.machine.compile import kernel
from walnet.engine.kernels.called import called

@kernel
def caller(x):
    return 10 * called(x)
"""
ASK = """
from walnet.engine.kernels.caller import caller
print(caller(1), sum(caller.stats.cache_hits.values()))
"""


@pytest.fixture
def package(tmp_path):
    """Copy the kernels to a folder of their own and add two."""
    kernels = tmp_path / "walnet" / "engine" / "kernels"
    shutil.copytree(
        Path(walnet.engine.kernels.__file__).parent,
        kernels,
        ignore=shutil.ignore_patterns("__pycache__"),
    )
    (tmp_path / "walnet" / "__init__.py").touch()
    (tmp_path / "walnet" / "engine" / "__init__.py").touch()
    (kernels / "called.py").write_text(CALLED, encoding="utf-8")
    (kernels / "caller.py").write_text(CALLER, encoding="utf-8")
    return kernels


def clean():
    """Return the environment in which Numba compiles as it usually does."""
    return {k: v for k, v in os.environ.items() if not k.startswith("NUMBA_")}


def ask(kernels, **environment):
    """Return what a new process computes, and how often it found machine code."""
    found = subprocess.run(
        [sys.executable, "-c", ASK],
        env=clean() | environment | {"PYTHONPATH": str(kernels.parents[2])},
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert found.returncode == 0, found.stderr
    answer, hits = map(int, found.stdout.split())
    return answer, hits


def test_machine_code_is_found_again_until_any_kernel_file_changes(package):
    assert ask(package) == (20, 0)
    assert ask(package) == (20, 1)
    called = package / "called.py"
    times = called.stat()
    called.write_text(CALLED.replace("x + 1", "x + 5"), encoding="utf-8")
    assert ask(package) == (60, 0)
    # The same length at the same time: only the content tells.
    called.write_text(CALLED.replace("x + 1", "x + 7"), encoding="utf-8")
    os.utime(called, ns=(times.st_atime_ns, times.st_mtime_ns))
    assert ask(package) == (80, 0)


def test_a_cache_folder_that_cannot_be_made_is_no_harm(package, tmp_path):
    blocked = tmp_path / "a-file"
    blocked.touch()
    # No folder can be made below a file, whoever runs the tests.
    shutil.rmtree(package / "__pycache__", ignore_errors=True)
    (package / "__pycache__").touch()
    environment = {"HOME": str(blocked), "XDG_CACHE_HOME": str(blocked)}
    assert ask(package, PYTHONDONTWRITEBYTECODE="1", **environment) == (20, 0)
    assert ask(package, PYTHONDONTWRITEBYTECODE="1", **environment) == (20, 0)


def test_two_processes_that_compile_at_once_do_not_disturb_each_other(package):
    with ThreadPoolExecutor(2) as pair:
        answers = list(pair.map(ask, [package] * 2))
    assert [answer for answer, _ in answers] == [20, 20]
    assert ask(package) == (20, 1)


def cut(content):
    return content[: len(content) // 2]


def empty(content):
    return content[:0]


def flipped(content):
    middle = len(content) // 2
    return content[:middle] + bytes(255 - b for b in content[middle : middle + 3])


@pytest.mark.parametrize("damage", [empty, cut, flipped])
@pytest.mark.parametrize("kind", ["nbi", "nbc"])
def test_broken_files_of_machine_code_are_made_again(kind, damage, package):
    assert ask(package) == (20, 0)
    for path in package.rglob(f"caller*.{kind}"):
        path.write_bytes(damage(path.read_bytes()))
    assert ask(package) == (20, 0)
    assert ask(package) == (20, 1)


FULL = """
import resource, signal
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))
"""


def test_a_full_disk_is_no_harm(package):
    code = FULL + ASK
    found = subprocess.run(
        [sys.executable, "-B", "-c", code],
        env=clean() | {"PYTHONPATH": str(package.parents[2])},
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert found.stdout.split() == ["20", "0"], found.stderr


LOOPS = "\n".join(
    f"    for i in range(x.size):\n        s += x[i] ** {n}" for n in range(2, 22)
)
NESTED = f"""
from walnet.engine.kernels.machine.compile import kernel

@kernel
def inner(x):
    s = x[0]
{LOOPS}
    return s

@kernel
def outer(x, y):
    return inner(x) + inner(y)
"""


def test_a_kernel_holds_all_that_it_calls(tmp_path, monkeypatch):
    """A call would go to the copy that was loaded first, whose last bits may differ."""
    (tmp_path / "nested_kernels.py").write_text(NESTED, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    outer = importlib.import_module("nested_kernels").outer
    if not hasattr(outer, "inspect_llvm"):
        pytest.skip("kernels are not compiled here")
    assert (
        outer(np.ones(3), 2 * np.ones(3))
        == 61 + 3 * sum(2.0**n for n in range(2, 22)) + 2
    )
    (code,) = outer.inspect_llvm().values()
    assert re.search(r"\bcall [^\n]*inner", code) is None

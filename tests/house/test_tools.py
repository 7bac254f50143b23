"""The project's own tools: what they count and when they fail."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TOOLS = ROOT / "tools"
KERNELS = "tests/engine/kernels"
ENGINE = "src/walnet/engine"
# The inner pytest needs xdist's options and no other plugin: it starts sooner.
ENVIRONMENT = os.environ | {
    "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
    "PYTEST_PLUGINS": "xdist.plugin",
}


def run(tool: str, folder: Path, *arguments: str) -> tuple[int, list[str]]:
    """Run a tool in a folder; return its exit code and the lines it printed."""
    command = [sys.executable, str(TOOLS / tool), *arguments]
    finished = subprocess.run(
        command,
        cwd=folder,
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        check=False,
    )
    return finished.returncode, finished.stdout.splitlines()


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def test_run_tests_sums_up_its_three_legs(tmp_path):
    write(tmp_path / "tests/test_a.py", "def test_a(): pass\n")
    write(tmp_path / f"{KERNELS}/test_b.py", "def test_b(): pass\n")
    code, lines = run("run_tests.py", tmp_path)
    assert (code, lines[-1]) == (0, "4 passed, 0 failed")


def test_the_kernels_tests_are_where_run_tests_looks_for_them():
    assert f'KERNEL_TESTS = "{KERNELS}"' in (TOOLS / "run_tests.py").read_text()
    assert list((ROOT / KERNELS).glob("test_*.py"))


def test_run_tests_kernel_legs_are_interpreted_and_bounds_checked(tmp_path):
    write(
        tmp_path / f"{KERNELS}/test_b.py",
        "import os\n"
        "def test_b():\n"
        "    checked = os.environ.get('NUMBA_BOUNDSCHECK')\n"
        "    ways = {(None, 'python'), ('1', 'jit')}\n"
        "    assert (checked, os.environ['WALNET_KERNELS']) in ways\n",
    )
    code, lines = run("run_tests.py", tmp_path, "kernels")
    assert (code, lines[-1]) == (0, "2 passed, 0 failed")


@pytest.mark.parametrize(
    ("text", "last"),
    [
        ("def test_a(): assert 0\ndef test_b(): pass\n", "1 passed, 1 failed"),
        ("def test_a(none): pass\ndef test_b(): pass\n", "1 passed, 1 failed"),
        ("import no_such_module\n", "0 passed, 1 failed"),
        ("raise KeyboardInterrupt\n", "0 passed, 1 failed"),
        ("", "0 passed, 0 failed"),
    ],
    ids=["failed", "error", "not imported", "interrupted", "nothing to run"],
)
def test_run_tests_fails_unless_all_passed(tmp_path, text, last):
    write(tmp_path / "tests/test_a.py", text)
    code, lines = run("run_tests.py", tmp_path)
    assert (code, lines[-1]) == (1, last)


def test_size_budget_counts_code_and_nothing_else(tmp_path):
    write(tmp_path / f"{ENGINE}/__init__.py", "")
    write(tmp_path / "src/a.py", '"""Two\nlines."""\n\n# why\nx = (1,\n     2)\n')
    code, lines = run("size_budget.py", tmp_path)
    assert code == 0
    assert "     2 src/a.py" in lines


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("src/a.py", "x = 1\n" * 401),
        ("src/a.py", "def f():\n" + "    x = 1\n" * 50),
        ("src/kernels/a.py", "def f(a, b, c, d, e, f, g, h, i): pass\n"),
        ("frontend/src/a.ts", "f();\n" * 401),
    ],
    ids=["file", "function", "kernel's arguments", "file of the page"],
)
def test_size_budget_fails_on_one_line_or_argument_too_many(tmp_path, path, text):
    write(tmp_path / f"{ENGINE}/__init__.py", "")
    write(tmp_path / path, text)
    code, lines = run("size_budget.py", tmp_path)
    assert (code, lines[-1]) == (1, "1 over budget")


PAGE = """<!-- Two
lines. -->
<script lang="ts">
  // why

  /** What
   * for. */
  const url = "http://a"; // here
</script>
"""


def test_size_budget_counts_the_pages_code_and_no_catalogues(tmp_path):
    write(tmp_path / f"{ENGINE}/__init__.py", "")
    write(tmp_path / "frontend/src/views/A.svelte", PAGE)
    write(tmp_path / "frontend/src/texts/en.ts", "export const a = 1;\n" * 401)
    code, lines = run("size_budget.py", tmp_path)
    assert code == 0
    assert "     3 frontend/src/views/A.svelte" in lines


@pytest.mark.parametrize(("size", "over"), [(200, 0), (201, 1)])
def test_size_budget_fails_on_an_hour_one_line_too_long(tmp_path, size, over):
    names = ["a.py", "b.py", "c.py"]
    door = "".join(f"{n}. `{name}`: why\n" for n, name in enumerate(names, 1))
    write(tmp_path / f"{ENGINE}/__init__.py", f'"""The hour.\n\n{door}"""')
    for name, lines in zip(names, [400, 400, size], strict=True):
        write(tmp_path / ENGINE / name, "x = 1\n" * lines)
    code, lines = run("size_budget.py", tmp_path)
    assert (code, lines[-1]) == (over, f"{over} over budget")


def test_constraints_are_exact_versions_without_addresses():
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    wrong = [line for line in lines if not re.fullmatch(r"[a-z0-9-]+==[\w.]+", line)]
    assert lines
    assert not wrong


def test_constraints_name_everything_that_pyproject_asks_for():
    data = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    asked = data["project"]["dependencies"] + data["dependency-groups"]["dev"]
    names = {re.match(r"[\w-]+", text)[0] for text in asked}
    locked = (ROOT / "constraints.txt").read_text(encoding="utf-8")
    assert names <= {line.partition("==")[0] for line in locked.splitlines()}


def test_structure_counts_rooms_arrows_and_code(tmp_path):
    write(tmp_path / "house/__init__.py", "from house.high.door import x\n")
    write(tmp_path / "house/high/__init__.py", "")
    write(tmp_path / "house/high/door.py", "from house.low import y\nx = y\n")
    write(tmp_path / "house/low.py", '"""Low."""\n\ny = 1\n')
    code, lines = run("structure.py", tmp_path, "house")
    assert code == 0
    assert lines[0] == "files 4, code lines 4"
    assert lines[1] == "rooms 2, 1 of them single files; arrows 1"
    assert "high             2 files      2 lines -> low" in lines
    assert lines[-2:] == ["circles between rooms: 0", "circles between modules: 0"]


@pytest.mark.parametrize(
    "way_back",
    [
        "from house import a\n",
        "def f():\n    from house.a import x\n",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import house.a\n",
    ],
    ids=["plain", "inside a function", "for types"],
)
def test_structure_fails_on_a_circle_whatever_hides_it(tmp_path, way_back):
    write(tmp_path / "house/__init__.py", "")
    write(tmp_path / "house/a.py", "from house.b import x\n")
    write(tmp_path / "house/b.py", way_back)
    code, lines = run("structure.py", tmp_path, "house")
    assert code == 1
    assert lines[-3:] == ["circles between modules: 1", "  a -> b", "  b -> a"]


def test_walk_counts_functions_files_moves_and_depth():
    code, lines = run("walk.py", ROOT, "network")
    [numbers] = [[int(n) for n in re.findall(r"\d+", line)] for line in lines]
    functions, files, moves, deepest = numbers
    assert code == 0
    assert files <= moves + 1 <= functions
    assert 3 < deepest < functions


def test_walk_refuses_a_door_that_is_not_there():
    assert run("walk.py", ROOT, "cellar") == (2, [])

"""Small tables for the tests of the command line, and what a refusal looks like."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

PENGUINS = Path(__file__).parents[2] / "examples" / "penguins.csv"


def small_table(n: int = 40) -> str:
    """Return a CSV table of n rows; the size tells the kind."""
    rows = [f"{i % 7}.5,{'ab'[i % 2]},{'no' if i % 7 < 3 else 'yes'}" for i in range(n)]
    return "\n".join(["size,letter,kind", *rows]) + "\n"


def with_column(table: str, name: str, value: Callable[[int], object]) -> str:
    """Return a CSV table with one more column, the first one."""
    first, *rows = table.splitlines()
    lines = [f"{name},{first}", *(f"{value(i)},{row}" for i, row in enumerate(rows))]
    return "\n".join(lines) + "\n"


def assert_refused(finished, words):
    """Check that there is one sentence on stderr, exit code 2, and no traceback."""
    assert finished.returncode == 2, finished.stderr
    lines = finished.stderr.splitlines()
    # What takes long says so before; that depends on the machine.
    said = [line for line in lines if not line.endswith(" …")]
    assert len(said) == 1, finished.stderr
    assert said[0].startswith("Error: "), finished.stderr
    assert words in said[0]

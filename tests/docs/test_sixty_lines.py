"""The page of the sixty lines: their number, and that its table of lines is true."""

from __future__ import annotations

import importlib
import re
from itertools import chain
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "course" / "sixty-lines.md").read_text("utf-8")
ROW = re.compile(r"\* - ([\d–]+)\n  - `([^`]+)`\n  - (.+)\n")
# Where the names of the table's last column are defined.
ENGINE = [
    f"walnet.engine.{each}"
    for each in (
        "kernels.activations",
        "kernels.affine",
        "kernels.costs",
        "kernels.dense",
        "kernels.epochs",
        "kernels.machine.elementary",
        "kernels.optimizers",
        "kernels.passes",
        "initializers",
        "network",
    )
]


@pytest.fixture(scope="module")
def lines() -> list[str]:
    found = re.search(r"tags: \[sixty-lines\]\n---\n(.*?)```", PAGE, re.DOTALL)
    assert found is not None
    return found[1].splitlines()


@pytest.fixture(scope="module")
def rows() -> list[tuple[range, str, str]]:
    return [(span(found[1]), found[2], found[3]) for found in ROW.finditer(PAGE)]


def span(words: str) -> range:
    first, _, last = words.partition("–")
    return range(int(first), int(last or first) + 1)


def test_there_are_sixty_lines_at_most(lines: list[str]) -> None:
    assert len(lines) <= 60


def test_numpy_is_all_they_import(lines: list[str]) -> None:
    assert [line for line in lines if "import" in line] == ["import numpy as np"]


def test_each_row_of_the_table_names_lines_that_hold_its_words(
    lines: list[str], rows: list[tuple[range, str, str]]
) -> None:
    assert rows
    for numbers, words, _ in rows:
        assert any(words in lines[number - 1] for number in numbers), words


def test_the_table_has_every_line_but_the_import(
    lines: list[str], rows: list[tuple[range, str, str]]
) -> None:
    covered = set(chain.from_iterable(numbers for numbers, *_ in rows))
    written = {number for number, line in enumerate(lines, 1) if line.strip()}
    assert written - covered == {1}


def test_each_name_of_the_engine_is_there(rows: list[tuple[range, str, str]]) -> None:
    for *_, where in rows:
        for name in re.findall(r"`([\w.]+)`", where):
            first = name.partition(".")[0]
            found = any(hasattr(importlib.import_module(m), first) for m in ENGINE)
            assert found, name


def test_each_row_leads_to_a_place_on_the_page(
    rows: list[tuple[range, str, str]],
) -> None:
    for *_, where in rows:
        target = re.search(r"\(#([\w-]+)\)", where)
        assert target is not None
        assert f"({target[1]})=\n" in PAGE


def test_what_stands_beside_the_engine_is_of_the_sixty(lines: list[str]) -> None:
    sixty = "\n".join(lines)
    pieces = re.findall(r"^```python\n(.*?)\n```", PAGE, re.DOTALL | re.MULTILINE)
    assert len(pieces) == 7
    for piece in pieces:
        assert piece in sixty
